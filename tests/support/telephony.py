"""Events of communications data for trials, as silver holds them, and the tables made of them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from schemas import silver
from tests.support import tables

GRANTED = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
EXPIRES = dt.datetime(2026, 12, 31, tzinfo=dt.UTC)


def number(n: int) -> str:
    """A number of Ofcom's range for drama."""
    return f"+447700900{n:03d}"


def event(at: str, a: str | None, b: str | None, **more: Any) -> dict[str, Any]:
    """An event that starts at `at` (UTC, ISO). Of an operator `north` unless said otherwise."""
    given = {
        "a_number": a, "b_number": b, "started_at": dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC),
        "auth_urn": "CD/1", "operator": "north", "type": "VOICE", "duration_s": 60.0, "direction": "OUTGOING", **more,
    }  # fmt: skip
    key = "|".join(
        str(given.get(k)) for k in ("operator", "a_number", "b_number", "type", "started_at", "imei", "direction", "_n")
    )
    given.pop("_n", None)
    return {"event_id": hashlib.sha256(key.encode()).hexdigest(), **given}


def events(spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    return tables.frame(spark, silver.COMMS_EVENTS, *rows)


def usable(spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Events as they come through the gate, for what is done behind it."""
    return events(spark, rows).drop(*silver.ARRIVAL_FLAGS)


def authorisations(spark: SparkSession, *rows: Mapping[str, Any]) -> DataFrame:
    """Authorisations for events over two years unless said otherwise; `CD/1` where none is given."""
    given = rows or ({"auth_urn": "CD/1"},)
    full = [{"kind": "EVENTS", "granted_at": GRANTED, "expires_at": EXPIRES, **row} for row in given]
    return tables.frame(spark, silver.COMMS_AUTHORISATIONS, *full)


def cells(spark: SparkSession, *rows: Mapping[str, Any]) -> DataFrame:
    full = [{"operator": "north", "from_on": dt.date(2020, 1, 1), **row} for row in rows]
    return tables.frame(spark, silver.COMMS_CELLS, *full)


def subscribers(spark: SparkSession, *rows: Mapping[str, Any]) -> DataFrame:
    full = [{"operator": "north", "auth_urn": "CD/1", "subscriber_id": f"{n}", **row} for n, row in enumerate(rows)]
    return tables.frame(spark, silver.COMMS_SUBSCRIBERS, *full)
