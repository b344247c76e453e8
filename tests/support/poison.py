"""Files that must not stop a night: the twenty of trial 9, each with the reason it earns.

Two of the list are good files in their plain form and are loaded: UTF-8 with one byte order mark, and a file that mixes
CRLF with LF. Their poisoned forms are here: two marks, and lone carriage returns inside unquoted values.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from tests.support import nights

TWO = nights.csv_bytes([nights.report(), nights.report(Intel_Ref="INT/26/000002")])
SUSSEX = {
    "header": {"urn": "S1", "classification": "Official", "intelligenceDate": "2026-03-01"},
    "handling": {"code": "P"},
    "entries": [{"body": "Seen at the station.", "grading": "2B"}],
    "categories": ["cce"],
}


def _truncated() -> bytes:
    return gzip.compress(TWO * 50)[:-40]


def _deep() -> bytes:
    return ('{"header":' + "[" * 5_000 + "]" * 5_000 + "}\n").encode()


def _duplicate_keys() -> bytes:
    return (json.dumps(SUSSEX)[:-1] + ', "handling": {"code": "C"}}\n').encode()


def _lone_returns() -> bytes:
    return TWO.replace(b"A van waited", b"A van\rwaited")


def _parquet() -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"Intel Ref": ["1"]}), sink)
    return sink.getvalue()


def archive(parts: dict[str, bytes]) -> bytes:
    """A zip archive of named parts."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return sink.getvalue()


def _encrypted() -> bytes:
    content = bytearray(archive({"xl/workbook.xml": b"<workbook/>"}))
    content[6] |= 1  # general purpose flag, bit 0, in the local header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _wide() -> bytes:
    extra = {f"Extra {n}": "x" for n in range(5_000)}
    return nights.csv_bytes([{**nights.report(), **extra}])


_FUTURE = nights.csv_bytes([{f"{name} v2": value for name, value in nights.REPORT.items()}])
# name -> (sender, content, reason)
CONTENTS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty.csv": ("norfolk", lambda: b"", "FILE_EMPTY"),
    "truncated.csv.gz": ("norfolk", _truncated, "FILE_TRUNCATED"),
    "utf16.csv": ("norfolk", lambda: TWO.decode().encode("utf-16"), "FILE_ENCODING"),
    "nul.csv": ("norfolk", lambda: TWO.replace(b"van", b"v\0n"), "FILE_ENCODING"),
    "invalid_utf8.csv": ("norfolk", lambda: TWO.replace(b"van", b"v\xe9n"), "FILE_ENCODING"),
    "long_line.csv": ("norfolk", lambda: TWO + b"x" * (100 << 20), "FILE_TOO_LARGE"),
    "deep.jsonl": ("sussex", _deep, "ROW_TOO_DEEP"),
    "duplicate_keys.jsonl": ("sussex", _duplicate_keys, "ROW_DUPLICATE_KEYS"),
    "wrong_delimiter.csv": ("norfolk", lambda: TWO.replace(b",", b"|"), "FILE_LAYOUT_UNKNOWN"),
    "header_only.csv": ("norfolk", lambda: TWO.split(b"\n")[0] + b"\n", "FILE_NO_ROWS"),
    "two_marks.csv": ("norfolk", lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + TWO, "FILE_ENCODING"),
    "mixed_line_ends.csv": ("norfolk", _lone_returns, "ROW_MALFORMED"),
    "wrong_extension.csv": ("norfolk", _parquet, "FILE_TYPE_MISMATCH"),
    "encrypted.xlsx": ("surrey", _encrypted, "FILE_ENCRYPTED"),
    "future_schema.csv": ("norfolk", lambda: _FUTURE, "FILE_LAYOUT_UNKNOWN"),
    "wide.csv": ("norfolk", _wide, "FILE_TOO_WIDE"),
}
ENTRIES = {
    "folder.csv": "FILE_NOT_REGULAR",
    "link.csv": "FILE_NOT_REGULAR",
    "pipe.csv": "FILE_NOT_REGULAR",
    "no_permission.csv": "FILE_UNREADABLE",
}
REASONS = {**{name: reason for name, (_, _, reason) in CONTENTS.items()}, **ENTRIES}


def write(landing: Path) -> None:
    """Puts the twenty files into the reports drops of Norfolk, Sussex and Surrey."""
    for name, (sender, content, _) in CONTENTS.items():
        nights.drop(landing, sender, "reports", name, content())
    drop = landing / "norfolk" / "reports" / nights.NIGHT.isoformat()
    (drop / "folder.csv").mkdir()
    (drop / "folder.csv" / "inside.csv").write_bytes(TWO)
    outside = landing.parent / "outside.csv"
    outside.write_bytes(TWO)
    (drop / "link.csv").symlink_to(outside)
    os.mkfifo(drop / "pipe.csv")
    # The administrator reads what nobody may read, so the mode itself is what the scan judges.
    nights.drop(landing, "norfolk", "reports", "no_permission.csv", TWO).chmod(0)
