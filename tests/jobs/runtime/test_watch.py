"""The heartbeat of nights: which was the last good one, and whether that is long ago."""

from __future__ import annotations

import contextlib
import json
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


@pytest.mark.parametrize("damage", ["", "{", "{}", "[1]", '{"night": "2026-01-05", "run_id": "a", "ended_at": "x"}'])
def test_a_note_of_the_last_good_night_that_is_gone_or_damaged_is_wrong(chosen: settings.Settings, damage: str):
    """The manifest that every good night leaves tells that there was one."""
    watch.note_good(chosen, "2026-01-05", "a run")
    chosen.manifests.mkdir()
    (chosen.manifests / "2026-01-05-a-1.json").touch()
    assert watch.heartbeat(chosen)[0]
    path = chosen.log_folder / "heartbeat.json"
    if damage:
        path.write_text(damage, encoding="utf-8")
    else:
        path.unlink()
    ok, said = watch.heartbeat(chosen)
    assert not ok
    assert ("is damaged" if damage else "is missing") in said


def test_a_good_night_that_is_to_come_is_wrong(chosen: settings.Settings, monkeypatch: pytest.MonkeyPatch):
    """Else nobody would be told of missing nights until then."""
    with monkeypatch.context() as wrong_clock:
        wrong_clock.setattr(alerts, "now", lambda: hours_ago(-24 * 3650))
        watch.note_good(chosen, "2026-01-05", "a run")
    ok, said = watch.heartbeat(chosen)
    assert not ok
    assert "the clock" in said


def test_an_alert_that_cannot_be_appended_is_a_file_of_its_own(chosen: settings.Settings):
    """As on a volume, which takes new files alone: here a folder lies where the file should."""
    (chosen.log_folder / alerts.FILE).mkdir(parents=True)
    paths = [alerts.send(chosen, "2026-01-05", f"reason {n}") for n in range(2)]
    assert len(set(paths)) == 2
    assert [json.loads(path.read_text())["message"] for path in paths] == ["reason 0", "reason 1"]


def test_a_mark_is_there_while_a_run_lives_and_gone_however_it_ends(chosen: settings.Settings):
    with contextlib.suppress(ValueError), watch.running(chosen, "2026-01-05", "a run"):
        mark = watch.seen_running(chosen)
        assert mark is not None
        assert (mark.night, mark.run_id) == ("2026-01-05", "a run")
        raise ValueError("a step failed")
    assert watch.seen_running(chosen) is None
    assert watch.tell_of_orphan(chosen) is None


@pytest.mark.parametrize("spoilt", ["{", "{}", "[]", "null", '{"night": 1, "pid": "x"}'])
def test_a_mark_that_a_hand_has_spoilt_stops_no_night(chosen: settings.Settings, spoilt: str):
    chosen.log_folder.mkdir()
    (chosen.log_folder / "running.json").write_text(spoilt, encoding="utf-8")
    with watch.running(chosen, "2026-01-05", "a run"):
        pass


def test_who_looks_sees_whether_the_lock_is_held(chosen: settings.Settings):
    assert not lock.is_held(chosen.lakehouse)
    with lock.writer(chosen.lakehouse):
        assert lock.is_held(chosen.lakehouse)
    assert not lock.is_held(chosen.lakehouse)
