"""The page of queue health: certificates, agreement, exposure, what rows without a score found, and what forces tag.

Counts about the reviewing and no report: what is shown names forces and reviewers, never a report or what drew it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook
from jobs.runtime import watch
from jobs.sources import ledger
from schemas import forces, review

Row = Mapping[str, Any]

STATES = {"CERTIFIED": "certified", "BELOW_TARGET": "below the target", "CANNOT_CERTIFY": "cannot certify"}
FIGURE_LABELS = {
    "agreement": "same answer",
    "kappa": "Cohen's kappa",
    "ac1": "Gwet's AC1",
    "random_yield": "CSAE among rows drawn by chance",
    "blind_yield": "CSAE among top rows without score",
    "scored_yield": "CSAE among top rows with score",
    "blind_difference": "without score less with score",
}
RECORDING_STATES = {
    "UNDER_RECORDED": "left untagged more often than elsewhere",
    "NOT_SHOWN": "no difference shown",
    "TOO_FEW": "too few to say",
}
RECORDING_RESTS_ON = (
    "Tagged reports in scope are all known. Of the others only rows that were drawn by chance say how many are CSAE; "
    "those read for their score, with or without it shown, count as much as draws of all would have found of them.",
    "A report is of a family where it holds one of the family's phrases, and may be of several. What forces write "
    "differs: a family is a way to look, and a difference is a question to the force, not a finding.",
    "Forces and families are many. P-values are adjusted (Benjamini and Hochberg): where no force differs, a night "
    "says anything in one night of twenty at most.",
    "It changes nothing in any queue.",
)
ASSUMPTIONS = (
    "The population is fixed: the reports that were in scope and undecided on the night the frame was opened. Reports "
    "that come later are counted apart and enter the next frame.",
    "Rows are drawn by chance from all of the population that is undecided, whatever they score. Which rows were drawn "
    "is not shown to reviewers, so they are read like others.",
    "A reviewer's answer is taken as the truth. Where two readers disagree, the later decision counts; the agreement "
    "below says how often that is.",
    "What nobody has decided yet, what was referred elsewhere, and what has left the scope counts as missed.",
    "The bound holds for all nights of a frame together: looking every night costs nothing of its confidence.",
)


@dataclass
class Health:
    """The review figures of one night, as one person sees them."""

    night: date
    marking: str
    certificates: list[dict[str, Any]]
    history: list[dict[str, Any]]
    figures: list[dict[str, Any]]
    heartbeat: tuple[bool, str] = (True, "none yet")  # whether the last good night is recent, and which it was
    concerns: Sequence[str] = ()  # who did not send what was expected of that night
    recorded: Sequence[Row] = ()  # gold.tag_recording of the night

    def of(self, *names: str, force: str | None = None, reviewers: bool = False) -> list[dict[str, Any]]:
        """Figures of these names, of one force or all; those per reviewer if asked."""
        return [
            row
            for name in names
            for row in self.figures
            if row["figure"] == name and bool(row["reviewer"]) == reviewers and force in (None, row["force"])
        ]


def open_health(
    session: notebook.NotebookSession, *, night: str = "", reviewer: str = "", queue: str = "reclassify"
) -> Health:
    """The figures of a night, the newest by default.

    Raises:
        LookupError: no night has written any yet.
        ValueError: `night` is not a date.
    """
    who = session.user(reviewer)
    before_tomorrow = session.ctx.known()  # opens the lakehouse, which expressions over its columns need
    of_queue = F.col("queue") == queue
    newest = before_tomorrow.newest(review.RECALL_CERTIFICATES, of_queue)
    if not night and newest is None:
        raise LookupError("no recall certificate is written yet: run a night first")
    day = date.fromisoformat(night or str(newest))
    known = session.ctx.known(day)
    tonight = known.tonight(review.RECALL_CERTIFICATES).where(of_queue).orderBy("force")
    pooled = known.until(review.RECALL_CERTIFICATES).where(of_queue & (F.col("force") == review.POOLED))
    figures = known.tonight(review.REVIEW_FIGURES).where(of_queue)
    named = f"queue={queue} night={day.isoformat()}"
    history = session.read_logged(
        pooled.orderBy(F.col("night").desc()), f"{review.RECALL_CERTIFICATES.path} pooled", who
    )
    return Health(
        day,
        "OFFICIAL",
        session.read_logged(tonight, f"{review.RECALL_CERTIFICATES.path} {named}", who),
        history[::-1],
        session.read_logged(figures, f"{review.REVIEW_FIGURES.path} {named}", who, limit=10 * notebook.MAX_ROWS),
        watch.heartbeat(session.ctx.settings),
        [str(concern) for concern in ledger.concerns(session.ctx, day)],
        session.read_logged(
            known.tonight(review.TAG_RECORDING).where(of_queue).orderBy("force", "family"),
            f"{review.TAG_RECORDING.path} {named}",
            who,
            limit=10 * notebook.MAX_ROWS,
        ),
    )


def header(health: Health) -> markup.Html:
    """The last good night, who did not send what was expected, and the pooled certificate in figures."""
    is_recent, said = health.heartbeat
    beat = pages_html.notice(f"Last good night: {said}.", "good" if is_recent else "warn")
    sent = [pages_html.notice(f"Not as expected: {concern}.", "warn") for concern in health.concerns]
    pooled = next((row for row in health.certificates if row["force"] == review.POOLED), None)
    if pooled is None:
        nothing = "No report was in scope, so there is nothing to certify."
        return pages_html.block(beat, *sent, pages_html.notice(nothing, "warn"))
    return pages_html.block(
        beat,
        *sent,
        pages_html.cards(
            [
                (health.night.strftime("%a %d %b %Y"), "night"),
                (STATES[pooled["state"]], f"target {pooled['target']:.0%} at {pooled['confidence']:.0%} confidence"),
                (f"{pooled['recall_at_least']:.0%}", "of hidden CSAE reports found, at least"),
                (f"{pooled['n_found'] + pooled['n_found_before']:,}", "found"),
                (f"{pooled['n_missed_at_most']:,}", "missed, at most"),
                (_more(pooled), "further rows by chance to reach the target"),
            ]
        ),
        pages_html.notice(pooled["why"], "good" if pooled["state"] == "CERTIFIED" else "warn"),
    )


def certificates(health: Health) -> markup.Html:
    """Each force's certificate, with what it rests on."""
    heads = (
        "Force", "State", "Found, at least", "Found", "Missed, at most", "Population", "Decided", "Drawn",
        "of them decided", "of them CSAE", "Unknown", "Later reports", "Further draws",
    )  # fmt: skip
    rows = [
        (
            _force(row["force"]), STATES[row["state"]], f"{row['recall_at_least']:.0%}",
            row["n_found"] + row["n_found_before"], row["n_missed_at_most"], row["n_population"], row["n_decided"],
            row["n_drawn"], row["n_drawn_decided"], row["n_drawn_found"], row["n_unknown"], row["n_later"], _more(row),
        )
        for row in health.certificates
    ]  # fmt: skip
    return pages_html.block(
        pages_html.table(heads, rows), pages_html.heading("What it rests on"), pages_html.steps(ASSUMPTIONS)
    )


def history(health: Health) -> markup.Html:
    """The pooled bound, night by night. A new frame starts from nothing."""
    rows = [
        (row["night"], row["frame_on"], f"{row['recall_at_least']:.0%}", row["n_drawn_decided"], STATES[row["state"]])
        for row in health.history
    ]
    return pages_html.block(
        pages_html.table(("Night", "Frame of", "Found, at least", "Drawn and decided", "State"), rows)
    )


def agreement(health: Health) -> markup.Html:
    """Agreement of two readers of the same report."""
    rows = health.of("agreement", "kappa", "ac1")
    if not rows:
        return pages_html.block(pages_html.notice("No report was read by two people yet."))
    return pages_html.block(_figures(rows))


def unscored(health: Health) -> markup.Html:
    """Outcomes of rows drawn by chance and of rows without a score."""
    rows = health.of("scored_yield", "blind_yield", "random_yield", "blind_difference")
    if not rows:
        return pages_html.block(pages_html.notice("Nothing was decided yet."))
    return pages_html.block(_figures(rows))


def recording(health: Health, force: str = "") -> markup.Html:
    """What forces leave untagged, by family of reports; of one force if it is named, by code or name.

    Raises:
        schemas.errors.NotFoundError: no force is named so.
    """
    code = forces.code_of(force) if force else ""
    rows = [row for row in health.recorded if code in ("", row["force"])]
    if not rows:
        return pages_html.block(pages_html.notice("No report is tagged or in scope."))
    told = [row for row in rows if row["state"] == "UNDER_RECORDED"]
    notices = [
        pages_html.notice(
            f"{_force(row['force'])} leaves {_family(row['family'])} untagged more often than other forces: "
            f"{_share(row)} of its CSAE reports, {_times(row)} the odds elsewhere.",
            "warn",
        )
        for row in told
    ] or [pages_html.notice("No force is shown to leave a family of reports untagged more often than others.")]
    heads = (
        "Force", "Family", "Tagged", "Untagged", "Drawn and decided", "of them CSAE", "CSAE read for their score",
        "CSAE without tag (95 % interval)", "Odds against others (95 % interval)", "p, adjusted", "State",
    )  # fmt: skip
    shown = [
        (
            _force(row["force"]), _family(row["family"]), row["n_tagged"], row["n_untagged"], row["n_drawn"],
            row["n_drawn_csae"], row["n_other_csae"], _share(row), _times(row),
            "–" if row["p_adjusted"] is None else f"{row['p_adjusted']:.3f}", RECORDING_STATES[row["state"]],
        )
        for row in rows
    ]  # fmt: skip
    return pages_html.block(
        *notices,
        pages_html.table(heads, shown),
        pages_html.heading("What it rests on"),
        pages_html.steps(RECORDING_RESTS_ON),
    )


def _family(name: str) -> str:
    return "all reports" if name == review.WHOLE else name.replace("_", " ")


def _share(row: Row) -> str:
    if row["share"] is None:
        return "–"
    return f"{row['share']:.0%} ({row['share_low']:.0%} to {row['share_high']:.0%})"


def _times(row: Row) -> str:
    if row["p_value"] is None:
        return "–"
    value, high = (None if row[name] is None else f"{row[name]:.1f}" for name in ("times", "times_high"))
    return f"{value or 'over any number'} times ({row['times_low']:.1f} to {high or 'no end'})"


def exposure(health: Health) -> markup.Html:
    """Exposure: what reviewers opened for each CSAE report found, and who was over the cap."""
    by_whom: dict[tuple[str, str], dict[str, Any]] = {}
    for row in health.figures:
        if row["figure"] in ("decided", "found", "per_find", "median_seconds", "over_cap"):
            by_whom.setdefault((row["force"], row["reviewer"]), {})[row["figure"]] = row
    if not by_whom:
        return pages_html.block(pages_html.notice("Nothing was decided yet."))
    heads = (
        "Force",
        "Reviewer",
        "Opened and decided",
        "CSAE found",
        "Opened per find",
        "Median seconds",
        "Over the cap",
    )
    rows = [
        (
            _force(force), reviewer or "all", f"{by_figure['decided']['value']:.0f}",
            f"{by_figure['found']['value']:.0f}",
            _with_interval(by_figure["per_find"], "{:.1f}"), _seconds(by_figure["median_seconds"]["value"]),
            f"{by_figure['over_cap']['value']:.0f}",
        )
        for (force, reviewer), by_figure in sorted(by_whom.items())
    ]  # fmt: skip
    return pages_html.block(pages_html.table(heads, rows))


def _figures(rows: Sequence[Row]) -> markup.Html:
    shown = [
        (FIGURE_LABELS[row["figure"]], _force(row["force"]), _with_interval(row, "{:.2f}"), row["n"]) for row in rows
    ]
    return pages_html.table(("Figure", "Force", "Value (95 % interval)", "Reports"), shown)


def _seconds(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.0f}"


def _with_interval(row: Row, form: str) -> str:
    value = "not defined" if row["value"] is None else form.format(row["value"])
    low, high = (None if row[end] is None else form.format(row[end]) for end in ("low", "high"))
    if low is None and high is None:
        return value
    return f"{value} ({low if low is not None else 'none'} to {high if high is not None else 'no end'})"


def _force(force: str) -> str:
    return "all forces" if force == review.POOLED else pages_html.force_name(force)


def _more(row: Row) -> str:
    return "none would do" if row["n_more_draws"] is None else f"{row['n_more_draws']:,}"
