"""The heartbeat of nights: which was the last good one, and whether that is long ago."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.runtime import alerts, lock, settings, watch


@pytest.fixture
def chosen(tmp_path: Path) -> settings.Settings:
    return settings.load(tmp_path)


def hours_ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


@pytest.mark.parametrize(("hours", "is_recent"), [(20, True), (40, False)])
def test_a_last_good_night_of_long_ago_is_wrong(
    chosen: settings.Settings, monkeypatch: pytest.MonkeyPatch, hours: float, is_recent: bool
):
    with monkeypatch.context() as earlier:
        earlier.setattr(alerts, "now", lambda: hours_ago(hours))
        watch.note_good(chosen, "2026-01-05", "a run")
    ok, said = watch.heartbeat(chosen)
    assert ok is is_recent
    assert said.startswith("2026-01-05, ended ")
    assert f"{hours} h ago" in said


def test_before_the_first_night_nothing_is_wrong(chosen: settings.Settings):
    assert watch.heartbeat(chosen) == (True, "none yet")


def test_a_mark_is_there_while_a_run_lives_and_gone_however_it_ends(chosen: settings.Settings):
    with contextlib.suppress(ValueError), watch.running(chosen, "2026-01-05", "a run"):
        mark = watch.seen_running(chosen)
        assert mark is not None
        assert (mark.night, mark.run_id) == ("2026-01-05", "a run")
        raise ValueError("a step failed")
    assert watch.seen_running(chosen) is None
    assert watch.tell_of_orphan(chosen) is None


def test_a_mark_that_a_hand_has_spoilt_stops_no_night(chosen: settings.Settings):
    chosen.log_folder.mkdir()
    (chosen.log_folder / "running.json").write_text("{", encoding="utf-8")
    with watch.running(chosen, "2026-01-05", "a run"):
        pass


def test_who_looks_sees_whether_the_lock_is_held(chosen: settings.Settings):
    assert not lock.is_held(chosen.lakehouse)
    with lock.writer(chosen.lakehouse):
        assert lock.is_held(chosen.lakehouse)
    assert not lock.is_held(chosen.lakehouse)
