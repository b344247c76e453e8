"""Nights in processes of their own that are killed as `kill -9` does, and what is left of them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from jobs.runtime import settings


@contextmanager
def night(home: Path, date: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command `nightly` in a session of its own, dead at the end of the block at the latest."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.cli.main", "nightly", "--night", date],
            cwd=settings.ROOT, env={**os.environ, "NIGHTJAR_HOME": str(home)}, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a night and the Java machine that it began, whatever they do."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def killed_after(home: Path, date: str, seconds: float, log: Path) -> bool:
    """Run a night and kill it after so many seconds; False where it had ended by then.

    Raises:
        AssertionError: it ended by itself, and not well.
    """
    with night(home, date, log) as process:
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill(process)
            return True
    assert code == 0, log.read_text(encoding="utf-8")[-2000:]
    return False


def timed(home: Path, date: str, log: Path) -> float:
    """Seconds of a night that nobody disturbs."""
    begun = time.monotonic()
    assert not killed_after(home, date, 3600, log)
    return time.monotonic() - begun


def recorded(home: Path) -> list[str]:
    """Statuses of the runs in Dagster's record, the oldest first. Read by SQLite and not by Dagster, which would make
    the record at the same time as the night that is just beginning does."""
    record = home / "dagster" / "history" / "runs.db"
    if not record.exists():
        return []
    with closing(sqlite3.connect(f"file:{record}?mode=ro", uri=True)) as connection, suppress(sqlite3.OperationalError):
        return [status for (status,) in connection.execute("SELECT status FROM runs ORDER BY id")]
    return []
