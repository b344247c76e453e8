"""A run that is watched: it leaves a mark while it lives, ends at its maximum run time, and a good night is noted.

    log/running.json     which night runs, since when, in which process; gone when the run ends by itself
    log/heartbeat.json   the last good night and when it ended
    log/hung.txt         where the code stood when a run was ended for its time

A killed process cannot say so: the next one that holds the writer's lock finds its mark, and tells. Whoever reads the
mark beside a living run sees which.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from jobs.runtime import alerts
from jobs.runtime.settings import Settings

EXIT_CODE = 124  # as `timeout` ends a command
MAX_CLOCK_ERROR_H = 1  # by which clocks of machines that share a home may differ
BACKSTOP_S = 60  # what the interpreter itself gets to say more before it is ended without it


@dataclass(frozen=True)
class Running:
    """The mark of a run: its night (or job), process, and start as UTC."""

    night: str
    run_id: str
    pid: int
    started_at: str

    def age_s(self) -> float:
        return (datetime.now(UTC) - datetime.fromisoformat(self.started_at)).total_seconds()


@dataclass(frozen=True)
class Good:
    """A night that was run to its end: the night, the run, and when it ended, as UTC."""

    night: str
    run_id: str
    ended_at: str

    def age_h(self) -> float:
        return (datetime.now(UTC) - datetime.fromisoformat(self.ended_at)).total_seconds() / 3600


Note = TypeVar("Note", Running, Good)


@contextmanager
def running(config: Settings, night: str, run_id: str) -> Iterator[None]:
    """Watch the run of `night` for the length of the block. The caller holds the writer's lock.

    A mark that is already there belongs to a process that was killed: it is told of. After `checks.max_runtime_s` the
    process is ended with exit code 124, whatever it waits for, and an alert sent. A service manager's stop unwinds the
    block as an error does.
    """
    tell_of_orphan(config)
    _write(_mark(config), asdict(Running(night, run_id, os.getpid(), alerts.now())))
    watchdog = threading.Timer(config.checks.max_runtime_s, _end, (config, night, run_id))
    watchdog.daemon = True
    with _stoppable(), _backstop(config):
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()
            _mark(config).unlink(missing_ok=True)


def tell_of_orphan(config: Settings) -> Running | None:
    """Send an alert for a run that ended without a word, once. The caller holds the writer's lock."""
    orphan = seen_running(config)
    if orphan is None or orphan.pid == os.getpid():
        return None
    alerts.send(
        config,
        orphan.night,
        f"the run that began at {orphan.started_at} (process {orphan.pid}) ended without a word: killed, or out of "
        "memory. Found by the next one.",
        run_id=orphan.run_id,
    )
    _mark(config).unlink(missing_ok=True)
    return orphan


def seen_running(config: Settings) -> Running | None:
    """The mark of the run that is going on, or of one that was killed; None where there is none."""
    return _read(_mark(config), Running)


def note_good(config: Settings, night: str, run_id: str) -> None:
    """Note that a night was run to its end."""
    _write(_heartbeat(config), asdict(Good(night, run_id, alerts.now())))


def last_good(config: Settings) -> Good | None:
    """The last night that was run to its end; None before the first, and where the note of it is damaged."""
    return _read(_heartbeat(config), Good)


def heartbeat(config: Settings) -> tuple[bool, str]:
    """Whether the last good night is recent enough (`checks.stale_after_h`), and which it was, in words."""
    good, limit = last_good(config), config.checks.stale_after_h
    if good is None:
        if _heartbeat(config).exists():
            return False, f"{_heartbeat(config)} is damaged"
        # A night leaves its manifest just before this note.
        if config.manifests.is_dir() and any(config.manifests.iterdir()):
            return False, f"{_heartbeat(config)} is missing, though nights were run to their end"
        return True, "none yet"
    if good.age_h() < -MAX_CLOCK_ERROR_H:
        return False, f"{good.night}, ended {good.ended_at}: that is to come, so the clock is wrong now or was then"
    said = f"{good.night}, ended {good.ended_at}, {max(0.0, good.age_h()):.0f} h ago"
    if good.age_h() > limit:
        return False, f"{said}: more than {limit} h (checks.stale_after_h)"
    return True, said


def _mark(config: Settings) -> Path:
    return config.log_folder / "running.json"


def _heartbeat(config: Settings) -> Path:
    return config.log_folder / "heartbeat.json"


def _hung(config: Settings) -> Path:
    """Where the code stands is written to: a disk of the machine's own where the home takes no append to a file."""
    return Path(tempfile.gettempdir(), "nightjar-hung.txt") if config.is_on_volume else config.log_folder / "hung.txt"


def _read(path: Path, form: type[Note]) -> Note | None:
    """The note in a file; None where there is none, or what is there is none: a hand may have been in it since."""
    try:
        note = form(**json.loads(path.read_text(encoding="utf-8")))
        moment = datetime.fromisoformat(note.ended_at if isinstance(note, Good) else note.started_at)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return note if moment.tzinfo is not None else None


def _write(path: Path, values: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(values) + "\n", encoding="utf-8")
    whole.replace(path)


def _end(config: Settings, night: str, run_id: str) -> None:
    """Say that the time is over and where the code stands, and end the process: what hangs cannot be asked to."""
    limit = config.checks.max_runtime_s
    try:
        with _hung(config).open("a", encoding="utf-8") as file:
            print(f"{alerts.now()} night {night}, run {run_id}", file=file, flush=True)
            faulthandler.dump_traceback(file)
        told = f"still running after {limit} s (checks.max_runtime_s): ended. Where it stood: {_hung(config)}"
        alerts.send(config, night, told, run_id=run_id)
        _mark(config).unlink(missing_ok=True)
    finally:
        os._exit(EXIT_CODE)


@contextmanager
def _backstop(config: Settings) -> Iterator[None]:
    """Native code that never gives the interpreter back would keep the watchdog from running: this one needs none."""
    with _hung(config).open("a", encoding="utf-8") as file:
        faulthandler.dump_traceback_later(config.checks.max_runtime_s + BACKSTOP_S, exit=True, file=file)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM unwinds as an error does, where nobody else (Dagster's workers do) has said what it means."""
    is_ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == (
        signal.SIG_DFL
    )
    if is_ours:
        signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
