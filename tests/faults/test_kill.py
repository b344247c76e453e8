"""`kill -9` at every named point of the night, then the same command again: as if nothing had happened.

One state folder is killed at each point in turn, each time going on from what the last death left behind, so that the
rerun after every death is itself what meets the next. At the end it must equal a folder that was never disturbed.

Each death costs a night's start, so `make test` dies at a point of two layers; `make trials` dies at all of them.
"""

from __future__ import annotations

import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.output import deciding
from jobs.runtime import fault_points
from schemas import gold
from tests.support import whole_nights as nights

SECOND = nights.FIRST + timedelta(days=1)
POINTS = fault_points.POINTS if nights.IS_FULL else ("after silver.reports", "after gold.queue_items")
WITHOUT = () if nights.IS_FULL else nights.NOT_FORCES


@pytest.mark.trial(3)
@pytest.mark.spark
@pytest.mark.slow
def test_a_night_killed_and_rerun_equals_one_undisturbed(spark: SparkSession, tmp_path: Path):
    calm = nights.world(tmp_path / "calm", n_reports=400, n_nights=2, without=WITHOUT)
    nights.run(calm, nights.FIRST)
    row = calm.lake.read(gold.QUEUE_ITEMS).where("queue = 'reclassify'").orderBy("rank", "force").first()
    at = datetime.combine(nights.FIRST, datetime.min.time(), UTC)
    deciding.decide(calm, row.item_id, "TAG_ADDED", tag="CSE_LONE", why="", reviewer="A1", decided_at=at, seconds=5)
    shutil.copytree(calm.settings.home, tmp_path / "killed")
    nights.run(calm, SECOND)

    for point in POINTS:
        ended = nights.command(tmp_path / "killed", "nightly", "--night", str(SECOND), **{fault_points.VARIABLE: point})
        assert ended.returncode == -signal.SIGKILL, f"{point}: not reached, or survived\n{ended.stderr[-2000:]}"
    finished = nights.command(tmp_path / "killed", "nightly", "--night", str(SECOND))
    assert finished.returncode == 0, finished.stderr[-2000:]

    killed = nights.ctx(tmp_path / "killed")
    assert nights.hashes(killed) == nights.hashes(calm)
    exported = {p.relative_to(calm.settings.exports): p.read_bytes() for p in calm.settings.exports.rglob("*.csv")}
    assert exported
    assert exported == {
        p.relative_to(killed.settings.exports): p.read_bytes() for p in killed.settings.exports.rglob("*.csv")
    }
    assert killed.audit.verify() is None
