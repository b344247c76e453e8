"""Stretches of a text marked by what they did to the score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobs.pages import markup


@dataclass(frozen=True)
class Span:
    """A stretch of a text and what it did to the score: characters `start` to `end` (exclusive), signed `weight`."""

    start: int | None
    end: int | None
    weight: float
    label: str = ""


@dataclass(frozen=True)
class _Stretch:
    start: int
    end: int
    weight: float
    labels: tuple[str, ...]


def highlight(text: str, spans: Iterable[Span], *, strong_from: float | None = None) -> markup.Html:
    """`text` with spans in `<mark>`: class `up` or `down`, and `strong` from `strong_from` in weight.

    `strong_from` is half the largest weight by default. Overlapping spans become one mark whose direction is that of
    the sum of their weights, and whose title names all of them. Offsets outside the text are cut to it; spans without
    offsets or characters are left out.
    """
    stretches = _merged(spans, len(text))
    if strong_from is None:
        strong_from = max((abs(s.weight) for s in stretches), default=0.0) / 2
    marks, at = [], 0
    for stretch in stretches:
        marks.append(
            {
                "before": text[at : stretch.start],
                "text": text[stretch.start : stretch.end],
                "is_up": stretch.weight >= 0,
                "is_strong": 0 < strong_from <= abs(stretch.weight),
                "labels": ", ".join(stretch.labels),
            }
        )
        at = stretch.end
    return markup.fill("report", "highlight", marks=marks, after=text[at:])


def _merged(spans: Iterable[Span], length: int) -> Sequence[_Stretch]:
    cut = []
    for span in spans:
        if span.start is None or span.end is None:
            continue
        start, end = max(0, span.start), min(length, span.end)
        if start < end:
            label = f"{span.label} {span.weight:+.2f}".strip()
            cut.append(_Stretch(start, end, span.weight, (label,)))
    merged: list[_Stretch] = []
    for stretch in sorted(cut, key=lambda s: (s.start, s.end, s.labels)):
        if merged and stretch.start < merged[-1].end:
            last = merged.pop()
            labels = last.labels if stretch.labels[0] in last.labels else last.labels + stretch.labels
            stretch = _Stretch(last.start, max(last.end, stretch.end), last.weight + stretch.weight, labels)
        merged.append(stretch)
    return merged
