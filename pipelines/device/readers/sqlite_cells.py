"""Where the rows of a SQLite table lie in the file: its b-tree, walked as sqlite.org/fileformat2 describes it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_INTERIOR, _LEAF = 0x05, 0x0D  # pages of tables with a rowid
MAX_DEPTH = 30


class Cell(NamedTuple):
    """A row and its bytes within its page; what overflows the page is not among them."""

    rowid: int
    byte_from: int
    byte_to: int


def cells(file: BinaryIO, root: int) -> Iterator[Cell]:
    """Rows of the table whose root is this page, in the order of their ids.

    Raises:
        ValueError: the tree is damaged.
    """
    file.seek(0)
    head = file.read(100)
    page_size = struct.unpack(">H", head[16:18])[0]
    page_size = 65536 if page_size == 1 else page_size
    usable = page_size - head[20]
    n_pages = file.seek(0, 2) // page_size if page_size >= 512 else 0
    seen = 0
    waiting = [(root, 0)]
    while waiting:
        number, depth = waiting.pop()
        seen += 1
        if not 1 <= number <= n_pages or seen > n_pages or depth > MAX_DEPTH:
            raise ValueError("a damaged table")
        base = (number - 1) * page_size
        file.seek(base)
        page = file.read(page_size)
        at = 100 if number == 1 else 0
        kind, n_cells = page[at], struct.unpack_from(">H", page, at + 3)[0]
        try:
            if kind == _INTERIOR:
                pointers = struct.unpack_from(f">{n_cells}H", page, at + 12)
                children = [struct.unpack_from(">L", page, pointer)[0] for pointer in pointers]
                children.append(struct.unpack_from(">L", page, at + 8)[0])
                waiting += [(child, depth + 1) for child in reversed(children)]
            elif kind == _LEAF:
                for pointer in struct.unpack_from(f">{n_cells}H", page, at + 8):
                    yield _cell(page, pointer, base, usable)
            else:
                raise ValueError("a damaged table")
        except (struct.error, IndexError) as error:
            raise ValueError("a damaged table") from error


def _cell(page: bytes, at: int, base: int, usable: int) -> Cell:
    size, after = _varint(page, at)
    rowid, after = _varint(page, after)
    largest = usable - 35
    if size > largest:  # section 1.6: how much of a payload stays in the page
        least = (usable - 12) * 32 // 255 - 23
        kept = least + (size - least) % (usable - 4)
        size = (kept if kept <= largest else least) + 4
    return Cell(rowid - (1 << 64) if rowid >= 1 << 63 else rowid, base + at, base + after + size)


def _varint(page: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for n in range(8):
        byte = page[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    return value << 8 | page[at + 8], at + 9
