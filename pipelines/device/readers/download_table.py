"""A telephone's download as CSV or workbook, read by the layout that the submission gives for it.

The heading is the first of 50 rows that has every column that the layout names. Limits: a value over 128 KiB is refused
with its row; columns that the layout neither names nor ignores are not read, and counted; of a workbook the first sheet
with the heading is read, formulas as they were last computed.
"""

from __future__ import annotations

import codecs
import csv
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from pipelines.device.readers import time_patterns, workbook_rows
from pipelines.device.readers.base import BLOCK, Clean, ReadingStopped, never_raising
from pipelines.device.readers.leapp_artefacts import Artefact, Rows
from pipelines.device.records import Call, Contact, Message, Place, Record, Refused, Source
from schemas.layouts import values
from schemas.layouts.device_table import Table

MAX_PREAMBLE = 50  # rows among which the heading is looked for
MAX_LINE = 1 << 20  # bytes of a line that are looked at at once
_KINDS: dict[str, type[Message] | type[Call] | type[Contact]] = {
    "messages": Message, "calls": Call, "contacts": Contact,
}  # fmt: skip
_WORDS = {"IN": "incoming", "OUT": "outgoing"}  # as `Rows` knows them
_SPACE = " \t\r\n\u00a0\u200b\ufeff"
SWALLOWED = "a quoted value holds line ends and a row's worth of separators: a quotation mark is not closed"
MISFIT = "a row with another number of values than the heading"
Cells = Sequence[object]


class _Row(NamedTuple):
    """Cells of a row; none with the reason why it cannot be read."""

    place: Place
    cells: Cells
    why: str | None = None
    is_end: bool = False  # the file ends within it


class DownloadTable:
    """A file that a layout of the submission takes."""

    name = "download_table"
    version = "1"

    def __init__(self, table: Table) -> None:
        self.table = table

    def takes(self, name: str, head: bytes) -> bool:
        return self.table.takes(name)

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        if content.seekable():
            yield from self._read(content, source)
            return
        with tempfile.TemporaryFile() as copy:  # without a name, gone when it is closed
            while block := content.read(BLOCK):
                copy.write(block)
            copy.seek(0)
            yield from self._read(copy, source)

    def _read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        clean, table = Clean(), self.table
        if table.format == "csv":
            _check_encoding(content, table.encoding)
            yield from self._records(_csv_rows(content, table, clean), source, clean, ())
            return
        notes: list[str] = []
        with workbook_rows.Workbook(content) as book:
            rows = self._sheet(book, notes)
            yield from self._records(rows, source, clean, notes)

    def _sheet(self, book: workbook_rows.Workbook, notes: list[str]) -> Iterator[_Row]:
        """Rows of the first sheet that has the heading."""
        for n in range(book.n_sheets):
            head = itertools.islice(book.rows(n), MAX_PREAMBLE)
            if any(self._is_heading(cells) for _, cells in head):
                if book.n_sheets > 1:
                    notes.append(f"{book.n_sheets - 1} other sheets were not read")
                return (_Row(place, cells) for place, cells in book.rows(n))
        raise ReadingStopped("UNREADABLE", "no sheet has the columns that its layout names", 0)

    def _is_heading(self, cells: Cells) -> bool:
        return set(self.table.named) <= set(map(_heading, cells))

    def _records(self, rows: Iterator[_Row], source: Source, clean: Clean, notes: Sequence[str]) -> Iterator[Record]:
        headers: list[str] = []
        for row in itertools.islice(rows, MAX_PREAMBLE):
            if row.why is None and self._is_heading(row.cells):
                headers = _without_empty_end(list(map(_heading, row.cells)))
                break
        if not headers:
            raise ReadingStopped("UNREADABLE", "no row has the columns that its layout names", 0)
        if twice := [name for name in self.table.named if headers.count(name) > 1]:
            raise ReadingStopped(
                "UNREADABLE", f"{len(twice)} of the columns that its layout names stand there twice", 0
            )
        made = _Maker(self.table, headers, source, clean)
        for row in rows:
            if record := made.record(row):
                yield record
            yield from clean.told()
            if row.is_end:
                raise ReadingStopped("CUT", "the file ends within a quoted value", row.place.byte_from)
        n_unnamed = len(set(headers) - {*self.table.named, *self.table.ignore, ""})
        unread = [f"{n_unnamed} columns that its layout does not name were not read"] if n_unnamed else []
        if told := [*unread, *notes]:
            raise ReadingStopped("UNREADABLE", "; ".join(told))


class _Maker:
    """Makes records of rows below a heading."""

    def __init__(self, table: Table, headers: list[str], source: Source, clean: Clean) -> None:
        self._table, self._n = table, len(headers)
        columns = {field: (column,) for field, column in table.columns.items()}
        known = Artefact(_KINDS[table.holds], table.constants.get("app"), columns)
        self._rows = Rows(known, headers, source, clean)
        self._at = {field: headers.index(column) for field, column in table.columns.items()}
        self._more = {field: [headers.index(c) for c in columns] for field, columns in table.joined.items()}
        self._zone = ZoneInfo(source.time_zone)

    def record(self, row: _Row) -> Record | None:
        """None for a row without a value."""
        if row.why is not None:
            return Refused(row.place, row.why)
        cells = list(row.cells)
        if not any(_text(cell).strip(_SPACE) for cell in cells):
            return None
        if self._table.format == "xlsx":  # which leaves empty cells at the end of a row away
            cells += [None] * (self._n - len(cells))
        if any(_text(cell).strip(_SPACE) for cell in cells[self._n :]) or len(cells) < self._n:
            return Refused(row.place, MISFIT)
        del cells[self._n :]
        if self._table.format == "csv" and any(_is_row(_text(cell), self._table.delimiter, self._n) for cell in cells):
            return Refused(row.place, SWALLOWED)
        for field, more in self._more.items():
            parts = [_part(cells[n]) for n in (self._at[field], *more)]
            cells[self._at[field]] = " ".join(part for part in parts if part)
        texts: list[object] = [_text(cell) or None for cell in cells]
        for field, codes in self._table.codes.items():
            if word := texts[self._at[field]]:
                national = codes.get(values.folded(str(word)))
                if national is None:
                    return Refused(row.place, f"a word for {field} that its layout does not name")
                texts[self._at[field]] = _WORDS.get(national, national.lower())
        if "at" in self._at and (written := texts[self._at["at"]]):
            try:
                at = time_patterns.read(str(written), self._table.times, self._zone)
            except (ValueError, OverflowError):
                return Refused(row.place, "a time that cannot be read")
            texts[self._at["at"]] = at.isoformat()
        return self._rows.record(texts, row.place)


def _csv_rows(content: BinaryIO, table: Table, clean: Clean) -> Iterator[_Row]:
    """Rows with their bytes. The parser takes a line at a time, so that what it took is the row."""
    start = end = 0
    last = b""

    def lines() -> Iterator[str]:
        nonlocal end, last
        while last := content.readline(MAX_LINE):
            skipped = len(codecs.BOM_UTF8) if end == 0 and last.startswith(codecs.BOM_UTF8) else 0
            end += len(last)
            yield clean.decoded(last[skipped:], table.encoding)

    rows = csv.reader(lines(), delimiter=table.delimiter, strict=True)
    while True:
        cells: list[str] = []
        why, is_end = None, False
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            is_end = "unexpected end" in str(error)
            why = "a row that is no CSV, or a value of over 128 KiB"
        ending = len(last) - len(last.rstrip(b"\r\n"))
        yield _Row(Place(start, max(start, end - ending)), cells, why, is_end)
        start = end


def _check_encoding(content: BinaryIO, encoding: str) -> None:
    """Refuses what parses in the layout's encoding and is in another: UTF-16, and UTF-8 where it says single bytes.

    Raises:
        ReadingStopped: it is.
    """
    at, is_utf8, is_ascii, is_first = content.tell(), True, True, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    while block := content.read(BLOCK):
        if is_first and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ReadingStopped("UNREADABLE", f"UTF-16, and its layout says {encoding}", 0)
        if is_first and block.startswith(b"PK\x03\x04"):
            raise ReadingStopped("UNREADABLE", "an archive or a workbook, and its layout says csv", 0)
        is_first = False
        if encoding in ("utf-8", "ascii"):
            break
        is_ascii = is_ascii and block.isascii()
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            is_utf8 = False
            break
    content.seek(at)
    if encoding not in ("utf-8", "ascii") and is_utf8 and not is_ascii:
        raise ReadingStopped("UNREADABLE", f"UTF-8 throughout, and its layout says {encoding}", 0)


def _heading(cell: object) -> str:
    return _text(cell).strip(_SPACE)


def _without_empty_end(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names


def _text(cell: object) -> str:
    """A cell as text; numbers of a workbook that are whole without their point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def _part(cell: object) -> str:
    """A cell that others follow: of a workbook's day without a time, the day."""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return _text(cell).strip(_SPACE)


def _is_row(value: str, delimiter: str, n_columns: int) -> bool:
    """Whether a value holds another row: in prose a blank or a line end follows a separator."""
    if "\n" not in value:
        return False
    n = sum(1 for a, b in itertools.pairwise(value + " ") if a == delimiter and b not in " \r\n")
    return n >= max(2, n_columns - 1)
