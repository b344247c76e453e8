"""Swaps: one handset that takes several SIMs, and one number that goes through several handsets.

A handset with two numbers may have been sold: the contacts say whether the user stayed (the fingerprint). A number in a
new handset is mostly an upgrade: how often it changed, against how often others did (Poisson), says whether it is more.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.comms.leads import evidence, usage

NAME = "swap"


@dataclass(frozen=True)
class Thresholds:
    changes_a_week: float  # of handset, of somebody who evades
    min_changes: int
    return_nats: float  # each return of an earlier SIM to the handset: sold phones do not come back
    max_nats: float


def leads(used: DataFrame, pairs: DataFrame, spans: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Leads of both kinds: numbers are the two that shared a handset, or the one that had several."""
    return _sims(used, pairs, spans, thresholds).unionByName(_handsets(used, spans, thresholds))


def _sims(used: DataFrame, pairs: DataFrame, spans: DataFrame, thresholds: Thresholds) -> DataFrame:
    in_handset = used.where("imei IS NOT NULL").select("unit", "number", "imei", "started_at", "event_id")
    order = Window.partitionBy("imei").orderBy("started_at", "event_id")
    turn = F.sum((~F.col("unit").eqNullSafe(F.lag("unit").over(order))).cast("int")).over(order)
    turns = in_handset.withColumn("turn", turn).groupBy("imei", "unit", "number").agg(
        F.countDistinct("turn").alias("n_turns"), F.min_by("event_id", "started_at").alias("event_id"),
        F.min("started_at").alias("first_at"), F.max("started_at").alias("last_at"), F.count("*").alias("n_events"),
    )  # fmt: skip
    a, b = (turns.select("imei", *(F.col(c).alias(f"{c}_{s}") for c in turns.columns if c != "imei")) for s in "ab")
    both = a.join(b, ["imei"], how="inner").where("number_a < number_b")
    stronger = pairs.select(
        F.least("a", "b").alias("unit_a"), F.greatest("a", "b").alias("unit_b"), "n_shared", "n_contacts_a",
        "contact_nats",
    )  # fmt: skip
    best = F.max_by(F.struct("n_shared", "n_contacts_a", "contact_nats"), "contact_nats").alias("p")
    stronger = stronger.groupBy("unit_a", "unit_b").agg(best)
    joined = both.join(stronger, ["unit_a", "unit_b"], how="inner")
    returns = F.least("n_turns_a", "n_turns_b") + F.greatest("n_turns_a", "n_turns_b") - 2
    shared = F.format_string("%d contacts in common", F.col("p.n_shared"))
    came_back = F.format_string("a SIM came back to the handset %d times", returns)
    return evidence.leads(
        joined,
        NAME,
        {
            "numbers": F.array("number_a", "number_b"),
            "factors": F.array(
                evidence.factor(shared, evidence.capped(F.col("p.contact_nats"), thresholds.max_nats)),
                evidence.factor(came_back, evidence.capped(returns * thresholds.return_nats, thresholds.max_nats)),
            ),
            "event_ids": F.array("event_id_a", "event_id_b"),
            "n_events": F.col("n_events_a") + F.col("n_events_b"),
            "first_at": F.least("first_at_a", "first_at_b"),
            "last_at": F.greatest("last_at_a", "last_at_b"),
            "statement": F.concat(
                F.lit("One handset (IMEI "), "imei", F.lit(") was used with "), "number_a", F.lit(" and "), "number_b",
                F.lit(": "), shared, F.lit(", "), came_back, F.lit("."),
            ),
        },
    )  # fmt: skip


def _handsets(used: DataFrame, spans: DataFrame, thresholds: Thresholds) -> DataFrame:
    order = Window.partitionBy("unit").orderBy("started_at", "event_id")
    seen = used.where("imei IS NOT NULL").withColumn("before", F.lag("imei").over(order))
    changed = seen.where("before IS NOT NULL AND before <> imei")
    changes = changed.groupBy("unit").agg(F.count("*").alias("n_changes"))
    ids = usage.first_events(changed, ["unit"], evidence.N_EVENTS)
    handsets = seen.groupBy("unit").agg(F.countDistinct("imei").alias("n_handsets"))
    joined = spans.join(handsets, ["unit"], how="inner").join(changes, ["unit"], how="left").fillna(0, ["n_changes"])
    weeks = F.greatest(F.datediff("last_at", "first_at") / 7, F.lit(0.5))
    rate = joined.withColumn("weeks", weeks).agg(
        ((F.sum(F.least("n_changes", F.lit(2))) + 1) / (F.sum("weeks") + 20)).alias("_rate")
    )
    changing = joined.withColumn("weeks", weeks).where(F.col("n_changes") >= thresholds.min_changes)
    changing = changing.crossJoin(F.broadcast(rate)).join(ids, ["unit"], how="inner")
    nats = evidence.poisson(
        F.col("n_changes"), F.lit(thresholds.changes_a_week) * F.col("weeks"), F.col("_rate") * F.col("weeks")
    )
    text = F.format_string("%d handsets, %d changes in %.1f weeks", "n_handsets", "n_changes", "weeks")
    return evidence.leads(
        changing,
        NAME,
        {
            "numbers": F.array("number"),
            "factors": F.array(evidence.factor(text, evidence.capped(nats, thresholds.max_nats))),
            "event_ids": F.col("event_ids"),
            "n_events": F.col("n_changes"),
            "first_at": F.col("first_at"),
            "last_at": F.col("last_at"),
            "statement": F.concat("number", F.lit(" went through handsets more often than others: "), text, F.lit(".")),
        },
    )
