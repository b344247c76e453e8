"""The travel notebook: arrivals of the next day, the queue, one match. Rows come by `session.read_logged`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import functions as F

from jobs.output import escaping
from jobs.pages import html as pages_html
from jobs.pages import notebook, report_html, review_reclassify
from pipelines.travel import queue as travel_queue
from schemas import travel

Row = Mapping[str, Any]
LONDON = ZoneInfo("Europe/London")
KIND_WORDS = {
    "NEXT_ARRIVAL": "lands within the day",
    "SUBJECT_ON_FLIGHT": "subject on a flight",
    "CO_TRAVELLER": "in one booking with a subject",
    "PAIR_BEYOND_CHANCE": "travels with a subject beyond chance",
    "PHONE_GAP": "phone silent for the journey",
}


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> review_reclassify.Review:
    """The queue `travel` of a night, each force's rows in order of rank."""
    return review_reclassify.open_queue(session, night=night, force=force, reviewer=reviewer, queue=travel_queue.QUEUE)


def header(opened: review_reclassify.Review) -> str:
    rows = opened.rows
    counts = {kind: sum(row["stratum"] == kind for row in rows) for kind in travel.KINDS}
    cards = [(opened.night.strftime("%a %d %b %Y"), "night of the queue"), (len(rows), "rows on this page")]
    cards += [(counts[kind], KIND_WORDS[kind]) for kind in KIND_WORDS]
    cards += [(len(opened.waiting), "decisions wait for the night")]
    return pages_html.block(pages_html.cards(cards))


def arrivals(opened: review_reclassify.Review) -> str:
    """Who may land in the United Kingdom within the next day, in order of landing."""
    rows = [row for row in opened.rows if row["stratum"] == "NEXT_ARRIVAL"]
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


def queue_table(opened: review_reclassify.Review, item: Row | None) -> str:
    """The queue: score, who on which flight, why."""
    heads = ("Rank", "Score", "Flight and people", "What", "Why it is here")
    return pages_html.block(
        pages_html.by_force(heads, opened.rows, lambda row: _cells(row, opened.waiting), item, opened.waiting)
    )


def _cells(row: Row, waiting: Mapping[str, str]) -> str:
    shown = row["details"]
    other = f" with {shown['other_name']}" if shown.get("other_name") else ""
    flags = [reason for reason in row["reasons"] if reason["kind"] == "flag"]
    reasons = "".join(pages_html.reason_chip(reason) for reason in row["reasons"] if reason["kind"] != "flag")
    recorded = f"{shown['recorded_name']} ({shown['person_id']})"
    names = f"{escaping.html(shown['listed_name'] + other)} · recorded as {escaping.html(recorded)}"
    return (
        f"{pages_html.ranked(row, names, pages_html.item_number(row))}"
        f"<td>{escaping.html(KIND_WORDS.get(row['stratum'], row['stratum']))}"
        f"{pages_html.chips([shown['role'].lower()])}{''.join(pages_html.reason_chip(flag) for flag in flags)}"
        f"{pages_html.decided(row, waiting)}</td><td>{reasons}</td>"
    )


def open_match(opened: review_reclassify.Review, item: Row | None) -> str:
    """One match: the list beside the record, the evidence in bits, and the subject's other journeys."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    shown = item["details"]
    passengers = _rows(opened, travel.PASSENGERS.path, "passenger_id", [shown["passenger_id"], shown["other_id"]])
    people = _rows(opened, "silver.people", "person_id", item["person_ids"])
    journeys = _journeys(opened, item)
    opened.opened_at = datetime.now(UTC)
    listed = {row["passenger_id"]: row for row in passengers}
    parts = ["<h3>On the list</h3>", _listed(listed.get(shown["passenger_id"]), shown)]
    if shown["other_id"] in listed:
        parts += ["<h3>The other traveller</h3>", _listed(listed[shown["other_id"]], shown)]
    left = "".join(parts)
    records = "".join(["<h3>As recorded</h3>", *[_recorded(row) for row in people]])
    total = "<p class='small soft'>The weights are in bits; their sum gives the odds behind the score.</p>"
    evidence = report_html.reasons(item["reasons"]) + (
        total if item["stratum"] in ("SUBJECT_ON_FLIGHT", "NEXT_ARRIVAL") else ""
    )
    map_of = "<h3>Journeys of the subject on the lists</h3>" + timeline(journeys)
    return pages_html.block(f'<div class="two"><div>{left}</div><div>{records}</div></div>{evidence}{map_of}')


def _rows(opened: review_reclassify.Review, path: str, by: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    wanted = sorted(filter(None, ids))
    if not wanted:
        return []
    known = opened.session.table(path).where(F.col(by).isin(wanted) & (F.col("night") <= F.lit(opened.night)))
    rows = opened.session.read_logged(known.orderBy("night"), f"{path} {', '.join(wanted)}", opened.reviewer)
    return list({row[by]: row for row in rows}.values())


def _journeys(opened: review_reclassify.Review, item: Row) -> list[dict[str, Any]]:
    table = opened.session.table(travel.MATCHES.path)
    mine = table.where((F.col("night") == F.lit(opened.night)) & (F.col("subject_id") == F.lit(item["subject_id"])))
    mine = mine.where(F.col("kind").isin("SUBJECT_ON_FLIGHT", "NEXT_ARRIVAL")).orderBy("flight_on", "match_id")
    return opened.session.read_logged(mine, f"{travel.MATCHES.path} {item['subject_id']}", opened.reviewer, limit=60)


def _listed(row: Row | None, shown: Row) -> str:
    if row is None:
        return pages_html.notice("The passenger row is no longer held.", "warn")
    return pages_html.facts(
        [
            ("Name as given", row["name"]),
            ("Date of birth", row["born_on"]),
            ("Document", row["document_no"]),
            ("Flight", f"{row['flight_no']} {row['from_airport']} to {row['to_airport']}, {row['flight_on']}"),
            ("Leaves, UK time", shown["leaves"]),
            ("Lands, UK time", shown["lands"]),
            ("Booking and seat", " · ".join(filter(None, (row["booking_ref"], row["seat"])))),
            ("Held under", f"{row['basis']}, {row['authority_ref']}"),
            ("From", f"{row['_file']} row {row['_row_number']}"),
        ]
    )


def _recorded(row: Row) -> str:
    name = " ".join(part for part in (row["forename"], row["surname"]) if part)
    pairs = [("Name", name), ("Date of birth", row["born_on"]), ("Record", row["person_id"])]
    return pages_html.facts([*pairs, ("Telephone", row["phone"]), ("From", f"{row['_file']} row {row['_row_number']}")])


def timeline(rows: Sequence[Row]) -> str:
    """Journeys on a line of days: out of the UK above it, into the UK below, paler the lower the score."""
    if not rows:
        return '<p class="soft small">no other journey is matched</p>'
    first, last = rows[0]["flight_on"], rows[-1]["flight_on"]
    days = max((last - first).days, 1)
    width, left, span = 900, 60, 780
    parts = [f'<line x1="{left}" x2="{left + span}" y1="80" y2="80" stroke="#b9c4cd"/>']
    for n, row in enumerate(rows):
        x = left + span * (row["flight_on"] - first).days / days
        outward = row["details"].get("direction") != "INBOUND"
        y = 80 - 16 - 14 * (n % 3) if outward else 80 + 16 + 14 * (n % 3)
        label = f"{row['from_airport']}–{row['to_airport']} {row['flight_on'].strftime('%d %b')}"
        title = f"{row['flight_no']} {label}, score {row['score']:.2f}"
        fade = 0.25 + 0.75 * float(row["score"])
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="80" y2="{y}" stroke="#0d5b6b" opacity="{fade:.2f}"/>')
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y}" r="4" fill="#0d5b6b" opacity="{fade:.2f}">'
            f"<title>{escaping.html(title)}</title></circle>"
        )
        parts.append(f'<text x="{x + 7:.0f}" y="{y + 4}">{escaping.html(label)}</text>')
    parts += [f'<text x="4" y="{y}">{text}</text>' for y, text in ((52, "out"), (120, "in"))]
    return (
        f'<svg viewBox="0 0 {width} 150" width="100%" role="img" aria-label="journeys in time">{"".join(parts)}</svg>'
    )


def next_steps(opened: review_reclassify.Review) -> str:
    lines = (
        "A row is a reason to look. Check the list and the record before anybody is told, and never stop a person on "
        "a score alone.",
        "Where the subject is a child or missing, safeguarding comes first: refer before anything else.",
        "Decide in your name. A row decided with a final outcome is not asked again; the others come back.",
        f"That {opened.reviewer} looked is in the log of processing.",
    )
    return pages_html.block(pages_html.steps(lines))
