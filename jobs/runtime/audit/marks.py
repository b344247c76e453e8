"""Marks of the log that are kept elsewhere: number and hash of its last entry, at a moment.

Whoever can write to the log can rewrite it with its head, or delete it. What they cannot do is make it fit a mark that
they cannot reach. There are two kinds:

    <log.anchor>/              anchors: where another account, or a mount that takes new files and changes none, keeps
                               them; left after each run, and in each night
    NIGHTJAR_HOME/manifests/   a copy of each run's manifest, to be read without Spark; the row itself is in
                               gold.run_manifest

Each mark is a file of its own, made once and never changed or renamed, so that storage which takes new files alone will
do. Number and hash are its name: a file that was cut short still counts, and verifying opens none of them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jobs.runtime import whole_file
from jobs.runtime.audit.entries import Head, Mark
from jobs.runtime.audit.port import Log
from schemas.errors import UserError

_NAME = re.compile(r".+-(?P<n>\d{12})-(?P<hash>[0-9a-f]{64})\.json")


class AnchorError(UserError, RuntimeError):
    """The log could not be anchored, or what lies where anchors are kept is none."""


@dataclass(frozen=True)
class Kept:
    """Marks in one folder, and what is wrong with the folder, if anything."""

    marks: tuple[Mark, ...] = ()
    problem: str | None = None


def anchor(log: Log, folder: Path | None, cause: str) -> Path | None:
    """Leave an anchor of the log in `folder`; returns its file, or None where no folder is set or nothing is logged.

    A log that has not grown since its last anchor needs no other.

    Args:
        cause: what was done before, for people: a night, a training.

    Raises:
        AnchorError: it cannot be written.
        AuditError: the log does not fit its head.
    """
    head = log.head()
    if folder is None or head.n == 0:
        return None
    try:
        # Not made here: a folder that is missing is a mount that is not there, and its anchors would be lost with it.
        with suppress(FileExistsError):
            return _put(folder, "anchor", head, {"cause": cause})
        return folder / _name("anchor", head)
    except OSError as error:
        raise AnchorError(f"The log cannot be anchored in {folder} (log.anchor): {error.strerror}.") from error


def note_manifest(log: Log, folder: Path, night: date, run_id: str, more: Mapping[str, Any]) -> Head:
    """Keep a copy of a run's manifest with number and hash of the log's last entry; returns these.

    Raises:
        OSError: it cannot be written.
        AuditError: the log does not fit its head.
    """
    head = log.head()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):  # the step was run again within one run
        _put(folder, f"{night.isoformat()}-{run_id}", head, {"night": night.isoformat(), "run_id": run_id, **more})
    return head


def read(folder: Path, kept_by: str, *, is_due: bool = False) -> Kept:
    """The marks in a folder.

    Args:
        kept_by: what to call them, such as "anchor".
        is_due: there must be one; else an empty folder, or none, is not wrong.
    """
    try:
        named = sorted((path.name, _NAME.fullmatch(path.name)) for path in folder.iterdir())
    except FileNotFoundError:
        named = []
    except OSError as error:
        return Kept(problem=f"{kept_by}s in {folder} cannot be listed: {error.strerror}")
    marks = tuple(Mark(int(of["n"]), of["hash"], f"{kept_by} {name}") for name, of in named if of is not None)
    if is_due and not marks:
        return Kept(problem=f"{folder} (log.anchor) holds no {kept_by}: it is not the folder, or was emptied")
    return Kept(marks)


def _name(stem: str, head: Head) -> str:
    return f"{stem}-{head.n:012d}-{head.hash}.json"


def _put(folder: Path, stem: str, head: Head, about: Mapping[str, Any]) -> Path:
    """A new file, on disk when this returns.

    Raises:
        FileExistsError: there is one of this name.
    """
    body = {"n": head.n, "hash": head.hash, "at": datetime.now(UTC).isoformat(timespec="seconds"), **about}
    path = folder / _name(stem, head)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    whole_file.sync_folder(folder)
    return path
