"""A child who goes missing when a line comes to town.

A visit is a run of sightings of a line's number far from its base, where its days mostly end. Of the child's episodes
while the line was watched, how many began about when a visit did, against how many would if they fell at random: by
chance one does with the share of the time that lies within the margin of an arrival. Evidence: a log likelihood ratio
an episode.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms import positions
from pipelines.comms.leads import evidence

NAME = "missing_overlap"


@dataclass(frozen=True)
class Thresholds:
    away_km: float  # from the line's base
    margin_s: int  # before and after the line is first seen in town
    min_overlaps: int
    overlap_if_tied: float  # share of the episodes of a child who goes with the line
    max_nats: float


def leads(
    used: DataFrame, bases: DataFrame, lines: DataFrame, episodes: DataFrame, thresholds: Thresholds
) -> DataFrame:
    """Leads: numbers is the line's, person_ids the child.

    Args:
        used: `usage.usage`.
        bases: `usage.where_days_end`.
        lines: `number`s whose use resembles that of a line.
        episodes: silver.missing_episodes as of the night.
    """
    mine = used.join(F.broadcast(lines.select("number").distinct()), ["number"], how="left_semi")
    visits = concurrency.materialise_lazily(_visits(mine, bases, thresholds))  # used twice
    span = mine.groupBy("unit", "number").agg(
        F.min(F.unix_seconds("started_at")).alias("from_s"), F.max(F.unix_seconds("started_at")).alias("to_s")
    )
    missing = episodes.where("found_at IS NOT NULL").select(
        "person_id", "episode_id", F.unix_seconds(F.coalesce("last_seen_at", "reported_at")).alias("begun"),
        F.unix_seconds("found_at").alias("ended"),
    )  # fmt: skip
    watched = missing.join(F.broadcast(span), (F.col("begun") < F.col("to_s")) & (F.col("ended") > F.col("from_s")))
    of_unit = visits.groupBy("unit").agg(F.collect_list(F.struct("start", "end")).alias("visits"))
    joined = watched.join(F.broadcast(of_unit), ["unit"], how="inner")
    arrivals = F.size("visits") * F.lit(2.0 * thresholds.margin_s)
    chance = F.greatest(F.least(arrivals / (F.col("to_s") - F.col("from_s")), F.lit(0.8)), F.lit(0.05))
    hit = F.exists("visits", lambda v: F.abs(v["start"] - F.col("begun")) <= thresholds.margin_s)
    p = F.lit(thresholds.overlap_if_tied)
    nats = F.when(hit, F.log(p / chance)).otherwise(F.log((1 - p) / (1 - chance)))
    summed = joined.withColumns({"hit": hit, "nats": nats}).groupBy("unit", "number", "person_id").agg(
        F.sum(F.col("hit").cast("int")).alias("k"), F.count("*").alias("n"), F.sum("nats").alias("nats"),
        F.sort_array(F.collect_list(F.when(F.col("hit"), F.col("episode_id")))).alias("episodes"),
        F.timestamp_seconds(F.min("begun")).alias("first_at"), F.timestamp_seconds(F.max("ended")).alias("last_at"),
    )  # fmt: skip
    ids = visits.groupBy("unit").agg(
        F.slice(F.sort_array(F.collect_list("event_id")), 1, evidence.N_EVENTS).alias("event_ids")
    )
    overlapping = summed.where(F.col("k") >= thresholds.min_overlaps).join(ids, ["unit"], how="inner")
    text = F.format_string("%d of %d episodes began when the line arrived", "k", "n")
    which = F.concat(F.lit("episodes "), F.array_join("episodes", ", "))
    return evidence.leads(
        overlapping,
        NAME,
        {
            "numbers": F.array("number"),
            "person_ids": F.array("person_id"),
            "factors": F.array(
                evidence.factor(text, evidence.capped(F.col("nats"), thresholds.max_nats)),
                evidence.factor(which, F.lit(0.0)),
            ),
            "event_ids": F.col("event_ids"),
            "n_events": F.col("k"),
            "first_at": F.col("first_at"),
            "last_at": F.col("last_at"),
            "statement": F.concat(
                F.lit("Missing when the line "),
                "number",
                F.lit(" was in town: "),
                text,
                F.lit(" ("),
                which,
                F.lit(")."),
            ),
        },
    )


def _visits(mine: DataFrame, bases: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Runs of sightings far from the base: unit, start and end (seconds), first event."""
    based = mine.where("latitude IS NOT NULL").join(bases, ["unit"], how="inner")
    far = positions.kilometres("latitude", "longitude", "base_latitude", "base_longitude") >= thresholds.away_km
    order = Window.partitionBy("unit").orderBy("started_at", "event_id")
    marked = based.withColumn("is_away", far)
    turn = F.sum((~F.col("is_away").eqNullSafe(F.lag("is_away").over(order))).cast("int")).over(order)
    runs = marked.withColumn("turn", turn).where("is_away").groupBy("unit", "turn").agg(
        F.min(F.unix_seconds("started_at")).alias("start"),
        F.max(F.unix_seconds("started_at")).alias("end"),
        F.min_by("event_id", "started_at").alias("event_id"),
    )  # fmt: skip
    return runs.drop("turn")
