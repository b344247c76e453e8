"""XLSX and Parquet, streamed. Workbooks are archives of XML: their directory is judged before anything is unpacked."""

from __future__ import annotations

import datetime as dt
import itertools
import zipfile
from collections.abc import Iterator
from typing import IO, Any

import defusedxml.common
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import text as readers_text
from pipelines.ingest.readers.base import FileRefused, Spool
from schemas.layouts import layouts

MAX_WORKBOOK = 1 << 30  # bytes that a workbook may unpack to; its sheets are streamed
MAX_STRINGS = 128 << 20  # bytes of its shared strings, which are held in memory
MAX_ENTRIES = 2_000
MAX_ROWS = 1_048_576  # of a sheet, by the format
MAX_XML_RATIO = 100  # of one part over MIN_PART; sheets of one layout pack about 20 times
MIN_PART = 8 << 20


def read_xlsx(file: IO[bytes], feed: layouts.Feed, spool: Spool) -> list[str]:
    """Spools every row of the first sheet that has the layout's required columns.

    Returns the columns that no mapping names, and other sheets that hold anything, as "[sheet Notes]". Real date
    cells become ISO text; whole numbers lose their ".0".
    """
    _check_archive(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except defusedxml.common.DefusedXmlException as error:
        raise FileRefused("FILE_TOO_LARGE", "XML that declares entities") from error
    except (KeyError, ValueError, TypeError, SyntaxError, zipfile.BadZipFile) as error:
        raise FileRefused("FILE_UNREADABLE", "not a workbook that can be read") from error
    try:
        refusal: FileRefused | None = None
        unmapped: list[str] | None = None
        others = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a sheet says of its size is not to be believed
            rows = sheet.iter_rows(values_only=True, max_row=MAX_ROWS)
            filled = (row for row in rows if any(cell is not None for cell in row))
            header = list(itertools.islice(filled, feed.skip_rows + feed.header_rows))[feed.skip_rows :]
            if not header:
                continue
            names = _names(_spread(header) if feed.header_rows > 1 else header[0])
            try:
                found = readers.check_columns(names, ((name,) for name in names), feed)
            except FileRefused as error:
                refusal = refusal or error
                others.append(f"[sheet {sheet.title}]")
                continue
            if unmapped is not None:
                others.append(f"[sheet {sheet.title}]")
                continue
            unmapped = found
            _spool_cells(rows, names, spool)
        if unmapped is None:
            raise refusal or FileRefused("FILE_NO_ROWS", "no sheet holds anything")
        return [*unmapped, *others]
    finally:
        book.close()


def _check_archive(file: IO[bytes]) -> None:
    """Refuses a workbook by its directory (sizes, ratio, encryption) and by document types in its XML."""
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise FileRefused("FILE_TRUNCATED", "the archive's directory cannot be read") from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileRefused("FILE_ENCRYPTED", "an encrypted archive")
    if "xl/workbook.xml" not in archive.namelist():
        raise FileRefused("FILE_TYPE_MISMATCH", "an archive that is not a workbook")
    too_dense = any(e.file_size > MIN_PART and e.file_size > MAX_XML_RATIO * max(1, e.compress_size) for e in entries)
    strings = sum(e.file_size for e in entries if e.filename.lower().endswith("sharedstrings.xml"))
    if (
        len(entries) > MAX_ENTRIES
        or too_dense
        or strings > MAX_STRINGS
        or sum(e.file_size for e in entries) > MAX_WORKBOOK
    ):
        raise FileRefused("FILE_TOO_LARGE", "the workbook unpacks beyond the limits")
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            _check_xml(archive, entry)
    file.seek(0)


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """A document type comes before the root element; workbooks have none, and entities are the way to an XML bomb."""
    try:
        with archive.open(entry) as part:
            head = part.read(64 << 10)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        raise FileRefused("FILE_TRUNCATED", "a part of the workbook cannot be read") from error
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise FileRefused("FILE_TOO_LARGE", "XML that declares entities")
    if head and not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise FileRefused("FILE_ENCODING", "a part of the workbook is not UTF-8 XML")


def _spread(header: list[tuple[Any, ...]]) -> tuple[str, ...]:
    """One name a column of a header that is spread over rows, joined by " / "; a group's cell counts for those right of
    it, up to the next group."""
    texts = [[(_cell(value) or "").strip() for value in row] for row in header]
    width = max(len(row) for row in texts)
    for row in texts:
        row += [""] * (width - len(row))
    for level, row in enumerate(texts[:-1]):
        for n in range(1, width):
            is_within = all(above[n] == above[n - 1] for above in texts[:level])  # the group above still goes on
            row[n] = row[n] or (row[n - 1] if is_within else "")
    return tuple(" / ".join(part for part in parts if part) for parts in zip(*texts, strict=True))


def _names(header: tuple[Any, ...]) -> list[str]:
    cells = [_cell(value) for value in header]
    while cells and not cells[-1]:
        cells.pop()
    return [(name or "").strip() or f"column_{n}" for n, name in enumerate(cells, start=1)]


def _spool_cells(rows: Iterator[tuple[Any, ...]], names: list[str], spool: Spool) -> None:
    """Spools rows in batches. A workbook's XML has no columnar reader: cells are visited one by one, streaming."""
    n_read, width = 0, len(names)
    while True:
        try:
            block = list(itertools.islice(rows, readers.BATCH))
        except defusedxml.common.DefusedXmlException as error:
            raise FileRefused("FILE_TOO_LARGE", "XML that declares entities") from error
        except (zipfile.BadZipFile, EOFError, SyntaxError) as error:
            raise FileRefused("FILE_TRUNCATED", "a sheet ends early") from error
        if not block:
            return
        filled = [row for row in block if any(cell is not None for cell in row)]
        numbers = np.arange(n_read + 1, n_read + 1 + len(filled))
        n_read += len(filled)
        is_wide = np.array([any(cell is not None for cell in row[width:]) for row in filled], dtype=bool)
        texts = [str([_cell(cell) for cell in row]) for row, wide in zip(filled, is_wide, strict=True) if wide]
        spool.add(numbers[is_wide], pa.array(texts, pa.string()), "ROW_MALFORMED", f"values beyond the {width} columns")
        good = [row for row, wide in zip(filled, is_wide, strict=True) if not wide]
        columns = [
            pa.array([_cell(row[n]) if n < len(row) else None for row in good], pa.string()) for n in range(width)
        ]
        if good:
            batch = pa.RecordBatch.from_arrays(columns, names=names)
            readers_text.spool_json(numbers[~is_wide], batch, spool)


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def read_parquet(file: IO[bytes], feed: layouts.Feed, spool: Spool) -> list[str]:
    """Spools every row of a Parquet file; scalars become text (exact numbers, ISO dates and UTC instants)."""
    try:
        table = parquet.ParquetFile(file)
        schema = table.schema_arrow
        names = [name.strip() for name in schema.names]
        unmapped = readers.check_columns(names, _schema_paths(schema), feed)
        metadata = table.metadata
        n_unpacked = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
        if n_unpacked > readers.MAX_TEXT:
            raise FileRefused("FILE_TOO_LARGE", f"over {readers.MAX_TEXT >> 30} GiB unpacked")
        n_read = 0
        for batch in table.iter_batches(batch_size=readers.BATCH, use_threads=False):
            columns = [_as_text(column) for column in batch.columns]
            numbers = np.arange(n_read + 1, n_read + 1 + batch.num_rows)
            readers_text.spool_json(numbers, pa.RecordBatch.from_arrays(columns, names=names), spool)
            n_read += batch.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise FileRefused("FILE_UNREADABLE", f"not Parquet that can be read ({type(error).__name__})") from error
    return unmapped


def _schema_paths(schema: pa.Schema) -> Iterator[tuple[str, ...]]:
    def below(field: pa.Field, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        path = (*above, field.name.strip())
        yield path
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            for inside in kind:
                yield from below(inside, path)

    for field in schema:
        yield from below(field, ())


def _as_text(column: pa.Array) -> pa.Array:
    """A column as text, NULL kept; nested columns stay as they are, for JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            return pc.strftime(column.cast(pa.timestamp("us"), safe=False), "%Y-%m-%dT%H:%M:%S")
        return pc.strftime(column.cast(pa.timestamp("us", "UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_nested(kind):
        return column
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
    return column.cast(pa.string())
