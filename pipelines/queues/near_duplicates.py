"""Near-duplicates of a shown report: shown once, decided once, each taken out again by a decision of its own."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from schemas import gold, review

# What the grouping of one force's candidates gives: each report with the one that stands for it (itself, mostly).
GROUPED = "report_id string, shown_id string, similarity double"


def with_near_duplicates(decisions: DataFrame, members: DataFrame) -> DataFrame:
    """Decisions, and each decision on a shown report again for every near-duplicate that it stood for.

    A decision on the member itself wins, whatever it says, if it came later: that is how one member is taken out.

    Args:
        decisions: gold.DECISIONS.
        members: gold.QUEUE_MEMBERS.

    Returns:
        The columns of gold.DECISIONS; a decision id may occur on several subjects.
    """
    names = gold.DECISIONS.names
    covered = members.select(
        F.col("night").alias("queue_night"),
        "queue",
        F.col("shown_item_id").alias("item_id"),
        F.col("item_id").alias("_item_id"),
        F.col("subject_id").alias("_subject_id"),
        F.col("text_hash").alias("_text_hash"),
    )
    own = decisions.groupBy("queue", F.col("subject_id").alias("_subject_id")).agg(F.max("sequence").alias("_own"))
    inherited = decisions.join(covered, ["queue_night", "queue", "item_id"], how="inner")
    inherited = inherited.join(own, ["queue", "_subject_id"], how="left")
    inherited = inherited.where(F.col("_own").isNull() | (F.col("_own") < F.col("sequence")))
    renamed = {name: F.col(f"_{name}").alias(name) for name in ("item_id", "subject_id", "text_hash")}
    return decisions.select(*names).unionByName(inherited.select(*(renamed.get(name, F.col(name)) for name in names)))


def decidable(items: DataFrame, members: DataFrame) -> DataFrame:
    """What a decision may be on: the items that queues showed, and the members that they stood for."""
    columns = ["queue", "night", "item_id", "force", "subject_id", "text_hash"]
    return items.select(*columns).unionByName(members.select(*columns))


def queue_members(grouped: DataFrame, shown: DataFrame, night: date, queue: str) -> DataFrame:
    """Rows of gold.QUEUE_MEMBERS: the near-duplicates of what is shown.

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


def newest(decisions: DataFrame) -> DataFrame:
    """The newest decision on each subject."""
    order = Window.partitionBy("subject_id").orderBy(F.col("sequence").desc())
    return decisions.withColumn("_n", F.row_number().over(order)).where("_n = 1").drop("_n")
