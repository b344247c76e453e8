"""What a file is: separator, quoting, header and format, by what the readers themselves make of it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.drafting import header, probe
from pipelines.ingest.drafting.reading import Probed

HEADER = ["Ref", "Name", "Born", "Note"]
ROWS = [[f"R{n}", "Renée" if n % 3 else "Ann", f"{n % 28 + 1:02}/02/1990", f"note, {n}"] for n in range(1, 40)]


def probed(folder: Path, content: bytes, name: str = "export") -> Probed:
    path = folder / name
    path.write_bytes(content)
    return probe.probe(path)


def csv_text(rows: list[list[str]], delimiter: str = ";", **how: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, **how).writerows(rows)
    return text.getvalue()


def asked(found: Probed) -> set[str]:
    return {question.key for question in found.questions}


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_the_separator_is_the_one_that_gives_every_row_as_many_values(tmp_path: Path, delimiter: str) -> None:
    found = probed(tmp_path, csv_text([HEADER, *ROWS], delimiter).encode("cp1252"))
    assert found.keys == {"format": "csv", "delimiter": delimiter, "encoding": "windows-1252"}
    assert (list(found.table.columns), len(found.table.rows), asked(found)) == (HEADER, len(ROWS), set())


def test_two_separators_that_both_give_rows_are_a_question(tmp_path: Path) -> None:
    rows = [["Ref;a", "Name;b"], *([f"R{n};x", f"Name{n};y"] for n in range(9))]
    found = probed(tmp_path, csv_text(rows, ",").encode())
    assert asked(found) == {"delimiter"}
    assert "delimiter" not in found.keys


def test_a_row_that_another_separator_divides_is_no_header(tmp_path: Path) -> None:
    rows = [["Ref", "Name", "Abode"], *([f"R{n}", "Ann", f"{n} High Street, Diss"] for n in range(20))]
    found = probed(tmp_path, csv_text(rows, "|").encode())
    assert (found.keys["delimiter"], asked(found)) == ("|", set())


def test_the_header_is_found_below_lines_of_title(tmp_path: Path) -> None:
    text = "Northmarch Police\nExtract of the night;;;\n\n" + csv_text([HEADER, *ROWS])
    found = probed(tmp_path, text.encode())
    assert (list(found.table.columns), len(found.table.rows)) == (HEADER, len(ROWS))


def test_a_file_without_a_header_is_refused_and_no_value_becomes_a_name(tmp_path: Path) -> None:
    found = probed(tmp_path, csv_text(ROWS).encode())
    assert "no header" in found.refused
    assert not found.table.columns
    links = [["R1", "P1", "Victim"], ["R2", "P2", "Victim"], ["R3", "P1", "Suspect"]]
    assert probed(tmp_path, csv_text(links).encode()).refused
    assert probed(tmp_path, csv_text([links[0], links[2]]).encode()).refused


def test_two_rows_that_can_both_be_the_header_are_a_question(tmp_path: Path) -> None:
    title = ["Export", "Nominals", "Northmarch", "Nightly"]
    found = probed(tmp_path, csv_text([title, HEADER, *ROWS]).encode())
    assert "columns" in asked(found)
    assert list(found.table.columns) == HEADER


def test_quotation_marks_that_wrap_whole_values_quote(tmp_path: Path) -> None:
    found = probed(tmp_path, csv_text([HEADER, *ROWS], quoting=csv.QUOTE_ALL).encode())
    assert asked(found) == set()
    assert found.table.rows[0]["Note"] == "note, 1"


def test_backslashes_before_quotation_marks_are_seen(tmp_path: Path) -> None:
    rows = [[*row[:3], f'said "no" {row[3]}'] for row in ROWS]
    text = csv_text([HEADER, *rows], quoting=csv.QUOTE_ALL, escapechar="\\", doublequote=False)
    found = probed(tmp_path, text.encode())
    assert found.keys["quoting"] == "backslash"
    assert found.table.rows[0]["Note"] == 'said "no" note, 1'


def test_quotation_marks_that_may_be_text_are_a_question(tmp_path: Path) -> None:
    lines = [";".join(HEADER), *(f'R{n};"Big" Joe;01/02/1990;"' + "x" * n + '" y' for n in range(1, 20))]
    found = probed(tmp_path, "\n".join(lines).encode())
    assert asked(found) == {"quoting"}
    assert "quoting" not in found.keys


def test_rows_that_do_not_parse_are_told(tmp_path: Path) -> None:
    text = csv_text([HEADER, *ROWS]) + "End of report\n"
    found = probed(tmp_path, text.encode())
    assert found.refused_rows.total() == 1
    assert len(found.table.rows) == len(ROWS)


def test_a_column_without_a_name_is_called_by_its_number(tmp_path: Path) -> None:
    found = probed(tmp_path, csv_text([["", *HEADER], *([str(n), *row] for n, row in enumerate(ROWS))]).encode())
    assert list(found.table.columns) == ["column_1", *HEADER]


def test_a_header_that_comes_again_is_no_row(tmp_path: Path) -> None:
    found = probed(tmp_path, csv_text([HEADER, *ROWS, HEADER, *ROWS]).encode())
    assert len(found.table.rows) == 2 * len(ROWS)
    assert ["the header once more" in why for why in found.refused_rows] == [True]


def test_names_that_come_twice_are_no_header(tmp_path: Path) -> None:
    assert "come twice" in probed(tmp_path, csv_text([["Ref", "Name", "Name", "Note"], *ROWS]).encode()).refused


@pytest.mark.parametrize(("name", "told"), [("RenÃ©e", "twice"), ("Ren\ufffde", "replaced")])
def test_text_that_was_damaged_before_it_came_is_told(tmp_path: Path, name: str, told: str) -> None:
    rows = [[row[0], name, *row[2:]] for row in ROWS]
    (question,) = probed(tmp_path, csv_text([HEADER, *rows]).encode()).questions
    assert told in question.text


def test_a_line_that_is_no_json_does_not_hide_the_others(tmp_path: Path) -> None:
    lines = [json.dumps({"ref": f"R{n}"}) for n in range(30)]
    found = probed(tmp_path, "\n".join([*lines, '{"ref": "R3']).encode())
    assert (found.keys["format"], len(found.table.rows), found.refused_rows.total()) == ("jsonl", 30, 1)


def test_packed_files_are_read(tmp_path: Path) -> None:
    found = probed(tmp_path, gzip.compress(csv_text([HEADER, *ROWS]).encode(), mtime=0), "export.csv.gz")
    assert len(found.table.rows) == len(ROWS)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "holds nothing"),
        (b"%PDF-1.7 x", "not csv"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 99, "Office"),
        (b"just a sentence\n", "no header"),
        (gzip.compress(b"Ref;Name\n1;x\n" * 9, mtime=0)[:30], "damaged"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(tmp_path: Path, content: bytes, why: str) -> None:
    assert why in probed(tmp_path, content, "x.gz" if content[:2] == b"\x1f\x8b" else "x").refused


def test_json_lines_and_documents_are_told_apart(tmp_path: Path) -> None:
    objects = [{"ref": f"R{n}", "who": {"name": "Ann"}, "tags": ["a", "b"]} for n in range(5)]
    lines = probed(tmp_path, "\n".join(map(json.dumps, objects)).encode())
    assert (lines.keys["format"], list(lines.table.columns)) == ("jsonl", ["ref", "who.name", "tags"])
    assert lines.table.lists == {"tags": ["a", "b"] * 5}
    array = probed(tmp_path, json.dumps(objects, indent=1).encode())
    assert (array.keys["format"], len(array.table.rows)) == ("json", 5)
    inside = probed(tmp_path, json.dumps({"data": {"rows": objects}, "n": 5}, indent=1).encode())
    assert (inside.keys["rows_at"], len(inside.table.rows)) == ("data.rows", 5)
    named = {"names": ["ref", "name"], "rows": [["R1", "Ann"], ["R2", "Bea"]]}
    beside = probed(tmp_path, json.dumps(named, indent=1).encode())
    assert (beside.keys["rows_at"], beside.keys["names_at"]) == ("rows", "names")
    assert beside.table.values("ref") == ["R1", "R2"]


def test_several_arrays_of_rows_are_a_question(tmp_path: Path) -> None:
    two = {"people": [{"a": 1}, {"a": 2}], "cars": [{"b": 1}, {"b": 2}]}
    found = probed(tmp_path, json.dumps(two, indent=1).encode())
    assert asked(found) == {"rows_at"}
    assert "rows_at" not in found.keys


def test_arrays_of_objects_are_items(tmp_path: Path) -> None:
    rows = [{"ref": f"R{n}", "entries": [{"text": "x", "grade": "B2"}]} for n in range(4)]
    found = probed(tmp_path, "\n".join(map(json.dumps, rows)).encode())
    assert found.table.arrays == {"entries": {"text": ["x"] * 4, "grade": ["B2"] * 4}}


def _book(*rows: list[Any], more: bool = False) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if more:
        other = book.create_sheet("Other")
        for row in (["Key", "Word"], ["1", "x1"], ["2", "x2"]):
            other.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def test_rows_of_title_in_a_workbook_are_skipped(tmp_path: Path) -> None:
    found = probed(tmp_path, _book(["Northmarch"], ["Persons"], HEADER, *ROWS))
    assert found.keys == {"format": "xlsx", "skip_rows": 2}
    assert len(found.table.rows) == len(ROWS)


def test_a_header_over_two_rows_of_a_workbook_is_a_question(tmp_path: Path) -> None:
    found = probed(tmp_path, _book(["Who", None, "When", None], HEADER, *ROWS))
    assert asked(found) == {"skip_rows"}
    assert "skip_rows" not in found.keys


def test_more_sheets_with_tables_are_told(tmp_path: Path) -> None:
    assert "columns" in asked(probed(tmp_path, _book(HEADER, *ROWS, more=True)))


def test_parquet_needs_no_sniffing(tmp_path: Path) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"ref": ["R1", "R2"], "n": [1, 2]}), sink)
    found = probed(tmp_path, sink.getvalue())
    assert (found.keys, found.table.values("ref")) == ({"format": "parquet"}, ["R1", "R2"])


def test_rows_marked_secret_are_not_looked_at(tmp_path: Path) -> None:
    rows = [[*row[:3], "TOP SECRET - UK EYES ONLY" if n == 4 else "OFFICIAL"] for n, row in enumerate(ROWS)]
    found = probed(tmp_path, csv_text([HEADER, *rows]).encode())
    assert found.table.n_marked == 1
    assert ROWS[4][0] not in found.table.values("Ref")


@pytest.mark.slow
@settings(max_examples=60)
@given(
    st.lists(st.lists(st.text("abcXYZ 019,;|'\"\n", max_size=9), min_size=4, max_size=4), min_size=3, max_size=12),
    st.sampled_from([",", ";", "|", "\t"]),
)
def test_a_separator_that_is_sure_gives_the_values_that_were_written(rows: list[list[str]], delimiter: str) -> None:
    """Python's own writer: a file that is sure is read as it was written, or rows of it are refused."""
    import tempfile

    keyed = [[f"R{n}", *row[1:]] for n, row in enumerate(rows)]
    with tempfile.TemporaryDirectory() as folder:
        found = probed(Path(folder), csv_text([HEADER, *keyed], delimiter, lineterminator="\n").encode())
    if found.refused or asked(found):
        return
    written = {row[0]: [value.strip() for value in row[1:]] for row in keyed}
    for row in found.table.rows:
        assert [row.get(name, "") for name in HEADER[1:]] == written[row["Ref"]]


@settings(max_examples=200)
@given(st.lists(st.lists(st.text("aB1.-/@ ", max_size=8), min_size=0, max_size=5), max_size=20))
def test_a_header_never_holds_dates_numbers_or_a_value_of_its_own_column(rows: list[list[str]]) -> None:
    for at in header.find(rows):
        names = header.cells(rows[at])
        named = [name for name in names if name]
        assert len({name.casefold() for name in named}) == len(named) >= 2
        assert all(header.is_name(name) for name in named)
        below = [row for row in rows[at + 1 : at + 1 + header.BELOW] if any(value.strip() for value in row)]
        rest = [row for row in below if header.cells(row) != names]
        assert not any(name == row[n].strip() for row in rest for n, name in enumerate(names) if name and n < len(row))
