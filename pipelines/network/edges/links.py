"""From edges to links: which edges can be used as of a night, and one undirected link for each pair of entities.

A link has the joint strength of the pair's edges, one minus the product of (1 - strength), and spans their times: two
kinds of evidence between the same two people are one way from one to the other, and not two.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# Why an edge carries nothing. The order is that in which they are tried.
REFUSALS = {
    "LOOP": "both ends are one entity (records that were merged)",
    "DANGLING": "an end is not among the night's entities",
    "NO_EVIDENCE": "no record stands behind it",
    "BAD_STRENGTH": "strength is not in (0, 1]",
    "BAD_TIME": "first and last seen are absent or in the wrong order",
    "FUTURE": "first seen after the night",
    "BEFORE_BIRTH": "last seen before an end was born",
}


def judged(edges: DataFrame, entities: DataFrame, night: date) -> DataFrame:
    """`edges` with `refusal`: NULL where the edge can be used, else one of REFUSALS.

    Args:
        edges: gold.edges of the night.
        entities: gold.entities of the night.
    """
    ends = entities.select("entity_id", F.col("born_on").alias("born"), F.lit(True).alias("is"))
    judged_edges = edges
    for end in ("from", "to"):
        mine = ends.toDF(f"{end}_id", f"_{end}_born", f"_{end}_is")
        judged_edges = judged_edges.join(mine, [f"{end}_id"], how="left")
    born = F.greatest("_from_born", "_to_born")
    after = F.lit(night).cast("timestamp") + F.expr("INTERVAL 1 DAY")
    conditions = {
        "LOOP": F.col("from_id") == F.col("to_id"),
        "DANGLING": F.col("_from_is").isNull() | F.col("_to_is").isNull(),
        "NO_EVIDENCE": F.coalesce(F.size("evidence"), F.lit(0)) <= 0,
        "BAD_STRENGTH": ~F.coalesce((F.col("strength") > 0) & (F.col("strength") <= 1), F.lit(False)),
        "BAD_TIME": ~F.coalesce(F.col("first_at") <= F.col("last_at"), F.lit(False)),
        "FUTURE": F.col("first_at") >= after,
        "BEFORE_BIRTH": F.col("last_at").cast("date") < born,
    }
    refusal: Column = F.lit(None).cast("string")
    for name in reversed(REFUSALS):
        refusal = F.when(conditions[name], name).otherwise(refusal)
    return judged_edges.withColumn("refusal", refusal).drop("_from_born", "_from_is", "_to_born", "_to_is")


def usable(edges: DataFrame, entities: DataFrame, night: date) -> DataFrame:
    return judged(edges, entities, night).where(F.col("refusal").isNull()).drop("refusal")


def refused(edges: DataFrame, entities: DataFrame, night: date) -> DataFrame:
    """How many edges carry nothing, and why: refusal, n."""
    return (
        judged(edges, entities, night)
        .where(F.col("refusal").isNotNull())
        .groupBy("refusal")
        .agg(F.count("*").alias("n"))
    )


def either(value: Column) -> Column:
    """One minus the product of (1 - `value`) over a group: at least one of independent chances comes true.

    A single value stays exactly what it is; ln(0) would be NULL.
    """
    most = F.max(value)
    several = 1 - F.exp(F.sum(F.when(value < 1, F.ln(1 - value))))
    return F.when((F.count("*") == 1) | (most >= 1), most).otherwise(several)


def projected(edges: DataFrame) -> DataFrame:
    """`edges` with every telephone that one person alone uses replaced by that person.

    A child who calls an associate who calls an offender is two steps away from harm, and not six. A call is then worth
    the call times the certainty of both users. A telephone that nobody or several people use stays what it is.
    """
    uses = edges.where(F.col("kind") == "USES_PHONE")
    owner = uses.groupBy(F.col("to_id").alias("phone")).agg(
        F.count_distinct("from_id").alias("users"), F.min("from_id").alias("user"), F.max("strength").alias("share")
    )
    owner = owner.where("users = 1").drop("users")
    projected_edges = edges.join(
        owner.select(F.col("phone").alias("_own")), F.col("to_id") == F.col("_own"), how="left"
    ).where((F.col("kind") != "USES_PHONE") | F.col("_own").isNull())
    for end in ("from", "to"):
        mine = owner.toDF(f"{end}_id", f"_{end}", f"_{end}_share")
        is_call = F.col("kind") == "CALLED"
        projected_edges = projected_edges.join(mine, [f"{end}_id"], how="left")
        projected_edges = projected_edges.withColumn(
            f"{end}_id", F.when(is_call, F.coalesce(f"_{end}", f"{end}_id")).otherwise(F.col(f"{end}_id"))
        )
        share = F.when(is_call, F.coalesce(F.col(f"_{end}_share"), F.lit(1.0))).otherwise(F.lit(1.0))
        projected_edges = projected_edges.withColumn("strength", F.col("strength") * share)
    return projected_edges.where(F.col("from_id") != F.col("to_id")).select(*edges.columns)


def pairs(edges: DataFrame, night: date) -> DataFrame:
    """Edges with their ends in order and the times in which each may have held.

    A lasting state (lives at, uses, family) may be older than its first record, and holds still where it is current.
    """
    after = F.lit(night).cast("timestamp") + F.expr("INTERVAL 1 DAY")
    begun = F.when(F.col("is_lasting"), F.lit("1900-01-01").cast("timestamp")).otherwise(F.col("first_at"))
    held = F.when(F.col("is_lasting") & F.col("is_current"), after).otherwise(F.col("last_at"))
    return edges.select(
        F.least("from_id", "to_id").alias("near_id"),
        F.greatest("from_id", "to_id").alias("far_id"),
        "kind",
        "strength",
        begun.alias("first_at"),
        F.least(held, after).alias("last_at"),
        "n",
        "evidence",
    )


def links(pair: DataFrame) -> DataFrame:
    """Each pair of linked entities in both directions.

    Args:
        pair: near_id < far_id, strength, first_at, last_at: one row an edge, as from `pairs`.

    Returns:
        near_id, far_id, strength in (0, 1], first_at, last_at.
    """
    one = pair.groupBy("near_id", "far_id").agg(
        either(F.col("strength")).alias("strength"),
        F.min("first_at").alias("first_at"),
        F.max("last_at").alias("last_at"),
    )
    back = F.array(
        F.struct(F.col("near_id").alias("near_id"), F.col("far_id").alias("far_id")),
        F.struct(F.col("far_id").alias("near_id"), F.col("near_id").alias("far_id")),
    )  # one pass for both directions: a union would compute the groups twice
    return one.select(F.explode(back).alias("_"), "strength", "first_at", "last_at").select(
        "_.near_id", "_.far_id", "strength", "first_at", "last_at"
    )


def degrees(both_ways: DataFrame) -> DataFrame:
    """entity_id, degree: distinct neighbours."""
    return both_ways.groupBy(F.col("near_id").alias("entity_id")).agg(F.count("*").cast("int").alias("degree"))
