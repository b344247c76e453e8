"""Two processes on one lakehouse: the lock lets one write at a time, and tells the other who holds it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime import lakehouse, lock, settings
from schemas import silver

COMMITS = 50
COMMITTER = """
import sys, time
from datetime import date
from pathlib import Path
from jobs.runtime import lakehouse, lock, settings, spark
from schemas import silver
from tests.support import tables
root, who, n = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
java = settings.load().spark.java_options
session = spark.session(root / who, cores="1", memory="1g", java_options=java, is_compiled=False)
lake = lakehouse.Lakehouse(session, root / "lakehouse")
for i in range(n):
    df = tables.frame(session, silver.PEOPLE, {"person_id": f"36:{who}{i}"})
    with lock.writer(root / "lakehouse", wait_s=120):
        lake.append(df, silver.PEOPLE)
"""
HOLDER = """
import sys, time
from pathlib import Path
from jobs.runtime import lock
with lock.writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.trial(5)
@pytest.mark.slow
@pytest.mark.spark
def test_no_commit_of_two_processes_is_lost(
    spark: SparkSession, tmp_path: Path, record_property: Callable[[str, object], None]
):
    command = [sys.executable, "-c", COMMITTER, str(tmp_path)]
    running = [subprocess.Popen([*command, who, str(COMMITS)], cwd=settings.ROOT) for who in ("a", "b")]
    assert [process.wait(timeout=500) for process in running] == [0, 0]
    found = lakehouse.Lakehouse(spark, tmp_path / "lakehouse").read(silver.PEOPLE)
    assert found.select("person_id").distinct().count() == 2 * COMMITS
    assert found.count() == 2 * COMMITS
    record_property("commits kept", f"{2 * COMMITS} of {2 * COMMITS}")


@pytest.fixture
def holder(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lakehouse")],
        cwd=settings.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()


@pytest.mark.trial(6)
@pytest.mark.slow
def test_a_second_night_stops_within_five_seconds_and_names_the_first(
    holder, tmp_path: Path, record_property: Callable[[str, object], None]
):
    environment = {**os.environ, "NIGHTJAR_HOME": str(tmp_path)}
    imports = [sys.executable, "-c", "from jobs.runtime import context, lock; from jobs.sources import demo"]
    started = time.monotonic()
    subprocess.run(imports, cwd=settings.ROOT, check=True)
    begun = time.monotonic()
    command = [sys.executable, "-m", "jobs.cli.main", "nightly"]
    second = subprocess.run(command, cwd=settings.ROOT, env=environment, capture_output=True, text=True, check=False)
    # The promise, beyond what the interpreter and its imports took a moment ago on this machine, busy as it may be.
    took = time.monotonic() - begun
    assert took < 5 + 1.5 * (begun - started)
    record_property("seconds until it stopped, with the interpreter", round(took, 1))
    assert second.returncode == 1
    assert str(holder.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert holder.poll() is None  # the first is unharmed


def test_the_lock_dies_with_its_holder(holder, tmp_path: Path):
    holder.kill()
    holder.wait()
    with lock.writer(tmp_path / "lakehouse", wait_s=1):
        pass
