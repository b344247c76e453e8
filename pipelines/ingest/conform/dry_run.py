"""What a dry run tells of a sender's files before its layout is trusted. Nothing here is written anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.ingest.conform import judgement, records
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS


def columns(rows: DataFrame) -> DataFrame:
    """Top-level columns that the rows hold: `feed`, `column`, `n_rows` with a value."""
    row = F.from_json("raw", "map<string,string>")
    named = rows.select("feed", F.explode(row).alias("column", "value"))
    has_value = F.col("value").isNotNull() & (F.col("value") != "")
    return named.groupBy("feed", "column").agg(F.count_if(has_value).alias("n_rows"))


def unknown_codes(rows: DataFrame, feed: str, sources: Mapping[str, layouts.Source]) -> DataFrame:
    """Codes that no layout names and that are not national: `field`, `value`, `n_rows`, `becomes`.

    `becomes` is what `unmapped` makes of them, or NULL where the row is refused.
    """
    df, extract = records.parsed(rows, feed, sources)
    found = [records.unknown_codes(extract, n) for n, field in FIELDS[feed].items() if field.kind in records.CODED]
    none = F.array().cast(judgement.NOTES)
    unknown = df.select(F.explode(F.concat(none, *found)).alias("code")).select(
        "code.field", "code.value", "code.becomes"
    )
    return unknown.groupBy("field", "value", "becomes").agg(F.count("*").alias("n_rows"))
