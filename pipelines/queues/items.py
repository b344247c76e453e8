"""The one maker of queue rows: every queue publishes through `rows`, with reasons and sources of one shape.

A queue says what it asks about and why; what each row must hold is the contract's, gold.QUEUE_ITEMS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from schemas import gold

TRACE = ("table_versions", "code_commit", "config_hash")  # where a row comes from: what `Provenance` gives
# Columns that a queue need not name: what they hold where it says nothing.
UNSAID: Mapping[str, object] = {"is_suspected_false": False, "model_name": None, "model_version": None}
_SCORES = ("score", "score_low", "score_high")
TEXT_CHANGED = "decided before; the text changed since"
EVIDENCE_CHANGED = "decided before; the evidence changed since"


class Provenance(Protocol):
    """What the rows of a night were made with, as `pipelines.common.provenance` knows it."""

    def columns(self) -> tuple[Column, ...]:
        """The columns of `TRACE`."""
        ...


def rows(shown: DataFrame, night: date, made_with: Provenance, /, **columns: Column) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS, one per row of `shown`.

    A column of the contract is taken from `columns`, else from `shown` by its name, where `UNSAID` does not have it.

    Args:
        shown: what a queue shows tonight, in its places (`rank`, from 1 per queue and force).
        night: night of publication.
        made_with: versions, code and settings behind the rows.
        columns: expressions over `shown`, by name of the contract's column.

    Raises:
        ValueError: a name is no column that a queue may fill.
    """
    fillable = [name for name in gold.QUEUE_ITEMS.names if name not in ("night", *TRACE)]
    if unknown := sorted(set(columns) - set(fillable)):
        raise ValueError(f"gold.queue_items: no column for a queue to fill: {', '.join(unknown)}")
    filled = {name: F.lit(value) for name, value in UNSAID.items()} | columns
    said = [filled.get(name, F.col(name)).alias(name) for name in fillable]
    return gold.QUEUE_ITEMS.conform(shown.select(F.lit(night).alias("night"), *said, *made_with.columns()))


def unscored(shown: DataFrame, night: date, made_with: Provenance, /, **columns: Column) -> DataFrame:
    """`rows` of a queue that has no model: no score, no nominal in scope.

    Args:
        shown: as of `rows`.
        night: as of `rows`.
        made_with: as of `rows`.
        columns: as of `rows`.
    """
    nothing = F.lit(None).cast("double")
    said = {"person_ids": F.array().cast("array<string>"), **dict.fromkeys(_SCORES, nothing)}
    return rows(shown, night, made_with, **said, **columns)


def none(spark: SparkSession) -> DataFrame:
    """No row: what a queue publishes that has nothing to ask."""
    return spark.createDataFrame([], gold.QUEUE_ITEMS.struct())


def item_id(*parts: Column) -> Column:
    """Id of an item, from what the question is about: the same question keeps it from night to night."""
    return F.substring(F.sha2(F.concat_ws("|", *parts), 256), 1, 16)


def within_capacity(asked: DataFrame, capacity: Column, order: Sequence[Column | str]) -> DataFrame:
    """The first rows of each queue and force, as many as it reads in a night, with `rank` from 1.

    Args:
        asked: queue and force among its columns.
        capacity: rows per force, a column over `force`.
        order: who comes first; it must not leave ties.
    """
    place = F.row_number().over(Window.partitionBy("queue", "force").orderBy(*order))
    return asked.withColumn("rank", place).where(F.col("rank") <= capacity)


def capacity_of(capacity: Mapping[str, int]) -> Column:
    """Rows per force: its own number where the settings name it, else that of `*`."""
    named = [F.lit(part) for force, n in sorted(capacity.items()) if force != "*" for part in (force, n)]
    others = F.lit(capacity["*"])
    return F.coalesce(F.try_element_at(F.create_map(*named), F.col("force")), others) if named else others


def reason(
    kind: str, text: Column | str, table: Column | str, source_id: Column, weight: Column | None = None
) -> Column:
    """One reason, `schemas.shared_columns.REASON`, without offsets.

    Args:
        text: what a person reads.
        table: where the source stands, for example "silver.reports".
        source_id: the source's id in it.
        weight: signed, positive moves the score up; none: the reason moves nothing.
    """
    nowhere = F.lit(None).cast("int")
    return F.struct(
        F.lit(kind).alias("kind"),
        (F.lit(text) if isinstance(text, str) else text).alias("text"),
        F.lit(table).alias("source_table"),
        source_id.alias("source_id"),
        nowhere.alias("start"),
        nowhere.alias("end"),
        (F.lit(0.0) if weight is None else weight).cast("double").alias("weight"),
    )


def flags(said: Mapping[str, Column], table: str, source_id: Column) -> Column:
    """A list with a reason of kind `flag` for each of `said` that holds, in its order."""
    return reasons(*(F.when(holds, F.array(reason("flag", text, table, source_id))) for text, holds in said.items()))


def reasons(*parts: Column) -> Column:
    """One list of reasons from several; those that are NULL add nothing."""
    none = F.array().cast(gold.REASON_LIST)
    return F.concat(*(F.coalesce(part.cast(gold.REASON_LIST), none) for part in parts))


def source_row(table: str, source_id: str, prefix: str = "_") -> Column:
    """The row behind an item, `schemas.shared_columns.SOURCE_ROW`: its table, id, file and place in the file.

    Args:
        source_id: column with the id.
        prefix: of the columns file, file_hash and row_number.
    """
    return F.struct(
        F.lit(table).alias("table"),
        F.col(source_id).alias("id"),
        F.col(f"{prefix}file").alias("file"),
        F.col(f"{prefix}file_hash").alias("file_hash"),
        F.col(f"{prefix}row_number").alias("row_number"),
    )


def details(said: Mapping[str, Column]) -> Column:
    """What a queue adds of its own, as a map from name to text."""
    return F.create_map(*[part for name, value in said.items() for part in (F.lit(name), value)])


def evidence_hash(*parts: Column) -> Column:
    """SHA-256 of what a decision on an item is taken on. Leave out what moves by itself: weights, ages, scores."""
    return F.sha2(F.to_json(F.struct(*(part.alias(f"_{n}") for n, part in enumerate(parts)))), 256)
