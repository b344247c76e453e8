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

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import json_rows, json_shape
from pipelines.ingest.readers.base import FileRefused, Spool
from pipelines.ingest.readers.text import CheckedText
from schemas.layouts import layouts

_BLANK = re.compile(r"[ \t\r\n]*")
# Numbers keep their digits: a float would lose some of a long identifier's.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


def read_json(opened: Callable[[], CheckedText], feed: layouts.Feed, spool: Spool) -> list[str]:
    """Spools every element of the array that the layout's `rows_at` names; returns columns that no mapping names.

    Where the layout's `names_at` names an array of names, rows are arrays of as many values. Rows that are neither
    become ROW_MALFORMED with their text.

    Args:
        opened: opens the text from its start, once or, with `names_at`, twice.
    """
    names = _names(opened(), feed.names_at) if feed.names_at is not None else None
    elements = _Document(opened()).elements(feed.rows_at)
    unmapped: list[str] | None = None
    n_read = 0
    for block in _blocks(elements):
        if unmapped is None:
            sample = [_row(value, names) for _, value in block[: json_shape.SAMPLED]]
            unmapped = json_shape.columns([row for row in sample if row is not None], feed)
        _spool(block, n_read + 1, names, spool)
        n_read += len(block)
    return unmapped or []


def _names(text: CheckedText, at: str) -> list[str]:
    names = [value for _, value in itertools.islice(_Document(text).elements(at), readers.MAX_COLUMNS + 1)]
    if not all(isinstance(name, str) for name in names):
        raise FileRefused("FILE_LAYOUT_UNKNOWN", f"{at}: not an array of names")
    return [str(name).strip() for name in names]


def _row(value: Any, names: list[str] | None) -> dict[str, Any] | None:
    """The row as an object, or None where it is no row."""
    if names is None:
        return value if isinstance(value, dict) else None
    return dict(zip(names, value, strict=True)) if isinstance(value, list) and len(value) == len(names) else None


def _spool(block: list[tuple[str, Any]], first: int, names: list[str] | None, spool: Spool) -> None:
    rows = [_row(value, names) for _, value in block]
    texts = pa.array(
        [raw if row is None or names is None else json.dumps(row, ensure_ascii=False)
         for (raw, _), row in zip(block, rows, strict=True)],
        pa.string(),
    )  # fmt: skip
    numbers = np.arange(first, first + len(block))
    is_row = np.array([row is not None for row in rows], dtype=bool)
    expected = "an object" if names is None else f"an array of {len(names)} values"
    json_rows.spool_texts(numbers, texts, spool, is_row, otherwise=f"not {expected}")


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
    """A document's text, of which a window is held, and the place in it."""

    def __init__(self, text: CheckedText) -> None:
        self._text = text
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._window, self._at, self._is_done = "", 0, False

    def elements(self, path: str | None) -> Iterator[tuple[str, Any]]:
        """Each element of the array at the dotted path (None: the document itself): its text and its value.

        Raises:
            FileRefused: the document is cut or is not JSON, has no such array, or has it twice.
        """
        yield from self._within(path.split(".") if path else [], path)
        if self._next() is not None:
            raise FileRefused("FILE_UNREADABLE", "goes on after the end of its JSON document")

    def _within(self, steps: list[str], path: str | None) -> Iterator[tuple[str, Any]]:
        if not steps:
            yield from self._array(path)
            return
        if self._next() != "{":
            raise FileRefused("FILE_LAYOUT_UNKNOWN", f"no array of rows at {path}")
        n_found = 0
        for _ in self._parts("{", "}"):
            _, key = self._value()
            self._expect(":")
            if key != steps[0]:
                self._value()
                continue
            n_found += 1
            if n_found > 1:
                raise FileRefused("FILE_UNREADABLE", f"{path}: named twice")
            yield from self._within(steps[1:], path)
        if not n_found:
            raise FileRefused("FILE_LAYOUT_UNKNOWN", f"no array of rows at {path}")

    def _array(self, path: str | None) -> Iterator[tuple[str, Any]]:
        if self._next() != "[":
            raise FileRefused("FILE_LAYOUT_UNKNOWN", f"no array of rows at {path or 'the top of the document'}")
        for _ in self._parts("[", "]"):
            yield self._value()

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        """Once for each part between the brackets, at its start; what is yielded to reads it."""
        self._expect(opening)
        if self._next() == closing:
            self._expect(closing)
            return
        while True:
            yield
            if self._next() == closing:
                self._expect(closing)
                return
            self._expect(",")

    def _next(self) -> str | None:
        """The next character that is not blank, not taken; None at the end."""
        while True:
            self._at = _BLANK.match(self._window, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._fill():
                return None

    def _expect(self, mark: str) -> None:
        found = self._next()
        if found is None:
            raise FileRefused("FILE_TRUNCATED", "the JSON document ends early")
        if found != mark:
            raise FileRefused("FILE_UNREADABLE", f"not a JSON document: no {mark} where one belongs")
        self._at += 1

    def _value(self) -> tuple[str, Any]:
        """The next value, taken: its text as written, and parsed."""
        if self._next() is None:
            raise FileRefused("FILE_TRUNCATED", "the JSON document ends early")
        while True:
            try:
                value, end = _DECODER.raw_decode(self._window, self._at)
            except (ValueError, RecursionError) as error:
                if self._is_long():
                    raise FileRefused(
                        "FILE_UNREADABLE", f"a value of over {readers.MAX_LINE >> 20} MiB, or one that is not JSON"
                    ) from error
                if self._fill():
                    continue
                raise FileRefused("FILE_TRUNCATED", "the JSON document ends early, or is not JSON") from error
            if end == len(self._window) and self._fill():  # a number may go on
                continue
            raw = self._window[self._at : end]
            self._at = end
            return raw, value

    def _is_long(self) -> bool:
        return len(self._window) - self._at > readers.MAX_LINE

    def _fill(self) -> bool:
        """Reads on; False at the end of the text."""
        if self._is_done:
            return False
        read = self._text.read(readers.BLOCK)
        self._is_done = not read
        self._window = self._window[self._at :] + self._decoder.decode(read, final=self._is_done)
        self._at = 0
        return not self._is_done
