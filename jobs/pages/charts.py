"""Charts of the notebooks as inline SVG: no script, nothing from outside. Names are escaped at the sink."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.output import escaping

WIDTH, HEIGHT = 560, 400
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 12, 44
GRID, INK = "#e6ebef", "#566472"


@dataclass(frozen=True)
class Look:
    """How one series is drawn."""

    colour: str
    dash: str = ""


@dataclass(frozen=True)
class Axis:
    """A range with its name; `low` and `high` are the ends."""

    name: str
    low: float
    high: float
    ticks: tuple[float, ...]

    def place(self, value: float, start: float, end: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return start + min(1.0, max(0.0, share)) * (end - start)


def unit(name: str) -> Axis:
    return Axis(name, 0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))


def fitting(name: str, values: Sequence[float]) -> Axis:
    """From 0 to a round number above the highest value; from the lowest where values go below 0."""
    high, low = max([*values, 1e-9]), min([*values, 0.0])
    step = next(s for e in range(-6, 7) for m in (1, 2, 5) if (s := m * 10.0**e) * 5 >= high - low)
    ticks = [step * math.floor(low / step)]
    while ticks[-1] < high:
        ticks.append(ticks[-1] + step)
    return Axis(name, ticks[0], ticks[-1], tuple(ticks))


def lines(series: Mapping[str, Sequence[Sequence[float]]], looks: Mapping[str, Look], x: Axis, y: Axis) -> str:
    """Curves over one another; `series` are points (x, y) in drawing order."""
    parts = []
    for name, points in series.items():
        path = " ".join(f"{_x(x, at):.1f},{_y(y, value):.1f}" for at, value in points)
        look = looks[name]
        dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{look.colour}" stroke-width="1.7"{dash}>'
            f"<title>{escaping.html(name)}</title></polyline>"
        )
    return _figure(parts, x, y)


def scatter(points: Mapping[str, tuple[float, float]], looks: Mapping[str, Look], x: Axis, y: Axis) -> str:
    """One named mark a candidate; names that would lie over one another move down."""
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    for name, (across, up) in sorted(points.items(), key=lambda item: -item[1][1]):
        cx, cy = _x(x, across), _y(y, up)
        text_x, anchor = (cx + 8, "start") if cx < WIDTH - 140 else (cx - 8, "end")
        text_y = cy + 4
        while any(abs(text_y - other_y) < 12 and abs(text_x - other_x) < 120 for other_x, other_y in taken):
            text_y += 12
        taken.append((text_x, text_y))
        if text_y - cy > 14:  # the name stands apart from its mark
            parts.append(
                f'<line x1="{cx:.1f}" y1="{cy:.1f}" x2="{text_x:.1f}" y2="{text_y - 4:.1f}" stroke="#b9c4cd"/>'
            )
        look = looks[name]
        fill = "#fff" if look.dash else look.colour
        parts.append(
            f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="5" fill="{fill}" stroke="{look.colour}" stroke-width="2"/>'
        )
        parts.append(f'<text x="{text_x:.1f}" y="{text_y:.1f}" text-anchor="{anchor}">{escaping.html(name)}</text>')
    return _figure(parts, x, y)


def intervals(rows: Sequence[tuple[str, float, float, float, bool]], name: str) -> str:
    """A line a row: name, value, low, high, whether it is pale (a tie). The upright line is 0."""
    line, left = 22, 190
    height = TOP + line * len(rows) + BOTTOM
    x = fitting(name, [end for row in rows for end in row[2:4]])
    zero = x.place(0, left, WIDTH - RIGHT)
    parts = [_tick(x, tick, left, TOP, height - BOTTOM) for tick in x.ticks]
    parts.append(f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="{INK}"/>')
    for n, (label, value, low, high, is_pale) in enumerate(rows):
        y = TOP + line * n + line / 2
        colour = "#9cb3bd" if is_pale else "#0d5b6b"
        a, b, at = (x.place(v, left, WIDTH - RIGHT) for v in (low, high, value))
        parts.append(f'<text x="{left - 10}" y="{y + 4:.1f}" text-anchor="end">{escaping.html(label)}</text>')
        parts.append(f'<line x1="{a:.1f}" x2="{b:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<circle cx="{at:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>')
    middle = (left + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{height - 8}" text-anchor="middle">{escaping.html(name)}</text>')
    return _svg(parts, height, name)


def legend(looks: Mapping[str, Look], said: Mapping[str, str]) -> str:
    """Names beside a stroke as it is drawn, with what is said of each."""
    items = []
    for name, look in looks.items():
        dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
        stroke = (
            f'<svg width="26" height="10"><line x1="0" x2="26" y1="5" y2="5" stroke="{look.colour}" '
            f'stroke-width="2.4"{dash}/></svg>'
        )
        items.append(f"<span>{stroke} {escaping.html(name)} <b>{escaping.html(said.get(name, ''))}</b></span>")
    return f'<div class="keys">{"".join(items)}</div>'


def _x(axis: Axis, value: float) -> float:
    return axis.place(value, LEFT, WIDTH - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return axis.place(value, HEIGHT - BOTTOM, TOP)


def _tick(axis: Axis, tick: float, left: float, top: float, bottom: float) -> str:
    at = axis.place(tick, left, WIDTH - RIGHT)
    return (
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}" stroke="{GRID}"/>'
        f'<text x="{at:.1f}" y="{bottom + 15}" text-anchor="middle">{tick:.4g}</text>'
    )


def _figure(parts: Sequence[str], x: Axis, y: Axis) -> str:
    frame = [_tick(x, tick, LEFT, TOP, HEIGHT - BOTTOM) for tick in x.ticks]
    for tick in y.ticks:
        at = _y(y, tick)
        frame.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GRID}"/>')
        frame.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    middle, height = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    frame.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escaping.html(x.name)}</text>')
    turned = f'transform="rotate(-90 14 {height:.0f})"'
    frame.append(f'<text x="14" y="{height:.0f}" text-anchor="middle" {turned}>{escaping.html(y.name)}</text>')
    return _svg([*frame, *parts], HEIGHT, f"{y.name} by {x.name}")


def _svg(parts: Sequence[str], height: float, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" width="100%" style="max-width:{WIDTH + 120}px" role="img" '
        f'aria-label="{escaping.html(label)}">{"".join(parts)}</svg>'
    )
