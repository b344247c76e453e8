"""In which encoding a file's bytes are: told by a mark or by being valid, else by which reading is no nonsense."""

from __future__ import annotations

import codecs
import gzip
import re
import unicodedata
import zlib
from dataclasses import dataclass

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers.base import FileRefused

LOOKED_AT = 32 << 20  # bytes of a file from which its encoding is known
SINGLE_BYTE = ("windows-1252", "cp850", "mac-roman")
_SIGNS = frozenset("£€’‘“”–—…•°½¼¾²³®©™´·§\u00a0\u00ad")  # that people in Britain write, next to letters of Europe
_TWICE = re.compile("\u00c3[\u0080-\u00bf]|\u00c2[\u00a3\u00a0]|\u00e2\u20ac")  # UTF-8 that was read as Windows-1252
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_BOM16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Encoding:
    """Encodings in which the bytes can be text: one is sure. `is_plain`: only ASCII was seen."""

    names: tuple[str, ...]
    is_plain: bool = False


def head(path: str) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        FileRefused: it is no plain file, or damaged.
    """
    with readers.open_plain(path, None) as file:
        try:
            if file.read(2) == readers.GZIP:
                file.seek(0)
                return gzip.GzipFile(fileobj=file).read(LOOKED_AT)
            file.seek(0)
            return file.read(LOOKED_AT)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileRefused("FILE_TRUNCATED", "the compressed file is damaged or ends early") from error


def sniff(content: bytes) -> Encoding:
    """The encodings in which `content`, the beginning of a file, can be text.

    Where several are named, they read it as different text, and neither as nonsense. None is named where each does.
    """
    if content.startswith(_BOM16):
        return Encoding(("utf-16",))
    if b"\0" in content:
        return Encoding(tuple(name for name in ("utf-16-le", "utf-16-be") if _is_wide(content, name)))
    if content.isascii():
        return Encoding(("utf-8",), is_plain=True)
    if _decoded(content, "utf-8") is not None:
        return Encoding(("utf-8",))
    read = {name: text for name in SINGLE_BYTE if (text := _decoded(content, name)) is not None and _makes_sense(text)}
    names: list[str] = []
    for name, text in read.items():  # where two read the same text, the first says it
        names += [] if any(read[other] == text for other in names) else [name]
    return Encoding(tuple(names))


def lost(text: str) -> str:
    """What shows that a text was damaged before it came, in words; empty where nothing does."""
    if "\ufffd" in text:
        return "characters were replaced (U+FFFD) before the file was written: their letters are lost"
    if _TWICE.search(text):
        return "letters look as if they had been encoded twice: \u00c3\u00a9 for \u00e9"
    return ""


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(content, final=len(content) < LOOKED_AT)
    except UnicodeDecodeError:
        return None


def _is_wide(content: bytes, encoding: str) -> bool:
    text = _decoded(content, encoding)
    return text is not None and "\0" not in text and sum(c.isascii() for c in text) > len(text) / 2


def _makes_sense(text: str) -> bool:
    """Whether every character beyond ASCII stands where people write it: accented letters within words of their case,
    signs from a short list."""
    padded = f" {text} "
    found = (match.start() for match in _BEYOND_ASCII.finditer(padded))
    return all(_stands_well(padded[n], padded[n - 1], padded[n + 1]) for n in found)


def _stands_well(char: str, before: str, after: str) -> bool:
    if not unicodedata.category(char).startswith("L") or char in "ªº":
        return char in _SIGNS and not (char in "£€" and after.isalpha())
    if not (before.isalpha() or after.isalpha()):
        return False
    if char.isupper():
        return not before.islower()
    return not (before.isupper() and after.isupper())
