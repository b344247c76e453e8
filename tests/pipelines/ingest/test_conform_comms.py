"""Who holds a number, where cells stand, and what an authorisation covers."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import DataFrame, SparkSession

from pipelines.ingest import conform
from tests.support import nights


def known(spark: SparkSession) -> DataFrame:
    """One authorisation of each kind for October 2025, and one about a journalist's source."""
    rows = [
        {"authorisation": name, "purpose": "other", "data_kind": kind, "valid_from": "2025-10-01T00:00:00Z",
         "valid_to": "2025-10-31T23:59:59Z", "journalist_source": source}
        for name, kind, source in (("EV", "events", "N"), ("EN", "entity", "N"), ("JS", "events", "Y"))
    ]  # fmt: skip
    feed = "comms_authorisations"
    return conform.accepted(nights.judged(nights.raw_rows(spark, "telco_north", feed, rows), feed), feed).persist()


def test_events_under_an_authorisation_for_entity_data_are_excess(spark: SparkSession) -> None:
    rows = [
        {"authorisation": name, "calling": "+447700900123", "called": "+447700900124", "service": "sms",
         "start_utc": "2025-10-05T10:00:00Z", "imei": "26053179311383", "imsi": "0010112345"}
        for name in ("EV", "EN", "JS")
    ]  # fmt: skip
    judged = nights.judged(nights.raw_rows(spark, "telco_north", "comms_events", rows), "comms_events",
                           authorisations=known(spark))  # fmt: skip
    found = sorted(judged.collect(), key=lambda row: row._row_number)
    assert [(row.auth_urn, row.is_excess, row.is_protected) for row in found] == [
        ("EV", False, False), ("EN", True, False), ("JS", False, True),
    ]  # fmt: skip
    assert {(row.operator, row.imei, row.imsi) for row in found} == {("telco_north", "260531793113837", None)}
    assert all("imsi" in row._rescued for row in found)  # ten digits are no SIM: kept as they came


def test_subscribers_and_numbers_given_out_again(spark: SparkSession) -> None:
    def record(**changes: str) -> dict[str, str]:
        good = {"Auth URN": "EN", "MSISDN": "07700 900123", "Subscriber Name": " Ada  Lee ", "Start Date": "01/09/2025"}
        return {**good, **{key.replace("_", " "): value for key, value in changes.items()}}

    cases = [
        record(),
        record(Start_Date="01/02/2020", End_Date="01/02/2021", Subscriber_Name="Bo"),  # the holder before
        record(Auth_URN=""),
        record(MSISDN="(x)"),
        record(Start_Date="02/09/2025", End_Date="01/09/2025"),
    ]
    judged = nights.judged(nights.raw_rows(spark, "telco_south", "comms_subscribers", cases), "comms_subscribers",
                           authorisations=known(spark))  # fmt: skip
    found = sorted(judged.collect(), key=lambda row: row._row_number)
    assert [row.reason for row in found] == [None, None, "NO_AUTHORISATION", "BAD_NUMBER", "BAD_DATE"]
    assert [(row.name, row.is_excess) for row in found[:2]] == [("ADA LEE", False), ("BO", True)]
    assert found[0].number == "+447700900123"
    assert found[0].subscriber_id != found[1].subscriber_id


def test_a_cell_that_moves_has_two_places(spark: SparkSession) -> None:
    rows = [
        {"cell": "001-01-1036-001", "latitude": "52.6", "longitude": "-1.3", "azimuth": "120",
         "from": "2022-01-01", "to": "2025-06-30"},
        {"cell": "001-01-1036-001", "latitude": "52.7", "longitude": "-1.3", "azimuth": "", "from": "2025-07-01"},
        {"cell": "001-01-1036-002", "latitude": "99", "longitude": "0", "from": "2025-07-01"},
        {"cell": "001-01-1036-003", "latitude": "north", "longitude": "0", "from": "2025-07-01"},
    ]  # fmt: skip
    judged = nights.judged(nights.raw_rows(spark, "telco_north", "comms_cells", rows), "comms_cells")
    found = sorted(judged.collect(), key=lambda row: row._row_number)
    assert [row.reason for row in found] == [None, None, "BAD_NUMBER", "BAD_NUMBER"]
    assert [(r.latitude, r.longitude, r.azimuth, r.to_on) for r in found[:2]] == [
        (52.6, -1.3, 120.0, dt.date(2025, 6, 30)), (52.7, -1.3, None, None),
    ]  # fmt: skip
    assert conform.accepted(judged, "comms_cells").count() == 2
