"""The page of a comparison: one training's candidates side by side. Figures only: no report, no person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from jobs.pages import charts, markup, notebook
from jobs.pages import html as pages_html
from jobs.training import summary
from schemas import codes

Row = Mapping[str, Any]

FAMILY_COLOURS = {
    "bayes": "#8a5a00", "logistic": "#0d5b6b", "svc": "#2b6cb0", "tree": "#7a9a01", "forest": "#2e7d43",
    "xgboost": "#b3261e", "bert": "#7b3fa0", "rule": "#555f68", "random": "#a3adb5",
}  # fmt: skip
# Figure, heading, format; a heading says its unit.
FIGURES = (
    ("average_precision", "Average precision", "{:.3f}"),
    ("recall_no_tag", "Recall, no tag", "{:.2f}"),
    ("precision_no_tag", "Precision, no tag", "{:.2f}"),
    ("recall_other_tag", "Recall, other tag", "{:.2f}"),
    ("precision_other_tag", "Precision, other tag", "{:.2f}"),
    ("calibration_error", "Calibration error", "{:.4f}"),
    ("brier", "Brier", "{:.4f}"),
    ("deletion_fidelity", "Deletion fidelity", "{:.2f}"),
    ("explanation_stability", "Stability of reasons", "{:.2f}"),
    ("ms_per_report", "ms per report", "{:.3f}"),
    ("fit_s", "Fit, s", "{:.2f}"),
    ("search_s", "Search, s", "{:.1f}"),
    ("model_mib", "Model, MiB", "{:.1f}"),
    ("peak_mib", "Peak memory, MiB", "{:.0f}"),
)
SAME = 0.1  # share of the best value within which candidates count as not differing in a figure


@dataclass
class Compared:
    """One comparison, newest by default."""

    session: notebook.NotebookSession
    comparison: dict[str, Any]
    n_kept: int  # comparisons that are kept in all

    @property
    def marking(self) -> str:
        return str(self.comparison.get("marking", codes.MARKINGS[0]))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.comparison["candidates"])

    @property
    def real(self) -> list[dict[str, Any]]:
        """Without the baselines."""
        return [row for row in self.rows if row["name"] not in self.comparison["baselines"]]

    @property
    def looks(self) -> dict[str, charts.Look]:
        """Colour by family; dashes for counts, dots for baselines."""
        dashes = {row["name"]: "6 3" if row["name"].startswith("count_") else "" for row in self.rows}
        dashes |= dict.fromkeys(self.comparison["baselines"], "2 3")
        return {r["name"]: charts.Look(FAMILY_COLOURS.get(r["family"], "#333"), dashes[r["name"]]) for r in self.rows}


def open_comparison(session: notebook.NotebookSession, *, night: str = "") -> Compared:
    """The newest comparison, or the newest on what was known by a night. Where there is none, the page says so."""
    kept = session.ctx.registry.summaries()
    until_night = [comparison for comparison in kept if not night or comparison["night"] <= night]
    return Compared(session, until_night[0] if until_night else {}, len(kept))


def _where_there_is_one(part: Callable[..., markup.Html]) -> Callable[..., markup.Html]:
    """A part of the page, or nothing where nothing was compared."""

    @wraps(part)
    def shown(compared: Compared, **given: Any) -> markup.Html:
        return part(compared, **given) if compared.comparison else markup.join()

    return shown


def header(compared: Compared) -> markup.Html:
    comparison = compared.comparison
    if not comparison:
        return pages_html.block(
            pages_html.notice("Nothing was compared yet: run a night, or `nightjar train classifiers`.", "warn")
        )
    best, made = compared.real[0], comparison["registered"]
    ties = [row["name"] for row in compared.real[1:] if row.get("ap_is_tie")]
    became = "refused" if comparison["refusals"] else "champion"
    return pages_html.block(
        pages_html.cards(
            [
                (comparison["night"], "known in night"),
                (f"{comparison['n_reports']:,}", "reports compared on"),
                (f"{comparison['n_positives']:,}", "of them CSAE"),
                (len(compared.real), "candidates, and baselines"),
                (f"{best['average_precision']:.3f}", f"average precision of {best['name']}"),
                (len(ties), "not told apart from it"),
                (f"v{made['version']} {made['candidate']}", became),
            ]
        ),
        pages_html.notice(_said(compared)),
        *(pages_html.notice(kept) for kept in [comparison.get("kept")] if kept),
        *(
            pages_html.notice(f"Refused: {'; '.join(comparison['refusals'])}", "warn")
            for _ in comparison["refusals"][:1]
        ),
        *(
            pages_html.notice(f"{name} is not installed ({needs}; make setup-bert), so it is not in the comparison.")
            for name, needs in comparison["not_installed"].items()
        ),
    )


def _said(compared: Compared) -> str:
    """What was compared, by name, and what the first figure lies between."""
    names = ", ".join(row["name"] for row in compared.real)
    baselines = " and ".join(name.replace("_", " ") for name in compared.comparison["baselines"])
    bounds = summary.bounds(compared.comparison)
    return f"Compared: {names}; with the baselines {baselines or 'none'}. {bounds[0].upper()}{bounds[1:]}."


@_where_there_is_one
def table(compared: Compared, *, only_what_differs: bool = False) -> markup.Html:
    """Figures side by side, best values marked. `only_what_differs` leaves out columns in which candidates agree."""
    figures = [f for f in FIGURES if any(row.get(f[0]) is not None for row in compared.rows)]
    if only_what_differs:
        figures = [f for f in figures if _differs(compared, f[0])]
    best = {
        figure: summary.best_of(compared.real, figure, compared.comparison["lower_is_better"])
        for figure, _, _ in figures
    }
    lines = [
        {"candidate": _candidate(compared, row), "cells": [_cell(compared, row, best, figure) for figure in figures]}
        for row in compared.rows
    ]
    key = (
        "★ best of the column · = not told apart from the best (95 % paired bootstrap over groups and partitions) · "
        "baselines in grey"
    )
    headings = [title for _, title, _ in figures]
    return pages_html.block(markup.fill("comparison", "table", headings=headings, lines=lines), pages_html.remark(key))


def _cell(compared: Compared, row: Row, best: Row, figure: tuple[str, str, str]) -> dict[str, str]:
    """A figure of a candidate as it is shown, with `best` where it is that of its column and `tie` where it may be."""
    name, _, pattern = figure
    value = row.get(name)
    if value is None:
        return {"text": "–", "kind": ""}
    if value == best[name] and row in compared.real:
        return {"text": f"{pattern.format(value)} ★", "kind": "best"}
    is_tie = name == "average_precision" and row.get("ap_is_tie")
    return {"text": pattern.format(value) + (" =" if is_tie else ""), "kind": "tie" if is_tie else ""}


def _differs(compared: Compared, figure: str) -> bool:
    values = [row[figure] for row in compared.real if row.get(figure) is not None]
    return bool(values) and max(values) - min(values) > SAME * max(abs(v) for v in values)


def _candidate(compared: Compared, row: Row) -> dict[str, str]:
    name = row["name"]
    became = "refused" if compared.comparison["refusals"] else "champion"
    return {
        "name": name,
        "colour": compared.looks[name].colour,
        "kind": "soft" if name in compared.comparison["baselines"] else "title",
        "became": became if name == compared.comparison["registered"]["candidate"] else "",
        "settings": ", ".join(f"{k} {v}" for k, v in compared.comparison["parameters"].get(name, {}).items()),
    }


@_where_there_is_one
def differences(compared: Compared) -> markup.Html:
    """Distance of each candidate from the best, with its interval; pale where the interval holds zero."""
    rows = compared.comparison["differences"].get("corrected", [])
    drawn = [(r["name"], r["behind"], r["behind_low"], r["behind_high"], r["is_tie"]) for r in rows[1:]]
    return (
        pages_html.block(charts.intervals(drawn, f"average precision behind {rows[0]['name']}"))
        if drawn
        else markup.join()
    )


@_where_there_is_one
def curves(compared: Compared) -> markup.Html:
    looks = compared.looks
    said = {row["name"]: f"{row['average_precision']:.3f}" for row in compared.rows}
    chart = charts.lines(compared.comparison["curves"], looks, "recall", "precision")
    return pages_html.block(pages_html.columns(chart, charts.legend(looks, said)))


@_where_there_is_one
def transparency(compared: Compared) -> markup.Html:
    """Deletion fidelity against average precision: up and to the right is better in both."""
    return pages_html.block(
        _against(compared, "deletion_fidelity", "deletion fidelity (0: no better than random words)")
    )


@_where_there_is_one
def cost(compared: Compared) -> markup.Html:
    """Average precision against time to score and to fit: up and to the left is better in both."""
    score = _against(compared, "ms_per_report", "milliseconds per report")
    fit = _against(compared, "fit_s", "CPU seconds of one fit")
    return pages_html.block(pages_html.even(score, fit))


def _against(compared: Compared, figure: str, name: str) -> markup.Html:
    points = {r["name"]: (r[figure], r["average_precision"]) for r in compared.rows if r.get(figure) is not None}
    if not points:
        return pages_html.notice(f"{name}: not measured")
    return charts.scatter(points, compared.looks, name, "average precision")


@_where_there_is_one
def flips(compared: Compared) -> markup.Html:
    """Places by recorded tags and by decisions, and which candidates change places."""
    rows = [r for r in compared.real if r.get("adjudicated_average_precision") is not None]
    n = compared.comparison["n_adjudicated"]
    if not rows:
        said = f"{n} reports are decided" if n else "No analyst has decided yet"
        return pages_html.block(
            pages_html.notice(
                f"{said}: there is no second ranking to hold the first against. Both kinds of decision are needed."
            )
        )
    orders = {
        reading: {
            r["name"]: place
            for place, r in enumerate(sorted(rows, key=lambda r: -r[f"{reading}_average_precision"]), start=1)
        }
        for reading in ("recorded", "adjudicated")
    }
    body = []
    for row in sorted(rows, key=lambda r: orders["recorded"][r["name"]]):
        before, after = (orders[reading][row["name"]] for reading in ("recorded", "adjudicated"))
        moved = "same place" if before == after else f"{'up' if after < before else 'down'} {abs(after - before)}"
        figures = [f"{row[f'{reading}_average_precision']:.3f}" for reading in ("recorded", "adjudicated")]
        body.append((row["name"], before, figures[0], after, figures[1], moved))
    heads = ("Candidate", "Place, recorded", "Average precision", "Place, decided", "Average precision", "Moves")
    pairs = _flipped(orders)
    said = f"{len(pairs)} pairs of candidates change places. " if pairs else "No pair of candidates changes places. "
    about = (
        f"Decided: {n} reports, chosen by an earlier model, so this compares candidates and says nothing of the rest."
    )
    return pages_html.block(pages_html.table(heads, body), pages_html.notice(said + about))


def _flipped(orders: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    names = sorted(orders["recorded"])
    return [
        (a, b)
        for k, a in enumerate(names)
        for b in names[k + 1 :]
        if (orders["recorded"][a] < orders["recorded"][b]) != (orders["adjudicated"][a] < orders["adjudicated"][b])
    ]


@_where_there_is_one
def hidden(compared: Compared) -> markup.Html:
    """Recall of the synthetic world's hidden reports, by the way they were hidden; nothing elsewhere."""
    comparison = compared.comparison
    if not comparison["truth"]:
        return pages_html.block(
            pages_html.notice("These reports are not of a synthetic world: nobody knows which are hidden.")
        )
    ways = sorted(comparison["hidden"])
    heads = ("Candidate", "All", *(f"{way} ({comparison['hidden'][way]})" for way in ways))
    body = [
        (row["name"], *(_percent(comparison["truth"][row["name"]].get(key)) for key in _keys(ways)))
        for row in compared.rows
    ]
    return pages_html.block(
        pages_html.table(heads, body),
        pages_html.notice(
            "Share found where each force reads its capacity of untagged reports. A synthetic world: no field figure."
        ),
    )


def _keys(ways: Sequence[str]) -> list[str]:
    return ["truth_recall", *(f"truth_recall_{way}" for way in ways)]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


@_where_there_is_one
def forces(compared: Compared) -> markup.Html:
    """Recall at capacity per force of every candidate."""
    by_force = compared.comparison["by_force"]
    names = sorted({row["force"] for rows in by_force.values() for row in rows})
    counts = {row["force"]: row["positives"] for rows in by_force.values() for row in rows}
    heads = ("Candidate", *(f"{pages_html.force_name(force)} ({counts[force]})" for force in names))
    body = []
    for row in compared.rows:
        own = {r["force"]: r["recall"] for r in by_force[row["name"]]}
        body.append((row["name"], *(_percent(own.get(force)) for force in names)))
    return pages_html.block(pages_html.table(heads, body))


@_where_there_is_one
def spent(compared: Compared) -> markup.Html:
    """CPU time by candidate and stage."""
    by_name: dict[str, dict[str, float]] = {}
    for row in compared.comparison["spent"]:
        by_name.setdefault(row["candidate"], {})[row["stage"]] = row["seconds"]
    body = [
        (name, f"{sum(stages.values()):.1f}", ", ".join(f"{k} {v:.1f}" for k, v in sorted(stages.items())))
        for name, stages in sorted(by_name.items(), key=lambda item: -sum(item[1].values()))
    ]
    return pages_html.block(pages_html.table(("Candidate", "CPU seconds", "Of them"), body))


@_where_there_is_one
def verdict(compared: Compared) -> markup.Html:
    """Each criterion of promotion with the number that met or missed it, and what is refused for which."""
    measured = compared.comparison.get("criteria", {})
    if measured:
        rows = [
            (name, each["criterion"], _number(each["number"]), each["limit"], "met" if each["is_met"] else "missed")
            for name, own in measured.items()
            for each in own
        ]
        return pages_html.block(pages_html.table(("Candidate", "Criterion", "Number", "Limit", ""), rows))
    said = [(name, "meets them" if not why else "; ".join(why)) for name, why in compared.comparison["refused"].items()]
    return pages_html.block(pages_html.table(("Candidate", "Criteria of promotion"), said))


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


@_where_there_is_one
def provenance(compared: Compared) -> markup.Html:
    comparison = compared.comparison
    shown = ("night", "data_version", "fold_hash", "code_commit", "config_hash", "seed", "run")
    left_out = ", ".join(f"{n} {why.replace('_', ' ')}" for why, n in comparison["n_excluded"].items())
    facts = [(name.replace("_", " "), comparison[name]) for name in shown]
    return pages_html.block(pages_html.facts([*facts, ("left out", left_out), ("comparisons kept", compared.n_kept)]))
