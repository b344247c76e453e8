"""The travel notebook: arrivals of the next day, the queue, one match. Rows come by `session.read_logged`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import functions as F

from jobs.pages import charts, markup, notebook, queue_columns, queue_page, report_html
from jobs.pages import html as pages_html
from pipelines.travel import queue as travel_queue
from schemas import silver, travel
from schemas.contract import Table

Row = Mapping[str, Any]
LONDON = ZoneInfo("Europe/London")
KIND_WORDS = {
    "NEXT_ARRIVAL": "lands within the day",
    "SUBJECT_ON_FLIGHT": "subject on a flight",
    "CO_TRAVELLER": "in one booking with a subject",
    "PAIR_BEYOND_CHANCE": "travels with a subject beyond chance",
    "PHONE_GAP": "phone silent for the journey",
}


def _names(row: Row) -> str:
    details = row["details"]
    other = f" with {details['other_name']}" if details.get("other_name") else ""
    return f"{details['listed_name']}{other} · recorded as {details['recorded_name']} ({details['person_id']})"


def _chips(line: queue_columns.Line) -> list[markup.Html]:
    return [pages_html.chip(line.row["details"]["role"].lower()), *queue_columns.warnings(line)]


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    counts = Counter(row["stratum"] for row in review.rows)
    kinds = [(counts[kind], words) for kind, words in KIND_WORDS.items()]
    return [(len(review.rows), "rows on this page"), *kinds, queue_page.waiting(review)]


PAGE = queue_page.QueuePage(
    queue=travel_queue.QUEUE,
    columns=(
        queue_columns.RANK,
        queue_columns.SCORE,
        queue_columns.subject(
            "Flight and people", lambda line: line.row["details"]["title"], _names, is_item_apart=True
        ),
        queue_columns.words("What", lambda row: str(KIND_WORDS.get(row["stratum"], row["stratum"])), _chips),
        queue_columns.reasons(lambda reason: not queue_columns.is_flag(reason)),
    ),
    figures=_figures,
    group=lambda force, n: force,
    next_steps=(
        "A row is a reason to look. Check the list and the record before anybody is told, and never stop a person on "
        "a score alone.",
        "Where the subject is a child or missing, safeguarding comes first: refer before anything else.",
        "Decide in your name. A row decided with a final outcome is not asked again; the others come back.",
    ),
)


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> queue_page.Review:
    """The queue `travel` of a night, each force's rows in order of rank."""
    return queue_page.open_queue(PAGE, session, night=night, force=force, reviewer=reviewer)


def arrivals(review: queue_page.Review) -> markup.Html:
    """Passengers who may land in the United Kingdom within the next day, in order of landing."""
    rows = [row for row in review.rows if row["stratum"] == "NEXT_ARRIVAL"]
    if not rows:
        return pages_html.block(
            pages_html.notice("No published subject is on a list of a flight that lands within the day.")
        )
    rows.sort(key=lambda row: (_landing(row), row["item_id"]))
    heads = ("Lands (UK time)", "Flight", "Name on the list", "Recorded as", "Why looked for", "Force", "Score")
    body = [
        (
            row["details"]["lands"],
            row["details"]["title"],
            row["details"]["listed_name"],
            row["details"]["recorded_name"],
            row["details"]["role"].lower(),
            pages_html.force_name(row["force"]),
            f"{row['score']:.2f}",
        )
        for row in rows
    ]
    return pages_html.block(pages_html.table(heads, body))


def _landing(row: Row) -> str:
    try:
        return datetime.strptime(row["details"]["lands"], "%a %d %b %Y %H:%M").isoformat()
    except ValueError:
        return "9999"  # not known when it lands: last


def open_match(review: queue_page.Review, item: Row | None) -> markup.Html:
    """One match: the list and the record, the evidence in bits, and the subject's other journeys. Starts the clock."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    details = item["details"]
    passengers = _rows(review, travel.PASSENGERS, "passenger_id", [details["passenger_id"], details["other_id"]])
    people = _rows(review, silver.PEOPLE, "person_id", item["person_ids"])
    journeys = _journeys(review, item)
    review.opened_at = datetime.now(UTC)
    return match(item, passengers, people, journeys)


def match(item: Row, passengers: Sequence[Row], people: Sequence[Row], journeys: Sequence[Row]) -> markup.Html:
    """One match as it is shown, from its passengers on the list, its people on record and the subject's journeys."""
    details = item["details"]
    listed = {row["passenger_id"]: row for row in passengers}
    left = [pages_html.heading("On the list"), _listed(listed.get(details["passenger_id"]), details)]
    if details["other_id"] in listed:
        left += [pages_html.heading("The other traveller"), _listed(listed[details["other_id"]], details)]
    right = [pages_html.heading("As recorded"), *(_recorded(row) for row in people)]
    is_weighed = item["stratum"] in ("SUBJECT_ON_FLIGHT", "NEXT_ARRIVAL")
    total = "The weights are in bits; their sum gives the odds behind the score."
    return pages_html.block(
        pages_html.columns(markup.join(*left), markup.join(*right)),
        report_html.reasons(item["reasons"]),
        pages_html.remark(total) if is_weighed else "",
        pages_html.heading("Journeys of the subject on the lists"),
        timeline(journeys),
    )


def _rows(review: queue_page.Review, table: Table, by: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    wanted = sorted(filter(None, ids))
    if not wanted:
        return []
    known = review.session.ctx.known(review.night).table(table).where(F.col(by).isin(wanted))
    return review.session.read_logged(
        known.orderBy(by), f"{table.path} {len(wanted)} by {by}", review.reviewer, asked=wanted
    )


def _journeys(review: queue_page.Review, item: Row) -> list[dict[str, Any]]:
    matches = review.session.ctx.known(review.night).tonight(travel.MATCHES)
    mine = matches.where(F.col("subject_id") == F.lit(item["subject_id"]))
    mine = mine.where(F.col("kind").isin("SUBJECT_ON_FLIGHT", "NEXT_ARRIVAL")).orderBy("flight_on", "match_id")
    return review.session.read_logged(mine, f"{travel.MATCHES.path} {item['subject_id']}", review.reviewer, limit=60)


def _listed(row: Row | None, details: Row) -> markup.Html:
    if row is None:
        return pages_html.notice("The passenger row is no longer held.", "warn")
    return pages_html.facts(
        [
            ("Name as given", row["name"]),
            ("Date of birth", row["born_on"]),
            ("Document", row["document_no"]),
            ("Flight", f"{row['flight_no']} {row['from_airport']} to {row['to_airport']}, {row['flight_on']}"),
            ("Leaves, UK time", details["leaves"]),
            ("Lands, UK time", details["lands"]),
            ("Booking and seat", " · ".join(filter(None, (row["booking_ref"], row["seat"])))),
            ("Held under", f"{row['basis']}, {row['authority_ref']}"),
            ("From", f"{row['_file']} row {row['_row_number']}"),
        ]
    )


def _recorded(row: Row) -> markup.Html:
    name = " ".join(part for part in (row["forename"], row["surname"]) if part)
    pairs = [("Name", name), ("Date of birth", row["born_on"]), ("Record", row["person_id"])]
    return pages_html.facts([*pairs, ("Telephone", row["phone"]), ("From", f"{row['_file']} row {row['_row_number']}")])


@charts.styled
def timeline(rows: Sequence[Row]) -> markup.Html:
    """Journeys on a line of days: out of the UK above it, into the UK below, paler the lower the score."""
    if not rows:
        return pages_html.remark("no other journey is matched")
    figure, axes = charts.axes(900, 170)
    told = []
    for n, row in enumerate(rows):
        outward = row["details"].get("direction") != "INBOUND"
        height = (1 + 0.8 * (n % 3)) * (1 if outward else -1)
        name = f"{row['from_airport']}–{row['to_airport']} {row['flight_on'].strftime('%d %b')}"
        fade = 0.25 + 0.75 * float(row["score"])
        axes.plot((row["flight_on"],) * 2, (0, height), color=charts.ACCENT, alpha=fade, linewidth=0.8)
        axes.plot(row["flight_on"], height, "o", color=charts.ACCENT, alpha=fade, markersize=5, gid=f"journey{n}")
        axes.annotate(charts.label(name), (row["flight_on"], height), (5, 0), textcoords="offset points", va="center")
        told.append((f"journey{n}", [f"{row['flight_no']} {name}, score {row['score']:.2f}"]))
    axes.axhline(0, color=charts.LINE, linewidth=0.8)
    axes.set_yticks((1.8, -1.8), ("out", "in"))
    axes.set(ylim=(-3.2, 3.2))
    axes.margins(x=0.1)
    charts.days(axes)
    return charts.svg(figure, "journeys in time", dict(told))
