"""Which CSV a sender writes: where its header stands, how it quotes, and rows whose values are not where they belong.

What still parses when it is damaged is looked for here: a quotation mark that was never closed takes the rows after it
into one value, and the counts of rows agree all the same.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers.base import FileRefused
from schemas.layouts import layouts

MAX_PREAMBLE = 50  # rows among which the header is looked for
AGAIN = "the header once more, as in files that were put together"
PROSE = (",", ";")  # separators that prose holds as well
SWALLOWED = "a quoted value holds line ends and a row's worth of separators: a quotation mark is not closed"
BACKSLASHES = 'quotation marks are escaped with a backslash: the layout says how with "quoting: backslash"'

PYTHON: dict[str, dict[str, Any]] = {
    "doubled": {},
    "backslash": {"escapechar": "\\", "doublequote": False},
    "none": {"quoting": csv.QUOTE_NONE},
}
_ARROW: dict[str, dict[str, Any]] = {
    "doubled": {"newlines_in_values": True},
    "backslash": {"newlines_in_values": True, "escape_char": "\\", "double_quote": False},
    "none": {"newlines_in_values": False, "quote_char": False},
}


@dataclass(frozen=True)
class Head:
    """The names of a file's columns, the bytes of UTF-8 before them, and what the value is called that each row has
    beyond them: rows of some systems end in a separator, which makes an empty one. `written` are the names as they
    stand in the file."""

    names: list[str]
    n_bytes_before: int = 0
    surplus: str | None = None
    written: tuple[str, ...] = ()


def head(start: str, feed: layouts.Feed) -> Head:
    """The header of a file that begins with `start`: the first of its rows that has the required columns, else the
    first row.

    Raises:
        FileRefused: it is JSON, or no row of CSV.
    """
    if start.lstrip().startswith(('{"', "[{")):
        raise FileRefused("FILE_TYPE_MISMATCH", "JSON, the layout says csv")
    lines = list(io.StringIO(start, newline=""))
    reader = csv.reader(lines, delimiter=feed.delimiter, **PYTHON[feed.quoting])
    required, first = set(feed.required_columns()), Head([])
    try:
        for row, n_lines in _with_lines_before(reader):
            names = readers.as_named([name.strip() or f"column_{n}" for n, name in enumerate(row, start=1)], feed)
            if required <= set(names):
                n_bytes = len("".join(lines[:n_lines]).encode())
                return Head(names, n_bytes, _surplus(names, reader), tuple(name.strip() for name in row))
            first = first if first.names else Head(names)
    except csv.Error as error:
        if not first.names:
            raise FileRefused("FILE_UNREADABLE", "the header cannot be parsed") from error
    return first


def _with_lines_before(reader: Any) -> Iterator[tuple[list[str], int]]:
    """Rows that are not empty, each with the number of lines before it."""
    n_lines = 0
    for row in itertools.islice(reader, MAX_PREAMBLE):
        if row:
            yield row, n_lines
        n_lines = reader.line_num


def _surplus(names: list[str], after: Iterator[list[str]]) -> str | None:
    """The name of the empty value in which the first row of data ends, beyond the header's; None without one."""
    try:
        row = next((row for row in itertools.islice(after, MAX_PREAMBLE) if row), [])
    except csv.Error:  # the parser of the rows will say so
        return None
    if len(row) != len(names) + 1 or row[-1].strip():
        return None
    name = "beyond the header"
    while name in names:
        name += "_"
    return name


def options(feed: layouts.Feed, refused: Callable[[Any], str]) -> arrow_csv.ParseOptions:
    """How Arrow parses the sender's rows; `refused` takes those with another number of values than the header."""
    return arrow_csv.ParseOptions(delimiter=feed.delimiter, invalid_row_handler=refused, **_ARROW[feed.quoting])


def misplaced(batch: pa.RecordBatch, feed: layouts.Feed, header: Head) -> Iterator[tuple[str, Any]]:
    """Details of what is wrong with rows that parse, each with the rows (array of bool) of which it is true."""
    if header.surplus is not None:
        beyond = pc.utf8_trim_whitespace(batch.column(header.surplus))
        yield f"a value beyond the header's {len(header.names)}", _true(pc.greater(pc.binary_length(beyond), 0))
    yield AGAIN, _is_header(batch, header.written)
    for column in batch.columns:
        if feed.quoting == "doubled":
            yield BACKSLASHES, _true(pc.match_substring(column, '\\"'))
        has_lines = pc.match_substring(column, "\n")
        if pc.any(has_lines).as_py():
            is_row = pc.greater_equal(_n_separators(column, feed.delimiter), max(2, len(header.names) - 1))
            yield SWALLOWED, _true(pc.and_(has_lines, is_row))


def _is_header(batch: pa.RecordBatch, names: tuple[str, ...]) -> Any:
    """Which rows hold the names of their columns."""
    is_again = None
    for name, column in zip(names, batch.columns, strict=False):
        is_name = pc.equal(pc.utf8_trim_whitespace(column), name)
        is_again = is_name if is_again is None else pc.and_(is_again, is_name)
        if not pc.any(is_again).as_py():
            break
    return np.zeros(len(batch), dtype=bool) if is_again is None else _true(is_again)


def _n_separators(column: pa.Array, delimiter: str) -> pa.Array:
    """Separators in each value that stand as they do between values.

    In prose a blank or a line end follows a comma or a semicolon; at a line end it counts all the same where others
    stand between values: a row that was swallowed may end in an empty value.
    """
    n = pc.count_substring(column, delimiter)
    if delimiter not in PROSE:
        return n
    tight = pc.subtract(n, pc.count_substring(column, delimiter + " "))
    at_ends = pc.add(pc.count_substring(column, delimiter + "\n"), pc.count_substring(column, delimiter + "\r"))
    return pc.if_else(pc.greater(tight, at_ends), tight, pc.subtract(tight, at_ends))


def _true(mask: pa.Array) -> Any:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
