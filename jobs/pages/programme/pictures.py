"""Charts of the programme's pages, each as SVG of a page or as PNG, SVG and CSV in a folder: small multiples that show
intervals. A chart and its CSV are made of the same rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from jobs.output import escaping
from jobs.pages import charts, markup
from jobs.runtime import whole_file

Row = Mapping[str, Any]
_PANEL = (300, 150)  # pixels of one small picture, without the space between
_NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None}


@dataclass(frozen=True)
class Panel:
    """One small picture: its title, and how it is drawn on axes."""

    title: str
    draw: Callable[[Axes], None]
    height: float = _PANEL[1]


@dataclass(frozen=True)
class Chart:
    """A chart: the name of its files, what it shows, its panels, and the rows that it is made of."""

    name: str
    says: str
    panels: Sequence[Panel]
    rows: Sequence[Row]

    def figure(self) -> Figure:
        """The panels, two beside each other. Drawn under `charts.styled`."""
        n_rows = -(-len(self.panels) // 2)
        tallest = [max(panel.height for panel in self.panels[2 * n : 2 * n + 2]) for n in range(n_rows)]
        figure = Figure(figsize=(2 * _PANEL[0] / 96 * 1.3, (sum(tallest) + 46 * n_rows) / 96))
        grid = figure.subplots(n_rows, 2, squeeze=False, gridspec_kw={"height_ratios": tallest})
        for place, axes in enumerate(grid.flat):
            if place >= len(self.panels):
                axes.set_axis_off()
                continue
            panel = self.panels[place]
            panel.draw(axes)
            axes.set_title(charts.label(panel.title, 48), fontsize=charts.FONT_SIZE, loc="left")
        return figure


@charts.styled
def shown(chart: Chart) -> markup.Html:
    """The chart as an element of a page."""
    return charts.svg(chart.figure(), chart.says)


def write(made: Sequence[Chart], folder: Path) -> list[Path]:
    """Each chart as PNG, SVG and CSV below `folder`, which is made; returns their files."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = []
    for chart in made:
        for ending, body in _files(chart).items():
            path = folder / f"{chart.name}.{ending}"
            whole_file.write(path, body)
            files.append(path)
    return files


def _files(chart: Chart) -> dict[str, bytes]:
    drawn: dict[str, bytes] = {}

    @charts.styled
    def draw() -> markup.Html:
        figure = chart.figure()
        for ending, more in (("png", {"dpi": 192, "facecolor": "white"}), ("svg", {"metadata": _NO_METADATA})):
            file = io.BytesIO()
            figure.savefig(file, format=ending, **more)
            drawn[ending] = file.getvalue()
        return markup.join()

    draw()
    text = io.StringIO()
    names = list(chart.rows[0]) if chart.rows else []
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([[escaping.cell(row[name]) for name in names] for row in chart.rows])
    return {**drawn, "csv": text.getvalue().encode("utf-8-sig")}


def bars(rows: Sequence[tuple[str, float, float, float]], unit: str) -> Callable[[Axes], None]:
    """A tornado: name, value at the low end, value at the high end, value with all in the middle; the widest on top."""

    def draw(axes: Axes) -> None:
        for n, (_, low, high, middle) in enumerate(rows):
            for end, ink in ((low, charts.PALE), (high, charts.ACCENT)):
                axes.barh(n, end - middle, left=middle, height=0.6, color=ink)
        _named(axes, [row[0] for row in rows])
        if rows:
            axes.axvline(rows[0][3], color=charts.INK, linewidth=0.8)
        _nought(axes)
        axes.set_xlabel(charts.label(unit, 60))

    return draw


def shape(shares: Sequence[float], edges: Sequence[float], ends: tuple[float, float, float], unit: str) -> Any:
    """Where draws lie, with their median and interval below them."""
    low, middle, high = ends

    def draw(axes: Axes) -> None:
        axes.stairs(shares, edges, fill=True, color=charts.PALE)
        foot = -0.08 * max(shares)
        axes.plot((low, high), (foot, foot), color=charts.ACCENT, linewidth=2.2)
        axes.plot(middle, foot, "o", color=charts.ACCENT, markersize=5.5, markeredgewidth=0)
        _nought(axes)
        axes.set_yticks([])
        axes.set_xlabel(charts.label(unit, 60))
        _thousands(axes)

    return draw


def intervals(rows: Sequence[tuple[str, float, float, float]], unit: str) -> Callable[[Axes], None]:
    """One line per row: name, value, low, high."""

    def draw(axes: Axes) -> None:
        for n, (_, value, low, high) in enumerate(rows):
            axes.plot((low, high), (n, n), color=charts.ACCENT, linewidth=2.2)
            axes.plot(value, n, "o", color=charts.ACCENT, markersize=5.5, markeredgewidth=0)
        _named(axes, [row[0] for row in rows])
        axes.set_xlabel(charts.label(unit, 60))
        axes.set_xlim(left=min(0.0, *(row[2] for row in rows)) if rows else 0)

    return draw


def _named(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [charts.label(name, 24) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    _thousands(axes)


def _thousands(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def _nought(axes: Axes) -> None:
    low, high = axes.get_xlim()
    if low < 0 < high:
        axes.axvline(0, color=charts.INK, linewidth=0.8, linestyle=(0, (2, 2)))
