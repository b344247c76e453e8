"""The judgement of a record: why it is refused, what of it is rescued, and which of several of one key holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns
from schemas import codes
from schemas.contract import Table
from schemas.layouts.fields import Field

NOTES = "array<struct<field:string,note:string,value:string,becomes:string>>"  # see gold.value_counts
# Columns of a judged record beyond its contract.
JUDGEMENT = ("_feed", "reason", "detail", "raw", "notes", "is_superseded")
_LINEAGE = {"_sender": "sender", "_file": "file", "_file_hash": "file_hash", "_row_number": "row_number"}
KEPT_RAW = 100_000  # characters of a refused row that are kept
_DIGITS = 18  # of the numbers in a file's name: dates and times with milliseconds have 17


@dataclass(frozen=True)
class Record:
    """A feed's rows with one typed column per field (named as the field).

    `df` also holds the row's own columns, `_m` (map of the sender's top-level columns), `_t_<field>` (as written),
    `_void` and `_unread` (names of fields whose value means nothing, or cannot be read), `_notes`, and `_wrong`: the
    first problem that follows from the kinds of fields alone, judged before a noun changes any column.
    """

    df: DataFrame
    extract: layout_columns.Extract
    night: date

    def with_columns(self, columns: Mapping[str, Column]) -> Record:
        return replace(self, df=self.df.withColumns(dict(columns)))


@dataclass(frozen=True)
class Problem:
    """A condition under which a record is refused. NULL counts as false."""

    condition: Column
    reason: str
    detail: str  # what was wrong, without personal data


def is_unread(name: str, field: Field) -> Column:
    """Whether the field's value is there and cannot be read."""
    if field.kind == "codes":
        return F.exists(name, F.isnull)
    value = F.col(name)
    if field.kind == "marking":
        value = F.when(value.isin(*codes.MARKINGS), value)
    return F.col(f"_t_{name}").isNotNull() & value.isNull()


def unless(contradicted: Column, name: str) -> Column:
    """The optional value `name`, or NULL (and its column rescued) where the record itself contradicts it."""
    return F.when(~F.coalesce(contradicted, F.lit(False)), F.col(name))


def finish(
    record: Record, table: Table, feed: str, first: Sequence[Problem] = (), then: Sequence[Problem] = ()
) -> DataFrame:
    """The judged records: the contract's columns, and the columns of JUDGEMENT.

    Problems in `first` come before those of the kinds of fields, problems in `then` after them.

    `reason` is the first problem's, or NULL for an accepted record. Of several accepted records of one key the one that
    its sender amended last is current, else the last by file (in the order of their numbers) and row; the others are
    `is_superseded`.
    """
    df = record.df.withColumn("_rescued", _rescued(record.extract))
    df = df.withColumn("_why", F.coalesce(*_each(first), F.col("_wrong"), *_each(then)))
    df = df.withColumns(
        {
            "night": F.lit(record.night),
            "_feed": F.lit(feed),
            "reason": F.col("_why.reason"),
            "detail": _detail(record.extract),
            "notes": F.when(_is_withheld(), F.array().cast(NOTES)).otherwise(F.col("_notes")),
            **{ours: F.col(theirs) for ours, theirs in _LINEAGE.items()},
        }
    )
    kept = F.col("reason").isNotNull() & ~_is_withheld()
    df = df.withColumn("raw", F.when(kept, F.substring("raw", 1, KEPT_RAW)))
    amended = F.col("amended_at") if "amended_at" in record.extract.fields else F.lit(None).cast("timestamp")
    df = df.select(*table.names, *JUDGEMENT[:-1], amended.alias("_amended_at"))
    natural = [name for name in table.key if name != "night"]
    is_accepted = F.col("reason").isNull()
    latest = Window.partitionBy(*natural, is_accepted).orderBy(
        F.desc_nulls_last("_amended_at"), by_number(F.col("_file")).desc(), F.col("_row_number").desc()
    )
    return df.withColumn("is_superseded", is_accepted & (F.row_number().over(latest) > 1)).drop("_amended_at")


def _detail(extract: layout_columns.Extract) -> Column:
    """What was wrong; of the further records of a row, with which of them it was."""
    # Of what is refused there always is one: it is part of the quarantine's key.
    detail = F.when(F.col("_why.reason").isNotNull(), F.coalesce("_why.detail", F.lit("")))
    if extract.n_parts == 1:
        return detail
    which = F.concat(detail, F.lit(" (record "), F.col(layout_columns.PART) + 1, F.lit(" of the row)"))
    return F.when(F.col(layout_columns.PART) > 0, which).otherwise(detail)


def _is_withheld() -> Column:
    """Whether nothing that a refused row says may be kept."""
    return F.coalesce(F.col("_why.reason") == "MARKING_REFUSED", F.lit(False))


def by_number(name: Column) -> Column:
    """A name to sort by: with its numbers as numbers, so that part 9 comes before part 10."""
    padded = F.regexp_replace(name, r"([0-9]+)", "0" * _DIGITS + "$1")
    return F.regexp_replace(padded, rf"[0-9]+?([0-9]{{{_DIGITS}}})(?![0-9])", "$1")


def first(problems: Sequence[Problem]) -> Column:
    """The first problem that applies, as a struct of reason and detail; NULL where none does."""
    return F.coalesce(*_each(problems))


def _each(problems: Sequence[Problem]) -> list[Column]:
    def why(problem: Problem) -> Column:
        return F.struct(F.lit(problem.reason).alias("reason"), F.lit(problem.detail).alias("detail"))

    return [F.when(problem.condition, why(problem)) for problem in problems]


def _rescued(extract: layout_columns.Extract) -> Column:
    """JSON of the sender's columns that no mapping names, and of those whose value could not be read; or NULL."""
    lost = [F.when(_is_lost(n, f), extract.top_level(n)) for n, f in extract.fields.items()]
    unread = F.flatten(F.array_compact(F.array(*lost)))
    known = F.array_except(extract.known_columns(), unread)
    kept = F.map_filter("_m", lambda name, value: value.isNotNull() & ~F.array_contains(known, name))
    return F.when(F.size(kept) > 0, F.to_json(kept))


def _is_lost(name: str, field: Field) -> Column:
    """Whether the field's value is not in the record as it came: it means nothing, cannot be read, or the noun took it
    off because the record contradicts it."""
    lost = F.array_contains("_void", name) | F.array_contains("_unread", name)
    return lost if field.kind == "codes" else lost | is_unread(name, field)
