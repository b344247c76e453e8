"""The page of the programme's figures: what is counted, what may be published, who was not recognised, what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook
from jobs.pages.programme import pictures
from jobs.research import programme as research
from models.evaluation import metrics
from schemas import codes
from schemas.programme import figures as contract

Row = Mapping[str, Any]

MARKING = "OFFICIAL-SENSITIVE"
WHY = {"SMALL": "withheld: under five", "GIVES_AWAY": "withheld: it would give another away"}
NEAREST = {
    "OTHER_NAME": "another name", "OTHER_BIRTH": "another date of birth", "LISTED_LATER": "listed after that day",
    "REMOVED_BEFORE": "removed by that day",
}  # fmt: skip
SHARES = {  # figure, of which it is a share
    "about_children": "investigations", "wider_footprint": "investigations", "csae": "investigations",
    "csae_group_based": "csae", "csae_on_master_list": "csae",
}  # fmt: skip


@dataclass
class Figures:
    """The figures as one person sees them."""

    made: Row
    published: Row
    unrecognised: Sequence[Row]
    queues: Sequence[Row]
    marking: str = MARKING

    def n(self, figure: str, part: str = "") -> int | None:
        found = (each["n"] for each in self.made["figures"] if (each["figure"], each["part"]) == (figure, part))
        return next(found, None)

    def parts(self, figure: str, by: str) -> dict[str, int]:
        """Counts by the values of a column."""
        of = {each["part"]: each["n"] for each in self.made["figures"] if each["figure"] == figure}
        return {part.partition("=")[2]: n for part, n in of.items() if part.startswith(f"{by}=")}


def open_figures(session: notebook.NotebookSession, *, night: str = "", reviewer: str = "") -> Figures:
    """The figures as of a night, the newest by default. Looks are logged before rows are shown.

    Raises:
        ValueError: `night` is not a date.
        NotFoundError: no night has run yet.
    """
    who, day = session.user(reviewer), date.fromisoformat(night) if night else None
    made = research.figures(session.ctx, day, who, is_published=False)
    published = research.figures(session.ctx, day, who, is_published=True)
    known = session.ctx.known(made["night"])
    new = known.tonight(contract.SUBJECT_RECOGNITION).where(~F.col("is_recognised")).where("kind <> 'REPORT'")
    queues = known.tonight(contract.QUEUE_OUTCOMES).where("n_outcomes > 0").orderBy("queue", "force", "kind")
    return Figures(
        made,
        published,
        session.read_logged(new.orderBy("kind", "subject_id"), contract.SUBJECT_RECOGNITION.path, who),
        session.read_logged(queues, contract.QUEUE_OUTCOMES.path, who),
    )


def header(page: Figures) -> markup.Html:
    """The night, which feeds never came, and the figures as cards."""
    absent = page.made["absent"]
    parts = [pages_html.cards([(page.made["night"].strftime("%a %d %b %Y"), "as of"), *_cards(page)])]
    if absent:
        said = f"Never came: {', '.join(absent)}. What needs them is not known, and is not shown."
        parts.append(pages_html.notice(said, "warn"))
    return pages_html.block(*parts)


def _cards(page: Figures) -> list[tuple[Any, str]]:
    wholes = [each for each in page.made["figures"] if not each["part"]]
    return [(f"{each['n']:,}", each["says"]) for each in wholes]


def table(page: Figures) -> markup.Html:
    """Every figure with its parts: as it is, as it may be published, and the command that opens it."""
    public = {(each["figure"], each["part"]): each for each in page.published["figures"]}
    rows = []
    for each in page.made["figures"]:
        shown = public.get((each["figure"], each["part"]), {"n": None, "why": "SMALL"})
        part = f" --part {each['part']}" if each["part"] else ""
        rows.append(
            (
                each["says"], each["part"] or "all", f"{each['n']:,}",
                WHY.get(shown["why"], "") if shown["n"] is None else f"{shown['n']:,}",
                f"nightjar programme open {each['figure']}{part}",
            )
        )  # fmt: skip
    if not rows:
        return pages_html.block(pages_html.notice("No figure is known: none of the programme's feeds came."))
    heads = ("Figure", "Part", "Rows", "For publication", "Opens by")
    return pages_html.block(pages_html.table(heads, rows), *(pictures.shown(chart) for chart in charts(page)))


def charts(page: Figures) -> list[pictures.Chart]:
    """The charts that there is anything for."""
    return [chart for chart in (_shares(page), _parts(page)) if chart.panels]


def export(page: Figures, folder: Path) -> list[Path]:
    """The charts as PNG, SVG and CSV. They hold counts that may not be published."""
    return pictures.write(charts(page), folder)


def _shares(page: Figures) -> pictures.Chart:
    rows: list[dict[str, Any]] = []
    for figure, of in SHARES.items():
        n, whole = page.n(figure), page.n(of)
        if n is not None and whole:
            low, high = (float(end) for end in metrics.wilson(np.array(n), np.array(whole)))
            says = contract.FIGURES[figure].says.removeprefix("of these ").removeprefix("investigations ")
            rows.append({"figure": figure, "of": of, "says": says, "share": n / whole, "low": low, "high": high})
    panels = []
    for of in dict.fromkeys(SHARES.values()):
        drawn = [(row["says"], row["share"], row["low"], row["high"]) for row in rows if row["of"] == of]
        if drawn:
            title = f"share of {contract.FIGURES[of].says}"
            panels.append(
                pictures.Panel(title, pictures.intervals(drawn, "share, 95 % interval"), 44 + 22 * len(drawn))
            )
    return pictures.Chart("programme_shares", "shares of investigations with 95 % intervals", panels, rows)


def _parts(page: Figures) -> pictures.Chart:
    panels, rows = [], []
    for figure, each in contract.FIGURES.items():
        for by in each.by:
            counts = page.parts(figure, by)
            if counts:
                drawn = [(name.replace("_", " ").lower(), 0.0, float(n), 0.0) for name, n in counts.items()]
                title = f"{each.says} by {by}"
                panels.append(pictures.Panel(title, pictures.bars(drawn, "rows"), 44 + 22 * len(drawn)))
                rows += [{"figure": figure, "by": by, "value": name, "n": n} for name, n in counts.items()]
    return pictures.Chart("programme_parts", "figures by their parts", panels, rows)


def recognition(page: Figures) -> markup.Html:
    """Who was not on the master list as it stood, with the entry that comes nearest; reports are counted above."""
    if not page.unrecognised:
        return pages_html.block(pages_html.notice("Nobody is known who was not recognised."))
    rows = [
        (row["subject_id"], row["kind"].replace("_", " ").lower(), row["case_id"], row["identified_on"],
         row["nearest_entry_id"] or "none is near", NEAREST.get(row["nearest_why"], ""),
         "" if row["nearest_likeness"] is None else f"{row['nearest_likeness']:.0%}")
        for row in page.unrecognised
    ]  # fmt: skip
    heads = ("Subject", "Kind", "Investigation", "Identified", "Nearest entry", "Why it is no match", "Letters alike")
    return pages_html.block(pages_html.table(heads, rows))


def outcomes(page: Figures) -> markup.Html:
    """What came of each queue's rows, through their decisions."""
    if not page.queues:
        nothing = "No outcome names a queue item yet: case_outcomes has no item_id that was decided."
        return pages_html.block(pages_html.notice(nothing))
    rows = [
        (row["queue"], codes.FORCES.get(row["force"], row["force"]), row["kind"].replace("_", " ").lower(),
         row["n_decided"], row["n_items"], row["n_outcomes"])
        for row in page.queues
    ]  # fmt: skip
    heads = ("Queue", "Force", "Outcome", "Rows decided", "with such an outcome", "Outcomes")
    return pages_html.block(pages_html.table(heads, rows))
