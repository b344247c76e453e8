"""Places: 0, 0 and swapped coordinates are none, decimal commas are read, open ends stay open."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from pipelines.ingest.conform import values
from tests.support import nights

pytestmark = pytest.mark.spark

CELL = {"cell": "c1", "latitude": "52.6", "longitude": "1.3", "azimuth": "", "from": "2025-01-01", "to": ""}


def _cells(spark: SparkSession, *changes: dict[str, Any]) -> list[Row]:
    rows = [{**CELL, "cell": f"c{n}", **change} for n, change in enumerate(changes)]
    judged = nights.judged(nights.raw_rows(spark, "telco_north", "comms_cells", rows), "comms_cells")
    return sorted(judged.collect(), key=lambda row: row._row_number)


def test_where_a_cell_cannot_stand(spark: SparkSession) -> None:
    cases = {
        ("52.6", "1.3"): None,
        ("52,6297", "1,2974"): None,
        ("52.6N", "1.3 W"): None,
        ("0", "0"): "BAD_NUMBER",
        ("0.0", "-0.000"): "BAD_NUMBER",
        ("1.3", "52.6"): "BAD_NUMBER",  # in the Indian Ocean, and in Norwich the other way round
        ("-1.5", "53.8"): "BAD_NUMBER",
        ("91", "0"): "BAD_NUMBER",
        ("48.85", "2.35"): None,  # a partner's cell in Paris
        ("52.6", "0"): None,  # Greenwich
        ("0", "32.5"): None,  # Kampala
    }
    found = _cells(spark, *[{"latitude": lat, "longitude": lon} for lat, lon in cases])
    assert {case: row.reason for case, row in zip(cases, found, strict=True)} == cases
    assert (found[1].latitude, found[1].longitude, found[2].longitude) == (52.6297, 1.2974, -1.3)


def test_open_ends(spark: SparkSession) -> None:
    ends = ["", "9999-12-31", "2099-12-31", "2049-12-31", "present", "until further notice", "2026-12-31"]
    found = _cells(spark, *[{"to": to} for to in ends], {"from": "1900-01-01"}, {"from": "9999-12-31"})
    assert [row.reason for row in found] == [None] * 8 + ["MISSING_REQUIRED"]
    assert [row.to_on for row in found[:7]] == [None] * 6 + [dt.date(2026, 12, 31)]
    assert found[7].from_on == dt.date(1900, 1, 1)


@given(st.lists(st.tuples(st.integers(-179, 179), st.integers(0, 999_999)), min_size=200, max_size=200))
@settings(max_examples=1, deadline=None)
def test_writings_of_one_angle_agree(spark: SparkSession, angles: list[tuple[int, int]]) -> None:
    writings = []
    for whole, decimals in angles:
        value = f"{whole}.{decimals:06d}"
        size, side = value.lstrip("-"), "W" if whole < 0 else "E"
        writings.append((value, value))
        writings += [(value, w) for w in (value.replace(".", ","), f"{size} {side}", f"{size}\u00b0{side.lower()}")
                     if not value.startswith("-0")]  # fmt: skip
    df = spark.createDataFrame(writings, "value string, text string")
    found = df.select(
        F.col("value").cast("double").alias("value"), values.degrees(F.col("text")).alias("read")
    ).collect()
    assert all(row.value == row.read for row in found)
