"""Charts of the pages: drawn by matplotlib, put into the page as SVG that loads and runs nothing.

The same figures give the same bytes. Texts stay text, so that a page can be searched and read aloud; a chart has a name
for those who do not see it, and marks may tell more when pointed at.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import Any, ParamSpec
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import num2date
from matplotlib.figure import Figure

from jobs.output import escaping
from jobs.pages import markup

POINTS = 72 / 96  # of a pixel of the page
WIDTH, HEIGHT = 560, 400
GRID, INK, PALE, ACCENT, LINE, WASH = "#e6ebef", "#566472", "#9cb3bd", "#0d5b6b", "#dde3e8", "#eef1f4"
COLOURS = ("#0d5b6b", "#c77b1c", "#7a1f1f", "#4a6a2f", "#5b4a8a", "#8a5a44", "#2f6aa8", "#99407a")
FONT_SIZE = 8.5  # as the style sheets have it
MAX_LETTERS = 34  # of a label; what is pointed at says the whole
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "nightjar",
    "svg.id": "chart",
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "font.size": FONT_SIZE,
    "lines.solid_capstyle": "butt",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.constrained_layout.use": True,
}
_NOTHING = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_BLANKS = re.compile(r" ?([MLCz]) ?")
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_PAGE_STYLE = re.compile(rf"font-family:[^;]*;?|font: [^;]*;?|font-size: {FONT_SIZE}px;?|fill: {INK};?")

_Given = ParamSpec("_Given")


@dataclass(frozen=True)
class Look:
    """Look of one series: its colour, and the lengths of stroke and gap of its line."""

    colour: str
    dash: str = ""

    @property
    def dashes(self) -> Any:
        """The line's style as matplotlib takes it."""
        return (0, tuple(float(n) for n in self.dash.split())) if self.dash else "-"


def colour(n: int) -> str:
    return COLOURS[n % len(COLOURS)]


def label(value: Any, most: int = MAX_LETTERS) -> str:
    """A text as a chart holds it: on one line, shortened where it is long."""
    text = " ".join(escaping.clean(value).split())
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def styled(draw: Callable[_Given, markup.Html]) -> Callable[_Given, markup.Html]:
    """Draw a chart under the style of the pages: matplotlib takes it when a text or line is made, not when saved."""

    @wraps(draw)
    def drawn(*args: _Given.args, **given: _Given.kwargs) -> markup.Html:
        with mpl.rc_context(_STYLE):
            return draw(*args, **given)

    return drawn


def axes(width: float = WIDTH, height: float = HEIGHT) -> tuple[Figure, Axes]:
    """An empty chart of this size in pixels of the page.

    Raises:
        RuntimeError: it is not drawn by a function that is `styled`.
    """
    if mpl.rcParams["svg.hashsalt"] != _STYLE["svg.hashsalt"]:
        raise RuntimeError("a chart of a page is drawn by a function under charts.styled")
    figure = Figure(figsize=(width / 96, height / 96))
    return figure, figure.subplots()


def days(ax: Axes, shown: Sequence[date] = ()) -> None:
    """Make the axis across one of days, from the first to the last of those shown; each named, its year where new."""
    if shown:
        half = timedelta(hours=12)
        first, last = (datetime.combine(day, time()) for day in (min(shown), max(shown)))
        ax.set_xlim(first - half, last + half)  # type: ignore[arg-type]
    low, high = ax.get_xlim()
    step = max(1, math.ceil((high - low) / 9))
    at = range(math.ceil(low), math.floor(high) + 1, step)
    named = [num2date(day) for day in at]
    is_new_year = [n == 0 or day.year != named[n - 1].year for n, day in enumerate(named)]
    forms = ["%d %b %Y" if is_new else "%d %b" for is_new in is_new_year]
    ax.set_xticks(at, [day.strftime(form) for day, form in zip(named, forms, strict=True)])


def svg(figure: Figure, name: str, told: Mapping[str, Sequence[str]] | None = None) -> markup.Html:
    """The chart as an element of the page.

    Args:
        name: what the chart shows, for those who do not see it.
        told: by the `gid` of a series, what each of its marks says when pointed at, in the order of drawing.

    Raises:
        ValueError: a series has another number of marks than of things said of them.
    """
    file = io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the page's own font draws what matplotlib's lacks
        figure.savefig(file, format="svg", metadata=_NOTHING)
    picture = ElementTree.fromstring(file.getvalue())
    for element in picture.iter():
        _shorten(element)
    _drop_page(picture)
    for gid, titles in (told or {}).items():
        _tell(picture, gid, titles)
    width = float(picture.get("width", "0").removesuffix("pt")) / POINTS
    picture.attrib = {"viewBox": picture.get("viewBox", ""), "width": "100%", "role": "img", "class": "chart"}
    picture.set("style", f"max-width:{width:.0f}px")
    picture.set("aria-label", escaping.clean(name))
    _drop_names(picture)
    _gather(picture)
    return markup.drawn(picture)


def _shorten(element: ElementTree.Element) -> None:
    """Take off what the page or the reader needs none of: name spaces, the style of texts, small decimals, blanks."""
    element.tag = element.tag.rpartition("}")[2]
    element.text, element.tail = (element.text or "").strip() or None, None
    attributes = {}
    for name, value in element.attrib.items():
        value = _NUMBER.sub(lambda match: f"{float(match.group()):.1f}".removesuffix(".0"), value)
        attributes[name.rpartition("}")[2]] = " ".join(value.split())
    if "d" in attributes:
        circle = _circle(attributes["d"])
        if circle:
            element.tag = "circle"
            del attributes["d"]
            attributes |= circle
        else:
            attributes["d"] = _BLANKS.sub(r"\1", attributes["d"])
    if "style" in attributes:
        style = _PAGE_STYLE.sub("", attributes["style"]) if element.tag == "text" else attributes["style"]
        attributes["style"] = style.replace(": ", ":").replace("; ", ";").strip("; ")
        if not attributes["style"]:
            del attributes["style"]
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    element.attrib = attributes


def _circle(path: str) -> dict[str, str] | None:
    """Centre and radius of a path that is a circle as matplotlib draws it, in eight curves from its lowest point."""
    if path.count("C") != 8 or not path.endswith("z"):
        return None
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    (x, low), (_, high) = numbers[:2], numbers[24:26]
    return {"cx": f"{x:g}", "cy": f"{(low + high) / 2:g}", "r": f"{abs(low - high) / 2:.2g}"}


def _gather(element: ElementTree.Element) -> None:
    """Say once, on a group, what all in it share; drop shapes that are not seen and groups that group nothing."""
    for child in list(element):
        _gather(child)
        if child.tag in ("path", "g") and (child.get("style") == "fill:none" or (child.tag == "g" and not len(child))):
            element.remove(child)
        elif child.tag == "g" and not child.attrib:
            at = list(element).index(child)
            element[at : at + 1] = list(child)
    inside = [child for child in element if child.tag != "defs"]
    if element.tag != "g" or len(inside) < 2:
        return
    for name in ("style", "clip-path"):
        values = {child.get(name) for child in inside}
        if len(values) == 1 and None not in values and name not in element.attrib:
            element.set(name, str(values.pop()))
            for child in inside:
                del child.attrib[name]


def _drop_page(picture: ElementTree.Element) -> None:
    """Take off what would act on the whole page: the picture's own style sheet."""
    for parent in list(picture.iter()):
        for child in list(parent):
            if child.tag == "style" or (child.tag == "defs" and child.find("style") is not None):
                parent.remove(child)


def _tell(picture: ElementTree.Element, gid: str, titles: Sequence[str]) -> None:
    groups = [element for element in picture.iter("g") if element.get("id") == gid]
    marks = [mark for group in groups for mark in _marks(group)]
    if len(marks) != len(titles):
        raise ValueError(f"{gid}: {len(marks)} marks, of which {len(titles)} things are said")
    for mark, title in zip(marks, titles, strict=True):
        ElementTree.SubElement(mark, "title").text = escaping.clean(title)


def _marks(group: ElementTree.Element) -> list[ElementTree.Element]:
    """Shapes of a series in the order of drawing, without the models that they are copies of."""
    shapes = []
    for child in group:
        if child.tag in ("path", "circle", "use"):
            shapes.append(child)
        elif child.tag == "g":
            shapes += _marks(child)
    return shapes


def _drop_names(picture: ElementTree.Element) -> None:
    """Take off the names of elements that nothing refers to: several charts of a page would share them."""
    used = set()
    for element in picture.iter():
        used |= {element.get("href", "").removeprefix("#")}
        used |= set(re.findall(r"url\(#([^)]*)\)", " ".join(element.attrib.values())))
    for element in picture.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)


@styled
def lines(series: Mapping[str, Sequence[Sequence[float]]], looks: Mapping[str, Look], x: str, y: str) -> markup.Html:
    """Curves over one another in the unit square; `series` are points (x, y) in drawing order."""
    figure, ax = axes()
    told = {}
    for n, (name, points) in enumerate(series.items()):
        across, up = zip(*points, strict=True)
        ax.plot(across, up, color=looks[name].colour, linestyle=looks[name].dashes, linewidth=1.3, gid=f"line{n}")
        told[f"line{n}"] = [name]
    quarters = (0, 0.25, 0.5, 0.75, 1)
    ax.set(xlim=(0, 1), ylim=(0, 1.005), xticks=quarters, yticks=quarters, xlabel=label(x), ylabel=label(y))
    return svg(figure, f"{y} by {x}", told)


@styled
def scatter(
    points: Mapping[str, tuple[float, float]], looks: Mapping[str, Look], x_name: str, y_name: str
) -> markup.Html:
    """One named mark per candidate; names that would lie over one another move aside and down."""
    figure, ax = axes()
    right, top = (1.1 * max(values) or 1.0 for values in zip(*points.values(), strict=True))
    left, bottom = (min(0.0, *values) for values in zip(*points.values(), strict=True))
    across = (WIDTH - 60) / (right - left)  # pixels per unit; the rest is the axes' own
    up = (HEIGHT - 50) / (top - bottom)
    placed: list[_Box] = [_Box(x * across - 5, y * up - 5, 10, 10) for x, y in points.values()]
    for name, (x, y) in sorted(points.items(), key=lambda item: -item[1][1]):
        look, shown = looks[name], label(name)
        ax.plot(x, y, "o", markersize=6.5, markerfacecolor="white" if look.dash else look.colour,
                markeredgecolor=look.colour, markeredgewidth=1.5, clip_on=False)  # fmt: skip
        box = _free(_Box(x * across + 8, y * up - 6, 6.8 * len(shown), 13), placed, (left * across, right * across))
        placed.append(box)
        is_apart = y * up - 6 - box.bottom > 14
        ax.annotate(
            shown, (x, y), (box.left / across, (box.bottom + 6) / up), va="center",
            arrowprops={"arrowstyle": "-", "color": PALE, "linewidth": 0.7} if is_apart else None,
        )  # fmt: skip
    ax.set(xlim=(left, right), ylim=(bottom, top), xlabel=label(x_name, 60), ylabel=label(y_name, 60))
    return svg(figure, f"{y_name} by {x_name}")


@dataclass(frozen=True)
class _Box:
    """Place of a mark or a name, in pixels from the origin of a chart."""

    left: float
    bottom: float
    width: float
    height: float

    def touches(self, other: _Box) -> bool:
        is_across = self.left < other.left + other.width and other.left < self.left + self.width
        return is_across and self.bottom < other.bottom + other.height and other.bottom < self.bottom + self.height


def _free(box: _Box, placed: Sequence[_Box], ends: tuple[float, float]) -> _Box:
    """The nearest place for a name right or left of its mark, then below: within the ends, touching nothing."""
    sides = [box, replace(box, left=box.left - box.width - 16)]
    sides = [side for side in sides if ends[0] <= side.left and side.left + side.width <= ends[1]] or sides
    tried = [replace(side, bottom=side.bottom - 4 * n) for n in range(40) for side in sides]
    return next((place for place in tried if not any(place.touches(other) for other in placed)), box)


@styled
def intervals(rows: Sequence[tuple[str, float, float, float, bool]], name: str) -> markup.Html:
    """One line per row: name, value, low, high, whether it is pale (a tie). The upright line is 0."""
    figure, ax = axes(WIDTH, 60 + 22 * len(rows))
    for n, (_, value, low, high, is_pale) in enumerate(rows):
        ink = PALE if is_pale else ACCENT
        ax.plot((low, high), (n, n), color=ink, linewidth=2.2, solid_capstyle="butt")
        ax.plot(value, n, "o", color=ink, markersize=6.5, markeredgewidth=0)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(rows)), [label(row[0]) for row in rows])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlabel=label(name, 60))
    ax.grid(visible=False, axis="y")
    return svg(figure, name)


def legend(looks: Mapping[str, Look], said: Mapping[str, str]) -> markup.Html:
    """Names, each with a stroke as it is drawn and what is said of it."""
    items = [
        {"name": name, "colour": look.colour, "dash": look.dash, "said": said.get(name, "")}
        for name, look in looks.items()
    ]
    return markup.fill("pictures", "keys", items=items)
