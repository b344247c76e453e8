"""Edges as of a night: strengths with the arithmetic in the margin, what makes no edge, and what changes nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.comms import access
from pipelines.network.edges import edges
from pipelines.network.edges import kinds as edge_kinds
from pipelines.network.entities import entities
from pipelines.network.entities import ids as entity_ids
from schemas import network, silver, ties, travel
from schemas.contract import Table
from tests.support import tables, telephony

pytestmark = pytest.mark.spark

NIGHT = date(2026, 1, 5)
BEFORE, LATER = NIGHT - timedelta(days=3), NIGHT + timedelta(days=1)
A, B, C, D = "36:A", "37:B", "36:C", "36:D"  # A and B are one person in two forces
IDS = {A: "a" * 16, B: "a" * 16, C: "c" * 16, D: "d" * 16}
SHA = "0" * 64
BY_PATH = {table.path: table for table in edge_kinds.TABLES}


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 12, day, hour, tzinfo=UTC)


def report(
    name: str, grade: str = "1A", *, night: date = BEFORE, is_false: bool = False, on: date | None = None
) -> dict[str, Any]:
    return {
        "night": night, "report_id": name, "intelligence_on": on or date(2025, 12, 1), "created_at": at(2),
        "items": [(1, "text", grade[0], grade[1])], "is_suspected_false": is_false, "text_hash": SHA,
        "provenance": ("", "1", "A"), "handling_code": "P", "marking": "OFFICIAL",
    }  # fmt: skip


def named(report_id: str, person: str, role: str = "SUSPECT", night: date = BEFORE) -> dict[str, Any]:
    return {"night": night, "report_id": report_id, "person_id": person, "role": role}


def person(person_id: str, night: date = BEFORE, **given: Any) -> dict[str, Any]:
    return {"night": night, "person_id": person_id, "force": person_id[:2], **given}


def call(event: str, a: str, b: str, when: datetime, **given: Any) -> dict[str, Any]:
    return {
        "night": BEFORE, "event_id": event, "a_number": a, "b_number": b, "started_at": when, "type": "VOICE",
        "direction": "OUTGOING", "is_excess": False, "is_protected": False, **given,
    }  # fmt: skip


def passenger(name: str, born_on: date, flight_on: date, booking: str = "K7Q2MN") -> dict[str, Any]:
    return {
        "night": BEFORE, "passenger_id": name + flight_on.isoformat(), "flight_no": "BW101", "flight_on": flight_on,
        "forename": name.split()[0], "surname": name.split()[1], "born_on": born_on, "booking_ref": booking,
    }  # fmt: skip


def subscriber(number: str, name: str | None, postcode: str, **given: Any) -> dict[str, Any]:
    return {
        "night": BEFORE, "subscriber_id": number, "number": number, "name": name, "postcode": postcode,
        "from_on": date(2025, 3, 1), "is_excess": False, "is_protected": False, **given,
    }  # fmt: skip


def found(episode: str, person_id: str, postcode: str, day: int) -> dict[str, Any]:
    return {
        "night": BEFORE, "episode_id": episode, "person_id": person_id, "force": "36", "reported_at": at(day, 1),
        "found_at": at(day), "risk": "LOW", "found_postcode": postcode,
    }  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    silver.PEOPLE.path: [
        person(A, phone="+447700900001", address="12 HIGH ST, NORWICH", postcode="NR1 1IA", born_on=date(1990, 1, 1),
               forename="ADA", surname="LONG"),
        person(B, phone="+447700900001", born_on=date(1990, 1, 1)),
        person(C, phone="+447700900002", address="1 LOW ST", postcode="NR2 1IA", born_on=date(2010, 6, 1)),
        person(C, NIGHT, phone="+447700900002", address="9 NEW ST", postcode="NR1 1IA", born_on=date(2010, 6, 1)),
        person(C, LATER, vehicle="AB12IQC"),  # known tomorrow
        person(D, forename="DAN", surname="REED", born_on=date(1980, 2, 3)),
    ],
    silver.REPORTS.path: [
        report("R1"), report("R2", "2B"), report("FALSE", is_false=True), report("FALSE2", is_false=True),
        report("EARLY", on=date(2005, 1, 1)), report("LATE", on=date(2026, 2, 1)),
        report("TOMORROW", night=LATER), report("SELF"), report("DANGLING"), report("LIST"),
    ],
    silver.REPORT_PEOPLE.path: [
        named("R1", A), named("R1", C, "VICTIM"), named("R2", B), named("R2", C, "WITNESS"),
        named("FALSE", A), named("FALSE", C, "VICTIM"), named("FALSE2", C), named("FALSE2", D),
        named("EARLY", A), named("EARLY", C), named("LATE", A), named("LATE", C),
        named("TOMORROW", A, night=LATER), named("TOMORROW", D, night=LATER),
        named("SELF", A), named("SELF", B), named("DANGLING", A), named("DANGLING", "36:NOBODY"),
        named("NOREPORT", A), named("NOREPORT", D),
        *(named("LIST", p) for p in (A, D)), *(named("LIST", f"36:L{n}") for n in range(edge_kinds.MAX_NAMED)),
    ],
    silver.MISSING_EPISODES.path: [
        {"night": BEFORE, "episode_id": "36:M1", "person_id": C, "force": "36", "reported_at": at(10),
         "last_seen_at": at(9), "found_at": at(11), "risk": "MEDIUM", "found_postcode": "NR1 1IA"},
        found("36:M2", C, "NR5 1IA", 13), found("36:M3", D, "NR5 1IA", 15), found("36:M4", D, "NR5 1IA", 16),
        found("36:M5", D, "NR1 1IA", 16),  # where C lives and was found
        *(found(f"36:S{n}", p, "NR7 1IA", 17) for n, p in enumerate((C, D, *(f"36:L{k}" for k in range(11))))),
    ],
    silver.COMMS_EVENTS.path: [
        *(call(f"E{n}", "+447700900001", "+447700900002", at(3, n)) for n in range(3)),
        call("E9", "+447700900001", "+447700900002", at(4)),
        call("X1", "+447700900002", "+447700900001", at(4), is_excess=True),
        call("X2", "+447700900002", "+447700900001", at(4), is_protected=True),
        call("LOOP", "+447700900001", "+447700900001", at(4)),
    ],
    ties.ASSOCIATIONS.path: [
        {"night": BEFORE, "association_id": "S1", "person_id": A, "other_person_id": D, "kind": "FAMILY"},
        {"night": BEFORE, "association_id": "S2", "person_id": D, "other_person_id": C, "kind": "SEEN_WITH",
         "happened_at": at(5), "source_grade": "1", "intelligence_grade": "E"},
    ],
    ties.IDENTIFIERS.path: [
        {"night": BEFORE, "person_id": D, "kind": "HANDLE", "value": "chat:kestrel", "last_at": at(6)},
    ],
    ties.JOURNEY_PEOPLE.path: [
        {"night": BEFORE, "journey_id": "J1", "person_id": p, "departed_at": at(7)} for p in (A, C)
    ],
    travel.PASSENGERS.path: [
        passenger("ADA LONG", date(1990, 1, 1), date(2025, 12, 7)),
        passenger("DAN REED", date(1980, 2, 3), date(2025, 12, 7)),
        passenger("ADA LONG", date(1990, 1, 1), date(2026, 1, 20), "LATER1"),  # booked, not flown
        passenger("DAN REED", date(1980, 2, 3), date(2026, 1, 20), "LATER1"),
        passenger("ADA LONG", date(1991, 1, 1), date(2025, 12, 8), "NAMELY"),  # a look-alike
        passenger("DAN REED", date(1980, 2, 3), date(2025, 12, 8), "NAMELY"),
    ],
    silver.COMMS_SUBSCRIBERS.path: [
        subscriber("+447700900009", "ADA LONG", "NR1 1IA"),
        subscriber("+447700900010", "ADA LONG", "NR9 9IA"),  # lives elsewhere: another
        subscriber("+447700900011", "ADA LONG", "NR1 1IA", is_excess=True),
        subscriber("+447700900012", None, "NR1 1IA"),
    ],
}  # fmt: skip


def held(spark: SparkSession, rows: dict[str, list[dict[str, Any]]]) -> dict[str, DataFrame]:
    """Tables by path, communications data as the gate gives it."""
    frames = {path: tables.frame(spark, BY_PATH[path], *found) for path, found in rows.items() if found}
    for table in (silver.PEOPLE, silver.REPORTS, silver.REPORT_PEOPLE, silver.MISSING_EPISODES, silver.COMMS_EVENTS):
        frames.setdefault(table.path, spark.createDataFrame([], table.struct()))
    granted = telephony.authorisations(spark, {"night": BEFORE, "auth_urn": "auth_urn"})
    for table, gate in ((silver.COMMS_EVENTS, access.usable), (silver.COMMS_SUBSCRIBERS, access.usable_subscribers)):
        if table.path in frames:
            frames[table.path] = gate(frames[table.path], granted, NIGHT)
    return frames


def judged(spark: SparkSession, rows: dict[str, list[dict[str, Any]]], ids: dict[str, str]) -> DataFrame:
    frames = held(spark, rows)
    members = spark.createDataFrame(list(ids.items()) or [], "record_id string, entity_id string")
    born = [(ids[C], date(2010, 6, 1))] if C in ids else []
    return edges.judged(
        edges.evidence(frames, NIGHT), members, spark.createDataFrame(born, "entity_id string, born_on date"), NIGHT
    )


@pytest.fixture(scope="module")
def pieces(spark: SparkSession) -> DataFrame:
    return judged(spark, ROWS, IDS).persist()


@pytest.fixture(scope="module")
def made(pieces: DataFrame) -> dict[tuple[str, str, str], dict[str, Any]]:
    rows = edges.edges(pieces.where("refusal IS NULL"), NIGHT).collect()
    return {(r["kind"], r["from_id"], r["to_id"]): r.asDict(recursive=True) for r in rows}


def value(kind: str, text: str) -> str:
    return entity_ids.new_id(kind, text)


def test_strength_adds_up_over_reports_and_counts_no_report_twice(made: dict):
    edge = made["NAMED_TOGETHER", "a" * 16, "c" * 16]
    # R1, graded 1A, suspect and victim: 0.6 x 1 x 1; R2, graded 2B, with a witness: 0.6 x 0.8 x 0.9 x 0.3 = 0.1296
    # FALSE is graded E: shown and counted, and adds nothing. 1 - 0.4 x 0.8704 = 0.65184
    assert edge["strength"] == pytest.approx(0.65184)
    assert (edge["n"], edge["n_suspected_false"]) == (3, 1)
    assert edge["roles"] == ["SUSPECT-VICTIM", "SUSPECT-WITNESS"]
    assert {e["id"] for e in edge["evidence"]} == {"R1", "R2", "FALSE"}
    assert {e["table"] for e in edge["evidence"]} == {"silver.report_people"}


def test_what_is_suspected_to_be_false_alone_ties_nobody(made: dict):
    assert ("NAMED_TOGETHER", "c" * 16, "d" * 16) not in made  # FALSE2
    assert not [key for key in made if key[0] == "SEEN_WITH"]  # graded 1E


def test_calls_count_by_day_and_only_within_their_authorisation(made: dict):
    caller, called = value("PHONE", "+447700900001"), value("PHONE", "+447700900002")
    edge = made["CALLED", caller, called]
    # four calls on two days: 1 - (1 - 0.25)^2 = 0.4375
    assert (edge["n"], edge["strength"]) == (4, pytest.approx(0.4375))
    assert (edge["is_directed"], edge["first_at"] < edge["last_at"]) == (True, True)
    assert ("CALLED", called, caller) not in made  # excess and protected


def test_a_place_lived_at_before_stays_but_is_not_current(made: dict):
    old, new = (value("ADDRESS", text) for text in ("1 LOW ST, NR2 1IA", "9 NEW ST, NR1 1IA"))
    assert (made["LIVES_AT", "c" * 16, old]["is_current"], made["LIVES_AT", "c" * 16, new]["is_current"]) == (
        False,
        True,
    )
    assert made["LIVES_AT", "c" * 16, old]["is_lasting"]


def test_the_postcode_where_a_child_was_found_is_that_where_others_live(made: dict):
    place = value("ADDRESS", "NR1 1IA")
    assert {("FOUND_AT", "c" * 16, place), ("LIVES_AT", "a" * 16, place)} <= set(made)
    assert ("MISSING_FROM", "c" * 16, value("ADDRESS", "9 NEW ST, NR1 1IA")) in made


def test_two_who_were_found_at_a_place_that_is_home_to_neither_are_tied_once_a_place(made: dict):
    """Not where one of them lives, and not where more than twelve were found: a station."""
    tied = {key[1:]: edge for key, edge in made.items() if key[0] == "FOUND_WITH"}
    assert set(tied) == {("c" * 16, "d" * 16)}
    (edge,) = tied.values()
    assert (edge["strength"], edge["n"]) == (0.5, 2)
    assert (edge["first_at"], edge["last_at"]) == (at(15).replace(tzinfo=None), at(16).replace(tzinfo=None))


def test_feeds_that_a_deployment_adds_make_their_kinds(made: dict):
    kinds = {key[0] for key in made}
    assert {"FAMILY", "USES_HANDLE", "TRAVELLED_WITH"} <= kinds
    # two records of one person give one number: 1 - 0.2 x 0.2
    assert made["USES_PHONE", "a" * 16, value("PHONE", "+447700900001")]["strength"] == pytest.approx(0.96)


def test_who_is_on_record_is_known_again_in_other_feeds(made: dict):
    phones = {key[2]: edge for key, edge in made.items() if key[:2] == ("USES_PHONE", "a" * 16)}
    of_subscriber = phones.pop(value("PHONE", "+447700900009"))
    assert (of_subscriber["strength"], of_subscriber["evidence"][0]["table"]) == (0.6, "silver.comms_subscribers")
    assert set(phones) == {value("PHONE", "+447700900001")}  # one of that name elsewhere, and excess, are not hers
    flown = made["TRAVELLED_WITH", "a" * 16, "d" * 16]
    assert (flown["n"], flown["strength"]) == (1, 0.5)  # the flight of another Ada Long is none of hers
    assert flown["evidence"][0]["table"] == "silver.flight_passengers"


def test_nothing_of_tomorrow_is_known(made: dict):
    assert not [key for key in made if key[0] == "USES_VEHICLE"]
    assert ("NAMED_TOGETHER", "a" * 16, "d" * 16) not in made  # TOMORROW, NOREPORT and LIST are no ties of A and D


def test_what_cannot_be_evidence_is_counted_by_its_reason(pieces: DataFrame):
    refused = pieces.where("refusal IS NOT NULL").select("evidence_id", "refusal").distinct().collect()
    found = {(r.evidence_id, r.refusal) for r in refused}
    at_the_station = {(f"36:S{n}", "DANGLING") for n in range(2, 13)}  # of whom no record is held
    assert {("DANGLING", "DANGLING"), ("SELF", "SAME_ENTITY"), ("LOOP", "SAME_ENTITY"), ("LATE", "NOT_YET"),
            ("EARLY", "BEFORE_BIRTH"), ("ADA LONG2026-01-20", "NOT_YET")} == found - at_the_station  # fmt: skip
    assert at_the_station < found
    assert {reason for _, reason in found} == set(edges.REFUSALS)


def test_every_edge_keeps_its_contract_and_its_ends_are_entities(pieces: DataFrame, made: dict):
    used = pieces.where("refusal IS NULL")
    values = edges.values(used, NIGHT)
    rows = entities.value_entities(values, NIGHT)
    known = {r.entity_id for r in rows.collect()} | set(IDS.values())
    assert {end for _, a, b in made for end in (a, b)} <= known
    frame = edges.edges(used, NIGHT)
    for name, condition in network.EDGES.constraints().items():
        assert frame.where(~F.expr(condition)).isEmpty(), name


def test_renaming_people_and_shuffling_rows_change_no_strength(spark: SparkSession, made: dict):
    names = {A: "99:Z", B: "98:Y", C: "97:X", D: "96:W"}  # their order turned round
    ids = {"a" * 16: "f" * 16, "c" * 16: "e" * 16, "d" * 16: "b" * 16}
    renamed = {
        path: [{k: names.get(v, v) if isinstance(v, str) else v for k, v in row.items()} for row in reversed(rows)]
        for path, rows in ROWS.items()
    }
    born = {names[r]: ids[e] for r, e in IDS.items()}
    frames = held(spark, renamed)
    members = spark.createDataFrame(list(born.items()), "record_id string, entity_id string")
    people = spark.createDataFrame([("e" * 16, date(2010, 6, 1))], "entity_id string, born_on date")
    again = edges.judged(edges.evidence(frames, NIGHT), members, people, NIGHT).where("refusal IS NULL")
    found = sorted((r.kind, r.strength, r.n) for r in edges.edges(again, NIGHT).collect())
    assert found == sorted((kind, edge["strength"], edge["n"]) for (kind, _, _), edge in made.items())


@pytest.mark.parametrize("table", silver.GATED, ids=lambda table: table.noun)
def test_communications_that_did_not_pass_the_gate_are_refused(spark: SparkSession, table: Table):
    frames = held(spark, ROWS) | {table.path: tables.frame(spark, table, *ROWS[table.path])}
    with pytest.raises(ValueError, match=table.path):
        edges.evidence(frames, NIGHT)


def test_an_empty_night_has_no_edges(spark: SparkSession):
    assert edges.edges(judged(spark, {}, {}).where("refusal IS NULL"), NIGHT).isEmpty()


def test_value_ids_are_one_in_both_engines(spark: SparkSession):
    got = spark.range(1).select(edges.value_id(F.lit("PHONE"), F.lit("+447700900001")).alias("v")).collect()[0].v
    assert got == value("PHONE", "+447700900001") == hashlib.sha256(b"PHONE|+447700900001").hexdigest()[:16]


def test_every_kind_of_edge_is_declared_once():
    assert [kind.name for kind in edge_kinds.KINDS] == list(network.EDGE_KINDS)
    for kind in edge_kinds.KINDS:
        assert all(0 < source.strength <= 1 for source in kind.sources)
