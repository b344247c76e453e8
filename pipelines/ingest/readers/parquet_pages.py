"""What a Parquet file's pages unpack to, by their own headers: read before any page is.

The footer's sums are what a writer says of its pages, and a decoder does not go by them: it makes room by the header of
each page. So the headers are walked (a page header is a Thrift struct in the compact protocol), and pages are not read.
Format: https://parquet.apache.org/docs/file-format/ and `parquet.thrift` of apache/parquet-format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from pyarrow import parquet

from pipelines.ingest.readers.base import FileRefused

HEADER = 64 << 10  # bytes of a page header that are looked at: statistics are the longest in it, cut by their writers
DICTIONARY_PAGE, INDEX_PAGE = 2, 1
DICTIONARY = (2, 8)  # encodings: PLAIN_DICTIONARY, RLE_DICTIONARY
DELTA_BINARY, DELTA_LENGTH, DELTA_BYTES = 5, 6, 7  # of these a decoder makes room for all values of a page at once
_WIDTHS = {"BYTE_ARRAY": 4, "INT32": 4, "FLOAT": 4, "INT64": 8, "DOUBLE": 8, "INT96": 12}  # of a dictionary's entry


@dataclass(frozen=True)
class Page:
    """A page as its header describes it."""

    is_dictionary: bool
    encoding: int
    n_values: int
    n_bytes: int  # once unpacked


def pages(file: IO[bytes], start: int, n_bytes: int) -> Iterator[Page]:
    """Pages of the column chunk that takes `n_bytes` from `start` on.

    Raises:
        FileRefused: a header cannot be read, or says what no page can be.
    """
    at, end = start, start + n_bytes
    while at < end:
        file.seek(at)
        header, length = _struct(file.read(min(HEADER, end - at)), 0)
        n_unpacked, n_packed = _size(header, 2), _size(header, 3)
        body: dict[int, Any] = next((header[key] for key in (5, 7, 8) if isinstance(header.get(key), dict)), {})
        encoding = body.get(4 if 8 in header else 2, 0)
        if header.get(1) != INDEX_PAGE:
            yield Page(header.get(1) == DICTIONARY_PAGE, encoding, _size(body, 1), n_unpacked)
        at += length + n_packed


@dataclass
class Load:
    """What a column chunk takes while it is read.

    Attributes:
        n_unpacked: bytes of its pages, and eight for each value: what an encoding makes of nothing is counted too.
        n_resident: bytes that are there at once: the dictionary, two pages, and room made for a whole page's values.
        n_per_value: bytes of a value at most, averaged over the page where it is largest.
    """

    n_unpacked: int = 0
    n_resident: int = 0
    n_per_value: int = 8


def load(file: IO[bytes], metadata: parquet.FileMetaData, group: int, column: int, *, is_kept_encoded: bool) -> Load:
    """What one column of one row group takes.

    Args:
        is_kept_encoded: its values stay numbers of a dictionary's entries when they are read.

    Raises:
        FileRefused: a page cannot be what its header says.
    """
    chunk, described = metadata.row_group(group).column(column), metadata.schema.column(column)
    starts = [chunk.data_page_offset, *([chunk.dictionary_page_offset] if chunk.has_dictionary_page else [])]
    width = described.length if described.physical_type == "FIXED_LEN_BYTE_ARRAY" else 8
    total, dictionary, largest, at_once = Load(n_per_value=max(8, width)), 0, 0, 0
    for page in pages(file, min(start for start in starts if start > 0), chunk.total_compressed_size):
        total.n_unpacked += max(page.n_bytes, 8 * page.n_values)
        if page.is_dictionary:
            if page.n_values * _WIDTHS.get(described.physical_type, max(1, width)) > page.n_bytes:
                raise FileRefused("FILE_UNREADABLE", "a dictionary of more entries than fit it")
            dictionary = 2 * page.n_bytes + 16 * page.n_values
            continue
        largest = max(largest, page.n_bytes)
        if page.encoding in (DELTA_BINARY, DELTA_LENGTH, DELTA_BYTES):
            at_once = max(at_once, 12 * page.n_values)
        total.n_per_value = max(total.n_per_value, _per_value(page, dictionary, is_kept_encoded))
    total.n_resident = dictionary + 2 * largest + at_once
    return total


def _per_value(page: Page, dictionary: int, is_kept_encoded: bool) -> int:
    if page.encoding == DELTA_BYTES:  # a value repeats what the one before it begins with
        return page.n_bytes
    if page.encoding in DICTIONARY:
        return 8 if is_kept_encoded else dictionary
    return 8 + page.n_bytes // max(1, page.n_values)


def _size(fields: dict[int, Any], key: int) -> int:
    value = fields.get(key)
    if not isinstance(value, int) or value < 0:
        raise FileRefused("FILE_UNREADABLE", "a page header that cannot be read")
    return value


# Thrift's compact protocol, as far as page headers use it.
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 12
MAX_NESTED = 8


def _struct(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """Fields of a struct by number, and where it ends."""
    fields: dict[int, Any] = {}
    number = 0
    try:
        while head := data[at]:
            at += 1
            step, kind = head >> 4, head & 15
            if step:
                number += step
            else:
                number, at = _zigzag(data, at)
            fields[number], at = _value(data, at, kind, depth)
        return fields, at + 1
    except IndexError as error:
        raise FileRefused("FILE_UNREADABLE", "a page header that cannot be read") from error


def _value(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind == _BYTE:
        return data[at], at + 1
    if kind in (_I16, _I32, _I64):
        return _zigzag(data, at)
    if kind == _DOUBLE:
        return None, at + 8
    if kind == _BINARY:
        length, at = _varint(data, at)
        return None, at + length
    if kind == _STRUCT and depth < MAX_NESTED:
        return _struct(data, at, depth + 1)
    raise FileRefused("FILE_UNREADABLE", "a page header that cannot be read")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
        shift += 7
    raise FileRefused("FILE_UNREADABLE", "a page header that cannot be read")


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
