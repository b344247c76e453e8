"""Decisions of one night that nobody took back in it: what leaves the system is made of these alone."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def standing(decisions: DataFrame, queue: str, outcome: str, night: date) -> DataFrame:
    """Decisions of `night` on items of `queue` that no later decision of this night on the same item contradicts.

    Who decides by mistake and corrects it before the night does not reach anybody outside.

    Args:
        decisions: `gold.DECISIONS`, any nights.
    """
    tonight = decisions.where((F.col("night") == F.lit(night)) & (F.col("queue") == F.lit(queue)))
    by_item = Window.partitionBy("item_id").orderBy("decided_at", "sequence")
    later = by_item.rowsBetween(1, Window.unboundedFollowing)
    is_taken_back = F.coalesce(F.max(F.col("outcome") != F.lit(outcome)).over(later), F.lit(False))
    judged = tonight.withColumn("_is_taken_back", is_taken_back)
    return judged.where((F.col("outcome") == F.lit(outcome)) & ~F.col("_is_taken_back")).drop("_is_taken_back")
