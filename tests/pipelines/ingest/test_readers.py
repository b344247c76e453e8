"""Workbooks and Parquet as others read them: openpyxl and pyarrow are the witnesses."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import numbers
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from pyarrow import parquet

from pipelines.ingest.readers import base as readers
from pipelines.ingest.readers import csv_dialect, parquet_rows, read, sizes
from schemas.layouts import layouts
from tests.support import bombs, one_file

LINKS = bombs.SURREY_LINKS
CELLS = [
    dt.datetime(2026, 2, 1), dt.datetime(2026, 2, 1, 13, 5, 7), dt.date(1990, 12, 31), dt.time(23, 59), True, False,
    dt.timedelta(hours=30), 0, 7700900123, 447700900831, -1.5, 2.0, 1e300, 0.1 + 0.2, "#N/A", "=1+1", "  spaced ", "",
    "é\U0001f600 <&>", CellRichText("a ", TextBlock(InlineFont(b=True), "bold"), " c"), "1.0", "line\nbreak", None,
]  # fmt: skip


def _read(tmp_path: Path, name: str, sender: str, content: bytes) -> list[dict[str, Any]]:
    """Rows of a file of `report_links`, as they would be kept; raises on a refusal of the file."""
    found = one_file.rows(tmp_path, name, content, layouts.load(), sender)
    assert found[0]["reason"] is None, found[0]
    assert [row["row_number"] for row in found] == list(range(len(found)))
    return [json.loads(row["raw"]) for row in found[1:]]


def _as_kept(cell: Any) -> str | None:
    """What is kept of a cell that openpyxl reads; a day that shows no clock is no midnight, by openpyxl's own word."""
    value = cell.value
    if isinstance(value, dt.datetime) and numbers.is_datetime(cell.number_format) == "date":
        value = value.date()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.timedelta):
        return f"{value // dt.timedelta(hours=1)}:{value.seconds // 60 % 60:02}:{value.seconds % 60:02}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, dt.datetime | dt.date | dt.time) else str(value)


@pytest.mark.parametrize("is_from_1904", [False, True])
def test_a_workbook_reads_as_openpyxl_reads_it(tmp_path: Path, is_from_1904: bool) -> None:
    book = openpyxl.Workbook()
    if is_from_1904:
        book.epoch = CALENDAR_MAC_1904
    book.create_sheet("Notes", 0).append(["by hand"])
    sheet = book.worksheets[1]
    sheet.append(list(LINKS))
    for n, value in enumerate(CELLS):
        sheet.append([str(n), value])
    sheet["B200"] = "far down"
    sink = io.BytesIO()
    book.save(sink)
    peer = openpyxl.load_workbook(sink, data_only=True, read_only=True).worksheets[1]
    rows = [row for row in peer.iter_rows(min_row=2) if any(cell.value is not None for cell in row)]
    expected = [dict(zip(LINKS, [*map(_as_kept, row), None, None][:3], strict=True)) for row in rows]
    assert _read(tmp_path, "l.xlsx", "surrey", sink.getvalue()) == expected


def test_stretches_of_days_and_numbers_that_are_shown_with_a_plus(tmp_path: Path) -> None:
    """As LibreOffice and Excel show them: 26:03:04, 0:59:59 and +447700900123; +1.5 is a number of another kind."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(bombs.SURREY_LINKS)
    shown = [(1 + 2 / 24 + 184 / 86_400, "[h]:mm:ss"), (3_599 / 86_400, "[h]:mm:ss"), (447700900123, "+0"),
             (447700900124, '"+"0'), (447700900125, "\\+#"), (447700900126, "0"), (0, "+0")]  # fmt: skip
    for n, (value, code) in enumerate(shown, start=2):
        sheet.append([f"R{n}", value])
        sheet.cell(n, 2).number_format = code
    sink = io.BytesIO()
    book.save(sink)
    column = bombs.SURREY_LINKS[1]
    found = [row[column] for row in _read(tmp_path, "links.xlsx", "surrey", sink.getvalue())]
    assert found == ["26:03:04", "0:59:59", "+447700900123", "+447700900124", "+447700900125", "447700900126", "0"]


def test_a_day_is_not_its_midnight_and_zeros_that_are_shown_count(tmp_path: Path) -> None:
    """As Excel shows them: three calls of one day are not at midnight, and 00123 is not 123."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(bombs.SURREY_LINKS)
    day = dt.datetime(2026, 3, 10)
    shown = [
        (day, "dd/mm/yyyy", "2026-03-10"), (day, "[$-809]d mmmm yyyy", "2026-03-10"),
        (day, '"at the"dd-mm-yy', "2026-03-10"), (day, "dd/mm/yyyy hh:mm", "2026-03-10T00:00:00"),
        (day.replace(hour=9), "dd/mm/yyyy", "2026-03-10T09:00:00"), (0.5, "hh:mm", "12:00:00"),
        (123, "00000", "00123"), (123456, "00000", "123456"), (123, "0", "123"), (1.5, "00", "1.5"),
    ]  # fmt: skip
    for n, (value, code, _) in enumerate(shown, start=2):
        sheet.append([f"R{n}", value])
        sheet.cell(n, 2).number_format = code
    sink = io.BytesIO()
    book.save(sink)
    column = bombs.SURREY_LINKS[1]
    found = [row[column] for row in _read(tmp_path, "links.xlsx", "surrey", sink.getvalue())]
    assert found == [text for *_, text in shown]


def test_the_header_of_a_workbook_is_no_row_of_it(tmp_path: Path) -> None:
    header = bombs._inline(*bombs.SURREY_LINKS)
    content = bombs.workbook([header, bombs._inline("R1", "N1", "x"), header, bombs._inline("R2", "N2", "x")], "")
    whole, *rows = one_file.rows(tmp_path, "l.xlsx", content, layouts.load(), "surrey")
    assert whole["reason"] is None
    assert {row["row_number"]: row["detail"] for row in rows} == {1: None, 2: csv_dialect.AGAIN, 3: None}


@pytest.mark.parametrize("skip_rows", [0, 2, 3, 9])
@pytest.mark.parametrize("said", ["A1:C5", "A1", "B7:C9"])
def test_a_header_is_found_by_its_cells(tmp_path: Path, said: str, skip_rows: int) -> None:
    """Below a title over merged cells and a line of who asked, whatever the sheet says of where it ends."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Links of the last week"], [], ["Made by", "the records team"], list(LINKS), ["R1", "N1", "Victim"]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sink, changed = io.BytesIO(), io.BytesIO()
    book.save(sink)
    with zipfile.ZipFile(sink) as archive, zipfile.ZipFile(changed, "w") as made:
        for name in archive.namelist():
            made.writestr(
                name, archive.read(name).replace(b'<dimension ref="A1:C5"', f'<dimension ref="{said}"'.encode())
            )
    source = layouts.load()["surrey"]
    feed = source.feeds["report_links"].model_copy(update={"skip_rows": skip_rows})
    sources = {"surrey": source.model_copy(update={"feeds": {"report_links": feed}})}
    whole, *rows = one_file.rows(tmp_path, "l.xlsx", changed.getvalue(), sources, "surrey")
    assert (whole["reason"], whole["rescued_columns"]) == (None, None)
    assert [json.loads(row["raw"]) for row in rows] == [dict(zip(LINKS, ["R1", "N1", "Victim"], strict=True))]


@pytest.mark.parametrize("width", [pa.float16(), pa.float32(), pa.float64()])
def test_a_float_of_any_width_is_the_decimal_that_was_written(width: pa.DataType) -> None:
    """numpy, which spells each width by itself, is the witness."""
    spelt = ["0.1", "1.29", "-0.5", "52.62", "0.001"]
    column = pa.array([*map(np.float16, map(float, spelt)), None], width) if width == pa.float16() else pa.array(
        [*map(float, spelt), None], width
    )  # fmt: skip
    assert parquet_rows._as_text(column).to_pylist() == [*spelt, None]
    assert [str(width.to_pandas_dtype()(text)) for text in spelt] == spelt
    if width == pa.float32():  # within lists and objects as well
        (made,) = parquet_rows._as_text(
            pa.array([{"at": [0.1, 52.62]}], pa.struct([("at", pa.list_(width))]))
        ).to_pylist()
        assert made == {"at": ["0.1", "52.62"]}


def test_whole_floats_of_parquet_are_their_digits() -> None:
    """As pandas stores whole numbers of which one is absent."""
    column = pa.array([352099001761481.0, 202603000012.0, None, 1.5, 1e6, -3.0, 1e18, float("nan"), float("inf")])
    assert parquet_rows._as_text(column).to_pylist() == [
        "352099001761481", "202603000012", None, "1.5", "1000000", "-3", "1e+18", "nan", "inf",
    ]  # fmt: skip


def test_cells_without_places_and_strings_in_runs(tmp_path: Path) -> None:
    """What other programs write: no "r", prefixed names, runs and phonetic texts, a number with an exponent."""
    texts = "<si><t>A</t></si><si><r><t>B</t></r><r><t>2</t></r><rPh><t>not this</t></rPh></si>"
    cells = '<c t="s"><v>1</v></c><c/><c><v>1.5E3</v></c>'
    content = bombs.workbook(
        [bombs._inline(*LINKS), f"<row>{cells}</row>", '<row><c r="C9" t="s"><v>0</v></c></row>'], texts
    )
    assert _read(tmp_path, "l.xlsx", "surrey", content) == [
        dict(zip(LINKS, ["B2", None, "1500"], strict=True)),
        dict(zip(LINKS, [None, None, "A"], strict=True)),
    ]


_ITEMS = [[{"k": "a", "n": [1, 2]}, {"k": None, "n": None}], None, [], [{"k": "b" * 50, "n": []}]]
_TYPED = {
    "whole": pa.array([9007199254740993, None, 0, -1], pa.int64()),
    "day": pa.array([dt.date(1990, 2, 1), None, None, dt.date(1900, 1, 1)]),
    "at": pa.array([dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)] * 4, pa.timestamp("us", "UTC")),
    "amount": pa.array([Decimal("1.10"), None, None, Decimal("-3.00")], pa.decimal128(10, 2)),
    "bytes": pa.array([b"\x00\xff", None, b"", b"a"]),
    "items": pa.array(_ITEMS),
    "tags": pa.array([["x", "y"], None, ["x"], []], pa.large_list(pa.large_string())),
    "pairs": pa.array([[("k", "v")], None, [], [("k", None)]], pa.map_(pa.string(), pa.string())),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"compression": "zstd"},
        {"use_dictionary": False, "compression": "gzip", "data_page_version": "2.0"},
        {"use_dictionary": False, "column_encoding": {"intel_urn": "DELTA_BYTE_ARRAY"}, "row_group_size": 3},
        {"use_dictionary": ["nominal_urn"], "column_encoding": {"intel_urn": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"compression": "none", "row_group_size": 1, "write_page_index": True},
    ],
)
def test_parquet_reads_the_same_however_it_is_packed(tmp_path: Path, options: dict[str, Any]) -> None:
    n = 5_003
    columns = {
        "intel_urn": pa.array([f"R{row // 7}" for row in range(n)]),
        "nominal_urn": pa.array([None if row % 5 == 0 else "N" * (row % 90) for row in range(n)]),
        "link_type": pa.array(["victim"] * n).dictionary_encode(),
        **{name: pa.concat_arrays([values] * (n // 4 + 1)).slice(0, n) for name, values in _TYPED.items()},
    }
    table = pa.table(columns)
    sink = io.BytesIO()
    parquet.write_table(table.slice(0, 50) if options.get("row_group_size", 9) < 9 else table, sink, **options)
    expected = parquet.read_table(sink).to_pylist()
    rows = _read(tmp_path, "l.parquet", "west_mercia", sink.getvalue())
    assert len(rows) == len(expected)
    texts = ("intel_urn", "nominal_urn", "link_type", "items", "tags")
    assert [[row[name] for name in texts] for row in rows] == [[row[name] for name in texts] for row in expected]
    first = {name: rows[0][name] for name in _TYPED if name not in texts}
    assert first == {
        "whole": "9007199254740993", "day": "1990-02-01", "at": "2026-01-01T12:00:00.000000Z", "amount": "1.10",
        "bytes": "00ff", "pairs": [["k", "v"]],
    }  # fmt: skip


def test_sizes_are_those_of_the_json_that_rows_become() -> None:
    """Never less than the text, and within what names and marks add, for every type; also of a slice."""
    batch = pa.RecordBatch.from_pydict({name: v for name, v in _TYPED.items() if name in ("items", "tags", "pairs")})
    encoded = pa.array(["x" * 1_000, None, "yy", "x" * 1_000]).dictionary_encode()
    batch = batch.append_column("text", encoded)
    expected = np.array([len(json.dumps(row, ensure_ascii=False)) for row in batch.to_pylist()])
    found = sizes.of_rows(batch)
    assert (found >= expected - 60).all()
    assert (found <= expected + 250).all()
    assert (sizes.of_rows(batch.slice(2)) == found[2:]).all()


def test_parts_are_of_the_limit_or_of_one_row() -> None:
    assert list(sizes.parts(np.array([3, 3, 9, 1, 1]), 6)) == [slice(0, 2), slice(2, 3), slice(3, 5)]
    assert list(sizes.parts(np.array([], np.int64), 6)) == []


def test_a_row_that_is_too_long_is_refused_alone(tmp_path: Path) -> None:
    """In every format the rows around it are loaded."""
    long = "x" * (readers.MAX_LINE + 1)
    sink = io.BytesIO()
    columns = {"intel_urn": ["1", long, "3"], "nominal_urn": ["1"] * 3, "link_type": ["victim"] * 3}
    parquet.write_table(pa.table(columns), sink)
    cells = [bombs._inline(value, "1", "Victim") for value in ("1", long, "3")]
    for name, sender, content in (
        ("l.parquet", "west_mercia", sink.getvalue()),
        ("l.xlsx", "surrey", bombs.workbook([bombs._inline(*LINKS), *cells])),
    ):
        (tmp_path / name).write_bytes(content)
        file = {"night": None, "sender": sender, "feed": "report_links", "file": name, "path": str(tmp_path / name)}
        file |= {"file_hash": None, "n_bytes": len(content), "reason": None, "detail": None}
        rows = [row for batch in read.read_file(file, layouts.load()) for row in batch.to_pylist()]
        assert {row["row_number"]: row["reason"] for row in rows[1:]} == {1: None, 2: "ROW_TOO_LONG", 3: None}
        assert all(row["raw"] is None for row in rows if row["reason"])
