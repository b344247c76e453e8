"""XML as events, in constant memory: nothing of a document is kept but what its listener keeps.

Expat is the parser; what it keeps by itself (an unfinished token, the stack of open elements, every name it has seen)
is bounded here. Documents with a document type are refused: workbooks have none, and entities are the way to a bomb.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Protocol
from xml.parsers import expat

from pipelines.ingest.readers.base import FileRefused

BLOCK = 64 << 10  # bytes given to the parser at once
MAX_TOKEN = 1 << 20  # bytes of a tag, a comment or an instruction, which the parser keeps until it ends
MAX_DEPTH = 200  # open elements; workbooks need about ten
MAX_NAMES = 20_000  # distinct names of elements, attributes and namespaces, which the parser never forgets


class Listener(Protocol):
    """What wants to know of elements. Names are local ones, without their namespace."""

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        """An element begins; the root has depth 1."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Some of the text of the innermost element."""


def parse(archive: zipfile.ZipFile, part: str, listener: Listener) -> Iterator[None]:
    """Tells the listener of one part of an archive; yields after each block, for the listener to be emptied.

    Raises:
        FileRefused: the part is absent, damaged, not XML, declares a document type, or is beyond a limit.
    """
    parser = expat.ParserCreate(namespace_separator=" ", intern={})
    parser.buffer_text = True
    watch = _Watch(parser, listener)
    n_given = 0
    try:
        with archive.open(part) as stream:
            while block := stream.read(BLOCK):
                parser.Parse(block, False)
                n_given += len(block)
                watch.check(n_given)
                yield
            parser.Parse(b"", True)
            yield
    except KeyError as error:
        raise FileRefused("FILE_UNREADABLE", "a part of the workbook is absent") from error
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FileRefused("FILE_TRUNCATED", "a part of the workbook ends early, or is not XML") from error


def read(archive: zipfile.ZipFile, part: str, listener: Listener) -> None:
    """The whole of a part at once, for listeners that keep little of it. Raises as `parse` does."""
    for _ in parse(archive, part, listener):
        pass


class _Watch:
    """Stands between the parser and its listener, and counts."""

    def __init__(self, parser: expat.XMLParserType, listener: Listener) -> None:
        self._parser, self._listener = parser, listener
        self._depth = self._n_namespaces = 0
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = listener.text
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartDoctypeDeclHandler = _refuse_document_type

    def check(self, n_given: int) -> None:
        """Refuses a document of which the parser keeps too much, after it was given `n_given` bytes."""
        if n_given - self._parser.CurrentByteIndex > MAX_TOKEN:
            raise FileRefused("FILE_TOO_LARGE", f"an XML tag of over {MAX_TOKEN >> 20} MiB")
        if len(self._parser.intern) + self._n_namespaces > MAX_NAMES:
            raise FileRefused("FILE_TOO_LARGE", f"XML of over {MAX_NAMES} names")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FileRefused("FILE_TOO_LARGE", f"XML of over {MAX_DEPTH} levels")
        self._listener.start(name.rpartition(" ")[2], self._depth, attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._listener.end(name.rpartition(" ")[2])

    def _namespace(self, _prefix: str | None, _uri: str) -> None:
        self._n_namespaces += 1


def _refuse_document_type(*_: object) -> None:
    raise FileRefused("FILE_TOO_LARGE", "XML that declares entities")
