"""Parquet, batch by batch: judged by its pages first, texts kept as dictionaries until their sizes are known."""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import json_rows, parquet_pages
from pipelines.ingest.readers.base import FileRefused, Spool
from schemas.layouts import layouts

MAX_FOOTER = 4 << 20  # bytes; read whole, and several times as large once it is objects
MAX_RESIDENT = 48 << 20  # bytes of dictionaries and pages at once, over all columns; writers make pages of 1 MiB
DECODED = 16 << 20  # bytes that a batch of rows may take once it is decoded
MAX_PARTS = 100_000  # parts of one list in the footer, such as row groups
MAX_SECONDS = 60  # that a look at the parts of a footer may take
MAX_WHOLE = 1e15  # up to which a float tells whole numbers apart, and shows it
MAGIC = b"PAR1"
NOT_ENCODABLE = {"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"}


def read_parquet(file: IO[bytes], feed: layouts.Feed, spool: Spool) -> readers.Columns:
    """Spools every row of a Parquet file; scalars become text (exact numbers, ISO dates and UTC instants).

    Returns the columns that no mapping names.
    """
    _check_footer(file)
    try:
        metadata = _opened(file).metadata
        _check_parts(metadata)
        encoded = _encodable(metadata)
        texts = [metadata.schema.column(n).path for n in sorted(encoded)]
        table = _opened(file, metadata=metadata, read_dictionary=texts)
        names = [name.strip() for name in table.schema_arrow.names]
        columns = readers.check_columns(names, _schema_paths(table.schema_arrow), feed)
        n_read = 0
        for group, n_rows in enumerate(_rows_at_once(file, metadata, encoded, spool)):
            for batch in table.iter_batches(batch_size=n_rows, row_groups=[group], use_threads=False):
                batch.validate(full=True)  # what a damaged page decodes to may lead out of its dictionary
                numbers = np.arange(n_read + 1, n_read + 1 + batch.num_rows)
                json_rows.spool_rows(numbers, batch.rename_columns(names), spool, _as_text)
                n_read += batch.num_rows
    except (pa.ArrowException, ValueError, OSError) as error:
        raise FileRefused("FILE_UNREADABLE", f"not Parquet that can be read ({type(error).__name__})") from error
    return columns


def _check_footer(file: IO[bytes]) -> None:
    n_bytes = file.seek(0, 2)
    file.seek(max(0, n_bytes - 8))
    tail = file.read(8)
    file.seek(0)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length + 12 > n_bytes:
        raise FileRefused("FILE_UNREADABLE", "the footer is missing, as where the file ends early")
    if length > MAX_FOOTER:
        raise FileRefused("FILE_TOO_LARGE", f"a footer of over {MAX_FOOTER >> 20} MiB")


def _check_parts(metadata: parquet.FileMetaData) -> None:
    """Refuses a footer of whose parts the library ends its process: it looks at them in a process of their own."""
    child = os.fork()
    if not child:  # nothing of Python's or of Spark's is ended or written here
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.alarm(MAX_SECONDS)
            for group in map(metadata.row_group, range(metadata.num_row_groups)):
                for n in range(metadata.num_columns):
                    group.column(n)
        finally:
            os._exit(0)  # an error that Python sees is met again, and told, by who reads on
    if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        raise FileRefused("FILE_UNREADABLE", "a footer that no program can read")


def _opened(file: IO[bytes], **options: Any) -> parquet.ParquetFile:
    """The file, of which nothing is fetched before it is asked for."""
    return parquet.ParquetFile(
        file,
        pre_buffer=False,
        buffer_size=readers.BLOCK,
        thrift_string_size_limit=MAX_FOOTER,
        thrift_container_size_limit=MAX_PARTS,
        **options,
    )


def _encodable(metadata: parquet.FileMetaData) -> set[int]:
    """Columns of texts that can be read as dictionaries: no decimals, and none that repeats the beginning of the value
    before it, which has no decoder of that kind."""
    columns = [metadata.schema.column(n) for n in range(metadata.num_columns)]
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    return {
        n
        for n, column in enumerate(columns)
        if column.physical_type == "BYTE_ARRAY" and column.logical_type.type != "DECIMAL"
        if not any(NOT_ENCODABLE.intersection(group.column(n).encodings) for group in groups)
    }


def _rows_at_once(file: IO[bytes], metadata: parquet.FileMetaData, encoded: set[int], spool: Spool) -> list[int]:
    """For each row group, how many of its rows stay within DECODED whatever is in them.

    A row's share of a repeated column is its average: a page does not say how its values are spread over rows.

    Raises:
        FileRefused: the pages unpack beyond the limits, one at a time or all together.
    """
    columns = range(metadata.num_columns)
    if max((metadata.schema.column(n).length for n in columns), default=0) > readers.MAX_LINE:
        raise FileRefused("FILE_TOO_LARGE", f"values of over {readers.MAX_LINE >> 20} MiB")
    n_rows = []
    n_unpacked = 0
    for n_group in range(metadata.num_row_groups):
        loads = [parquet_pages.load(file, metadata, n_group, n, is_kept_encoded=n in encoded) for n in columns]
        if sum(load.n_resident for load in loads) > MAX_RESIDENT:
            raise FileRefused("FILE_TOO_LARGE", f"pages and dictionaries of over {MAX_RESIDENT >> 20} MiB at once")
        n_unpacked += sum(load.n_unpacked for load in loads)
        spool.check(n_unpacked)
        group = metadata.row_group(n_group)
        per_row = sum(
            load.n_per_value * -(-group.column(n).num_values // max(1, group.num_rows)) for n, load in enumerate(loads)
        )
        n_rows.append(min(readers.BATCH, max(1, DECODED // max(1, per_row))))
    return n_rows


def _schema_paths(schema: pa.Schema) -> Iterator[tuple[str, ...]]:
    def below(field: pa.Field, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        path = (*above, field.name.strip())
        yield path
        kind = field.type
        while pa.types.is_list(kind) or pa.types.is_large_list(kind):
            kind = kind.value_type
        if pa.types.is_struct(kind):
            for inside in kind:
                yield from below(inside, path)

    for field in schema:
        yield from below(field, ())


def _as_text(column: pa.Array) -> pa.Array:
    """A column as text, NULL kept; nested columns stay as they are, for JSON."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.dictionary_decode())
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            return pc.strftime(column.cast(pa.timestamp("us"), safe=False), "%Y-%m-%dT%H:%M:%S")
        return pc.strftime(column.cast(pa.timestamp("us", "UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_nested(kind):
        here = column.take(pa.array(np.arange(len(column))))  # a slice keeps, and a cast decodes, all it is a slice of
        return here.cast(_decoded(kind))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return _digits(column)
    return column.cast(pa.string())


def _digits(column: pa.Array) -> pa.Array:
    """Numbers as text: whole ones by their digits, as far as a float tells them apart; others by the fewest that are
    read as the same number of their own width: what was written as 0.1 into 32 bits is 0.1."""
    wide = column.cast(pa.float64())
    is_whole = pc.fill_null(pc.and_(pc.equal(pc.floor(wide), wide), pc.less(pc.abs(wide), MAX_WHOLE)), False)
    whole = pc.if_else(is_whole, wide, pa.scalar(0.0)).cast(pa.int64()).cast(pa.string())
    if pa.types.is_float16(column.type):  # which Arrow does not spell
        spelt = pa.array(column.to_numpy(zero_copy_only=False).astype(str), pa.string())
        spelt = pc.if_else(column.is_valid(), spelt, pa.scalar(None, pa.string()))
    else:
        spelt = column.cast(pa.string())
    return pc.if_else(is_whole, whole, spelt)


def _decoded(kind: pa.DataType) -> pa.DataType:
    """A nested type with dictionaries replaced by what they hold, and floats of 32 bits by their text: as JSON numbers
    they would have the digits of 64."""

    def inside(field: pa.Field) -> pa.Field:
        return field.with_type(_decoded(field.type))

    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_float32(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([inside(field) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(inside(kind.key_field), inside(kind.item_field))
    if pa.types.is_list(kind):
        return pa.list_(inside(kind.value_field))
    return pa.large_list(inside(kind.value_field)) if pa.types.is_large_list(kind) else kind
