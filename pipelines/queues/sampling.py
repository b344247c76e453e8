"""What is shown without a score: rows that chance drew, a blind share of the top, and second readings.

All three look alike to the reviewer: no score, no reasons, and places in the queue that chance chose. Which is which
stands in gold.QUEUE_DRAWS alone. Draws come from hashes of the report ids under the seed of the night, so a rerun draws
the same rows and nobody can tell beforehand which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.queues import items, settled
from schemas import codes, review

KEY = ["report_id"]


@dataclass(frozen=True)
class Shares:
    """Parts of each force's capacity that are shown without a score."""

    random: float
    blind: float
    second: float


def frame(scores: DataFrame, decisions: DataFrame, opened_on: date, queue: str) -> DataFrame:
    """The population of a certificate: the reports that were in scope and undecided on the night it was opened.

    Args:
        scores: gold.REPORT_SCORES.
        decisions: gold.DECISIONS with the near-duplicates that they cover, any nights.

    Returns:
        report_id, force.
    """
    before = decisions.where(F.col("night") <= F.lit(opened_on))
    name = F.lit(queue)
    asked_about = {"queue": name, "item_id": items.item_id(name, F.col("report_id"))}
    scored = scores.where(F.col("night") == F.lit(opened_on)).withColumns(asked_about)
    return settled.still_asked(scored, before).select("report_id", "force")


def random_rows(
    asked: DataFrame, population: DataFrame, earlier: DataFrame, capacity: Column, share: float, night: date, seed: int
) -> DataFrame:
    """Reports drawn by chance: what was drawn before and is undecided still, and new draws up to the share.

    A draw is uniform over the undecided reports of the force's population that were not drawn before, those that score
    high included: so its chance is known whatever else is read.

    Args:
        asked: undecided reports of the night; report_id, force.
        population: result of `frame`.
        earlier: gold.QUEUE_DRAWS of kind RANDOM of earlier nights of the frame.
        capacity: rows of a force, a column over `force`.

    Returns:
        report_id, drawn_on, draw_number, n_pool, inclusion_probability.
    """
    by_force = Window.partitionBy("force")
    drawn = earlier.where(F.col("drawn_on") == F.col("night"))
    drawn = drawn.select(
        F.col("subject_id").alias("report_id"), "drawn_on", "draw_number", "n_pool", "inclusion_probability"
    )
    open_ones = asked.select("report_id", "force").join(population.select("report_id"), KEY, how="left_semi")
    marked = open_ones.join(drawn, KEY, how="left")
    is_new = F.col("drawn_on").isNull()
    marked = (
        marked.withColumn("_open", F.sum((~is_new).cast("long")).over(by_force))
        .withColumn("_pool", F.sum(is_new.cast("long")).over(by_force))
        .withColumn("_place", F.row_number().over(by_force.orderBy(is_new.desc(), chance(seed, "random"), "report_id")))
        .withColumn("_wanted", F.greatest(F.ceil(capacity * F.lit(share)) - F.col("_open"), F.lit(0)))
    )
    is_drawn = is_new & (F.col("_place") <= F.col("_wanted"))
    fresh = {
        "drawn_on": F.lit(night),
        "draw_number": F.col("_place").cast("long"),
        "n_pool": F.col("_pool") - F.col("_place") + 1,
        "inclusion_probability": F.least(F.col("_wanted") / F.col("_pool"), F.lit(1.0)),
    }
    kept = marked.where(~is_new | is_drawn)
    return kept.select("report_id", *(F.coalesce(name, value).alias(name) for name, value in fresh.items()))


def second_readings(decisions: DataFrame, share: float, seed: int, queue: str) -> DataFrame:
    """Reports of which a stated share of the decided is read again, until somebody else has decided too.

    Which reports is fixed by their ids and the seed, not by what was decided.

    Returns:
        report_id, text_hash.
    """
    mine = decisions.where((F.col("queue") == queue) & F.col("outcome").isin(*codes.LABELLING_OUTCOMES))
    by_text = mine.groupBy(F.col("subject_id").alias("report_id"), "text_hash")
    readers = by_text.agg(F.countDistinct(F.lower(F.trim("reviewer"))).alias("_readers"))
    return readers.where((F.col("_readers") == 1) & (chance(seed, "second") < share)).select("report_id", "text_hash")


def placed(rows: DataFrame, capacity: Column, shares: Shares, seed: int) -> DataFrame:
    """Which rows are shown, with or without score, and in which place.

    Scores fill what random rows and second readings leave of the capacity; a share of those is blind. Rows with score
    keep their order; the others get places by chance among them.

    Args:
        rows: one per report that stands for itself: force, score, kind (RANDOM, SECOND or NULL).

    Returns:
        `rows` with kind (BLIND added), rank, cutoff (best score of the force that is not shown; NULL: all are shown).
    """
    by_force = Window.partitionBy("force")
    is_top = F.col("kind").isNull()
    best = by_force.orderBy(is_top.desc(), F.col("score").desc(), "report_id")
    counted = (
        rows.withColumn("_others", F.sum((~is_top).cast("long")).over(by_force))
        .withColumn("_place", F.when(is_top, F.row_number().over(best)))
        .withColumn("_room", F.greatest(capacity - F.col("_others"), F.lit(0)))
    )
    next_best = F.when(F.col("_place") == F.col("_room") + 1, F.col("score"))
    shown = counted.withColumn("cutoff", F.max(next_best).over(by_force))
    shown = shown.where(~is_top | (F.col("_place") <= F.col("_room")))
    tops = F.sum(is_top.cast("long")).over(by_force)
    lot = F.row_number().over(by_force.orderBy(is_top.desc(), chance(seed, "blind"), "report_id"))
    is_blind = is_top & (F.col("_lot") <= F.round(F.col("_tops") * shares.blind))
    shown = shown.withColumn("_tops", tops).withColumn("_lot", lot)
    shown = shown.withColumn("kind", F.when(is_blind, "BLIND").otherwise(F.col("kind")))
    is_scored = F.col("kind").isNull()
    order = Window.partitionBy("force").orderBy(is_scored.desc(), F.col("score").desc(), "report_id")
    shown = shown.withColumn("_scored", F.sum(is_scored.cast("long")).over(by_force))
    place = (F.row_number().over(order) - 0.5) / F.greatest(F.col("_scored"), F.lit(1))
    shown = shown.withColumn("_at", F.when(is_scored, place).otherwise(chance(seed, "place")))
    ranked = shown.withColumn("rank", F.row_number().over(by_force.orderBy("_at", "report_id")))
    return ranked.drop("_others", "_place", "_room", "_tops", "_lot", "_scored", "_at")


def queue_draws(
    shown: DataFrame, random: DataFrame, night: date, opened_on: date, shares: Shares, queue: str
) -> DataFrame:
    """Rows of gold.QUEUE_DRAWS: what is shown without score, and drawn reports that a near-duplicate stands for.

    Args:
        shown: rows of the queue and near-duplicates of kind RANDOM: report_id, item_id, force, kind, score.
        random: result of `random_rows`.
    """
    hidden = shown.where(F.col("kind").isNotNull()).join(random, KEY, how="left")
    is_random = F.col("kind") == "RANDOM"
    other = F.when(F.col("kind") == "BLIND", F.lit(shares.blind)).otherwise(F.lit(shares.second))
    return review.QUEUE_DRAWS.conform(
        hidden.select(
            F.lit(night).alias("night"),
            F.lit(queue).alias("queue"),
            "item_id",
            "force",
            F.col("report_id").alias("subject_id"),
            "kind",
            F.coalesce("inclusion_probability", other).alias("inclusion_probability"),
            F.coalesce("drawn_on", F.lit(night)).alias("drawn_on"),
            F.when(is_random, F.lit(opened_on)).alias("frame_on"),
            "draw_number",
            "n_pool",
            "score",
        )
    )


def chance(seed: int, what: str) -> Column:
    """A number in [0, 1) per report that only the seed, the purpose and the report's id decide."""
    digits = F.substring(F.sha2(F.concat(F.lit(f"{seed}|{what}|"), F.col("report_id")), 256), 1, 13)
    return F.conv(digits, 16, 10).cast("double") / F.lit(float(16**13))
