"""Fragments that the notebooks are made of: plain functions from rows (as mappings) to markup. No script, no link
outward. The elements are in `templates/parts.html.j2`; here is what each shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.pages import charts, markup
from schemas import codes, gold

Row = Mapping[str, Any]

STRATUM_LABELS = {"NO_TAG": "no tag", "OTHER_TAG": "other tag, not CSAE"}
STRATUM_COLOURS = {"NO_TAG": "#0d5b6b", "OTHER_TAG": "#c77b1c"}


def style() -> markup.Html:
    """The style sheet, as an element."""
    return markup.fill("parts", "style")


def banner(marking: str) -> markup.Html:
    """The protective marking, as it stands at the top and bottom of every page."""
    return markup.fill("parts", "banner", marking=marking)


def block(*parts: str) -> markup.Html:
    """Parts under the style of the notebooks; a part that is plain text is shown as text."""
    return markup.fill("parts", "block", parts=parts)


def columns(left: str, right: str) -> markup.Html:
    """Two parts side by side, the left one wider; one below the other on a narrow screen."""
    return markup.fill("parts", "columns", left=left, right=right)


def even(*parts: str) -> markup.Html:
    """Parts side by side, all of one width."""
    return markup.fill("parts", "even", parts=parts)


def title(text: Any) -> markup.Html:
    return markup.fill("parts", "title", text=text)


def heading(text: Any) -> markup.Html:
    return markup.fill("parts", "heading", text=text)


def lead(text: Any) -> markup.Html:
    """A line in bold that says what follows."""
    return markup.fill("parts", "lead", text=text)


def remark(text: Any) -> markup.Html:
    """A small pale line."""
    return markup.fill("parts", "remark", text=text)


def small(text: Any) -> markup.Html:
    """A small line."""
    return markup.fill("parts", "small", text=text)


def notice(text: Any, kind: str = "") -> markup.Html:
    """A line that asks for attention; `kind` is empty, `good` or `warn`."""
    return markup.fill("parts", "notice", text=text, kind=kind)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> markup.Html:
    """A plain table of values."""
    return markup.fill("parts", "table", headings=headings, rows=rows)


def facts(pairs: Iterable[tuple[str, Any]]) -> markup.Html:
    """A list of names and values; an absent value is shown as a dash."""
    return markup.fill("parts", "facts", pairs=[(k, "–" if v in (None, "", []) else v) for k, v in pairs])


def cards(pairs: Iterable[tuple[Any, str]]) -> markup.Html:
    """Figures side by side, each with what it counts."""
    return markup.fill("parts", "cards", pairs=pairs)


def force_name(force: str) -> str:
    return codes.FORCES.get(force, force)


def score(row: Row) -> markup.Html:
    """The score as a number, and as a mark on a track from 0 to 1 with its interval; a dash where it is not shown."""
    if row["score"] is None:
        return markup.fill("parts", "score", value=None, low=None, high=None, at=None)
    low, high, value = (100 * min(1.0, max(0.0, float(row[n]))) for n in ("score_low", "score_high", "score"))
    return markup.fill(
        "parts",
        "score",
        value=_small(row["score"]),
        low=_small(row["score_low"]),
        high=_small(row["score_high"]),
        at={"low": low, "width": max(high - low, 0.5), "value": value},
    )


def _small(value: float) -> str:
    """Two digits, and a third below a tenth: risks over a network are small, and their order is by it."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def chip(text: Any, kind: str = "tag") -> markup.Html:
    """A word or two in a frame; `kind` is `tag`, `flag`, `mine`, `up` or `down`."""
    return markup.fill("parts", "chip", text=text, kind=kind)


def chips(values: Iterable[Any], kind: str = "tag") -> markup.Html:
    return markup.fill("parts", "chips", values=values, kind=kind)


def reason_chip(reason: Row) -> markup.Html:
    """One reason: its words, coloured and signed by the way it moved the score."""
    text, weight = reason["text"], reason["weight"]
    if not weight:  # a rule or a flag, which moves nothing
        return markup.fill("parts", "chip", text=text, kind="flag" if reason["kind"] == "flag" else "tag", title=text)
    kind, sign = ("up", "+") if weight >= 0 else ("down", "\N{MINUS SIGN}")
    return markup.fill("parts", "chip", text=text, kind=kind, title=f"{text} {weight:+.3f}", sign=sign)


def stratum(name: str) -> markup.Html:
    """A stratum's name behind a dot of its colour."""
    return markup.fill("parts", "stratum", name=stratum_css(name), label=STRATUM_LABELS.get(name, name))


def stratum_css(name: str) -> str:
    """The class of a stratum; empty for one that has no colour."""
    return name if name in gold.STRATA else ""


def counts(rows: Sequence[Row]) -> markup.Html:
    """Published rows per force and stratum; `rows` have force, stratum and n."""
    if not rows:
        return markup.join()
    by_force: dict[str, dict[str, int]] = {}
    for row in rows:
        by_force.setdefault(row["force"], {})[row["stratum"]] = int(row["n"])
    totals = {force: sum(by_stratum.values()) for force, by_stratum in by_force.items()}
    largest = max(totals.values())
    lines = [
        {
            "force": force_name(force),
            "n": totals[force],
            "bars": [
                {"stratum": name, "n": n, "share": 100 * n / largest}
                for name in gold.STRATA
                for n in [by_force[force].get(name, 0)]
            ],
        }
        for force in sorted(by_force, key=lambda force: (-totals[force], force))
    ]
    return markup.fill("parts", "counts", strata=[stratum(name) for name in gold.STRATA], lines=lines)


@charts.styled
def score_plot(rows: Sequence[Row]) -> markup.Html:
    """A picture of where the scores of the rows shown lie: one line per force, one tick per row, those
    without a tag above."""
    forces = sorted({row["force"] for row in rows})
    figure, axes = charts.axes(900, 40 + 26 * len(forces))
    for name in sorted({stratum_css(row["stratum"]) for row in rows}):
        aside = {"NO_TAG": -0.2, "OTHER_TAG": 0.2}.get(name, 0.0)
        drawn = [
            (min(1.0, max(0.0, float(row["score"]))), forces.index(row["force"]) + aside)
            for row in rows
            if row["score"] is not None and stratum_css(row["stratum"]) == name
        ]
        if drawn:
            colour = STRATUM_COLOURS.get(name, charts.INK)
            axes.plot(*zip(*drawn, strict=True), "|", color=colour, markersize=7, markeredgewidth=2.2, alpha=0.7)
    axes.set(xlim=(0, 1), ylim=(len(forces) - 0.4, -0.6), xticks=(0, 0.25, 0.5, 0.75, 1))
    axes.grid(visible=False, axis="y")
    axes.set_yticks(range(len(forces)), [charts.label(force_name(force)) for force in forces])
    return charts.svg(figure, "scores of the rows shown, by force")


def steps(lines: Iterable[str]) -> markup.Html:
    return markup.fill("parts", "steps", lines=lines)
