"""Statements of a subject profile, section by section, from rows that were read for it.

Each function takes rows as mappings and returns a section; it neither reads nor logs. Communications data comes here as
it may be used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jobs.profile.model import (
    CALCULATED,
    DATA,
    LISTED,
    RECORD,
    Calculation,
    Score,
    Section,
    Source,
    Statement,
    grading,
    of_row,
)
from schemas import codes
from schemas import travel as travel_contract

Row = Mapping[str, Any]
LONDON = ZoneInfo("Europe/London")
MOST = 20  # rows of a section; the note says how many more there are


def clock(moment: datetime | None) -> str:
    """An instant in UK local time. Spark hands instants over by this machine's clock, without saying so."""
    if moment is None:
        return "–"
    return moment.astimezone(LONDON).strftime("%-d %b %Y %H:%M")


def day(value: date | None) -> str:
    return value.strftime("%-d %b %Y") if value else "–"


def name_of(row: Row) -> str:
    return " ".join(part for part in (row["forename"], row["surname"]) if part) or "(no name recorded)"


def identity(people: Sequence[Row]) -> Section:
    made = [
        Statement(
            (
                row["person_id"],
                str(codes.FORCES.get(row["force"], row["force"])),
                name_of(row),
                day(row["born_on"]),
                {"F": "female", "M": "male"}.get(str(row["sex"]), "not known"),
                "; ".join(filter(None, (row["address"], row["postcode"]))) or "–",
            ),
            (of_row("silver.people", "person_id", row),),
            RECORD,
        )
        for row in people
    ]
    heads = ("Record", "Force", "Name", "Date of birth", "Sex", "Address")
    note = "One line a force's record. Where they differ, no record is preferred over another."
    return Section("Identity as recorded", heads, tuple(made), note)


def investigations(cases: Sequence[Row]) -> Section:
    made = [
        Statement(
            (
                row["investigation_id"],
                row["operation"] or "–",
                row["role"].lower(),
                row["status"].lower(),
                day(row["opened_on"]),
                day(row["closed_on"]),
            ),
            (_of_case(row),),
            RECORD,
        )
        for row in cases
    ]  # fmt: skip
    heads = ("Investigation", "Operation", "As", "Status", "Opened", "Closed")
    return Section("Investigations", heads, tuple(made), "A role in an investigation is not a finding of guilt.")


def _of_case(row: Row) -> Source:
    ids = f"{row['investigation_id']} {row['person_id']}"
    return Source("silver.investigations", ids, row["_file"], row["_row_number"])


def reports(rows: Sequence[Row], roles: Mapping[str, str]) -> Section:
    made = []
    for row in rows[:MOST]:
        is_closed = bool(row["is_immunity_claimed"])
        title = "(public-interest immunity is claimed: ask the originator)" if is_closed else row["title"] or "–"
        warning = " · an item is graded E: suspected to be false" if row["is_suspected_false"] else ""
        conditions = (row["action_code"] or "", row["sanitisation_code"] or "")
        made.append(
            Statement(
                (
                    row["urn"],
                    day(row["intelligence_on"]),
                    title,
                    roles.get(row["report_id"], "–").lower(),
                    ", ".join(row["tags"]) or "–",
                ),
                (of_row("silver.reports", "report_id", row),),
                grading(row["items"], row["handling_code"], conditions) + warning,
            )
        )
    heads = ("URN", "Intelligence of", "Title", "Named as", "Tags")
    return Section("Reports that name the subject", heads, tuple(made), _more(rows, "newest first"))


def devices(people: Sequence[Row], handsets: Sequence[Row]) -> Section:
    made = [
        Statement(
            ("telephone", row["phone"], "recorded for the subject", "–", "–"),
            (of_row("silver.people", "person_id", row),),
            RECORD,
        )
        for row in people
        if row["phone"]
    ]
    for row in handsets[:MOST]:
        used = f"used with {row['number']}, {row['n']} events"
        said = (row["kind"], row["value"], used, clock(row["first_at"]), clock(row["last_at"]))
        made.append(Statement(said, _ends(row), DATA))
    heads = ("Kind", "Identifier", "How it is linked", "First", "Last")
    note = "A telephone recorded for somebody may be in another hand; a handset may carry another SIM."
    return Section("Devices", heads, tuple(made), note)


def contacts(rows: Sequence[Row], holders: Mapping[str, Sequence[Row]]) -> Section:
    made = []
    for row in rows[:MOST]:
        known = holders.get(row["other"], ())
        who = "; ".join(f"{name_of(p)} ({p['person_id']})" for p in known) or "nobody in the records"
        own = tuple(of_row("silver.people", "person_id", p) for p in known)
        made.append(
            Statement(
                (row["other"], who, str(row["n"]), clock(row["first_at"]), clock(row["last_at"])),
                _ends(row) + own,
                DATA + ("; the holder is as recorded by the force" if known else ""),
            )
        )
    heads = ("Number", "Recorded for", "Events", "First", "Last")
    return Section("Contacts", heads, tuple(made), _more(rows, "most events first"))


def places(people: Sequence[Row], episodes: Sequence[Row], cells: Sequence[Row]) -> Section:
    made = []
    for row in people:
        if row["address"] or row["postcode"]:
            where = "; ".join(filter(None, (row["address"], row["postcode"])))
            made.append(Statement(("address", where, "–", "–"), (of_row("silver.people", "person_id", row),), RECORD))
    for row in episodes:
        if row["found_postcode"]:
            said = ("found at", row["found_postcode"], "1", clock(row["found_at"]))
            made.append(Statement(said, (of_row("silver.missing_episodes", "episode_id", row),), RECORD))
    for row in cells[:10]:
        said = ("cell", row["cell"], str(row["n"]), clock(row["last_at"]))
        made.append(Statement(said, _ends(row), DATA))
    note = (
        "A cell serves an area: a phone in it was somewhere within that area, and its holder may not have been with it."
    )
    return Section("Places", ("Kind", "Where", "Times", "Last"), tuple(made), note)


def times(hours: Mapping[int, int], ends: Row | None) -> Section:
    made = []
    if ends and ends["n"]:
        said = (f"{ends['n']} events on {ends['n_days']} days", clock(ends["first_at"]), clock(ends["last_at"]))
        made.append(Statement(said, _ends(ends), DATA))
    chart = {f"{hour:02d}": hours.get(hour, 0) for hour in range(24)} if hours else {}
    note = "Events of the subject's telephones by hour of the day, UK local time."
    return Section("Times", ("What", "First", "Last"), tuple(made), note, chart)


def movements(rows: Sequence[Row]) -> Section:
    made = [
        Statement(
            (
                f"{row['flight_no']} {row['from_airport']}–{row['to_airport']}",
                day(row["flight_on"]),
                clock(row["departs_at"]),
                clock(row["arrives_at"]),
                row["listed_name"],
                str(Score(row["score"], row["score_low"], row["score_high"])),
            ),
            tuple(Source(s["table"], s["id"], s["file"], s["row_number"]) for s in row["source_rows"]),
            f"{LISTED}; that it is the subject is a {CALCULATED}",
        )
        for row in rows
        if row["kind"] in ("SUBJECT_ON_FLIGHT", "NEXT_ARRIVAL")
    ][:MOST]
    heads = ("Flight", "Date", "Leaves (UK time)", "Lands (UK time)", "Name on the list", "Score")
    note = "Passenger rows that may be the subject. The score is how likely that is, with the ends of its interval."
    return Section("Movements", heads, tuple(made), note)


def associations(named: Sequence[Row], people: Mapping[str, Row], matches: Sequence[Row]) -> Section:
    """People named in the same reports, and who shared flights or bookings."""
    by_person: dict[str, list[Row]] = defaultdict(list)
    for row in named:
        by_person[row["person_id"]].append(row)
    made = []
    for person_id, rows in sorted(by_person.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST]:
        who = name_of(people[person_id]) if person_id in people else "(no record)"
        roles = ", ".join(sorted({row["role"].lower() for row in rows}))
        reports = ", ".join(sorted(row["urn"] for row in rows)[:4])
        made.append(
            Statement(
                (f"{who} ({person_id})", f"named in {len(rows)} of the subject's reports, as {roles}", reports),
                tuple(Source("silver.reports", row["report_id"], row["_file"], row["_row_number"]) for row in rows),
                "; ".join(sorted({grading(row["items"]) for row in rows})[:3]),
            )
        )
    for row in matches:
        if row["other_id"]:
            kind = travel_contract.KINDS[row["kind"]]
            where = f"{row['flight_no']} of {day(row['flight_on'])}; score {row['score']:.2f}"
            sources = (
                Source("silver.flight_passengers", row["other_id"]),
                Source("gold.travel_matches", row["match_id"]),
            )
            made.append(Statement((row["other_name"] or "–", kind, where), sources, CALCULATED))
    heads = ("Who", "How", "Where")
    note = "Being named together, or travelling together, is not wrongdoing by either."
    return Section("Associations", heads, tuple(made), note)


def overlaps(rows: Sequence[Row]) -> Section:
    """Children's missing episodes during which the child and the subject touch: a call, or a report of those days."""
    made = [
        Statement(
            (
                f"{name_of(row)} ({row['person_id']})",
                f"{clock(row['from_at'])} to {clock(row['found_at']) if row['found_at'] else 'still missing'}",
                row["how"],
                row["risk"].lower(),
            ),
            (of_row("silver.missing_episodes", "episode_id", row), *row["evidence"]),
            f"the episode {RECORD}; the overlap is a {CALCULATED}",
        )
        for row in rows[:MOST]
    ]
    heads = ("Child", "Missing", "Contact with the subject in that time", "Police risk level")
    note = "Safeguarding of the child comes first. The police risk level stands as it is: nothing here changes it."
    return Section("Missing children whose episodes overlap", heads, tuple(made), note)


def calculations(items: Sequence[Calculation]) -> Section:
    made = [
        Statement(
            (
                item.row.queue,
                item.row.stratum.replace("_", " ").lower(),
                str(item.score),
                "; ".join(item.row.reasons[:3]),
            ),
            (Source("gold.queue_items", item.row.item_id),),
            CALCULATED,
        )
        for item in items[:MOST]
    ]
    heads = ("Queue", "What", "Score", "Reasons")
    note = (
        "Rows of tonight's review queues that name the subject and are shown with their score: each a reason to look."
    )
    return Section("What was calculated", heads, tuple(made), note)


def _ends(row: Row) -> tuple[Source, ...]:
    """Events of the first and the last call behind a count, and the authorisations that it is held under."""
    ids = dict.fromkeys(event for name in ("first_ids", "last_ids") for event in row.get(name) or ())
    events = [Source("silver.comms_events", event) for event in ids]
    auths = [Source("silver.comms_authorisations", urn) for urn in sorted(row.get("auths") or ())]
    return tuple(events + auths)


def _more(rows: Sequence[Row], order: str) -> str:
    return (
        f"{order.capitalize()}; {len(rows) - MOST} more are not shown."
        if len(rows) > MOST
        else f"{order.capitalize()}."
    )


def gaps(
    people: Sequence[Row], windows: Sequence[Row], n_events: int, passengers_to: date | None, night: date
) -> list[str]:
    """What is not known, so that nobody takes silence for an answer."""
    gaps_found = []
    for row in people:
        lacking = [
            word
            for word, column in (
                ("date of birth", "born_on"), ("forename", "forename"), ("address", "address"), ("telephone", "phone"),
            )
            if not row[column]
        ]  # fmt: skip
        if lacking:
            gaps_found.append(f"{row['person_id']}: no {', no '.join(lacking)} recorded.")
    births = {row["born_on"] for row in people if row["born_on"]}
    if len(births) > 1:
        gaps_found.append(
            f"The records give {len(births)} dates of birth: {', '.join(day(d) for d in sorted(births))}."
        )
    if not any(row["phone"] for row in people):
        gaps_found.append("No telephone is recorded, so nothing is known of calls.")
    elif not n_events:
        gaps_found.append("No communications data that may be read is held for the recorded telephones.")
    for row in windows:
        gaps_found.append(
            f"Communications data under {row['auth_urn']} covers {day(row['granted_at'].date())} to "
            f"{day(row['expires_at'].date())} only; outside it nothing is known."
        )
    if passengers_to is None:
        gaps_found.append("No passenger lists are held.")
    else:
        gaps_found.append(
            f"Passenger lists are held to {day(passengers_to)}, of the carriers that sent them: others are missing."
        )
    gaps_found.append(f"Nothing that became known after the night of {day(night)} is in this profile.")
    return gaps_found
