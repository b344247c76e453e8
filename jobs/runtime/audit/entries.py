"""What an entry of the log says, how it is written, and what makes a line the next entry: nothing is read or written
here."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from jobs.runtime import identity
from schemas import codes

GENESIS = "0" * 64
FIELDS = (
    "n", "at", "operation", "action", "night", "who", "account", "on_what", "to_whom", "why", "counts", "ids",
    "previous",
)  # fmt: skip
# Entries that were written before these came hold none of them, and still verify.
LATER_FIELDS = {"account", "operation", "night", "ids"}


@dataclass(frozen=True)
class Broken:
    """The first entry of the log that cannot be right: its number from 1 (0: none, but the log as a whole), and why."""

    n: int
    why: str

    def __str__(self) -> str:
        return f"entry {self.n}: {self.why}" if self.n else self.why


@dataclass(frozen=True)
class Head:
    """Where the log ends: number of entries, bytes, and hash of the last entry."""

    n: int = 0
    n_bytes: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class Mark:
    """What was once seen of the log, and by whom it is kept: entry `n` had this hash."""

    n: int
    hash: str
    kept_by: str


def made(
    action: str,
    who: str,
    on_what: str,
    *,
    to_whom: str | None = None,
    why: str | None = None,
    counts: Mapping[str, int] | None = None,
    operation: str | None = None,
    night: date | None = None,
    at: datetime | None = None,
) -> dict[str, Any]:
    """An entry without its place in the chain, and without ids; arguments as of `port.Log.append`.

    Raises:
        ValueError: action or operation is not one of their codes, or nobody is named.
    """
    if action not in codes.LOG_ACTIONS:
        raise ValueError(f"{action!r} is not one of {', '.join(codes.LOG_ACTIONS)}")
    if not who.strip() or not on_what.strip():
        raise ValueError("an entry of the log names who did it and on what")
    if operation is not None and operation not in codes.LOG_OPERATIONS:
        raise ValueError(f"{operation!r} is not one of codes.LOG_OPERATIONS")
    moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "at": moment, "operation": operation, "action": action, "night": night.isoformat() if night else None,
        "who": who, "account": identity.account(), "on_what": on_what, "to_whom": to_whom, "why": why,
        "counts": {str(k): int(v) for k, v in (counts or {}).items()}, "ids": None,
    }  # fmt: skip


def line_of(entry: Mapping[str, Any]) -> tuple[bytes, str]:
    """The entry as a line of the log, and its hash."""
    ordered = {name: entry[name] for name in FIELDS if name in entry}
    body = json.dumps(ordered, separators=(",", ":")).encode("ascii")
    digest = hashlib.sha256(body).hexdigest()
    return body[:-1] + f',"hash":"{digest}"}}\n'.encode("ascii"), digest


def parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def read(line: bytes, n: int, previous: str) -> tuple[dict[str, Any], str | None]:
    """The entry of a line, and why it cannot be the n-th of the chain, if so."""
    entry = parsed(line)
    if entry is None or {*entry} | LATER_FIELDS != {*FIELDS, "hash"}:
        return {}, "not an entry of the log"
    if entry["n"] != n:
        return entry, f"numbered {entry['n']}: an entry was removed, added or moved"
    if entry["previous"] != previous:
        return entry, "does not follow from the entry before it"
    return entry, None if line_of(entry)[0] == line else "its content does not give its hash"


def unlike(to_come: deque[Mark], n: int, digest: str) -> str | None:
    """Why entry `n` is not the one that a mark knows, if so; takes the marks of it away."""
    while to_come and to_come[0].n <= n:
        mark = to_come.popleft()
        if mark.hash != digest:
            return f"not the entry that {mark.kept_by} knows: the log was rewritten, here or before"
    return None
