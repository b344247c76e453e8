"""What the notebook of leads shows: the queue `comms_leads`, one lead with its evidence, its events in time.

Rows come by `session.read_logged`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import functions as F

from jobs.output import escaping
from jobs.pages import comms_svg, notebook, report_html, review_reclassify
from jobs.pages import html as pages_html
from jobs.runtime import known
from pipelines.comms import sides
from pipelines.comms.leads import queue
from schemas import leads, silver

Row = Mapping[str, Any]
DETECTOR_WORDS = {
    "deal_line": "deal line",
    "successor": "successor of a dropped phone",
    "swap": "handset or SIM swap",
    "two_phones": "two phones of one person",
    "night_place": "second place at night",
    "common_contact": "contact that suspects share",
    "missing_overlap": "child missing when a line is in town",
}
WIDTH, TOP, HOUR = 900, 14, 9  # pixels of the picture, above it, and of an hour


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> review_reclassify.Review:
    """The queue `comms_leads` of a night, each force's rows in order of rank."""
    return review_reclassify.open_queue(session, night=night, force=force, reviewer=reviewer, queue=queue.QUEUE)


def header(opened: review_reclassify.Review) -> str:
    found = [row["details"]["detector"] for row in opened.rows]
    cards = [(opened.night.strftime("%a %d %b %Y"), "night of the queue"), (len(found), "rows on this page")]
    cards += [(found.count(name), words) for name, words in DETECTOR_WORDS.items() if name in found]
    cards += [(len(opened.waiting), "decisions wait for the night")]
    return pages_html.block(pages_html.cards(cards))


def queue_table(opened: review_reclassify.Review, item: Row | None) -> str:
    """The queue: score, what was seen, which pattern, and its evidence."""
    heads = ("Rank", "Score", "What was seen", "Pattern", "Why it is here")
    return pages_html.block(
        pages_html.by_force(heads, opened.rows, lambda row: _cells(row, opened.waiting), item, opened.waiting)
    )


def _cells(row: Row, waiting: Mapping[str, str]) -> str:
    shown = row["details"]
    why = "".join(pages_html.reason_chip(reason) for reason in row["reasons"] if reason["kind"] == "rule")
    when = (
        f"{escaping.html(shown['first_at'])} to {escaping.html(shown['last_at'])} UTC · {pages_html.item_number(row)}"
    )
    what = escaping.html(DETECTOR_WORDS.get(shown["detector"], shown["detector"]))
    return f"{pages_html.ranked(row, when)}<td>{what}{pages_html.decided(row, waiting)}</td><td>{why}</td>"


def open_lead(opened: review_reclassify.Review, item: Row | None) -> str:
    """One lead: what it says, the parts of its evidence in nats, and the events behind it by day and hour."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    shown = item["details"]
    events = _events(opened, item)
    opened.opened_at = datetime.now(UTC)
    people = ", ".join(item["person_ids"])
    facts = [
        ("Pattern", leads.DETECTORS.get(shown["detector"], shown["detector"])),
        ("Numbers", shown["numbers"]),
        ("Listed people", people),
        ("Place: latitude, longitude, within metres", shown["place"]),
        ("Seen", f"{shown['first_at']} to {shown['last_at']} UTC"),
        ("Evidence", f"{shown['evidence_nats']} nats against the reference population"),
    ]
    parts = [reason for reason in item["reasons"] if reason["kind"] == "rule"]
    said = (
        "<p class='small soft'>The weights are in nats: the natural logarithm of how much better the pattern explains "
        "the part than the reference population does. Their sum gives the score, by a curve fitted on worlds with a "
        "planted truth. A calculation, not a fact.</p>"
    )
    heads = ("UTC", "Type", "From", "To", "Seconds", "Cell", "Cell of", "Authorisation", "From the file")
    body = [
        (
            row["started_at"].strftime("%Y-%m-%d %H:%M:%S"), row["type"], row["a_number"] or "withheld",
            row["b_number"] or "", "" if row["duration_s"] is None else f"{row['duration_s']:.0f}",
            row["first_cell"] or "", (row["own_number"] or "withheld") if row["first_cell"] else "", row["auth_urn"],
            f"{row['_file']} row {row['_row_number']}",
        )
        for row in events
    ]  # fmt: skip
    zone = ZoneInfo(opened.session.ctx.settings.schedule.time_zone)
    return pages_html.block(
        f"<p><b>{escaping.html(shown['title'])}</b></p>{pages_html.facts(facts)}",
        report_html.reasons(parts) + said,
        f"<h3>Events behind it, by day and hour of the wall clock</h3>{events_picture(events, zone)}",
        pages_html.table(heads, body),
    )


def _events(opened: review_reclassify.Review, item: Row) -> list[dict[str, Any]]:
    """The events that the row names and that may be used as of its night, in time's order."""
    ids = [row["id"] for row in item["source_rows"] if row["table"] == silver.COMMS_EVENTS.path]
    session = opened.session
    usable = known.usable_events(session.ctx, opened.night, lambda events: events.where(F.col("event_id").isin(ids)))
    mine = usable.withColumn("own_number", sides.own_number()).orderBy("started_at", "event_id")
    return session.read_logged(mine, f"{silver.COMMS_EVENTS.path} of lead {item['item_id']}", opened.reviewer)


def events_picture(events: Sequence[Row], zone: ZoneInfo) -> str:
    """A dot an event: days from left to right, hours of the wall clock from top to bottom, nights shaded."""
    if not events:
        return '<p class="soft small">no event is held any longer</p>'
    local = [row["started_at"].replace(tzinfo=UTC).astimezone(zone) for row in events]
    first, last = min(local).date(), max(local).date()
    left, days = 44, (last - first).days + 1
    step, height = (WIDTH - left - 10) / days, 24 * HOUR
    parts = [
        f'<rect x="{left}" y="{TOP + a * HOUR}" width="{WIDTH - left - 10}" height="{(b - a) * HOUR}" fill="#eef1f4"/>'
        for a, b in ((0, 7), (22, 24))
    ]
    for hour in (0, 6, 12, 18, 24):
        y = TOP + hour * HOUR
        parts.append(f'<line x1="{left}" x2="{WIDTH - 10}" y1="{y}" y2="{y}" stroke="{comms_svg.LINE}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{hour:02d}:00</text>')
    for n in range(0, days, max(1, -(-days // 12))):
        day = (first + timedelta(days=n)).strftime("%d %b")
        parts.append(f'<text x="{left + n * step:.0f}" y="{TOP + height + 16}">{day}</text>')
    types = sorted({row["type"] for row in events})
    for row, at in zip(events, local, strict=True):
        x = left + step * ((at.date() - first).days + 0.5)
        y = TOP + HOUR * (at.hour + at.minute / 60)
        title = f"{at:%a %d %b %H:%M} {row['type']} {row['a_number'] or 'withheld'} to {row['b_number'] or 'nobody'}"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{comms_svg.colour(types.index(row["type"]))}" '
            f'fill-opacity="0.75"><title>{escaping.html(title)}</title></circle>'
        )
    for n, kind in enumerate(types):
        x = left + 110 * n
        parts.append(f'<circle cx="{x}" cy="{TOP + height + 34}" r="4.5" fill="{comms_svg.colour(n)}"/>')
        parts.append(f'<text x="{x + 9}" y="{TOP + height + 38}">{escaping.html(kind)}</text>')
    return comms_svg.svg(WIDTH, TOP + height + 46, "events of the lead by day and hour", parts)


def next_steps(opened: review_reclassify.Review) -> str:
    lines = (
        "A lead is a calculation and a reason to look. Nobody is accused by it, and nothing is done on it alone.",
        "A child in it is safeguarded first: refer before anything else.",
        "More data on a number needs its own authorisation; what one does not cover is not shown here.",
        "`nightjar comms research` puts the numbers beside all that is held of them; `nightjar profile` writes a "
        "profile of a subject.",
        "Decide in your name. A lead decided with a final outcome is not asked again; the others come back.",
        f"That {opened.reviewer} looked is in the log of processing.",
    )
    return pages_html.block(pages_html.steps(lines))
