"""Trial 30: a night whose process was killed is marked as failed in Dagster's own record, and the next one begins."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import dagster as dg
import pytest

from jobs.night import run
from jobs.runtime import settings, watch
from tests.support import killing, nights

NIGHT = "2026-03-27"
PATIENCE_S = 180  # with a busy machine


def wait_for(home: Path, statuses: list[str], process: subprocess.Popen[bytes], log: Path) -> None:
    """Until Dagster's record says so; a night that ends before has failed."""
    deadline = time.monotonic() + PATIENCE_S
    while (seen := killing.recorded(home)) != statuses:
        assert process.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        assert time.monotonic() < deadline, f"{seen}, not {statuses}"
        time.sleep(0.5)


def test_whatever_a_killed_process_left_open_is_closed_and_what_ended_stays() -> None:
    """As the process may be killed in each of them: also between the making of a run and its start."""
    left_open = {
        dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    }  # fmt: skip
    ended = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}
    with dg.DagsterInstance.ephemeral() as instance:
        for status in left_open | ended:
            instance.add_run(dg.DagsterRun(job_name=status.value, status=status))
        run._fail_orphans(instance)
        found = {each.job_name: each.status for each in instance.get_runs()}
    assert found == {
        **{status.value: dg.DagsterRunStatus.FAILURE for status in left_open},
        **{status.value: status for status in ended},
    }


@pytest.mark.trial(30)
@pytest.mark.slow
@pytest.mark.spark
def test_a_night_whose_process_was_killed_is_marked_as_failed_by_the_next(tmp_path: Path):
    home, log = tmp_path / "home", tmp_path / "night.log"
    nights.drop(home / "landing", "norfolk", "reports", "a.csv", nights.csv_bytes([nights.report()]))
    (home / "lakehouse").mkdir()
    with killing.night(home, NIGHT, log) as first:
        wait_for(home, ["STARTED"], first, log)
        killing.kill(first)
    assert killing.recorded(home) == ["STARTED"]  # nobody was left to say otherwise
    mark = watch.seen_running(settings.load(home))
    assert mark is not None
    assert mark.pid == first.pid
    with killing.night(home, NIGHT, log) as second:
        wait_for(home, ["FAILURE", "STARTED"], second, log)
    assert f"process {first.pid}" in (home / "log" / "alerts.jsonl").read_text(encoding="utf-8")
