"""A small lakehouse with flights, a match, calls and a lead, for tests of what people see. Everything is invented."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from schemas import gold, silver, travel
from tests.support import notebook_world
from tests.support.tables import row as full_row

NIGHT = dt.date(2026, 3, 28)  # the clocks go forward in the night after
SUBJECT, CHILD = "36:N1", "36:N2"
LEAD = "c" * 16
HOSTILE = "=<img src=x onerror=alert(1)>PIKE"
REASON = ("match", "name: DEAN as recorded", "silver.flight_passengers", "a" * 32, None, None, 7.0)
SOURCE = ("silver.flight_passengers", "a" * 32, "skyline/flight_passengers/f.csv", "0" * 64, 7)


def _at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.UTC)


def _event(n: int, at: dt.datetime, **more: Any) -> dict[str, Any]:
    about = {"event_id": f"event-{n}", "auth_urn": "CD/1", "a_number": "+447700900123", "b_number": "+447700900456"}
    return {"night": NIGHT, **about, "imei": "004401111111119", "type": "VOICE", "started_at": at, **more}


def write(spark: SparkSession, home: Path) -> None:
    """Write the tables below `home`."""
    leg = {"night": NIGHT, "flight_no": "Q9101", "carrier": "Q9", "from_airport": "AGP", "to_airport": "NWI"}
    flights = [
        {**leg, "flight_id": "1", "direction": "INBOUND", "departs_at": _at(28, 22, 40), "arrives_at": _at(29, 1, 30),
         "departs_on": dt.date(2026, 3, 28), "arrives_on": dt.date(2026, 3, 29), "status": "SCHEDULED"},
        {**leg, "flight_id": "2", "direction": "INBOUND", "departs_at": _at(27, 20), "arrives_at": _at(27, 23),
         "departs_on": dt.date(2026, 3, 27), "arrives_on": dt.date(2026, 3, 27), "status": "LANDED"},
    ]  # fmt: skip
    people = [
        {"night": NIGHT, "person_id": SUBJECT, "force": "36", "forename": "DEAN", "surname": HOSTILE,
         "born_on": dt.date(1986, 5, 4), "phone": "+447700900123"},
        {"night": NIGHT, "person_id": CHILD, "force": "36", "forename": "ELLA", "surname": "ASHWORTH",
         "born_on": dt.date(2011, 2, 9), "phone": "+447700900456"},
    ]  # fmt: skip
    events = [
        _event(1, _at(7, 21)),
        _event(2, _at(9, 9)),
        _event(3, _at(8, 3), b_number="+447700900888", is_excess=True),
        _event(4, _at(8, 4), b_number="+447700900999", is_protected=True),
    ]
    authorisation = {
        "night": NIGHT,
        "auth_urn": "CD/1",
        "kind": "EVENTS",
        "granted_at": _at(1, 0),
        "expires_at": _at(28, 0),
    }
    episode = {"night": NIGHT, "episode_id": "36:M1", "person_id": CHILD, "force": "36", "reported_at": _at(7, 19),
               "found_at": _at(8, 11), "risk": "MEDIUM"}  # fmt: skip
    passenger = {
        **leg,
        "passenger_id": "a" * 32,
        "flight_on": dt.date(2026, 3, 28),
        "name": "PIKE/DEANMR",
        "basis": "API",
    }
    match = {
        **{k: leg[k] for k in ("night", "flight_no", "from_airport", "to_airport")}, "match_id": "b" * 16,
        "kind": "NEXT_ARRIVAL", "force": "36", "subject_id": SUBJECT, "person_id": SUBJECT, "person_ids": [SUBJECT],
        "role": "SUSPECT", "passenger_id": "a" * 32, "flight_on": dt.date(2026, 3, 28), "arrives_at": _at(29, 1, 30),
        "listed_name": HOSTILE, "birth_agreement": "SAME", "bits": 14.0, "score": 0.97, "score_low": 0.9,
        "score_high": 0.99, "is_published": True, "reasons": [REASON], "source_rows": [SOURCE],
    }  # fmt: skip
    item = {
        "night": NIGHT, "queue": "travel", "item_id": "b" * 16, "force": "36", "rank": 1, "subject_kind": "travel",
        "subject_id": SUBJECT, "person_ids": [SUBJECT], "stratum": "NEXT_ARRIVAL", "score": 0.97, "score_low": 0.9,
        "score_high": 0.99, "reasons": [REASON], "marking": "OFFICIAL-SENSITIVE", "source_rows": [SOURCE],
        "details": {"title": "Q9101 AGP to NWI", "listed_name": HOSTILE, "other_name": "", "other_id": "",
                    "recorded_name": HOSTILE, "person_id": SUBJECT, "passenger_id": "a" * 32, "role": "SUSPECT",
                    "leaves": "Sat 28 Mar 2026 22:40", "lands": "Sun 29 Mar 2026 02:30"},
    }  # fmt: skip
    behind = [("silver.comms_events", f"event-{n}", "telco/events.csv", "0" * 64, n) for n in (1, 2, 3, 4)]
    parts = [("rule", "3 bursts", "silver.comms_events", "event-1", None, None, 4.5)]
    parts.append(("event", "2026-03-07 21:00:00 UTC VOICE", "silver.comms_events", "event-1", None, None, 0.0))
    lead = {
        "night": NIGHT, "queue": "comms_leads", "item_id": LEAD, "force": "36", "rank": 1, "subject_kind": "comms",
        "subject_id": "+447700900123", "person_ids": [], "stratum": "DEAL_LINE", "score": 0.8, "score_low": 0.6,
        "score_high": 0.9, "reasons": parts, "marking": "OFFICIAL-SENSITIVE", "source_rows": behind,
        "details": {"title": f"{HOSTILE} texts a list of customers.", "tags": "", "detector": "deal_line",
                    "numbers": "+447700900123", "place": "", "first_at": "2026-03-07 21:00",
                    "last_at": "2026-03-09 09:00", "evidence_nats": "4.50"},
    }  # fmt: skip
    manifest = full_row(gold.RUN_MANIFEST, night=NIGHT)
    for table, rows in (
        (travel.FLIGHTS, flights),
        (travel.PASSENGERS, [passenger]),
        (travel.MATCHES, [match]),
        (silver.PEOPLE, people),
        (silver.COMMS_EVENTS, events),
        (silver.COMMS_AUTHORISATIONS, [authorisation]),
        (silver.MISSING_EPISODES, [episode]),
        (gold.QUEUE_ITEMS, [item, lead]),
        (gold.RUN_MANIFEST, [manifest]),
    ):
        notebook_world.save(spark, home, table, rows)
