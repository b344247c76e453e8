"""Files of kinds that users of other systems met in the field, made by somebody else: each gives its right value.

What cannot be read rightly is told.

The cases lie beside the checkout; what arrives, what is right and where the kind was seen is in their own page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import Row, SparkSession

from pipelines.ingest import conform
from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark

NIGHT = date(2026, 11, 29)
Judge = Callable[[str, str], list[Row]]


@pytest.fixture(scope="module")
def judge(spark: SparkSession, shared_data: Path) -> Judge:
    """Judged rows of a feed of a case, in the order in which they arrived."""
    cases = shared_data.parent / "cases"
    if not cases.is_dir():
        pytest.skip("the cases are not beside the checkout")
    return partial(_judged, spark, cases)


def _judged(spark: SparkSession, cases: Path, number: str, feed: str) -> list[Row]:
    (case,) = cases.glob(f"{number}-*")
    sources = _sources(cases)
    rows = nights.ingested(spark, case / "landing", NIGHT, layouts=sources).rows
    known = {}
    if feed == "comms_events":
        name = "comms_authorisations"
        known = {"authorisations": conform.accepted(nights.judged(rows, name, NIGHT, sources), name)}
    return nights.judged(rows, feed, NIGHT, sources, **known).orderBy("_sender", "_file", "_row_number").collect()


def _sources(cases: Path) -> dict[str, layouts.Source]:
    """The cases' layouts; the provider that writes country codes for all says so, as the one does that ships."""
    sources = layouts.load(cases / "sources")
    provider = sources["bugs_telj"]
    events = provider.feeds["comms_events"].model_copy(update={"numbers": "e164"})
    return {
        **sources,
        "bugs_telj": provider.model_copy(update={"feeds": {**provider.feeds, "comms_events": events}}),
    }


def _values(rows: list[Row], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_numbers_of_a_provider_that_writes_country_codes_for_all(judge: Judge) -> None:
    rows = judge("01", "comms_events")
    assert {row.reason for row in rows} == {None}
    assert {row.b_number for row in rows} >= {
        "+353871234567", "+4791234567", "+4522345678", "+33612345678", "+12025550123", "+3222345678",
    }  # fmt: skip


def test_dialled_digits_and_addresses_cost_no_event(judge: Judge) -> None:
    rows = judge("03", "comms_events")
    assert [row.reason for row in rows] == [None] * 9
    assert [row.b_number for row in rows].count("+447700900822") == 6
    assert {row.a_number for row in rows} == {"+447700900821"}


def test_what_nobody_sees_makes_no_other_number_name_or_key(judge: Judge) -> None:
    people = judge("05", "nominals")
    assert [row.phone for row in people] == [f"+4477009008{n}" for n in (31, 31, 32, 33)]
    assert (people[2].forename, people[2].surname) == ("IMOGEN", "FAYRE")
    assert people[3].person_id == "T1:B05000004"
    assert _values(judge("05", "comms_events"), "reason", "b_number") == [(None, "+447700900831")]


def test_errors_of_spreadsheets_and_words_for_nothing_are_no_values(judge: Judge) -> None:
    people = judge("10", "nominals")
    names = ("forename", "surname", "address", "postcode", "vehicle")
    assert {row.reason for row in people} == {None}
    assert {value for row in _values(people, *names) for value in row} == {None, "LENA", "TOMAS"}
    assert all(row._rescued for row in people)


def test_a_date_of_birth_that_means_nothing_is_not_known(judge: Judge) -> None:
    assert [row.born_on for row in judge("12", "nominals")] == [None] * 6


def test_makes_and_models_are_no_registrations(judge: Judge) -> None:
    assert [row.vehicle for row in judge("14", "nominals") if row.vehicle] == ["AB12CDE"]


def test_no_fixed_abode_and_filled_in_numbers_tie_nobody(judge: Judge) -> None:
    people = judge("15", "nominals")
    assert len(people) == 11
    assert {value for row in _values(people, "phone", "address", "postcode") for value in row} == {None}


def test_a_tag_of_abuse_is_read_or_told(judge: Judge) -> None:
    reports = {row.urn: row for row in judge("16", "reports")}
    assert len(reports) == 8
    assert {urn for urn, row in reports.items() if row.is_csae} >= {f"B16-{n}" for n in (1, 2, 3, 5, 6, 7, 8)}
    renamed = reports["B16-4"]
    told = [note.value for note in renamed.notes if note.note == "UNKNOWN_CODE"]
    assert renamed.is_csae or (told and "OTHER" not in renamed.tags)


def test_a_key_spelt_otherwise_is_the_same_key(judge: Judge) -> None:
    links = _values(judge("18", "report_links"), "report_id", "person_id")
    report = "T1:INT/B18/0000001"
    assert links[:3] == [(report, "T1:N0B1800001"), (report, "T1:N0B1800002"), (report, "T1:N0B1800002")]
    assert links[3] == ("T1:INT/B18/1", "T1:N0B1800002")  # leads nowhere, and is counted as that


def test_controls_and_markup_are_not_in_a_text(judge: Judge) -> None:
    controls, html, rtf = (row.text for row in judge("20", "reports"))
    assert all(char.isprintable() or char == "\n" for char in controls)
    assert html == "HTML\nThe girl is 13.\nShe was seen & collected by an adult male.\nHe sells drugs"
    assert rtf == "RTF\nThe girl is 13\nHe collects her"


def test_times_to_the_minute_make_no_event_a_duplicate(judge: Judge) -> None:
    rows = judge("22", "comms_events")
    assert _values(rows, "reason", "is_superseded") == [(None, False)] * 5


def test_numbers_that_programs_took_for_floats(judge: Judge) -> None:
    rows = judge("27", "comms_events")
    whole = ("+447700900895", "+447700900896", "35209900176148", "234101234567890")
    read = [(row.a_number, row.b_number, row.imei[:14] if row.imei else None, row.imsi) for row in rows]
    assert read[:3] == [whole] * 3
    assert "+441697731230" not in {row.b_number for row in rows}
    assert (rows[3].imei or "")[:14] == "35209900176148"
    assert (rows[4].imei, rows[4].imsi) == (None, None)
    assert rows[4].a_number is None
