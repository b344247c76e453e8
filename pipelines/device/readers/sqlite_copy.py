"""SQLite databases of the evidence, read from a copy.

The evidence is never opened by SQLite: it is copied with its write-ahead log (`-wal`) into a private folder that goes
when reading ends. The log is folded into the copy, which `immutable=1` alone would leave out; then the copy is opened
for reading only. A record's place is its row's cell in the copy: the file's own bytes where there is no log.

Limits: the copy needs the room of the database; a rollback journal is not applied; of a log, frames after a damaged one
are lost as SQLite loses them; rows that were removed are not carved.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.device.readers.base import BLOCK, MAX_RECORD, ReadingStopped
from pipelines.device.readers.sqlite_cells import Cell, cells
from pipelines.device.records import Place, Source

MAGIC = b"SQLite format 3\x00"
_FIRST = -(1 << 63)


class Database:
    """A copy that is open. Texts are bytes."""

    def __init__(self, base: sqlite3.Connection, file: BinaryIO) -> None:
        self.base, self._file = base, file
        self._roots = {
            name.decode("utf-8", "replace"): root
            for name, root in base.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")
            if isinstance(name, bytes) and isinstance(root, int) and root > 0
        }

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of its tables, without views and virtual ones, in its order."""
        return tuple(self._roots)

    def columns(self, table: str) -> tuple[str, ...]:
        rows = self.base.execute(f"PRAGMA table_info({quoted(table)})")
        return tuple(row[1].decode("utf-8", "replace") for row in rows)

    def rows(self, table: str, query: str, key: str) -> Iterator[tuple[tuple[Any, ...] | None, Place]]:
        """Rows of a query over a table with their places; no row where one is too large to be held.

        Args:
            query: gives the row's id first, in the order of ids, of rows above the id that it is handed.
            key: the column of the id.
        """
        places = _Places(cells(self._file, self._roots[table]))
        last = _FIRST
        one = ""  # the next alone: the library loses the row before one that fails
        while True:
            try:
                n = 0
                for row in self.base.execute(query + one, (last,)):
                    last, n = row[0], n + 1
                    yield row, places.of(last)
                if not one or not n:
                    return
                one = ""
            except sqlite3.DataError:
                if not one:
                    one = " LIMIT 1"
                    continue
                name = quoted(table)
                (large,) = self.base.execute(f"SELECT min({key}) FROM {name} WHERE {key} > ?", (last,)).fetchone()
                if large is None:
                    raise ReadingStopped("DAMAGED", "a row that is there and is not") from None
                last, one = large, ""
                yield None, places.of(last)


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


@contextlib.contextmanager
def opened(content: BinaryIO, source: Source) -> Iterator[Database]:
    """A database of the evidence, copied and open for reading.

    Raises:
        ReadingStopped: it is no database, or a damaged one; also while it is read.
    """
    with tempfile.TemporaryDirectory(prefix="nightjar-") as folder:
        path = _copied(content, source, Path(folder))
        try:
            with contextlib.closing(_connected(path)) as base, path.open("rb") as file:
                yield Database(base, file)
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the second of a message that names what is damaged
            reason = "PASSWORD" if "not a database" in str(error) else "DAMAGED"
            raise ReadingStopped(reason, f"SQLite says: {type(error).__name__}") from error


def _copied(content: BinaryIO, source: Source, folder: Path) -> Path:
    """A copy of the database with its log folded in."""
    path = folder / "copy.db"
    log = source.beside("-wal") if source.beside else None
    for from_, to in ((content, path), (log, folder / "copy.db-wal")):
        if from_ is not None:
            with to.open("wb") as file:
                while block := from_.read(BLOCK):
                    file.write(block)
    if log is not None:
        log.close()
        try:
            with contextlib.closing(sqlite3.connect(path)) as base:
                base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise ReadingStopped("DAMAGED", f"its log cannot be applied: {type(error).__name__}") from error
    return path


def _connected(path: Path) -> sqlite3.Connection:
    base = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    base.text_factory = bytes
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_RECORD)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        base.execute(f"PRAGMA {pragma}")
    return base


class _Places:
    """Finds rows in a table's cells, both in the order of their ids."""

    def __init__(self, found: Iterator[Cell]) -> None:
        self._cells = found

    def of(self, rowid: int) -> Place:
        try:
            for cell in self._cells:
                if cell.rowid == rowid:
                    return Place(cell.byte_from, cell.byte_to)
                if cell.rowid > rowid:
                    break
        except ValueError as error:
            raise ReadingStopped("DAMAGED", str(error)) from error
        raise ReadingStopped("DAMAGED", "a row that lies nowhere in its table")
