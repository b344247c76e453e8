"""A text with marks keeps each of its characters, and is marked where the offsets say."""

from __future__ import annotations

import html.parser

from hypothesis import given
from hypothesis import strategies as st

from jobs.output import escaping
from jobs.pages import highlighting
from tests.support.hostile import NASTY


class _Text(html.parser.HTMLParser):
    """The text of a fragment, its tags, and what stands in `title` attributes."""

    def __init__(self, fragment: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.attributes = "", [], set()
        self.feed(str(fragment))  # parts of a fragment would be escaped as they are put together
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


SPANS = st.lists(
    st.builds(
        highlighting.Span,
        st.none() | st.integers(-5, 50),
        st.none() | st.integers(-5, 50),
        st.floats(-2, 2, allow_nan=False),
        st.sampled_from(["term", '"><script>', ""]),
    ),
    max_size=6,
)


@given(NASTY, SPANS)
def test_highlighting_changes_no_character_and_adds_only_marks(text: str, spans: list[highlighting.Span]) -> None:
    page = _Text(highlighting.highlight(text, spans))
    assert page.text == escaping.clean(text)
    assert set(page.tags) <= {"mark"}
    assert page.attributes <= {"class", "title"}


def test_highlight_marks_where_the_offsets_say_and_which_way() -> None:
    spans = [highlighting.Span(4, 14, 0.9, "older male"), highlighting.Span(18, 23, -0.2, "hotel")]
    assert highlighting.highlight("the older male at hotel", spans) == (
        'the <mark class="up strong" title="raises the score: older male +0.90">older male</mark> at '
        '<mark class="down" title="lowers the score: hotel -0.20">hotel</mark>'
    )


def test_overlapping_spans_become_one_mark_in_the_direction_of_their_sum() -> None:
    spans = [
        highlighting.Span(0, 5, 0.4, "older"),
        highlighting.Span(3, 9, -0.6, "er man"),
        highlighting.Span(0, 5, 0.1, "older"),
    ]
    shown = highlighting.highlight("older man", spans)  # 0.4 - 0.6 + 0.1 = -0.1
    assert shown.count("<mark") == 1
    assert 'class="down strong"' in shown
    assert ">older man</mark>" in shown


def test_offsets_count_characters_where_some_are_outside_the_basic_plane() -> None:
    assert ">gift</mark>" in highlighting.highlight("\U0001f600\u202e gift", [highlighting.Span(3, 7, 1.0, "gift")])
