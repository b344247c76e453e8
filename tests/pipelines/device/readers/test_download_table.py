"""Downloads as CSV and XLSX by a layout: the same conversation as every other format, and damage that still parses.

The files are written by Python's csv, by openpyxl and by XlsxWriter.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import itertools
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device import reading
from pipelines.device.readers import workbook_rows
from pipelines.device.readers.download_table import SWALLOWED, DownloadTable
from pipelines.device.records import Call, Contact, Message, Record, Refused
from schemas.layouts.device_table import Table
from tests.pipelines.device.readers.reading import UNTIMED, facts, messages, n_replaced, of, records, stopped
from tests.support import device_exports as exports
from tests.support.device_exports import CONVERSATION, LONDON, SOURCE, Line

HEADINGS = ("Date", "Time", "Folder", "From", "To", "Body", "File", "State")
LAYOUT: dict[str, Any] = {
    "file": "*.csv", "holds": "messages", "format": "csv", "times": ["dd/MM/yyyy HH:mm:ss"],
    "columns": {"at": "Date", "direction": "Folder", "sender": "From", "recipient": "To", "text": "Body",
                "attachment": "File", "deleted": "State"},
    "joined": {"at": ["Time"]}, "codes": {"direction": {"Inbox": "IN", "Sent items": "OUT"}},
    "constants": {"app": "whatsapp"},
}  # fmt: skip


def table(**changes: Any) -> Table:
    return Table.model_validate({**LAYOUT, **changes})


def row(line: Line) -> list[Any]:
    at = line.at.astimezone(LONDON)
    sender, other = (exports.OWNER, exports.OTHER) if line.is_owner else (exports.OTHER, exports.OWNER)
    folder = "SENT  items" if line.is_owner else "Inbox"
    day, clock = at.strftime("%d/%m/%Y"), at.strftime("%H:%M:%S")
    return [day, clock, folder, sender, other, line.text or "", line.attachment or "", "1" if line.is_deleted else ""]


def as_csv(rows: Iterable[Sequence[Any]], before: Sequence[str] = (), encoding: str = "utf-8", **dialect: Any) -> bytes:
    sink = io.StringIO()
    writer = csv.writer(sink, **dialect)
    for each in before:
        writer.writerow([each])
    writer.writerow(HEADINGS)
    writer.writerows(rows)
    return sink.getvalue().encode(encoding)


def as_workbook(rows: Iterable[Sequence[Any]], others: int = 0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["A download"])
    sheet.append([])
    sheet.append(HEADINGS)
    for each in rows:
        sheet.append([value if value != "" else None for value in each])
    for _ in range(others):
        book.create_sheet()
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def as_shared(rows: Iterable[Sequence[Any]]) -> bytes:
    """As another library writes it: texts that stand apart from the sheet, and dates in their own cells."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet()
    for n, each in enumerate([HEADINGS, *rows]):
        sheet.write_row(n + 4, 0, each)
    book.close()
    return sink.getvalue()


def dated(line: Line) -> list[Any]:
    at = line.at.astimezone(LONDON).replace(tzinfo=None)
    return [datetime.combine(at.date(), datetime.min.time()), at.time(), *row(line)[2:]]


ROWS = [row(line) for line in CONVERSATION]
XLSX = table(file="*.xlsx", format="xlsx")
FORMATS: dict[str, tuple[Table, Callable[[], bytes]]] = {
    "csv": (table(), lambda: as_csv(ROWS)),
    "with a byte order mark and a title": (table(), lambda: as_csv(ROWS, ["Report", ""], "utf-8-sig")),
    "semicolons": (table(delimiter=";"), lambda: as_csv(ROWS, delimiter=";", quoting=csv.QUOTE_ALL)),
    "no last line end": (table(), lambda: as_csv(ROWS).rstrip(b"\r\n")),
    "workbook of texts": (XLSX, lambda: as_workbook(ROWS)),
    "workbook of shared texts": (XLSX, lambda: as_shared(ROWS)),
    "workbook of shared texts and dates": (XLSX, lambda: as_shared(map(dated, CONVERSATION))),
    "workbook of dates": (XLSX, lambda: as_workbook(map(dated, CONVERSATION))),
}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_download_tells_the_conversation_that_every_format_tells(format_: str) -> None:
    layout, make = FORMATS[format_]
    content = make()
    found = records(DownloadTable(layout), content)
    assert stopped(found) is None
    told = of(Message, found)
    assert [facts(one) for one in told] == [line.facts for line in CONVERSATION]
    assert [one.is_deleted for one in told] == [line.is_deleted for line in CONVERSATION]
    assert {one.app for one in told} == {"whatsapp"}
    assert [one.attachments[0].name for one in told if one.attachments] == ["IMG-20250628-WA0001.jpg"]
    for one, line in zip(told, CONVERSATION, strict=True):
        to = exports.OTHER if line.is_owner else exports.OWNER
        assert (one.members, one.recipients, one.chat_id) == ((line.sender, to), (to,), exports.OTHER)
    places = [one.place for one in told]
    assert all(a.byte_to <= b.byte_from for a, b in itertools.pairwise(places))
    inner = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml") if layout is XLSX else content
    for one, line in zip(told, CONVERSATION, strict=True):
        written = inner[one.place.byte_from : one.place.byte_to].decode()
        if layout is XLSX:
            assert re.fullmatch(r"<row r=.*</row>", written, re.DOTALL)
        else:
            (again,) = csv.reader(io.StringIO(written, newline=""), delimiter=layout.delimiter)
            assert again[5] == (line.text or "")


def test_calls_and_contacts_are_read_by_their_layouts() -> None:
    calls = table(
        holds="calls", times=["epoch_ms"], joined={}, constants={},
        columns={"at": "When", "party": "Number", "direction": "Kind", "duration": "Length"},
        codes={"direction": {"in": "IN", "out": "OUT"}},
    )  # fmt: skip
    content = b"When,Number,Kind,Length\n1751151000000,07700 900002,out,95\n1751151000001,07700 900002,lost,1\n"
    found = records(DownloadTable(calls), content)
    (call,) = of(Call, found)
    assert (call.party, call.direction, call.duration_s) == ("+447700900002", "OUT", 95.0)
    assert call.started_at == datetime(2025, 6, 28, 22, 50, tzinfo=UTC)
    assert [one.why for one in of(Refused, found)] == ["a word for direction that its layout does not name"]
    contacts = table(
        holds="contacts", times=[], joined={}, constants={}, codes={}, columns={"name": "Name", "phone": "Mobile"}
    )
    (contact,) = of(Contact, records(DownloadTable(contacts), b"Name,Mobile\nSam,07700 900002\n"))
    assert (contact.name, contact.phones) == ("Sam", ("+447700900002",))


def refusals(content: bytes, layout: Table | None = None) -> tuple[int, list[str]]:
    found = records(DownloadTable(layout or table()), content)
    return len(of(Message, found)), [one.why for one in of(Refused, found)]


def test_rows_that_do_not_fit_are_refused_one_by_one() -> None:
    good, bad = ROWS[0], [["31/13/2025", *ROWS[0][1:]], ROWS[0][:-1], [*ROWS[0], "beyond"], ["", "10:00", *ROWS[0][2:]]]
    assert refusals(as_csv([good, *bad, good])) == (
        2,
        ["a time that cannot be read", *["a row with another number of values than the heading"] * 2,
         "a time that cannot be read"],
    )  # fmt: skip
    assert refusals(as_csv([[*good, ""], [""] * 8])) == (1, [])  # an empty value beyond, and an empty row


def test_a_quotation_mark_that_is_never_closed_takes_no_rows_in_silence() -> None:
    lines = as_csv([ROWS[0]] * 5).split(b"\r\n")
    lines[2] = lines[2].replace(b"Are you", b'"Are you')  # begins a value and has no end before the next such
    lines[4] = lines[4].replace(b"Are you", b'"Are you')
    found = records(DownloadTable(table()), b"\r\n".join(lines))
    whys = [one.why for one in of(Refused, found)]
    assert whys
    n_lines = sum(
        b"\r\n".join(lines)[r.place.byte_from : r.place.byte_to].count(b"Are you") for r in of(Refused, found)
    )
    assert len(of(Message, found)) + n_lines == 5  # each row is a message, or within the bytes of a refusal
    cut = b"\r\n".join(lines[:3])
    end = stopped(records(DownloadTable(table()), cut))
    assert (end.reason, end.at) == ("CUT", cut.index(lines[2]))
    swallowing = as_csv([[*ROWS[0][:5], "a\n1,2,3,4,5,6,7,8", "", ""]])
    assert refusals(swallowing) == (0, [SWALLOWED])


@pytest.mark.parametrize(
    ("content", "layout", "why"),
    [
        (as_csv(ROWS, encoding="utf-16"), table(), "UTF-16, and its layout says utf-8"),
        (as_csv(ROWS), table(encoding="windows-1252"), "UTF-8 throughout, and its layout says cp1252"),
        (as_csv(ROWS, delimiter=";"), table(), "no row has the columns that its layout names"),
        (b"", table(), "no row has the columns that its layout names"),
        (as_workbook(ROWS), table(), "an archive or a workbook, and its layout says csv"),
        (as_csv(ROWS).replace(b"From", b"Folder"), table(), "no row has the columns that its layout names"),
        (as_csv(ROWS).replace(b"State", b"State,Folder"), table(), "names stand there twice"),
        (as_csv(ROWS), XLSX, "no list of members"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_is_another_than_its_layout_says_is_not_read(content: bytes, layout: Table, why: str) -> None:
    found = records(DownloadTable(layout), content)
    assert not of(Message, found)
    assert why in stopped(found).detail


def test_columns_and_sheets_that_are_not_read_are_counted() -> None:
    few = [[*each, "x", "y"] for each in ROWS[:2]]
    sink = io.StringIO()
    csv.writer(sink).writerows([[*HEADINGS, "Note", "Other"], *few])
    content = sink.getvalue().encode()
    found = records(DownloadTable(table()), content)
    assert len(of(Message, found)) == 2
    assert stopped(found).detail == "2 columns that its layout does not name were not read"
    assert stopped(records(DownloadTable(table(ignore=["Note", "Other"])), content)) is None
    book = records(DownloadTable(XLSX), as_workbook(ROWS, others=2))
    assert stopped(book).detail == "2 other sheets were not read"


def test_bytes_that_no_text_holds_are_counted_and_cost_a_character_each() -> None:
    content = as_csv(ROWS[:1]).replace(b"Thursday", b"Thurs\x0b\xff")
    found = records(DownloadTable(table()), content)
    assert [one.text for one in of(Message, found)] == ["Are you free on Thurs\ufffd\ufffd?"]
    assert n_replaced(found) == 2


def repacked(change: Callable[[str, bytes], bytes]) -> bytes:
    """The workbook with parts changed."""
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_workbook(ROWS))) as before,
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in before.namelist():
            out.writestr(name, change(name, before.read(name)))
    return sink.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
STYLES, SHEET = "xl/styles.xml", "xl/worksheets/sheet1.xml"
WORKBOOKS: dict[str, tuple[Callable[[str, bytes], bytes], str]] = {
    "entities": (lambda name, part: part.replace(b"<styleSheet", ENTITIES + b"<styleSheet"), "BOMB"),
    "another alphabet": (lambda name, part: part.decode().encode("utf-16") if name == STYLES else part, "UNREADABLE"),
    "a bomb": (lambda name, part: part + b" " * (32 << 20) if name == STYLES else part, "BOMB"),
    "no list": (lambda name, part: b"<x/>" if name == "xl/workbook.xml" else part, "DAMAGED"),
    "rows out of order": (lambda name, part: part.replace(b'r="5"', b'r="2"') if name == SHEET else part, "DAMAGED"),
    "a cut sheet": (lambda name, part: part[: len(part) * 2 // 3] if name == SHEET else part, "DAMAGED"),
}


@pytest.mark.parametrize("damage", WORKBOOKS)
def test_a_workbook_is_bounded_and_damage_is_told(damage: str) -> None:
    change, reason = WORKBOOKS[damage]
    found = records(DownloadTable(XLSX), repacked(change))
    assert stopped(found).reason == reason
    assert len(of(Message, found)) < len(CONVERSATION)


def test_what_a_sheet_says_of_its_size_cuts_nothing() -> None:
    lying = repacked(lambda name, part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B4"', part))
    assert len(messages(DownloadTable(XLSX), lying)) == len(CONVERSATION)


def test_an_encrypted_workbook_needs_a_password() -> None:
    content = workbook_rows.OLE + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert stopped(records(DownloadTable(XLSX), content)).reason == "PASSWORD"


def test_a_submission_reads_them_in_folders_and_archives_and_counts_every_row(tmp_path: Path) -> None:
    bad = [["no day", *ROWS[0][1:]]]
    files = {"m.csv": as_csv([*ROWS, *bad]), "m.xlsx": as_workbook(ROWS)}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as out:
        for name, content in files.items():
            out.writestr(f"inner/{name}", content)
    files["all.zip"] = sink.getvalue()
    seen = {}
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        before = (hashlib.sha256(content).digest(), path.stat().st_mtime_ns)
        told = list(reading.records(str(path), replace(SOURCE, name=name, tables=(table(), XLSX))))
        assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns) == before
        for each in told:
            if isinstance(each.record, reading.FileRow) and each.record.reader == "download_table 1":
                loaded = sum(isinstance(o.record, Message) and o.member == each.member for o in told)
                seen[name, each.member] = (
                    each.record.status,
                    each.record.n_messages,
                    each.record.n_quarantined,
                    loaded,
                )
    n = len(CONVERSATION)
    assert seen == {
        ("m.csv", ""): ("READ", n + 1, 1, n), ("m.xlsx", ""): ("READ", n, 0, n),
        ("all.zip", "inner/m.csv"): ("READ", n + 1, 1, n), ("all.zip", "inner/m.xlsx"): ("READ", n, 0, n),
    }  # fmt: skip


@functools.cache
def made_once(format_: str) -> bytes:
    """A workbook says when it was written."""
    return FORMATS[format_][1]()


@UNTIMED
@given(st.data())
def test_whatever_bytes_are_changed_nothing_is_raised_and_places_are_unlike(data: st.DataObject) -> None:
    format_ = data.draw(st.sampled_from(["csv", "workbook of texts"]))
    layout, content = FORMATS[format_][0], bytearray(made_once(format_))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    found: list[Record] = records(DownloadTable(layout), cut)
    places = [one.place for one in found if isinstance(one, Message | Refused)]
    assert len(set(places)) == len(places)
    stopped(found)
