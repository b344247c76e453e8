"""When an item of a queue is settled: one rule for all queues. docs/queue.md says it in plain words, with the reasons.

The newest decision on an item settles it if its outcome is final, until what it was taken on is another.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from schemas import codes

ITEM = ("queue", "item_id")  # the same question keeps its id, so this is what a decision is on


def age_order() -> Column:
    """What decisions are ordered by, oldest first: when they were made; at equal times, their place in the chain.

    A decision counts as made by the night that took it in, so a clock that runs ahead does not win for ever.
    """
    return F.struct(F.least("decided_at", F.col("night").cast("timestamp")), "sequence")


def newest(decisions: DataFrame, of: Sequence[str] = ITEM) -> DataFrame:
    """The newest of the decisions that share the columns `of`, whatever the order in which they were handed in.

    Args:
        decisions: gold.DECISIONS, or those of them that count.
    """
    order = Window.partitionBy(*of).orderBy(age_order().desc())
    return decisions.withColumn("_n", F.row_number().over(order)).where("_n = 1").drop("_n")


def settled(decisions: DataFrame) -> DataFrame:
    """The decision that settles each item: its newest, where the outcome is final. Columns as `decisions`.

    Args:
        decisions: gold.DECISIONS up to the night, with the near-duplicates that they cover, where the queue has any.
    """
    return newest(decisions).where(F.col("outcome").isin(*codes.FINAL_OUTCOMES))


def is_other(decided_on: Column, now: Column) -> Column:
    """Whether the evidence is another than the one decided on. Where a decision does not say on what, it is not."""
    return F.coalesce(decided_on != now, F.lit(False))


def still_asked(items: DataFrame, decisions: DataFrame) -> DataFrame:
    """The items whose question is open: not settled, or settled on other evidence than tonight's.

    Args:
        items: queue, item_id, text_hash (of the text or evidence as of the night) among its columns.
        decisions: as of `settled`.

    Returns:
        The columns of `items` and is_text_changed: it was settled, on other evidence.
    """
    stands = settled(decisions).select(*ITEM, F.lit(True).alias("_stands"), F.col("text_hash").alias("_decided_on"))
    joined = items.join(stands, list(ITEM), how="left").select(*items.columns, "_stands", "_decided_on")
    is_changed = F.col("_stands").isNotNull() & is_other(F.col("_decided_on"), F.col("text_hash"))
    asked = joined.withColumn("is_text_changed", is_changed).where(F.col("_stands").isNull() | is_changed)
    return asked.drop("_stands", "_decided_on")
