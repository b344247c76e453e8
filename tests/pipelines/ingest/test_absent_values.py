"""Values that mean nothing become NULL, are kept as they came, and are the same in no two records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession

from pipelines.ingest import conform
from schemas.layouts import absent, layouts
from tests.support import nights

pytestmark = pytest.mark.spark

GOOD = {
    "Nominal No": "N1", "First Name": "Ada", "Surname": "Lee", "DOB": "01/02/1990", "Gender": "Female",
    "Telephone": "07700 900123", "Address": "1 Test Row", "Postcode": "NR1 3AA", "VRM": "AB12 CDE",
}  # fmt: skip
FIELDS = {
    "First Name": "forename", "Surname": "surname", "DOB": "born_on", "Gender": "sex", "Telephone": "phone",
    "Address": "address", "Postcode": "postcode", "VRM": "vehicle",
}  # fmt: skip
SYSTEM = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "NULL",
    "null",
    " NULL NULL ",
    "(null)",
    "N/A",
    "n/a, n/a",
    "NONE",
    "None.",
    "?",
    "-",
]
PEOPLE = ["NK", "n/k", "Not known", "UNKNOWN", "not  stated", "TBC", "xxxx"]
NOTHING = {
    "First Name": [*SYSTEM, *PEOPLE, "Unknown Male", "NFN", "0", "00", "1", "Name withheld"],
    "Surname": [*SYSTEM, *PEOPLE, "LNU", "0", "2", "see notes"],
    "DOB": [*SYSTEM, *PEOPLE, "01/01/1900", "30/12/1899", "01/01/1970", "31/12/9999", "1900-01-01", "00/00/0000"],
    "Gender": [*SYSTEM, *PEOPLE[:3]],
    "Telephone": [
        *SYSTEM, *PEOPLE, "07777777777", "00000000000", "01234567890", "07123456789", "+44 7123 456789", "07070707070",
        "07700XXXXXX", "07700 9***23", "******0123", "9999999999", "0987654321", "07000 000000",
    ],
    "Address": [*SYSTEM, *PEOPLE, "NFA", "N.F.A.", "No fixed abode", "NFA - Norwich", "of no fixed abode", "homeless",
                "0", "00000", "Address withheld", "not known at present"],
    "Postcode": [*SYSTEM, *PEOPLE, "ZZ99 3VZ", "zz993wz", "ZZ99 3CZ", "XX1 1XX"],
    "VRM": [*SYSTEM, *PEOPLE, "NONE1", "no plates"],
}  # fmt: skip
# What looks like one of them and is a value.
SOMETHING = {
    "First Name": ["Nila", "Nonie", "Na", "Nil"],
    "Surname": ["Noneley", "Nkosi", "Tba-Smith", "Nullman"],
    "DOB": ["02/01/1970", "31/12/1999", "01/01/1990"],
    "Telephone": ["07700 900000", "07912 345679", "0161 234 5678", "07777 777123"],
    "Address": ["None Such Palace", "Unknown Soldier Way 4", "Homeless Shelter, 3 High St"],
    "Postcode": ["NR9 9ZZ", "ZE2 9XX"],
    "VRM": ["NON 1", "NK12 ABC"],
}


def _judged(spark: SparkSession, sender: str, feed: str, rows: list[Mapping[str, Any]], **more: Any) -> list[Row]:
    judged = nights.judged(nights.raw_rows(spark, sender, feed, rows), feed, **more)
    return sorted(judged.collect(), key=lambda row: row._row_number)


def _cases(of: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(column, text) for column, texts in of.items() for text in texts]


def test_what_means_nothing_is_null_kept_and_costs_no_record(spark: SparkSession) -> None:
    cases = [*_cases(NOTHING), *_cases(SOMETHING)]
    rows = [{**GOOD, "Nominal No": f"N{n}", column: text} for n, (column, text) in enumerate(cases)]
    found = dict(zip(cases, _judged(spark, "norfolk", "nominals", rows), strict=True))
    assert {case: row.reason for case, row in found.items() if row.reason} == {}
    kept = {case: row[FIELDS[case[0]]] for case, row in found.items()}
    assert [case for case in _cases(NOTHING) if kept[case] is not None] == []
    assert [case for case in _cases(SOMETHING) if kept[case] is None] == []
    rescued = {case: json.loads(found[case]._rescued or "{}") for case in _cases(NOTHING)}
    assert [case for case, values in rescued.items() if set(values) != {case[0]}] == []


def test_a_required_value_that_means_nothing_is_absent(spark: SparkSession) -> None:
    rows = [{**GOOD, "Nominal No": text} for text in ("NULL", "N/A", "#REF!", "n/k", "0000", "N0001")]
    found = _judged(spark, "norfolk", "nominals", rows)
    assert [row.reason for row in found] == ["MISSING_REQUIRED"] * 5 + [None]


def test_narratives_keep_the_words_of_people(spark: SparkSession) -> None:
    rows = [nights.report(Title=title, Intel_Ref=f"R{n}") for n, title in enumerate(("Unknown", "NK", "NULL", "#N/A"))]
    assert [row.title for row in _judged(spark, "norfolk", "reports", rows)] == ["Unknown", "NK", None, None]


def test_codes_that_a_layout_names_are_codes(spark: SparkSession) -> None:
    rows = [{**GOOD, "Gender": "Unknown"}, {**GOOD, "Nominal No": "N2", "Gender": "N/K"}]
    assert [row.sex for row in _judged(spark, "norfolk", "nominals", rows)] == ["U", None]


def test_a_flag_that_protects_is_plainly_said(spark: SparkSession) -> None:
    rows = [nights.report(PII=pii, Intel_Ref=ref) for pii, ref in (("N/K", "R1"), ("N", "R2"))]
    assert [row.reason for row in _judged(spark, "norfolk", "reports", rows)] == ["BAD_CODE", None]


def test_a_layout_adds_words_of_its_own(spark: SparkSession) -> None:
    known = layouts.load()
    feed = known["norfolk"].feeds["nominals"].model_copy(update={"absent": {"forename": ("BABY",)}})
    own = known["norfolk"].model_copy(update={"feeds": {**known["norfolk"].feeds, "nominals": feed}})
    rows = [{**GOOD, "First Name": "baby"}, {**GOOD, "Nominal No": "N2", "Surname": "Baby"}]
    found = _judged(spark, "norfolk", "nominals", rows, layouts={**known, "norfolk": own})
    assert [(row.forename, row.surname) for row in found] == [(None, "LEE"), ("ADA", "BABY")]


EPISODE = {
    "Misper Ref": "M1", "Nominal No": "N1", "Reported": "10/03/2026 20:00", "Last Seen": "10/03/2026 16:00",
    "Located": "", "Risk": "High", "Care": "LAC", "CSE Flag": "N", "CCE Flag": "N",
}  # fmt: skip


def test_found_on_no_day_or_before_the_report_is_still_missing(spark: SparkSession) -> None:
    located = ["01/01/1900 00:00", "01/01/1970 00:00", "01/01/1970 01:00", "31/12/9999 23:59", "09/03/2026 10:00"]
    rows = [{**EPISODE, "Misper Ref": f"M{n}", "Located": at} for n, at in enumerate(located)]
    rows += [{**EPISODE, "Misper Ref": "M9", "Located": "11/03/2026 02:00"}]
    found = _judged(spark, "norfolk", "missing_episodes", rows)
    assert [row.reason for row in found] == [None] * 6
    assert [row.found_at is None for row in found] == [True] * 5 + [False]
    assert [json.loads(row._rescued) for row in found[:5]] == [{"Located": at} for at in located]


def test_days_that_contradict_their_record_are_rescued(spark: SparkSession) -> None:
    rows = [
        {**EPISODE, "Last Seen": "10/03/2026 21:00"},
        {**EPISODE, "Misper Ref": "M2", "Last Seen": "10/03/2026 20:00"},
    ]
    found = _judged(spark, "norfolk", "missing_episodes", rows)
    assert [row.last_seen_at is None for row in found] == [True, False]
    case = {"Investigation No": "I1", "Nominal No": "N1", "Involvement": "Victim", "Status": "Filed",
            "Opened": "10/03/2026", "Filed": "09/03/2026"}  # fmt: skip
    rows = [case, {**case, "Investigation No": "I2", "Filed": "10/03/2026"}]
    found = _judged(spark, "norfolk", "investigations", rows)
    assert [(row.reason, row.closed_on is None) for row in found] == [(None, True), (None, False)]
    assert json.loads(found[0]._rescued) == {"Filed": "09/03/2026"}


def test_cells_that_always_stood_and_always_will(spark: SparkSession) -> None:
    cell = {"cell": "c1", "latitude": "52.6", "longitude": "1.3", "from": "1900-01-01", "to": "9999-12-31"}
    (row,) = _judged(spark, "telco_north", "comms_cells", [cell])
    assert (row.reason, str(row.from_on), row.to_on) == (None, "1900-01-01", None)


@given(st.sampled_from(sorted({w for kind in (*absent.WORDS, "text") for w in absent.words(kind)})))
def test_lists_are_in_the_form_in_which_they_are_compared(word: str) -> None:
    assert word == " ".join(word.upper().split())
    assert word.strip("\"'()[]{}<>.,;:*- ") == word


def test_damage_makes_no_value_that_two_records_share(spark: SparkSession) -> None:
    """Strangers whose fields all mean nothing have nothing in common."""
    rows = [{**GOOD, "Nominal No": f"N{n}", **{c: texts[n % len(texts)] for c, texts in NOTHING.items()}}
            for n in range(60)]  # fmt: skip
    judged = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", rows), "nominals")
    people = conform.accepted(judged, "nominals").collect()
    assert len(people) == 60
    assert {row[field] for row in people for field in FIELDS.values()} == {None}
