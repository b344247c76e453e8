"""Calls of a profile: whose handset, SIM and cell a record tells of, how often a call counts, and missing children."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.profile import children
from jobs.profile import comms as profile_comms
from jobs.runtime import settings as job_settings
from jobs.runtime.context import RunContext
from pipelines.comms import calls, identifiers, research
from schemas import silver
from tests.support import notebook_world, telephony

pytestmark = pytest.mark.spark

NIGHT = dt.date(2026, 3, 28)
MINE, OTHER, THIRD = (telephony.number(n) for n in (1, 2, 3))
OPTIONS = research.Options()
HANDSETS = tuple(f"35693803564380{n}" for n in range(6))
SIMS = tuple(f"00101012345678{n}" for n in range(6))
CELLS = tuple(f"001-01-100{n}-1" for n in range(6))
PARTIES = st.sampled_from((MINE, OTHER, THIRD, None))
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "a_number": PARTIES, "b_number": PARTIES, "direction": st.sampled_from(("OUTGOING", "INCOMING", "UNKNOWN")),
            "second": st.integers(0, 30), "operator": st.sampled_from(("north", "south")),
            "imei": st.sampled_from((*HANDSETS, None)), "imsi": st.sampled_from((*SIMS, None)),
            "first_cell": st.sampled_from((*CELLS, None)),
        }
    ),
    min_size=1, max_size=40,
)  # fmt: skip


def event(n: int, record: dict[str, Any]) -> dict[str, Any]:
    at = dt.datetime(2026, 3, 1, 10, 0, record["second"], tzinfo=dt.UTC)
    told = {name: value for name, value in record.items() if name != "second"}
    return {"event_id": f"{n:064d}", "auth_urn": "CD/1", "type": "VOICE", "started_at": at, **told}


def written_for(record: dict[str, Any]) -> str | None:
    """Number of the side whose provider wrote the record."""
    return record["b_number"] if record["direction"] == "INCOMING" else record["a_number"]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(records=RECORDS)
def test_no_device_or_cell_is_in_a_profile_that_no_record_of_its_number_holds(
    records: list[dict[str, Any]], spark: SparkSession
) -> None:
    held = {row["event_id"]: row for row in (event(n, record) for n, record in enumerate(records))}
    legs = profile_comms.of_numbers(telephony.usable(spark, list(held.values())), (MINE,), OPTIONS).persist()
    shown = profile_comms.figures(legs)
    own = [row for row in held.values() if written_for(row) == MINE]
    columns = {"handset (IMEI)": "imei", "SIM (IMSI)": "imsi"}
    devices = {(row["kind"], row["value"], row["number"]) for row in shown.handsets}
    assert devices == {(kind, row[name], MINE) for kind, name in columns.items() for row in own if row[name]}
    assert {row["cell"] for row in shown.cells} == {row["first_cell"] for row in own if row["first_cell"]}
    for row in shown.handsets:  # what a statement rests on is a record that tells it
        for named in (held[event_id] for event_id in (*row["first_ids"], *row["last_ids"])):
            assert (written_for(named), named[columns[row["kind"]]]) == (MINE, row["value"])
    for row in shown.cells:
        assert {held[event_id]["first_cell"] for event_id in (*row["first_ids"], *row["last_ids"])} == {row["cell"]}
    legs.unpersist()


def test_a_profile_counts_what_bulk_research_counts(spark: SparkSession) -> None:
    rows = [
        telephony.event("2026-03-01T10:00:00", MINE, OTHER, imei=HANDSETS[0], first_cell=CELLS[0]),
        telephony.event("2026-03-01T10:00:02", MINE, OTHER, direction="INCOMING", operator="south", imei=HANDSETS[1]),
        telephony.event("2026-03-01T11:00:00", OTHER, MINE, operator="south", imei=HANDSETS[1]),
        telephony.event("2026-03-01T12:00:00", THIRD, MINE, direction="INCOMING", imei=HANDSETS[2]),
    ]
    events = telephony.usable(spark, rows)
    shown = profile_comms.figures(profile_comms.of_numbers(events, (MINE,), OPTIONS))
    wanted, _ = identifiers.read([MINE])
    legs = calls.of_subjects(calls.legs(calls.calls(events)), wanted)
    (summary,) = research.summary(legs, OPTIONS).collect()
    contacts = research.contacts(legs, identifiers.frame(spark, wanted)).collect()
    assert shown.n == summary.n == 3  # two records of one call are one
    assert {row["other"]: row["n"] for row in shown.contacts} == {row.other: row.n for row in contacts}
    assert sorted(row["value"] for row in shown.handsets) == summary.imeis == [HANDSETS[0], HANDSETS[2]]
    assert shown.hours == {10: 1, 11: 1, 12: 1}


def at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, hour, tzinfo=dt.UTC)


@pytest.fixture
def ctx(spark: SparkSession, tmp_path: Path) -> RunContext:
    """The subject, and four people missing from 7 to 8 March: two children, one adult, one of unknown age."""
    people = [("36:N1", MINE, dt.date(1986, 5, 4)), ("36:C1", OTHER, dt.date(2011, 2, 9)),
              ("36:C2", None, dt.date(2008, 3, 8)), ("36:A1", THIRD, dt.date(2008, 3, 7)),
              ("36:A2", telephony.number(4), None)]  # fmt: skip
    episodes = [
        {"night": NIGHT, "episode_id": f"M-{who}", "person_id": who, "force": "36", "reported_at": at(7, 19),
         "found_at": at(8, 11), "risk": "MEDIUM"}
        for who, _, _ in people
    ]  # fmt: skip
    days = {"36:R1": dt.date(2026, 3, 6), "36:R2": dt.date(2026, 3, 9)}
    reports = [
        {"night": NIGHT, "report_id": name, "urn": name, "intelligence_on": day, "items": [(1, "t", "1", "A")],
         "provenance": ("", "1", "A")}
        for name, day in days.items()
    ]  # fmt: skip
    named = [(report, who) for report in days for who in ("36:N1", "36:C2")]
    for table, rows in (
        (silver.PEOPLE, [{"night": NIGHT, "person_id": who, "phone": phone, "born_on": born, "forename": "F",
                          "surname": who, "force": "36"} for who, phone, born in people]),
        (silver.MISSING_EPISODES, episodes),
        (silver.REPORTS, reports),
        (silver.REPORT_PEOPLE, [{"night": NIGHT, "report_id": r, "person_id": who, "role": "VICTIM"}
                                for r, who in named]),
    ):  # fmt: skip
        notebook_world.save(spark, tmp_path, table, rows)
    made = RunContext(job_settings.load(tmp_path))
    made.__dict__["spark"] = spark
    return made


def test_an_overlap_needs_a_child_and_contact_within_the_episode(spark: SparkSession, ctx: RunContext) -> None:
    events = [telephony.event(f"2026-03-{day}:00", MINE, other) for other in (OTHER, THIRD, telephony.number(4))
              for day in ("07T18:59", "07T19:00", "08T11:00", "08T11:01")]  # fmt: skip
    legs = profile_comms.of_numbers(telephony.usable(spark, events), (MINE,), OPTIONS)
    found = {row["person_id"]: row for row in children.overlaps(ctx, legs, ["36:N1"], NIGHT, OPTIONS.zone)}
    assert set(found) == {
        "36:C1",
        "36:C2",
    }  # 18 that day is no child; no date of birth, nothing said
    assert found["36:C1"]["how"] == "2 events between their telephones"
    assert [source.id for source in found["36:C1"]["evidence"]] == [row["event_id"] for row in events[1:3]]
    assert found["36:C2"]["how"] == "named together in 36:R1"  # the day before counts, the day after does not
