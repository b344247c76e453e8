"""The text layer of PDF documents: a message per page, whose text is the page's, without sender or time.

A page's place is that of its object in the file, or of the stream of objects that holds it, since what a page shows is
packed elsewhere. Limits: a page without a text layer is refused and counted (no picture is read); forms, notes and
attached files are not read, and told; columns come in the order in which the document draws them. A document that opens
without a password is read, whatever it permits. What has to be repaired to be read is told.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from pypdf import PageObject, PasswordType, PdfReader
from pypdf.errors import DependencyError, LimitReachedError, PdfReadError

from pipelines.device.readers.base import BLOCK, Clean, ReadingStopped, last_part, never_raising
from pipelines.device.records import Message, Place, Record, Refused, Source

MAX_BYTES = 256 << 20  # of a document
MAX_PAGES = 20_000
MAX_CONTENT = 8 << 20  # bytes of what draws a page, unpacked; a page of dense text has some 50,000
MAX_OPERATORS = 200_000  # that draw a page, those of its forms with it; some 20 us each
MAX_IN_ALL = 10_000_000  # that draw a document
MAX_TEXT = 4 << 20  # characters of a page
NO_TEXT = "no text layer"
TOO_MUCH = "a page that is drawn without end"
_END = b"%%EOF"
_ENCRYPTED = "it is encrypted: a password is needed"


class PdfText:
    """A PDF document."""

    name = "pdf_text"
    version = "1"

    def takes(self, name: str, head: bytes) -> bool:
        return b"%PDF-" in head[:1024]

    @never_raising
    def read(self, content: BinaryIO, source: Source) -> Iterator[Record]:
        with tempfile.TemporaryFile() as copy:  # without a name, gone when it is closed; what is read jumps about
            size = 0
            while block := content.read(BLOCK):
                size += len(block)
                if size > MAX_BYTES:
                    raise ReadingStopped("TOO_LARGE", f"a document of over {MAX_BYTES >> 20} MiB", 0)
                copy.write(block)
            yield from _read(copy, size, source)


def _read(content: BinaryIO, size: int, source: Source) -> Iterator[Record]:
    content.seek(max(0, size - 1024))
    is_whole = _END in content.read()
    try:
        yield from _records(content, size, source)
    except ReadingStopped as stopped:
        if is_whole or stopped.reason not in ("DAMAGED", "UNREADABLE"):
            raise
        raise ReadingStopped("CUT", "the document has no end: pages behind it are lost", size) from stopped
    if not is_whole:
        raise ReadingStopped("CUT", "the document has no end: pages behind it are lost", size)


def _records(content: BinaryIO, size: int, source: Source) -> Iterator[Record]:
    clean = Clean()
    with _repairs() as repaired:
        document = _opened(content)
        n_pages, n_without, end, n_drawn = 0, 0, 0, 0
        for page in _pages(document):
            n_pages += 1
            if n_pages > MAX_PAGES:
                raise ReadingStopped("TOO_LARGE", f"over {MAX_PAGES} pages", end)
            if n_drawn > MAX_IN_ALL:
                raise ReadingStopped("TOO_LARGE", f"over {MAX_IN_ALL} operators that draw it", end)
            place = _place(document, page, end, size)
            end = place.byte_to
            record, n_operators = _page(page, place, n_pages, source, clean)
            n_drawn += n_operators
            n_without += isinstance(record, Refused) and record.why == NO_TEXT
            yield record
            yield from clean.told()
        n_said = _count(document)
        notes = _unread(document)
    if n_said is not None and n_said != n_pages:
        raise ReadingStopped("DAMAGED", f"it says that it has {n_said} pages, and {n_pages} are there")
    if repaired:
        raise ReadingStopped("DAMAGED", f"it breaks the form of PDF in {len(repaired)} places: pages may be lost")
    if n_without:
        notes.insert(0, f"{n_without} of {n_pages} pages have {NO_TEXT}")
    if notes:
        raise ReadingStopped("UNREADABLE", "; ".join(notes))


@contextmanager
def _repairs() -> Iterator[list[int]]:
    """Counts what the library warns of while it reads; nothing of it is kept, since it may quote the document."""
    counted: list[int] = []

    def count(record: logging.LogRecord) -> bool:
        if len(counted) < 10_000:
            counted.append(record.lineno)
        return False

    log, handler = logging.getLogger("pypdf"), logging.Handler()
    handler.addFilter(count)
    before = log.propagate, log.level
    log.addHandler(handler)
    log.propagate = False
    log.setLevel(logging.WARNING)
    try:
        yield counted
    finally:
        log.removeHandler(handler)
        log.propagate = before[0]
        log.setLevel(before[1])


def _opened(content: BinaryIO) -> PdfReader:
    try:
        document = PdfReader(content)
        if document.is_encrypted and document.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise ReadingStopped("PASSWORD", _ENCRYPTED, 0)
        len(document.pages)
    except (ReadingStopped, MemoryError):
        raise
    except DependencyError as error:
        raise ReadingStopped("PASSWORD", _ENCRYPTED, 0) from error
    except LimitReachedError as error:
        raise ReadingStopped("BOMB", "a part unpacks beyond the limits", 0) from error
    except Exception as error:  # a library that raises whatever it meets
        raise ReadingStopped("DAMAGED", f"no PDF that can be read ({type(error).__name__})", 0) from error
    return document


def _pages(document: PdfReader) -> Iterator[PageObject]:
    try:
        yield from document.pages
    except (ReadingStopped, MemoryError, GeneratorExit):
        raise
    except Exception as error:  # as above
        raise ReadingStopped("DAMAGED", f"its list of pages breaks off ({type(error).__name__})") from error


def _place(document: PdfReader, page: PageObject, taken: int, size: int) -> Place:
    """Bytes of the page's object, or within the stream of objects that holds it; from `taken` on where that is unknown.

    No two pages have the same place.
    """
    at = 0
    if (reference := page.indirect_reference) is not None:
        at = document.xref.get(reference.generation, {}).get(reference.idnum, 0)
        if not at and (held := document.xref_objStm.get(reference.idnum)):
            at = document.xref.get(0, {}).get(held[0], 0) + held[1]
    start = at if at >= taken and at < size else taken
    return Place(start, start + 1)


def _page(page: PageObject, place: Place, n: int, source: Source, clean: Clean) -> tuple[Message | Refused, int]:
    """The page, and how many operators draw it."""
    n_operators = 0

    def count(*_: Any) -> None:
        nonlocal n_operators
        n_operators += 1
        if n_operators > MAX_OPERATORS:
            raise PdfReadError(TOO_MUCH)

    try:
        drawn = page.get_contents()
        if drawn is not None and len(drawn.get_data()) > MAX_CONTENT:
            return Refused(place, TOO_MUCH), 0
        text = page.extract_text(visitor_operand_before=count) if drawn is not None else ""
    except MemoryError:
        raise
    except LimitReachedError:
        return Refused(place, "a page that unpacks beyond the limits"), n_operators
    except Exception as error:  # noqa: BLE001 - a library that raises whatever it meets
        why = TOO_MUCH if n_operators > MAX_OPERATORS else f"a page that cannot be read ({type(error).__name__})"
        return Refused(place, why), n_operators
    if n_operators > MAX_OPERATORS or len(text) > MAX_TEXT:
        return Refused(place, TOO_MUCH), n_operators
    if not text.strip():
        return Refused(place, NO_TEXT), n_operators
    document = last_part(source.name)
    made = Message(place, app="pdf", chat_id=document, chat_name=f"{document}, page {n}", text=clean.text(text))
    return made, n_operators


def _count(document: PdfReader) -> int | None:
    """Pages that the document says it has."""
    try:
        said = document.root_object["/Pages"].get_object()["/Count"]  # type: ignore[index]
        return int(said)
    except Exception:  # noqa: BLE001 - what is not said is not compared
        return None


def _unread(document: PdfReader) -> list[str]:
    """What the document has besides pages."""
    try:
        root = document.root_object
        names = root.get("/Names")
        has_files = names is not None and "/EmbeddedFiles" in names.get_object()
        has_form = "/AcroForm" in root
        has_notes = any(page.annotations for page in document.pages)
    except Exception:  # noqa: BLE001 - as above
        return ["what it has besides pages cannot be told"]
    told = {"attached files": has_files, "a form": has_form, "links or notes": has_notes}
    there = [name for name, is_there in told.items() if is_there]
    return [f"{' and '.join(there)} that were not read"] if there else []
