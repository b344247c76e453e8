"""The log of processing that the Data Protection Act 2018 s.62 asks for: hash-chained, verified offline.

One JSON object a line in `processing.jsonl`, each with the SHA-256 of the line before. Beside it `head.json` keeps how
many entries there are, how many bytes, and the last hash, so that a log that was cut short, or written anew from some
entry on, no longer fits its head. The head is written twice for each entry, once as an intent: a process killed between
leaves a log that the next append repairs, and never one that looks tampered with. Keep the head (`anchor`), or copies
of it, on storage that the log's writers cannot change, and whoever rewrites both files is found too.

Nothing may be shown, shared or joined before its entry is on disk: every failure to write raises.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.runtime import identity
from schemas import codes
from schemas.errors import UserError

GENESIS = "0" * 64
_FIELDS = ("n", "at", "action", "who", "account", "on_what", "to_whom", "why", "counts", "previous")
_LATER_FIELDS = {"account"}  # entries that were written before these came hold none of them, and still verify


class AuditError(UserError, RuntimeError):
    """The entry could not be written, so what it speaks of must not happen."""


@dataclass(frozen=True)
class Broken:
    """The first entry of the log that cannot be right: its number from 1, and why."""

    n: int
    why: str

    def __str__(self) -> str:
        return f"entry {self.n}: {self.why}"


@dataclass(frozen=True)
class Head:
    """Where the log ends: number of entries, bytes, and hash of the last entry."""

    n: int = 0
    n_bytes: int = 0
    hash: str = GENESIS


class Audit:
    """The log in `folder`. Several processes and threads may append to it: the kernel's lock puts them in a row."""

    def __init__(self, folder: Path, *, anchor: Path | None = None) -> None:
        self.folder = Path(folder)
        self.path = self.folder / "processing.jsonl"
        self.head_path = Path(anchor) if anchor is not None else self.folder / "head.json"

    def append(
        self,
        action: str,
        who: str,
        on_what: str,
        *,
        to_whom: str | None = None,
        why: str | None = None,
        counts: Mapping[str, int] | None = None,
        at: datetime | None = None,
    ) -> str:
        """Write one entry and return its hash; it is on disk when this returns.

        `who` is who it is said to be; the account of the operating system that this process runs under is written
        alongside. `counts` are numbers of rows by name. `at` is for tests and replays; the clock by default.

        Raises:
            ValueError: the action is not one of `codes.LOG_ACTIONS`, or nobody is named.
            AuditError: the entry cannot be written, or the log does not fit its head.
        """
        if action not in codes.LOG_ACTIONS:
            raise ValueError(f"{action!r} is not one of {', '.join(codes.LOG_ACTIONS)}")
        if not who.strip() or not on_what.strip():
            raise ValueError("an entry of the log names who did it and on what")
        moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
        entry: dict[str, Any] = {"at": moment, "action": action, "who": who, "on_what": on_what, "to_whom": to_whom}
        entry["account"] = identity.account()
        entry |= {"why": why, "counts": {str(k): int(v) for k, v in (counts or {}).items()}}
        try:
            with self._locked():
                return self._append(entry)
        except OSError as error:
            raise AuditError(f"the log of processing in {self.folder} cannot be written: {error}") from error

    def _append(self, entry: dict[str, Any]) -> str:
        head = self._repaired(*self._heads())
        line, digest = _line({**entry, "n": head.n + 1, "previous": head.hash})
        after = Head(head.n + 1, head.n_bytes + len(line), digest)
        self._write_head(head, after)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        log = os.open(self.path, flags, 0o600)
        try:
            if os.write(log, line) != len(line):
                raise OSError("only part of the entry was written")
            os.fsync(log)
        finally:
            os.close(log)
        self._write_head(after, None)
        return digest

    def _repaired(self, head: Head, intent: Head | None) -> Head:
        """The head that fits the log on disk; a half-written last entry, which a killed process leaves, is cut off."""
        size = self.path.stat().st_size if self.path.exists() else 0
        if size == head.n_bytes:
            return head
        if intent is not None and size == intent.n_bytes and self._last_hash(head.n_bytes) == intent.hash:
            return intent
        if intent is not None and head.n_bytes < size < intent.n_bytes:
            os.truncate(self.path, head.n_bytes)
            return head
        raise AuditError(f"the log of processing has {size} bytes where its head says {head.n_bytes}: it was changed")

    def _last_hash(self, start: int) -> str | None:
        with open(self.path, "rb") as log:
            log.seek(start)
            found = _parsed(log.read())
        return None if found is None else str(found.get("hash"))

    def _heads(self) -> tuple[Head, Head | None]:
        """The written head and, where a process was killed within an append, the head it was about to reach."""
        try:
            found = json.loads(self.head_path.read_text(encoding="ascii"))
            intent = found["intent"]
            return Head(**found["head"]), None if intent is None else Head(**intent)
        except FileNotFoundError:
            return Head(), None
        except (ValueError, KeyError, TypeError) as error:
            raise AuditError(f"{self.head_path.name} of the log of processing is not readable") from error

    def _write_head(self, head: Head, intent: Head | None) -> None:
        body = {"head": vars(head), "intent": None if intent is None else vars(intent)}
        temporary = self.head_path.with_name(self.head_path.name + ".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            json.dump(body, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.head_path)
        sync_folder(self.head_path.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.head_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Keep appends out while reading, where there is a lock to hold: a copy of a log on other media has none."""
        try:
            lock = os.open(self.folder / ".lock", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield
        finally:
            os.close(lock)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every entry, oldest first, as written. Does not verify.

        Raises:
            ValueError: a line is not an entry.
        """
        if self.path.exists():
            with open(self.path, "rb") as log:
                for line in log:
                    yield json.loads(line)

    def verify(self) -> Broken | None:
        """The first entry that cannot be right, or None where the whole log holds. Reads only; memory does not grow."""
        with self._shared():
            try:
                return self._verified(*self._heads())
            except AuditError as error:
                return Broken(1, str(error))

    def _verified(self, head: Head, intent: Head | None) -> Broken | None:
        if not self.path.exists():
            return Broken(1, "the log is missing") if head.n else None
        previous, n, n_bytes = GENESIS, 0, 0
        with open(self.path, "rb") as log:
            for line in log:
                n, n_bytes = n + 1, n_bytes + len(line)
                why = _wrong(line, n, previous)
                if why is None and n > head.n and (intent is None or n > intent.n):
                    why = "written past the end that the head knows"
                if why is not None:
                    torn = intent is not None and n == head.n + 1 and not line.endswith(b"\n")
                    return None if torn else Broken(n, why)
                previous = json.loads(line)["hash"]
        for end in (head, intent):
            if end is not None and (n, n_bytes, previous) == (end.n, end.n_bytes, end.hash):
                return None
        if n < head.n:
            return Broken(n + 1, f"the log ends after {n} of {head.n} entries")
        return Broken(n, "the last hash is not the one that the head knows: entries were written anew")


def _line(entry: Mapping[str, Any]) -> tuple[bytes, str]:
    """The entry as a line of the log, and its hash."""
    ordered = {name: entry[name] for name in _FIELDS if name in entry}
    digest = hashlib.sha256(json.dumps(ordered, separators=(",", ":")).encode()).hexdigest()
    return (json.dumps({**ordered, "hash": digest}, separators=(",", ":")) + "\n").encode(), digest


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _wrong(line: bytes, n: int, previous: str) -> str | None:
    entry = _parsed(line)
    if entry is None or {*entry} | _LATER_FIELDS != {*_FIELDS, "hash"}:
        return "not an entry of the log"
    if entry["n"] != n:
        return f"numbered {entry['n']}: an entry was removed, added or moved"
    if entry["previous"] != previous:
        return "does not follow from the entry before it"
    if _line(entry)[0] != line:
        return "its content does not give its hash"
    return None


def sync_folder(folder: Path) -> None:
    """Put a folder's names on disk: a new file is only safe when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
