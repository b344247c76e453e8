"""Artefacts that iLEAPP and ALEAPP write as JSON: `metadata`, `headers`, and rows as arrays in `data`, in this order.

A row is read when it is whole; nothing else of the file is kept. A row too large ends the reading there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.common import json_stream
from pipelines.common.json_stream import JsonStream, JsonStreamError
from pipelines.device.readers.base import MAX_RECORD, TOO_LARGE, Clean, ReadingStopped, never_raising
from pipelines.device.readers.leapp_artefacts import Rows, artefact
from pipelines.device.records import Place, Record, Source

_NAMES = re.compile(rb'"(?:artifact_name|function_name)"\s*:\s*"([^"\\]{1,200})"')
WHY = {
    json_stream.CUT: ("CUT", "the file ends early"), json_stream.NO_JSON: ("DAMAGED", "no JSON"),
    json_stream.TOO_LONG: ("TOO_LARGE", TOO_LARGE), json_stream.MORE: ("DAMAGED", "more than one document"),
}  # fmt: skip


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
        text = Text(content, clean)
        told: dict[str, object] = {}
        try:
            for key in text.stream.members():
                if key == "data":
                    yield from _rows(text, told, source, clean)
                else:
                    told[key] = text.stream.value().value
            text.stream.end()
        except JsonStreamError as error:
            raise ReadingStopped(*WHY[error.kind], text.byte) from error
        yield from clean.told()


def _rows(text: Text, told: dict[str, object], source: Source, clean: Clean) -> Iterator[Record]:
    metadata, headers = told.get("metadata"), told.get("headers")
    names = metadata if isinstance(metadata, dict) else {}
    known = artefact(str(names.get("function_name", "")), str(names.get("artifact_name", "")))
    if known is None or not isinstance(headers, list) or not known.fits(headers):
        raise ReadingStopped("UNREADABLE", "no artefact with headings that are known", text.byte)
    rows = Rows(known, [str(one) for one in headers], source, clean)
    for _ in text.stream.elements():
        text.stream.peek()
        start = text.byte
        row = text.stream.value().value
        yield rows.record(row, Place(start, text.byte))
        yield from clean.told()


class Text:
    """The text of a JSON file, and the byte of its next character."""

    def __init__(self, content: BinaryIO, clean: Clean) -> None:
        self._content, self._clean = content, clean
        self.byte = 0
        self.stream = JsonStream(self._more, MAX_RECORD, json.JSONDecoder(strict=False), self._pass)

    def _more(self, n: int) -> tuple[str, bool]:
        block = self._content.read(n)
        return self._clean.block(block, not block).decode("utf-8"), not block

    def _pass(self, text: str) -> None:
        self.byte += len(text) if text.isascii() else len(text.encode())
