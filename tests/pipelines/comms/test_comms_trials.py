"""What telephone data does in the field, in one run: clocks, midnights, both sides of a call, numbers with new holders.

One frame of events holds every trial, each with numbers of its own, so that the research of all of them is done once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from jobs.research import comms as research_comms
from pipelines.comms import access, identifiers
from pipelines.comms import calls as comms_calls
from pipelines.comms import research as tables
from pipelines.comms.leads import usage
from pipelines.travel import phone_gaps
from tests.support import telephony

N = telephony.number
NIGHT = dt.date(2026, 1, 5)
BELGIUM = "+3225550199"
HANDSET = "260531793113837"


def trials() -> list[dict[str, Any]]:
    event = telephony.event
    found = [
        # 1: the hour that comes twice, and a midnight of the wall clock that is 23:00 UTC
        event("2025-10-26T00:30:00", N(1), N(101)),
        event("2025-10-26T01:30:00", N(1), N(101)),
        event("2025-07-01T22:59:59", N(1), N(102), duration_s=120.0, first_cell="A", last_cell="B"),
        event("2025-07-01T23:00:00", N(1), N(102), type="SMS", duration_s=0.0),
        # 2: both providers' sides of one call, clocks two seconds apart; the called side knows its own handset
        event("2025-11-01T10:00:00", N(2), N(3), first_cell="A", imei=HANDSET),
        event("2025-11-01T10:00:02", N(2), N(3), operator="south", direction="INCOMING", first_cell="S1"),
        event("2025-11-01T10:05:00", N(2), N(3), first_cell="A", imei=HANDSET),  # a second call
        # 4: a number ported from one provider to the other
        event("2025-05-01T09:00:00", N(4), N(101)),
        event("2025-06-01T09:00:00", N(4), N(101), operator="south"),
        # 5: international, short code, a sender's name, withheld in and out, and data
        event("2025-11-02T10:00:00", N(5), BELGIUM),
        event("2025-11-02T11:00:00", N(5), "60066", type="SMS"),
        event("2025-11-02T11:01:00", "BankAlert", N(5), type="SMS", direction="INCOMING"),
        event("2025-11-02T12:00:00", None, N(5), direction="INCOMING"),
        event("2025-11-02T12:00:00", None, N(5), direction="INCOMING", _n=2),
        event("2025-11-02T13:00:00", N(5), None, type="DATA", direction="UNKNOWN"),
        # 6: nothing long, and eleven hours; a silence
        event("2025-11-03T10:00:00", N(6), N(101), duration_s=0.0),
        event("2025-11-03T10:00:10", N(6), N(101), duration_s=40_000.0),
        event("2025-11-20T10:00:00", N(6), N(101)),
        # 7: a handset that two numbers used; the first number changed hands
        event("2025-03-01T10:00:00", N(7), N(101), imei=HANDSET, imsi="001010000000007"),
        event("2025-09-01T10:00:00", N(7), N(101)),
        event("2025-09-01T11:00:00", N(8), N(101), imei=HANDSET, imsi="001010000000008"),
        # 9 and 10: near each other though of different providers; a cell that moves is elsewhere later
        event("2025-12-01T10:01:00", N(9), N(101), first_cell="A"),
        event("2025-12-01T10:20:00", N(10), N(102), operator="south", first_cell="S1"),
        event("2025-12-02T10:01:00", N(9), N(101), first_cell="M"),
        event("2025-12-20T10:01:00", N(9), N(101), first_cell="M"),
        # 11: what may not be shown
        event("2025-12-01T10:00:00", N(11), N(666), is_excess=True),
        event("2025-12-01T11:00:00", N(11), N(667), auth_urn="CD/HIDDEN", is_protected=True),
        event("2025-12-01T12:00:00", N(11), N(101), auth_urn="CD/APPROVED", is_protected=True),
        event("2025-12-01T13:00:00", N(11), N(668), auth_urn="CD/ENTITY"),
        event("2025-12-01T14:00:00", N(11), N(669), auth_urn="CD/SHORT"),
    ]  # fmt: skip
    # 12: ten thousand texts in one second
    found += [event("2025-12-03T12:00:00", N(12), N(200), type="SMS", _n=n) for n in range(10_000)]
    return found


def cells() -> list[dict[str, Any]]:
    place = {"latitude": 52.63, "longitude": 1.30}
    return [
        {"cell": "A", **place},
        {"cell": "B", "latitude": 52.72, "longitude": 1.30},
        {"cell": "S1", "operator": "south", "latitude": 52.635, "longitude": 1.30},
        {"cell": "M", **place, "to_on": dt.date(2025, 12, 10)},
        {"cell": "M", "latitude": 52.93, "longitude": 1.30, "from_on": dt.date(2025, 12, 11)},
    ]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, list[Row]]:
    """Every table of the research of numbers 1 to 12, collected."""
    wanted, _ = identifiers.read([N(n) for n in range(1, 13)])
    frame = identifiers.frame(spark, wanted)
    granted = telephony.authorisations(
        spark,
        {"auth_urn": "CD/1"},
        {"auth_urn": "CD/HIDDEN", "is_protected_profession": True},
        {"auth_urn": "CD/APPROVED", "is_protected_profession": True, "approved_at": telephony.GRANTED},
        {"auth_urn": "CD/ENTITY", "kind": "ENTITY"},
        {"auth_urn": "CD/SHORT", "expires_at": dt.datetime(2025, 2, 1, tzinfo=dt.UTC)},
    )
    subscribers = telephony.subscribers(
        spark,
        {"number": N(7), "name": "ADA", "from_on": dt.date(2024, 1, 1), "to_on": dt.date(2025, 5, 31)},
        {"number": N(7), "name": "BO", "from_on": dt.date(2025, 7, 1)},
        {"number": N(7), "name": "NOBODY MAY SEE", "from_on": dt.date(2025, 7, 2), "is_excess": True},
    )
    events = access.usable(telephony.events(spark, trials()), granted, NIGHT)
    legs = comms_calls.of_subjects(comms_calls.legs(comms_calls.calls(events)), wanted).persist()
    kept = access.usable_subscribers(subscribers, granted, NIGHT)
    made = research_comms.questions(legs, frame, kept, telephony.cells(spark, *cells()), tables.Options())
    return {name: df.collect() for name, df in {"legs": legs, **made}.items()}


def of(rows: list[Row], n: int) -> list[Row]:
    return [r for r in rows if r.subject == N(n)]


def test_the_hour_that_comes_twice_is_one_hour_of_the_clock_and_two_calls(found: dict[str, list[Row]]) -> None:
    (hour,) = [r for r in of(found["hours"], 1) if r.weekday == 7]
    assert (hour.hour, hour.n) == (1, 2)  # 00:30 and 01:30 UTC are both 01:30 that Sunday
    assert {(r.weekday, r.hour) for r in of(found["hours"], 1)} == {(7, 1), (2, 23), (3, 0)}  # 23:00 UTC is Wednesday
    (route,) = [r for r in of(found["routes"], 1) if r.km is not None]
    assert route.km == pytest.approx(10.0, abs=0.05)  # 0.09 degrees of latitude
    assert route.minutes == pytest.approx(2.0)  # the call's length: it ends at the other cell, after midnight


def test_both_sides_of_a_call_are_one_call(found: dict[str, list[Row]]) -> None:
    (contact,) = of(found["contacts"], 2)
    assert (contact.other, contact.n, contact.n_calls, contact.talk_s, contact.is_listed) == (N(3), 2, 2, 120.0, True)
    (mirrored,) = of(found["contacts"], 3)
    assert (mirrored.other, mirrored.n, mirrored.n_in) == (N(2), 2, 2)
    legs = {(r.number, r.started_at.minute): r for r in found["legs"] if r.number in (N(2), N(3))}
    assert (legs[N(2), 0].imei, legs[N(2), 0].first_cell) == (HANDSET, "A")
    assert (legs[N(3), 0].imei, legs[N(3), 0].first_cell) == (None, "S1")  # a handset is never the other side's
    assert len(legs[N(2), 0].event_ids) == 2


def test_a_ported_number_names_both_providers(found: dict[str, list[Row]]) -> None:
    (row,) = of(found["summary"], 4)
    assert row.operators == ["north", "south"]


def test_foreign_short_named_and_withheld_parties(found: dict[str, list[Row]]) -> None:
    kinds = {r.other: r.other_kind for r in of(found["contacts"], 5)}
    assert kinds == {BELGIUM: "INTERNATIONAL", "60066": "SERVICE", "BankAlert": "SERVICE"}
    (row,) = of(found["summary"], 5)
    assert (row.n, row.n_withheld, row.n_data, row.n_contacts) == (6, 2, 1, 3)
    common = {r.other for r in found["common_contacts"]}
    assert N(101) in common
    assert not common & {"60066", "BankAlert"}


def test_lengths_of_nothing_and_of_eleven_hours_and_a_silence(found: dict[str, list[Row]]) -> None:
    (row,) = of(found["summary"], 6)
    assert (row.n, row.talk_s) == (3, 40_060.0)
    (gap,) = of(found["gaps"], 6)
    assert gap.days == pytest.approx(17 - 10 / 86_400)


def test_a_number_that_changed_hands_and_a_handset_that_two_used(found: dict[str, list[Row]]) -> None:
    assert {(r.name, r.n_events) for r in of(found["holders"], 7)} == {("ADA", 1), ("BO", 1)}
    (shared,) = [r for r in found["shared_equipment"] if r.kind == "IMEI"]
    assert (shared.value, shared.with_numbers) == (HANDSET, [N(2), N(7), N(8)])
    assert shared.with_other == ["001010000000007", "001010000000008"]


def test_near_each_other_across_providers_and_a_cell_that_moves(found: dict[str, list[Row]]) -> None:
    (met,) = [r for r in found["together"] if (r["first"], r.second) == (N(9), N(10))]
    assert (met.n_stretches, met.n_days) == (1, 1)  # 0.005 degrees are 560 m
    latitudes = [r.latitude for r in sorted(of(found["routes"], 9), key=lambda r: r.at)]
    assert latitudes == [52.63, 52.93]  # the same cell on the 2nd was where the first was; on the 20th it had moved


def test_excess_and_hidden_rows_are_in_no_table(found: dict[str, list[Row]]) -> None:
    shown = str(found)
    for n in (666, 667, 668, 669):
        assert N(n) not in shown
    assert "NOBODY" not in shown
    (contact,) = of(found["contacts"], 11)
    assert (contact.other, contact.n) == (N(101), 1)  # approved since


def test_ten_thousand_events_in_one_second_are_ten_thousand(found: dict[str, list[Row]]) -> None:
    (contact,) = of(found["contacts"], 12)
    assert (contact.n, contact.n_texts, contact.n_days) == (10_000, 10_000, 1)


def test_identifiers_are_read_as_people_write_them() -> None:
    wanted, unread = identifiers.read(
        ["07700 900001; seized 3 May", "+447700900001", "# a comment", "26-053179-311383-7", "imsi: 001010000000007",
         "260531793113839", "60066", "account:BankAlert", "??", ""]
    )  # fmt: skip
    assert [(w.kind, w.value) for w in wanted] == [
        ("NUMBER", N(1)), ("IMSI", "001010000000007"), ("IMEI", HANDSET), ("IMSI", "260531793113839"),
        ("NUMBER", "60066"), ("NUMBER", "BankAlert"),
    ]  # fmt: skip
    assert unread == ["??"]


def test_the_order_of_records_makes_no_difference(spark: SparkSession) -> None:
    rows = [r for r in trials() if N(12) != r["a_number"]]

    def made(order: list[dict[str, Any]], parts: int) -> DataFrame:
        events = telephony.usable(spark, order).repartition(parts)
        return comms_calls.legs(comms_calls.calls(events))

    one, other = made(rows, 1), made(rows[::-1], 5)
    assert sorted(map(str, one.collect())) == sorted(map(str, other.collect()))


def test_events_that_did_not_pass_the_gate_are_refused(spark: SparkSession) -> None:
    table = telephony.events(spark, [telephony.event("2025-12-01T10:00:00", N(1), N(2))])
    nothing = spark.createDataFrame([], "number string, phone string")
    readers = (
        lambda: comms_calls.calls(table),
        lambda: usage.usage(table, nothing, telephony.cells(spark), nothing, usage.Recycling(days=60)),
        lambda: phone_gaps.silences(table, nothing),
    )
    for read in readers:
        with pytest.raises(ValueError, match=r"silver\.comms_events with is_excess, is_protected"):
            read()


def test_of_two_clocks_the_callers_says_when_and_each_record_speaks_for_its_own_side(spark: SparkSession) -> None:
    given = [
        telephony.event("2025-12-01T10:00:02", N(1), N(2), imei="490154203237518"),
        telephony.event(
            "2025-12-01T10:00:00", N(1), N(2), operator="south", direction="INCOMING", imei="356938035643809"
        ),
    ]
    (call,) = comms_calls.calls(telephony.usable(spark, given)).collect()
    assert call.started_at.second == 2
    assert (call.a_imei, call.b_imei) == ("490154203237518", "356938035643809")
    assert call.operators == ["north", "south"]
    assert call.event_ids == sorted(row["event_id"] for row in given)
    assert call.call_id == call.event_ids[0]


def test_a_leg_that_two_identifiers_of_one_subject_name_is_there_once(spark: SparkSession) -> None:
    given = [telephony.event("2025-12-01T10:00:00", N(1), N(2), imei="490154203237518", imsi="001010123456789")]
    legs = comms_calls.legs(comms_calls.calls(telephony.usable(spark, given)))
    wanted = [
        identifiers.Wanted("S", "NUMBER", N(1)),
        identifiers.Wanted("S", "IMEI", "490154203237518"),
        identifiers.Wanted("T", "IMSI", "001010123456789"),
    ]
    found = comms_calls.of_subjects(legs, wanted).collect()
    assert sorted((row.subject, row.number, row.is_out) for row in found) == [("S", N(1), True), ("T", N(1), True)]
