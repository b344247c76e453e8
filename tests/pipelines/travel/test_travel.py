"""Subjects on flights: hand-made lists with the arithmetic in the margin, clocks, and what must change nothing."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.runtime import lakehouse, settings
from pipelines.comms import access
from pipelines.ingest import conform
from pipelines.travel import co_travel, matching, phone_gaps
from pipelines.travel import matches as travel_matches
from schemas import silver
from schemas import travel as contract
from tests.support import nights, tables, telephony

NIGHT = nights.NIGHT
CHOSEN = dict(settings.load().travel)
ODDS = matching.Odds.of(CHOSEN)
FROM = {"published_from": CHOSEN["published_from"]}
BORN = dt.date(1986, 4, 17)


def person(n: int, forename: str, surname: str, born_on: dt.date | None = BORN, **more: Any) -> dict[str, Any]:
    return {
        "person_id": f"36:N{n}",
        "forename": forename,
        "surname": surname,
        "born_on": born_on,
        "night": NIGHT,
        **more,
    }


def passenger(n: int, forename: str, surname: str, born_on: dt.date | None = BORN, **more: Any) -> dict[str, Any]:
    ends = {"flight_no": "Q9101", "carrier": "Q9", "from_airport": "NWI", "to_airport": "AGP", "flight_on": NIGHT}
    given = {"passenger_id": f"{n:032x}", "forename": forename, "surname": surname, "born_on": born_on}
    return {**given, "name": f"{forename} {surname}", "night": NIGHT, "basis": "API", **ends, **more}


def crowd_of(n: int = 400) -> list[dict[str, Any]]:
    """Travellers nobody looks for: 20 forenames by 20 surnames, each pair once, births spread over the years."""
    firsts = (
        "ALAN BELLA CARL DORA EWAN FAY GREG HOPE IVOR JANE KARL LUCY MARK NELL OTTO PIPPA RUTH STAN TESS WALT".split()
    )
    lasts = "ABBOT BIRD CRANE DRAKE EAGLE FINCH GROUSE HAWK IBIS JAY KITE LARK MAGPIE NUTHATCH OWL PIPIT QUAIL ROOK"
    lasts += " SWIFT TERN"
    names = [(first, last) for first in firsts for last in lasts.split()]
    births = (dt.date(1950, 1, 3) + dt.timedelta(days=53 * k) for k in range(n))
    return [
        passenger(1000 + k, *names[k % 400], born, document_no=f"XG{k:07d}", booking_ref=f"G{k}")
        for k, born in enumerate(births)
    ][:n]


def scored(
    spark: SparkSession, people: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], Any]:
    """Scores by person and passenger number, of people in one open investigation."""
    wanted, crowd, n, found = matched(spark, people, rows)
    made = matching.scored(found, wanted, crowd, n, ODDS)
    return {(r.person_id, r.passenger_id.lstrip("0")): r for r in made.collect()}


def matched(
    spark: SparkSession, people: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> tuple[DataFrame, DataFrame, int, DataFrame]:
    cases = [
        {"person_id": p["person_id"], "role": "SUSPECT", "status": "OPEN", "investigation_id": "36:I1"} for p in people
    ]
    wanted = matching.subjects(
        tables.frame(spark, silver.PEOPLE, *people),
        tables.frame(spark, silver.INVESTIGATIONS, *cases),
        tables.frame(spark, silver.MISSING_EPISODES),
    ).persist()
    crowd = matching.listed(tables.frame(spark, contract.PASSENGERS, *rows)).persist()
    near = matching.neighbours(wanted, crowd, len(rows), ODDS).persist()
    return wanted, crowd, len(rows), matching.evidence(wanted, crowd, near, ODDS).persist()


@pytest.fixture(scope="module")
def variants(spark: SparkSession) -> dict[tuple[str, str], Any]:
    """One subject, one list, every way in which the list may name the subject or somebody else."""
    people = [
        person(1, "MOHAMMED", "CHAUDHRY"),
        person(2, "OSCAR", "PELHAM"),
        person(3, "OSCAR", "PELHAM", dt.date(1986, 4, 18)),  # a namesake in the records, a day younger
        person(4, "EDMUND", "FROST"),
    ]
    rows = [
        passenger(1, "MOHAMMED", "CHAUDHRY"),
        passenger(2, "CHAUDHRY", "MOHAMMED"),  # order
        passenger(3, "MUHAMMAD", "CHOUDHARY"),  # spelling
        passenger(4, "MOHAMMED", "CHAUDHRY", dt.date(1986, 11, 2)),  # another person of that name
        passenger(5, "MOHAMMED", "CHAUDHRY", None),  # no date of birth
        passenger(6, "OSCAR", "PELHAM"),
        passenger(7, "OSCAR JAMES", "PELHAM"),  # a middle name
        passenger(8, "ALAN", "BIRD"),  # the same date of birth, another name
        passenger(9, "MOHAMMED", "CHAUDRY", dt.date(1986, 4, 14)),  # a slip in the name, one digit in the date
        passenger(10, "EDMUND", "FROST", document_no="XS1"),
        passenger(11, "E", "MARSHALL", document_no="XS1"),  # an initial, another surname: only the document speaks
        passenger(12, "E", "MARSHALL", document_no="XS2"),
    ]
    return scored(spark, people, rows + crowd_of())


def test_variants_of_the_name_are_above_the_threshold(variants: dict[tuple[str, str], Any]) -> None:
    for n in "123":
        assert variants["36:N1", n].score > 0.95, n
    assert variants["36:N2", "7"].score > 0.95
    assert variants["36:N1", "2"].how.is_swapped


def test_a_namesake_with_another_date_of_birth_stays_below_it(variants: dict[tuple[str, str], Any]) -> None:
    assert variants["36:N1", "4"].birth_agreement == "DIFFERENT"
    assert variants["36:N1", "4"].score < 0.1
    assert ("36:N1", "8") not in variants  # a date of birth alone is no candidate


def test_the_name_alone_is_weaker_than_with_the_date_of_birth(variants: dict[tuple[str, str], Any]) -> None:
    assert variants["36:N1", "5"].score < variants["36:N1", "1"].score
    assert variants["36:N1", "5"].birth_bits == 0


def test_subjects_of_other_dates_compete_for_a_passenger(variants: dict[tuple[str, str], Any]) -> None:
    # Both records are PELHAM; the list has the older one's date, so the younger one's single digit is no longer a slip.
    assert variants["36:N2", "6"].score > 0.95
    assert variants["36:N3", "6"].score < 0.05


def test_bits_are_the_arithmetic_of_the_docs(variants: dict[tuple[str, str], Any]) -> None:
    import math

    found = variants["36:N2", "6"]
    # OSCAR and PELHAM stand in 2 of 412 rows: log2(0.80 / (2.5 / 413)) each.
    assert found.name_bits == pytest.approx(2 * math.log2(0.80 / (2.5 / 413)), abs=1e-9)
    assert found.birth_bits == pytest.approx(math.log2(0.93 * 60 * 365.25), abs=1e-9)
    assert found.score_low <= found.score <= found.score_high


def test_a_document_known_from_an_earlier_journey(variants: dict[tuple[str, str], Any]) -> None:
    assert variants["36:N4", "a"].document_bits == 0  # a row does not confirm itself
    assert variants["36:N4", "b"].score > 0.9
    assert variants["36:N4", "c"].score < variants["36:N4", "b"].score


def test_the_order_of_rows_changes_nothing(spark: SparkSession) -> None:
    people = [person(1, "MOHAMMED", "CHAUDHRY")]
    rows = [passenger(1, "CHAUDHRY", "MUHAMMAD"), passenger(2, "MOHAMMED", "CHAUDHRY"), *crowd_of(60)]
    shuffled = rows[:]
    random.Random(7).shuffle(shuffled)
    hashes = []
    for given, parts in ((rows, 1), (shuffled, 3)):
        wanted, crowd, n, _ = matched(spark, people, given)
        again = crowd.repartition(parts)
        found = matching.evidence(wanted, again, matching.neighbours(wanted, again, n, ODDS), ODDS)
        hashes.append(lakehouse.content_hash(found.withColumn("name_bits", F.round("name_bits", 9))))
    assert hashes[0] == hashes[1]


# -- listings


def _airports(spark: SparkSession) -> DataFrame:
    zones = {"LGW": "Europe/London", "AGP": "Europe/Madrid", "JFK": "America/New_York", "DXB": "Asia/Dubai"}
    return tables.frame(
        spark,
        contract.AIRPORTS,
        *[{"airport": code, "time_zone": zone, "is_uk": code == "LGW", "night": NIGHT} for code, zone in zones.items()],
    )


def _flights(spark: SparkSession, sender: str, *rows: Mapping[str, str]) -> dict[str, Any]:
    judged = nights.judged(nights.raw_rows(spark, sender, "flights", rows), "flights", airports=_airports(spark))
    return {row.flight_no or f"?{n}": row for n, row in enumerate(judged.orderBy("_row_number").collect())}


def _planned(no: str, origin: str, to: str, day: str, std: str, sta: str) -> dict[str, str]:
    return {"Flight": no, "From": origin, "To": to, "Date": day, "STD": std, "STA": sta, "State": "Planned"}


def test_clock_times_of_a_schedule_are_those_of_each_airport(spark: SparkSession) -> None:
    found = _flights(
        spark,
        "skyline",
        _planned("Q9 0101", "LGW", "AGP", "28/03/2026", "13:55", "17:35"),  # the night before the clocks change
        _planned("Q9102", "LGW", "AGP", "29/03/2026", "13:55", "17:35"),  # after it: both ends an hour on
        _planned("Q9103", "LGW", "DXB", "28/03/2026", "2210", "0920"),  # lands the next day
        _planned("Q9104", "JFK", "LGW", "28/03/2026", "21:30", "09:25"),  # overnight, and through the change
        _planned("Q9105", "LGW", "JFK", "28/03/2026", "11:00", "13:55"),  # west: three hours on the clock, seven or so
        _planned("Q9106", "AGP", "LGW", "25/10/2026", "00:30", "01:20"),  # 01:20 comes twice: the first is 00:20 UTC
    )
    utc = {no: (row.departs_at.isoformat(), row.arrives_at.isoformat()) for no, row in found.items()}
    assert utc["Q9101"] == ("2026-03-28T13:55:00", "2026-03-28T16:35:00")
    assert utc["Q9102"] == ("2026-03-29T12:55:00", "2026-03-29T15:35:00")
    assert utc["Q9103"] == ("2026-03-28T22:10:00", "2026-03-29T05:20:00")
    assert utc["Q9104"] == ("2026-03-29T01:30:00", "2026-03-29T08:25:00")
    assert utc["Q9105"] == ("2026-03-28T11:00:00", "2026-03-28T17:55:00")
    assert utc["Q9106"][0] == "2026-10-24T22:30:00"
    assert found["Q9103"].departs_on == dt.date(2026, 3, 28)
    assert found["Q9103"].arrives_on == dt.date(2026, 3, 29)
    assert [found[no].direction for no in ("Q9101", "Q9104")] == ["OUTBOUND", "INBOUND"]
    assert all(row.reason is None for row in found.values())


def test_three_layouts_give_the_same_flight(spark: SparkSession) -> None:
    planned = _flights(spark, "skyline", _planned("Q9101", "LGW", "AGP", "29/03/2026", "13:55", "17:35"))["Q9101"]
    board = {"A/D": "D", "ARPT": "LGW", "FLT": "Q9101", "TO/FROM": "AGP", "SCHED": "29-Mar-2026 1355", "STATE": "SCH"}
    listed = _flights(spark, "southgate", board)["Q9101"]
    leg = {
        "origin": "LGW",
        "destination": "AGP",
        "off_blocks": "2026-03-29T12:55:00Z",
        "on_blocks": "2026-03-29T15:35:00Z",
    }
    own = _flights(spark, "bluewing", {"flight": {"designator": "Q9 101", "state": "planned"}, "leg": leg})["Q9101"]
    for row in (planned, listed, own):
        assert (row.departs_at, row.departs_on, row.direction) == (planned.departs_at, dt.date(2026, 3, 29), "OUTBOUND")
    assert (own.arrives_at, own.flight_id) == (planned.arrives_at, planned.flight_id)
    assert listed.arrives_at is None


def test_a_listing_that_cannot_be_placed_in_time_is_refused(spark: SparkSession) -> None:
    found = _flights(
        spark,
        "skyline",
        _planned("Q9101", "LGW", "XXX", "29/03/2026", "13:55", "17:35"),  # nobody knows its zone
        _planned("Q9102", "LGW", "AGP", "29/03/2026", "25:99", ""),
        _planned("flight", "LGW", "AGP", "29/03/2026", "13:55", "17:35"),
    )
    assert [row.reason for row in found.values()] == ["BAD_CODE", "MISSING_REQUIRED", "BAD_CODE"]


def test_an_arrivals_list_completes_the_flight_that_left_the_day_before(spark: SparkSession) -> None:
    at = {"flight_no": "Q9103", "from_airport": "DXB", "to_airport": "LGW", "direction": "INBOUND", "night": NIGHT}
    left = {
        "flight_id": "1",
        "departs_at": dt.datetime(2026, 3, 28, 20, tzinfo=dt.UTC),
        "departs_on": dt.date(2026, 3, 28),
    }
    landed = {
        "flight_id": "2",
        "arrives_at": dt.datetime(2026, 3, 29, 3, tzinfo=dt.UTC),
        "arrives_on": dt.date(2026, 3, 29),
    }
    legs = travel_matches.timetable(tables.frame(spark, contract.FLIGHTS, {**at, **left}, {**at, **landed}))
    found = {row.flight_on: (row.departs_at, row.arrives_at) for row in legs.collect()}
    assert found[dt.date(2026, 3, 28)] == (dt.datetime(2026, 3, 28, 20), dt.datetime(2026, 3, 29, 3))


# -- passengers


def test_names_of_three_forms_are_divided(spark: SparkSession) -> None:
    flight = {"Flight": "Q9101", "From": "NWI", "To": "AGP", "Flight Date": "14Mar2026", "Seat": "4A"}
    one = {**flight, "DOB": "17Apr1986", "Document": "xs 12-3", "Basis": "Court order", "Authority": "ORD/7"}
    given = ("PIKE/DEANMR", "O'Brien, Mary Ann", "Mr Dean Pike", "Cher", "LEE/AMR")
    rows = [{**one, "Traveller": name, "PNR": f"R{n}"} for n, name in enumerate(given)]
    rows.append({**one, "Traveller": "PIKE/DEAN", "Authority": ""})
    judged = nights.judged(nights.raw_rows(spark, "skyline", "flight_passengers", rows), "flight_passengers")
    found = [(row.forename, row.surname) for row in judged.orderBy("_row_number").collect()]
    assert found[:5] == [("DEAN", "PIKE"), ("MARY ANN", "O'BRIEN"), ("DEAN", "PIKE"), (None, "CHER"), ("AMR", "LEE")]
    reasons = [row.reason for row in judged.orderBy("_row_number").collect()]
    assert reasons == [None] * 5 + ["NO_LAWFUL_BASIS"]
    first = judged.orderBy("_row_number").first()
    assert (first.document_no, first.born_on, first.basis) == ("XS123", BORN, "ORDER")


def test_splitting_a_file_changes_nothing(spark: SparkSession) -> None:
    one = {"Flight": "Q9101", "From": "NWI", "To": "AGP", "Flight Date": "14Mar2026", "DOB": "17Apr1986", "Seat": "4A",
           "Basis": "On request", "Authority": "R/1"}  # fmt: skip
    rows = [{**one, "Traveller": f"PIKE/D{chr(65 + n)}", "PNR": f"R{n}", "Document": f"XX{n}"} for n in range(20)]
    whole = nights.raw_rows(spark, "skyline", "flight_passengers", rows)
    halves = nights.raw_rows(spark, "skyline", "flight_passengers", rows[11:] + rows[3:9]).unionByName(
        nights.raw_rows(spark, "skyline", "flight_passengers", rows[9:11] + rows[:3] + rows[:5])  # some rows twice
    )
    kept = [
        conform.accepted(nights.judged(given, "flight_passengers"), "flight_passengers").drop("_row_number", "_file")
        for given in (whole, halves)
    ]
    assert lakehouse.content_hash(kept[0]) == lakehouse.content_hash(kept[1])


# -- pairs and silences


def _best(
    spark: SparkSession, people: Sequence[Any], rows: Sequence[Any], *flights: Any
) -> tuple[DataFrame, DataFrame]:
    wanted, crowd, n, found = matched(spark, people, rows)
    made = matching.scored(found, wanted, crowd, n, ODDS)
    legs = travel_matches.timetable(tables.frame(spark, contract.FLIGHTS, *flights))
    return travel_matches.best(made, wanted, crowd, legs, CHOSEN["kept_from"]).persist(), crowd


def test_pairs_beyond_chance_and_their_null_model(spark: SparkSession) -> None:
    days = [NIGHT - dt.timedelta(days=7 * n) for n in range(12)]
    rows = []
    for k, day in enumerate(days):  # twelve flights of 30 strangers; the pair shares four of them
        rows += [{**r, "passenger_id": f"{k}{n:04d}".zfill(32), "flight_on": day, "document_no": f"D{k}-{n}"}
                 for n, r in enumerate(crowd_of(30))]  # fmt: skip
    for k in range(4):
        rows.append(passenger(k, "OSCAR", "PELHAM", document_no="XS1", flight_on=days[3 * k], booking_ref=f"S{k}"))
        rows.append(passenger(50 + k, "VERA", "UNWIN", dt.date(2010, 1, 2), document_no="XF1", flight_on=days[3 * k]))
    found, crowd = _best(spark, [person(1, "OSCAR", "PELHAM")], rows)
    pairs = co_travel.together(found, crowd, **FROM).collect()
    (pair,) = pairs
    # k = m = 4 journeys; flights list 32 people (four) or 30 (eight), 368 in all: sum((n/N)^2) = 0.08341 -> 1.335.
    assert pair.n_shared == 4
    assert pair.expected == pytest.approx(16 * (4 * 32**2 + 8 * 30**2) / 368**2, abs=1e-9)
    # P(Poisson(1.335) >= 4) = 0.0466; 4 x 30 strangers and the other: 121 tests, so it is not beyond chance here.
    assert pair.rate > 0.9


def test_a_silence_that_matches_a_journey(spark: SparkSession) -> None:
    out = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
    back = out + dt.timedelta(days=5)
    at = {"flight_no": "Q9101", "from_airport": "NWI", "to_airport": "AGP", "night": NIGHT, "direction": "OUTBOUND"}
    home = {"flight_no": "Q9102", "from_airport": "AGP", "to_airport": "NWI", "night": NIGHT, "direction": "INBOUND"}
    hour = dt.timedelta(hours=1)
    flights = (
        {**at, "flight_id": "1", "departs_at": out, "arrives_at": out + 3 * hour, "departs_on": out.date()},
        {**home, "flight_id": "2", "departs_at": back, "arrives_at": back + 3 * hour, "departs_on": back.date()},
    )
    rows = [
        passenger(1, "OSCAR", "PELHAM", flight_on=out.date()),
        passenger(2, "OSCAR", "PELHAM", flight_on=back.date(), **{k: home[k] for k in travel_matches.LEG[:3]}),
        *crowd_of(),
    ]  # fmt: skip
    start = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    moments = [start + dt.timedelta(hours=2 * n, minutes=n % 50) for n in range(12 * 50)]
    events = [
        {
            "event_id": f"e{n}",
            "a_number": "+447700900123",
            "b_number": "+447700900999",
            "type": "SMS",
            "started_at": moment,
        }
        for n, moment in enumerate(moments)
        if not out - hour < moment < back + 4 * hour
    ]
    masked = [
        {**events[0], "event_id": "x", "started_at": out + 20 * hour, "is_excess": True},
        {**events[0], "event_id": "y", "started_at": out + 30 * hour, "is_protected": True},
    ]
    found, _ = _best(spark, [person(1, "OSCAR", "PELHAM", phone="+447700900123")], rows, *flights)
    granted = telephony.authorisations(spark, {"auth_urn": "auth_urn"})
    # Masked events would break the silence: the gate takes them out.
    held = access.usable(tables.frame(spark, silver.COMMS_EVENTS, *events, *masked), granted, NIGHT)
    made = phone_gaps.rows(found, held, NIGHT, by_chance=CHOSEN["gap_by_chance"], **FROM).collect()
    (gap,) = [row for row in made if row.flight_no == "Q9101"]
    assert "out and back" in gap.reasons[0]["text"]
    assert gap.reasons[0]["source_table"] == "silver.comms_events"
    assert gap.score > 0.99
    ids = {reason["source_id"] for reason in gap.reasons}
    assert not ids & {"x", "y"}
    # Silent every night from 23 to 7: a short flight in such a night proves nothing.
    nightly = [e for e in events if 7 <= e["started_at"].hour < 23]
    quiet = phone_gaps.rows(found, telephony.usable(spark, nightly), NIGHT, by_chance=0.0001, **FROM)
    assert quiet.isEmpty()
