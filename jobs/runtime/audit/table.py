"""The log of processing as two append-only tables, for a home on a volume: it takes no append to a file and no lock.

`bronze.processing_log` holds the very lines of the file (see `chain`), a row each under its number, so that its chain
is the file's chain; `bronze.processing_log_ids` holds the ids under their digest. An entry is appended on the condition
that nobody has its number: of two that try at once Delta lets one win, and the other reads the new end and tries again.

The file's head tells when its end was cut. Here Delta's own record does: a commit that did anything to the rows but add
them by this module's statement is found, as long as the table's log reaches back (30 days as Delta comes). Whoever may
write the table's folder can rewrite that as well, and is found by marks that are kept elsewhere, as with the file.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyspark.sql import functions as F

from jobs.runtime.audit import entries, id_files
from jobs.runtime.audit.entries import GENESIS, Broken, Head, Mark
from jobs.runtime.audit.port import AuditError, Log
from jobs.runtime.lakehouse import Lakehouse
from schemas import bronze

LOG, IDS = bronze.PROCESSING_LOG, bronze.PROCESSING_LOG_IDS
MAX_ATTEMPTS = 50  # of an append that others were quicker than: each time another entry is in
# What Delta calls commits that leave the rows as they are; MERGE adds them, and is looked at more closely.
HARMLESS = {
    "CREATE TABLE", "OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES", "ADD CONSTRAINT", "DROP CONSTRAINT",
    "UPGRADE PROTOCOL", "ADD DELETION VECTORS TOMBSTONES", "COMPUTE STATISTICS", "CLUSTER BY",
}  # fmt: skip


class TableLog(Log):
    """The log in tables of `lake`; see `port.Log`."""

    FAILURES = (Exception,)  # whatever the server answers with

    def __init__(self, lake: Lakehouse) -> None:
        self.lake = lake
        self._end: Head | None = None  # where this process last left the log
        self._turn = threading.Lock()

    @property
    def place(self) -> str:
        return LOG.path

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Threads of this process take turns; other processes meet in Delta. After a failure the end is read anew."""
        with self._turn:
            try:
                yield
            except BaseException:
                self._end = None
                raise

    def _append(self, entry: dict[str, Any]) -> str:
        for _ in range(MAX_ATTEMPTS):
            end = self._end or self.head()
            line, digest = entries.line_of({**entry, "n": end.n + 1, "previous": end.hash})
            row = [(end.n + 1, line.decode("ascii").rstrip("\n"))]
            new = self.lake.spark.createDataFrame(row, LOG.struct())
            if self.lake.append_new(new, LOG):
                self._end = Head(end.n + 1, hash=digest)
                return digest
            self._end = None
        raise AuditError(f"the log of processing was appended to by others {MAX_ATTEMPTS} times; try again")

    def _keep(self, ids: Iterable[str]) -> dict[str, int | str]:
        n, body = id_files.content(ids)
        digest = hashlib.sha256(body).hexdigest()
        row = [(digest, body.decode("ascii"))]
        new = self.lake.spark.createDataFrame(row, IDS.struct())
        self.lake.append_new(new, IDS)
        return {"n": n, "sha256": digest}

    def exists(self) -> bool:
        return self.lake.exists(LOG)

    def entries(self) -> Iterator[dict[str, Any]]:
        for _, line in self._lines():
            yield json.loads(line)

    def last(self, operation: str) -> dict[str, Any] | None:
        is_of = F.get_json_object("line", "$.operation") == operation
        newest = self.lake.read(LOG).where(is_of).orderBy(F.desc("n")).limit(1).collect()
        return entries.parsed(newest[0].line.encode()) if newest else None

    def ids(self, digest: str) -> list[str]:
        rows = self.lake.read(IDS).where(F.col("sha256") == digest).select("ids").collect()
        if not rows:
            raise FileNotFoundError(f"{IDS.path} has no ids of {digest[:16]}")
        body = rows[0].ids.encode()
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError(f"the ids of {digest[:16]} were changed")
        return [json.loads(line) for line in body.splitlines()]

    def head(self) -> Head:
        table = self.lake.read(LOG)
        n = table.agg(F.max("n")).collect()[0][0]  # from the table's log alone
        if n is None:
            return Head()
        newest = [row.line for row in table.where(F.col("n") == n).select("line").collect()]
        parsed = entries.parsed(_as_line(newest[0])) or {}
        entry, why = entries.read(_as_line(newest[0]), n, parsed.get("previous", ""))
        if why is not None or len(newest) > 1:
            raise AuditError(f"the newest row of {LOG.path} is no entry: {why or 'it is there twice'}")
        return Head(n, hash=entry["hash"])

    def verify(self, marks: Iterable[Mark] = ()) -> Broken | None:
        """See `port.Log`. Reads the rows in order, and the record of the table's commits."""
        to_come = deque(sorted(marks, key=lambda mark: mark.n))
        if not self.exists():
            known = to_come[-1].n if to_come else 0
            return Broken(1, f"the log is missing: it had {known} entries") if known else None
        digests = self._digests()
        previous, n = GENESIS, 0
        for number, line in self._lines():
            n += 1
            entry, why = entries.read(_as_line(line), n, previous)
            if why is None and number != n:
                why = f"its row is numbered {number}"
            if why is None:
                previous = entry["hash"]
                why = entries.unlike(to_come, n, previous) or _unkept(entry, digests)
            if why is not None:
                return Broken(n, why)
        if to_come:
            return Broken(n + 1, f"the log ends after {n} entries; {to_come[-1].kept_by} knows {to_come[-1].n}")
        return self._rewritten(n)

    def _rewritten(self, n: int) -> Broken | None:
        """What a commit did to the rows that is no append of this module's, by the table's own record."""
        for table in (LOG, IDS):
            if not self.lake.exists(table):
                continue
            history = self.lake.spark.sql(f"DESCRIBE HISTORY {self.lake.sql_name(table)}")
            for commit in history.select("version", "operation", "operationMetrics").orderBy("version").collect():
                if commit.operation not in HARMLESS and not _is_append(commit.operation, commit.operationMetrics or {}):
                    why = f"{table.path} was written to by {commit.operation} in its version {commit.version}"
                    return Broken(n + 1, f"{why}: rows were added, changed or taken away by other means")
        return None

    def _lines(self) -> Iterator[tuple[int, str]]:
        for row in self.lake.read(LOG).orderBy("n", "line").toLocalIterator():
            yield row.n, row.line

    def _digests(self) -> dict[str, str]:
        """Of the ids that are kept: the digest that they are kept under, and the one that they have."""
        kept = self.lake.read(IDS).select("sha256", F.sha2("ids", 256).alias("found"))
        return {row.sha256: row.found for row in kept.toLocalIterator()}


def _as_line(line: str) -> bytes:
    return line.encode("utf-8", "surrogatepass") + b"\n"


def _unkept(entry: Mapping[str, Any], digests: Mapping[str, str]) -> str | None:
    """Why the ids of an entry are not what it says, or None."""
    if not entry.get("ids"):
        return None
    digest = entry["ids"]["sha256"]
    if digest not in digests:
        return f"its ids ({digest[:16]}...) are missing"
    return None if digests[digest] == digest else f"its ids ({digest[:16]}...) were changed"


def _is_append(operation: str, metrics: Mapping[str, str]) -> bool:
    changed = ("numTargetRowsUpdated", "numTargetRowsDeleted")
    return operation == "MERGE" and all(metrics.get(name, "0") == "0" for name in changed)
