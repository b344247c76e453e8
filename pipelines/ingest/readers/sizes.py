"""How large rows become as JSON, known before they do: dictionaries are counted once per use, and decoded for none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SCALAR = 24  # characters of a number, a date or an instant, at most
FRAME = 6  # quotation marks, colon, comma and what is absent ("null") around a value


def of_rows(batch: pa.RecordBatch) -> Any:
    """Bytes that each row takes as one JSON object, without what escaping adds: int64, one per row."""
    names = sum(len(name.encode()) + FRAME for name in batch.schema.names)
    return sum((_of_values(column) for column in batch.columns), np.full(batch.num_rows, names, np.int64))


def parts(sizes: Any, limit: int) -> Iterator[slice]:
    """Consecutive stretches of rows whose sizes sum to at most `limit`, or of one row that is larger."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(ends):
        taken = int(ends[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(ends, taken + limit, side="right")))
        yield slice(start, end)
        start = end


def _of_values(array: pa.Array) -> Any:
    kind = array.type
    if pa.types.is_dictionary(kind):
        entries = np.append(_of_values(array.dictionary), 0)  # NULL takes nothing
        return entries[pc.fill_null(array.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]
    if pa.types.is_struct(kind):
        names = sum(len(field.name.encode()) + FRAME for field in kind)
        return sum((_of_values(array.field(n)) for n in range(kind.num_fields)), np.full(len(array), names, np.int64))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind):
        return _of_lists(array)
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_decimal(kind):
        width = 2 * kind.bit_width // 8 + SCALAR  # bytes are written as hex
        return np.where(array.is_null().to_numpy(zero_copy_only=False), 0, width)
    if _is_text(kind):
        lengths = pc.fill_null(pc.binary_length(array).cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
        return lengths if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 2 * lengths
    return np.full(len(array), SCALAR, np.int64)


def _of_lists(array: pa.Array) -> Any:
    values = pa.StructArray.from_arrays([array.keys, array.items], ["", ""]) if pa.types.is_map(array.type) else None
    inside = _of_values(array.values if values is None else values) + FRAME
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(inside)])
    offsets = array.offsets.to_numpy(zero_copy_only=False)
    return before[offsets[1:]] - before[offsets[:-1]]


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )
