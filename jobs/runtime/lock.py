"""One writer per lakehouse. Delta on a local disk is not safe with two writer processes: both can report success for
the same commit. The lock is the kernel's, so it is gone with its holder however the holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from schemas.errors import UserError

LOCK, HOLDER = ".writer.lock", ".writer.pid"


class LakehouseBusyError(UserError, RuntimeError):
    """Another process is writing to this lakehouse."""


@contextmanager
def writer(folder: Path, *, wait_s: float = 3.0) -> Iterator[None]:
    """Hold the writer's lock of the lakehouse in `folder` for the length of the block.

    A run inside a command of the same process that already holds the lock goes on.

    Raises:
        LakehouseBusyError: another process still holds it after `wait_s` seconds; names the holder's pid.
        OSError: the file system has no locks of the kernel's (ENOSYS): nothing may be written there.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(folder)
    try:
        lock.acquire(timeout=wait_s, poll_interval=0.1)
    except filelock.Timeout:
        raise LakehouseBusyError(
            f"Another night or training is writing to {folder} (process {_holder(folder)}). "
            "Wait for it to end, then start again; nothing was changed."
        ) from None
    try:
        (folder / HOLDER).write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        lock.release()


def is_held(folder: Path) -> bool:
    """Whether any process, this one included, holds the writer's lock of the lakehouse in `folder`."""
    try:
        with open(folder / LOCK, encoding="ascii") as file:  # read alone: whoever asks may not write there
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # gone again as the file is closed
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock(folder: Path) -> filelock.FileLock:
    """The lock as this process's one object, so that holding it twice is holding it once. Never a lock that is a mere
    file: one of those outlives its holder."""
    return filelock.FileLock(folder / LOCK, mode=0o600, thread_local=False, is_singleton=True, fallback_to_soft=False)


def _holder(folder: Path) -> str:
    try:
        return (folder / HOLDER).read_text(encoding="ascii").strip() or "unknown"
    except FileNotFoundError:
        return "unknown"
