"""XLSX, streamed: an archive of XML whose directory is judged first, and whose cells are counted as they are read."""

from __future__ import annotations

import datetime as dt
import itertools
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
from openpyxl.utils import datetime as serial

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import json_rows, workbook_parts
from pipelines.ingest.readers.base import FileRefused, Spool
from pipelines.ingest.readers.csv_dialect import AGAIN, MAX_PREAMBLE
from pipelines.ingest.readers.workbook_parts import Book, Cell, Row, Texts
from schemas.layouts import layouts

MAX_WORKBOOK = 1 << 30  # bytes that a workbook may unpack to
MAX_ENTRIES = 2_000
MAX_XML_RATIO = 100  # of one part over MIN_PART; sheets of one layout pack about 20 times
MIN_PART = 8 << 20
CELL = 24  # bytes that a cell is counted with beyond its text

_Values = list[str | None]
_Cells = dict[int, str] | None  # texts of a row's cells by column, from 1; None where they are too long together


def read_xlsx(file: IO[bytes], feed: layouts.Feed, spool: Spool) -> readers.Columns:
    """Spools every row of the first sheet that has the layout's required columns.

    Returns how its columns differ from the layout's; among those that no mapping names are other sheets that hold
    anything, as "[sheet Notes]". Real date
    cells become ISO text; whole numbers lose their ".0".
    """
    archive = _checked(file)
    with Texts() as texts:
        book = workbook_parts.read_book(archive, texts)
        refusal: FileRefused | None = None
        found: readers.Columns | None = None
        others = []
        for title, part in book.sheets:
            rows = _valued(workbook_parts.rows(archive, part), book, texts)
            header, rows = _header(rows, feed)
            if not header:
                continue
            named = _named(header, feed)
            names = readers.as_named(named, feed)
            try:
                columns = readers.check_columns(names, ((name,) for name in names), feed)
            except FileRefused as error:
                refusal = refusal or error
                others.append(f"[sheet {title}]")
                continue
            if found is not None:
                others.append(f"[sheet {title}]")
                continue
            found = columns
            _spool_cells(rows, names, named, spool)
    if found is None:
        raise refusal or FileRefused("FILE_NO_ROWS", "no sheet holds anything")
    return readers.Columns([*found.rescued, *others], found.absent)


def _header(rows: Iterator[_Cells], feed: layouts.Feed) -> tuple[list[_Cells], Iterator[_Cells]]:
    """The rows of the header, and those after it: the first that has the required columns, from where the layout points
    on, then before it; else what it points to. A title, or who asked for what, is passed over; where a sheet says that
    it ends does not count."""
    start: list[_Cells] = []
    n_bytes = 0
    for row in itertools.islice(rows, feed.skip_rows + MAX_PREAMBLE + feed.header_rows - 1):
        start.append(row)
        n_bytes += sum(map(len, row.values())) if row else 0
        if n_bytes > readers.BLOCK and len(start) >= feed.skip_rows + feed.header_rows:
            break
    required = set(feed.required_columns())
    places = range(len(start) - feed.header_rows + 1)
    for at in (*places[feed.skip_rows :], *places[: feed.skip_rows]):
        header = start[at : at + feed.header_rows]
        if None not in header and required <= set(readers.as_named(_named(header, feed), feed)):
            return header, itertools.chain(start[at + feed.header_rows :], rows)
    at = feed.skip_rows
    return start[at : at + feed.header_rows], itertools.chain(start[at + feed.header_rows :], rows)


def _named(header: list[_Cells], feed: layouts.Feed) -> list[str]:
    return _names(_spread(header) if feed.header_rows > 1 else _dense(header[0]))


def first_rows(file: IO[bytes], n: int) -> list[tuple[str, list[list[str | None]]]]:
    """The first `n` rows of each sheet, with its title, as texts: what a header is looked for in.

    Raises:
        FileRefused: it is no workbook, or one over the limits.
    """
    archive = _checked(file)
    with Texts() as texts:
        book = workbook_parts.read_book(archive, texts)
        return [
            (
                title,
                [_dense(row) for row in itertools.islice(_valued(workbook_parts.rows(archive, part), book, texts), n)],
            )
            for title, part in book.sheets
        ]


def _checked(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive; refuses a workbook by its directory (sizes, ratio, encryption, way of packing)."""
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise FileRefused("FILE_TRUNCATED", "the archive's directory cannot be read") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileRefused("FILE_ENCRYPTED", "an encrypted archive")
    if workbook_parts.WORKBOOK not in archive.namelist():
        raise FileRefused("FILE_TYPE_MISMATCH", "an archive that is not a workbook")
    too_dense = any(e.file_size > MIN_PART and e.file_size > MAX_XML_RATIO * max(1, e.compress_size) for e in entries)
    if len(entries) > MAX_ENTRIES or too_dense or sum(e.file_size for e in entries) > MAX_WORKBOOK:
        raise FileRefused("FILE_TOO_LARGE", "the workbook unpacks beyond the limits")
    # Others unpack a whole block at once, however large it becomes; no program that writes workbooks uses them.
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise FileRefused("FILE_UNREADABLE", "packed as workbooks are not")
    return archive


def _valued(rows: Iterator[Row], book: Book, texts: Texts) -> Iterator[dict[int, str] | None]:
    """Texts of each row's cells by column, from 1; None where they are over the limit of a row together."""
    for row in rows:
        values: dict[int, str] = {}
        n_bytes = 0
        for cell in row.cells:
            n_bytes += texts.size(int(cell.text)) if cell.kind == "s" else len(cell.text)
            if n_bytes > readers.MAX_LINE:  # a shared text counts each time that it is used
                break
            values[cell.column] = _text(cell, book, texts)
        yield None if row.is_too_long or n_bytes > readers.MAX_LINE else values


def _text(cell: Cell, book: Book, texts: Texts) -> str:
    if cell.kind == "s":
        return texts[int(cell.text)]
    if cell.kind == "b":
        return "true" if int(cell.text) else "false"
    if cell.kind == "d":
        return str(serial.from_ISO8601(cell.text).isoformat())  # type: ignore[no-untyped-call]
    if cell.kind != "n":
        return cell.text
    number = float(cell.text) if set(".eE").intersection(cell.text) else int(cell.text)
    if cell.style in book.dates:
        return _date(number, cell.style, book)
    return "+" * (cell.style in book.with_plus and number > 0) + _plain(number).rjust(
        book.widths.get(cell.style, 0), "0"
    )


def _date(number: float, style: int, book: Book) -> str:
    try:
        value = serial.from_excel(number, book.epoch, timedelta=style in book.durations)
    except (OverflowError, ValueError):
        return "#VALUE!"  # what a spreadsheet shows for a number that is no date
    if isinstance(value, dt.timedelta):
        return _clock(value)
    is_day = isinstance(value, dt.datetime) and style not in book.clocks and value.time() == dt.time()
    return str(value.date().isoformat() if is_day else value.isoformat())


def _clock(stretch: dt.timedelta) -> str:
    """Hours, minutes and seconds, however many hours: "26:03:04"."""
    total = round(stretch.total_seconds())
    sign, total = ("-", -total) if total < 0 else ("", total)
    return f"{sign}{total // 3600}:{total // 60 % 60:02}:{total % 60:02}"


def _plain(number: float) -> str:
    is_whole = isinstance(number, float) and number.is_integer() and abs(number) < 1e15
    return str(int(number)) if is_whole else str(number)


def _dense(row: dict[int, str] | None) -> _Values:
    if row is None:
        raise FileRefused("FILE_TOO_LARGE", f"a header of over {readers.MAX_LINE >> 20} MiB")
    return [row.get(column) for column in range(1, max(row, default=0) + 1)]


def _spread(header: list[dict[int, str] | None]) -> _Values:
    """One name a column of a header that is spread over rows, joined by " / "; a group's cell counts for those right of
    it, up to the next group."""
    texts = [[(value or "").strip() for value in _dense(row)] for row in header]
    width = max(len(row) for row in texts)
    for row in texts:
        row += [""] * (width - len(row))
    for level, row in enumerate(texts[:-1]):
        for n in range(1, width):
            is_within = all(above[n] == above[n - 1] for above in texts[:level])  # the group above still goes on
            row[n] = row[n] or (row[n - 1] if is_within else "")
    return [" / ".join(part for part in parts if part) for parts in zip(*texts, strict=True)]


def _names(header: _Values) -> list[str]:
    cells = list(header)
    while cells and not cells[-1]:
        cells.pop()
    return [(name or "").strip() or f"column_{n}" for n, name in enumerate(cells, start=1)]


def _spool_cells(rows: Iterator[dict[int, str] | None], names: list[str], header: list[str], spool: Spool) -> None:
    """Spools rows in batches; one that is the header again is refused, as rows that were put together have it. A
    workbook's XML has no columnar reader: cells are visited one by one, streaming."""
    again = dict(enumerate(header, start=1))
    n_read = 0
    for block in _blocks(rows, len(names)):
        numbers = np.arange(n_read + 1, n_read + 1 + len(block))
        n_read += len(block)
        is_long = np.array([row is None for row in block], dtype=bool)
        is_wide = np.array([row is not None and max(row) > len(names) for row in block], dtype=bool)
        json_rows.refuse_long(numbers[is_long], spool)
        texts = [str(_dense(row)) for row, wide in zip(block, is_wide, strict=True) if wide]
        detail = f"values beyond the {len(names)} columns"
        spool.add(numbers[is_wide], pa.array(texts, pa.string()), "ROW_MALFORMED", detail)
        is_again = np.array([row == again for row in block], dtype=bool)
        spool.add(numbers[is_again], pa.array([str(header)] * int(is_again.sum()), pa.string()), "ROW_MALFORMED", AGAIN)
        is_bad = is_long | is_wide | is_again
        good = [row for row, bad in zip(block, is_bad, strict=True) if not bad and row is not None]
        columns = [pa.array([row.get(n) for row in good], pa.string()) for n in range(1, len(names) + 1)]
        batch = pa.RecordBatch.from_arrays(columns, names=names)
        json_rows.spool_rows(numbers[~is_bad], batch, spool)


def _blocks(rows: Iterator[dict[int, str] | None], width: int) -> Iterator[list[Any]]:
    """Rows some at a time: as many as fit the memory that a block may take."""
    block: list[dict[int, str] | None] = []
    n_bytes = 0
    for row in rows:
        block.append(row)
        n_cells = max(width, max(row, default=0)) if row else 1
        n_bytes += n_cells * CELL + (sum(map(len, row.values())) if row else 0)
        if n_bytes > json_rows.AT_ONCE or len(block) >= readers.BATCH:
            yield block
            block, n_bytes = [], 0
    if block:
        yield block
