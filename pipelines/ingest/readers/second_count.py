"""How many records a file holds, by other readers than those that read it: the second witness of row conservation.

Rows that one reader swallowed are in none of its counts, and all of them agree. Counted here are lines and records, by
Python's own parsers and by openpyxl, which share nothing with the readers but the header's place.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import warnings
from pathlib import Path
from typing import Any

import openpyxl
from pyarrow import parquet

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import csv_dialect
from schemas.layouts import layouts

MAX_BYTES = 32 << 20  # of a file that is counted again, once unpacked: a sample, and seconds


def of_file(path: Path, feed: layouts.Feed) -> int | None:
    """Records of the file, header aside; None for a file that is large, or that these readers cannot read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        if feed.format == "parquet":
            return int(parquet.read_metadata(path).num_rows)
        if feed.format == "xlsx":
            return _workbook(path, feed)
        text = _text(path, feed)
        counts = {"csv": _csv, "jsonl": _lines, "json": _document}
        return None if text is None else max(0, counts[feed.format](text, feed))
    except Exception:  # noqa: BLE001 - a witness that cannot read says nothing; whoever reads the file says why
        return None


def _text(path: Path, feed: layouts.Feed) -> str | None:
    content = path.read_bytes()
    if content.startswith(readers.GZIP):
        with gzip.open(io.BytesIO(content)) as unpacked:
            content = unpacked.read(MAX_BYTES + 1)
    return content.decode(feed.encoding).removeprefix("\ufeff") if len(content) <= MAX_BYTES else None


def _csv(text: str, feed: layouts.Feed) -> int:
    """Records of Python's parser, or lines that hold a row's worth of separators, whichever are more: a quotation mark
    that was never closed takes rows from the first count, and none from the second."""
    head = csv_dialect.head(text[: readers.BLOCK], feed)
    body = text.encode()[head.n_bytes_before :].decode()
    parsed = csv.reader(io.StringIO(body, newline=""), delimiter=feed.delimiter, **csv_dialect.PYTHON[feed.quoting])
    n_records = sum(1 for row in parsed if row) - 1
    n_separators = max(2, len(head.names) - 1)
    n_lines = sum(_n_between(line, feed.delimiter) >= n_separators for line in body.splitlines()) - 1
    return max(n_records, n_lines)


def _n_between(line: str, delimiter: str) -> int:
    """Separators of a line that stand as they do between values."""
    n = line.count(delimiter)
    return n - line.count(delimiter + " ") if delimiter in csv_dialect.PROSE else n


def _lines(text: str, feed: layouts.Feed) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))


def _document(text: str, feed: layouts.Feed) -> int:
    rows: Any = json.loads(text)
    for step in feed.rows_at.split(".") if feed.rows_at else []:
        rows = rows[step]
    return len(rows)


def _workbook(path: Path, feed: layouts.Feed) -> int | None:
    """Rows with a value of the first sheet whose header has the required columns."""
    with path.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and extensions that openpyxl does not know
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = [row for row in sheet.iter_rows(values_only=True) if any(cell not in (None, "") for cell in row)]
            first = feed.skip_rows + feed.header_rows
            if feed.header_rows > 1:  # a name is spread over rows: what it is, only the reader knows
                return len(rows) - first if len(book.worksheets) == 1 else None
            names = readers.as_named([str(cell or "").strip() for cell in [*rows, ()][first - 1]], feed) if rows else []
            if set(feed.required_columns()) <= set(names):
                return len(rows) - first
    return None
