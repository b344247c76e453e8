"""A child who goes missing when a line comes to town.

A line is a chain of numbers: its phone is dropped every few weeks, and what one number shows is a part of its visits.
An arrival is the first sighting of the line at a place after it was elsewhere; the places are its three most used ones,
by days, since the town that it deals in may be where it is mostly seen. Of the child's episodes while the line was
watched, how many began about when it arrived at one place, against how many would if they fell at random: by chance one
does with the share of the time that lies within the margin of an arrival. Evidence: a log likelihood ratio an episode,
of the place with the most, less the logarithm of the places tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.comms.leads import evidence

NAME = "missing_overlap"


@dataclass(frozen=True)
class Thresholds:
    places: int  # most used places of a line that are tried
    away_s: int  # a line that is seen at a place again after so long, and elsewhere between, has arrived
    margin_s: int  # before and after the line is first seen in town
    min_overlaps: int
    overlap_if_tied: float  # share of the episodes of a child who goes with the line
    max_nats: float


def leads(used: DataFrame, lines: DataFrame, episodes: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Leads: numbers are the line's in order of use, person_ids the child.

    Args:
        used: `usage.usage`.
        lines: `number`s whose use resembles that of a line, and the `line` each belongs to (`chains`).
        episodes: silver.missing_episodes as of the night.
    """
    mine = used.join(F.broadcast(lines.select("number", "line").distinct()), ["number"], how="inner")
    begun = mine.groupBy("line", "number").agg(F.min(F.unix_seconds("started_at")).alias("at"))
    numbers = begun.groupBy("line").agg(
        F.sort_array(F.collect_list(F.struct("at", "number")))["number"].alias("numbers")
    )
    span = mine.groupBy("line").agg(
        F.min(F.unix_seconds("started_at")).alias("from_s"), F.max(F.unix_seconds("started_at")).alias("to_s")
    ).join(numbers, ["line"], how="inner")  # fmt: skip
    missing = episodes.where("found_at IS NOT NULL").select(
        "person_id", "episode_id", F.unix_seconds(F.coalesce("last_seen_at", "reported_at")).alias("begun"),
        F.unix_seconds("found_at").alias("ended"),
    )  # fmt: skip
    watched = missing.join(F.broadcast(span), (F.col("begun") < F.col("to_s")) & (F.col("ended") > F.col("from_s")))
    of_place = _arrivals(mine, thresholds).groupBy("line", "y", "x").agg(
        F.collect_list("at").alias("arrivals"),
        F.slice(F.sort_array(F.collect_list(F.struct("at", "event_id")))["event_id"], 1, evidence.N_EVENTS).alias(
            "event_ids"
        ),
    )  # fmt: skip
    joined = watched.join(F.broadcast(of_place), ["line"], how="inner")
    near = F.size("arrivals") * F.lit(2.0 * thresholds.margin_s)
    chance = F.greatest(F.least(near / (F.col("to_s") - F.col("from_s")), F.lit(0.8)), F.lit(0.05))
    hit = F.exists("arrivals", lambda at: F.abs(at - F.col("begun")) <= thresholds.margin_s)
    p = F.lit(thresholds.overlap_if_tied)
    nats = F.when(hit, F.log(p / chance)).otherwise(F.log((1 - p) / (1 - chance)))
    summed = joined.withColumns({"hit": hit, "nats": nats}).groupBy("line", "person_id", "y", "x").agg(
        F.sum(F.col("hit").cast("int")).alias("k"), F.count("*").alias("n"),
        (F.sum("nats") - math.log(thresholds.places)).alias("nats"), F.first("numbers").alias("numbers"),
        F.first("event_ids").alias("event_ids"),
        F.sort_array(F.collect_list(F.when(F.col("hit"), F.col("episode_id")))).alias("episodes"),
        F.timestamp_seconds(F.min("begun")).alias("first_at"), F.timestamp_seconds(F.max("ended")).alias("last_at"),
    )  # fmt: skip
    enough = summed.where(F.col("k") >= thresholds.min_overlaps)
    best = F.max(F.struct("nats", "k", "n", "numbers", "event_ids", "episodes", "first_at", "last_at", "y", "x"))
    overlapping = enough.groupBy("line", "person_id").agg(best.alias("p")).select("line", "person_id", "p.*")
    text = F.format_string("%d of %d episodes began when the line arrived", "k", "n")
    which = F.concat(F.lit("episodes "), F.array_join("episodes", ", "))
    return evidence.leads(
        overlapping,
        NAME,
        {
            "numbers": F.col("numbers"),
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
                F.array_join("numbers", ", then "),
                F.lit(" was in town: "),
                text,
                F.lit(" ("),
                which,
                F.lit(")."),
            ),
        },
    )


def _arrivals(mine: DataFrame, thresholds: Thresholds) -> DataFrame:
    """When each line arrived at its most used places: line, y, x (a square of some 11 km), at (seconds), event_id."""
    square = mine.where("latitude IS NOT NULL").withColumns(
        {
            "y": F.round(F.col("latitude") * 10),
            "x": F.round(F.col("longitude") * 6.5),
            "at": F.unix_seconds("started_at"),
        }
    )
    used = square.groupBy("line", "y", "x").agg(F.countDistinct(F.to_date("started_at")).alias("n"))
    rank = F.row_number().over(Window.partitionBy("line").orderBy(F.col("n").desc(), "y", "x"))
    most = used.withColumn("_r", rank).where(F.col("_r") <= thresholds.places).select("line", "y", "x")
    order = Window.partitionBy("line").orderBy("at", "event_id")
    here = Window.partitionBy("line", "y", "x").orderBy("at", "event_id")
    place, away = F.struct("y", "x"), F.col("at") - F.lag("at").over(here)
    is_elsewhere = F.coalesce(F.lag(place).over(order) != place, F.lit(False))
    marked = square.withColumn(
        "_is_new", is_elsewhere & (F.coalesce(away, F.lit(thresholds.away_s)) >= thresholds.away_s)
    )
    arrived = marked.where("_is_new").select("line", "y", "x", "at", "event_id")
    return arrived.join(F.broadcast(most), ["line", "y", "x"], how="left_semi")


def chains(lines: DataFrame, successors: DataFrame) -> DataFrame:
    """number and line (its first number): strong lines that successors join to one another, over at most three numbers.

    Args:
        lines: `number`s whose use resembles that of a line.
        successors: leads of `successor` that are worth a look.
    """
    number = lines.select("number").distinct()
    pair = successors.select(F.col("numbers")[0].alias("old"), F.col("numbers")[1].alias("number"), "evidence")
    both = pair.join(number, ["number"], how="left_semi").join(
        number.withColumnRenamed("number", "old"), ["old"], how="left_semi"
    )
    before = both.groupBy("number").agg(F.max_by("old", "evidence").alias("old"))
    chain = number.join(before, ["number"], how="left").select("number", F.coalesce("old", "number").alias("line"))
    further = chain.select(F.col("number").alias("_n"), F.col("line").alias("_line"))
    return chain.join(further, F.col("line") == F.col("_n"), how="left").select(
        "number", F.coalesce("_line", "line").alias("line")
    )
