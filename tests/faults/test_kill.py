"""`kill -9` at every named point of the night and at any moment of it, then the same command again: as if nothing had
happened.

One state folder is killed at each point in turn, each time going on from what the last death left behind, so that the
rerun after every death is itself what meets the next. At the end it must equal a folder that was never disturbed. So
with moments that nobody chose.

Each death costs a night's start, so `make test` dies at a point of two layers and at one moment; `make trials` dies at
all points and at ten moments.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.output import deciding
from jobs.runtime import context, fault_points
from schemas import gold
from tests.support import killing
from tests.support import whole_nights as nights

SECOND = nights.FIRST + nights.ONE_DAY
POINTS = fault_points.POINTS if nights.IS_FULL else ("after silver.reports", "after gold.queue_items")
N_MOMENTS = 10
WITHOUT = () if nights.IS_FULL else nights.NOT_FORCES
# Of the seconds of a night that dies at its last point: the rerun of one that has written all takes fewer.
SPAN = (0.1, 0.6)


@dataclass(frozen=True)
class World:
    """A home whose second night was never disturbed, and the folder as it was before that night."""

    calm: context.RunContext
    before: Path


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("killed")
    calm = nights.world(folder / "calm", n_reports=400, n_nights=2, without=WITHOUT)
    nights.run(calm, nights.FIRST)
    row = calm.lake.read(gold.QUEUE_ITEMS).where("queue = 'reclassify'").orderBy("rank", "force").first()
    at = datetime.combine(nights.FIRST, datetime.min.time(), UTC)
    deciding.decide(calm, row.item_id, "TAG_ADDED", tag="CSE_LONE", why="", reviewer="A1", decided_at=at, seconds=5)
    shutil.copytree(calm.settings.home, folder / "before")
    nights.run(calm, SECOND)
    return World(calm, folder / "before")


def assert_equals_calm(home: Path, calm: context.RunContext) -> None:
    """Tables, exports and the chain of the log as in the home that nobody disturbed, and no run left open."""
    killed = nights.ctx(home)
    assert nights.hashes(killed) == nights.hashes(calm)
    exported = {p.relative_to(calm.settings.exports): p.read_bytes() for p in calm.settings.exports.rglob("*.csv")}
    assert exported
    assert exported == {
        p.relative_to(killed.settings.exports): p.read_bytes() for p in killed.settings.exports.rglob("*.csv")
    }
    assert killed.audit.verify() is None
    runs = killing.recorded(home)
    assert runs[-1] == "SUCCESS"
    assert set(runs[:-1]) <= {"SUCCESS", "FAILURE"}


@pytest.mark.trial(3)
@pytest.mark.trial(4)
@pytest.mark.trial(30)
@pytest.mark.spark
@pytest.mark.slow
def test_a_night_killed_and_rerun_equals_one_undisturbed(
    world: World, tmp_path: Path, record_property: Callable[[str, object], None]
):
    home = Path(shutil.copytree(world.before, tmp_path / "killed"))
    for point in POINTS:
        begun = time.monotonic()
        ended = nights.command(home, "nightly", "--night", str(SECOND), **{fault_points.VARIABLE: point})
        assert ended.returncode == -signal.SIGKILL, f"{point}: not reached, or survived\n{ended.stderr[-2000:]}"
    moment = random.uniform(*SPAN) * (time.monotonic() - begun)
    assert killing.killed_after(home, str(SECOND), moment, tmp_path / "night.log"), "it had ended before"
    finished = nights.command(home, "nightly", "--night", str(SECOND))
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert_equals_calm(home, world.calm)
    assert killing.recorded(home).count("FAILURE") >= len(POINTS) - 1  # the first point is before Dagster's run
    record_property("named points", len(POINTS))


@pytest.mark.trial(4)
@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.skipif(not nights.IS_FULL, reason="ten moments take an hour: make trials")
def test_a_night_killed_at_ten_moments_equals_one_undisturbed(
    world: World, tmp_path: Path, record_property: Callable[[str, object], None]
):
    log = tmp_path / "night.log"
    whole_s = killing.timed(Path(shutil.copytree(world.before, tmp_path / "timed")), str(SECOND), log)
    moments: list[float] = []
    n_homes = 0
    while len(moments) < N_MOMENTS:
        n_homes += 1
        home = Path(shutil.copytree(world.before, tmp_path / f"killed_{n_homes}"))
        is_killed = True
        while is_killed and len(moments) < N_MOMENTS:
            moment = random.uniform(0.05, 0.95) * whole_s
            is_killed = killing.killed_after(home, str(SECOND), moment, log)
            moments += [moment] if is_killed else []
        if is_killed:
            assert not killing.killed_after(home, str(SECOND), 20 * whole_s, log)
        assert_equals_calm(home, world.calm)
    record_property("kills", len(moments))
    record_property("seconds into a night", ", ".join(f"{moment:.0f}" for moment in sorted(moments)))
    record_property("seconds of a night", round(whole_s))
