"""Which CSV a file is: the separator and quoting under which its rows have as many values as a header names."""

from __future__ import annotations

import csv
import io
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.ingest.drafting import header
from pipelines.ingest.drafting.reading import Probed, read_as
from pipelines.ingest.drafting.table import Question

SEPARATORS = (",", ";", "|", "\t", "^", "~")
QUOTINGS = ("doubled", "backslash", "none")
CONSISTENT = 0.9  # share of the rows that have as many values as the header
HEAD = 1 << 20  # characters of a file in which its header is looked for


@dataclass
class _Reading:
    delimiter: str
    quoting: str
    headers: list[int]
    names: list[str]
    result: Probed

    @property
    def share(self) -> float:
        n_good, n_bad = len(self.result.table.rows), self.result.refused_rows.total()
        return n_good / max(1, n_good + n_bad)


def as_csv(path: Path, encoding: str, start: str) -> Probed:
    """The file as CSV; `start` is its beginning, decoded."""
    start = start[:HEAD]
    found: list[_Reading] = []
    for delimiter in SEPARATORS:
        readings = [r for q in QUOTINGS if (r := _reading(path, encoding, start, delimiter, q)) is not None]
        found += _quoted(start, [r for r in readings if r.share >= CONSISTENT])
    if not found:
        return Probed(
            {"format": "csv", "encoding": encoding},
            [Question("delimiter", "with no separator do the rows have as many values as a header that names them")],
            refused="no header is found: of the first fifty rows none is followed by rows as wide, or its texts are "
            "values or come twice. Ask for an export with the columns' names in its first row, each once",
        )
    by_delimiter: dict[str, list[_Reading]] = {}
    for reading in found:
        by_delimiter.setdefault(reading.delimiter, []).append(reading)
    best = max(by_delimiter.values(), key=lambda readings: len(readings[0].names))
    reading = best[0]
    probed = reading.result
    probed.keys = {"format": "csv", "delimiter": reading.delimiter, "encoding": encoding, "quoting": reading.quoting}
    if len(by_delimiter) > 1:
        del probed.keys["delimiter"]
        text = "several separators give rows of one number of values each; which is the sender's?"
        probed.questions.append(Question("delimiter", text, tuple(map(json.dumps, by_delimiter))))
    if len(best) > 1:
        del probed.keys["quoting"]
        text = "quotation marks can be read in several ways, which give other values"
        probed.questions.append(Question("quoting", text, tuple(r.quoting for r in best)))
    if len(reading.headers) > 1:
        told = " and ".join(str(n + 1) for n in reading.headers)
        probed.questions.append(
            Question("columns", f"rows {told} can both be the header; the last is taken", must=False)
        )
    if probed.keys.get("quoting") == "doubled":
        del probed.keys["quoting"]
    return probed


def _reading(path: Path, encoding: str, start: str, delimiter: str, quoting: str) -> _Reading | None:
    """What the reader makes of the file with this separator and quoting; None where there is no header."""
    if delimiter not in start or (quoting == "backslash" and '\\"' not in start):
        return None
    parsed: list[list[str]] = []
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=delimiter, **_PYTHON[quoting])
    try:
        parsed = [row for row in itertools.islice(reader, header.SEARCHED + header.BELOW) if row]
    except csv.Error:
        return None
    headers = header.find(parsed)
    if not headers:
        return None
    row = parsed[headers[-1]]
    names = [name.strip() or f"column_{n}" for n, name in enumerate(row, start=1)]
    keys = {"format": "csv", "delimiter": delimiter, "encoding": encoding, "quoting": quoting}
    result = read_as(path, keys, tuple(names))
    return None if result.refused else _Reading(delimiter, quoting, headers, names, result)


_PYTHON: dict[str, dict[str, Any]] = {
    "doubled": {},
    "backslash": {"escapechar": "\\", "doublequote": False},
    "none": {"quoting": csv.QUOTE_NONE},
}


def _quoted(start: str, readings: list[_Reading]) -> list[_Reading]:
    """Of readings that differ in quoting alone, those that nothing speaks against, each giving other values."""
    if not readings:
        return []
    most = max(reading.share for reading in readings)
    kept: list[_Reading] = []
    for reading in readings:
        if reading.share == most and not any(r.result.table.rows == reading.result.table.rows for r in kept):
            kept.append(reading)
    # Where every mark opens or closes a whole value, values are quoted: nobody means the marks themselves.
    unquoted = next((r for r in kept if r.quoting == "none"), None)
    if unquoted is not None and len(kept) > 1:
        marked = [v for row in unquoted.result.table.rows for v in row.values() if '"' in v]
        if all(len(v) > 1 and v[0] == v[-1] == '"' and '"' not in _unescaped(v[1:-1]) for v in marked):
            kept.remove(unquoted)
    return kept


def _unescaped(text: str) -> str:
    """A quoted value without the marks that are written within it."""
    return text.replace('""', "").replace('\\"', "")
