"""Trial 26: a full or read-only disk ends a run with an error, and the last good version can still be read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.runtime import lock
from jobs.runtime.delta import delta_log
from tests.support import disks
from tests.support import whole_nights as nights

# Writes a good version of a table, fills the disk, writes again, and tells what it met; then with room once more.
WRITER = """
import errno, json, sys
from pathlib import Path
from jobs.runtime import lakehouse, settings, spark
from pyspark.errors import PySparkException
from py4j.protocol import Py4JJavaError
from schemas import silver
from tests.support import tables

disk, scratch = map(Path, sys.argv[1:])
java = settings.load().spark.java_options
session = spark.session(scratch, cores="1", memory="1g", java_options=java, is_compiled=False)
lake = lakehouse.Lakehouse(session, disk / "lakehouse")

def people(n, begin=0):
    rows = [{"person_id": f"36:{k}", "surname": f"{k * 7919:040d}"} for k in range(begin, begin + n)]
    return tables.frame(session, silver.PEOPLE, *rows)

def told(work):
    try:
        work()
    except (PySparkException, Py4JJavaError, OSError) as error:
        return str(error)
    return None

def fill():
    with open(disk / "filler", "wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()

lake.append(people(10), silver.PEOPLE)
before = lake.version(silver.PEOPLE)
filled = told(fill)
full = told(lambda: lake.append(people(5000, begin=10), silver.PEOPLE))
during = (lake.version(silver.PEOPLE), len(lake.read(silver.PEOPLE).collect()))
(disk / "filler").unlink()
lake.append(people(90, begin=10), silver.PEOPLE)
after = (lake.version(silver.PEOPLE), len(lake.read(silver.PEOPLE).collect()))
print(json.dumps({"before": before, "filled": filled, "full": full, "during": during, "after": after}))
"""


@pytest.mark.trial(26)
@pytest.mark.spark
@pytest.mark.slow
def test_a_write_to_a_full_disk_fails_and_the_version_before_it_stays(
    tmp_path: Path, record_property: Callable[[str, object], None]
):
    disk = tmp_path / "disk"
    disk.mkdir()
    small = disks.SMALL.format(disk, 2048)
    done = disks.run(small, sys.executable, "-c", WRITER, str(disk), str(tmp_path / "scratch"), home=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert "No space left" in told["filled"]
    assert "No space left" in told["full"]
    assert told["during"] == [told["before"], 10]
    assert told["after"] == [told["before"] + 1, 100]
    record_property("rows read while the disk was full", told["during"][1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which nights have run, with something in its landing zone."""
    (tmp_path / "home" / "landing" / "force_36").mkdir(parents=True)
    (tmp_path / "home" / "lakehouse" / "gold" / "run_manifest" / "_delta_log").mkdir(parents=True)
    return tmp_path / "home"


@pytest.mark.trial(26)
@pytest.mark.slow
@pytest.mark.parametrize("what", ["lakehouse", "."], ids=["the lakehouse", "the whole home"])
def test_a_night_on_a_read_only_disk_ends_in_one_sentence(home: Path, what: str):
    (home / "lakehouse" / ".writer.lock").touch()
    before = {path: path.stat().st_mtime_ns for path in (home / "lakehouse").rglob("*")}
    read_only = disks.READ_ONLY.format(home / what)
    done = disks.nightjar(read_only, "nightly", "--night", "2026-03-27", home=home)
    assert done.returncode == 1
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.stat().st_mtime_ns for path in (home / "lakehouse").rglob("*")} == before
    if what == "lakehouse":  # where the log can be written, somebody is told
        (alert,) = (home / "log" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
        assert "Read-only file system" in json.loads(alert)["message"]


def test_a_lakehouse_that_cannot_be_made_is_an_error_that_a_person_can_act_on(tmp_path: Path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(lock.LakehouseUnwritableError, match="cannot be written"),
        lock.writer(tmp_path / "file" / "lake"),
    ):
        pass


@pytest.mark.trial(26)
@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.skipif(not nights.IS_FULL, reason="a whole night on a disk that fills up: make trials")
def test_a_night_whose_disk_fills_up_ends_with_an_error_and_runs_again_with_room(tmp_path: Path):
    made = nights.world(tmp_path / "home", n_reports=400, n_nights=2, without=nights.NOT_FORCES)
    home = made.settings.home
    first = nights.command(home, "nightly", "--night", str(nights.FIRST))
    assert first.returncode == 0, first.stderr[-2000:]
    n_bytes = sum(path.stat().st_size for path in (home / "lakehouse").rglob("*") if path.is_file())
    # The lakehouse on a disk with room for a third of another night.
    aside = home / "aside"
    (home / "lakehouse").rename(aside)
    (home / "lakehouse").mkdir()
    mount = f"{disks.SMALL.format(home / 'lakehouse', int(n_bytes * 1.6) >> 10)} && cp -a {aside}/. {home}/lakehouse"
    second = str(nights.FIRST + nights.ONE_DAY)
    night = f"{sys.executable} -m jobs.cli.main nightly --night {second}; echo ended $? >&2"
    keep = f"{night}; cp -a {home}/lakehouse {home}/after"
    done = disks.run(mount, "sh", "-c", keep, home=home)
    assert "ended 1" in done.stderr
    assert "No space left" in done.stderr + (home / "log" / "alerts.jsonl").read_text(encoding="utf-8")
    (home / "lakehouse").rmdir()
    (home / "after").rename(home / "lakehouse")
    for log in (home / "lakehouse").glob("*/*/_delta_log"):
        assert delta_log.read(log.parent).flaws == ()
    again = nights.command(home, "nightly", "--night", second)
    assert again.returncode == 0, again.stderr[-2000:]
