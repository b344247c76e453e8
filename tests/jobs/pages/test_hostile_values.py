"""Whatever a value says, it is text: a page with hostile values has the elements and attributes of one with dull ones.

Two readers of HTML look at each page: Python's, and libxml2's, which mends broken markup as browsers do.
"""

from __future__ import annotations

import html.parser
import re
from collections import Counter
from functools import cache

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.output import escaping
from tests.support import hostile, hostile_pages


class _Shape(html.parser.HTMLParser):
    """How often each element with its attributes' names stands in a page, and what can be read of it."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.text = ""
        self.links: list[str] = []
        self.feed(str(page))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag, tuple(sorted(name for name, _ in attrs))] += 1
        self.links += [str(value) for name, value in attrs if name == "href"]

    def handle_comment(self, data: str) -> None:
        self.elements["comment", ()] += 1

    def handle_data(self, data: str) -> None:
        self.text += data


def _shapes(page: str) -> tuple[Counter, Counter]:
    page = str(page)
    read_again = lxml.html.fromstring(f"<div>{page}</div>" if "<body" not in page else page)
    mended = Counter((str(e.tag), tuple(sorted(e.attrib))) for e in read_again.iter())
    return _but_layout(_Shape(page).elements), _but_layout(mended)


def _but_layout(elements: Counter) -> Counter:
    """Ticks and leader lines of a chart are as many as fit next to its names: for these, only that there are any."""
    return Counter({key: 1 if key[0] in ("path", "text") else n for key, n in elements.items()})


def _dull(text: str) -> str:
    """A dull text as long as `text`, with blanks in the same places: a picture lays names out by their lengths."""
    return re.sub(r"\S", "w", escaping.clean(text))


@cache
def _dull_shapes(name: str, dull: str) -> tuple[Counter, Counter]:
    return _shapes(hostile_pages.PAGES[name](dull))


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile_pages.PAGES)
def test_a_page_is_made_of_elements_that_do_nothing(name: str) -> None:
    shown = _Shape(hostile_pages.PAGES[name]("word"))
    assert {tag for tag, _ in shown.elements} <= hostile.QUIET
    assert {attribute for _, attributes in shown.elements for attribute in attributes} <= hostile.ATTRIBUTES
    assert all(place.startswith("#") for place in shown.links)  # to a place in the page itself


@pytest.mark.slow
@pytest.mark.parametrize("payload", hostile.PAYLOADS)
@pytest.mark.parametrize("name", hostile_pages.PAGES)
def test_markup_in_any_field_is_text(name: str, payload: str) -> None:
    page = hostile_pages.PAGES[name](payload)
    assert _shapes(page) == _dull_shapes(name, _dull(payload))
    assert escaping.clean(payload) in _Shape(page).text  # shown, and all of it


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile_pages.PAGES)
@settings(max_examples=5)
@given(st.builds("{}{}{}".format, hostile.NASTY, st.sampled_from(hostile.PAYLOADS), hostile.NASTY))
def test_no_value_whatever_makes_an_element(name: str, text: str) -> None:
    assert _shapes(hostile_pages.PAGES[name](text)) == _dull_shapes(name, _dull(text))
