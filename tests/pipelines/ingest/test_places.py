"""Places: 0, 0 and swapped coordinates are none, decimal commas are read, open ends stay open."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from pipelines.ingest.conform import grid, values
from schemas.layouts import layouts
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
        ("-52.6", "1.3"): "BAD_NUMBER",  # in the South Atlantic, and in Norwich without its sign
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


def _on_grid(spark: SparkSession, sender: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> list[Row]:
    """Cells of a provider whose places are on the British National Grid."""
    known = layouts.load()
    source = known[sender]
    feed = source.feeds["comms_cells"]
    changed = feed.model_copy(update={"columns": {**feed.columns, **columns}, "grid": "osgb36"})
    sources = {**known, sender: source.model_copy(update={"feeds": {**source.feeds, "comms_cells": changed}})}
    raw = nights.raw_rows(spark, sender, "comms_cells", rows)
    judged = nights.judged(raw, "comms_cells", layouts=sources)
    return sorted(judged.collect(), key=lambda row: row._row_number)


# By the Ordnance Survey's own worked example (the water tower at Caister) and its published transformations of it.
CAISTER = ("651409.903", "313177.270", 52 + 39 / 60 + 28.72 / 3600, 1 + 42 / 60 + 57.74 / 3600)
METRE = 1 / 111_320  # degrees of latitude


def test_cells_on_the_national_grid(spark: SparkSession) -> None:
    places = [CAISTER[:2], ("651,410", "313,177"), ("700001", "313177"), ("651410", "x"), ("313177", "651410")]
    rows = [{**CELL, "cell": f"c{n}", "latitude": north, "longitude": east} for n, (east, north) in enumerate(places)]
    found = _on_grid(spark, "telco_north", {}, rows)
    assert [row.reason is None for row in found] == [True, True, False, False, True]
    for row in found[:2]:
        assert row.latitude == pytest.approx(CAISTER[2], abs=5 * METRE)
        assert row.longitude == pytest.approx(CAISTER[3], abs=8 * METRE)


def test_cells_by_grid_reference(spark: SparkSession) -> None:
    references = ["TG 51409 13177", "tg5140913177", "TG 514 131", "ZZ 514 131", "TG 514 13", "TI 514 131", "TG"]
    rows = [{**CELL, "cell": f"c{n}", "place": text} for n, text in enumerate(references)]
    found = _on_grid(spark, "telco_north", {"latitude": "place", "longitude": "place"}, rows)
    assert [row.reason is None for row in found] == [True] * 3 + [False] * 4
    for row, within in zip(found[:3], (5, 5, 80), strict=True):
        assert row.latitude == pytest.approx(CAISTER[2], abs=within * METRE)
        assert row.longitude == pytest.approx(CAISTER[3], abs=2 * within * METRE)


def test_the_projection_agrees_with_a_published_table_of_postcodes(spark: SparkSession, shared_data: Path) -> None:
    """Districts of Great Britain by somebody else, whose degrees are those of maps (OSGB36), to five digits."""
    table = pd.read_csv(shared_data / "uk_geo" / "outcodes.csv")
    table = table[table["country"].isin(["ENG", "SCT", "WLS"]) & (table["northings"] > 0)]
    assert len(table) > 2_500
    df = spark.createDataFrame(table[["postcode", "eastings", "northings", "latitude", "longitude"]])
    place = grid.on_airy(F.col("eastings"), F.col("northings"))
    off = {name: F.abs(F.degrees(place[name]) - F.col(name)) for name in ("latitude", "longitude")}
    apart = df.select(*(value.alias(name) for name, value in off.items())).toPandas()
    assert (apart.quantile(0.99) < METRE).all()  # a few of its rows are misprints


@given(st.lists(st.tuples(st.integers(-179, 179), st.integers(0, 999_999)), min_size=200, max_size=200))
@settings(max_examples=1)
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
