"""One value that cannot be read does not cost the record: refused is what nothing identifies."""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Mapping
from functools import reduce
from typing import Any

import pytest
from openpyxl.utils.datetime import to_excel
from pyspark.sql import DataFrame, Row, SparkSession

from pipelines.ingest import conform
from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark

EVENT = {
    "auth": "A1", "callingParty": "447700900821", "calledParty": "447700900822", "imei": "352099001761481",
    "imsi": "234101234567890", "service": "voice-call", "startedAt": "2026-03-10T12:00:00Z", "durationSeconds": 30,
    "cellAtStart": "c1", "cellAtEnd": "c1", "direction": "mo",
}  # fmt: skip
AUTHORISATION = {
    "auth": "A1", "purpose": "crime", "data": "events", "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2026-03-13T00:00:00Z",
}  # fmt: skip


@pytest.fixture(scope="module")
def known(spark: SparkSession) -> DataFrame:
    feed = "comms_authorisations"
    rows = nights.raw_rows(spark, "telco_coast", feed, [AUTHORISATION])
    return conform.accepted(nights.judged(rows, feed), feed).persist()


def _events(spark: SparkSession, known: DataFrame, *changes: Mapping[str, Any]) -> list[Row]:
    rows = nights.raw_rows(spark, "telco_coast", "comms_events", [{**EVENT, **change} for change in changes])
    judged = nights.judged(rows, "comms_events", authorisations=known)
    return sorted(judged.collect(), key=lambda row: row._row_number)


DIALLED = {
    "*#101#": None, "*100#": None, "14107700900822": "+447700900822", "#31#07700900822": "+447700900822",
    "sip:+447700900822@ims.mnc015.mcc234.3gppnetwork.org": "+447700900822", "tel:+447700900822": "+447700900822",
    '="07700900822"': "+447700900822", "'07700900822": "+447700900822", "\u202a+447700900822\u202c": "+447700900822",
    "353871234567": "+353871234567", "4791234567": "+4791234567", "O7700900123": None, "4.47701E+11": None,
    "???": None, "07700XXXXXX": None,
}  # fmt: skip


def test_an_event_is_kept_whatever_the_other_party_holds(spark: SparkSession, known: DataFrame) -> None:
    found = dict(zip(DIALLED, _events(spark, known, *[{"calledParty": text} for text in DIALLED]), strict=True))
    assert {text: row.reason for text, row in found.items() if row.reason} == {}
    assert {text: row.b_number for text, row in found.items()} == DIALLED
    unread = {text: json.loads(found[text]._rescued) for text, number in DIALLED.items() if number is None}
    assert unread == {text: {"calledParty": text} for text in unread}


def test_identifiers_that_programs_took_for_numbers(spark: SparkSession, known: DataFrame) -> None:
    floats = {"callingParty": 447700900895.0, "calledParty": 447700900896.0, "imei": 352099001761481.0,
              "imsi": 234101234567890.0}  # fmt: skip
    texts = {name: f"{int(value)}.0" for name, value in floats.items()}
    version = {"imei": "3520990017614823.0", "calledParty": "169773123.0"}
    lost = {"callingParty": "4.47701E+11", "imei": "3.52099E+14", "imsi": "2.3410E+14"}
    found = _events(spark, known, floats, {n: int(v) for n, v in floats.items()}, texts, version, lost)
    assert [row.reason for row in found] == [None] * 5
    whole = [(row.a_number, row.b_number, row.imei, row.imsi) for row in found]
    assert set(whole[:3]) == {("+447700900895", "+447700900896", "352099001761481", "234101234567890")}
    assert (found[3].imei, found[3].b_number) == ("352099001761481", None)  # a provider of country codes wrote it
    assert whole[4] == (None, "+447700900822", None, None)


def test_other_values_of_an_event(spark: SparkSession, known: DataFrame) -> None:
    found = _events(
        spark, known, {"durationSeconds": "long"}, {"direction": "sideways"}, {"imei": "1"}, {"startedAt": "noon"},
        {"callingParty": "?!", "calledParty": "(a)", "imei": "1", "imsi": "2"},
        {"callingParty": None, "calledParty": "", "imei": "", "imsi": None}, {"service": "fax"},
    )  # fmt: skip
    assert [row.reason for row in found] == [
        None, None, None, "BAD_DATE", "BAD_NUMBER", "MISSING_REQUIRED", "BAD_CODE",
    ]  # fmt: skip
    assert [row.direction for row in found[:2]] == ["OUTGOING", "UNKNOWN"]
    assert [json.loads(row._rescued) for row in found[:3]] == [
        {"durationSeconds": "long"}, {"direction": "sideways"}, {"imei": "1"},
    ]  # fmt: skip


def test_a_cell_without_an_azimuth_is_kept(spark: SparkSession) -> None:
    cell = {"cell": "c1", "latitude": "52.6", "longitude": "1.3", "from": "2025-01-01", "to": ""}
    rows = [
        {**cell, "azimuth": a, "from": f"2025-01-{n + 1:02d}"} for n, a in enumerate(("omni", "-1", "N/A", "", "90"))
    ]
    judged = nights.judged(nights.raw_rows(spark, "telco_north", "comms_cells", rows), "comms_cells")
    found = sorted(judged.collect(), key=lambda row: row.from_on)
    assert [(row.reason, row.azimuth) for row in found] == [(None, None)] * 4 + [(None, 90.0)]
    assert [row._rescued is None for row in found] == [False, False, False, True, True]
    assert found[0].from_on == dt.date(2025, 1, 1)


def test_a_day_that_a_program_wrote_as_an_instant_is_the_senders_day(spark: SparkSession) -> None:
    """Midnight in London in summer is 23:00 of the day before in UTC."""
    days = {"1990-06-10T23:00:00.000Z": "1990-06-11", "1990-06-11T00:00:00Z": "1990-06-11", "1990-01-10T00:00:00Z":
            "1990-01-10", "1990-06-11T00:00:00+01:00": "1990-06-11", "1990-06-11T00:00:00": "1990-06-11"}  # fmt: skip
    rows = [{"Nominal No": f"N{n}", "Surname": "Lee", "DOB": text} for n, text in enumerate(days)]
    judged = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", rows), "nominals").collect()
    found = {row._row_number: str(row.born_on) for row in judged}
    assert [found[n] for n in sorted(found)] == list(days.values())


def test_days_that_are_numbers_are_the_day(spark: SparkSession) -> None:
    """Python's calendar and openpyxl's are the witnesses; a midnight of London's summer is 23:00 of the day before."""
    days = [dt.date(1961, 7, 1), dt.date(1990, 6, 11), dt.date(2011, 12, 31)]
    london = [dt.datetime.combine(day, dt.time(), zoneinfo.ZoneInfo("Europe/London")) for day in days]
    written = {
        "epoch_ms": [str(int(at.timestamp() * 1000)) for at in london],
        "epoch_s": [str(int(at.timestamp())) for at in london],
        "epoch_days": [str((day - dt.date(1970, 1, 1)).days) for day in days],
        "workbook_days": [str(to_excel(day)) for day in days],
    }
    source = layouts.load()["norfolk"]
    own = {
        kind: source.model_copy(
            update={"feeds": {"nominals": source.feeds["nominals"].model_copy(update={"dates": (kind,)})}}
        )
        for kind in written
    }
    rows = [
        nights.raw_rows(
            spark, kind, "nominals",
            [{"Nominal No": f"N{n}", "Surname": "Lee", "DOB": text} for n, text in enumerate([*texts, "60", "x"])],
        )
        for kind, texts in written.items()
    ]  # fmt: skip
    judged = nights.judged(reduce(DataFrame.unionByName, rows), "nominals", layouts=own).collect()
    found = {(row._sender, row._row_number): row.born_on for row in judged}
    for kind in written:
        assert [found[kind, n] for n in (1, 2, 3)] == days, kind
        assert found[kind, 5] is None
    assert found["workbook_days", 4] is None  # 29 February 1900, which no calendar has


def test_a_text_that_a_pattern_does_not_fit_is_kept_and_told(spark: SparkSession) -> None:
    known = layouts.load()
    source = known["norfolk"]
    patterns = {"phone": "^Tel: (.*)$", "surname": "^Mr?s? (.*)$"}
    feed = source.feeds["nominals"].model_copy(update={"patterns": patterns})
    own = {**known, "norfolk": source.model_copy(update={"feeds": {**source.feeds, "nominals": feed}})}
    rows = [{"Nominal No": f"N{n}", "Telephone": text, "Surname": "Mr Lee"} for n, text in
            enumerate(["Tel: 07700900123", "07700900124", "", "Tel: n/k"])]  # fmt: skip
    rows.append({"Nominal No": "N9", "Surname": "Lee (Mr)"})
    judged = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", rows), "nominals", layouts=own).collect()
    judged.sort(key=lambda row: row._row_number)
    assert [row.phone for row in judged] == ["+447700900123", None, None, None, None]
    assert [row._rescued and json.loads(row._rescued) for row in judged] == [
        None, {"Telephone": "07700900124"}, None, {"Telephone": "Tel: n/k"}, {"Surname": "Lee (Mr)"},
    ]  # fmt: skip
    assert [[(note.field, note.note) for note in row.notes] for row in judged] == [
        [], [("phone", "UNREAD")], [], [("phone", "NOTHING")], [("surname", "UNREAD")],
    ]  # fmt: skip


def test_a_nominal_of_an_unknown_sex_is_kept_and_a_flag_that_protects_is_not_guessed(spark: SparkSession) -> None:
    rows = [{"Nominal No": "1", "Gender": "Helicopter", "Self Defined Eth": "Z9"}]
    (row,) = nights.judged(nights.raw_rows(spark, "norfolk", "nominals", rows), "nominals").collect()
    assert (row.reason, row.sex, row.self_defined_ethnicity) == (None, None, None)
    assert json.loads(row._rescued) == {"Gender": "Helicopter", "Self Defined Eth": "Z9"}
    flags = [{**AUTHORISATION, "protectedProfession": text} for text in ("perhaps", "n/k", "N")]
    rows = [{**flag, "auth": f"A{n}"} for n, flag in enumerate(flags)]
    judged = nights.judged(nights.raw_rows(spark, "telco_coast", "comms_authorisations", rows), "comms_authorisations")
    assert [row.reason for row in sorted(judged.collect(), key=lambda r: r._row_number)] == ["BAD_CODE"] * 2 + [None]
