"""JSON files of exports, read as they stream: a value is held when it is whole, and no more of the file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from pipelines.common import json_stream
from pipelines.common.json_stream import JsonStream, JsonStreamError
from pipelines.device.readers.base import MAX_RECORD, TOO_LARGE, Clean, ReadingStopped
from pipelines.device.records import Place

_WHY = {
    json_stream.CUT: ("CUT", "the file ends early"), json_stream.NO_JSON: ("DAMAGED", "no JSON"),
    json_stream.TOO_LONG: ("TOO_LARGE", TOO_LARGE), json_stream.MORE: ("DAMAGED", "more than one document"),
}  # fmt: skip


class Text:
    """The text of a JSON file, and the byte of its next character."""

    def __init__(self, content: BinaryIO, clean: Clean) -> None:
        self._content, self._clean = content, clean
        self.byte = 0
        self.stream = JsonStream(self._more, MAX_RECORD, json.JSONDecoder(strict=False), self._pass)

    @contextmanager
    def document(self) -> Iterator[JsonStream]:
        """The stream of the one document, which has ended when the block has.

        Raises:
            ReadingStopped: it is cut or damaged, or a value is too large.
        """
        try:
            yield self.stream
            self.stream.end()
        except JsonStreamError as error:
            raise ReadingStopped(*_WHY[error.kind], self.byte) from error

    def elements(self) -> Iterator[tuple[Any, Place]]:
        """Each value of the array that comes next, and the bytes that it stands in."""
        for _ in self.stream.elements():
            self.stream.peek()
            start = self.byte
            value = self.stream.value().value
            yield value, Place(start, self.byte)

    def _more(self, n: int) -> tuple[str, bool]:
        block = self._content.read(n)
        return self._clean.block(block, not block).decode("utf-8"), not block

    def _pass(self, text: str) -> None:
        self.byte += len(text) if text.isascii() else len(text.encode())
