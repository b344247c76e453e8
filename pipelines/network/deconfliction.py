"""Deconfliction: two operations interested in one person, under whatever spelling each force has them.

Each owner is told the same night, and told only whom to call. What the other operation is, why it is interested and
what it holds stays with its owner. A restricted operation is told about others; its own interest is told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas import risk

# What a subject alone uses belongs to the operation's interest as well.
IDENTIFIERS = ("USES_PHONE", "USES_VEHICLE", "USES_HANDLE", "USES_ACCOUNT")


def operation(name: Column, investigation: Column) -> Column:
    """One spelling of an operation's name; the investigation's reference where it has none.

    `Op. Kingfisher`, `OPERATION KINGFISHER` and `kingfisher` are one operation of a force.
    """
    plain = F.trim(F.regexp_replace(F.upper(name), r"[^A-Z0-9]+", " "))
    plain = F.trim(F.regexp_replace(plain, r"^(OPERATION|OP) ", ""))
    return F.coalesce(F.when(F.length(plain) > 0, plain), investigation)


def interests(investigations: DataFrame, members: DataFrame, edges: DataFrame) -> DataFrame:
    """Which entity which operation is interested in: force, operation, entity_id, kind, record_id (the force's own).

    Args:
        investigations: silver.investigations as of the night.
        members: gold.entity_members of the night.
        edges: usable edges of the night.
    """
    subject = investigations.where("status = 'OPEN'").select(
        "force", operation(F.col("operation"), F.col("investigation_id")).alias("operation"), "person_id"
    )
    of_person = members.where("kind = 'PERSON'").select(F.col("record_id").alias("person_id"), "entity_id")
    people = subject.join(of_person, ["person_id"], how="inner").select(
        "force", "operation", "entity_id", F.lit("PERSON").alias("kind"), F.col("person_id").alias("record_id")
    )
    uses = edges.where(F.col("kind").isin(*IDENTIFIERS)).select(
        F.col("from_id").alias("entity_id"),
        F.col("to_id").alias("thing"),
        F.split_part("kind", F.lit("_"), F.lit(2)).alias("_kind"),
    )
    # A telephone that several people use (a children's home) is nobody's interest in particular.
    sole = Window.partitionBy("thing")
    uses = uses.withColumn("_users", F.size(F.collect_set("entity_id").over(sole))).where("_users = 1").drop("_users")
    things = people.join(uses, ["entity_id"], how="inner").select(
        "force", "operation", F.col("thing").alias("entity_id"), F.col("_kind").alias("kind"), "record_id"
    )
    return people.unionByName(things).distinct()


def pointers(
    interested: DataFrame, before: DataFrame, night: date, contacts: Mapping[str, str], restricted: Sequence[str]
) -> DataFrame:
    """Rows of gold.DECONFLICTION: one for each owner who is told.

    Args:
        interested: result of `interests`.
        before: gold.deconfliction of earlier nights.
        contacts: whom to call, by force; `*` for forces that are not named, with `{force}` in it.
        restricted: operations, as `<force>:<one spelling of the name>`, that are told to nobody else.
    """
    named = F.concat_ws(":", "force", "operation")
    marked = interested.withColumn("_hidden", named.isin(*restricted) if restricted else F.lit(False))
    one = marked.select("force", "operation", "entity_id", "record_id", "kind", "_hidden")
    other = marked.select(
        F.col("force").alias("other_force"),
        F.col("operation").alias("_other"),
        "entity_id",
        F.col("_hidden").alias("_secret"),
    ).distinct()
    is_other = (F.col("force") != F.col("other_force")) | (F.col("operation") != F.col("_other"))
    met = one.join(other, ["entity_id"], how="inner").where(is_other & ~F.col("_secret"))
    known = [F.lit(v) for force, contact in sorted(contacts.items()) if force != "*" for v in (force, contact)]
    contact = F.replace(F.lit(contacts["*"]), F.lit("{force}"), F.col("other_force"))
    if known:
        contact = F.coalesce(F.try_element_at(F.create_map(*known), F.col("other_force")), contact)
    # The other operation is not in the id: a hash of a name that can be guessed tells the name.
    pointer = F.sha2(F.concat_ws("|", "force", "operation", "record_id", "kind", "other_force"), 256)
    told = met.select(
        F.lit(night).alias("night"),
        F.substring(pointer, 1, 16).alias("pointer_id"),
        "force",
        "operation",
        F.col("record_id").alias("own_record_id"),
        F.col("kind").alias("entity_kind"),
        "other_force",
        contact.alias("other_contact"),
        F.col("_hidden").alias("is_restricted"),
    ).dropDuplicates(["pointer_id"])
    earlier = (
        before.where(F.col("night") < F.lit(night)).groupBy("pointer_id").agg(F.min("first_told_on").alias("_first"))
    )
    told = told.join(earlier, ["pointer_id"], how="left")
    return risk.DECONFLICTION.conform(told.withColumn("first_told_on", F.coalesce("_first", F.lit(night))))
