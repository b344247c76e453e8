"""Edges as of a night: evidence from silver tables by the declarations of `edge_kinds`, then one row per pair and kind.

Everything is Spark SQL over tables as of the night, in one plan: evidence of all kinds is one DataFrame, people's ids
become entities by one join, and two aggregations make edges of it. Nothing is collected.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import as_of, authorised
from pipelines.network.edges.kinds import KINDS, ROLE_FACTORS, EdgeKind, Source
from schemas import network, silver

MAX_EVIDENCE = 10  # pieces shown of an edge; n says how many there are
REFUSALS = {
    "DANGLING": "an end is a person of whom no record is held",
    "BEFORE_BIRTH": "dated before the birth of the person",
    "NOT_YET": "dated after the night",
    "SAME_ENTITY": "both ends are one entity",
}
_EVIDENCE = (
    "kind", "first_kind", "second_kind", "first", "second", "role_first", "role_second", "at", "known_on", "is_current",
    "table", "evidence_id", "unit", "weight", "is_false",
)  # fmt: skip


def value_id(kind: Column, value: Column) -> Column:
    """Entity id of a value: the same on any night, in any deployment. As `entity_ids.new_id`."""
    return F.substring(F.sha2(F.concat_ws("|", kind, value), 256), 1, 16)


def evidence(tables: Mapping[str, DataFrame], night: date) -> DataFrame:
    """All pieces of evidence as of the night, whatever they are worth.

    Args:
        tables: the silver tables of `edge_kinds.TABLES` by path, all versions, and of `silver.GATED` the rows that may
            be used as of the night; one that is missing makes no edge.

    Raises:
        ValueError: communications data comes as it is, not as it may be used.
    """
    parts = [_of_source(kind, s, tables, night) for kind in KINDS for s in kind.sources if s.table.path in tables]
    return reduce(DataFrame.unionByName, parts)


def judged(pieces: DataFrame, members: DataFrame, people: DataFrame, night: date) -> DataFrame:
    """Evidence with both ends as entities, and `refusal`: why it makes no edge, a key of REFUSALS, or NULL.

    Args:
        pieces: result of `evidence`.
        members: gold.ENTITY_MEMBERS of the night, people only.
        people: gold.ENTITIES of the night, people only: their dates of birth.
    """
    born = people.select(F.col("entity_id"), "born_on")
    known = members.select("record_id", "entity_id").join(born, "entity_id", how="left")
    end = F.lit(night + timedelta(days=1)).cast("timestamp")
    joined = pieces
    for side in ("first", "second"):
        of_side = known.select(
            F.col("record_id").alias(side), F.col("entity_id").alias(f"{side}_person"),
            F.col("born_on").alias(f"{side}_born"),
        )  # fmt: skip
        joined = joined.join(of_side, side, how="left")
        is_person = F.col(f"{side}_kind") == "PERSON"
        of_value = value_id(F.col(f"{side}_kind"), F.col(side))
        joined = joined.withColumn(f"{side}_id", F.when(is_person, F.col(f"{side}_person")).otherwise(of_value))
    is_early = F.col("at") < F.least("first_born", "second_born").cast("timestamp")
    happened = F.coalesce("at", F.col("known_on").cast("timestamp"))
    why = (
        F.when(F.col("first_id").isNull() | F.col("second_id").isNull(), "DANGLING")
        .when(F.col("first_id") == F.col("second_id"), "SAME_ENTITY")
        .when(happened >= end, "NOT_YET")
        .when(F.coalesce(is_early, F.lit(False)), "BEFORE_BIRTH")
    )
    return joined.withColumn("refusal", why).withColumn("at", happened)


def edges(accepted: DataFrame, night: date) -> DataFrame:
    """Rows of gold.EDGES. Evidence that is suspected to be false is shown and counted, and adds nothing.

    Args:
        accepted: result of `judged` without refusals.
    """
    is_swapped = ~_flag("is_directed") & _flag("is_alike") & (F.col("first_id") > F.col("second_id"))
    ends = accepted.select(
        "*",
        F.when(is_swapped, F.col("second_id")).otherwise(F.col("first_id")).alias("from_id"),
        F.when(is_swapped, F.col("first_id")).otherwise(F.col("second_id")).alias("to_id"),
        F.when(is_swapped, F.concat_ws("-", "role_second", "role_first"))
        .otherwise(F.concat_ws("-", "role_first", "role_second")).alias("roles"),
    )  # fmt: skip
    by = ["kind", "from_id", "to_id"]
    piece = F.struct("at", "table", F.col("evidence_id").alias("id"), "weight")
    units = ends.groupBy(*by, "table", "unit").agg(
        F.min("at").alias("first_at"),
        F.max("at").alias("last_at"),
        F.count("*").alias("n"),
        F.count_if("is_false").alias("n_suspected_false"),
        F.max("weight").alias("weight"),
        F.max("is_current").alias("is_current"),
        F.collect_set(F.nullif("roles", F.lit(""))).alias("roles"),
        F.slice(F.sort_array(F.collect_list(piece), asc=False), 1, MAX_EVIDENCE).alias("evidence"),
    )
    # Ranked before they are listed, so that a pair with ten thousand pieces of evidence lists ten.
    newest = Window.partitionBy(*by).orderBy(F.col("last_at").desc(), "table", "unit")
    ranked = units.withColumn("_rank", F.row_number().over(newest))
    shown = F.when(F.col("_rank") <= MAX_EVIDENCE, F.col("evidence"))
    rows = ranked.groupBy(*by).agg(
        F.min("first_at").alias("first_at"),
        F.max("last_at").alias("last_at"),
        F.sum("n").alias("n"),
        F.sum("n_suspected_false").alias("n_suspected_false"),
        F.max("is_current").alias("is_current"),
        # In units of 1e-12, as whole numbers: a sum that does not depend on the order of the rows.
        F.sum(F.round(F.log1p(-F.least("weight", F.lit(0.999))) * -1e12).cast("decimal(38,0)")).alias("_against"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("roles")))).alias("roles"),
        F.slice(F.sort_array(F.flatten(F.collect_list(shown)), asc=False), 1, MAX_EVIDENCE).alias("evidence"),
    )
    strength = F.round(1 - F.exp(-F.col("_against").cast("double") / 1e12), 9)
    return network.EDGES.conform(
        rows.where("_against > 0").select(
            F.lit(night).alias("night"),
            value_id(F.col("kind"), F.concat_ws("|", "from_id", "to_id")).alias("edge_id"),
            "from_id",
            "to_id",
            "kind",
            _flag("is_directed").alias("is_directed"),
            _flag("is_lasting").alias("is_lasting"),
            "is_current",
            "first_at",
            "last_at",
            "n",
            "n_suspected_false",
            strength.alias("strength"),
            "roles",
            F.transform("evidence", lambda e: F.struct(e["table"], e["id"], e["at"], e["weight"]))
            .cast(network.EVIDENCE_LIST).alias("evidence"),
        )
    )  # fmt: skip


def values(accepted: DataFrame, night: date) -> DataFrame:
    """What is one by its value, from the ends of the evidence: kind, value, entity_id, forces (of the people's records
    that give it), in the shape that `entities` and `members` are made of."""
    sides = [
        accepted.where(F.col(f"{side}_kind") != "PERSON").select(
            F.col(f"{side}_kind").alias("kind"),
            F.col(side).alias("value"),
            F.col(f"{side}_id").alias("entity_id"),
            F.when(F.col("first_kind") == "PERSON", F.split_part("first", F.lit(":"), F.lit(1))).alias("force"),
        )
        for side in ("first", "second")
    ]
    by_value = reduce(DataFrame.unionByName, sides).groupBy("kind", "value", "entity_id")
    return by_value.agg(F.array_sort(F.collect_set("force")).alias("forces"))


def _flag(name: str) -> Column:
    """A property of the row's kind of edge."""
    named = [k.name for k in KINDS if (k.ends[0] == k.ends[1] if name == "is_alike" else getattr(k, name))]
    return F.col("kind").isin(named)


def _of_source(kind: EdgeKind, source: Source, tables: Mapping[str, DataFrame], night: date) -> DataFrame:
    rows = _known(source, tables, night)
    if source.needs is not None:
        rows = _beside(rows, source, as_of.current(tables[source.needs.path], source.needs.key, night))
    role = F.col("role") if "role" in rows.columns else F.lit(None).cast("string")
    grade = F.expr(source.grade)
    made = rows.where(source.where).select(
        F.lit(kind.name).alias("kind"),
        F.lit(kind.ends[0]).alias("first_kind"),
        F.lit(kind.ends[1]).alias("second_kind"),
        F.expr(source.first).alias("first"),
        F.expr(source.second).alias("second"),
        role.alias("role_first"),
        role.alias("role_second"),
        F.expr(source.at).cast("timestamp").alias("at"),
        F.col("night").alias("known_on"),
        F.col("is_current") if source.keeps_versions else F.lit(True).alias("is_current"),
        F.lit(source.table.path).alias("table"),
        F.expr(source.evidence).alias("evidence_id"),
        F.expr(source.unit or source.evidence).alias("unit"),
        (grade * source.strength).alias("weight"),
        (grade == 0).alias("is_false"),
        *([F.expr(source.pairs_by).alias("_shared")] if source.pairs_by else []),
    )
    made = _paired(made, source.most) if source.pairs_by else made
    return made.where("first IS NOT NULL AND second IS NOT NULL").select(*_EVIDENCE)


def _beside(rows: DataFrame, source: Source, needed: DataFrame) -> DataFrame:
    """The rows with what a second table has and they have not."""
    extra = [c for c in needed.columns if c not in rows.columns and not c.startswith("_")]
    if source.on:
        return rows.join(needed.select(*source.on, *extra), list(source.on), how="left")
    keys = [f"_same{n}" for n in range(len(source.same))]
    ours = rows.withColumns({key: F.expr(own) for key, (own, _) in zip(keys, source.same, strict=True)})
    theirs = [F.expr(other).alias(key) for key, (_, other) in zip(keys, source.same, strict=True)]
    return ours.join(needed.select(*theirs, *extra), keys, how="inner").drop(*keys)


def _known(source: Source, tables: Mapping[str, DataFrame], night: date) -> DataFrame:
    df = tables[source.table.path]
    if source.table in silver.GATED:
        authorised.require_usable(df, source.table)
        return df
    if not source.keeps_versions:
        return as_of.current(df, source.table.key, night)
    natural = [name for name in source.table.key if name != "night"]
    newest = F.max("night").over(Window.partitionBy(*natural))
    return df.where(F.col("night") <= F.lit(night)).withColumn("is_current", F.col("night") == newest)


def _paired(rows: DataFrame, most: int) -> DataFrame:
    """Each two rows that share `_shared`, once, at the later of their times. What more than `most` people share is a
    list and ties nobody."""
    together = Window.partitionBy("_shared")
    numbered = rows.withColumn("_n", F.dense_rank().over(together.orderBy("first")))
    few = numbered.withColumn("_n", F.max("_n").over(together)).where(F.col("_n") <= most).drop("_n")
    other = few.select(
        "_shared", F.col("first").alias("_second"), F.col("role_first").alias("_role"), F.col("at").alias("_at")
    )
    both = few.join(other, "_shared", how="inner").where(F.col("first") < F.col("_second"))
    roles = F.from_json(F.lit(str(ROLE_FACTORS).replace("'", '"')), "map<string,double>")
    factor = F.least(*[F.coalesce(F.try_element_at(roles, F.col(c)), F.lit(1.0)) for c in ("role_first", "_role")])
    return both.select(
        *[c for c in _EVIDENCE if c not in ("second", "role_second", "weight", "at")],
        F.greatest("at", "_at").alias("at"),
        F.col("_second").alias("second"),
        F.col("_role").alias("role_second"),
        (F.col("weight") * factor).alias("weight"),
    ).select(*_EVIDENCE)
