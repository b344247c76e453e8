"""Some rounds of what conforming makes of damaged values; `python -m tests.fuzz --conform` goes on for longer."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from tests.fuzz import conform


@pytest.mark.spark
@pytest.mark.parametrize("feed", ["nominals", "comms_events"])
def test_damage_costs_no_row_and_makes_no_others_value(spark: SparkSession, feed: str) -> None:
    assert list(conform.problems(spark, 1, 150, {feed})) == []
