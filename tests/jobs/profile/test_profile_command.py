"""`nightjar profile` as a process of its own: with a night named, for a subject whom blind rows name and whose fifty
busiest contacts are not the child that was missing."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import docx
import pytest
from pyspark.sql import SparkSession

from schemas import gold, review, silver
from tests.support import notebook_world, telephony, travel_rows
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]

NIGHT = travel_rows.NIGHT
DRAWS = dict(zip(review.DRAW_KINDS, ("d" * 16, "e" * 16, "f" * 16), strict=True))
BUSY = [telephony.number(500 + n) for n in range(60)]
MINE, CHILDS = "+447700900123", "+447700900456"


def queue_row(item_id: str, **more: Any) -> dict[str, Any]:
    reason = ("term", f"reason of {item_id}", "silver.reports", "36:R1", None, None, 1.0)
    return {
        "night": NIGHT, "queue": "reclassify", "item_id": item_id, "force": "36", "rank": 1, "subject_kind": "report",
        "subject_id": "36:R1", "person_ids": [travel_rows.SUBJECT], "stratum": "NO_TAG", "reasons": [reason],
        "marking": "OFFICIAL-SENSITIVE", **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def home(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profile")
    travel_rows.write(spark, folder)
    calls = [
        telephony.event(f"2026-03-{day:02d}T10:00:00", MINE, busy, night=NIGHT) for busy in BUSY for day in (2, 3, 4)
    ]
    calls.append(telephony.event("2026-03-07T21:00:00", MINE, CHILDS, night=NIGHT))
    rows = [queue_row(item_id) for item_id in DRAWS.values()]
    rows.append(queue_row("a" * 16, score=0.81, score_low=0.7, score_high=0.9))
    drawn = [
        {"night": NIGHT, "queue": "reclassify", "item_id": item_id, "kind": kind, "drawn_on": NIGHT, "score": 0.5}
        for kind, item_id in DRAWS.items()
    ]
    for table, content in (
        (silver.COMMS_EVENTS, calls), (gold.QUEUE_ITEMS, rows), (review.QUEUE_DRAWS, drawn),
    ):  # fmt: skip
        notebook_world.save(spark, folder, table, content)
    return folder


@pytest.fixture(scope="module")
def said(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Every word of both documents."""
    out = tmp_path_factory.mktemp("out")
    words = ("--night", NIGHT.isoformat(), "--reviewer", "a.analyst", "--out", str(out), "--json")
    done = nights.command(home, "profile", travel_rows.SUBJECT, *words)
    assert done.returncode == 0, done.stderr
    page, document = (Path(path) for path in json.loads(done.stdout))
    opened = docx.Document(io.BytesIO(document.read_bytes()))
    cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
    return page.read_text(encoding="utf-8") + "\n".join(cells)


def test_a_night_may_be_named(said: str) -> None:
    assert f"As known in the night of {NIGHT.strftime('%-d %b %Y')}" in said


def test_rows_without_a_score_are_left_out(said: str) -> None:
    assert f"reason of {'a' * 16}" in said
    assert "0.81 (0.70 to 0.90)" in said
    assert not [kind for kind, item_id in DRAWS.items() if item_id in said]


def test_a_missing_child_is_found_behind_fifty_busier_contacts(said: str) -> None:
    assert CHILDS not in said.split("Contacts</h2>")[1].split("</section>")[0]  # not among the fifty
    assert "ELLA ASHWORTH (36:N2)" in said
    assert "1 events between their telephones" in said


def test_a_night_that_never_ran_is_one_sentence(home: Path) -> None:
    done = nights.command(home, "profile", travel_rows.SUBJECT, "--night", "2026-03-01", "--reviewer", "a.analyst")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"No record of {travel_rows.SUBJECT} is known in the night of {dt.date(2026, 3, 1)}" in done.stderr
