"""HTML of the notebooks: plain functions from rows (as mappings) to safe fragments. No script, no link outward.

Every value passes `sinks.html` or `sinks.highlight`; what a function returns is safe and is only ever put into element
content. The style sheet is `pages.css` beside this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.output import escaping
from schemas import codes, gold

Row = Mapping[str, Any]

STRATUM_LABELS = {"NO_TAG": "no tag", "OTHER_TAG": "other tag, not CSAE"}
OUTCOME_HELP = {
    "TAG_ADDED": "it is CSAE: the force is asked to add the tag you name",
    "NOT_CSAE": "read, and it is not CSAE",
    "ALREADY_TAGGED": "the force's system has the tag already",
    "REFER": "for someone else to decide; say whom in your reason",
    "NEED_INFO": "cannot be decided yet; it comes back",
    "DEFER": "not now; it comes back",
}
N_CHIPS = 4  # reasons in a row of the queue; all of them are shown in the opened report


def style() -> str:
    """The style sheet, as an element."""
    return f"<style>{Path(__file__).with_suffix('.css').read_text(encoding='utf-8')}</style>"


def banner(marking: str) -> str:
    """The protective marking, as it stands at the top and bottom of every page."""
    return f'<div class="nj banner" role="note" aria-label="protective marking">{escaping.html(marking)}</div>'


def block(*parts: str) -> str:
    return f'<div class="nj">{"".join(parts)}</div>'


def notice(text: str, kind: str = "") -> str:
    """A line that asks for attention; `kind` is empty, `good` or `warn`."""
    return f'<div class="notice {kind}">{escaping.html(text)}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A plain table of values."""
    head = "".join(f"<th>{escaping.html(h)}</th>" for h in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escaping.html(v)}</td>' for v in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(pairs: Iterable[tuple[str, Any]]) -> str:
    """A list of names and values; an absent value is shown as a dash."""
    shown = "".join(
        f"<dt>{escaping.html(k)}</dt><dd>{escaping.html('–' if v in (None, '', []) else v)}</dd>" for k, v in pairs
    )
    return f"<dl>{shown}</dl>"


def cards(pairs: Iterable[tuple[Any, str]]) -> str:
    """Figures in a row, each with what it counts."""
    shown = "".join(
        f'<div class="card"><b>{escaping.html(v)}</b><span>{escaping.html(k)}</span></div>' for v, k in pairs
    )
    return f'<div class="cards">{shown}</div>'


def force_name(force: str) -> str:
    return codes.FORCES.get(force, force)


def score(row: Row) -> str:
    """The score as a number, and as a mark on a track from 0 to 1 with its interval; a dash where it is not shown."""
    if row["score"] is None:
        return '<div class="score"><b>–</b><span class="sub">not shown</span></div>'
    low, high, at = (min(1.0, max(0.0, float(row[n]))) * 100 for n in ("score_low", "score_high", "score"))
    return (
        f'<div class="score"><b>{_small(row["score"])}</b>'
        f'<div class="track"><i style="left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"></i>'
        f'<b style="left:{at:.1f}%"></b></div>'
        f'<span class="sub">{_small(row["score_low"])} to {_small(row["score_high"])}</span></div>'
    )


def _small(value: float) -> str:
    """Two digits, and a third below a tenth: risks over a network are small, and their order is by it."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def reason_chip(reason: Row) -> str:
    """One reason: its words, coloured and signed by the way it moved the score."""
    weight = reason["weight"]
    if not weight:  # a rule or a flag, which moves nothing
        css = "flag" if reason["kind"] == "flag" else "tag"
        return (
            f'<span class="chip {css}" title="{escaping.html(reason["text"])}">{escaping.html(reason["text"])}</span>'
        )
    kind, sign = ("up", "+") if weight >= 0 else ("down", "\N{MINUS SIGN}")
    title = escaping.html(f"{reason['text']} {weight:+.3f}")
    return f'<span class="chip {kind}" title="{title}">{sign} {escaping.html(reason["text"])}</span>'


def chips(values: Iterable[str], kind: str = "tag") -> str:
    return "".join(f'<span class="chip {kind}">{escaping.html(v)}</span>' for v in values)


def flags(row: Row, waiting: Mapping[str, str]) -> str:
    """What a reviewer must know before reading on."""
    found = []
    if row["is_text_changed"]:
        found.append('<span class="chip flag">decided before; the text has changed</span>')
    if row["is_suspected_false"]:
        found.append('<span class="chip flag">an item is graded E</span>')
    if row["item_id"] in waiting:
        found.append(f'<span class="chip mine">{escaping.html(waiting[row["item_id"]])}, taken in tonight</span>')
    return "".join(found)


def queue(
    rows: Sequence[Row], opened: str | None, waiting: Mapping[str, str], *, is_blind: bool, is_masked: bool = False
) -> str:
    """The queue as a table; `waiting` is item to outcome that waits. A blind queue has no score and no reasons.

    Where text is masked, titles and reasons are shown of the opened row and of decided ones only.
    """
    if not rows:
        return notice("Nothing is queued for this night and force.")
    heads = ["Report", "Stratum"] if is_blind else ["Rank", "Score", "Report", "Stratum", "Why it is here"]
    head = "".join(f"<th>{name}</th>" for name in heads)
    forces = {row["force"] for row in rows}
    body, force = [], None
    for row in rows:
        if row["force"] != force and len(forces) > 1 and not is_blind:
            force = row["force"]
            n = sum(r["force"] == force for r in rows)
            label = f"{force_name(force)} \N{MIDDLE DOT} {n} report{'s' if n != 1 else ''}"
            body.append(f'<tr class="group"><th colspan="{len(heads)}">{escaping.html(label)}</th></tr>')
        is_covered = is_masked and row["item_id"] != opened and row["item_id"] not in waiting
        body.append(_queue_row(row, opened, waiting, is_blind=is_blind, is_covered=is_covered))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def by_force(
    heads: Sequence[str], rows: Sequence[Row], cells: Callable[[Row], str], item: Row | None, waiting: Mapping[str, str]
) -> str:
    """A queue as a table under a line for each force; `cells` gives a row's safe `<td>`s."""
    if not rows:
        return notice("Nothing is queued for this night and force.")
    head = "".join(f"<th>{escaping.html(name)}</th>" for name in heads)
    body, force = [], None
    for row in rows:
        if row["force"] != force:
            force = row["force"]
            body.append(f'<tr class="group"><th colspan="{len(heads)}">{escaping.html(force_name(force))}</th></tr>')
        body.append(f'<tr class="{state(row, item["item_id"] if item else None, waiting)}">{cells(row)}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def state(row: Row, opened: str | None, waiting: Mapping[str, str]) -> str:
    """The class of a queue's row: `open`, `done` where a decision waits, or none."""
    return "open" if row["item_id"] == opened else "done" if row["item_id"] in waiting else ""


def ranked(row: Row, *below: str) -> str:
    """The first cells of a queue's row: rank, score, title and safe lines below it."""
    lines = "".join(f'<div class="sub">{line}</div>' for line in below)
    return (
        f'<td class="num">{row["rank"]}</td><td>{score(row)}</td>'
        f'<td><div class="title">{escaping.html(row["details"]["title"])}</div>{lines}</td>'
    )


def item_number(row: Row) -> str:
    return f'item <span class="mono">{escaping.html(row["item_id"])}</span>'


def decided(row: Row, waiting: Mapping[str, str]) -> str:
    """A chip with the outcome that waits for the night, if one does."""
    return chips([f"decided: {waiting[row['item_id']]}"], "mine") if row["item_id"] in waiting else ""


def _queue_row(row: Row, opened: str | None, waiting: Mapping[str, str], *, is_blind: bool, is_covered: bool) -> str:
    css = state(row, opened, waiting)
    reasons = [reason for reason in row["reasons"] if reason["kind"] != "flag"]  # flags stand beside the title
    strongest = "".join(reason_chip(reason) for reason in reasons[:N_CHIPS])
    more = len(reasons) - N_CHIPS
    title = "(shown when opened)" if is_covered else row.get("title") or "(no title)"
    if is_covered:
        strongest, more = f'<span class="sub">{len(reasons)} reasons, shown when opened</span>', 0
    if row["score"] is None:
        strongest, more = '<span class="sub">not shown for this row</span>', 0
    covers = row.get("n_members") or 0
    alike = (
        f'<span class="chip tag">stands for {covers} near-duplicate{"s" if covers > 1 else ""}</span>' if covers else ""
    )
    cells = [] if is_blind else [f'<td class="num">{row["rank"]}</td>', f"<td>{score(row)}</td>"]
    cells += [
        f'<td><div class="title">{escaping.html(title)}</div>'
        f'<div class="sub">{escaping.html(force_name(row["force"]))} \N{MIDDLE DOT} {escaping.html(row["subject_id"])} '
        f'\N{MIDDLE DOT} <span class="nowrap">item '
        f'<span class="mono">{escaping.html(row["item_id"])}</span></span></div>'
        f"{flags(row, waiting)}{alike}</td>",
        f'<td><div class="stratum">{_dot(row["stratum"])}</div>{chips(row.get("tags") or ())}</td>',
    ]
    if not is_blind:
        cells.append(f"<td>{strongest}{f'<span class=sub>and {more} more</span>' if more > 0 else ''}</td>")
    return f'<tr class="{css}">{"".join(cells)}</tr>'


def _dot(stratum: str) -> str:
    css = stratum if stratum in gold.STRATA else ""
    return f'<span class="dot {css}"></span>{escaping.html(STRATUM_LABELS.get(stratum, stratum))}'


def counts(rows: Sequence[Row]) -> str:
    """Published rows per force and stratum; `rows` have force, stratum and n."""
    if not rows:
        return ""
    by_force: dict[str, dict[str, int]] = {}
    for row in rows:
        by_force.setdefault(row["force"], {})[row["stratum"]] = int(row["n"])
    largest = max(sum(found.values()) for found in by_force.values())
    lines = []
    for force in sorted(by_force, key=lambda f: (-sum(by_force[f].values()), f)):
        found = by_force[force]
        bars = "".join(f'<i class="{s}" style="width:{100 * found.get(s, 0) / largest:.1f}%"></i>' for s in gold.STRATA)
        figures = "".join(f'<td class="num">{found.get(s, 0)}</td>' for s in gold.STRATA)
        lines.append(
            f'<tr><td class="nowrap">{escaping.html(force_name(force))}</td>{figures}'
            f'<td class="num">{sum(found.values())}</td><td style="width:45%"><div class="bar">{bars}</div></td></tr>'
        )
    strata = "".join(f'<th class="num nowrap">{_dot(s)}</th>' for s in gold.STRATA)
    head = f"<tr><th>Force</th>{strata}<th class='num'>All</th><th></th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"


def score_plot(rows: Sequence[Row]) -> str:
    """Where the scores of the rows shown lie: one line a force, one tick a row, coloured by stratum. An SVG picture."""
    forces = sorted({row["force"] for row in rows})
    left, right, line, top = 150, 24, 26, 8
    width, height = 900, top + line * len(forces) + 26
    span = width - left - right
    parts = []
    for at in (0, 0.25, 0.5, 0.75, 1):
        x = left + at * span
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{top}" y2="{height - 22}" stroke="#e6ebef"/>')
        parts.append(f'<text x="{x:.0f}" y="{height - 8}" text-anchor="middle">{at:g}</text>')
    for n, force in enumerate(forces):
        y = top + line * n + line / 2
        parts.append(
            f'<text x="{left - 12}" y="{y + 4:.0f}" text-anchor="end">{escaping.html(force_name(force))}</text>'
        )
        parts.append(f'<line x1="{left}" x2="{width - right}" y1="{y:.0f}" y2="{y:.0f}" stroke="#dde3e8"/>')
        for row in rows:
            if row["force"] == force and row["score"] is not None:
                x = left + min(1.0, max(0.0, float(row["score"]))) * span
                colour = "#0d5b6b" if row["stratum"] == "NO_TAG" else "#c77b1c"
                parts.append(
                    f'<rect x="{x - 1.5:.1f}" y="{y - 8:.1f}" width="3" height="16" fill="{colour}" opacity=".7"/>'
                )
    label = "scores of the rows shown, by force"
    return (
        f'<svg viewBox="0 0 {width} {height}" width="100%" style="max-width:{width}px" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg>"
    )


def outcomes() -> str:
    """The outcomes a reviewer can choose, and what each does."""
    return table(("Outcome", "Means"), [(code, OUTCOME_HELP[code]) for code in codes.OUTCOMES])


def steps(lines: Iterable[str]) -> str:
    return f"<ol>{''.join(f'<li>{escaping.html(line)}</li>' for line in lines)}</ol>"
