"""Rows of a table as JSON objects, a few MiB at a time: what a row becomes is known before it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import json_shape, sizes
from pipelines.ingest.readers.base import Spool

AT_ONCE = 4 << 20  # bytes of JSON made at once; several times as many while it is made


def spool_rows(
    numbers: Any,
    batch: pa.RecordBatch,
    spool: Spool,
    as_text: Callable[[pa.Array], pa.Array] | None = None,
    why: tuple[str | None, str | None] = (None, None),
) -> None:
    """Spools rows of a batch as JSON; rows over the limit are refused, and never made.

    Args:
        numbers: positions of the rows in their file, from 1.
        batch: the rows.
        as_text: what a column becomes before it is JSON, where it is not text yet.
        why: reason and detail, where the rows are refused.
    """
    row_sizes = sizes.of_rows(batch)
    is_long = row_sizes > readers.MAX_LINE
    refuse_long(numbers[is_long], spool)
    if is_long.any():
        batch = batch.filter(pa.array(~is_long))
        numbers, row_sizes = numbers[~is_long], row_sizes[~is_long]
    for part in sizes.parts(row_sizes, AT_ONCE):
        columns = batch.slice(part.start, part.stop - part.start).columns
        made = [as_text(column) for column in columns] if as_text else columns
        raw = _json(pa.RecordBatch.from_arrays(made, names=batch.schema.names))
        fits = pc.less_equal(pc.binary_length(raw), readers.MAX_LINE)  # escapes may have made it longer
        is_fitting = fits.to_numpy(zero_copy_only=False)
        spool.add(numbers[part][is_fitting], raw.filter(fits), *why)
        refuse_long(numbers[part][~is_fitting], spool)


def spool_texts(numbers: Any, texts: pa.Array, spool: Spool, is_row: Any = None, otherwise: str = "") -> None:
    """Spools rows that came as JSON as they are; those over the limits of length and of nesting are refused.

    Args:
        numbers: positions of the rows in their file, from 1.
        texts: the rows' JSON.
        is_row: which of them are rows (default: all).
        otherwise: detail of those that are none.
    """
    is_long = pc.greater(pc.binary_length(texts), readers.MAX_LINE).to_numpy(zero_copy_only=False)
    is_deep = json_shape.is_too_deep(texts) & ~is_long
    rest = ~(is_long | is_deep)
    is_row = np.ones(len(texts), dtype=bool) if is_row is None else is_row
    for is_one, reason, detail in (
        (rest & is_row, None, None),
        (is_deep, "ROW_TOO_DEEP", f"over {readers.MAX_DEPTH} levels"),
        (rest & ~is_row, "ROW_MALFORMED", otherwise),
    ):
        spool.add(numbers[is_one], texts.filter(pa.array(is_one)), reason, detail)
    refuse_long(numbers[is_long], spool)


def refuse_long(numbers: Any, spool: Spool) -> None:
    """Spools rows that are over the limit of a row, without their text: its marking is not known."""
    spool.add(numbers, pa.nulls(len(numbers), pa.string()), "ROW_TOO_LONG", f"over {readers.MAX_LINE >> 20} MiB")


def _json(batch: pa.RecordBatch) -> pa.Array:
    """Each row as one JSON object, names and values as they are (in C, no Python per row)."""
    text = batch.to_pandas().to_json(orient="records", lines=True, force_ascii=False, date_format="iso")
    return pa.array(text.split("\n")[: batch.num_rows], pa.string())
