"""Data files of a Delta table as its log describes them, and where they and their deletion vectors lie."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

# The protocol writes the UUID of a vector's file in ZeroMQ's base 85, Python in RFC 1924's: the same with other digits.
_Z85 = str.maketrans(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
)
_UUID_DIGITS = 20


@dataclass(frozen=True)
class LiveFile:
    """A data file that a version of the table is made of, as the log describes it."""

    table: Path
    path: Path
    n_bytes: int
    n_rows: int | None  # rows in the file, deleted ones included; None where the log has no statistics of it
    partition: Mapping[str, str | None]
    vector: Mapping[str, Any] | None = None  # descriptor of its deletion vector

    @property
    def n_live_rows(self) -> int:
        """Rows that a reader of the table sees, as the log counts them."""
        return (self.n_rows or 0) - (int(self.vector["cardinality"]) if self.vector else 0)


def located(table: Path, path: str) -> Path:
    """The file that a path of the log names: paths are URIs, relative to the table or absolute."""
    return table / unquote(urlsplit(path).path if path.startswith("file:") else path)


def vector_file(live: LiveFile) -> Path | None:
    """The file that holds a live file's deletion vector; None where it has none, or one within the log."""
    vector = live.vector
    if vector is None or vector["storageType"] == "i":
        return None
    named = str(vector["pathOrInlineDv"])
    if vector["storageType"] == "p":
        return located(live.table, named)
    prefix, digits = named[:-_UUID_DIGITS], named[-_UUID_DIGITS:]
    raw = base64.b85decode(digits.translate(_Z85))
    return live.table / prefix / f"deletion_vector_{uuid.UUID(bytes=raw)}.bin"
