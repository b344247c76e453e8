"""Conforming: national codes, UTC, gradings, markings, identifiers; and that no row is lost on the way."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from pipelines.common import phones
from pipelines.ingest import conform
from pipelines.ingest.conform import reports, values
from schemas import codes, silver
from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark


# name -> (changes to a good Norfolk report, reason or None for accepted)
REPORTS: dict[str, tuple[dict[str, str], str | None]] = {
    "good": ({}, None),
    "no urn": ({"Intel_Ref": " "}, "MISSING_REQUIRED"),
    "no items": ({"Item_1_Text": ""}, "MISSING_REQUIRED"),
    "ungraded item": ({"Item_1_Source": ""}, "BAD_GRADING"),
    "bad source": ({"Item_1_Source": "4"}, "BAD_GRADING"),
    "bad intelligence": ({"Item_1_Intel": "F"}, "BAD_GRADING"),
    "second item ungraded": ({"Item_2_Text": "Seen again."}, "BAD_GRADING"),
    "bad provenance": ({"Prov_Source": "9"}, "BAD_GRADING"),
    "no provenance": ({"Provenance": "", "Prov_Source": "", "Prov_Intel": ""}, None),
    "suspected false": ({"Item_1_Intel": "e"}, None),
    "handling C bare": ({"Handling": "C"}, "BAD_HANDLING"),
    "handling C half": ({"Handling": "C", "Action_Code": "A1"}, "BAD_HANDLING"),
    "handling C full": ({"Handling": "c", "Action_Code": "a1", "Sanitisation": "S2"}, None),
    "handling C wrong": ({"Handling": "C", "Action_Code": "A4", "Sanitisation": "S2"}, "BAD_HANDLING"),
    "handling P with action": ({"Action_Code": "A1"}, "BAD_HANDLING"),
    "handling unknown": ({"Handling": "X"}, "BAD_HANDLING"),
    "secret": ({"GSC": "secret"}, "MARKING_REFUSED"),
    "top secret": ({"GSC": "Top Secret - UK Eyes Only"}, "MARKING_REFUSED"),
    "restricted": ({"GSC": "RESTRICTED"}, "MARKING_LEGACY"),
    "confidential": ({"GSC": "Confidential"}, "MARKING_LEGACY"),
    "sensitive spelt": ({"GSC": "Official  – Sensitive"}, None),
    "sensitive coded": ({"GSC": "o-s"}, None),
    "unknown marking": ({"GSC": "PUBLIC"}, "BAD_CODE"),
    "bad date": ({"Date_of_Intelligence": "31/02/2026"}, "BAD_DATE"),
    "future date": ({"Date_of_Intelligence": "17/03/2026"}, "BAD_DATE"),
    "ancient date": ({"Date_of_Intelligence": "01/01/1066"}, "BAD_DATE"),
    "iso date": ({"Date_of_Intelligence": "2026-03-01"}, None),
    "optional time unreadable": ({"Date_Created": "last week"}, None),
    "summer time": ({"Date_Created": "01/07/2025 12:00", "Date_of_Intelligence": "01/01/2025"}, None),
    "hour that is skipped": ({"Date_Created": "30/03/2025 01:30", "Date_of_Intelligence": "01/01/2025"}, None),
    "hour that comes twice": ({"Date_Created": "26/10/2025 01:30", "Date_of_Intelligence": "01/01/2025"}, None),
    "flag unknown": ({"PII": "perhaps"}, "BAD_CODE"),
    "no tags": ({"Crime_Types": ""}, None),
    "tag not named": ({"Crime_Types": "Cattle Rustling; Drugs"}, None),
    "tags repeat": ({"Crime_Types": "drugs;Child Criminal Exploit;County  lines; DRUGS"}, None),
}


@pytest.fixture(scope="module")
def judged(spark: SparkSession) -> dict[str, Row]:
    """Every case of REPORTS, judged in one pass, by its title."""
    rows = [nights.report(**{"Title": name, "Intel_Ref": name, **changes}) for name, (changes, _) in REPORTS.items()]
    found = conform.validate(nights.raw_rows(spark, "norfolk", "reports", rows), "reports", _sources(), nights.NIGHT)
    return {row.title: row for row in found.collect()}


def _sources() -> Any:
    return layouts.load()


@pytest.mark.parametrize("case", sorted(REPORTS))
def test_reports_are_judged_as_the_code_list_says(case: str, judged: dict[str, Row]) -> None:
    assert judged[case].reason == REPORTS[case][1], judged[case].detail


def test_an_accepted_report_is_in_national_terms(judged: dict[str, Row]) -> None:
    row = judged["good"]
    assert row.report_id == "36:GOOD"  # a key is in capitals, from whichever feed it comes
    assert row.intelligence_on == dt.date(2026, 3, 10)
    assert row.text == "good\nA van waited by the school."
    assert row.text_hash == hashlib.sha256(row.text.encode()).hexdigest()
    assert [(i.n, i.source, i.intelligence) for i in row["items"]] == [(1, "2", "B")]
    assert row.provenance.asDict() == {"text": "Seen in person", "source": "1", "intelligence": "A"}
    assert row.tags == ["CSE_LONE", "DRUGS"]
    assert row.raw_tags == ["Child Sex Exploit - Lone", "Drugs"]
    assert (row.is_csae, row.is_suspected_false, row.is_immunity_claimed) == (True, False, False)
    assert row.raw is None
    assert row._rescued is None


def test_tags_are_sorted_distinct_and_never_null(judged: dict[str, Row]) -> None:
    assert judged["no tags"].tags == judged["no tags"].raw_tags == []
    assert judged["no tags"].is_csae is False
    assert judged["tag not named"].tags == ["DRUGS", "OTHER"]
    assert judged["tags repeat"].tags == ["CCE", "DRUGS"]


def test_markings_are_spelt_nationally_and_refused_text_is_not_kept(judged: dict[str, Row]) -> None:
    assert {judged[c].marking for c in ("sensitive spelt", "sensitive coded")} == {"OFFICIAL-SENSITIVE"}
    assert judged["secret"].raw is judged["top secret"].raw is None
    assert json.loads(judged["restricted"].raw)["GSC"] == "RESTRICTED"


def test_suspected_false_is_flagged(judged: dict[str, Row]) -> None:
    assert {case for case, row in judged.items() if row.is_suspected_false} == {"suspected false"}


def test_local_times_become_utc_across_clock_changes(spark: SparkSession, judged: dict[str, Row]) -> None:
    def utc(case: str) -> str:  # collected instants are naive in the driver's own zone
        return judged[case].created_at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M")

    assert utc("good") == "2026-03-11 09:30"
    assert utc("summer time") == "2025-07-01 11:00"
    assert utc("hour that is skipped") == "2025-03-30 01:30"  # 02:30 summer time: moved on by the hour that is missing
    assert utc("hour that comes twice") == "2025-10-26 00:30"  # the first of the two, summer time


def test_an_unreadable_optional_value_is_rescued(judged: dict[str, Row]) -> None:
    row = judged["optional time unreadable"]
    assert row.created_at is None
    assert json.loads(row._rescued) == {"Date Created": "last week"}


def test_details_hold_no_values(judged: dict[str, Row]) -> None:
    assert not any(word in (row.detail or "") for row in judged.values() for word in ("perhaps", "PUBLIC", "1066"))


def test_every_grading_of_both_letters_and_digits(spark: SparkSession) -> None:
    """All 5 x 5 combinations in both orders: 3x5x2 accepts the digit 1-3 as source, the legacy scheme swaps."""
    grades = [f"{d}{e}" for d, e in itertools.product("12345", "ABCDE")]
    grades += [g[::-1] for g in grades] + ["2/B", " b 2 ", "22", "BB", "2BB", "6A", "", "A"]
    df = spark.createDataFrame([(g,) for g in grades], "grade string")
    columns = [F.struct(*reports.split_grade(F.col("grade"), F.lit(s))) for s in codes.SCHEMES]
    for grade, current, legacy in df.select("grade", *columns).collect():
        plain = grade.upper().replace("/", "").replace(" ", "")
        letters, digits = [c for c in plain if c in "ABCDE"], [c for c in plain if c in "12345"]
        is_pair = len(plain) == 2 and len(letters) == len(digits) == 1
        assert tuple(current) == ((digits[0], letters[0]) if is_pair else (None, None)), grade
        assert tuple(legacy) == ((letters[0], digits[0]) if is_pair else (None, None)), grade


def test_small_values(spark: SparkSession) -> None:
    cases = {
        "postcode": {"nr13aa": "NR1 3AA", "NR1  3AA": "NR1 3AA", "SW1A1AA": "SW1A 1AA", "NR1": None, "12345": None},
        "vehicle": {"ab12 cde": "AB12CDE", "A1": "A1", "n/k": None, "UNKNOWN": None, "AB12CDEFG": None},
        "number": {
            "60": 60.0,
            "1,200.5": 1200.5,
            "-1": None,
            "NaN": None,
            "1,2": 1.2,
            "1,234": 1234.0,
            "1e3": 1000.0,
            "": None,
        },
        "boolean": {"y": True, "No": False, "1": True, "0": False, "TRUE": True, "maybe": None},
    }
    for name, expected in cases.items():
        df = spark.createDataFrame([(v,) for v in expected], "text string")
        found = {r[0]: r[1] for r in df.select("text", getattr(values, name)(F.col("text"))).collect()}
        assert found == expected, name


@given(st.text(max_size=30))
@settings(max_examples=300)
def test_whatever_is_written_a_number_is_e164_or_nothing(text: str) -> None:
    found = phones.e164(text)
    assert found is None or re.fullmatch(r"\+[0-9]{7,15}", found)


@given(st.integers(7_000_000_000, 7_999_999_999))
def test_spellings_of_a_mobile_agree(number: int) -> None:
    national = f"0{number}"
    spellings = [national, f"+44{number}", f"0044 {number}", f"+44 (0){number}", f"{national[:5]} {national[5:]}"]
    assert {phones.e164(s) for s in spellings} == {f"+44{number}"}


def test_the_regulators_examples_are_read(shared_data: Path) -> None:
    lines = (shared_data / "identifiers" / "libphonenumber_44_examples.csv").read_text(encoding="utf-8").splitlines()
    national = [line.split(";")[2].strip().strip('"') for line in lines if line.startswith("GB ")]
    assert len(national) >= 5
    assert {n: phones.e164(f"0{n}") for n in national} == {n: f"+44{n}" for n in national}


def test_parties_keep_short_codes_and_names() -> None:
    expected = {
        "07700 900123": "+447700900123",
        "60066": "60066",
        "NHS-NoReply": "NHS-NoReply",
        "?": None,
        "a" * 12: None,
    }
    assert {text: phones.party(text) for text in expected} == expected


NOMINALS = [
    {"Nominal No": "1", "First Name": "ada", "Surname": "o'neil  smith", "DOB": "01/02/1990", "Gender": "Female",
     "Self Defined Eth": "O1", "Officer Defined Eth": "IC7", "Telephone": "(07700) 900123", "Postcode": "nr1 3aa",
     "VRM": "ab12 cde", "Nickname": "Addie"},
    {"Nominal No": "2", "Telephone": "n/k", "DOB": "00/00/1999", "Postcode": "Norwich", "Gender": ""},
    {"Nominal No": "3", "Gender": "Helicopter"},
    {"Nominal No": "1", "First Name": "Ada", "Surname": "ONEIL"},
    {"Nominal No": "n/k", "First Name": "Ada"},
]  # fmt: skip


def test_nominals(spark: SparkSession) -> None:
    judged = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", NOMINALS), "nominals")
    first, second, third, last, nobody = sorted(judged.collect(), key=lambda row: row._row_number)
    assert (first.forename, first.surname, first.sex) == ("ADA", "O'NEIL SMITH", "F")
    assert (first.self_defined_ethnicity, first.officer_defined_ethnicity) == ("A4", "IC9")
    assert first.is_ethnicity_migrated
    assert (first.phone, first.postcode, first.vehicle) == ("+447700900123", "NR1 3AA", "AB12CDE")
    assert json.loads(first._rescued) == {"Nickname": "Addie"}
    assert (second.reason, second.phone, second.born_on) == (None, None, None)
    assert json.loads(second._rescued) == {"Telephone": "n/k", "DOB": "00/00/1999", "Postcode": "Norwich"}
    assert (third.reason, third.sex) == (None, None)
    assert nobody.reason == "MISSING_REQUIRED"
    assert (first.is_superseded, last.is_superseded) == (True, False)  # the later row of a night is the record
    counts = conform.counts(judged).collect()
    assert [c.asDict() for c in counts] == [
        {"sender": "norfolk", "feed": "nominals", "n_in": 5, "n_loaded": 3, "n_quarantined": 1, "n_deduplicated": 1}
    ]
    accepted = conform.accepted(judged, "nominals")
    assert accepted.schema.names == silver.PEOPLE.names
    assert {row.person_id: row.surname for row in accepted.collect()} == {
        "36:1": "ONEIL", "36:2": None, "36:3": None,
    }  # fmt: skip
    refused = conform.rejected(judged).collect()
    assert [(r.stage, r.feed, r.row_number, r.reason) for r in refused] == [
        ("conform", "nominals", 5, "MISSING_REQUIRED")
    ]


def event(**changes: str) -> dict[str, str]:
    good = {
        "Auth URN": "A1", "A Party": "07700 900123", "B Party": "60066", "IMEI": "", "IMSI": "", "Event": "SMSMO",
        "Start Time": "26/10/2025 01:30:00", "Duration": "0", "First Cell": "c1", "Last Cell": "c1", "Dir": "O",
    }  # fmt: skip
    return {**good, **{key.replace("_", " "): value for key, value in changes.items()}}


EVENTS = {
    "good": (event(), None),
    "outside": (event(Start_Time="26/11/2025 01:30:00"), None),
    "protected": (event(Auth_URN="A2"), None),
    "no authorisation": (event(Auth_URN=""), "NO_AUTHORISATION"),
    "unknown authorisation": (event(Auth_URN="A9"), "NO_AUTHORISATION"),
    "bad number": (event(A_Party="(a)", B_Party="?!"), "BAD_NUMBER"),
    "withheld": (event(A_Party="Withheld"), None),
    "bad duration": (event(Duration="long"), None),
    "bad type": (event(Event="FAX"), "BAD_CODE"),
    "bad direction": (event(Dir="SIDEWAYS"), None),
    "no parties": (event(A_Party="", B_Party=""), "MISSING_REQUIRED"),
    "data": (event(A_Party="", B_Party="", IMSI="234150000000001", Event="PDP", Dir=""), None),
}


def test_events_and_their_authorisations(spark: SparkSession) -> None:
    granted = [
        {"Auth URN": "A1", "Statutory Purpose": "CRIME", "Kind": "TRAFFIC", "Granted": "01/10/2025 00:00:00",
         "Expires": "31/10/2025 23:59:59", "Sensitive Profession": ""},
        {"Auth URN": "A2", "Statutory Purpose": "LIFE", "Kind": "TRAFFIC", "Granted": "01/10/2025 00:00:00",
         "Expires": "31/10/2026 23:59:59", "Sensitive Profession": "Y"},
        {"Auth URN": "A9", "Statutory Purpose": "LIFE", "Kind": "TRAFFIC", "Granted": "02/10/2025 00:00:00",
         "Expires": "01/10/2025 00:00:00"},
        {"Auth URN": "A8", "Statutory Purpose": "LIFE", "Kind": "TRAFFIC", "Granted": "01/10/2025 00:00:00",
         "Expires": "31/10/2026 23:59:59", "Sensitive Profession": "not sure"},
    ]  # fmt: skip
    feed = "comms_authorisations"
    known = conform.accepted(nights.judged(nights.raw_rows(spark, "telco_south", feed, granted), feed), feed).persist()
    assert {r.auth_urn: r.is_protected_profession for r in known.collect()} == {"A1": False, "A2": True}
    rows = nights.raw_rows(spark, "telco_south", "comms_events", [row for row, _ in EVENTS.values()])
    judged = nights.judged(rows, "comms_events", authorisations=known)
    found = dict(zip(EVENTS, sorted(judged.collect(), key=lambda row: row._row_number), strict=True))
    assert {case: row.reason for case, row in found.items()} == {case: reason for case, (_, reason) in EVENTS.items()}
    good = found["good"]
    assert good.started_at.astimezone(dt.UTC).hour == 0  # 01:30 comes twice that night; the first is summer time
    assert (good.a_number, good.b_number, good.direction, good.type) == ("+447700900123", "60066", "OUTGOING", "SMS")
    assert {case for case, row in found.items() if row.is_excess and row.reason is None} == {"outside"}
    assert {case for case, row in found.items() if row.is_protected} == {"protected"}
    assert found["withheld"].a_number is None
    assert found["data"].direction == "UNKNOWN"
    assert found["data"].event_id != found["no parties"].event_id
    assert (
        found["good"].event_id == found["protected"].event_id
    )  # the same call under another authorisation is one event
    with pytest.raises(ValueError, match="without authorisations"):
        conform.validate(rows, "comms_events", _sources(), nights.NIGHT)


def test_nested_reports_and_missing_episodes(spark: SparkSession) -> None:
    report = {
        "header": {"urn": "S1", "classification": "Official Sensitive", "intelligenceDate": "2026-03-01",
                   "created": "2026-03-02T09:00:00+01:00", "headline": "At \u201cthe shop\u201d"},
        "handling": {"code": "P", "pii": False}, "categories": ["county-lines", "cse-online"],
        "entries": [{"body": "One.\r\nTwo.", "grading": "2B"}, {"body": "Three.", "grading": "E1"}],
        "provenance": {"narrative": "Told", "grading": "A1"}, "geo": {"lat": 1},
    }  # fmt: skip
    row = conform.validate(
        nights.raw_rows(spark, "sussex", "reports", [report]), "reports", _sources(), nights.NIGHT
    ).first()
    assert row is not None
    assert row.reason is None, row.detail
    assert row.text == "At \u201cthe shop\u201d\nOne.\nTwo.\nThree."
    assert [(i.n, i.source, i.intelligence) for i in row["items"]] == [(1, "2", "B"), (2, "1", "E")]
    assert (row.is_suspected_false, row.tags, row.is_immunity_claimed) == (True, ["CCE", "ONLINE_GROOMING"], False)
    assert row.created_at.astimezone(dt.UTC).hour == 8
    assert json.loads(row._rescued) == {"geo": '{"lat":1}'}
    episode = {
        "episode": "M1", "nominal": {"id": "N1"}, "reported": "2026-03-01T22:00:00Z", "risk": "High", "care": "foster",
        "flags": {"cse": True, "cce": False}, "found": {"postcode": "bn1 1aa", "at": None},
    }  # fmt: skip
    rows = nights.raw_rows(spark, "sussex", "missing_episodes", [episode])
    found = conform.validate(rows, "missing_episodes", _sources(), nights.NIGHT).first()
    assert found is not None
    assert (found.reason, found.episode_id, found.person_id) == (None, "47:M1", "47:N1")
    assert (found.risk, found.care_status, found.is_cse_flagged, found.found_at) == ("HIGH", "FOSTER", True, None)
