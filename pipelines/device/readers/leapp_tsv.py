"""Artefacts that iLEAPP and ALEAPP write as tables with tabs. The file's name is the artefact's.

A row may hold line breaks within quotation marks. Both programs end every row with a line break: without one, the last
is cut. A cut between two rows cannot be seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.device.readers.base import MAX_RECORD, TOO_LARGE, Clean, ReadingStopped, last_part, never_raising
from pipelines.device.readers.leapp_artefacts import Artefact, Rows, artefact
from pipelines.device.records import Place, Record, Source

_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^\t]*))(?:\t|\Z)')
_BOM = b"\xef\xbb\xbf"  # begins the file, and each part that was added later


class LeappTsv:
    """A TSV file of iLEAPP or ALEAPP."""

    name = "leapp_tsv"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        known = _known(name)
        first = head.removeprefix(_BOM).partition(b"\n")[0].decode("utf-8", "replace")
        return known is not None and known.fits(_cells(first.rstrip("\r")))

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        clean = Clean()
        lines = _records(content)
        _, first = next(lines, (0, b""))
        headers = _cells(clean.line(first.removeprefix(_BOM).rstrip(b"\r\n")))
        known = _known(source.name)
        if known is None or not known.fits(headers):
            raise ReadingStopped("UNREADABLE", "no artefact with headings that are known", 0)
        rows = Rows(known, headers, source, clean)
        for start, line in lines:
            skipped = len(_BOM) if line.startswith(_BOM) else 0
            row = line[skipped:].rstrip(b"\r\n")
            if row:
                place = Place(start + skipped, start + skipped + len(row))
                cells: list[object] = [cell or None for cell in _cells(clean.line(row))]
                yield rows.record(cells + [None] * (len(headers) - len(cells)), place)
            yield from clean.told()


def _known(name: str) -> Artefact | None:
    stem, dot, extension = last_part(name).rpartition(".")
    return artefact(stem) if dot and extension.lower() == "tsv" else None


def _cells(row: str) -> list[str]:
    cells, at = [], 0
    while at <= len(row):
        match = _CELL.match(row, at)
        if match is None:
            break
        quoted, plain = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        at = match.end() if match.end() > at or row[at : at + 1] == "\t" else len(row) + 1
        if match.end() == len(row) and row[-1:] != "\t":
            break
    return cells


def _records(content: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Rows with their line breaks and first bytes."""
    start, kept, is_open = 0, [], False
    size = 0
    while line := content.readline(MAX_RECORD + 1):
        kept.append(line)
        size += len(line)
        is_open ^= line.count(b'"') % 2 == 1
        if size > MAX_RECORD:
            raise ReadingStopped("TOO_LARGE", TOO_LARGE, start)
        if not is_open and line.endswith(b"\n"):
            yield start, b"".join(kept)
            start, size = start + size, 0
            kept.clear()
    if kept:
        raise ReadingStopped("CUT", "the last row has no end", start)
