"""A file as the readers would read it under some keys of a layout, and what came of it.

The readers themselves say what they would make of a file (`read.read_file` with a layout that asks for nothing but the
header's own columns), so that what is drafted is what is read later.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.ingest.drafting.table import MAX_ROWS, Question, Table
from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import read
from schemas.layouts.feed import Feed
from schemas.layouts.layouts import Source


class Probe(Feed):
    """A layout that asks for the columns of a header and for nothing else."""

    wanted: tuple[str, ...] = ()

    def required_columns(self) -> list[str]:
        return list(self.wanted)


@dataclass
class Probed:
    """What a file is: keys of a layout that are sure, questions, its rows; or why it cannot be read."""

    keys: dict[str, Any] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    table: Table = field(default_factory=Table)
    refused: str = ""  # why the file, as a whole, cannot be read
    refused_rows: Counter[str] = field(default_factory=Counter)  # why rows of it cannot
    is_plain: bool = False  # text of plain ASCII, which most encodings share


def read_as(path: Path, keys: Mapping[str, Any], wanted: Sequence[str] = ()) -> Probed:
    """What the readers make of the file under these keys of a layout."""
    return replace(_rows(path, keys, tuple(wanted)), keys=dict(keys))


def _rows(path: Path, keys: Mapping[str, Any], wanted: tuple[str, ...]) -> Probed:
    values = {"skip_rows": 0, "header_rows": 1, **keys, "name": "probe", "columns": {}, "items": None, "wanted": wanted}
    source = Source.model_construct(feeds={"probe": Probe.model_construct(None, **values)})
    file = {
        "night": None, "sender": "probe", "feed": "probe", "file": path.name, "path": str(path), "file_hash": None,
        "n_bytes": path.stat().st_size, "reason": None, "detail": None,
    }  # fmt: skip
    probed = Probed()
    for batch in read.read_file(_named_as(file, str(keys["format"])), {"probe": source}):
        for row in batch.to_pylist():
            if row["row_number"] == 0:
                probed.refused = row["detail"] or "" if row["reason"] else ""
            elif row["reason"] is not None:
                probed.refused_rows[row["detail"]] += 1
            elif len(probed.table.rows) < MAX_ROWS:
                _add(probed, row["raw"])
    return probed


def _named_as(file: dict[str, Any], format: str) -> dict[str, Any]:
    """The file under a name without an extension but that of its packing: content decides here."""
    packing = readers.PACKED if str(file["file"]).lower().endswith(readers.PACKED) else ""
    return {**file, "file": "probe" + packing}


def _add(probed: Probed, raw: str) -> None:
    row = parsed(raw)
    if isinstance(row, dict) and all(name == value for name, value in row.items()):
        probed.refused_rows["the header once more, as in exports put end to end: such rows are no data"] += 1
    elif isinstance(row, dict):
        probed.table.add(row)
    else:
        probed.refused_rows["not one JSON object"] += 1


def parsed(text: str) -> Any:
    """A JSON value, or None where the text is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
