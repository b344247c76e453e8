"""The page of benefits: what is claimed elsewhere, what is stated here, and what this deployment measured itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook
from jobs.pages.programme import pictures
from jobs.research import benefits as research
from schemas import codes
from schemas.programme import published

MARKING = "OFFICIAL"
RESTS_ON = (
    "Hours, pounds and items opened are lines of their own. Nothing adds them up: an hour saved is no pound in a "
    "budget, and an item that nobody had to open is worth more than the minute that it takes.",
    "Stated figures are distributions from the settings, each with its source. A line with a figure that nobody "
    "states is unknown, and is not shown as nought.",
    "Own figures compare finding by the queue with finding by chance, from rows that chance drew and people read. What "
    "a force did before is nobody's record, and is not in them.",
    "What is published elsewhere is shown with what it implies, and enters no figure.",
)
FIGURE_NAMES = {
    "cases_per_year": "cases a year", "hours_before": "hours before", "hours_after": "hours after",
    "hour_cost": "cost of an hour", "external_per_case": "external spend avoided", "machine_per_year": "the machine",
    "other_per_year": "other running costs", "items_before": "items opened before", "items_after": "items opened after",
}  # fmt: skip


@dataclass
class Benefits:
    """The report as one person sees it."""

    report: research.Report
    marking: str = MARKING


def open_benefits(
    session: notebook.NotebookSession, *, night: str = "", force: str = "", reviewer: str = ""
) -> Benefits:
    """The report as of a night, the newest by default; of one force if it is named.

    Raises:
        ValueError: `night` is not a date.
        schemas.errors.NotFoundError: no force is named so.
    """
    day = date.fromisoformat(night) if night else None
    return Benefits(research.report(session.ctx, day, force or None, session.user(reviewer)))


def export(report: research.Report, folder: Path) -> list[Path]:
    """The charts as PNG, SVG and CSV."""
    return pictures.write(charts(report), folder)


def charts(report: research.Report) -> list[pictures.Chart]:
    """The charts that there is anything for."""
    return [chart for chart in (_lines(report), _tornado(report), _own(report), _gains(report)) if chart.panels]


def _lines(report: research.Report) -> pictures.Chart:
    panels = [
        pictures.Panel(
            result.line.says, pictures.shape(result.shape, result.edges, (result.low, result.value, result.high),
                                             result.line.unit)
        )
        for result in report.results
    ]  # fmt: skip
    rows = [
        {"line": r.line.name, "unit": r.line.unit, "value": r.value, "low": r.low, "high": r.high,
         "above_nought": r.above_nought}
        for r in report.results
    ]  # fmt: skip
    return pictures.Chart(
        "benefits_lines", "benefits a year: draws, median and 95 % interval of each line", panels, rows
    )


def _tornado(report: research.Report) -> pictures.Chart:
    by_line = {result.line.name: result for result in report.results}
    panels = []
    for name, result in by_line.items():
        bars = [bar for bar in report.bars if bar.line == name]
        middle = _middle(report, name)
        drawn = [(FIGURE_NAMES[bar.figure], bar.at_low, bar.at_high, middle) for bar in bars]
        panels.append(pictures.Panel(name, pictures.bars(drawn, result.line.unit), 40 + 24 * len(bars)))
    rows = [
        {"line": b.line, "figure": b.figure, "low": b.low, "high": b.high, "at_low": b.at_low, "at_high": b.at_high}
        for b in report.bars
    ]
    return pictures.Chart("benefits_tornado", "what matters: each figure at its 5 and 95 % point", panels, rows)


def _middle(report: research.Report, line: str) -> float:
    from pipelines.programme import benefits

    return benefits.at_medians(report.figures)[line]


def _own(report: research.Report) -> pictures.Chart:
    panels, rows = [], []
    for name in dict.fromkeys(each.name for each in report.own if each.value is not None):
        of_name = [each for each in report.own if each.name == name and each.value is not None]
        drawn = [(_force(each.force), each.value or 0.0, each.low or 0.0, each.high or 0.0) for each in of_name]
        panels.append(pictures.Panel(name, pictures.intervals(drawn, of_name[0].unit), 40 + 22 * len(drawn)))
        rows += [
            {"figure": name, "force": each.force, "value": each.value, "low": each.low, "high": each.high, "n": each.n}
            for each in of_name
        ]
    return pictures.Chart("benefits_measured", "measured: what a find takes, by the queue and by chance", panels, rows)


def _gains(report: research.Report) -> pictures.Chart:
    known = [each for each in report.onboarding if each.hours is not None]
    drawn = [(_force(each.force), each.hours or 0.0, each.low or 0.0, each.high or 0.0) for each in known]
    height = 40 + 22 * len(drawn)
    panels = [pictures.Panel("hours that each force would save", pictures.intervals(drawn, "hours"), height)]
    rows = [{"force": e.force, "hours": e.hours, "low": e.low, "high": e.high, "waiting": e.n_waiting} for e in known]
    says = "hours that each force would save on what waits now"
    return pictures.Chart("benefits_gains", says, panels if known else [], rows)


def header(page: Benefits) -> markup.Html:
    """The lines as figures, and which of them are unknown."""
    report = page.report
    cards = [(f"{each.value:,.0f}", f"{each.line.unit}: {each.line.says}") for each in report.results]
    told = {each.line.name for each in report.results}
    unknown = [
        pages_html.notice(
            f"{name}: unknown, as nobody states {', '.join(FIGURE_NAMES[each] for each in names)}.", "warn"
        )
        for name, names in report.missing.items()
        if name not in told
    ]
    when = report.night.strftime("%a %d %b %Y") if report.night else "no night has run yet"
    return pages_html.block(pages_html.cards([(when, "decisions up to"), *cards]), *unknown, pages_html.steps(RESTS_ON))


def stated(page: Benefits) -> markup.Html:
    """The stated figures, each line's interval, what matters, and where it breaks even."""
    report = page.report
    if not report.figures:
        return pages_html.block(pages_html.notice("Nothing is stated: see `benefits` of the settings."))
    figures = [
        (FIGURE_NAMES[name], f"{figure.median:,.4g}", *(f"{float(figure.quantile(q)):,.4g}" for q in (0.05, 0.95)),
         figure.why)
        for name, figure in report.figures.items()
    ]  # fmt: skip
    lines = [
        (each.line.says, each.line.unit, f"{each.value:,.0f}", f"{each.low:,.0f} to {each.high:,.0f}",
         f"{each.above_nought:.0%}")
        for each in report.results
    ]  # fmt: skip
    even = [
        (each.line, FIGURE_NAMES[each.figure], f"{each.median:,.4g}",
         "nowhere" if each.value is None else f"{each.value:,.4g}")
        for each in report.break_even
    ]  # fmt: skip
    drawn = [pictures.shown(chart) for chart in (_lines(report), _tornado(report)) if chart.panels]
    return pages_html.block(
        pages_html.table(("Figure", "Median", "5 %", "95 %", "From"), figures),
        pages_html.table(("Line", "Unit", "Median", "95 % interval", "Above nought"), lines),
        *drawn,
        pages_html.heading("Break-even: a line is nought where, all else at its median,"),
        pages_html.table(("Line", "Figure", "Its median", "Is"), even),
    )


def measured(page: Benefits) -> markup.Html:
    """What nights took, and what a find takes by the queue and by chance."""
    report = page.report
    rows = [
        (_force(each.force), each.name,
         f"{each.value:,.2f} ({each.low:,.2f} to {each.high:,.2f})" if each.value is not None else "unknown",
         each.n, each.why)
        for each in report.own
    ]  # fmt: skip
    parts = [pages_html.table(("Force", "Figure", "Value (95 % interval)", "Decisions", "Why unknown"), rows)]
    if not rows:
        parts = [pages_html.notice("Nothing was decided yet: gold.decisions is empty.")]
    drawn = _own(report)
    return pages_html.block(
        pages_html.lead(f"The night itself: {research.running_text(report.running)}"),
        *parts,
        *([pictures.shown(drawn)] if drawn.panels else []),
    )


def onboarding(page: Benefits) -> markup.Html:
    """What each force has done, what comes next, and what it would gain."""
    rows = [
        (_force(each.force), *(f"{each.n.get(step, 0):,}" for step in research.STEPS), each.next_step or "all done",
         f"{each.n_expected:,.0f} of {each.n_waiting:,}",
         f"{each.hours:,.0f} ({each.low:,.0f} to {each.high:,.0f})" if each.hours is not None else "unknown")
        for each in page.report.onboarding
    ]  # fmt: skip
    if not rows:
        return pages_html.block(pages_html.notice("No force has a layout, a file or a row yet."))
    heads = ("Force", *(step.capitalize() for step in research.STEPS), "Next", "CSAE expected", "Hours it would save")
    drawn = _gains(page.report)
    return pages_html.block(pages_html.table(heads, rows), *([pictures.shown(drawn)] if drawn.panels else []))


def claims(page: Benefits) -> markup.Html:
    """Published figures, and what they imply."""
    said = [(claim.says, f"{claim.value:,.10g}", claim.unit) for claim in published.BENEFITS.values()]
    implied = [(each.name.replace("_", " "), f"{each.value:,.2f}", each.unit, each.how) for each in page.report.implied]
    return pages_html.block(
        pages_html.table(("Published", "Value", "Unit"), said),
        pages_html.table(("It implies", "Value", "Unit", "How"), implied),
        pages_html.small(research.staff_text(page.report.hour_cost)),
    )


def _force(code: str) -> str:
    return "all forces" if code == "*" else codes.FORCES.get(code, code)
