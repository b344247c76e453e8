"""A night over Spark Connect, which a cluster's sessions are: the server of the pinned pyspark does the work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.sources import demo
from tests.support import connect_server
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]

NIGHT = nights.FIRST


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with connect_server.running(tmp_path_factory.mktemp("server")) as address:
        yield address


def test_a_night_over_spark_connect_makes_the_same_tables(spark: SparkSession, server: str, tmp_path: Path) -> None:
    """Bytes of tables are compared by a classic session, which did the other night as well."""
    for name in ("classic", "connect"):
        demo.write(
            nights.ctx(tmp_path / name).settings, first_night=NIGHT, n_reports=150, n_nights=1, forces=["36", "47"]
        )
    classic, connect = nights.ctx(tmp_path / "classic"), nights.ctx(tmp_path / "connect")
    done = nights.command(connect.settings.home, "nightly", "--night", str(NIGHT), "--json", SPARK_REMOTE=server)
    assert done.returncode == 0, done.stderr[-3000:]
    published = nights.run(classic, NIGHT)
    assert published["n_queue_items"] > 20
    expected, found = nights.hashes(classic), nights.hashes(connect)
    assert {path for path, content in expected.items() if not content.endswith("-0")} > {
        "gold.queue_items",
        "gold.comms_leads",
    }
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
