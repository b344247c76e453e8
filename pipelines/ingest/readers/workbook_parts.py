"""Parts of a workbook: its sheets, its shared texts, which styles are dates, and a sheet's cells row by row."""

from __future__ import annotations

import os
import posixpath
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from openpyxl.styles import numbers
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import xml_events
from pipelines.ingest.readers.base import FileRefused

MAX_COLUMN = 16_384  # of a sheet, by the format
MAX_ROWS = 1_048_576  # likewise
MAX_STRINGS = 8 << 20  # shared texts: eight bytes of memory each, the texts themselves are on disk
MAX_STYLES = 100_000  # cell formats; the format allows 65,490
MAX_SHEETS = 2_000
WORKBOOK = "xl/workbook.xml"
_PLUS = re.compile(r'(?:"\+"|\\\+|\+)[0#]')


class Cell(NamedTuple):
    """A cell that holds something: its column from 1, and type, style and text as the XML has them."""

    column: int
    kind: str
    style: int
    text: str


class Row(NamedTuple):
    """Cells of a row in order, or none where they are over the limit of a row together."""

    cells: list[Cell]
    is_too_long: bool


class Texts:
    """Shared texts by number, in an unlinked temporary file. Use as a context manager."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir=readers.scratch())  # noqa: SIM115
        self._ends = array("q", [0])
        self._unwritten: list[bytes] = []
        self._n_unwritten = 0

    def __enter__(self) -> Texts:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, text: str) -> None:
        """The next text."""
        if len(self._ends) > MAX_STRINGS:
            raise FileRefused("FILE_TOO_LARGE", f"over {MAX_STRINGS} shared texts")
        encoded = text.encode()
        self._ends.append(self._ends[-1] + len(encoded))
        self._unwritten.append(encoded)
        self._n_unwritten += len(encoded)
        if self._n_unwritten > readers.BLOCK or len(self._unwritten) > readers.BATCH:
            self.write()

    def write(self) -> None:
        """Puts what was added on disk."""
        self._file.write(b"".join(self._unwritten))
        self._file.flush()
        self._unwritten, self._n_unwritten = [], 0

    def size(self, number: int) -> int:
        """Bytes of a text. Raises IndexError where there is none."""
        if number < 0:
            raise IndexError(number)
        return self._ends[number + 1] - self._ends[number]

    def __getitem__(self, number: int) -> str:
        return os.pread(self._file.fileno(), self.size(number), self._ends[number]).decode()


@dataclass
class Book:
    """What holds for all sheets.

    Attributes:
        sheets: name and part of each sheet, in order.
        dates, durations: styles whose numbers are dates, and stretches of time.
        with_plus: styles that show a plus before a number, as of a telephone with its country's code.
    """

    sheets: list[tuple[str, str]] = field(default_factory=list)
    is_from_1904: bool = False
    dates: set[int] = field(default_factory=set)
    durations: set[int] = field(default_factory=set)
    with_plus: set[int] = field(default_factory=set)

    @property
    def epoch(self) -> object:
        return CALENDAR_MAC_1904 if self.is_from_1904 else CALENDAR_WINDOWS_1900


def read_book(archive: zipfile.ZipFile, texts: Texts) -> Book:
    """Reads everything but the sheets; fills `texts`.

    Raises:
        FileRefused: a part cannot be read, or is beyond a limit.
    """
    parts = _Relations()
    xml_events.read(archive, "xl/_rels/workbook.xml.rels", parts)
    listed = _Sheets()
    xml_events.read(archive, WORKBOOK, listed)
    present = set(archive.namelist())
    sheets = [(name, parts.targets.get(number, ("", ""))) for name, number in listed.sheets]
    book = Book([(name, part) for name, (kind, part) in sheets if kind == "worksheet" and part in present])
    book.is_from_1904 = listed.is_from_1904
    styles = _Styles(book)
    for kind, listener in (("styles", styles), ("sharedStrings", _Strings(texts))):
        part = next((part for k, part in parts.targets.values() if k == kind), f"xl/{kind}.xml")
        if part in present:
            xml_events.read(archive, part, listener)
    texts.write()
    return book


def rows(archive: zipfile.ZipFile, part: str) -> Iterator[Row]:
    """Rows of a sheet that hold anything, one after the other.

    Raises:
        FileRefused: the sheet cannot be read, or is beyond a limit.
    """
    cells = _Cells()
    for _ in xml_events.parse(archive, part, cells):
        yield from cells.rows
        cells.rows.clear()


class _Silent:
    """A listener to nothing, to be told more."""

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        pass

    def end(self, name: str) -> None:
        pass

    def text(self, text: str) -> None:
        pass


class _Relations(_Silent):
    def __init__(self) -> None:
        self.targets: dict[str, tuple[str, str]] = {}  # number -> kind, part

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and len(self.targets) < MAX_SHEETS and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.targets[attributes.get("Id", "")] = (kind, target.lstrip("/"))


class _Sheets(_Silent):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []  # name, number of its relation
        self.is_from_1904 = False

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr" and depth == 2:  # an extension has one of its own, further down
            self.is_from_1904 = attributes.get("date1904", "0") in ("1", "true", "on")
        elif name == "sheet" and len(self.sheets) < MAX_SHEETS:
            number = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            self.sheets.append((attributes.get("name", ""), number))


class _Styles(_Silent):
    """Which cell formats show a date or a stretch of time, by the words of openpyxl."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._codes: dict[str, str] = {}
        self._is_within, self._n_styles = False, 0

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:1_000]
        elif name == "cellXfs":
            self._is_within = True
        elif name == "xf" and self._is_within:
            self._add(attributes.get("numFmtId", "0"))
        if self._n_styles > MAX_STYLES or len(self._codes) > MAX_STYLES:
            raise FileRefused("FILE_TOO_LARGE", f"over {MAX_STYLES} cell formats")

    def end(self, name: str) -> None:
        self._is_within = self._is_within and name != "cellXfs"

    def _add(self, number: str) -> None:
        code = self._codes.get(number) or numbers.builtin_format_code(int(number)) or ""
        if numbers.is_date_format(code):
            self._book.dates.add(self._n_styles)
        if numbers.is_timedelta_format(code):
            self._book.durations.add(self._n_styles)
        if _PLUS.match(code):
            self._book.with_plus.add(self._n_styles)
        self._n_styles += 1


class _Pieces(_Silent):
    """Text of `t` elements, of runs too, but of phonetic ones not; and of what else is asked for."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_wanted = self._is_phonetic = False
        self._n_characters = 0

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        self._is_phonetic = self._is_phonetic or name == "rPh"
        self._is_wanted = name == "t" and not self._is_phonetic

    def end(self, name: str) -> None:
        self._is_wanted = False
        self._is_phonetic = self._is_phonetic and name != "rPh"

    def text(self, text: str) -> None:
        if self._is_wanted:
            self._n_characters += len(text)
            if self._n_characters <= readers.MAX_LINE:
                self._pieces.append(text)

    def _taken(self) -> str:
        taken = "".join(self._pieces)
        self._pieces = []
        return taken


class _Strings(_Pieces):
    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts

    def end(self, name: str) -> None:
        super().end(name)
        if name == "si":
            if self._n_characters > readers.MAX_LINE:
                raise FileRefused("FILE_TOO_LARGE", f"a shared text of over {readers.MAX_LINE >> 20} MiB")
            self._texts.add(self._taken().replace("x005F_", ""))
            self._n_characters = 0


class _Cells(_Pieces):
    """Collects rows. A row's text is counted over all its cells, and given up once it is over the limit."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._cells: list[Cell] = []
        self._kind = self._style = ""
        self._column = self._n_rows = 0
        self._is_inline = self._has_text = False

    def start(self, name: str, depth: int, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._is_inline, self._has_text = self._kind == "inlineStr", False
            place = attributes.get("r")
            self._column = _column(place) if place else self._column + 1
            if self._column > MAX_COLUMN:
                raise FileRefused("FILE_TOO_WIDE", f"a cell beyond column {MAX_COLUMN}")
        elif name == "row":
            self._column, self._n_rows = 0, self._n_rows + 1
            if self._n_rows > MAX_ROWS:
                raise FileRefused("FILE_TOO_LARGE", f"over {MAX_ROWS} rows in a sheet")
        elif name == "is":
            self._has_text = self._is_inline
        elif self._is_inline:
            super().start(name, depth, attributes)
        else:
            self._is_wanted = name == "v"

    def end(self, name: str) -> None:
        if self._is_wanted:
            self._is_wanted = False
        elif name == "rPh":
            super().end(name)
        if name == "c":
            text = self._taken()
            if text or self._has_text:
                self._cells.append(Cell(self._column, self._kind, int(self._style), text))
        elif name == "row":
            is_too_long = self._n_characters > readers.MAX_LINE
            if self._cells or is_too_long:
                self.rows.append(Row([] if is_too_long else self._cells, is_too_long))
            self._cells, self._n_characters = [], 0


def _column(place: str) -> int:
    """Number of a cell's column, from 1: of "AB12", 28."""
    number = 0
    for letter in place.rstrip("0123456789").upper():
        if not "A" <= letter <= "Z" or number > MAX_COLUMN:
            raise FileRefused("FILE_UNREADABLE", "a cell whose place cannot be read")
        number = 26 * number + ord(letter) - 64
    return number
