"""Which JSON a file is: one object a line, or one document with its rows in an array."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.ingest.drafting import encodings
from pipelines.ingest.drafting.reading import Probed, parsed, read_as
from pipelines.ingest.drafting.table import Question

SAMPLED = 1_000  # lines
CONSISTENT = 0.9  # share of them that are objects
MAX_DOCUMENT = 64 << 20  # bytes of one document


def as_json(path: Path, encoding: str, start: str) -> Probed | None:
    """As JSON lines or one document; None where it is neither."""
    lines = [line for line in start.split("\n") if line.strip()]
    whole = lines if len(start) < encodings.LOOKED_AT // 4 else lines[:-1]
    n_objects = sum(isinstance(parsed(line), dict) for line in whole[:SAMPLED])
    if n_objects > 1 and n_objects >= CONSISTENT * min(len(whole), SAMPLED):
        return read_as(path, {"format": "jsonl", "encoding": encoding})
    if path.stat().st_size > MAX_DOCUMENT or (document := parsed(start)) is None:
        return None
    base = {"format": "json", "encoding": encoding}
    if isinstance(document, list):
        return read_as(path, base)
    choices = list(_rows_in(document))
    if not choices:
        one_line = {"format": "jsonl", "encoding": encoding}
        return read_as(path, one_line) if len(lines) == 1 else None
    probed = read_as(path, {**base, **choices[0]})
    if len(choices) > 1 or len(lines) == 1:
        for name in choices[0]:
            probed.keys.pop(name, None)
        options = tuple(json.dumps(choice["rows_at"]) for choice in choices)
        probed.questions.append(Question("rows_at", "which array of the document holds the rows?", options))
    return probed


def _rows_in(document: Mapping[str, Any], above: str = "") -> Iterator[dict[str, str]]:
    """Keys for each array of rows in a document: of objects, or of arrays next to an array of as many names."""
    named: list[tuple[str, int]] = []
    for name, value in document.items():
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            named.append((f"{above}{name}", len(value)))
    for name, value in document.items():
        at = f"{above}{name}"
        if isinstance(value, dict):
            yield from _rows_in(value, f"{at}.")
        elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            yield {"rows_at": at}
        elif isinstance(value, list) and value and all(isinstance(each, list) for each in value):
            for path, n in named:
                if all(len(each) == n for each in value):
                    yield {"rows_at": at, "names_at": path}
