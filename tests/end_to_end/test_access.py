"""One gate for communications data: what it says on a night holds for everybody who reads, not for some of them.

Four people, each with a telephone under an authorisation of its own. On the second night one window is cut, one kind
changed to entity data alone and one protected profession flagged, all after the data had arrived; and rows of a
protected profession, hidden at first, are approved. Each reader is asked on both nights whom it still sees.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest
from pyspark.sql import SparkSession

from jobs.night.assets import leads as leads_asset
from jobs.night.assets import network as network_asset
from jobs.night.assets import travel as travel_asset
from jobs.pages import comms_research as research_page
from jobs.pages import notebook, review_comms_leads
from jobs.profile import html as profile_html
from jobs.profile import profile
from jobs.research import comms as research
from jobs.runtime.context import RunContext
from pipelines.comms import identifiers
from pipelines.network.entities import ids as entity_ids
from schemas import leads, network, silver, travel
from schemas.contract import Table
from tests.support import notebook_world, telephony
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]

FIRST, SECOND = dt.date(2026, 3, 28), dt.date(2026, 3, 29)
CUT, KIND, FLAGGED, APPROVED = CASES = ("cut", "kind", "flagged", "approved")
NAMES = {
    CUT: ("OSCAR", "PELHAM"),
    KIND: ("EDMUND", "FROST"),
    FLAGGED: ("CELIA", "TUNBRIDGE"),
    APPROVED: ("IVAN", "MOSS"),
}
PHONES = {case: telephony.number(n) for n, case in enumerate(CASES, start=1)}
OTHERS = {case: telephony.number(n) for n, case in enumerate(CASES, start=11)}
PEOPLE = {case: f"36:N{n}" for n, case in enumerate(CASES)}
EVENTS_AS_OF = {FIRST: {CUT, KIND, FLAGGED}, SECOND: {APPROVED}}
HOLDERS_AS_OF = {FIRST: {CUT, KIND, FLAGGED}, SECOND: {KIND, APPROVED}}  # entity data is held under either kind
GRANTED, EXPIRES = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 3, 27, tzinfo=dt.UTC)
OUT, HOURS = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC), dt.timedelta(hours=1)
BACK = OUT + dt.timedelta(days=5)
HANDSETS = ("490154203237518", "356938035643809")


def authorisations() -> list[dict[str, Any]]:
    first = {
        case: {"night": FIRST, "auth_urn": f"CD/{case}", "kind": "EVENTS", "granted_at": GRANTED, "expires_at": EXPIRES}
        for case in CASES
    }
    first[APPROVED]["is_protected_profession"] = True
    since = {
        CUT: {"expires_at": GRANTED + dt.timedelta(days=2)},
        KIND: {"kind": "ENTITY"},
        FLAGGED: {"is_protected_profession": True},
        APPROVED: {"approved_at": EXPIRES},
    }
    return [*first.values(), *({**first[case], **since[case], "night": SECOND} for case in CASES)]


def held(case: str) -> dict[str, Any]:
    """How a row of a case arrived, on the first night."""
    return {"night": FIRST, "auth_urn": f"CD/{case}", "operator": "north", "is_protected": case == APPROVED}


def events(case: str) -> list[dict[str, Any]]:
    """A text every four hours but during the journey, each from the other of two handsets."""
    start = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    moments = (start + 4 * n * HOURS + dt.timedelta(minutes=n % 50) for n in range(300))
    return [
        {**held(case), "event_id": f"{case}-{n}", "a_number": PHONES[case], "b_number": OTHERS[case], "type": "SMS",
         "imei": HANDSETS[n % 2], "started_at": moment, "direction": "OUTGOING"}
        for n, moment in enumerate(moments)
        if not OUT - HOURS < moment < BACK + 4 * HOURS
    ]  # fmt: skip


def legs_of_the_journey() -> tuple[dict[str, Any], dict[str, Any]]:
    out = {"flight_no": "Q9101", "carrier": "Q9", "from_airport": "NWI", "to_airport": "AGP"}
    back = {"flight_no": "Q9102", "carrier": "Q9", "from_airport": "AGP", "to_airport": "NWI"}
    return out, back


def travellers() -> list[dict[str, Any]]:
    """The four on both flights, among four hundred whom nobody looks for."""
    found = []
    for leg, on in zip(legs_of_the_journey(), (OUT, BACK), strict=True):
        for n, case in enumerate(CASES):
            forename, surname = NAMES[case]
            found.append({**leg, "forename": forename, "surname": surname, "born_on": dt.date(1980 + n, 2, 3),
                          "flight_on": on.date(), "name": f"{forename} {surname}"})  # fmt: skip
    crowd = [(f"FORENAME{n % 20:02d}", f"SURNAME{n // 20:02d}") for n in range(400)]
    found += [
        {**legs_of_the_journey()[0], "forename": a, "surname": b, "name": f"{a} {b}", "flight_on": OUT.date(),
         "born_on": dt.date(1950, 1, 3) + dt.timedelta(days=53 * n)}
        for n, (a, b) in enumerate(crowd)
    ]  # fmt: skip
    return [{"night": FIRST, "passenger_id": f"{n:032x}", "basis": "API", **row} for n, row in enumerate(found)]


def tables() -> list[tuple[Table, list[dict[str, Any]]]]:
    out, back = legs_of_the_journey()
    flights = [
        {"night": FIRST, "flight_id": flight_id, "direction": direction, "departs_at": at, "arrives_at": at + 3 * HOURS,
         "departs_on": at.date(), "arrives_on": at.date(), **leg}
        for flight_id, direction, at, leg in (("1", "OUTBOUND", OUT, out), ("2", "INBOUND", BACK, back))
    ]  # fmt: skip
    people, cases, holders = [], [], []
    for n, case in enumerate(CASES):
        forename, surname = NAMES[case]
        people.append({"night": FIRST, "person_id": PEOPLE[case], "force": "36", "forename": forename,
                       "surname": surname, "born_on": dt.date(1980 + n, 2, 3), "phone": PHONES[case],
                       "postcode": f"NR{n + 1} 1IA"})  # fmt: skip
        cases.append({"night": FIRST, "person_id": PEOPLE[case], "force": "36", "investigation_id": f"36:I{n}",
                      "role": "SUSPECT", "status": "OPEN"})  # fmt: skip
        holders.append({**held(case), "subscriber_id": case, "number": PHONES[case], "name": f"{forename} {surname}",
                        "postcode": f"NR{n + 1} 1IA", "from_on": dt.date(2026, 1, 20)})  # fmt: skip
    return [
        (silver.PEOPLE, people),
        (silver.INVESTIGATIONS, cases),
        (silver.COMMS_AUTHORISATIONS, authorisations()),
        (silver.COMMS_EVENTS, [event for case in CASES for event in events(case)]),
        (silver.COMMS_SUBSCRIBERS, holders),
        (travel.FLIGHTS, flights),
        (travel.PASSENGERS, travellers()),
    ]


@pytest.fixture(scope="module")
def ctx(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    """The lakehouse of both nights, with the network of each resolved."""
    made = nights.ctx(tmp_path_factory.mktemp("access"))
    for table, rows in tables():
        notebook_world.save(spark, made.settings.home, table, rows)
    resource = dg.ResourceDefinition.hardcoded_resource(made)
    for night in (FIRST, SECOND):
        assert dg.materialize(network_asset.ALL, resources={"ctx": resource}, partition_key=night.isoformat()).success
        list(leads_asset.comms_leads(made, night))
    return made


def seen(values: dict[str, str], found: set[str]) -> set[str]:
    """The cases of which a value was found."""
    return {case for case, value in values.items() if value in found}


def in_research(ctx: RunContext, night: dt.date) -> set[str]:
    wanted, _ = identifiers.read(list(PHONES.values()))
    return seen(OTHERS, {row.other for row in research.picture(ctx, wanted, night)["contacts"].collect()})


def as_suggested(ctx: RunContext, night: dt.date) -> set[str]:
    session = notebook.NotebookSession("access", ctx)
    return seen(PHONES, set(research_page.open_list(session, night=night.isoformat(), reviewer="a.analyst").subjects))


def in_leads(ctx: RunContext, night: dt.date) -> set[str]:
    rows = ctx.lake.read(leads.COMMS_LEADS).where(f"night = '{night}'").collect()
    return seen(PHONES, {number for row in rows for number in row.numbers})


def in_edges(ctx: RunContext, night: dt.date) -> set[str]:
    rows = ctx.lake.read(network.EDGES).where(f"night = '{night}' AND kind = 'CALLED'").collect()
    ids = {case: entity_ids.new_id("PHONE", number) for case, number in PHONES.items()}
    return seen(ids, {row.from_id for row in rows})


def in_phone_gaps(ctx: RunContext, night: dt.date) -> set[str]:
    rows = travel_asset.matches_of(ctx, night).where("kind = 'PHONE_GAP'").collect()
    return seen(PEOPLE, {row.person_id for row in rows})


def on_the_page_of_leads(ctx: RunContext, night: dt.date) -> set[str]:
    session = notebook.NotebookSession("access", ctx)
    opened = review_comms_leads.open_queue(session, night=night.isoformat(), force="", reviewer="a.analyst")
    named = [{"table": silver.COMMS_EVENTS.path, "id": f"{case}-0"} for case in CASES]
    page = review_comms_leads.open_lead(opened, {**opened.rows[0], "source_rows": named})
    return {case for case in CASES if f"CD/{case}" in page}


def in_profiles(ctx: RunContext, night: dt.date) -> set[str]:
    pages = {case: profile_html.page(profile.gather(ctx, PEOPLE[case], night)) for case in CASES}
    return {case for case, page in pages.items() if OTHERS[case] in page}


def holders_in_research(ctx: RunContext, night: dt.date) -> set[str]:
    """Who is on record for a number; without its calls there is no day to be on record for."""
    wanted, _ = identifiers.read(list(PHONES.values()))
    return seen(PHONES, {row.number for row in research.picture(ctx, wanted, night)["holders"].collect()})


def holders_in_edges(ctx: RunContext, night: dt.date) -> set[str]:
    rows = ctx.lake.read(network.EDGES).where(f"night = '{night}' AND kind = 'USES_PHONE'").collect()
    ids = {case: entity_ids.new_id("PHONE", number) for case, number in PHONES.items()}
    return seen(ids, {r.to_id for r in rows if silver.COMMS_SUBSCRIBERS.path in {e.table for e in r.evidence}})


READERS: tuple[tuple[Callable[[RunContext, dt.date], set[str]], dict[dt.date, set[str]]], ...] = (
    (in_research, EVENTS_AS_OF),
    (as_suggested, EVENTS_AS_OF),
    (in_leads, EVENTS_AS_OF),
    (in_edges, EVENTS_AS_OF),
    (in_phone_gaps, EVENTS_AS_OF),
    (on_the_page_of_leads, EVENTS_AS_OF),
    (in_profiles, EVENTS_AS_OF),
    (holders_in_research, EVENTS_AS_OF),
    (holders_in_edges, HOLDERS_AS_OF),
)


@pytest.mark.parametrize(("reader", "expected"), READERS, ids=lambda value: getattr(value, "__name__", ""))
def test_every_reader_sees_what_may_be_used_that_night(
    ctx: RunContext, reader: Callable[[RunContext, dt.date], set[str]], expected: dict[dt.date, set[str]]
) -> None:
    assert {night: reader(ctx, night) for night in (FIRST, SECOND)} == expected
