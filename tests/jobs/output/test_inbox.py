"""The inbox: whole files, each once, and nothing lost or doubled wherever a night is killed."""

from __future__ import annotations

import json
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.output import inbox
from pipelines.decisions import intake
from schemas import gold
from tests.support import deciding

NIGHT = deciding.NIGHT


def test_a_decision_becomes_one_whole_private_file(tmp_path: Path) -> None:
    decision = deciding.decide(1)
    path = inbox.submit(tmp_path / "inbox", decision)
    assert path.name == f"{decision.decision_id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert intake.readable(inbox.read(path.parent, NIGHT)) == [decision]


def test_the_same_decision_is_not_recorded_twice(tmp_path: Path) -> None:
    path = inbox.submit(tmp_path, deciding.decide(1))
    before = path.read_bytes()
    with pytest.raises(inbox.AlreadySubmittedError):
        inbox.submit(tmp_path, deciding.decide(1, seconds=70))
    assert path.read_bytes() == before
    inbox.settle(tmp_path, NIGHT, [path.name])
    with pytest.raises(inbox.AlreadySubmittedError):
        inbox.submit(tmp_path, deciding.decide(1))
    assert inbox.pending(tmp_path) == []


def test_an_invalid_decision_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outcome"):
        inbox.submit(tmp_path, deciding.changed(deciding.decide(1), outcome="GUILTY"))
    with pytest.raises(ValueError, match="decision_id"):
        inbox.submit(tmp_path, deciding.changed(deciding.decide(1), decision_id="../../../../tmp/x"))
    assert list(tmp_path.iterdir()) == []


def test_of_many_who_hand_in_the_same_one_succeeds(tmp_path: Path) -> None:
    outcomes: list[str] = []

    def hand_in() -> None:
        try:
            inbox.submit(tmp_path, deciding.decide(1))
            outcomes.append("written")
        except inbox.AlreadySubmittedError:
            outcomes.append("known")

    threads = [threading.Thread(target=hand_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["known"] * 7 + ["written"]
    assert len(list(tmp_path.iterdir())) == 1


def test_whatever_lies_in_the_inbox_is_named_with_its_problem(tmp_path: Path) -> None:
    inbox.submit(tmp_path, deciding.decide(1))
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "large.json").write_bytes(b"[" * (inbox.MAX_BYTES + 1))
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".half-written").write_text("{")
    files = inbox.read(tmp_path, NIGHT)
    assert {f.name: f.problem for f in files if f.problem} == {
        "folder.json": "not a regular file",
        "link.json": "cannot be opened (OSError)",
        "pipe.json": "not a regular file",
        "large.json": "larger than a decision can be",
        "latin.json": "not UTF-8",
        "notes.txt": "not a .json file",
    }
    assert len(files) == 7
    inbox.settle(tmp_path, NIGHT, [f.name for f in files])
    assert sorted(p.name for p in tmp_path.iterdir()) == [".half-written", "taken"]
    assert {(f.name, f.problem) for f in inbox.read(tmp_path, NIGHT)} == {(f.name, f.problem) for f in files}


def test_settling_never_overwrites_and_never_leaves_the_inbox(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "outside.json").write_text("{}")
    for text in ("first", "second"):
        (tmp_path / "inbox" / "x.json").write_text(text)
        assert inbox.settle(tmp_path / "inbox", NIGHT, ["x.json", "../outside.json", "absent.json"]) == 1
    taken = tmp_path / "inbox" / "taken" / NIGHT.isoformat()
    assert sorted(p.read_text() for p in taken.iterdir()) == ["first", "second"]
    assert (tmp_path / "outside.json").exists()


def test_a_night_killed_anywhere_and_run_again_loses_and_doubles_nothing(spark: SparkSession, tmp_path: Path) -> None:
    """Take in, append, settle, with a kill after each step; then a rerun, and a decision handed in meanwhile."""

    def night(table: DataFrame, *, until: int) -> DataFrame:
        found = intake.ingest_decisions(inbox.read(tmp_path, NIGHT), table, NIGHT)
        if until >= 1:
            table = spark.createDataFrame((*table.collect(), *found.accepted.collect()), gold.DECISIONS.struct())
        if until >= 2:
            inbox.settle(tmp_path, NIGHT, found.settled)
        return table

    table = spark.createDataFrame([], gold.DECISIONS.struct())
    for n, steps in enumerate(((0, 1), (1, 2), (2, 2))):
        inbox.submit(tmp_path, deciding.decide(n, seconds=n))
        for until in steps:
            table = night(table, until=until)
    rows = table.orderBy("sequence").collect()
    assert [row["item_id"] for row in rows] == [f"{n:016x}" for n in range(3)]
    assert intake.verify_chain(table) is None
    assert inbox.pending(tmp_path) == []
    nothing = intake.ingest_decisions(inbox.read(tmp_path, NIGHT + timedelta(days=1)), table, NIGHT + timedelta(days=1))
    assert (nothing.n_accepted, nothing.n_refused, nothing.settled) == (0, 0, ())


def test_a_file_is_what_a_person_can_read(tmp_path: Path) -> None:
    record = json.loads(inbox.submit(tmp_path, deciding.decide(1, "TAG_ADDED", free_text="gifts")).read_text())
    assert (record["outcome"], record["tag"], record["free_text"]) == ("TAG_ADDED", "CSE_LONE", "gifts")
    assert record["decided_at"] == "2026-03-14T09:31:00.000000Z"
