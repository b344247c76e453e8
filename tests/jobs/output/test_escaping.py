"""Nothing that leaves may act: in a spreadsheet, a page or a log."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given

from jobs.output import escaping
from tests.support.hostile import NASTY


def is_formula(part: str) -> bool:
    """What a spreadsheet may take for a formula: written here anew, so as not to test the code with itself."""
    visible = part.lstrip(" \u200b\ufeff\x00\t\r\n'" if not part.startswith("'") else " ")
    return visible[:1] in tuple("=+-@＝＋－＠")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\u200b=1+1", "'\u200b=1+1"),
        ("\ufeff=1+1", "'\ufeff=1+1"),
        ("＝1+1", "'＝1+1"),
        ("\u200b'-1+1", "'\u200b'-1+1"),
        (" '=1+1", "' '=1+1"),
        ("'=1+1", "'=1+1"),
        ("seen;=1+1", "seen;'=1+1"),
        ("two\n=lines", "two\n'=lines"),
        ("\tstart", "'\tstart"),
        ("\rstart", "'\rstart"),
        ("\nstart", "'\nstart"),
        ("+447700900123", "+447700900123"),
        ("+44 7700 900123", "+44 7700 900123"),
        ("+447700900123;+447700900124", "+447700900123;+447700900124"),
        ("-12.5", "-12.5"),
        ("+44 7700 900123*2", "'+44 7700 900123*2"),
        ("+1", "'+1"),
        ("-1-1", "'-1-1"),
        ("a=b, c-d", "a=b, c-d"),
        ("", ""),
        (None, ""),
        (7, "7"),
        ("nul\x00byte", "nul\ufffdbyte"),
        ("half\ud800pair", "half\ufffdpair"),
    ],
)
def test_cell(value: object, shown: str) -> None:
    assert escaping.cell(value) == shown


@pytest.mark.slow
@given(NASTY)
def test_no_cell_is_a_formula_whatever_cuts_it(text: str) -> None:
    shown = escaping.cell(text)
    for part in shown.replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
        number = part.strip(" ").lstrip("+-").replace(" ", "").replace(".", "", 1)
        assert not is_formula(part) or (number.isascii() and number.isdigit())


@given(NASTY)
def test_a_cell_comes_back_as_it_was_but_for_the_quote_and_unshowable_characters(text: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([escaping.cell(text)])
    buffer.seek(0)
    (row,) = csv.reader(buffer)
    assert row[0].replace("'", "") == escaping.clean(text).replace("'", "")


def test_sheet_text_says_that_it_was_shortened() -> None:
    assert escaping.sheet_text("=1+1") == "=1+1"
    long = escaping.sheet_text("\U0001f600" * 20_000)  # two UTF-16 units each: 40,000 in all
    assert long.endswith(escaping.SHORTENED)
    assert len(long.encode("utf-16-le")) // 2 <= escaping.MAX_CELL


@given(NASTY)
def test_a_log_line_is_one_line_and_printable(text: str) -> None:
    line = escaping.log_line(text)
    assert len(line.splitlines()) <= 1
    assert all(character.isprintable() for character in line)


def test_a_forged_log_entry_stays_inside_its_line() -> None:
    assert escaping.log_line("x\n2026-03-14 INFO all well\x1b[2K") == "x\\n2026-03-14 INFO all well\\x1b[2K"
    assert len(escaping.log_line("y" * 9000)) == 2000
