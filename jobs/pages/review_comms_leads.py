"""The page of the queue `comms_leads`: one lead with its evidence, its events in time.

Rows come by `session.read_logged`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import functions as F

from jobs.pages import charts, markup, notebook, queue_columns, queue_page, report_html
from jobs.pages import html as pages_html
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


def _seen(row: Row) -> str:
    return f"{row['details']['first_at']} to {row['details']['last_at']} UTC"


def _pattern(row: Row) -> str:
    detector = str(row["details"]["detector"])
    return DETECTOR_WORDS.get(detector, detector)


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    counts = Counter(row["details"]["detector"] for row in review.rows)
    detectors = [(counts[name], words) for name, words in DETECTOR_WORDS.items() if counts[name]]
    return [(len(review.rows), "rows on this page"), *detectors, queue_page.waiting(review)]


PAGE = queue_page.QueuePage(
    queue=queue.QUEUE,
    columns=(
        queue_columns.RANK,
        queue_columns.SCORE,
        queue_columns.subject("What was seen", lambda line: line.row["details"]["title"], _seen),
        queue_columns.words("Pattern", _pattern, queue_columns.decided),
        queue_columns.reasons(lambda reason: bool(reason["kind"] == "rule")),
    ),
    figures=_figures,
    group=lambda force, n: force,
    next_steps=(
        "A lead is a calculation and a reason to look. Nobody is accused by it, and nothing is done on it alone.",
        "A child in it is safeguarded first: refer before anything else.",
        "More data on a number needs its own authorisation; what one does not cover is not shown here.",
        "`nightjar comms research` puts the numbers alongside all that is held of them; `nightjar profile` writes a "
        "profile of a subject.",
        "Decide in your name. A lead decided with a final outcome is not asked again; the others come back.",
    ),
)


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> queue_page.Review:
    """The queue `comms_leads` of a night, each force's rows in order of rank."""
    return queue_page.open_queue(PAGE, session, night=night, force=force, reviewer=reviewer)


def open_lead(review: queue_page.Review, item: Row | None) -> markup.Html:
    """One lead: what it says, the parts of its evidence in nats, and the events behind it. Starts the clock."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    events = _events(review, item)
    review.opened_at = datetime.now(UTC)
    return lead(item, events, ZoneInfo(review.session.ctx.settings.schedule.time_zone))


def lead(item: Row, events: Sequence[Row], zone: ZoneInfo) -> markup.Html:
    """One lead as it is shown, with the events behind it by the wall clock of a zone."""
    details = item["details"]
    people = ", ".join(item["person_ids"])
    facts = [
        ("Pattern", leads.DETECTORS.get(details["detector"], details["detector"])),
        ("Numbers", details["numbers"]),
        ("Listed people", people),
        ("Place: latitude, longitude, within metres", details["place"]),
        ("Seen", f"{details['first_at']} to {details['last_at']} UTC"),
        ("Evidence", f"{details['evidence_nats']} nats against the reference population"),
    ]
    parts = [reason for reason in item["reasons"] if reason["kind"] == "rule"]
    said = (
        "The weights are in nats: the natural logarithm of how much better the pattern explains "
        "the part than the reference population does. Their sum gives the score, by a curve fitted on worlds with a "
        "planted truth. A calculation, not a fact."
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
    return pages_html.block(
        pages_html.lead(details["title"]),
        pages_html.facts(facts),
        report_html.reasons(parts),
        pages_html.remark(said),
        pages_html.heading("Events behind it, by day and hour of the wall clock"),
        events_picture(events, zone),
        pages_html.table(heads, body),
    )


def _events(review: queue_page.Review, item: Row) -> list[dict[str, Any]]:
    """The events that the row names and that may be used as of its night, in time's order."""
    ids = [row["id"] for row in item["source_rows"] if row["table"] == silver.COMMS_EVENTS.path]
    session = review.session
    usable = session.ctx.known(review.night).usable_events(lambda events: events.where(F.col("event_id").isin(ids)))
    mine = usable.withColumn("own_number", sides.own_number()).orderBy("started_at", "event_id")
    return session.read_logged(mine, f"{silver.COMMS_EVENTS.path} of lead {item['item_id']}", review.reviewer)


@charts.styled
def events_picture(events: Sequence[Row], zone: ZoneInfo) -> markup.Html:
    """One dot per event: days from left to right, hours of the wall clock from top to bottom, nights shaded."""
    if not events:
        return pages_html.remark("no event is held any longer")
    local = [row["started_at"].replace(tzinfo=UTC).astimezone(zone) for row in events]
    figure, axes = charts.axes(900, 290)
    for start, end in ((0, 7), (22, 24)):
        axes.axhspan(start, end, color=charts.WASH, linewidth=0)
    told = {}
    for n, kind in enumerate(sorted({row["type"] for row in events})):
        own = [(row, at) for row, at in zip(events, local, strict=True) if row["type"] == kind]
        days, hours = [at.date() for _, at in own], [at.hour + at.minute / 60 for _, at in own]
        axes.plot(days, hours, "o", color=charts.colour(n), alpha=0.75, markersize=5.5, markeredgewidth=0,
                  gid=f"type{n}", label=charts.label(kind))  # fmt: skip
        told[f"type{n}"] = [
            f"{at:%a %d %b %H:%M} {row['type']} {row['a_number'] or 'withheld'} to {row['b_number'] or 'nobody'}"
            for row, at in own
        ]
    axes.set_yticks((0, 6, 12, 18, 24), [f"{hour:02d}:00" for hour in (0, 6, 12, 18, 24)])
    axes.set(ylim=(24, 0))
    charts.days(axes, [at.date() for at in local])
    figure.legend(loc="outside lower left", ncols=8, frameon=False)
    return charts.svg(figure, "events of the lead by day and hour", told)
