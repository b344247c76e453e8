"""A backfill in any order keeps every night (trial 8), and each local date has one run, whatever the clocks do (28)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from pyspark.sql import SparkSession

from schemas import bronze, silver
from tests.support import whole_nights as nights

LONDON = ZoneInfo("Europe/London")


@pytest.mark.trial(8)
@pytest.mark.spark
@pytest.mark.slow
def test_the_older_night_after_the_newer_keeps_both(spark: SparkSession, tmp_path: Path):
    ctx = nights.world(tmp_path, n_reports=400, n_nights=2, without=nights.NOT_FORCES)
    second = nights.FIRST + timedelta(days=1)
    nights.run_to_silver(ctx, second)
    of_second = {t.path: ctx.lake.read(t).where(f"night = '{second}'").count() for t in silver.TABLES}
    nights.run_to_silver(ctx, nights.FIRST)
    for table in silver.TABLES:
        assert ctx.lake.read(table).where(f"night = '{second}'").count() == of_second[table.path]
    assert ctx.lake.read(bronze.ROWS).select("night").distinct().count() == 2


@pytest.mark.trial(28)
@pytest.mark.parametrize(
    "around",
    [date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29), date(2026, 12, 31)],
    ids=["clocks forward", "clocks back", "leap day", "year end"],
)
def test_one_run_per_local_date(around: date):
    from jobs.night import definitions

    schedule = definitions.defs.resolve_schedule_def("nightly_at_two")
    begin = datetime.combine(around - timedelta(days=2), datetime.min.time(), LONDON)
    iterator = schedule_execution_time_iterator(begin.timestamp(), schedule.cron_schedule, schedule.execution_timezone)
    found = [next(iterator).astimezone(LONDON) for _ in range(5)]
    assert [tick.date() for tick in found] == [around + timedelta(days=n) for n in range(-2, 3)]
    assert all(tick.hour == 2 and tick.minute == 0 for tick in found)
