"""The log of processing that the Data Protection Act 2018 s.62 asks for, as a file: hash-chained, verified offline.

One JSON object per line in `processing.jsonl`, each with the SHA-256 of the line before. Alongside it `head.json` keeps
how many entries there are, how many bytes, and the last hash, so that a log that was cut short, or rewritten from some
entry on, no longer fits its head. The head is written twice for each entry, once as an intent: a process killed between
leaves a log that the next append repairs, and never one that looks tampered with. Whoever rewrites both files is found
by marks of the log that are kept elsewhere: see `marks`.

Nothing may be shown, shared or joined before its entry is on disk: every failure to write raises.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jobs.runtime import whole_file
from jobs.runtime.audit import entries, id_files
from jobs.runtime.audit.entries import GENESIS, Broken, Head, Mark
from jobs.runtime.audit.port import AuditError, Log

FILE = "processing.jsonl"
MOST_REMEMBERED = 1 << 16  # side files of one verification that are not read again
_BLOCK = 1 << 16  # bytes read at once, from the log's end backwards


class Audit(Log):
    """The log in `folder`; see `port.Log`. The kernel's lock puts processes and threads that append in a row."""

    FAILURES = (OSError,)

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE
        self.head_path = self.folder / "head.json"

    @property
    def place(self) -> str:
        return str(self.folder)

    def _keep(self, ids: Iterable[str]) -> dict[str, int | str]:
        return id_files.keep(self.folder, ids)

    def _append(self, entry: dict[str, Any]) -> str:
        head = self._repaired(*self._heads())
        line, digest = entries.line_of({**entry, "n": head.n + 1, "previous": head.hash})
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
            found = entries.parsed(log.read())
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
        whole_file.write(self.head_path, json.dumps(body).encode("ascii"))

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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

    def exists(self) -> bool:
        return self.path.exists()

    def ids(self, digest: str) -> list[str]:
        return id_files.read(self.folder, digest)

    def entries(self) -> Iterator[dict[str, Any]]:
        if self.path.exists():
            with open(self.path, "rb") as log:
                for line in log:
                    yield json.loads(line)

    def last(self, operation: str) -> dict[str, Any] | None:
        """See `port.Log`. Reads from the end: the newest are near it."""
        for line in self._backwards():
            entry = entries.parsed(line)
            if entry is not None and entry.get("operation") == operation:
                return entry
        return None

    def _backwards(self) -> Iterator[bytes]:
        """Lines, the last first, in blocks: memory does not grow with the log."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as log:
            start, rest = log.seek(0, os.SEEK_END), b""
            while start:
                size = min(_BLOCK, start)
                start = log.seek(start - size)
                rest, *lines = (log.read(size) + rest).split(b"\n")
                yield from reversed(lines)
            yield rest

    def head(self) -> Head:
        with self._shared():
            head, intent = self._heads()
            size = self.path.stat().st_size if self.path.exists() else 0
            return intent if intent is not None and size == intent.n_bytes else head

    def verify(self, marks: Iterable[Mark] = ()) -> Broken | None:
        """See `port.Log`; memory does not grow with the log."""
        with self._shared():
            try:
                return self._verified(*self._heads(), sorted(marks, key=lambda mark: mark.n))
            except AuditError as error:
                return Broken(1, str(error))

    def _verified(self, head: Head, intent: Head | None, marks: Sequence[Mark]) -> Broken | None:
        if not self.path.exists():
            known = max([head.n, *(mark.n for mark in marks)])
            return Broken(1, f"the log is missing: it had {known} entries") if known else None
        previous, n, n_bytes, to_come = GENESIS, 0, 0, deque(marks)
        side_file = lru_cache(maxsize=MOST_REMEMBERED)(partial(id_files.problem, self.folder))
        with open(self.path, "rb") as log:
            for line in log:
                n, n_bytes = n + 1, n_bytes + len(line)
                entry, why = entries.read(line, n, previous)
                if why is None and n > head.n and (intent is None or n > intent.n):
                    why = "written past the end that the head knows"
                if why is not None:
                    is_torn = intent is not None and n == head.n + 1 and not line.endswith(b"\n")
                    if is_torn:
                        n, n_bytes = n - 1, n_bytes - len(line)
                        break
                    return Broken(n, why)
                previous = entry["hash"]
                why = entries.unlike(to_come, n, previous) or (entry.get("ids") and side_file(entry["ids"]["sha256"]))
                if why is not None:
                    return Broken(n, why)
        if to_come:
            return Broken(n + 1, f"the log ends after {n} entries; {to_come[-1].kept_by} knows {to_come[-1].n}")
        for end in (head, intent):
            if end is not None and (n, n_bytes, previous) == (end.n, end.n_bytes, end.hash):
                return None
        if n < head.n:
            return Broken(n + 1, f"the log ends after {n} of {head.n} entries")
        return Broken(n, "the last hash is not the one that the head knows: entries were rewritten")
