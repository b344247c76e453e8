"""Nights in processes of their own that are killed as `kill -9` does, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

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
    """Statuses of the runs in Dagster's own record, the oldest first."""
    if not (home / "dagster" / "dagster.yaml").exists():
        return []
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        return [run.status.value for run in reversed(instance.get_runs())]
