"""Keys that one sender's feeds name each other's rows by are in one form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark

URN, PERSON = "INT/B18/0000001", "N0B1800002"
SAME = [
    (URN, PERSON), ("int/b18/0000001", PERSON), (URN, "n0b1800002"), ("INT / B18 / 0000001", f"{PERSON}\u200e"),
    ("\u202aINT/B18/0000001\u202c", f"'{PERSON}"), (f"{URN}_x000D_", f' ="{PERSON}" '),
    ("INT/\u041218/0000001", "\u039d0B1800002"), ("INT\uff0fB18/0000001", PERSON),
]  # fmt: skip
OTHER = [("INT/B18/1", PERSON), (URN, "N0B180002"), ("INT-B18-0000001", PERSON)]


def test_links_name_the_report_and_the_person_however_spelt(spark: SparkSession) -> None:
    links = [{"Intel Ref": urn, "Nominal No": person, "Involvement": "Victim"} for urn, person in (*SAME, *OTHER)]
    rows = nights.judged(nights.raw_rows(spark, "norfolk", "report_links", links), "report_links").collect()
    named = [(row.report_id, row.person_id) for row in sorted(rows, key=lambda row: row._row_number)]
    assert set(named[: len(SAME)]) == {(f"36:{URN}", f"36:{PERSON}")}
    assert not set(named[: len(SAME)]) & set(named[len(SAME) :])
    report = nights.report(Intel_Ref="int/b18/0000001\u200e")
    (row,) = nights.judged(nights.raw_rows(spark, "norfolk", "reports", [report]), "reports").collect()
    assert row.report_id == f"36:{URN}"


def test_numbers_of_programs_are_the_same_key(spark: SparkSession) -> None:
    people = [12345, 12345.0, "12345", "12345.0"]
    links = [{"Intel Ref": "R1", "Nominal No": person, "Involvement": "Victim"} for person in people]
    rows = nights.judged(nights.raw_rows(spark, "norfolk", "report_links", links), "report_links").collect()
    assert {row.person_id for row in rows} == {"36:12345"}


def test_a_key_that_lost_its_digits_is_no_key(spark: SparkSession) -> None:
    """Two people whose numbers a spreadsheet rounded to one are not one person, and an object is nobody's number."""
    lost = ["2.02603E+11", "2E+11", "2.0260E11", {"id": "N1"}, [["N1"]]]
    right = {"1.234567e+06": "36:1234567", "2.02603000012e+11": "36:202603000012", "1E05": "36:1E05", "[7]": "36:[7]"}
    people = [{"Nominal No": key, "First Name": "Ada", "Surname": "Lee"} for key in (*lost, *right)]
    people += [{"Nominal No": "N2", "First Name": ["Ada"], "Surname": {"is": "Lee"}}, {"Nominal No": "3 records"}]
    rows = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", people), "nominals").collect()
    rows.sort(key=lambda row: row._row_number)
    assert [(row.reason, row.detail) for row in rows[:5]] == [("BAD_NUMBER", "person_ref: cannot be read")] * 5
    assert [row.person_id for row in rows[5:9]] == list(right.values())
    assert (rows[9].reason, rows[9].forename, rows[9].surname) == (None, None, None)
    assert json.loads(rows[9]._rescued) == {"First Name": '["Ada"]', "Surname": '{"is":"Lee"}'}
    assert rows[10].reason == "MISSING_REQUIRED"  # a footer


def test_a_layout_says_that_case_counts(spark: SparkSession) -> None:
    known = layouts.load()
    exact = {**known, "norfolk": known["norfolk"].model_copy(update={"references": "exact"})}
    links = [{"Intel Ref": "R1", "Nominal No": person, "Involvement": "Victim"} for person in ("aB1\u200b", "Ab1")]
    rows = nights.judged(
        nights.raw_rows(spark, "norfolk", "report_links", links), "report_links", layouts=exact
    ).collect()
    assert {row.person_id for row in rows} == {"36:aB1", "36:Ab1"}


def test_events_name_cells_and_authorisations_however_spelt(spark: SparkSession) -> None:
    cell = {"cell": "ab-01-1 ", "latitude": "52.6", "longitude": "1.3", "from": "2025-01-01"}
    (row,) = nights.judged(nights.raw_rows(spark, "telco_north", "comms_cells", [cell]), "comms_cells").collect()
    assert row.cell == "AB-01-1"


@given(st.lists(st.text("ABab01/-. ", min_size=1, max_size=6), min_size=40, max_size=40))
@settings(max_examples=1)
def test_keys_that_differ_in_more_than_case_and_blanks_stay_apart(spark: SparkSession, keys: list[str]) -> None:
    links = [{"Intel Ref": f"R{key}", "Nominal No": "N1", "Involvement": "Victim"} for key in keys]
    rows = nights.judged(nights.raw_rows(spark, "norfolk", "report_links", links), "report_links").collect()
    expected = {key.upper().replace(" ", "") for key in (f"R{key}" for key in keys)}
    found = {row.report_id.removeprefix("36:").replace(" ", "") for row in rows}
    assert found == expected
