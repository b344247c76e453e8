"""Text that looks the same is the same, and markup is read as its text."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.ingest import look_alikes, markup

UNSEEN = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2066\u2069\u2060\ufeff\u00ad\u034f\ufe0f\x00\x07\x1f\x7f\ud800\udfff"
)
HALVES_THAT_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")  # are a character, which is seen
SAME = {
    "'": "\u2018\u2019\u02bc\u2032\u00b4\u0060\uff07",
    " ": "\u00a0\u2002\u2009\u202f\u3000",
    "-": "\u2010\u2011",
    "A": "\uff21",
    "7": "\uff17",
}
LETTERS = "abcdeilnorsABCO\u00e9\u00fc\u00f1\u015b\u0142\u1ec7 '-0127"


@st.composite
def writings(draw: st.DrawFn) -> tuple[str, str]:
    """A value, and another writing of it that looks the same."""
    value = draw(st.text(LETTERS, min_size=1, max_size=20))
    spelt = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), value)
    written = ""
    for character in spelt:
        written += draw(st.sampled_from([character, *SAME.get(character, "")]))
        # A mark belongs to the letter before it, and what stands between the two is unseen as well.
        written += draw(st.text(UNSEEN, max_size=1))
    return value, written


@given(writings())
def test_writings_that_look_the_same_are_the_same(pair: tuple[str, str]) -> None:
    value, written = pair
    assume(not HALVES_THAT_PAIR.search(written))
    assert look_alikes.plain(written) == unicodedata.normalize("NFC", value)


@given(st.text(max_size=60))
def test_nothing_unseen_is_left(text: str) -> None:
    found = look_alikes.plain(text)
    assert not [c for c in found if unicodedata.category(c) in ("Cf", "Cc", "Cs") and c not in "\t\r\n"]
    assert unicodedata.is_normalized("NFC", found)


@given(st.text("abcxyz019 -/'.,", max_size=20), st.text("abcxyz019 -/'.,", max_size=20))
def test_values_that_look_different_stay_different(one: str, other: str) -> None:
    assert (look_alikes.plain(one) == look_alikes.plain(other)) == (one == other)


TEXTS = {
    "line_x000D_\nend": "line\r\nend",
    "_x005F_x000D_": "_x000D_",
    "half \ud83d": "half ",
    "both \ud83d\ude00": "both \U0001f600",
    "O\x92Neil": "O'Neil",
    "O&#39;Neil &amp; Sons": "O'Neil & Sons",
    "\ufb01ne": "fine",
    "AT&T; R&B": "AT&T; R&B",
    "aged <13, x<b and y>c": "aged <13, x<b and y>c",
    "<p>The girl is 13.</p><p>She&nbsp;was seen &amp; collected.<br/>He sells <b>drugs</b></p>": (
        "The girl is 13.\nShe was seen & collected.\nHe sells drugs"
    ),
    "<html><head><style>p {x}</style></head><body><!-- no --><ul><li>One</li><li>aged <13</li></ul></body></html>": (
        "One\naged <13"
    ),
    "<DIV class='a'>One <SPAN>two</SPAN></DIV>": "One two",
    r"{\rtf1\ansi\deff0 {\fonttbl{\f0 Arial;}}\f0\fs20 The girl is 13\par He collects her}": (
        "The girl is 13\nHe collects her"
    ),
    r"{\rtf1{\*\generator X;}{\colortbl;\red0;}\uc1 Caf\u233? at \'a35, \{braces\} and \\ \b bold\b0 }": (
        "Caf\u00e9 at \u00a35, {braces} and \\ bold"
    ),
}


def test_halves_of_characters_in_markup() -> None:
    """As word processors write what UTF-16 needs two numbers for; half of one would end the task that reads it."""
    assert look_alikes.plain(r"{\rtf1 a\u-10179?\u-8704?b}") == "a\U0001f600b"
    assert look_alikes.plain(r"{\rtf1 a\u-10179?b}") == "ab"
    assert look_alikes.plain("<p>a&#xD83D;b &#55296;</p>").encode()


@pytest.mark.parametrize("written", TEXTS)
def test_texts_are_read_as_people_see_them(written: str) -> None:
    assert look_alikes.plain(written) == TEXTS[written]


@given(st.text(max_size=200))
def test_markup_never_fails(text: str) -> None:
    for around in ("{}", "<p>{}</p>", "{{\\rtf1 {}}}"):
        assert isinstance(markup.as_text(around.format(text)), str)


@given(
    st.dictionaries(
        st.text(max_size=8), st.text(max_size=20) | st.floats() | st.integers() | st.lists(st.text(max_size=5))
    )
)
def test_a_row_keeps_its_columns_and_numbers(row: dict[str, object]) -> None:
    found = json.loads(look_alikes._of_row(json.dumps(row)))
    numbers = {k: v for k, v in row.items() if isinstance(v, int | float)}
    assert list(found) == list(json.loads(json.dumps(row)))
    assert json.dumps({k: found[k] for k in numbers}) == json.dumps(numbers)
