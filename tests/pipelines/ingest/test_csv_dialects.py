"""CSV as senders write it: each dialect gives the rows that its writer had, or says what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.readers import csv_dialect
from tests.support import one_file

HEADER = ["Intel Ref", "Nominal No", "Involvement"]
NO_LINE_ENDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
NOT_BACKSLASHED = NO_LINE_ENDS.filter(lambda value: '\\"' not in value)  # which is refused where marks are doubled


def _read(folder: Path, text: str, **keys: Any) -> tuple[list[list[str]], list[tuple[int, str]]]:
    """Values of the rows that are kept, in the header's order; number and detail of those that are refused."""
    whole, *rows = one_file.rows(folder, "links.csv", text.encode(), one_file.norfolk(**keys))
    assert whole["reason"] is None, whole
    kept = [list(json.loads(row["raw"]).values()) for row in rows if row["reason"] is None]
    return kept, [(row["row_number"], row["detail"]) for row in rows if row["reason"]]


def _csv(*rows: list[str], **how: Any) -> str:
    sink = io.StringIO(newline="")
    csv.writer(sink, **how).writerows(rows)
    return sink.getvalue()


def test_a_value_that_was_never_closed_swallows_no_row_in_silence(tmp_path: Path) -> None:
    """As pipes are written by systems that quote nothing: two titles that begin with a quotation mark."""
    lines = ["R1,N1,Subject", 'R2,"N2,Subject', "R3,N3,Victim", 'R4,"N4,Subject', "R5,N5,Subject"]
    text = "\n".join([",".join(HEADER), *lines, ""])
    kept, refused = _read(tmp_path, text)
    assert [row[0] for row in kept] == ["R1", "R5"]
    assert [detail for _, detail in refused] == [csv_dialect.SWALLOWED]
    kept, refused = _read(tmp_path, text, quoting="none")
    assert ([row[0] for row in kept], refused) == (["R1", "R2", "R3", "R4", "R5"], [])
    assert kept[1][1] == '"N2'


@pytest.mark.parametrize(
    ("delimiter", "last"),
    [(",", ""), (",", "Subject"), (";", ""), (";", "Subject"), ("|", ""), ("|", " Subject"), ("\t", ""), ("\t", " x")],
)
def test_a_row_is_swallowed_whatever_its_values_end_in(tmp_path: Path, delimiter: str, last: str) -> None:
    """Two rows whose second value begins with a quotation mark, the first of them with nothing or a blank after it."""
    rows = [HEADER, ["R1", "N1", "Subject"], ["R2", '"N2', last], ["R3", '"N3', "Victim"], ["R4", "N4", "Subject"]]
    text = "\n".join([*map(delimiter.join, rows), ""])
    kept, refused = _read(tmp_path, text, delimiter=delimiter)
    assert [row[0] for row in kept] == ["R1", "R4"]
    assert [detail for _, detail in refused] == [csv_dialect.SWALLOWED]


def test_files_that_were_put_together_have_their_header_twice(tmp_path: Path) -> None:
    for header in (
        HEADER,
        ["Intel Ref", "NOMINAL  NO", "Involvement "],
        ["\u200eintel ref", "Nominal\u00a0No", "Involvement"],
    ):
        text = _csv(header, ["R1", "N1", "Subject"], header, ["Intel Ref", "N2", "Victim"])
        kept, refused = _read(tmp_path, text)
        assert kept == [["R1", "N1", "Subject"], ["Intel Ref", "N2", "Victim"]]
        assert refused == [(2, csv_dialect.AGAIN)]


def test_a_column_is_the_layouts_however_it_is_spelt(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(content := "INTEL REF,nominal  no,Involvement\u200b,x\nR1,N1,Subject,1\n".encode())
    whole, row = one_file.rows(tmp_path, "f.csv", content, one_file.norfolk())
    assert json.loads(row["raw"]) == {"Intel Ref": "R1", "Nominal No": "N1", "Involvement": "Subject", "x": "1"}
    assert whole["rescued_columns"] == "x"
    # Of two columns that would be the same one, none is taken for it.
    (whole,) = one_file.rows(tmp_path, "f.csv", content.replace(b",x", b",intel ref"), one_file.norfolk())
    assert whole["reason"] == "FILE_LAYOUT_UNKNOWN"


def test_prose_with_line_ends_and_commas_is_no_swallowed_row(tmp_path: Path) -> None:
    prose = "He came, he saw, he left.\nThen, later, she called, twice, from home."
    kept, refused = _read(tmp_path, _csv(HEADER, ["R1", prose, "Subject"]))
    assert (kept, refused) == ([["R1", prose, "Subject"]], [])


def test_quotation_marks_that_are_escaped(tmp_path: Path) -> None:
    text = (
        ",".join(HEADER) + '\n"R1","He said \\"stay there\\", then left.\nShe waited.","Subject"\n"R2","x","Victim"\n'
    )
    kept, refused = _read(tmp_path, text, quoting="backslash")
    assert (kept[0][1], refused) == ('He said "stay there", then left.\nShe waited.', [])
    kept, refused = _read(tmp_path, text)
    assert kept == [["R2", "x", "Victim"]]
    assert refused[0] == (1, csv_dialect.BACKSLASHES)


def test_a_separator_at_the_end_of_each_row(tmp_path: Path) -> None:
    text = ",".join(HEADER) + "\nR1,N1,Subject,\nR2,N2,Victim,more\nR3,N3,Subject,\n"
    kept, refused = _read(tmp_path, text)
    assert kept == [["R1", "N1", "Subject"], ["R3", "N3", "Subject"]]
    assert refused == [(2, "a value beyond the header's 3")]


@pytest.mark.parametrize("preamble", ["Disclosure Unit\nRequest,7\n\n", '"Title, with a comma"\n', "\ufeff"])
def test_the_header_is_found_by_its_columns(tmp_path: Path, preamble: str) -> None:
    text = preamble + _csv(HEADER, ["R1", "N1", "Subject"]) + "\nEnd of report: 1 record\n"
    kept, refused = _read(tmp_path, text)
    assert kept == [["R1", "N1", "Subject"]]
    assert [number for number, _ in refused] == [2]


@pytest.mark.slow
@settings(max_examples=60)
@given(rows=st.lists(st.lists(NOT_BACKSLASHED, min_size=3, max_size=3), min_size=1, max_size=5))
def test_what_pythons_writer_escapes_is_read_as_it_was(
    rows: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    for quoting, how in (
        ("doubled", {"quoting": csv.QUOTE_ALL}),
        ("backslash", {"quoting": csv.QUOTE_ALL, "escapechar": "\\", "doublequote": False}),
    ):
        kept, refused = _read(folder, _csv(HEADER, *rows, **how), quoting=quoting)
        assert (kept, refused) == (rows, [])
