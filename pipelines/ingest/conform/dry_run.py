"""What a dry run tells of a sender's files before its layout is trusted. Nothing here is written anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.ingest.conform import judgement, records
from schemas.layouts import layouts
from schemas.layouts.feed import NESTED
from schemas.layouts.fields import FIELDS, Field


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


def read_values(judged: DataFrame, layout: layouts.Feed) -> DataFrame:
    """Of each field of a sender's feed how many values mean something, and how many of them are in a record: one row,
    with the structs `<field>` of `n_written` and `n_read`.

    A date that its own record contradicts is not in it. Values of a list count one by one. Rows that are refused count
    too: a field is judged by what its column holds. Of a field that its noun keeps under other names every value counts
    as read, also an empty one, that nothing says is not.
    """
    df = judged.withColumn("_lost", F.from_json("_rescued", "map<string,string>"))
    return df.agg(*(_counted(name, field, layout, judged.columns) for name, field in FIELDS[layout.name].items()))


def _counted(name: str, field: Field, layout: layouts.Feed, columns: Sequence[str]) -> Column:
    def is_unread_note(note: Column) -> Column:
        is_unknown = (note["note"] == "UNKNOWN_CODE") & note["becomes"].isNull()
        return (note["field"] == name) & ((note["note"] == "UNREAD") | is_unknown)

    if field.kind == "codes":
        n_read = F.size(F.filter(name, F.isnotnull))
        n_unread = F.size(F.filter("notes", is_unread_note))
    else:
        is_nothing = F.exists("notes", lambda note: (note["field"] == name) & (note["note"] == "NOTHING"))
        is_unread = F.exists("notes", is_unread_note)
        if (column := _own_column(name, layout)) is not None:
            is_kept = F.coalesce(F.try_element_at("_lost", F.lit(column)).isNotNull(), F.lit(False))
            is_unread = is_unread | (is_kept & ~is_nothing)
        is_read = F.col(name).isNotNull() if name in columns else ~is_nothing
        n_read, n_unread = (is_read & ~is_unread).cast("int"), is_unread.cast("int")
    total = F.struct(F.sum(n_read + n_unread).alias("n_written"), F.sum(n_read).alias("n_read"))
    return total.alias(name)


def _own_column(name: str, layout: layouts.Feed) -> str | None:
    """The sender's column that is this field's alone, so that a value kept of it is one of the field; None without."""
    column = layout.columns.get(name)
    shared = [*layout.columns.values(), *(other for more in layout.joined.values() for other in more)]
    return column if column is not None and layout.format not in NESTED and shared.count(column) == 1 else None
