"""A file in nobody's layout is refused whole, and the layout that comes nearest is named with what it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.night import summary
from jobs.sources import dry_run, landing
from pipelines.ingest.readers import read
from schemas.layouts import layouts
from tests.support import nights

SOURCES = layouts.load()
SOUTH = {
    "Auth URN": "A1", "A Party": "07700900123", "B Party": "60066", "Event": "SMSMO", "Began": "26/10/2025 01:30:00",
    "Duration": "0", "First Cell": "c1", "Last Cell": "c1", "Dir": "O",
}  # fmt: skip  # telco_south's columns, but for the start


def read_whole(home: Path, sender: str, feed: str) -> list[dict[str, Any]]:
    """What the reader makes of a sender's only file."""
    (file,) = [f for f in landing.scan(home, nights.NIGHT, SOURCES) if (f.sender, f.feed) == (sender, feed)]
    return [row for batch in read.read_file(vars(file), SOURCES) for row in batch.to_pylist()]


def test_the_nearest_layout_is_named_and_nothing_is_loaded_in_part(tmp_path: Path) -> None:
    nights.drop(tmp_path, "telco_north", "comms_events", "new.csv", nights.csv_bytes([SOUTH, SOUTH], ";"))
    nights.drop(tmp_path, "telco_isle", "comms_events", "new.csv", nights.csv_bytes([SOUTH], "|"))
    (row,) = read_whole(tmp_path, "telco_isle", "comms_events")
    assert (row["row_number"], row["reason"]) == (0, "FILE_LAYOUT_UNKNOWN")
    assert row["detail"].endswith("nearest layout: telco_south.yaml, absent: Start Time")
    (wrong_delimiter,) = read_whole(tmp_path, "telco_north", "comms_events")
    assert wrong_delimiter["reason"] == "FILE_LAYOUT_UNKNOWN"
    assert "nearest" not in wrong_delimiter["detail"]  # one column of that name is in no layout


def test_columns_like_nobodys_propose_nothing(tmp_path: Path) -> None:
    nights.drop(tmp_path, "telco_north", "comms_events", "x.csv", nights.csv_bytes([{"colour": "blue"}]))
    (row,) = read_whole(tmp_path, "telco_north", "comms_events")
    assert row["reason"] == "FILE_LAYOUT_UNKNOWN"
    assert "nearest" not in row["detail"]


@pytest.mark.parametrize(
    ("columns", "delimiter", "expected"),
    [
        (SOUTH, ";", "comes nearest to telco_south.yaml; absent: Start Time"),
        ({**SOUTH, "Start Time": "x"}, ";", "fits telco_south.yaml"),
        ({"colour": "blue"}, ",", "is like no layout that is known"),
    ],
)
def test_a_sender_without_a_layout_is_told_where_to_start(
    tmp_path: Path, columns: dict[str, str], delimiter: str, expected: str
) -> None:
    nights.drop(tmp_path, "telco_new", "comms_events", "x.csv", nights.csv_bytes([columns], delimiter))
    found = dry_run.propose(tmp_path / "telco_new", SOURCES, nights.NIGHT)
    assert len(found) == 1
    assert expected in summary.proposals_text(found)
