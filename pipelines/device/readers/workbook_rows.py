"""Rows of a workbook (XLSX) with the bytes of each within its sheet's XML, bounded before it is opened.

Refused: encrypted, cut or damaged; parts that unpack beyond the limits of `archive`; a document type declaration in any
part, so that no entity is expanded; shared texts over 128 MiB, which are held in memory.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree

import openpyxl

from pipelines.device.readers.archive import Archive, Limits, Member
from pipelines.device.readers.base import BLOCK, MAX_RECORD, TOO_LARGE, ReadingStopped
from pipelines.device.records import Place

LIMITS = Limits(max_directory_bytes=4 << 20, max_member_bytes=1 << 30, max_total_bytes=1 << 30)
MAX_SHARED = 128 << 20  # bytes of shared texts, of styles and of the list of sheets, each
OLE = b"\xd0\xcf\x11\xe0"
_OPEN = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?row(?=[\s/>])[^>]*>")
_CLOSE = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?row\s*>")
_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TAIL = 4096  # bytes that are kept where a tag may be cut


class Workbook:
    """A workbook that is open for reading. Use as a context manager."""

    def __init__(self, content: BinaryIO) -> None:
        """Open it.

        Raises:
            ReadingStopped: it is none, or may not be opened.
        """
        head = content.read(1 << 20)
        content.seek(0)
        if head.startswith(OLE):
            is_encrypted = "EncryptedPackage".encode("utf-16-le") in head
            reason = "PASSWORD" if is_encrypted else "UNREADABLE"
            raise ReadingStopped(reason, "it is encrypted: a password is needed" if is_encrypted else "no XLSX", 0)
        self._archive = Archive(content, LIMITS)
        self._members = {member.name: member for member in self._archive.members()}
        self._check()
        self._parts = self._sheets()
        try:
            self._book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        except Exception as error:  # a library that raises whatever it meets
            raise ReadingStopped("DAMAGED", f"the workbook cannot be read ({type(error).__name__})") from error
        self.n_sheets = len(self._parts)
        if self.n_sheets != len(self._book.worksheets):
            raise ReadingStopped("DAMAGED", "its list of sheets does not agree with its parts")

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def rows(self, n: int) -> Iterator[tuple[Place, tuple[object, ...]]]:
        """Rows of sheet `n`, from 0, that stand in its XML.

        Raises:
            ReadingStopped: they cannot be read further; `at` is the byte after the last that was.
        """
        sheet = self._book.worksheets[n]
        sheet.reset_dimensions()  # what the sheet says of its size may be wrong, and would cut it
        read, done = enumerate(sheet.iter_rows(values_only=True), start=1), 0
        try:
            for number, place in self._places(self._parts[n]):
                cells = next((cells for m, cells in read if m == number), None)
                if cells is None:
                    raise ReadingStopped("DAMAGED", "its rows are out of order", done)
                yield place, cells
                done = place.byte_to
            if any(any(cell is not None for cell in cells) for _, cells in read):
                raise ReadingStopped("DAMAGED", "it has rows whose place cannot be told", done)
        except (ReadingStopped, GeneratorExit):
            raise
        except Exception as error:  # as above
            raise ReadingStopped("DAMAGED", f"a row cannot be read ({type(error).__name__})", done) from error

    def _places(self, part: Member) -> Iterator[tuple[int, Place]]:
        """Numbers and bytes of the rows of a part."""
        kept, base, number, is_last = b"", 0, 0, False
        with self._archive.open(part) as content:
            while not is_last:
                block = content.read(BLOCK)
                is_last = not block
                kept += block
                done = 0
                while opened := _OPEN.search(kept, done):
                    closed = opened if opened[0].endswith(b"/>") else _CLOSE.search(kept, opened.end())
                    if closed is None:
                        done = opened.start()
                        break
                    told = _NUMBER.search(opened[0])
                    number = int(told[1]) if told else number + 1
                    yield number, Place(base + opened.start(), base + closed.end())
                    done = closed.end()
                else:
                    done = max(done, len(kept) - _TAIL)
                kept, base = kept[done:], base + done
                if len(kept) > MAX_RECORD:
                    raise ReadingStopped("TOO_LARGE", TOO_LARGE, base)

    def _check(self) -> None:
        for member in self._members.values():
            if member.reason:
                raise ReadingStopped(member.reason, f"a part of the workbook: {member.detail}")
            is_sheet = member.name.startswith("xl/worksheets/")
            if self._is_xml(member):
                if not is_sheet and member.n_bytes > MAX_SHARED:
                    raise ReadingStopped("TOO_LARGE", f"a part of over {MAX_SHARED >> 20} MiB")
                self._check_part(member)

    def _is_xml(self, member: Member) -> bool:
        """Whether a part may be read as XML: by its name, or by how it begins, in any alphabet."""
        with self._archive.open(member) as content:
            head = content.read(64).lstrip()
        return member.name.endswith((".xml", ".rels")) or head.startswith(
            (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0<")
        )

    def _check_part(self, member: Member) -> None:
        tail = b""
        with self._archive.open(member) as content:
            while block := content.read(BLOCK):
                if b"\x00" in block:
                    raise ReadingStopped("UNREADABLE", "a part that is no UTF-8")
                seen = tail + block
                if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                    raise ReadingStopped("BOMB", "a part declares a document type: it could expand without end")
                tail = seen[-16:]

    def _sheets(self) -> list[Member]:
        """Parts of the sheets with cells, in the order of the workbook."""
        try:
            targets = {
                each.get("Id"): posixpath.normpath(posixpath.join("/xl", each.get("Target") or ""))[1:]
                for each in self._xml("xl/_rels/workbook.xml.rels")
            }
            listed = [sheet.get(_RELATION) for sheet in self._xml("xl/workbook.xml").iter(f"{_MAIN}sheet")]
            sheets = [self._members[targets[id_]] for id_ in listed if "worksheets/" in targets[id_]]
        except (KeyError, ElementTree.ParseError, ValueError) as error:
            raise ReadingStopped("DAMAGED", "no list of sheets that can be followed") from error
        if not sheets:
            raise ReadingStopped("DAMAGED", "it lists no sheet")
        return sheets

    def _xml(self, name: str) -> ElementTree.Element:
        with self._archive.open(self._members[name]) as content:
            return ElementTree.fromstring(content.read())
