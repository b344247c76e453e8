"""What decisions say about the reviewing: labels of a certificate's population, and counts behind its figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, GroupedData, Window
from pyspark.sql import functions as F

from pipelines.queues import settled
from schemas import codes, review

KEY = ["report_id"]


@dataclass(frozen=True)
class Frame:
    """A certificate's population as of a night. What people decided or chance drew fits a driver.

    Attributes:
        counts: force, n_population, n_left (undecided and no longer in scope), n_later (in scope, not in the frame).
        settled: report_id, force, is_csae (NULL: settled without saying), decided_on; reports of the frame.
        draws: report_id, force, drawn_on, draw_number, n_pool; every draw from the frame.
        before: force, n_found: CSAE reports found before the frame was opened.
    """

    counts: DataFrame
    settled: DataFrame
    draws: DataFrame
    before: DataFrame


def certified_frame(
    population: DataFrame, scores: DataFrame, decisions: DataFrame, draws: DataFrame, opened_on: date, queue: str
) -> Frame:
    """The parts of a certificate.

    Args:
        population: result of `sampling.frame`.
        scores: gold.REPORT_SCORES of the night.
        decisions: gold.DECISIONS up to the night, with the near-duplicates that they cover.
        draws: gold.QUEUE_DRAWS up to the night.
    """
    labelled = settled.settled(decisions.where(F.col("queue") == queue)).select(
        F.col("subject_id").alias("report_id"),
        is_csae().alias("is_csae"),
        F.col("night").alias("decided_on"),
        F.col("text_hash").alias("_decided"),
        F.col("force").alias("_force"),
    )
    now = scores.select("report_id", F.col("text_hash").alias("_now"), F.lit(True).alias("_is_here"))
    known = population.join(labelled, KEY, how="left").join(now, KEY, how="left")
    # Its text changed since: the question is open again. What was decided and has left the scope stays decided.
    is_changed = F.col("_is_here").isNotNull() & settled.is_other(F.col("_decided"), F.col("_now"))
    is_open = F.col("decided_on").isNull() | is_changed
    is_left = is_open & F.col("_is_here").isNull()
    later = scores.join(population, KEY, how="left_anti").groupBy("force").agg(F.count("*").alias("n_later"))
    counts = known.groupBy("force").agg(F.count("*").alias("n_population"), F.sum(is_left.cast("long")).alias("n_left"))
    counts = counts.join(later, ["force"], how="full").na.fill(0, ["n_population", "n_left", "n_later"])
    drawn = draws.where(
        (F.col("kind") == "RANDOM") & (F.col("frame_on") == F.lit(opened_on)) & (F.col("drawn_on") == F.col("night"))
    )
    is_before = (F.col("decided_on") <= F.lit(opened_on)) & F.col("is_csae")
    return Frame(
        counts,
        known.where(~is_open).select("report_id", "force", "is_csae", "decided_on"),
        drawn.select(F.col("subject_id").alias("report_id"), "force", "drawn_on", "draw_number", "n_pool"),
        labelled.where(is_before).groupBy(F.col("_force").alias("force")).agg(F.count("*").alias("n_found")),
    )


def agreement(decisions: DataFrame, queue: str) -> DataFrame:
    """How the first two readers of the same text agreed: force, first, second (is CSAE), n. Each reader counts once.

    Args:
        decisions: gold.DECISIONS as made; a decision inherited by a near-duplicate is no reading of it.
    """
    readings = _first_readings(decisions, queue)
    order = Window.partitionBy("subject_id", "text_hash").orderBy("sequence")
    second = readings.withColumn("first", F.lag("is_csae").over(order)).withColumn("_n", F.row_number().over(order))
    pairs = second.where("_n = 2")
    return pairs.groupBy("force", "first", F.col("is_csae").alias("second")).agg(F.count("*").alias("n"))


def exposure(decisions: DataFrame, queue: str, cap: int) -> DataFrame:
    """What each reviewer opened and decided, and found: force, reviewer, n, n_found, median_seconds, n_over_cap.

    Args:
        cap: items a reviewer should decide a day; `n_over_cap` counts those beyond it, by day of the decision.

    `median_seconds` is of decisions whose time was measured: NULL says that it was not, and so did 0 before.
    """
    mine = decisions.where(F.col("queue") == queue)
    day = Window.partitionBy("reviewer", F.to_date("decided_at")).orderBy("decided_at", "sequence")
    numbered = mine.withColumn("_place", F.row_number().over(day))
    return numbered.groupBy("force", "reviewer").agg(
        F.count("*").alias("n"),
        F.sum((F.col("outcome") == "TAG_ADDED").cast("long")).alias("n_found"),
        F.percentile_approx(F.when(F.col("seconds_open") > 0, F.col("seconds_open")), 0.5).alias("median_seconds"),
        F.sum((F.col("_place") > cap).cast("long")).alias("n_over_cap"),
    )


def yields(decisions: DataFrame, draws: DataFrame, queue: str) -> DataFrame:
    """CSAE among first readings by how a row came to be shown: force, kind (SCORED: with score), n, n_csae."""
    return _shown(decisions, draws, queue).agg(*_csae_counts())


def efforts(decisions: DataFrame, draws: DataFrame, queue: str) -> DataFrame:
    """The same with the time that they took: n_timed, and sums of their `seconds` and of the `squares` of these.

    A time of 0 is of a decision that nothing measured.
    """
    seconds = F.when(F.col("seconds_open") > 0, F.col("seconds_open"))
    return _shown(decisions, draws, queue).agg(
        *_csae_counts(),
        F.count(seconds).alias("n_timed"),
        F.coalesce(F.sum(seconds), F.lit(0.0)).alias("seconds"),
        F.coalesce(F.sum(seconds * seconds), F.lit(0.0)).alias("squares"),
    )


def _csae_counts() -> tuple[Column, Column]:
    return F.count("*").alias("n"), F.sum(F.col("is_csae").cast("long")).alias("n_csae")


def _shown(decisions: DataFrame, draws: DataFrame, queue: str) -> GroupedData:
    """The first reading of each text, by force and kind of row."""
    drawn = draws.select(F.col("night").alias("queue_night"), "queue", "item_id", "kind")
    first = Window.partitionBy("subject_id", "text_hash").orderBy("sequence")
    readings = _first_readings(decisions, queue).withColumn("_n", F.row_number().over(first)).where("_n = 1")
    joined = readings.join(drawn, ["queue_night", "queue", "item_id"], how="left")
    return joined.groupBy("force", F.coalesce("kind", F.lit("SCORED")).alias("kind"))


def recording(
    tagged: DataFrame,
    population: DataFrame,
    texts: DataFrame,
    frame: Frame,
    families: Mapping[str, Sequence[str]],
) -> DataFrame:
    """Counts by force and family of reports: tagged and untagged ones, and what was decided of those.

    Args:
        tagged: reports in scope with a CSAE tag; report_id, force, text.
        population: result of `sampling.frame`. A report of it that was tagged since was untagged.
        texts: report_id, text.
        frame: result of `certified_frame` of the population.
        families: phrases by family; every report is of the family `*` too.

    Returns:
        force, family, n_tagged, n_untagged, n_other and n_drawn (decided, not drawn and drawn), n_other_csae,
        n_drawn_csae.
    """
    drawn = frame.draws.select("report_id", F.lit(True).alias("is_drawn")).distinct()
    untagged = population.join(texts.select("report_id", "text"), KEY, how="inner")
    untagged = untagged.join(frame.settled.select("report_id", "is_csae"), KEY, how="left").join(drawn, KEY, how="left")
    recorded = tagged.select("report_id", "force", "text").join(population.select("report_id"), KEY, how="left_anti")
    reports = untagged.withColumn("is_tagged", F.lit(False)).unionByName(
        recorded.withColumn("is_tagged", F.lit(True)), allowMissingColumns=True
    )
    named = [
        F.when(F.col("text").rlike(rf"(?i)\b(?:{'|'.join(map(re.escape, phrases))})\b"), F.lit(name))
        for name, phrases in families.items()
    ]
    is_drawn, is_csae = F.coalesce("is_drawn", F.lit(False)), F.coalesce("is_csae", F.lit(False))
    is_decided = F.col("is_csae").isNotNull()
    counted = {
        "n_tagged": F.col("is_tagged"),
        "n_untagged": ~F.col("is_tagged"),
        "n_other": is_decided & ~is_drawn,
        "n_other_csae": is_csae & ~is_drawn,
        "n_drawn": is_decided & is_drawn,
        "n_drawn_csae": is_csae & is_drawn,
    }
    of_families = reports.withColumn("family", F.explode(F.array_compact(F.array(F.lit(review.WHOLE), *named))))
    return of_families.groupBy("force", "family").agg(
        *(F.sum(is_so.cast("long")).alias(name) for name, is_so in counted.items())
    )


def _first_readings(decisions: DataFrame, queue: str) -> DataFrame:
    """The first labelling decision of each reviewer on each text."""
    mine = decisions.where((F.col("queue") == queue) & F.col("outcome").isin(*codes.LABELLING_OUTCOMES))
    reader = F.lower(F.trim("reviewer"))
    order = Window.partitionBy("subject_id", "text_hash", reader).orderBy("sequence")
    return mine.withColumn("is_csae", is_csae()).withColumn("_r", F.row_number().over(order)).where("_r = 1").drop("_r")


def is_csae() -> Column:
    """What an outcome says of a report; NULL where it says nothing."""
    known = F.create_map(*[F.lit(v) for pair in codes.LABELLING_OUTCOMES.items() for v in pair])
    return F.try_element_at(known, F.col("outcome"))
