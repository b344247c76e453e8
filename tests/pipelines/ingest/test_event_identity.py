"""What makes an event the same event, and when it started."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from pipelines.ingest import conform
from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark

CALL = {
    "Auth URN": "A1", "A Party": "07700900881", "B Party": "07700900882", "IMEI": "352099001761481",
    "IMSI": "234101234567890", "Event": "MOC", "Start Time": "10/03/2026 10:05", "Duration": "3",
    "First Cell": "001-01-1", "Last Cell": "001-01-1", "Dir": "O", "Clock": "GMT",
}  # fmt: skip


def _south(times: tuple[str, ...]) -> dict[str, layouts.Source]:
    """The shipped layouts, of which one provider's times are written otherwise."""
    known = layouts.load()
    source = known["telco_south"]
    feed = source.feeds["comms_events"].model_copy(update={"times": times})
    return {**known, "telco_south": source.model_copy(update={"feeds": {**source.feeds, "comms_events": feed}})}


@pytest.fixture(scope="module")
def known(spark: SparkSession) -> DataFrame:
    row = {"Auth URN": "A1", "Statutory Purpose": "CRIME", "Kind": "TRAFFIC", "Granted": "01/01/2026 00:00:00",
           "Expires": "13/03/2026 00:00:00"}  # fmt: skip
    feed = "comms_authorisations"
    return conform.accepted(nights.judged(nights.raw_rows(spark, "telco_south", feed, [row]), feed), feed).persist()


def _events(spark: SparkSession, known: DataFrame, times: tuple[str, ...], *changes: dict[str, Any]) -> list[Row]:
    rows = nights.raw_rows(spark, "telco_south", "comms_events", [{**CALL, **change} for change in changes])
    judged = nights.judged(rows, "comms_events", authorisations=known, layouts=_south(times))
    return sorted(judged.collect(), key=lambda row: row._row_number)


def test_times_to_the_minute_lose_no_event(spark: SparkSession, known: DataFrame) -> None:
    times = ("dd/MM/yyyy HH:mm", "dd/MM/yyyy HH:mm:ss")
    text = {"Event": "SMSMO", "Start Time": "10/03/2026 10:06", "Duration": "0"}
    found = _events(
        spark, known, times, {}, {"Duration": "41", "Last Cell": "001-01-2"}, text, {**text, "First Cell": "001-01-2"},
        {**text, "Start Time": "10/03/2026 10:06:30"}, {"IMEI": "352099001761499"}, {}, {"IMEI": "35209900176148"},
        {"Duration": "4"},
    )  # fmt: skip
    assert [row.reason for row in found] == [None] * 9
    # Two are the first again, its handset once in another form: only the same event twice is one. The last is another
    # call of that minute, which differs from it in its length alone.
    assert [row.is_superseded for row in found] == [True, *[False] * 5, True, False, False]
    assert len({row.event_id for row in found}) == 7


def test_a_start_needs_a_time_of_day(spark: SparkSession, known: DataFrame) -> None:
    found = _events(spark, known, ("dd/MM/yyyy",), {"Start Time": "10/03/2026"}, {"Start Time": "2026-03-10"},
                    {"Start Time": "2026-03-10T10:05:00Z"})  # fmt: skip
    assert [row.reason for row in found] == ["BAD_DATE", "BAD_DATE", None]


def test_an_unknown_clock_is_not_london(spark: SparkSession, known: DataFrame) -> None:
    words = ["GMT", "BST", "bst", "UTC", "Z", "", "CET", "?"]
    start = {"Start Time": "26/10/2025 01:30"}
    found = _events(spark, known, ("dd/MM/yyyy HH:mm",), *[{**start, "Clock": word} for word in words])
    assert [row.reason for row in found] == [None] * 6 + ["BAD_DATE"] * 2
    hours = [row.started_at.astimezone(dt.UTC).hour for row in found[:6]]
    assert hours == [1, 0, 0, 1, 1, 0]


CLOCKS = {
    ("dd/MM/yyyy HH:mm", "10/03/2026 9:05"): None,
    ("dd/MM/yyyy H:mm", "10/03/2026 9:05"): "2026-03-10 09:05",
    ("dd/MM/yyyy H:mm", "10/03/2026 09:05"): "2026-03-10 09:05",
    ("dd/MM/yyyy HH:mm", "10/03/2026 24:00"): None,
    ("dd/MM/yyyy H:mm", "10/03/2026 24:00"): None,
    ("dd/MM/yyyy kk:mm", "10/03/2026 24:00"): "2026-03-11 00:00",
    ("dd/MM/yyyy kk:mm", "10/03/2026 24:01"): None,
    ("dd/MM/yyyy kk:mm", "10/03/2026 23:59"): "2026-03-10 23:59",
    ("dd.MM.yyyy kk:mm", "24.02.2026 10:05"): "2026-02-24 10:05",
    ("dd/MM/yyyy HH:mm", "2026-03-10T24:00:00Z"): None,
}


def test_midnight_and_single_digits_are_as_the_layout_says(spark: SparkSession, known: DataFrame) -> None:
    found = {}
    for pattern in dict.fromkeys(pattern for pattern, _ in CLOCKS):
        texts = [text for own, text in CLOCKS if own == pattern]
        rows = _events(spark, known, (pattern,), *[{"Start Time": text} for text in texts])
        found.update({(pattern, text): row.started_at for text, row in zip(texts, rows, strict=True)})
    read = {case: at and at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M") for case, at in found.items()}
    assert read == CLOCKS


def test_numbers_since_1970_are_instants(spark: SparkSession, known: DataFrame) -> None:
    wanted = dt.datetime(2026, 3, 10, 10, 5, 30, 250_000)
    written = ("1773137130.25", "1773137130250", "1773137130250.0", "10/03/2026 10:05", "-5")
    found = _events(spark, known, ("epoch_s", "epoch_ms"), *[{"Start Time": text} for text in written])
    assert found[0].started_at == wanted
    assert [row.reason for row in found[3:]] == ["BAD_DATE"] * 2
    found = _events(spark, known, ("epoch_ms",), *[{"Start Time": text} for text in written])
    assert [row.started_at for row in found[1:3]] == [wanted] * 2


def test_a_day_and_a_time_in_columns_of_their_own(spark: SparkSession, known: DataFrame) -> None:
    layouts_of = _south(("dd/MM/yyyy HH:mm:ss",))
    source = layouts_of["telco_south"]
    feed = source.feeds["comms_events"].model_copy(update={"joined": {"started_at": ("Time",)}})
    spread = {**layouts_of, "telco_south": source.model_copy(update={"feeds": {**source.feeds, "comms_events": feed}})}
    written = [("10/03/2026", "10:05:30"), ("10/03/2026 ", " 10:05:31 "), ("10/03/2026", ""), ("", "10:05:30")]
    rows = [{**CALL, "Start Time": day, "Time": clock} for day, clock in written]
    raw = nights.raw_rows(spark, "telco_south", "comms_events", rows)
    found = nights.judged(raw, "comms_events", authorisations=known, layouts=spread).orderBy("_row_number").collect()
    assert [row.reason for row in found] == [None, None, "BAD_DATE", "BAD_DATE"]
    assert [row.started_at.second for row in found[:2]] == [30, 31]
    assert {row._rescued for row in found[:2]} == {None}
    assert '"Time":"10:05:30"' in found[3]._rescued
