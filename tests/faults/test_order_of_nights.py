"""A backfill in any order keeps every night (trial 8), and each local date has one run, whatever the clocks do (28)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator
from pyspark.sql import SparkSession

from jobs.night.assets import common
from jobs.runtime import context, settings
from jobs.sources import landing
from schemas import bronze, gold, silver
from tests.support import nights as small_nights
from tests.support import whole_nights as nights

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)
# The day before each: clocks go forward on 29 March (01:30 is not there) and back on 25 October (it is there twice).
SINCE = [date(2026, 3, 28), date(2026, 10, 24), date(2024, 2, 28), date(2025, 12, 31)]
NAMES = ["clocks forward", "clocks back", "leap day", "year end"]


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


def requests(since: date, n: int) -> Iterator[str]:
    """Partitions that Dagster's scheduler asks for in its first `n` ticks from the start of a day."""
    from jobs.night import definitions

    schedule = definitions.defs.resolve_schedule_def("nightly_at_two")
    repository = definitions.defs.get_repository_def()
    begin = datetime.combine(since, datetime.min.time(), LONDON).timestamp()
    ticks = schedule_execution_time_iterator(begin, schedule.cron_schedule, schedule.execution_timezone)
    for _ in range(n):
        tick = dg.build_schedule_context(scheduled_execution_time=next(ticks), repository_def=repository)
        yield from (str(request.partition_key) for request in schedule.evaluate_tick(tick).run_requests or ())


@pytest.mark.slow
@pytest.mark.trial(28)
@pytest.mark.parametrize("since", SINCE, ids=NAMES)
def test_each_file_is_read_by_the_one_night_of_its_date(since: date, tmp_path: Path):
    """Every tick as a run of Dagster's, of one step that looks where a night looks for files."""
    days = [since + n * ONE_DAY for n in range(4)]
    for day in days:
        small_nights.drop(tmp_path / "landing", "norfolk", "reports", f"of_{day}.csv", b"a", day)
    read: list[tuple[date, str]] = []

    def work(ctx: context.RunContext, night: date) -> Iterator[dg.MaterializeResult]:
        read.extend((night, Path(file.path).stem) for file in landing.scan(ctx.settings.landing, night))
        yield dg.MaterializeResult(asset_key=dg.AssetKey("read"))

    step = common.side_by_side("step", common.Piece((dg.AssetSpec("read", partitions_def=common.NIGHTS),), work))
    ctx = context.RunContext(settings.load(tmp_path))
    resources = {"ctx": dg.ResourceDefinition.hardcoded_resource(ctx)}
    for partition in requests(since, len(days)):
        assert dg.materialize([step], resources=resources, partition_key=partition).success
    assert read == [(day, f"of_{day}") for day in days]


@pytest.mark.trial(28)
@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.skipif(not nights.IS_FULL, reason="twelve nights of Spark: make trials")
@pytest.mark.parametrize("since", SINCE, ids=NAMES)
def test_each_row_is_of_the_one_night_of_its_date(
    spark: SparkSession, since: date, tmp_path: Path, record_property: Callable[[str, object], None]
):
    ctx = nights.world(tmp_path, n_reports=200, n_nights=3, first_night=since, without=nights.NOT_FORCES)
    for partition in requests(since, 3):
        nights.run_to_silver(ctx, date.fromisoformat(partition))
    rows = {row.night: row["count"] for row in ctx.lake.read(bronze.ROWS).groupBy("night").count().collect()}
    counted = ctx.lake.read(gold.ROW_COUNTS).select("night").distinct().collect()
    assert sorted(rows) == [since + n * ONE_DAY for n in range(3)]
    assert {row.night for row in counted} == set(rows)
    record_property("rows of three nights", sum(rows.values()))
