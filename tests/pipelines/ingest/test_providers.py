"""Ten providers tell the same truth, each in its own way: silver cannot tell them apart."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from pipelines.common import devices
from pipelines.ingest import conform
from pipelines.synthesis.comms import comms
from pipelines.synthesis.core import senders
from pipelines.synthesis.files import encode
from schemas import codes, silver
from schemas.layouts import layouts
from schemas.layouts.feed import Feed
from tests.support import nights, provider_workbooks

LAYOUTS = senders.of(("36",))
# What differs between providers by meaning: who they are, and where the row came from.
SHARED = [n for n in silver.COMMS_EVENTS.names if n not in ("event_id", "operator") and not n.startswith("_")]
NIGHT = dt.date(2026, 4, 3)
# Starts around both clock changes, at midnights and at the change of the year, in UTC.
STARTS = [
    "2025-10-25T23:59:59", "2025-10-26T00:30:00", "2025-10-26T01:30:00", "2025-10-26T00:59:59", "2025-10-26T01:00:00",
    "2025-10-26T02:30:00", "2026-03-29T00:59:59", "2026-03-29T01:00:00", "2026-03-29T23:00:00", "2025-12-31T23:59:59",
    "2026-01-01T00:00:00", "2025-07-01T11:00:00",
]  # fmt: skip
SECONDS = [0, 1, 17, 40_000, 59, 60, 61, 3599, 3600, 3601, 125, 86]
FOOTERS = {"telco_harbour": 2, "telco_fen": 1, "telco_lowland": 1, "telco_granite": 2}  # lines that are no events
METRES = 6  # by which the transformation from the National Grid may be off, with the square of a reference
OTHERS = ["07700900124", "60066", None, "+3225550199", "01134960001", "07700900125"]


def truth() -> dict[str, pa.Array]:
    """A dozen events in our names and national codes; numbers are national, as the world has them."""
    n = len(STARTS)
    at = np.arange(n)
    other = pa.array([OTHERS[k % len(OTHERS)] for k in at])
    is_incoming = pa.array(at % 3 == 1)
    subject = pa.array(["07700900123"] * n)
    pointed = pa.array(at % 2 == 0)
    return {
        "auth_urn": pa.array(["CD/1"] * n),
        "a_number": pc.if_else(is_incoming, other, subject),
        "b_number": pc.if_else(is_incoming, subject, other),
        "imei": pa.array([_imei(k) for k in at]),
        "imsi": pa.array(["001010000000123"] * n),
        "type": pa.array([codes.COMMS_TYPES[k % 3] for k in at]),
        "started_at": pa.array([dt.datetime.fromisoformat(s) for s in STARTS], pa.timestamp("s")),
        "duration_s": pa.array(SECONDS),
        "first_cell": pa.array([f"001-01-1036-{k:03d}" for k in at]),
        "last_cell": pa.array([f"001-01-1036-{k // 2:03d}" for k in at]),
        "first_azimuth": pc.if_else(pointed, pa.array(at * 30.0), pa.scalar(None, pa.float64())),
        "last_azimuth": pc.if_else(pointed, pa.scalar(None, pa.float64()), pa.array(at * 30.0)),
        "direction": pc.if_else(is_incoming, "INCOMING", "OUTGOING"),
    }


def _imei(k: int) -> str:
    """The same handset in the forms that networks send."""
    body = "00440000123456"
    return (body, body + str(devices.luhn(body)), body + "0", body + "77")[k % 4]


def as_sent(sender: str) -> dict[str, pa.Array]:
    """The truth with numbers as the provider writes them."""
    columns = truth()
    for name in ("a_number", "b_number"):
        columns[name] = pc.replace_substring_regex(columns[name], "^0", comms.NUMBER_PREFIX[sender])
    return columns


def authorisation() -> dict[str, pa.Array]:
    when = [dt.datetime(2025, 6, 1), dt.datetime(2026, 4, 1)]
    times = [pa.array([t], pa.timestamp("s")) for t in when]
    return {
        "auth_urn": pa.array(["CD/1"]), "section": pa.array(["s.60A"]), "kind": pa.array(["EVENTS"]),
        "purpose": pa.array(["SAFETY_OF_LIFE"]), "granted_at": times[0], "expires_at": times[1],
        "authoriser": pa.array(["OCDA"]), "is_protected_profession": pa.array([False]),
        "is_journalist_source": pa.array([False]), "approved_at": pa.array([None], pa.timestamp("s")),
    }  # fmt: skip


def drop(home: Path, sender: str, feed: str, columns: dict[str, pa.Array]) -> None:
    """Writes a provider's files of the night."""
    layout = LAYOUTS[sender]
    files = encode.by_file_name(layout.feeds[feed], columns) if layout.feeds[feed].file_name else [("1", columns)]
    for name, part in files:
        ending = encode.EXTENSIONS[layout.feeds[feed].format]
        encode.write(home / sender / feed / NIGHT.isoformat() / f"{feed}_{name}.{ending}", layout, feed, part)


@pytest.fixture(scope="module")
def judged(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The judged events of all ten in one pass, the ledger of their files, and the cells of those with workbooks."""
    home = tmp_path_factory.mktemp("ten")
    for sender in senders.PROVIDERS:
        drop(home, sender, "comms_authorisations", authorisation())
        drop(home, sender, "comms_events", as_sent(sender))
    events = pa.RecordBatch.from_pydict(truth()).to_pylist()
    for sender, feed, name, content in provider_workbooks.written(events):
        nights.drop(home, sender, feed, name, content, NIGHT)
    read = nights.ingested(spark, home, night=NIGHT)
    known = conform.accepted(nights.judged(read.rows, "comms_authorisations", NIGHT), "comms_authorisations")
    one = known.dropDuplicates(["auth_urn"])  # all six name the same authorisation
    judged_events = nights.judged(read.rows, "comms_events", NIGHT, authorisations=one)
    cells = nights.judged(read.rows, "comms_cells", NIGHT)
    return judged_events.collect(), read.files.collect(), cells.collect()


def test_ten_providers_make_identical_rows(judged: Any) -> None:
    events, files, _ = judged
    assert {f.status for f in files} == {"LOADED"}
    notes = {"[sheet Sheet]"}  # which stands before that of one provider's rows
    assert {f.rescued_columns for f in files if f.feed == "comms_events"} <= {None, "", *notes}
    refused = Counter(e._sender for e in events if e.reason)
    assert refused == FOOTERS
    found: dict[str, set[tuple[Any, ...]]] = {}
    for event in (event for event in events if event.reason is None):
        found.setdefault(event._sender, set()).add(tuple(event[name] for name in SHARED))
        assert event._rescued is None
    assert set(found) == {*senders.PROVIDERS, *FOOTERS}
    expected = found["telco_north"]
    assert len(expected) == len(STARTS)
    assert {sender: rows ^ expected for sender, rows in found.items() if rows != expected} == {}


def test_the_rows_are_the_truth(judged: Any) -> None:
    events, _, _ = judged
    of_one = sorted((e for e in events if e._sender == "telco_isle"), key=lambda e: e._row_number)
    utc = [e.started_at.astimezone(dt.UTC).replace(tzinfo=None).isoformat() for e in of_one]
    assert utc == STARTS
    assert [e.duration_s for e in of_one] == SECONDS
    assert {e.imei for e in of_one} == {devices.imei("00440000123456")}
    assert of_one[3].a_number == "+447700900123"
    assert of_one[3].b_number == "+3225550199"
    assert [e.b_number for e in of_one[:3:2]] == ["+447700900124", None]  # the third was withheld
    wall = {e.started_at.astimezone(zoneinfo.ZoneInfo("Europe/London")).strftime("%H:%M:%S") for e in of_one[1:3]}
    assert wall == {"01:30:00"}, "two instants an hour apart, told apart though the clock shows the same"


def test_cells_are_read_from_rows_of_events(judged: Any) -> None:
    """Where no file of cells comes: at the first and the last of each event, on its day, however places are written."""
    _, _, cells = judged
    taken = [cell for cell in cells if cell.reason is None and not cell.is_superseded]
    assert {cell.operator for cell in taken} == set(FOOTERS)
    zones = {"telco_fen": zoneinfo.ZoneInfo("Europe/London")}
    for sender in FOOTERS:
        found = {(cell.cell, cell.from_on): cell for cell in taken if cell.operator == sender}
        if sender != "telco_granite":
            starts = [dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC) for start in STARTS]
            days = [start.astimezone(zones.get(sender, dt.UTC)).date() for start in starts]
            numbers = enumerate(days)
            named = {(f"001-01-1036-{n:03d}", day) for k, day in numbers for n in (k, k // 2)}
            assert set(found) == named, sender
        for cell in found.values():
            _, _, north, east = provider_workbooks.place(cell.cell)
            assert cell.latitude == pytest.approx(north, abs=METRES / 111_320), cell
            assert cell.longitude == pytest.approx(east, abs=2 * METRES / 111_320), cell
            assert (cell.azimuth, cell.to_on, cell.is_superseded) == (None, None, False)
    of_rows = [cell for cell in cells if cell._sender == "telco_harbour"]
    assert len(of_rows) == 2 * len(STARTS)  # two a row; those named again are one, and a line that ends a file is none
    assert {cell._rescued for cell in of_rows} == {None}  # nothing of the parties stands in a table of cells


@pytest.mark.slow
def test_the_layouts_use_every_way_of_telling() -> None:
    """Each way of telling is in one of the six layouts: otherwise the trial would prove little."""
    feeds = [layouts.load()[name].feeds["comms_events"] for name in senders.PROVIDERS]
    assert {feed.durations for feed in feeds} == set(get_args(Feed.model_fields["durations"].annotation))
    assert {feed.header_rows for feed in feeds} == {1, 3}
    assert any(feed.file_name for feed in feeds)
    assert any(feed.patterns for feed in feeds)
    assert {layouts.load()[name].time_zone for name in senders.PROVIDERS} == {"UTC", "Europe/London"}
