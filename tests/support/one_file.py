"""One file of a sender's links between reports and people, read as a night reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.ingest.readers import read
from schemas.layouts import layouts


def norfolk(**keys: Any) -> dict[str, layouts.Source]:
    """The layouts that ship, with other keys in Norfolk's layout of links."""
    known = layouts.load()
    source = known["norfolk"]
    feed = source.feeds["report_links"].model_copy(update=keys)
    return {**known, "norfolk": source.model_copy(update={"feeds": {**source.feeds, "report_links": feed}})}


def rows(
    folder: Path, name: str, content: bytes, sources: Mapping[str, layouts.Source], sender: str = "norfolk"
) -> list[dict[str, Any]]:
    """The file's own row, and its rows, in the shape of `read.ROWS`."""
    path = folder / name
    path.write_bytes(content)
    file = {"night": None, "sender": sender, "feed": "report_links", "file": name, "path": str(path)}
    file |= {"file_hash": None, "n_bytes": len(content), "reason": None, "detail": None}
    return [row for batch in read.read_file(file, sources) for row in batch.to_pylist()]
