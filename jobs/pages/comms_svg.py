"""Pictures of communications data: charts by matplotlib, and who contacts whom as SVG by a template.

The ring of contacts stays hand-placed: whom several share is drawn near those who share it, which no chart does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from jobs.pages import charts, markup

Row = Mapping[str, Any]

WASH = "#eef4f5"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MAX_NODES = 60  # more than that is a tangle, not a picture
KM_PER_DEGREE = 111.195  # of latitude
MIN_SPAN = 0.02  # degrees that a map shows at least


@charts.styled
def timeline(days: Sequence[Row], subjects: Sequence[str]) -> markup.Html:
    """Events per day, one line per subject; `days` have `subject`, `day`, `n`. Bars are shares of the largest."""
    if not days:
        return markup.join()
    figure, axes = charts.axes(900, 30 + 36 * len(subjects))
    top, told = max(row["n"] for row in days), {}
    for n, subject in enumerate(subjects):
        own = [row for row in days if row["subject"] == subject]
        heights = [max(0.05, 0.8 * row["n"] / top) for row in own]
        axes.vlines([row["day"] for row in own], n, [n - height for height in heights],
                    color=charts.colour(n), linewidth=1.6, gid=f"subject{n}")  # fmt: skip
        axes.axhline(n, color=charts.LINE, linewidth=0.8)
        told[f"subject{n}"] = [f"{row['day']}: {row['n']} events" for row in own]
    axes.set_yticks(range(len(subjects)), [charts.label(subject) for subject in subjects])
    axes.set(ylim=(len(subjects) - 0.7, -1))
    charts.days(axes, [row["day"] for row in days])
    axes.grid(visible=False, axis="y")
    return charts.svg(figure, "events per day", told)


@charts.styled
def heat_map(hours: Sequence[Row]) -> markup.Html:
    """Events by weekday and hour of the wall clock; `hours` have `weekday` (1 Monday), `hour`, `n`."""
    counts: Counter[tuple[int, int]] = Counter()
    for row in hours:
        counts[row["weekday"], row["hour"]] += row["n"]
    top = max(counts.values(), default=1)
    places = [(weekday, hour) for weekday in range(1, 8) for hour in range(24)]
    shades = [to_rgba(charts.ACCENT, 0.12 + 0.88 * counts[p] / top) if counts[p] else WASH for p in places]
    figure, axes = charts.axes(780, 240)
    squares = [Rectangle((hour - 0.46, weekday - 0.46), 0.92, 0.92) for weekday, hour in places]
    axes.add_collection(PatchCollection(squares, facecolors=shades, linewidths=0, gid="hours"))
    axes.set(xlim=(-0.5, 23.5), ylim=(7.5, 0.5), aspect="equal")
    axes.set_xticks(range(24), [f"{hour:02d}" for hour in range(24)])
    axes.set_yticks(range(1, 8), DAYS)
    axes.xaxis.tick_top()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    told = [f"{DAYS[weekday - 1]} {hour:02d}:00, {counts[weekday, hour]} events" for weekday, hour in places]
    return charts.svg(figure, "events by weekday and hour", {"hours": told})


@charts.styled
def route_map(routes: Sequence[Row], subjects: Sequence[str]) -> markup.Html:
    """Cells in order of time on a plain grid of degrees: no tiles, nothing is fetched. North is up; `routes` have
    `subject`, `at`, `latitude`, `longitude`."""
    if not routes:
        return markup.join()
    south, north = _ends([row["latitude"] for row in routes])
    west, east = _ends([row["longitude"] for row in routes])
    shrink = math.cos(math.radians((south + north) / 2))  # a degree of longitude, in degrees of latitude
    wide, high = (east - west) * shrink, north - south
    scale = min(840 / wide, 520 / high)
    figure, axes = charts.axes(60 + wide * scale, 60 + high * scale)
    axes.set_facecolor(WASH)
    told = {}
    for n, subject in enumerate(subjects):
        own = sorted((row for row in routes if row["subject"] == subject), key=lambda row: row["at"])
        cells = Counter((row["longitude"], row["latitude"]) for row in own)
        axes.plot([row["longitude"] for row in own], [row["latitude"] for row in own],
                  color=charts.colour(n), alpha=0.35, linewidth=0.8)  # fmt: skip
        sizes = [4 * (charts.POINTS * (2.5 + 2 * math.sqrt(visits))) ** 2 for visits in cells.values()]
        axes.scatter([lon for lon, _ in cells], [lat for _, lat in cells], s=sizes, color=charts.colour(n), alpha=0.55,
                     linewidths=0, gid=f"subject{n}")  # fmt: skip
        told[f"subject{n}"] = [
            f"{subject}: {visits} times at a cell at {lat:.3f}, {lon:.3f}" for (lon, lat), visits in cells.items()
        ]
    axes.set(xlim=(west, east), ylim=(south, north), aspect=1 / shrink)
    axes.xaxis.set_major_formatter("{x:.2f}\N{DEGREE SIGN}")
    axes.yaxis.set_major_formatter("{x:.2f}\N{DEGREE SIGN}")
    axes.grid(color="white")
    shares = [((row["longitude"] - west) / (east - west), (row["latitude"] - south) / high) for row in routes]
    _scale_bar(axes, wide, shares)
    return charts.svg(figure, "cells in order of time", told)


def _ends(degrees: Sequence[float]) -> tuple[float, float]:
    """The span of a map with a margin; never too small to read."""
    low, high = min(degrees), max(degrees)
    margin = max(0.05 * (high - low), (MIN_SPAN - (high - low)) / 2)
    return low - margin, high + margin


def _scale_bar(axes: Axes, wide: float, cells: Sequence[tuple[float, float]]) -> None:
    """A bar of a round number of kilometres, about an eighth of the map's width, in the corner with fewest cells.

    Args:
        wide: width of the map in degrees of latitude.
        cells: places of cells as shares of the map's width and height.
    """
    lengths = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
    length = min(lengths, key=lambda km: abs(km - wide * KM_PER_DEGREE / 8))
    share = length / KM_PER_DEGREE / wide
    corners = [(0.04, 0.04), (0.96 - share, 0.04), (0.04, 0.9), (0.96 - share, 0.9)]
    x, y = min(corners, key=lambda corner: sum(math.dist(cell, corner) < 0.25 for cell in cells))
    axes.plot((x, x + share), (y, y), color="#333", linewidth=1.5, transform=axes.transAxes)
    axes.text(x, y + 0.015, f"{length:g} km", transform=axes.transAxes)


def network(contacts: Sequence[Row], subjects: Sequence[str]) -> markup.Html:
    """Contacts: subjects on a ring, parties that several of them share inside; `contacts` have `subject`,
    `other`, `n`. A line's width grows with the number of contacts."""
    degree: dict[str, set[str]] = {}
    for row in contacts:
        degree.setdefault(row["other"], set()).add(row["subject"])
    shared = [o for o in degree if o not in subjects and len(degree[o]) > 1]
    shared = sorted(shared, key=lambda o: (-len(degree[o]), o))[: max(0, MAX_NODES - len(subjects))]
    size, ring = 620.0, 240.0
    place = {s: _on_ring(k, len(subjects), size / 2, ring) for k, s in enumerate(subjects)}
    for k, other in enumerate(shared):
        around = [place[s] for s in degree[other] if s in place]
        nudge = _on_ring(k, max(len(shared), 1), 0, 18 + 6 * (k % 3))
        place[other] = (sum(p[0] for p in around) / len(around) * 0.8 + size / 2 * 0.2 + nudge[0],
                        sum(p[1] for p in around) / len(around) * 0.8 + size / 2 * 0.2 + nudge[1])  # fmt: skip
    top = max((r["n"] for r in contacts), default=1)
    links = []
    for row in contacts:
        if row["other"] in place:
            (x1, y1), (x2, y2) = place[row["subject"]], place[row["other"]]
            title = f"{row['subject']} and {row['other']}: {row['n']}"
            width = 0.8 + 5 * row["n"] / top
            links.append({"x1": x1, "y1": y1, "x2": x2, "y2": y2, "width": width, "title": title})
    nodes = [_node(name, x, y, subjects) for name, (x, y) in place.items()]
    return markup.fill(
        "pictures", "ring", size=f"{size:.0f}", name="who contacts whom", links=links, nodes=nodes, ink=charts.ACCENT
    )


def _node(name: str, x: float, y: float, subjects: Sequence[str]) -> dict[str, Any]:
    """A subject in its colour, or a party that several share as an open circle."""
    if name in subjects:
        own = charts.colour(subjects.index(name))
        return {"label": name, "x": x, "y": y, "radius": 9, "colour": own, "font_size": 12}
    return {"label": name, "x": x, "y": y, "radius": 5, "colour": "#fff", "font_size": 9}


def _on_ring(k: int, n: int, middle: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * k / max(n, 1) - math.pi / 2
    return middle + radius * math.cos(angle), middle + radius * math.sin(angle)
