"""What was known on a night: each record's newest version made known by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def current(df: DataFrame, key: Sequence[str], night: date) -> DataFrame:
    """Rows of a silver table as of `night`: of each `key` the version with the greatest `night` not after it.

    Args:
        df: a silver table, with its column `night`; at most one version of a key per night.
        key: the record's natural key, without `night` (a contract's key may be passed whole).
        night: nothing made known later is seen, so a backfill of an old night gives what was known then.
    """
    natural = [name for name in key if name != "night"]
    newest = Window.partitionBy(*natural).orderBy(F.col("night").desc())
    known = df.filter(F.col("night") <= F.lit(night))
    return known.withColumn("_version", F.row_number().over(newest)).filter("_version = 1").drop("_version")
