"""The inbox: decisions as files, so that analysts and the night can work at once and nothing is lost or doubled.

A decision is one JSON file named by its id. It is written under another name, put on disk, and only then given its
name, which fails where the name exists: a file in the inbox is always whole, and there once. The night reads it where
it lies, writes the tables, and only then moves it to `taken/<night>/`. Killed anywhere in between, a rerun finds the
file again and the table tells which ids it has.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from jobs.runtime import audit
from pipelines.decisions import intake
from pipelines.decisions import rules as decision_rules
from schemas.errors import UserError

TAKEN = "taken"
MAX_BYTES = 256 * 1024  # a decision is a few kilobytes; what is larger is not one
_ID = re.compile(r"[0-9a-f-]{36}")


class AlreadySubmittedError(UserError, RuntimeError):
    """A decision with this id was submitted before; nothing was written."""


def submit(inbox: Path, decision: intake.Decision) -> Path:
    """Put one decision into the inbox and return its file; it is on disk when this returns.

    Raises:
        ValueError: the decision breaks a rule.
        AlreadySubmittedError: this decision is in the inbox, or was taken in.
        OSError: it cannot be written; then it is not recorded.
    """
    text = decision.to_json()
    problems = decision_rules.problems(json.loads(text), intake.NAMES)
    if problems or not _ID.fullmatch(decision.decision_id):
        raise ValueError("the decision is not valid: " + ("; ".join(problems) or "decision_id: not of its form"))
    return put(inbox, decision.decision_id, text)


def put(inbox: Path, name: str, text: str) -> Path:
    """Put `text` into the inbox as `<name>.json` and return the file; it is on disk when this returns.

    Raises:
        AlreadySubmittedError: a file of this name is in the inbox, or was taken in.
        OSError: it cannot be written; then it is not recorded.
    """
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    final = inbox / f"{name}.json"
    if any(inbox.glob(f"{TAKEN}/*/{final.name}")):
        raise AlreadySubmittedError(f"decision {name} was taken in before")
    temporary = inbox / f".{name}.{secrets.token_hex(8)}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, final)
    except FileExistsError as error:
        raise AlreadySubmittedError(f"decision {name} is in the inbox already") from error
    finally:
        temporary.unlink(missing_ok=True)
    audit.sync_folder(inbox)
    return final


def read(inbox: Path, night: date) -> list[intake.File]:
    """What lies in the inbox and what `night` took from it before, by name. Reads at most 256 KiB of a file.

    Files that are being written (their name begins with a dot) are not there yet. Anything else is returned, if only
    with its problem, so that nothing in the inbox is passed over in silence.
    """
    found: dict[str, intake.File] = {}
    for folder in (inbox / TAKEN / night.isoformat(), inbox):
        if folder.is_dir():
            for entry in sorted(os.scandir(folder), key=lambda e: e.name):
                if not entry.name.startswith(".") and not (folder == inbox and entry.name == TAKEN):
                    found[entry.name] = _file(Path(entry.path))
    return [found[name] for name in sorted(found)]


def pending(inbox: Path) -> list[intake.File]:
    """What waits in the inbox for a night, by name."""
    return [_file(path) for path in sorted(inbox.glob("*.json"))] if inbox.is_dir() else []


def settle(inbox: Path, night: date, names: Iterable[str]) -> int:
    """Move files that a night is done with to `taken/<night>/`, after its tables are written. Returns how many moved.

    A file that is no longer in the inbox was moved by the run before; one whose name is taken there gets another.
    """
    folder = inbox / TAKEN / night.isoformat()
    n_moved = 0
    for name in names:
        source = inbox / name
        if Path(name).name != name or not os.path.lexists(source):
            continue
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / name
        if os.path.lexists(target):
            target = folder / f"{name}.{hashlib.sha256(_file(source).text.encode()).hexdigest()[:8]}"
        os.rename(source, target)
        n_moved += 1
    if n_moved:
        audit.sync_folder(folder)
        audit.sync_folder(inbox)
    return n_moved


def _file(path: Path) -> intake.File:
    """One file of the inbox, never following a link and never waiting on a pipe."""
    if path.suffix != ".json":
        return intake.File(path.name, "", "not a .json file")
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return intake.File(path.name, "", f"cannot be opened ({type(error).__name__})")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return intake.File(path.name, "", "not a regular file")
    with open(handle, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return intake.File(path.name, content[:MAX_BYTES].decode("utf-8", "replace"), "larger than a decision can be")
    try:
        return intake.File(path.name, content.decode("utf-8"))
    except UnicodeDecodeError:
        return intake.File(path.name, content.decode("utf-8", "replace"), "not UTF-8")
