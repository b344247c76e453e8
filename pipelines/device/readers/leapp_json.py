"""Artefacts that iLEAPP and ALEAPP write as JSON: `metadata`, `headers`, and rows as arrays in `data`, in this order.

A row is read when it is whole; nothing else of the file is kept. A row too large ends the reading there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.device.readers.base import Clean, ReadingStopped, never_raising
from pipelines.device.readers.json_text import Text
from pipelines.device.readers.leapp_artefacts import Rows, artefact
from pipelines.device.records import Record, Source

_NAMES = re.compile(rb'"(?:artifact_name|function_name)"\s*:\s*"([^"\\]{1,200})"')


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
        with text.document() as stream:
            for key in stream.members():
                if key == "data":
                    yield from _rows(text, told, source, clean)
                else:
                    told[key] = stream.value().value
        yield from clean.told()


def _rows(text: Text, told: dict[str, object], source: Source, clean: Clean) -> Iterator[Record]:
    metadata, headers = told.get("metadata"), told.get("headers")
    names = metadata if isinstance(metadata, dict) else {}
    known = artefact(str(names.get("function_name", "")), str(names.get("artifact_name", "")))
    if known is None or not isinstance(headers, list) or not known.fits(headers):
        raise ReadingStopped("UNREADABLE", "no artefact with headings that are known", text.byte)
    rows = Rows(known, [str(one) for one in headers], source, clean)
    for row, place in text.elements():
        yield rows.record(row, place)
        yield from clean.told()
