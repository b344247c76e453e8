"""Trial 30: a night whose process was killed is marked as failed in Dagster's own record, and the next one begins."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

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
