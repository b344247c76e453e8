"""Artefacts that iLEAPP and ALEAPP write as JSON: `metadata`, `headers`, and rows as arrays in `data`, in this order.

A row is read when it is whole; nothing else of the file is kept. A row too large ends the reading there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.device.readers.base import BLOCK, MAX_RECORD, TOO_LARGE, Clean, ReadingStopped, never_raising
from pipelines.device.readers.leapp_artefacts import Rows, artefact
from pipelines.device.records import Place, Record, Source

_NAMES = re.compile(rb'"(?:artifact_name|function_name)"\s*:\s*"([^"\\]{1,200})"')
_BLANK = re.compile(r"[ \t\r\n]*")
_AT_END = 64  # characters from the end within which a failing value may only be unfinished


class LeappJson:
    """A JSON file of iLEAPP or ALEAPP."""

    name = "leapp_json"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        names = [one.decode("utf-8", "replace") for one in _NAMES.findall(head)]
        return head.lstrip()[:1] == b"{" and b'"headers"' in head and artefact(*names) is not None

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        clean = Clean()
        text = _Text(content, clean)
        told: dict[str, object] = {}
        text.expect("{")
        while True:
            key, _ = text.value()
            text.expect(":")
            if key == "data":
                yield from _rows(text, told, source, clean)
            else:
                told[str(key)] = text.value()[0]
            if text.expect(",}") == "}":
                break
        text.expect_end()
        yield from clean.told()


def _rows(text: _Text, told: dict[str, object], source: Source, clean: Clean) -> Iterator[Record]:
    metadata, headers = told.get("metadata"), told.get("headers")
    names = metadata if isinstance(metadata, dict) else {}
    known = artefact(str(names.get("function_name", "")), str(names.get("artifact_name", "")))
    if known is None or not isinstance(headers, list) or not known.fits(headers):
        raise ReadingStopped("UNREADABLE", "no artefact with headings that are known", text.byte)
    rows = Rows(known, [str(one) for one in headers], source, clean)
    text.expect("[")
    if text.peek() == "]":
        text.expect("]")
        return
    while True:
        row, place = text.value()
        yield rows.record(row, place)
        yield from clean.told()
        if text.expect(",]") == "]":
            return


class _Text:
    """The text of a JSON file, from a byte on."""

    def __init__(self, content: BinaryIO, clean: Clean) -> None:
        self._content, self._clean = content, clean
        self._buffer, self._at = "", 0
        self._is_last = False
        self._decoder = json.JSONDecoder(strict=False)
        self.byte = 0  # of the next character

    def _more(self) -> bool:
        """Reads on, twice as far as before; False at the end."""
        if self._is_last:
            return False
        kept = self._buffer[self._at :]
        block = self._content.read(max(BLOCK, len(kept)))
        self._is_last = not block
        self._buffer, self._at = kept + self._clean.block(block, self._is_last).decode("utf-8"), 0
        return True

    def _go(self, at: int) -> None:
        passed = self._buffer[self._at : at]
        self.byte += len(passed) if passed.isascii() else len(passed.encode())
        self._at = at

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            blank = _BLANK.match(self._buffer, self._at)
            self._go(blank.end() if blank else self._at)
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def expect(self, characters: str) -> str:
        """Take one of these characters."""
        found = self.peek()
        if not found:
            raise ReadingStopped("CUT", "the file ends early", self.byte)
        if found not in characters:
            raise ReadingStopped("DAMAGED", "no JSON", self.byte)
        self._go(self._at + 1)
        return found

    def expect_end(self) -> None:
        if self.peek():
            raise ReadingStopped("DAMAGED", "more than one document", self.byte)

    def value(self) -> tuple[object, Place]:
        """The next value, and its bytes."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
                if end - self._at > MAX_RECORD:
                    raise ReadingStopped("TOO_LARGE", TOO_LARGE, self.byte)
                if end < len(self._buffer) or self._is_last:
                    start = self.byte
                    self._go(end)
                    return value, Place(start, self.byte)
            except json.JSONDecodeError as error:
                is_unfinished = len(self._buffer) - error.pos < _AT_END or error.msg.startswith("Unterminated")
                if not is_unfinished:
                    raise ReadingStopped("DAMAGED", "no JSON", self.byte) from error
                if self._is_last:
                    raise ReadingStopped("CUT", "the file ends early", self.byte) from error
            except (ValueError, RecursionError) as error:
                raise ReadingStopped("DAMAGED", "no JSON that can be held", self.byte) from error
            if len(self._buffer) - self._at > MAX_RECORD:
                raise ReadingStopped("TOO_LARGE", TOO_LARGE, self.byte)
            self._more()
