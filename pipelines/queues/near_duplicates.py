"""Near-duplicates of a shown report: shown once, decided once, each taken out again by a decision of its own."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.queues import settled
from schemas import gold, review

# What the grouping of one force's candidates gives: each report with the one that stands for it (itself, mostly).
GROUPED = "report_id string, shown_id string, similarity double"


def with_near_duplicates(decisions: DataFrame, near_duplicates: DataFrame) -> DataFrame:
    """Decisions, and each decision on a shown report again for every near-duplicate that it stood for.

    A decision on the near-duplicate itself wins, whatever it says, if it is the newer one (`settled.age_order`): that
    is how one of them is taken out.

    Args:
        decisions: gold.DECISIONS.
        near_duplicates: gold.QUEUE_NEAR_DUPLICATES.

    Returns:
        The columns of gold.DECISIONS; a decision id may occur on several subjects.
    """
    names = gold.DECISIONS.names
    covered = near_duplicates.select(
        F.col("night").alias("queue_night"),
        "queue",
        F.col("shown_item_id").alias("item_id"),
        F.col("item_id").alias("_item_id"),
        F.col("subject_id").alias("_subject_id"),
        F.col("text_hash").alias("_text_hash"),
    )
    newest_own = F.max(settled.age_order()).alias("_own")
    own = decisions.groupBy("queue", F.col("subject_id").alias("_subject_id")).agg(newest_own)
    inherited = decisions.join(covered, ["queue_night", "queue", "item_id"], how="inner")
    inherited = inherited.join(own, ["queue", "_subject_id"], how="left")
    inherited = inherited.where(F.col("_own").isNull() | (F.col("_own") < settled.age_order()))
    renamed = {name: F.col(f"_{name}").alias(name) for name in ("item_id", "subject_id", "text_hash")}
    return decisions.select(*names).unionByName(inherited.select(*(renamed.get(name, F.col(name)) for name in names)))


def decidable(items: DataFrame, near_duplicates: DataFrame) -> DataFrame:
    """What a decision may be on: the items that queues showed, and the near-duplicates that they stood for."""
    columns = ["queue", "night", "item_id", "force", "subject_id", "text_hash"]
    return items.select(*columns).unionByName(near_duplicates.select(*columns))


def queue_near_duplicates(grouped: DataFrame, shown: DataFrame, night: date, queue: str) -> DataFrame:
    """Rows of gold.QUEUE_NEAR_DUPLICATES: the near-duplicates of what is shown.

    Args:
        grouped: GROUPED with force, text_hash and item_id of each report.
        shown: report_id and item_id of the rows of the queue.
    """
    heads = shown.select(F.col("report_id").alias("shown_id"), F.col("item_id").alias("shown_item_id"))
    others = grouped.where(F.col("report_id") != F.col("shown_id")).join(heads, ["shown_id"], how="inner")
    return review.QUEUE_NEAR_DUPLICATES.conform(
        others.select(
            F.lit(night).alias("night"),
            F.lit(queue).alias("queue"),
            "item_id",
            "shown_item_id",
            "force",
            F.col("report_id").alias("subject_id"),
            "text_hash",
            "similarity",
        )
    )
