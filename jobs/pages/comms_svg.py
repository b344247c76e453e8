"""Pictures of communications data as inline SVG: nothing is loaded, nothing runs. Every text is escaped here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from jobs.output import escaping

Row = Mapping[str, Any]

INK, PALE, LINE = "#0d5b6b", "#eef4f5", "#dde3e8"
COLOURS = ("#0d5b6b", "#c77b1c", "#7a1f1f", "#4a6a2f", "#5b4a8a", "#8a5a44", "#2f6aa8", "#99407a")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MAX_NODES = 60  # more than that is a tangle, not a picture


def colour(n: int) -> str:
    return COLOURS[n % len(COLOURS)]


def svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="100%" style="max-width:{width:.0f}px" role="img" '
        f'aria-label="{escaping.html(label)}">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, value: Any, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escaping.html(value)}</text>'


def timeline(days: Sequence[Row], subjects: Sequence[str]) -> str:
    """Events a day, one line a subject; `days` have `subject`, `day`, `n`. Bars are shares of the largest."""
    if not days:
        return ""
    first, last = min(r["day"] for r in days), max(r["day"] for r in days)
    span = max(1, (last - first).days + 1)
    left, width, line = 150.0, 740.0, 34.0
    top = max(r["n"] for r in days)
    parts = []
    for n, subject in enumerate(subjects):
        base = 10 + line * (n + 1)
        parts.append(_text(left - 10, base - 4, subject, "end"))
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{base}" y2="{base}" stroke="{LINE}"/>')
        for row in (r for r in days if r["subject"] == subject):
            x = left + (row["day"] - first).days / span * width
            tall = max(1.5, row["n"] / top * (line - 8))
            title = escaping.html(f"{row['day']}: {row['n']} events")
            parts.append(
                f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{max(1.2, width / span - 0.4):.1f}" '
                f'height="{tall:.1f}" fill="{colour(n)}"><title>{title}</title></rect>'
            )
    foot = 10 + line * len(subjects) + 18
    for share in (0.0, 0.5, 1.0):
        day: date = first + timedelta(days=round(share * (span - 1)))
        parts.append(
            _text(left + share * width, foot, day.strftime("%d %b %Y"), ("start", "middle", "end")[int(share * 2)])
        )
    return svg(left + width + 10, foot + 8, "events a day", parts)


def heat_map(hours: Sequence[Row]) -> str:
    """Events by weekday and hour of the wall clock; `hours` have `weekday` (1 Monday), `hour`, `n`."""
    counts: dict[tuple[int, int], int] = {}
    for row in hours:
        key = (row["weekday"], row["hour"])
        counts[key] = counts.get(key, 0) + row["n"]
    top = max(counts.values(), default=1)
    size, left, head = 30.0, 44.0, 20.0
    parts = [_text(left + size * (h + 0.5), head - 6, f"{h:02d}", "middle", 11) for h in range(24)]
    for weekday, name in enumerate(DAYS, start=1):
        y = head + size * (weekday - 1)
        parts.append(_text(left - 8, y + size * 0.65, name, "end"))
        for hour in range(24):
            n = counts.get((weekday, hour), 0)
            shade = f'fill="{INK}" fill-opacity="{0.12 + 0.88 * n / top:.2f}"' if n else f'fill="{PALE}"'
            title = escaping.html(f"{name} {hour:02d}:00, {n} events")
            parts.append(
                f'<rect x="{left + size * hour:.0f}" y="{y:.0f}" width="{size - 2:.0f}" height="{size - 2:.0f}" '
                f"{shade}><title>{title}</title></rect>"
            )
    return svg(left + size * 24 + 4, head + size * 7 + 4, "events by weekday and hour", parts)


def route_map(routes: Sequence[Row], subjects: Sequence[str]) -> str:
    """Cells in order of time on a plain grid of degrees: no tiles, nothing is fetched. North is up; `routes` have
    `subject`, `at`, `latitude`, `longitude`."""
    if not routes:
        return ""
    lats, lons = [r["latitude"] for r in routes], [r["longitude"] for r in routes]
    middle = math.cos(math.radians((min(lats) + max(lats)) / 2))
    high, wide = max(max(lats) - min(lats), 0.02), max((max(lons) - min(lons)) * middle, 0.02)
    scale = min(840 / wide, 520 / high)
    margin = 30.0

    def x(lon: float) -> float:
        return margin + (lon - min(lons)) * middle * scale

    def y(lat: float) -> float:
        return margin + (max(lats) - lat) * scale

    width, height = margin * 2 + wide * scale, margin * 2 + high * scale
    parts = [
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="{PALE}"/>',
        *_grid(lats, lons, x, y, width, height),
    ]
    for n, subject in enumerate(subjects):
        own = sorted((r for r in routes if r["subject"] == subject), key=lambda r: r["at"])
        points = " ".join(f"{x(r['longitude']):.1f},{y(r['latitude']):.1f}" for r in own)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour(n)}" stroke-opacity=".35"/>')
        visits: dict[tuple[float, float], int] = {}
        for row in own:
            visits[row["latitude"], row["longitude"]] = visits.get((row["latitude"], row["longitude"]), 0) + 1
        for (lat, lon), count in visits.items():
            title = escaping.html(f"{subject}: {count} times at a cell at {lat:.3f}, {lon:.3f}")
            parts.append(
                f'<circle cx="{x(lon):.1f}" cy="{y(lat):.1f}" r="{2.5 + 2 * math.sqrt(count):.1f}" fill="{colour(n)}" '
                f'fill-opacity=".55"><title>{title}</title></circle>'
            )
    parts.append(_scale_bar(scale, height))
    return svg(width, height, "cells in order of time", parts)


def _grid(lats: Sequence[float], lons: Sequence[float], x: Any, y: Any, width: float, height: float) -> list[str]:
    span = max(max(lats) - min(lats), max(lons) - min(lons), 0.02)
    step = next(s for s in (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 45) if span / s <= 8)
    parts = []
    for k in range(math.floor(min(lats) / step), math.ceil(max(lats) / step) + 1):
        if 12 < y(k * step) < height - 4:
            parts.append(f'<line x1="0" x2="{width:.0f}" y1="{y(k * step):.1f}" y2="{y(k * step):.1f}" stroke="#fff"/>')
            parts.append(_text(4, y(k * step) - 3, f"{k * step:.2f}\N{DEGREE SIGN}", size=10))
    for k in range(math.floor(min(lons) / step), math.ceil(max(lons) / step) + 1):
        if 4 < x(k * step) < width - 4:
            parts.append(
                f'<line y1="0" y2="{height:.0f}" x1="{x(k * step):.1f}" x2="{x(k * step):.1f}" stroke="#fff"/>'
            )
            parts.append(_text(x(k * step) + 3, height - 4, f"{k * step:.2f}\N{DEGREE SIGN}", size=10))
    return parts


def _scale_bar(scale: float, height: float) -> str:
    kilometre = scale / 111.195  # of a degree of latitude
    km = next(k for k in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 2000) if k * kilometre >= 50)
    y = height - 22
    bar = f'<line x1="34" x2="{34 + km * kilometre:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#333" stroke-width="2"/>'
    return bar + _text(34, y - 5, f"{km:g} km", size=11)


def network(contacts: Sequence[Row], subjects: Sequence[str]) -> str:
    """Who contacts whom: subjects on a ring, parties that several of them share inside; `contacts` have `subject`,
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
    parts = []
    for row in contacts:
        if row["other"] in place:
            (x1, y1), (x2, y2) = place[row["subject"]], place[row["other"]]
            title = escaping.html(f"{row['subject']} and {row['other']}: {row['n']}")
            parts.append(
                f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{INK}" stroke-opacity=".45" '
                f'stroke-width="{0.8 + 5 * row["n"] / top:.1f}"><title>{title}</title></line>'
            )
    for name, (x, y) in place.items():
        is_subject = name in subjects
        fill = colour(subjects.index(name)) if is_subject else "#fff"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{9 if is_subject else 5}" fill="{fill}" stroke="{INK}"/>')
        parts.append(_text(x, y - 12, name, "middle", 12 if is_subject else 9))
    return svg(size, size, "who contacts whom", parts)


def _on_ring(k: int, n: int, middle: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * k / max(n, 1) - math.pi / 2
    return middle + radius * math.cos(angle), middle + radius * math.sin(angle)
