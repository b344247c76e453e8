"""Reading the log, which is itself logged: its entries, and with cause the ids that an entry speaks of."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

from jobs.runtime.audit import operations
from jobs.runtime.audit.port import Log
from schemas import codes
from schemas.errors import InvalidInputError, NotFoundError


def shown(
    log: Log, reviewer: str, *, last: int, operation: str | None = None, person: str | None = None
) -> list[dict[str, Any]]:
    """The newest `last` entries that are of an operation and of a person, oldest first, once the look is logged.

    Raises:
        InvalidInputError: there is no such operation.
        AuditError: the look cannot be logged; nothing is returned.
    """
    if operation is not None and operation not in codes.LOG_OPERATIONS:
        raise InvalidInputError(f"{operation} is not one of {', '.join(codes.LOG_OPERATIONS)}.")
    operations.log_viewed(log, reviewer, f"the last {last} of {operation or 'any operation'} by {person or 'anybody'}")
    wanted = (
        entry
        for entry in log.entries()
        if operation in (None, entry.get("operation")) and person in (None, entry["who"])
    )
    return list(deque(wanted, maxlen=last))


def ids_of(log: Log, n: int, reviewer: str, why: str) -> list[str]:
    """The ids that entry `n` speaks of, once the look and its cause are logged.

    Raises:
        InvalidInputError: no cause is given.
        NotFoundError: there is no such entry, it names no ids, or its side file is not as it was.
        AuditError: the look cannot be logged; nothing is returned.
    """
    if not why.strip():
        raise InvalidInputError("Ids are opened with cause: say why.")
    entry = next(islice(log.entries(), n - 1, None), None)
    if entry is None or not entry.get("ids"):
        raise NotFoundError(f"Entry {n} of the log names no ids." if entry else f"The log has no entry {n}.")
    operations.ids_opened(log, reviewer, n, why.strip())
    try:
        return log.ids(entry["ids"]["sha256"])
    except (OSError, ValueError) as error:
        raise NotFoundError(f"The ids of entry {n} cannot be read: {error}. Run `nightjar log verify`.") from error


def text(rows: list[dict[str, Any]]) -> str:
    """One line per entry for the terminal."""
    return "\n".join(_line(row) for row in rows) or "no entries"


def _line(entry: dict[str, Any]) -> str:
    counted = ", ".join(f"{name} {n}" for name, n in entry["counts"].items())
    parts = {
        "": entry["on_what"],
        "to ": entry["to_whom"] if entry["to_whom"] != entry["who"] else None,
        "why: ": entry["why"],
        "counts: ": counted,
        "ids: ": entry["ids"]["n"] if entry.get("ids") else None,
    }
    said = "; ".join(f"{name}{value}" for name, value in parts.items() if value)
    return (
        f"{entry['n']:>6}  {entry['at'][:19]}  {entry['who']:<16} {entry.get('operation') or entry['action']}: {said}"
    )
