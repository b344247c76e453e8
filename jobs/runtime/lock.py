"""One writer per lakehouse. Delta on a local disk is not safe with two writer processes: both can report success for
the same commit. The lock is the kernel's, so it is gone with its holder however the holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from schemas.errors import UserError

_held: set[Path] = set()  # by this process: a run inside a command that already holds the lock goes on


class LakehouseBusyError(UserError, RuntimeError):
    """Another process is writing to this lakehouse."""


class LakehouseUnwritableError(UserError, OSError):
    """The folder of the lakehouse cannot be written to: read-only, full, or somebody else's."""


@contextmanager
def writer(folder: Path, *, wait_s: float = 3.0) -> Iterator[None]:
    """Hold the writer's lock of the lakehouse in `folder` for the length of the block.

    Raises:
        LakehouseBusyError: another process still holds it after `wait_s` seconds; names the holder's pid.
        LakehouseUnwritableError: the folder cannot be made or written to.
    """
    folder = folder.absolute()
    if folder in _held:
        yield
        return
    with _opened(folder) as file:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    file.seek(0)
                    holder = file.read().strip() or "unknown"
                    raise LakehouseBusyError(
                        f"Another night or training is writing to {folder} (process {holder}). "
                        "Wait for it to end, then start again; nothing was changed."
                    ) from None
                time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _held.add(folder)
        try:
            yield
        finally:
            _held.discard(folder)


def _opened(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return open(folder / ".writer.lock", "a+", encoding="ascii")
    except OSError as error:
        raise LakehouseUnwritableError(
            f"The lakehouse {folder} cannot be written: {error.strerror}. Nothing was changed. See to its disk, then "
            "start again."
        ) from error


def is_held(folder: Path) -> bool:
    """Whether any process, this one included, holds the writer's lock of the lakehouse in `folder`."""
    if folder.absolute() in _held:
        return True
    try:
        with open(folder / ".writer.lock", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # gone again as the file is closed
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
