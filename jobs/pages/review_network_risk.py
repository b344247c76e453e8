"""What the network's review notebook asks for: a queue, one subject with paths and timeline, what would change it.

The queue, the clock and the decision are those of `review_reclassify`; here is what a subject of the network shows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from pyspark.sql import functions as F

from jobs.output import escaping
from jobs.pages import html as pages_html
from jobs.pages import network_svg, notebook, review_reclassify
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


def open_queue(
    session: notebook.NotebookSession,
    queue: str,
    *,
    night: str = "",
    force: str = "",
    reviewer: str = "",
    limit: int = 20,
) -> review_reclassify.Review:
    """The top of a queue of the network. Raises as `review.open_queue`."""
    return review_reclassify.open_queue(session, night=night, force=force, reviewer=reviewer, queue=queue, limit=limit)


def header(shown: review_reclassify.Review) -> str:
    n_new = sum(row["details"].get("score_before", "") == "" for row in shown.rows)
    return pages_html.block(
        pages_html.cards(
            [
                (shown.night.strftime("%a %d %b %Y"), "night of the queue"),
                (len(shown.rows), TITLES[shown.queue]),
                (sum(row["n"] for row in shown.counts), "published in all"),
                (len({row["force"] for row in shown.counts}), "forces"),
                (n_new, "not in the night before"),
                (len(shown.waiting), "decisions wait for the night"),
            ]
        )
    )


def queue_table(shown: review_reclassify.Review, opened: Row | None) -> str:
    """The queue, with the incumbent indicators beside the score and what changed."""
    if not shown.rows:
        return pages_html.block(pages_html.notice("Nothing is queued for this night and force."))
    heads = ("Rank", "Score", "Subject", "Police risk", "Episodes, 12 months", "Links", "Direct", "Why it is here")
    body = "".join(_line(row, shown, opened) for row in shown.rows)
    head = "".join(f"<th>{name}</th>" for name in heads)
    return pages_html.block(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def _line(row: Row, shown: review_reclassify.Review, opened: Row | None) -> str:
    about = row["details"]
    css = pages_html.state(row, opened["item_id"] if opened else None, shown.waiting)
    where = f"{pages_html.force_name(row['force'])} \N{MIDDLE DOT} {row['subject_id']}"
    stratum = '<span class="chip flag">safeguarding first</span>' if row["stratum"] == "SAFEGUARDING" else ""
    why = "".join(pages_html.reason_chip(reason) for reason in row["reasons"][: pages_html.N_CHIPS])
    return (
        f'<tr class="{css}"><td class="num">{row["rank"]}</td><td>{pages_html.score(row)}</td>'
        f'<td><div class="title">{escaping.html(about.get("title") or row["subject_id"])}</div>'
        f'<div class="sub">{escaping.html(where)} \N{MIDDLE DOT} <span class="nowrap">item '
        f'<span class="mono">{escaping.html(row["item_id"])}</span></span></div>'
        f"{stratum}{pages_html.flags(row, shown.waiting)}</td>"
        f"<td>{escaping.html(about.get('police_risk') or '–')}</td>"
        f'<td class="num">{escaping.html(about.get("n_episodes_12_months", ""))}</td>'
        f'<td class="num">{escaping.html(about.get("degree", ""))}</td>'
        f'<td class="num">{escaping.html(about.get("direct", ""))}</td><td>{why}</td></tr>'
    )


def open_subject(shown: review_reclassify.Review, item: Row | None) -> str:
    """The subject behind an item: its paths as a picture, where they come from, what changed. Starts the clock."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    found = _row(shown, item)
    if found is None:
        return pages_html.block(pages_html.notice(f"Subject {item['subject_id']} is no longer held.", "warn"))
    shown.opened_at = datetime.now(UTC)
    about = item["details"]
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
        for path in found["paths"]
        for r in path["seed_reports"]
    ]
    flags = [r["text"] for r in item["reasons"] if r["kind"] == "flag"]
    left = "<h3>Strongest paths</h3>" + network_svg.paths(found["paths"])
    right = (
        "<h3>Beside the score</h3>"
        + pages_html.facts(facts)
        + "".join(pages_html.notice(text, "warn") for text in flags)
    )
    table = pages_html.table(
        ("CSAE report", "Role of the seed", "Graded", "By", "Weight"), list(dict.fromkeys(reports))
    )
    return pages_html.block(
        left,
        f'<div class="two"><div>{_steps(found)}<h3>Reports at the far end</h3>{table}</div><div>{right}</div></div>',
    )


def _row(shown: review_reclassify.Review, item: Row) -> dict[str, Any] | None:
    risks = shown.session.table("gold.network_risk")
    mine = risks.where(
        (F.col("night") == F.lit(shown.night)) & (F.col("queue") == item["queue"])
        & (F.col("entity_id") == item["subject_id"])
    )  # fmt: skip
    rows = shown.session.read_logged(mine, f"gold.network_risk {item['queue']} {item['subject_id']}", shown.reviewer)
    return rows[0] if rows else None


def _steps(found: Row) -> str:
    """Each path step by step, with what stands behind each."""
    parts = []
    for n, path in enumerate(found["paths"], start=1):
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
        parts.append(
            f"<h3>{escaping.html(sum_up)}</h3>" + pages_html.table(("From", "Tie", "To", "Records", "Newest"), rows)
        )
    return "".join(parts)


def timeline(shown: review_reclassify.Review, item: Row | None) -> str:
    """When the links of the paths held."""
    found = _row(shown, item) if item else None
    if not found or not found["paths"]:
        return pages_html.block(pages_html.notice("No path, so no timeline."))
    return pages_html.block(network_svg.timeline(found["paths"], datetime.combine(shown.night, time.max)))


def what_if(shown: review_reclassify.Review, item: Row | None) -> str:
    """The score without each of the paths shown."""
    found = _row(shown, item) if item else None
    if item is None or not found or not found["paths"]:
        return pages_html.block(pages_html.notice("No path to take away."))
    if item["queue"] != "children":
        return pages_html.block(pages_html.notice(item["details"].get("would_change", "")))
    left_out = json.loads(item["details"]["score_without"])
    rows = [
        (" – ".join(path["labels"]), f"{path['weight']:.3f}", f"{left:.3f}")
        for path, left in zip(found["paths"], left_out, strict=True)
    ]
    return pages_html.block(pages_html.table(("If this path did not hold", "Its weight", "Score then"), rows))


def decide(
    shown: review_reclassify.Review, item: Row | None, outcome: str, *, free_text: str = "", second_reviewer: str = ""
) -> str:
    """Hand in the decision. A network row is about a person or place: no tag can be added to it."""
    if not outcome:
        table = pages_html.table(("Outcome", "Means"), list(OUTCOMES.items()))
        return pages_html.block(table, pages_html.notice("No outcome is chosen, so nothing was recorded."))
    if outcome not in OUTCOMES:
        return pages_html.block(
            pages_html.notice(f"{outcome} is for reports; choose one of {', '.join(OUTCOMES)}.", "warn")
        )
    return review_reclassify.decide(shown, item, outcome, free_text=free_text, second_reviewer=second_reviewer)


def next_steps(shown: review_reclassify.Review) -> str:
    final = ", ".join(name for name in OUTCOMES if name in codes.FINAL_OUTCOMES)
    lines = (
        "The next night takes your decisions in, each once. The score sets no risk level and no tag: you decide.",
        f"A subject with {final} is not asked again until the evidence on its paths changes; then the row says so.",
        "Decisions on reports (is it CSAE?) change the network of the next night, and its rows say by how much.",
        f"That {shown.reviewer} looked is in the log of processing.",
    )
    return pages_html.block(pages_html.steps(lines))


QUEUES = risk.QUEUES
