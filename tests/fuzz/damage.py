"""A small table as a file of each format, and the same file damaged as files are: cut, joined, flipped, repeated."""

from __future__ import annotations

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from functools import partial

import openpyxl
import pyarrow as pa
from pyarrow import parquet

HEADER = ["Intel Ref", "Nominal No", "Involvement"]
_MARKS = [b'"', b"'", b",", b";", b"|", b"\t", b"\n", b"\r", b"\\", b"\\n", b"{", b"}", b"[", b"]", b":", b"<", b">",
          b"&", b"\x00", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xe2\x80\x8b", b"\xed\xa0\x80", b"\\ud800", b"e9",
          b"-", b"null", b"NaN", b'""', b'","', b"\x1a"]  # fmt: skip


def token(row: int, column: int) -> str:
    """A value that tells its record and its column, and is none once it is damaged itself."""
    return f"(r{row}c{column})"


def table(chance: random.Random, n_rows: int) -> list[list[str]]:
    """Rows of values with a token each; some hold prose, with line ends, separators and quotation marks."""
    prose = ["", "", "", " said, later", ' the "one"', "\nand then, later", "; or", " | maybe", " \u00e9\U0001f600"]
    return [[token(row, column) + chance.choice(prose) for column in range(3)] for row in range(n_rows)]


def as_csv(rows: list[list[str]], **how: object) -> bytes:
    """RFC 4180, or as `how` tells the writer."""
    sink = io.StringIO(newline="")
    csv.writer(sink, **how).writerows([HEADER, *rows])  # type: ignore[arg-type]
    return sink.getvalue().encode()


def as_jsonl(rows: list[list[str]]) -> bytes:
    return "\n".join(json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows).encode()


def as_json(rows: list[list[str]]) -> bytes:
    return json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows]).encode()


def as_arrays(rows: list[list[str]]) -> bytes:
    """Rows as arrays, with their names beside them."""
    return json.dumps({"names": HEADER, "rows": rows}).encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in [HEADER, *rows]:
        book.worksheets[0].append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def as_parquet(rows: list[list[str]]) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table({name: [row[n] for row in rows] for n, name in enumerate(HEADER)}), sink)
    return sink.getvalue()


# Format -> how it is written, and the keys of the layout that say so.
WRITERS: dict[str, tuple[Callable[[list[list[str]]], bytes], dict[str, object]]] = {
    "csv": (as_csv, {}),
    "csv, pipes": (partial(as_csv, delimiter="|"), {"delimiter": "|"}),
    "csv, backslashes": (
        partial(as_csv, quoting=csv.QUOTE_ALL, escapechar="\\", doublequote=False), {"quoting": "backslash"}
    ),
    "csv, every value quoted": (partial(as_csv, quoting=csv.QUOTE_ALL), {}),
    "jsonl": (as_jsonl, {"format": "jsonl"}),
    "json": (as_json, {"format": "json"}),
    "json, arrays": (as_arrays, {"format": "json", "rows_at": "rows", "names_at": "names"}),
    "xlsx": (as_xlsx, {"format": "xlsx"}),
    "parquet": (as_parquet, {"format": "parquet"}),
}  # fmt: skip


def marked(content: bytes, chance: random.Random) -> bytes:
    """`content` with one character more: what a person or a program types where it does not belong."""
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice(_MARKS) + content[at:]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """`content` with one to three places changed; of an archive, places of one of its parts."""
    if content.startswith(b"PK") and chance.random() < 0.8:
        return _repacked(content, chance)
    for _ in range(chance.randint(1, 3)):
        at = chance.randint(0, len(content))
        until = min(len(content), at + chance.choice([1, 1, 2, 8, 64]))
        content = chance.choice(
            [
                content[:at] + content[until:],
                content[:at],
                content[:at] + chance.choice(_MARKS) + content[at:],
                content[:at] + chance.choice(_MARKS) + content[until:],
                content[:at] + content[at:until] * 2 + content[until:],
                content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :],
                content + content[chance.choice([0, at]) :],
            ]
        )
    return content


def _repacked(content: bytes, chance: random.Random) -> bytes:
    """The archive with one of its parts damaged, so that its checksums are right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    chosen = chance.choice([name for name in parts if name.startswith("xl/")])
    parts[chosen] = damaged(parts[chosen], chance)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return sink.getvalue()
