"""The queues of the network: their page, one subject with paths and timeline, what would change it.

The page of the queue is `queue_page`'s; here is its declaration, and what a subject of the network shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, network_svg, notebook, queue_columns, queue_page
from schemas import codes, risk

Row = Mapping[str, Any]

TITLES = {
    "children": "missing children",
    "people": "people on the paths of missing children",
    "locations": "places on the paths of missing children",
}
OUTCOMES = {
    "REFER": "acted on: passed to safeguarding, or to whoever you name in your reason",
    "NOT_CSAE": "looked at, and there is no concern; asked again only if the evidence changes",
    "ALREADY_TAGGED": "known already to those who work with the child or place",
    "NEED_INFO": "cannot be decided yet; it comes back",
    "DEFER": "not now; it comes back",
}


def _chips(line: queue_columns.Line) -> list[markup.Html]:
    said = {"SAFEGUARDING": "safeguarding first", "DIRECT": "linked to suspects"}.get(line.row["stratum"])
    first = [pages_html.chip(said, "flag")] if said else []
    return first + queue_columns.flags(line)


COLUMNS = (
    queue_columns.RANK,
    queue_columns.SCORE,
    queue_columns.subject(
        "Subject",
        lambda line: line.row["details"].get("title") or line.row["subject_id"],
        queue_columns.force_and_subject,
        _chips,
    ),
    queue_columns.words("Police risk", lambda row: row["details"].get("police_risk") or "–"),
    queue_columns.number("Episodes, 12 months", lambda row: row["details"].get("n_episodes_12_months", "")),
    queue_columns.number("Links", lambda row: row["details"].get("degree", "")),
    queue_columns.number("Direct", lambda row: row["details"].get("direct", "")),
    queue_columns.reasons(most=queue_columns.N_CHIPS),
)


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    n_new = sum(row["details"].get("score_before", "") == "" for row in review.rows)
    return [
        (len(review.rows), TITLES[review.queue]),
        (sum(row["n"] for row in review.counts), "published in all"),
        (len({row["force"] for row in review.counts}), "forces"),
        (n_new, "not in the night before"),
        queue_page.waiting(review),
    ]


PAGES = {
    queue: queue_page.QueuePage(
        queue=queue,
        columns=COLUMNS,
        figures=_figures,
        outcomes=OUTCOMES,
        next_steps=(
            "The next night takes your decisions in, each once. The score sets no risk level and no tag: you decide.",
            f"A subject with {', '.join(name for name in OUTCOMES if name in codes.FINAL_OUTCOMES)} is not asked again "
            "until the evidence on its paths changes; then the row says so.",
            "Decisions on reports (is it CSAE?) change the network of the next night, and its rows say by how much.",
        ),
    )
    for queue in risk.QUEUES
}


def open_queue(
    session: notebook.NotebookSession,
    queue: str,
    *,
    night: str = "",
    force: str = "",
    reviewer: str = "",
    limit: int = 20,
) -> queue_page.Review:
    """The top of a queue of the network. Raises as `queue_page.open_queue`."""
    return queue_page.open_queue(PAGES[queue], session, night=night, force=force, reviewer=reviewer, limit=limit)


def open_subject(review: queue_page.Review, item: Row | None) -> markup.Html:
    """The subject behind an item: its paths as a picture, where they come from, what changed. Starts the clock."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    network_risk = _row(review, item)
    if network_risk is None:
        return pages_html.block(pages_html.notice(f"Subject {item['subject_id']} is no longer held.", "warn"))
    review.opened_at = datetime.now(UTC)
    return subject(item, network_risk)


def subject(item: Row, network_risk: Row) -> markup.Html:
    """One subject: its paths as a picture and step by step, the reports at their ends, what stands with the score.

    Args:
        item: its row of `gold.queue_items`.
        network_risk: its row of `gold.network_risk`.
    """
    about, apart = item["details"], _direct(network_risk)
    facts = [
        (
            "indirect risk",
            f"{item['score']:.3f} (gradings at their ends: {item['score_low']:.3f} to {item['score_high']:.3f})",
        ),
        ("direct links, shown apart", about.get("direct")),
        ("police risk level", about.get("police_risk")),
        ("episodes in 12 months", about.get("n_episodes_12_months")),
        ("last reported missing", about.get("last_episode_at")),
        ("forces with records", about.get("forces")),
        ("change", about.get("change")),
        ("what would change it", about.get("would_change")),
    ]
    reports = [
        (
            r["report_id"],
            r["role"],
            f"{r['source'] or '–'}{r['intelligence'] or '–'}",
            r["basis"].lower(),
            f"{r['weight']:.2f}",
        )
        for path in (*network_risk["paths"], *apart)
        for r in path["seed_reports"]
    ]
    flags = [r["text"] for r in item["reasons"] if r["kind"] == "flag"]
    heads = ("CSAE report", "Role of the seed", "Graded", "By", "Weight")
    left = markup.join(
        _steps(network_risk),
        pages_html.heading("Reports at the far end"),
        pages_html.table(heads, list(dict.fromkeys(reports))),
    )
    right = markup.join(
        pages_html.heading("Alongside the score"),
        pages_html.facts(facts),
        *(pages_html.notice(text, "warn") for text in flags),
    )
    return pages_html.block(
        pages_html.heading("Strongest paths"),
        network_svg.paths(network_risk["paths"]),
        *([pages_html.heading("Direct links, not part of the score"), network_svg.paths(apart)] if apart else []),
        pages_html.columns(left, right),
    )


def _direct(network_risk: Row) -> list[Row]:
    """Paths of one step; a night of an earlier version has none."""
    return list(network_risk["direct_paths"] or ()) if "direct_paths" in network_risk else []


def _row(review: queue_page.Review, item: Row) -> dict[str, Any] | None:
    risks = review.session.ctx.known(review.night).tonight(risk.NETWORK_RISK)
    mine = risks.where((F.col("queue") == item["queue"]) & (F.col("entity_id") == item["subject_id"]))
    rows = review.session.read_logged(mine, f"gold.network_risk {item['queue']} {item['subject_id']}", review.reviewer)
    return rows[0] if rows else None


def _steps(network_risk: Row) -> markup.Html:
    """Each path step by step, with what stands behind each."""
    parts = []
    for n, path in enumerate(network_risk["paths"], start=1):
        strengths = " \N{MULTIPLICATION SIGN} ".join(f"{link['strength']:.2f}" for link in path["links"])
        sum_up = (
            f"path {n}: {path['weight']:.3f} = seed {path['seed_risk']:.2f} \N{MULTIPLICATION SIGN} {strengths} "
            f"\N{MULTIPLICATION SIGN} damping {path['damping']:.2f}"
        )
        names = dict(zip(path["entity_ids"], path["labels"], strict=True))
        rows = [
            (
                names[k["near_id"]],
                network_svg.words(k["kinds"]),
                names[k["far_id"]],
                k["n"],
                ", ".join(k["evidence_ids"]),
            )
            for k in path["links"]
        ]
        parts += [pages_html.heading(sum_up), pages_html.table(("From", "Tie", "To", "Records", "Newest"), rows)]
    return markup.join(*parts)


def timeline(review: queue_page.Review, item: Row | None) -> markup.Html:
    """Times at which the links of the paths held."""
    network_risk = _row(review, item) if item else None
    if not network_risk or not network_risk["paths"]:
        return pages_html.block(pages_html.notice("No path, so no timeline."))
    return pages_html.block(network_svg.timeline(network_risk["paths"], datetime.combine(review.night, time.max)))


def what_if(review: queue_page.Review, item: Row | None) -> markup.Html:
    """The score without each of the paths shown."""
    network_risk = _row(review, item) if item else None
    if item is None or not network_risk or not network_risk["paths"]:
        return pages_html.block(pages_html.notice("No path to take away."))
    if item["queue"] != "children":
        return pages_html.block(pages_html.notice(item["details"].get("would_change", "")))
    left_out = json.loads(item["details"]["score_without"])
    rows = [
        (" – ".join(path["labels"]), f"{path['weight']:.3f}", f"{left:.3f}")
        for path, left in zip(network_risk["paths"], left_out, strict=True)
    ]
    return pages_html.block(pages_html.table(("If this path did not hold", "Its weight", "Score then"), rows))
