"""Dagster's record of runs: in the home, or nowhere."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy

from jobs.night import run as night_run
from jobs.runtime import settings
from jobs.runtime.context import RunContext
from tests.support.changed_settings import changed


@dg.asset
def one() -> int:
    return 1


@pytest.mark.slow
@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_run_is_recorded_in_the_home_or_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_recorded: bool
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    with night_run.instance(tmp_path, is_recorded=is_recorded) as made:
        assert dg.materialize([one], instance=made).success
        assert len(made.get_runs()) == 1
    assert bool(list(tmp_path.rglob("*.db"))) == is_recorded
    if not is_recorded:
        assert list(tmp_path.iterdir()) == []


class AskedError(Exception):
    """The night asked for its record."""


@pytest.mark.parametrize(("setting", "expected"), [("folder", True), ("none", False)])
def test_the_setting_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, expected: bool) -> None:
    asked: list[tuple[Path, Any]] = []

    def instance(home: Path, *, is_recorded: bool) -> AbstractContextManager[dg.DagsterInstance]:
        asked.append((home, is_recorded))
        raise AskedError

    monkeypatch.setattr(night_run, "instance", instance)
    chosen = changed(settings.load(tmp_path), run_record=setting)
    with pytest.raises(AskedError):
        night_run.run(RunContext(chosen), date(2026, 1, 5), quiet=True)
    assert asked == [(tmp_path, expected)]


@pytest.mark.slow
def test_a_run_in_the_home_waits_for_no_disk_and_is_whole_for_another_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    outside = tmp_path / "other.db"
    engine = sqlalchemy.create_engine(f"sqlite:///{outside}", poolclass=sqlalchemy.NullPool)
    with night_run.instance(tmp_path / "home") as made:
        assert dg.materialize([one], instance=made).success
        index = next((tmp_path / "home").rglob("index.db"))
        assert index.with_name("index.db-wal").exists()  # it is moved when the block ends, not with each entry
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # nobody else's files are changed
    assert not index.with_name("index.db-wal").exists()
    with sqlite3.connect(index) as reader:  # SQLite itself, not Dagster
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert reader.execute("SELECT count(*) FROM event_logs").fetchone()[0] > 0
