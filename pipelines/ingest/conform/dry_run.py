"""What a dry run tells of a sender's files before its layout is trusted. Nothing here is written anywhere."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns
from pipelines.ingest.conform import records
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS

CODED = ("code", "codes", "boolean")  # kinds of fields whose values are codes; markings are judged by their own rules


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
    found = []
    for name, field in FIELDS[feed].items():
        if field.kind not in CODED:
            continue
        values = records.raw_list(extract, name) if field.kind == "codes" else F.array(f"_t_{name}")
        found.append(F.transform(values, functools.partial(_unknown, extract, name)))
    if not found:
        return df.select(F.lit("").alias("field"), F.lit("").alias("value"), F.lit(0).alias("n_rows")).limit(0)
    unknown = df.select(F.explode(F.flatten(F.array(*found))).alias("code")).filter("code IS NOT NULL").select("code.*")
    return unknown.groupBy("field", "value", "becomes").agg(F.count("*").alias("n_rows"))


def _unknown(extract: layout_columns.Extract, name: str, value: Column) -> Column:
    strict = extract.national(name, value, is_strict=True)
    read = records.boolean(strict) if extract.fields[name].kind == "boolean" else strict
    becomes = extract.national(name, value)
    if extract.fields[name].kind == "boolean":
        becomes = F.when(records.boolean(becomes).isNotNull(), becomes)
    code = F.struct(F.lit(name).alias("field"), value.alias("value"), becomes.alias("becomes"))
    return F.when(value.isNotNull() & read.isNull(), code)
