"""One night of every sender, done twice: where there is no network at all, and over Spark Connect, which a cluster's
sessions are. The kernel is the witness of the first, the server of the pinned pyspark does the work of the second, and
both make the same tables.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.research import benefits
from jobs.runtime.context import RunContext
from jobs.sources import demo
from tests.support import connect_server, no_network
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]

NIGHT = nights.FIRST
WHY_NOT = no_network.why_not()
NIGHTLY = ["nightly", "--night", str(NIGHT), "--json"]


def world(home: Path) -> RunContext:
    ctx = nights.ctx(home)
    demo.write(ctx.settings, first_night=NIGHT, n_reports=150, n_nights=1, forces=["36", "47"])
    return ctx


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with connect_server.running(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunContext, no_network.Told]:
    """A night of a local session, without a network where the kernel lets us; its home and what it told."""
    folder = tmp_path_factory.mktemp("alone")
    ctx = world(folder / "home")
    if WHY_NOT is None:
        words = [sys.executable, "-m", "jobs.cli.main", *NIGHTLY]
        return ctx, no_network.run(words, folder, NIGHTJAR_HOME=str(ctx.settings.home))
    done = nights.command(ctx.settings.home, *NIGHTLY)
    return ctx, no_network.Told(done.returncode, done.stdout, done.stderr, {}, [])


@pytest.mark.trial(29)
@pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))
def test_trial_29_a_whole_night_reaches_nobody(
    alone: tuple[RunContext, no_network.Told], record_property: Callable[[str, object], None]
) -> None:
    _, told = alone
    assert told.code == 0, told.stderr[-3000:]
    report = json.loads(told.stdout)
    assert report["n_queue_items"] > 20
    assert report["model"] == "reclassify v1"  # trained and registered on the way
    record_property("writes", report["n_writes"])
    record_property("tries by the kernel's count", sum(told.counters.values()))
    assert told.named == []
    assert set(told.counters.values()) == {0}


def test_a_night_leaves_the_seconds_that_it_took(alone: tuple[RunContext, no_network.Told]) -> None:
    ctx, told = alone
    (manifest,) = benefits.manifests(ctx.settings)
    assert 0 < manifest["seconds"] <= json.loads(told.stdout)["seconds"] + 1


def test_a_night_over_spark_connect_makes_the_same_tables(
    spark: SparkSession, alone: tuple[RunContext, no_network.Told], server: str, tmp_path: Path
) -> None:
    """Both homes are read by a session of ours."""
    classic, connect = alone[0], world(tmp_path / "connect")
    done = nights.command(connect.settings.home, *NIGHTLY, SPARK_REMOTE=server)
    assert done.returncode == 0, done.stderr[-3000:]
    expected, found = nights.hashes(classic), nights.hashes(connect)
    written = {path for path, content in expected.items() if not content.endswith("-0")}
    assert {"gold.queue_items", "gold.network_risk", "gold.report_scores", "silver.comms_events"} < written
    assert {path for path in expected if found[path] != expected[path]} == set()


CONFLICT = """
import os, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from jobs.runtime import lakehouse, spark
from schemas.bronze import INBOX

home = Path(os.environ["NIGHTJAR_HOME"])
session = spark.session(home)
waits = []
lakehouse.random = SimpleNamespace(uniform=lambda least, most: waits.append(most) or 0)

def slowly(batches):
    time.sleep(5)
    yield from batches

def add(file, *, is_slow):
    new = session.createDataFrame([(file, "{}")], INBOX.struct())
    new = new.mapInArrow(slowly, INBOX.struct()) if is_slow else new
    return lakehouse.Lakehouse(session, home).append_new(new, INBOX)

first = add("1.json", is_slow=False)
with ThreadPoolExecutor(1) as pool:
    slow = pool.submit(add, "2.json", is_slow=True)
    time.sleep(2)
    quick = add("3.json", is_slow=False)
    again = add("3.json", is_slow=False)
    print(first, slow.result(), quick, again, len(waits) > 0, lakehouse.Lakehouse(session, home).read(INBOX).count())
print(type(session).__module__, spark.n_tasks(session), lakehouse.n_actions(session))
"""


def test_a_commit_that_came_between_is_seen_over_spark_connect(server: str, tmp_path: Path) -> None:
    """The server tells of it in words; the client raises Delta's own class, and the append is tried again."""
    environment = {
        **os.environ,
        "SPARK_REMOTE": server,
        "NIGHTJAR_HOME": str(tmp_path),
        "PYTHONPATH": str(nights.settings.ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", CONFLICT], env=environment, capture_output=True, text=True, check=False
    )
    told = done.stdout.splitlines()
    assert told[:1] == ["1 1 1 0 True 3"], done.stderr[-2000:]
    assert told[1:] == ["pyspark.sql.connect.session 2 None"]
