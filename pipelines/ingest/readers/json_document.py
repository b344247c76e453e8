"""One JSON document with its rows in an array, at its top or at a path: streamed, and each row as its sender wrote it.

The standard library's decoder says where a value ends; of the document only what is not yet a row is held, so memory
does not grow with the file. Nothing is loaded of a document that is cut, goes on after its end, or names the array
twice.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.common import json_stream
from pipelines.common.json_stream import JsonStream, JsonStreamError
from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import json_rows, json_shape
from pipelines.ingest.readers.base import FileRefused, Spool
from pipelines.ingest.readers.text import CheckedText
from schemas.layouts import layouts

_HALF = re.compile("[\ud800-\udfff]")
# Numbers keep their digits: a float would lose some of a long identifier's.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


def read_json(opened: Callable[[], CheckedText], feed: layouts.Feed, spool: Spool) -> readers.Columns:
    """Spools every element of the array that the layout's `rows_at` names; returns how its columns
    differ from the layout's.

    Where the layout's `names_at` names an array of names, rows are arrays of as many values. Rows that are neither
    become ROW_MALFORMED with their text.

    Args:
        opened: opens the text from its start, once or, with `names_at`, twice.
    """
    names = _names(opened(), feed.names_at) if feed.names_at is not None else None
    elements = _Document(opened()).elements(feed.rows_at)
    columns: readers.Columns | None = None
    n_read = 0
    for block in _blocks(elements):
        if columns is None:
            sample = [_row(value, names) for _, value in block[: json_shape.SAMPLED]]
            columns = json_shape.columns([row for row in sample if row is not None], feed)
        _spool(block, n_read + 1, names, spool)
        n_read += len(block)
    return columns or readers.Columns([], [])


def _names(text: CheckedText, at: str) -> list[str]:
    names = [value for _, value in itertools.islice(_Document(text).elements(at), readers.MAX_COLUMNS + 1)]
    if not all(isinstance(name, str) for name in names):
        raise FileRefused("FILE_LAYOUT_UNKNOWN", f"{at}: not an array of names")
    stripped = [str(name).strip() for name in names]
    if len(set(stripped)) < len(stripped):  # the values of one would take the place of the other's
        raise FileRefused("FILE_DUPLICATE_COLUMNS", f"{len(stripped) - len(set(stripped))} columns repeat a name")
    return stripped


def _row(value: Any, names: list[str] | None) -> dict[str, Any] | None:
    """The row as an object, or None where it is no row."""
    if names is None:
        return value if isinstance(value, dict) else None
    return dict(zip(names, value, strict=True)) if isinstance(value, list) and len(value) == len(names) else None


def _spool(block: list[tuple[str, Any]], first: int, names: list[str] | None, spool: Spool) -> None:
    rows = [_row(value, names) for _, value in block]
    texts = pa.array(
        [raw if row is None or names is None else _text(row) for (raw, _), row in zip(block, rows, strict=True)],
        pa.string(),
    )  # fmt: skip
    numbers = np.arange(first, first + len(block))
    is_row = np.array([row is not None for row in rows], dtype=bool)
    expected = "an object" if names is None else f"an array of {len(names)} values"
    json_rows.spool_texts(numbers, texts, spool, is_row, otherwise=f"not {expected}")


def _text(row: dict[str, Any]) -> str:
    """The row's JSON; half characters, which no UTF-8 holds, as escapes."""
    text = json.dumps(row, ensure_ascii=False)
    return json.dumps(row) if _HALF.search(text) else text


def _blocks(elements: Iterator[tuple[str, Any]]) -> Iterator[list[tuple[str, Any]]]:
    """Elements some at a time: as many as fit the memory that a block may take."""
    block: list[tuple[str, Any]] = []
    n_characters = 0
    for raw, value in elements:
        block.append((raw, value))
        n_characters += len(raw)
        if n_characters > json_rows.AT_ONCE or len(block) >= readers.BATCH:
            yield block
            block, n_characters = [], 0
    if block:
        yield block


class _Document:
    """A document of which only what is not yet a row is held."""

    def __init__(self, text: CheckedText) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()

        def more(_: int) -> tuple[str, bool]:
            block = text.read(readers.BLOCK)
            return decoder.decode(block, final=not block), not block

        self._stream = JsonStream(more, readers.MAX_LINE, _DECODER)

    def elements(self, path: str | None) -> Iterator[tuple[str, Any]]:
        """Each element of the array at the dotted path (None: the document itself): its text and its value.

        Raises:
            FileRefused: the document is cut or is not JSON, has no such array, or has it twice.
        """
        try:
            yield from self._within(path.split(".") if path else [], path)
            self._stream.end()
        except JsonStreamError as error:
            raise _refused(error) from error

    def _within(self, steps: list[str], path: str | None) -> Iterator[tuple[str, Any]]:
        if not steps:
            yield from self._array(path)
            return
        if self._stream.peek() != "{":
            raise FileRefused("FILE_LAYOUT_UNKNOWN", f"no array of rows at {path}")
        n_found = 0
        for key in self._stream.members():
            if key != steps[0]:
                self._stream.value()
                continue
            n_found += 1
            if n_found > 1:
                raise FileRefused("FILE_UNREADABLE", f"{path}: named twice")
            yield from self._within(steps[1:], path)
        if not n_found:
            raise FileRefused("FILE_LAYOUT_UNKNOWN", f"no array of rows at {path}")

    def _array(self, path: str | None) -> Iterator[tuple[str, Any]]:
        if self._stream.peek() != "[":
            raise FileRefused("FILE_LAYOUT_UNKNOWN", f"no array of rows at {path or 'the top of the document'}")
        for _ in self._stream.elements():
            yield self._stream.value()


def _refused(error: JsonStreamError) -> FileRefused:
    if error.kind == json_stream.CUT:
        return FileRefused("FILE_TRUNCATED", "the JSON document ends early")
    if error.kind == json_stream.MORE:
        return FileRefused("FILE_UNREADABLE", "goes on after the end of its JSON document")
    if error.kind == json_stream.TOO_LONG:
        return FileRefused("FILE_UNREADABLE", f"a value of over {readers.MAX_LINE >> 20} MiB")
    mark = f": no {error.wanted} where one belongs" if error.wanted else ""
    return FileRefused("FILE_UNREADABLE", f"not a JSON document{mark}")
