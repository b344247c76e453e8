"""Rows for any contract: what a test does not name gets a valid, dull value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from schemas.contract import Column, Table

NIGHT = date(2026, 1, 5)


def row(table: Table, **given: Any) -> dict[str, Any]:
    """One row of `table`, valid unless `given` says otherwise.

    Raises:
        KeyError: a given name is not a column of the table.
    """
    unknown = set(given) - set(table.columns)
    if unknown:
        raise KeyError(f"{table.path} has no columns {sorted(unknown)}")
    return {name: given[name] if name in given else _dull(name, column) for name, column in table.columns.items()}


def frame(spark: SparkSession, table: Table, *rows: Mapping[str, Any]) -> DataFrame:
    """A DataFrame of `table` from partly given rows."""
    full = [row(table, **given) for given in rows]
    return spark.createDataFrame([tuple(r[name] for name in table.names) for r in full], table.struct())


def _dull(name: str, column: Column) -> Any:
    if column.nullable:
        return None
    if column.among and isinstance(column.type, T.StringType):
        return column.among[0]
    values: dict[type[T.DataType], Any] = {
        T.StringType: "36" if name == "force" else "0" * 64 if name.endswith("_hash") else f"{name}",
        T.DateType: NIGHT,
        T.TimestampType: datetime(2026, 1, 5, 12, tzinfo=UTC),
        T.LongType: int(column.minimum or 0),
        T.IntegerType: int(column.minimum or 0),
        T.DoubleType: float(column.minimum or 0.0),
        T.BooleanType: False,
        T.ArrayType: [],
        T.MapType: {},
    }
    return values[type(column.type)]
