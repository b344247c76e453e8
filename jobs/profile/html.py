"""A subject profile as one HTML page that loads and runs nothing. Its elements are in `templates/profile.html.j2`."""

from __future__ import annotations

from typing import Any

from jobs.pages import charts, markup
from jobs.profile.model import CALCULATED, CAUTION, Profile, Section, Source, Statement

_LAST_SECTIONS = ("Gaps in knowledge", "Sources", "How this was made")


def page(profile: Profile) -> str:
    """The profile as a page."""
    numbers = profile.sources()
    contents: list[tuple[str, int | None]] = [(s.title, len(s.statements)) for s in profile.sections]
    sources = [
        {
            "number": number,
            "table": source.table,
            "id": source.id,
            "where": f"{source.file}, row {source.row}" if source.file else "–",
        }
        for source, number in numbers.items()
    ]
    made = markup.fill(
        "profile",
        "page",
        profile=profile,
        caution=CAUTION,
        contents=contents + [(title, None) for title in _LAST_SECTIONS],
        sections=[_section(section, numbers) for section in profile.sections],
        sources=sources,
    )
    return str(made)


def _section(section: Section, numbers: dict[Source, int]) -> dict[str, Any]:
    return {
        "title": section.title,
        "note": section.note,
        "headings": section.headings,
        "rows": [_row(statement, numbers) for statement in section.statements],
        "empty": section.empty,
        "chart": _chart(section) if section.chart else None,
        "largest": max(section.chart.values(), default=0),
    }


def _row(statement: Statement, numbers: dict[Source, int]) -> dict[str, Any]:
    return {
        "cells": statement.cells,
        "grading": statement.grading,
        "is_calculated": CALCULATED in statement.grading,
        "sources": [numbers[source] for source in dict.fromkeys(statement.sources)],
    }


@charts.styled
def _chart(section: Section) -> markup.Html:
    """Counts by label as bars."""
    figure, axes = charts.axes(720, 130)
    axes.bar(range(len(section.chart)), list(section.chart.values()), width=0.75, color="#5d97a3")
    axes.set_xticks(range(len(section.chart)), [charts.label(name) for name in section.chart])
    axes.set_yticks(())
    axes.margins(x=0.01)
    largest = max(section.chart.values())
    return charts.svg(figure, f"{section.title}: counts by hour, largest {largest}")
