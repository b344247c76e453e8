"""Handsets and SIMs in the forms that networks write."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipelines.common import devices

# The worked example of 3GPP TS 23.003 annex B: IMEI 26 05 31 79 31 13 83 7? has check digit 7.
CASES = {
    "26053179311383": "260531793113837",  # 14 digits: the check digit is worked out
    "260531793113837": "260531793113837",
    "26-053179-311383-7": "260531793113837",
    "260531793113830": "260531793113837",  # the spare digit that networks send in place of the check
    "2605317931138301": "260531793113837",  # IMEISV: the version is dropped
    "260531793113838": None,  # does not check
    "2605317931138": None,
    "26053179311383712": None,
    "2605317931138x7": None,
    "": None,
}


@pytest.mark.parametrize("text", sorted(CASES))
def test_a_handset_in_each_of_its_forms(text: str) -> None:
    assert devices.imei(text) == CASES[text]


def test_spark_says_the_same(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(text,) for text in [*CASES, None]], "text string")
    found = {r.text: r.imei for r in rows.select("text", devices.imei_of(F.col("text")).alias("imei")).collect()}
    assert found == {**CASES, None: None}


def test_a_sim_has_14_or_15_digits(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("00101 0123456789",), ("2341500000001",), ("23415x",)], "text string")
    assert [r[0] for r in rows.select(devices.imsi_of(F.col("text"))).collect()] == ["001010123456789", None, None]
