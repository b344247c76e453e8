"""A subject profile from invented rows, as the tables would give them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from jobs.profile import comms as profile_comms
from jobs.profile import model as profile_model
from jobs.profile import statements
from jobs.profile.model import Source

NIGHT = date(2026, 3, 28)
LINEAGE = {"_file": "norfolk/nominals/2026-03-14/nominals.csv", "_file_hash": "ab" * 32, "_row_number": 12}


def person(**changes: Any) -> dict[str, Any]:
    return {
        "person_id": "36:N3600000141", "force": "36", "forename": "DEAN", "surname": "PIKE", "sex": "M",
        "born_on": date(1986, 5, 4), "address": "14 LARKFIELD ROAD, LOWESTOFT", "postcode": "NR32 7CM",
        "phone": "+447700900123", **LINEAGE, **changes,
    }  # fmt: skip


def child(**changes: Any) -> dict[str, Any]:
    return person(
        person_id="36:N3600000007", forename="ELLA", surname="ASHWORTH", born_on=date(2011, 2, 9), sex="F",
        phone="+447700900456", **changes,
    )  # fmt: skip


def report(n: int, **changes: Any) -> dict[str, Any]:
    return {
        "report_id": f"36:INT/26/00{n}", "urn": f"INT/26/00{n}", "intelligence_on": date(2026, 3, n + 1),
        "title": "Collected from the retail park", "tags": ["CSE_LONE"], "is_immunity_claimed": False,
        "is_suspected_false": n == 3, "items": [{"n": 1, "text": "…", "source": "2", "intelligence": "BCE"[n % 3]}],
        "handling_code": "C", "action_code": "A1", "sanitisation_code": "S2", "marking": "OFFICIAL-SENSITIVE",
        **LINEAGE, **changes,
    }  # fmt: skip


def span(n: int, tag: str) -> dict[str, Any]:
    return {
        "n": n, "n_days": 31, "first_at": datetime(2026, 2, 2, 7, 5, tzinfo=UTC),
        "last_at": datetime(2026, 3, 26, 23, 40, tzinfo=UTC), "first_ids": [f"{tag}first" + "0" * 20],
        "last_ids": [f"{tag}last" + "0" * 20], "auths": ["CD/NORTH/000012"],
    }  # fmt: skip


def calls() -> profile_comms.Calls:
    contacts = [{"other": "+447700900456", **span(212, "a")}, {"other": "+447700900777", **span(91, "b")}]
    return profile_comms.Calls(
        n=498,
        contacts=contacts,
        handsets=[{"kind": "handset (IMEI)", "value": "004401111111119", "number": "+447700900123", **span(401, "c")}],
        cells=[{"cell": "001-01-1001-1", **span(133, "d")}],
        hours={h: max(0, 40 - abs(h - 20) * 5) for h in range(24)},
        ends=span(498, "e"),
        auths=frozenset({"CD/NORTH/000012"}),
    )


def match(**changes: Any) -> dict[str, Any]:
    return {
        "match_id": "0123456789abcdef", "kind": "SUBJECT_ON_FLIGHT", "flight_no": "Q9101", "from_airport": "NWI",
        "to_airport": "AGP", "flight_on": date(2026, 3, 14), "departs_at": datetime(2026, 3, 14, 13, 55, tzinfo=UTC),
        "arrives_at": datetime(2026, 3, 14, 16, 55, tzinfo=UTC), "listed_name": "PIKE/DEANMR", "score": 0.97,
        "score_low": 0.88, "score_high": 0.99, "other_id": None, "other_name": None, "person_ids": ["36:N3600000141"],
        "source_rows": [{"table": "silver.flight_passengers", "id": "f" * 32, "file": "x.csv", "row_number": 7}],
        **changes,
    }  # fmt: skip


def profile(**changes: Any) -> profile_model.Profile:
    """A profile with something in every section; `changes` are of the subject's record."""
    subject, other = person(**changes), child()
    reports = [report(n) for n in (3, 2, 1)]
    beside = [{"person_id": other["person_id"], "role": "VICTIM", **r} for r in reports[:2]]
    overlap = {
        "episode_id": "36:M36/000009", "person_id": other["person_id"], "forename": "ELLA", "surname": "ASHWORTH",
        "from_at": datetime(2026, 3, 7, 16), "found_at": datetime(2026, 3, 8, 11), "risk": "MEDIUM",
        "how": "1 events between their telephones", "evidence": (Source("silver.comms_events", "e" * 64),), **LINEAGE,
    }  # fmt: skip
    people = {other["person_id"]: other}
    held = calls()
    matches = [match(), match(kind="CO_TRAVELLER", other_id="a" * 32, other_name="Ella Ashworth", match_id="b" * 16)]
    case = {
        "investigation_id": "36:I36-0000042", "person_id": subject["person_id"], "operation": "Operation Kestrel",
        "role": "SUSPECT", "status": "OPEN", "opened_on": date(2026, 1, 9), "closed_on": None, **LINEAGE,
    }  # fmt: skip
    item = {
        "queue": "travel", "stratum": "SUBJECT_ON_FLIGHT", "item_id": "0123456789abcdef", "score": 0.97,
        "score_low": 0.88, "score_high": 0.99, "reasons": [{"text": "name: DEAN as recorded, PIKE as recorded"}],
        "marking": "OFFICIAL-SENSITIVE",
    }  # fmt: skip
    blind = {**item, "queue": "reclassify", "item_id": "fedcba9876543210", "reasons": [{"text": "shown without score"}]}
    blind |= dict.fromkeys(("score", "score_low", "score_high"))
    items = profile_model.calculations(profile_model.QueueRow.of(row) for row in (blind, item))
    window = {"auth_urn": "CD/NORTH/000012", "granted_at": datetime(2026, 2, 1), "expires_at": datetime(2026, 3, 28)}
    sections = (
        statements.identity([subject]),
        statements.investigations([case]),
        statements.reports(reports, {r["report_id"]: "SUSPECT" for r in reports}),
        statements.devices([subject], held.handsets),
        statements.contacts(held.contacts, {other["phone"]: [other]}),
        statements.places([subject], [], held.cells),
        statements.times(held.hours, held.ends),
        statements.movements(matches),
        statements.associations(beside, people, matches),
        statements.overlaps([overlap]),
        statements.calculations(items),
    )
    return profile_model.Profile(
        subject=subject["person_id"],
        name=statements.name_of(subject),
        night=statements.day(NIGHT),
        marking="OFFICIAL-SENSITIVE",
        person_ids=(subject["person_id"],),
        sections=sections,
        gaps=tuple(statements.gaps([subject], [window], held.n, date(2026, 3, 29), NIGHT)),
        provenance={"code": "4e1d0ab", "settings": "9f31c2a07be1d455", "silver.people": 3},
    )
