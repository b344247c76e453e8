"""A pattern that is tried last says no first: what only looks like a value is none."""

from __future__ import annotations

import re

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipelines.ingest.conform import values

pytestmark = pytest.mark.spark

MARKS = {
    "AB12 CDE": "AB12CDE", "ab12cde": "AB12CDE", "A123 BCD": "A123BCD", "ABC 123D": "ABC123D", "A1": "A1",
    "1 ABC": "1ABC", "BIG 1234": "BIG1234", "Q123 ABC": "Q123ABC", "AA-123-BB": "AA123BB", "12-D-12345": "12D12345",
    "KR 12345": "KR12345", "B 123 ABC": "B123ABC",
}  # fmt: skip
NO_MARKS = [
    "Audi A3", "AUDIA3", "BMW X5", "BMW 320", "bmw 3", "2 cars", "2 car", "3 vans", "VW 1", "MG 3", "Ford Focus 2",
    "X5", "A4", "Q7", "Golf 5", "black Ford", "Fiat 500", "Peugeot 206", "n/k", "UNKNOWN", "AB12CDEFG", "Ford Ka 1",
    "1 RED", "white van 1", "Transit 350", "320d", "not 1 seen", "CLK 200", "Mini x2",
    "age 13", "no 1", "TBC 1", "HGV 2", "LHD 1", "16V", "5dr", "PCN 1234", "CAD 123", "URN12",
]  # fmt: skip


def test_makes_and_models_are_no_registration_marks(spark: SparkSession) -> None:
    expected = {**MARKS, **dict.fromkeys(NO_MARKS)}
    df = spark.createDataFrame([(text,) for text in expected], "text string")
    assert {row[0]: row[1] for row in df.select("text", values.vehicle(F.col("text"))).collect()} == expected


def test_every_current_style_is_a_mark(spark: SparkSession) -> None:
    styles = spark.range(2000).select(
        F.format_string(
            "%s%02d %s", F.lit("NR"), F.col("id") % 100, F.substring(F.upper(F.md5(F.col("id").cast("string"))), 1, 3)
        ).alias("text")
    )
    letters = styles.where(F.col("text").rlike("^NR[0-9]{2} [A-Z]{3}$"))
    found = letters.select("text", values.vehicle(F.col("text")).alias("mark")).collect()
    assert found
    assert all(row.mark == re.sub(" ", "", row.text) for row in found)
