"""Signatures of pictures in files, whatever wraps them: archives, columns of Parquet, encoded text."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pyarrow.parquet as pq

# First bytes, as the formats' own documents have them: JFIF/Exif (ISO 10918-5), PNG (ISO 15948), GIF89a, WebP, HEIF.
_SIGNATURES = {
    "JPEG": rb"\xff\xd8\xff[\xe0-\xef\xdb\xc0\xee]",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WebP": rb"RIFF.{4}WEBP",
    "HEIC": rb"ftyp(?:heic|heix|hevc|mif1|msf1|avif)",
}
# The same at the start of a base64 text: of three bytes each, so that no other byte moves the letters.
_ENCODED = {
    "JPEG": rb"/9j/[24]", "PNG": rb"iVBORw0KGgo", "GIF": rb"R0lGOD[dl]h", "WebP": rb"UklGR[A-Za-z0-9+/]{6}XRUJQ",
}  # fmt: skip
_HEX = {"JPEG": rb"ffd8ffe[01]", "PNG": rb"89504e470d0a1a0a"}


def found_in(path: Path) -> set[str]:
    """Kinds of pictures in a file: in its bytes, in the members of an archive, in the values of a Parquet file."""
    return signatures(path.read_bytes())


def signatures(data: bytes) -> set[str]:
    """Kinds of pictures in bytes."""
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return set().union(*(signatures(archive.read(each)) for each in archive.namelist()))
    if data[:2] == b"\x1f\x8b":
        return signatures(gzip.decompress(data))
    if data[:4] == b"PAR1":  # compressed: the values themselves are looked at
        table = pq.read_table(io.BytesIO(data))
        return _plain(repr(table.to_pylist()).encode("utf-8", "surrogatepass"))
    return _plain(data)


def _plain(data: bytes) -> set[str]:
    kinds = {kind for kind, form in _SIGNATURES.items() if re.search(form, data, re.DOTALL)}
    kinds |= {kind for kind, form in _ENCODED.items() if re.search(rb"(?<![A-Za-z0-9+/])" + form, data, re.DOTALL)}
    return kinds | {kind for kind, form in _HEX.items() if re.search(rb"(?<![0-9a-f])" + form, data, re.IGNORECASE)}
