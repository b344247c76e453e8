"""The door to all detectors: what never comes through, whose a number is, and where a cell stood."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from pipelines.comms.leads import usage
from schemas import silver

EVENT = (
    "event_id", "auth_urn", "operator", "a_number", "b_number", "imei", "imsi", "type", "started_at", "duration_s",
    "first_cell", "direction", "night",
)  # fmt: skip
CELL = ("operator", "cell", "latitude", "longitude", "azimuth", "from_on", "to_on")
A, B, C, HIDDEN = "+447700900601", "+447700900602", "+447700900603", "+447700900604"
START = dt.datetime(2026, 1, 1, 12)


def _event(n: int, a: str | None, b: str | None, day: float, **changes: Any) -> tuple[Any, ...]:
    row = {
        "event_id": f"e{n}", "auth_urn": "U1", "operator": "north", "a_number": a, "b_number": b,
        "imei": "004400001234560", "imsi": "001010000000001", "type": "VOICE",
        "started_at": START + dt.timedelta(days=day), "duration_s": 60.0, "first_cell": "c1", "direction": "OUTGOING",
        "night": dt.date(2026, 5, 1), **changes,
    }  # fmt: skip
    return tuple(row[name] for name in EVENT)


EVENTS = [
    _event(1, A, B, 0),
    _event(2, C, A, 1, direction="INCOMING"),
    _event(4, HIDDEN, B, 2),  # of a number that is hidden, and with it
    _event(5, A, HIDDEN, 3),
    _event(6, A, "60777", 4, type="SMS"),  # a service is nobody's contact
    _event(7, A, None, 5, duration_s=40_000.0),  # a withheld number; a call of eleven hours
    _event(8, A, B, 90),  # the number was given out again
    _event(9, A, B, 90, first_cell="c9"),  # a cell that the provider's table lacks
]


def _schema(table: Any, names: tuple[str, ...]) -> str:
    return ", ".join(f"{n} {table.columns[n].type.simpleString()}" for n in names)


def _used(spark: SparkSession, rows: list[tuple[Any, ...]]) -> DataFrame:
    cells = [
        ("north", "c1", 52.0, 1.0, 120.0, dt.date(2020, 1, 1), dt.date(2026, 1, 2)),
        ("north", "c1", 52.5, 1.5, 120.0, dt.date(2026, 1, 3), None),  # it moved
        ("south", "c1", 10.0, 10.0, None, dt.date(2020, 1, 1), None),  # another network's cell of the same name
    ]
    window = [("U1", dt.datetime(2025, 12, 1), dt.datetime(2026, 6, 1))]
    return usage.usage(
        spark.createDataFrame(rows, _schema(silver.COMMS_EVENTS, EVENT)),
        spark.createDataFrame([(HIDDEN,)], "number string"),
        spark.createDataFrame(cells, _schema(silver.COMMS_CELLS, CELL)),
        spark.createDataFrame(window, "auth_urn string, granted_at timestamp, expires_at timestamp"),
        usage.Recycling(days=60),
    )


@pytest.fixture(scope="module")
def used(spark: SparkSession) -> dict[str, Row]:
    return {row.event_id: row for row in _used(spark, EVENTS).collect()}


def test_no_event_of_or_with_a_hidden_number_comes_through(used: dict[str, Row]) -> None:
    assert set(used) == {"e1", "e2", "e6", "e7", "e8", "e9"}


def test_the_subject_is_the_party_whose_data_it_is(used: dict[str, Row]) -> None:
    assert {row.number for row in used.values()} == {A}
    assert (used["e2"].contact, used["e2"].is_outgoing) == (C, False)
    assert (used["e1"].contact, used["e6"].contact, used["e7"].contact) == (B, None, None)
    assert (used["e7"].ended_at - used["e7"].started_at).total_seconds() == 40_000


def test_a_number_given_out_again_is_another_unit(used: dict[str, Row]) -> None:
    assert {used[e].unit for e in ("e1", "e2", "e6", "e7")} == {A}
    assert {used[e].unit for e in ("e8", "e9")} == {f"{A}~1"}


def test_a_cell_stands_where_it_stood_that_day(used: dict[str, Row]) -> None:
    assert (used["e1"].latitude, used["e7"].latitude) == (52.0, 52.5)
    assert used["e9"].latitude is None


def test_the_order_of_rows_changes_nothing(spark: SparkSession, used: dict[str, Row]) -> None:
    again = {row.event_id: row for row in _used(spark, EVENTS[::-1]).collect()}
    assert again == used
