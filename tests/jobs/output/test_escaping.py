"""Nothing that leaves may act: in a spreadsheet, a page or a log."""

from __future__ import annotations

import csv
import html.parser
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.output import escaping

# Text as attackers and bad extracts write it: formula starts, separators, markup, controls, right-to-left marks.
NASTY = st.text(
    st.sampled_from("=+-@\t\r\n;,|'\"<>&`/ \u200b\ufeff\u202e\x00aZ0１＝＋éش\U0001f600"), max_size=40
) | st.text(max_size=40)


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


class _Text(html.parser.HTMLParser):
    """The text of a fragment, its tags, and what stands in `title` attributes."""

    def __init__(self, fragment: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attributes = "", [], set()
        self.feed(fragment)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


@given(NASTY)
def test_html_is_text_only(text: str) -> None:
    for fragment in (
        f"<p>{escaping.html(text)}</p>",
        f"<p title={escaping.html(text) or 'x'}>",
        f"<p title='{escaping.html(text)}'>",
    ):
        assert "<" not in escaping.html(text)
        assert set(_Text(fragment).tags) <= {"p"}
    assert _Text(f"<p>{escaping.html(text)}</p>").text == escaping.clean(text)


SPANS = st.lists(
    st.builds(
        escaping.Span,
        st.none() | st.integers(-5, 50),
        st.none() | st.integers(-5, 50),
        st.floats(-2, 2, allow_nan=False),
        st.sampled_from(["term", '"><script>', ""]),
    ),
    max_size=6,
)


@given(NASTY, SPANS)
def test_highlighting_changes_no_character_and_adds_only_marks(text: str, spans: list[escaping.Span]) -> None:
    page = _Text(escaping.highlight(text, spans))
    assert page.text == escaping.clean(text)
    assert set(page.tags) <= {"mark"}
    assert page.attributes <= {"class", "title"}


def test_highlight_marks_where_the_offsets_say_and_which_way() -> None:
    spans = [escaping.Span(4, 14, 0.9, "older male"), escaping.Span(18, 23, -0.2, "hotel")]
    assert escaping.highlight("the older male at hotel", spans) == (
        'the <mark class="up strong" title="raises the score: older male +0.90">older male</mark> at '
        '<mark class="down" title="lowers the score: hotel -0.20">hotel</mark>'
    )


def test_overlapping_spans_become_one_mark_in_the_direction_of_their_sum() -> None:
    spans = [escaping.Span(0, 5, 0.4, "older"), escaping.Span(3, 9, -0.6, "er man"), escaping.Span(0, 5, 0.1, "older")]
    shown = escaping.highlight("older man", spans)  # 0.4 - 0.6 + 0.1 = -0.1
    assert shown.count("<mark") == 1
    assert 'class="down strong"' in shown
    assert ">older man</mark>" in shown


def test_offsets_count_characters_where_some_are_outside_the_basic_plane() -> None:
    assert ">gift</mark>" in escaping.highlight("\U0001f600\u202e gift", [escaping.Span(3, 7, 1.0, "gift")])


@given(NASTY)
def test_a_log_line_is_one_line_and_printable(text: str) -> None:
    line = escaping.log_line(text)
    assert len(line.splitlines()) <= 1
    assert all(character.isprintable() for character in line)


def test_a_forged_log_entry_stays_inside_its_line() -> None:
    assert escaping.log_line("x\n2026-03-14 INFO all well\x1b[2K") == "x\\n2026-03-14 INFO all well\\x1b[2K"
    assert len(escaping.log_line("y" * 9000)) == 2000
