"""Charts: the same bytes each time, text as text, a name for those who do not see them, nothing that acts on a page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import matplotlib as mpl
import pytest

from jobs.pages import charts, comms_svg, markup

LOOKS = {"one": charts.Look("#0d5b6b"), "two": charts.Look("#b3261e", "6 3")}
POINTS = [(0.0, 1.0), (0.5, 0.6), (1.0, 0.1)]


def _curves() -> markup.Html:
    return charts.lines({"one": POINTS, "two": POINTS}, LOOKS, "recall", "precision")


def test_a_chart_is_the_same_each_time_and_leaves_matplotlib_as_it_was() -> None:
    before = dict(mpl.rcParams)
    assert _curves() == _curves()
    assert dict(mpl.rcParams) == before


def test_a_chart_can_be_read_searched_and_told() -> None:
    picture = ElementTree.fromstring(_curves())
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"] == "precision by recall"
    assert {"recall", "precision", "0.25"} <= {element.text for element in picture.iter("text")}
    assert [element.text for element in picture.iter("title")] == ["one", "two"]


def test_a_chart_holds_nothing_that_acts_on_the_page_around_it() -> None:
    shown = _curves()
    assert "<style" not in shown
    assert "://" not in shown
    assert "font-family" not in shown
    names = re.findall(r' id="([^"]*)"', shown)
    assert all(f"#{name}" in shown for name in names)  # referred to, and so named for what they hold


def test_marks_and_what_is_said_of_them_are_one_for_one() -> None:
    cell = {"subject": "A", "at": 1, "latitude": 52.6, "longitude": 1.3}
    shown = comms_svg.route_map([cell, {**cell, "at": 2}, {**cell, "latitude": 52.7}], ["A"])
    titles = [element.text for element in ElementTree.fromstring(shown).iter("title")]
    assert titles == ["A: 2 times at a cell at 52.600, 1.300", "A: 1 times at a cell at 52.700, 1.300"]
    days = [{"subject": "A", "day": date(2026, 3, 1) + timedelta(days=n), "n": n + 1} for n in range(40)]
    assert len(re.findall("<title>", comms_svg.timeline(days, ["A"]))) == 40

    @charts.styled
    def untold() -> markup.Html:
        figure, axes = charts.axes()
        axes.plot((0, 1), (0, 1), "o", gid="marks")
        return charts.svg(figure, "two marks", {"marks": ["one thing"]})

    with pytest.raises(ValueError, match="2 marks"):
        untold()


def test_a_chart_outside_the_style_of_the_pages_is_refused() -> None:
    with pytest.raises(RuntimeError, match="styled"):
        charts.axes()


def test_names_of_marks_that_lie_together_do_not_lie_on_each_other() -> None:
    points = {f"candidate_{n}": (0.05 + 0.002 * (n % 3), 0.20 + 0.001 * n) for n in range(9)}
    shown = charts.scatter(points, dict.fromkeys(points, LOOKS["one"]), "ms", "precision")
    texts = [element for element in ElementTree.fromstring(shown).iter("text") if "candidate" in str(element.text)]
    boxes = [(float(t.get("x", 0)), float(t.get("y", 0)), 4.7 * len(str(t.text))) for t in texts]
    assert len(boxes) == 9
    for n, (x, y, width) in enumerate(boxes):
        for other_x, other_y, other_width in boxes[n + 1 :]:
            is_level = abs(y - other_y) < 7
            assert not (is_level and x < other_x + other_width and other_x < x + width)
