"""Which nights Dagster asks for, by its own evaluation of its ticks; and expressions that are no time of day."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from jobs.night import definitions, schedule
from jobs.runtime import settings

LONDON = ZoneInfo("Europe/London")
REPOSITORY = definitions.defs.get_repository_def()


def at(cron: str) -> dg.ScheduleDefinition:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as override, pytest.MonkeyPatch.context() as patch:
        override.write(f'schedule: {{cron: "{cron}"}}\n')
        override.flush()
        patch.setenv("NIGHTJAR_SETTINGS", override.name)
        return schedule.nightly(definitions.NIGHTLY, settings.load())


def ticks(which: dg.ScheduleDefinition, since: date, n: int) -> list[datetime]:
    """The first `n` ticks that Dagster's scheduler makes of a schedule from the start of a day."""
    begin = datetime.combine(since, datetime.min.time(), LONDON).timestamp()
    every = schedule_execution_time_iterator(begin, which.cron_schedule, which.execution_timezone)
    return list(itertools.islice(every, n))


def asked(which: dg.ScheduleDefinition, tick: datetime) -> str:
    """The one night that Dagster runs for a tick."""
    context = dg.build_schedule_context(scheduled_execution_time=tick, repository_def=REPOSITORY)
    (request,) = which.evaluate_tick(context).run_requests
    assert request.tags["dagster/partition"] == request.partition_key
    return request.partition_key


@pytest.mark.trial(28)
@pytest.mark.parametrize("cron", ["0 2 * * *", "30 1 * * *", "15 0 * * *", "55 23 * * *"])
@pytest.mark.parametrize(
    "since",
    [
        date(2026, 3, 28),  # the clocks go forward on the 29th: 01:30 is not there
        date(2026, 10, 24),  # and back on the 25th: 01:30 is there twice
        date(2024, 2, 28),  # a leap day
        date(2025, 12, 31),  # a year's end
    ],
)
def test_each_tick_asks_for_the_night_of_its_own_local_date(cron: str, since: date):
    which = at(cron)
    nights = [asked(which, tick) for tick in ticks(which, since, 3)]
    assert nights == [date.fromordinal(since.toordinal() + n).isoformat() for n in range(3)]


def test_the_tick_of_tonight_asks_for_tonight_and_not_for_the_end_of_the_list_of_nights():
    shipped = definitions.defs.resolve_schedule_def("nightly_at_two")
    tonight = settings.load().tonight()
    (tick,) = ticks(shipped, tonight, 1)
    assert asked(shipped, tick) == tonight.isoformat()


def test_a_tick_told_in_universal_time_is_of_the_local_date():
    summer = datetime(2026, 6, 1, 23, 15, tzinfo=UTC)  # 00:15 on the 2nd in London
    assert asked(at("15 0 * * *"), summer) == "2026-06-02"


def test_a_schedule_of_weekdays_runs_on_weekdays_alone():
    which = at("30 1 * * 1-5")
    days = [tick.astimezone(LONDON) for tick in ticks(which, date(2026, 1, 5), 10)]
    assert [day.isoweekday() for day in days] == [1, 2, 3, 4, 5] * 2
    assert {(day.hour, day.minute) for day in days} == {(1, 30)}


@pytest.mark.slow
def test_definitions_say_so_when_they_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    override = tmp_path / "settings.yaml"
    override.write_text('schedule: {cron: "*/30 * * * *"}\n', encoding="utf-8")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(override))
    command = [sys.executable, "-c", "import jobs.night.definitions"]
    ended = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode
    assert "schedule.cron: '*/30 * * * *' is no time of day" in ended.stderr
