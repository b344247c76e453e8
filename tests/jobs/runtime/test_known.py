"""A night that cannot have been is nobody's newest, and doctor names it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime import settings
from jobs.runtime.context import RunContext
from jobs.runtime.health import doctor
from schemas import gold
from tests.support import tables

PAST, FAR = date(2026, 1, 5), date(2037, 11, 10)


@pytest.mark.spark
def test_a_night_later_than_tomorrow_is_never_the_newest(spark: SparkSession, tmp_path: Path):
    ctx = RunContext(settings.load(tmp_path))
    ctx.__dict__["spark"] = spark
    tomorrow = ctx.settings.tonight() + timedelta(days=1)

    def publish(night: date) -> None:
        ctx.lake.append(tables.frame(spark, gold.RUN_MANIFEST, {"night": night}), gold.RUN_MANIFEST)

    publish(FAR)
    with pytest.raises(LookupError):
        ctx.known().newest_published()
    publish(PAST)
    assert ctx.known().newest_published() == PAST
    publish(tomorrow)
    assert ctx.known().newest_published() == tomorrow
    assert ctx.known().later_nights() == [FAR]
    (finding,) = (found for found in doctor.examine(ctx) if found["what"] == "nights to come")
    assert not finding["ok"]
    assert "2037-11-10" in finding["said"]
