"""What may be known of parsed JSON before it is a row: which columns it names, and how deep it nests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers.base import FileRefused
from schemas.layouts import layouts

MAX_PATHS = 10_000  # distinct keys of the sampled rows, at any depth: nested layouts have some dozens
SAMPLED = 1_000  # rows from which a file's columns are known: a constant, whatever the file's size


def columns(rows: Iterable[dict[str, Any]], feed: layouts.Feed) -> readers.Columns:
    """Checks the columns of a file's first rows; returns how top-level ones differ from the layout's.

    Raises:
        FileRefused: they cannot be used (see `base.check_columns`).
    """
    names: dict[str, None] = {}
    paths: set[tuple[str, ...]] = set()
    for row in rows:
        names.update(dict.fromkeys(row))
        for path in _paths(row):
            paths.add(path)
            if len(paths) > MAX_PATHS:
                raise FileRefused("FILE_TOO_WIDE", f"over {MAX_PATHS} nested columns")
    return readers.check_columns(list(names), paths, feed) if names else readers.Columns([], [])


def _paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key's path in a parsed JSON value; elements of arrays share their array's path."""
    if len(above) > readers.MAX_DEPTH:
        return
    if isinstance(value, dict):
        for key, inside in value.items():
            yield (*above, key)
            yield from _paths(inside, (*above, key))
    elif isinstance(value, list):
        for inside in value:
            yield from _paths(inside, above)


def is_too_deep(texts: pa.Array) -> Any:
    """Which JSON texts nest deeper than the limit. Few hold enough brackets to need the exact look."""
    brackets = pc.add(pc.count_substring(texts, "{"), pc.count_substring(texts, "["))
    suspects = np.flatnonzero(pc.greater(brackets, readers.MAX_DEPTH).to_numpy(zero_copy_only=False))
    too_deep = np.zeros(len(texts), dtype=bool)
    for n in suspects:
        too_deep[n] = _depth(texts[int(n)].as_py()) > readers.MAX_DEPTH
    return too_deep


def _depth(text: str) -> int:
    structure = re.findall(r"[\[\]{}]", re.sub(r'"(?:[^"\\]|\\.)*+"', "", text))
    return max(itertools.accumulate((1 if mark in "[{" else -1 for mark in structure), initial=0))
