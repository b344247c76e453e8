"""One truth as four providers' workbooks, made by openpyxl alone: titles, footers, pages put together, masts in rows.

What a workbook looks like is after public descriptions of such answers; nothing of one is in it.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import openpyxl

# Points of the Ordnance Survey's published tests and of its worked example: easting, northing, and the same in WGS 84.
PLACES = (
    (651_409.903, 313_177.270, 52 + 39 / 60 + 28.72 / 3600, 1 + 42 / 60 + 57.74 / 3600),
    (250_359.811, 62_016.569, 50.43885826, -4.10864564),
    (331_534.564, 431_920.794, 53.77911026, -3.04045491),
)
FOOTER = ["End of report"]
Event = Mapping[str, Any]  # of our names, with national codes and numbers; `started_at` in UTC
_LONDON = zoneinfo.ZoneInfo("Europe/London")


def place(cell: str) -> tuple[float, float, float, float]:
    """Where a cell stands."""
    return PLACES[int(cell.rpartition("-")[2]) % len(PLACES)]


def written(events: Sequence[Event]) -> Iterator[tuple[str, str, str, bytes]]:
    """Sender, feed, name of the file and its content."""
    yield "telco_harbour", "comms_events", "answer.xlsx", _harbour(events)
    yield "telco_fen", "comms_events", "answer.xlsx", _fen(events)
    yield "telco_lowland", "comms_events", "answer.xlsx", _lowland(events)
    yield "telco_granite", "comms_events", "pages.xlsx", _granite(events)
    yield "telco_granite", "comms_cells", "cells.xlsx", _cells_of_granite(events)


def _harbour(events: Sequence[Event]) -> bytes:
    title = [["Harbour Wireless", None, "OFFICIAL-SENSITIVE"], ["Request", "CD/1"], [], ["From", dt.date(2025, 6, 1)]]
    header = ["Authority", "Date", "Time", "Call Type", "Direction", "A Number", "B Number", "Duration", "IMEI", "IMSI",
              "Start Cell", "Start Easting", "Start Northing", "End Cell", "End Easting", "End Northing"]  # fmt: skip
    kinds = {"VOICE": "Voice", "SMS": "Text", "MMS": "Picture", "DATA": "GPRS"}

    def row(event: Event) -> list[Any]:
        at = event["started_at"]
        first, last = place(event["first_cell"]), place(event["last_cell"])
        return [event["auth_urn"], at.date(), at.time(), kinds[event["type"]], event["direction"].capitalize(),
                event["a_number"], event["b_number"], dt.timedelta(seconds=event["duration_s"]), event["imei"],
                event["imsi"], event["first_cell"], round(first[0]), round(first[1]), event["last_cell"],
                f"{last[0]:,.0f}", f"{last[1]:,.0f}"]  # fmt: skip

    return _book(title, [header], map(row, events), [[], FOOTER, ["Records", len(events)]])


def _fen(events: Sequence[Event]) -> bytes:
    groups = ["Request", "When", None, None, None, None, "Parties", None, "Device", None, "First Mast", None,
              "Last Mast", None]  # fmt: skip
    names = ["SPoC Ref", "Date", "Time", "Clock", "Event", "Secs", "Calling", "Called", "IMEI", "IMSI", "Site", "NGR",
             "Site", "NGR"]  # fmt: skip
    words = {"VOICE": ("MOC", "MTC"), **{kind: (f"{w}-MO", f"{w}-MT") for kind, w in
             (("SMS", "SMS"), ("MMS", "MMS"), ("DATA", "PS"))}}  # fmt: skip

    def row(event: Event) -> list[Any]:
        at = event["started_at"].replace(tzinfo=dt.UTC).astimezone(_LONDON)
        word = words[event["type"]][event["direction"] == "INCOMING"]
        return [event["auth_urn"], f"{at:%d/%m/%Y}", f"{at:%H:%M:%S}", at.tzname(), word, event["duration_s"],
                _shown_with_plus(event["a_number"]), _shown_with_plus(event["b_number"]), event["imei"], event["imsi"],
                event["first_cell"], _reference(event["first_cell"]), event["last_cell"],
                _reference(event["last_cell"])]  # fmt: skip

    return _book([["Fenland Communications: call data"]], [groups, names], map(row, events), [FOOTER])


def _lowland(events: Sequence[Event]) -> bytes:
    header = ["Authorisation", "Target", "Other Party", "Way", "Usage", "Start (UTC)", "Minutes", "Handset", "SIM",
              "Cell From", "Lat/Long From", "Cell To", "Lat/Long To"]  # fmt: skip
    kinds = {"VOICE": "Voice Call", "SMS": "SMS", "MMS": "MMS", "DATA": "Data Session"}

    def row(event: Event) -> list[Any]:
        is_in = event["direction"] == "INCOMING"
        parties = (event["b_number"], event["a_number"]) if is_in else (event["a_number"], event["b_number"])
        first, last = (f"{place(event[name])[2]:.6f}, {place(event[name])[3]:.6f}" for name in
                       ("first_cell", "last_cell"))  # fmt: skip
        return [event["auth_urn"], *parties, "Received" if is_in else "Made", kinds[event["type"]],
                event["started_at"], round(event["duration_s"] / 60, 2), event["imei"], event["imsi"],
                event["first_cell"], first, event["last_cell"], last]  # fmt: skip

    return _book([], [header], map(row, events), [["Total", len(events)]], notes="Times are of UTC.")


def _granite(events: Sequence[Event]) -> bytes:
    header = ["Request", "Date/Time", "Zone", "Service", "O/T", "Originating No.", "Terminating No.", "Duration (s)",
              "IMEI No.", "IMSI No.", "CGI Start", "CGI End"]  # fmt: skip
    kinds = {"VOICE": "Telephony", "SMS": "Short Message", "MMS": "Multimedia", "DATA": "Packet"}

    def row(event: Event) -> list[Any]:
        at = event["started_at"].replace(tzinfo=dt.UTC).astimezone(_LONDON)
        return [event["auth_urn"], f"{at:%d-%b-%Y %H:%M:%S}", at.tzname(), kinds[event["type"]],
                "T" if event["direction"] == "INCOMING" else "O", _spaced(event["a_number"]),
                _spaced(event["b_number"]), str(event["duration_s"]), event["imei"], event["imsi"],
                event["first_cell"], event["last_cell"]]  # fmt: skip

    rows = [row(event) for event in events]
    half = len(rows) // 2
    pages = [*rows[:half], ["Page 1 of 2"], header, *rows[half:]]
    return _book([["Granite Networks"], ["Page 1"]], [header], pages, [["Page 2 of 2"]])


def _cells_of_granite(events: Sequence[Event]) -> bytes:
    header = ["CGI", "Latitude", "Longitude", "Bearing", "On Air", "Off Air"]
    cells = sorted({event[name] for event in events for name in ("first_cell", "last_cell")})

    def row(cell: str) -> list[Any]:
        _, _, north, east = place(cell)
        sides = f"{abs(east):.6f} {'W' if east < 0 else 'E'}".replace(".", ",")
        return [cell, f"{north:.6f}".replace(".", ","), sides, "Omni", "01-Jan-2024", "until further notice"]

    return _book([["Cells on air"]], [header], map(row, cells), [])


def _book(
    title: list[list[Any]], header: list[list[Any]], rows: Any, footer: list[list[Any]], notes: str | None = None
) -> bytes:
    """A workbook; a value that is a pair is a number and the format that shows it."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    if notes is not None:
        sheet.append([notes])
        sheet = book.create_sheet("Data")
    for values in (*title, *header, *rows, *footer):
        sheet.append([value[0] if isinstance(value, tuple) else value for value in values])
        for n, value in enumerate(values, start=1):
            if isinstance(value, tuple):
                sheet.cell(sheet.max_row, n).number_format = value[1]
    if title:
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=5)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _shown_with_plus(number: str | None) -> Any:
    """A number as a cell that shows a plus before it; short codes and withheld ones are texts."""
    return number if number is None or len(number) < 8 else (int(_abroad(number)), "+0")


def _spaced(number: str | None) -> str | None:
    if number is None or len(number) < 8:
        return number
    abroad = _abroad(number)
    return f"00{abroad[:2]} {abroad[2:6]} {abroad[6:]}"


def _abroad(number: str) -> str:
    """Digits with the country's first, of a number as `truth` writes it."""
    return number[1:] if number.startswith("+") else re.sub("^0", "44", number)


def _reference(cell: str) -> str:
    """The square of a metre in which a cell stands, by the letters that maps print for these three."""
    letters: Callable[[int], str] = ("TG", "SX", "SD").__getitem__
    at = int(cell.rpartition("-")[2]) % len(PLACES)
    east, north, _, _ = PLACES[at]
    return f"{letters(at)} {int(east) % 100_000:05d} {int(north) % 100_000:05d}"
