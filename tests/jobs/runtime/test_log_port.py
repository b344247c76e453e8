"""One log of processing, a file and a table behind it: the same tests on both, tampering and other writers included."""

from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import pytest
from pyspark.sql import SparkSession

from jobs.runtime import audit, settings
from jobs.runtime.audit import chain, marks, operations, verification
from jobs.runtime.audit.table import TableLog
from jobs.runtime.context import RunContext
from jobs.runtime.lakehouse import Lakehouse
from schemas import bronze
from tests.jobs.runtime.test_audit import REWRITINGS, TAMPERINGS
from tests.support import changed_settings

pytestmark = pytest.mark.spark
KINDS = ("file", "table")
NIGHT = date(2026, 3, 14)
IDS = ("+447700900123", "+447700900007", "two\nlines", "+447700900123")
# What is done to the rows of a table: the first bad entry where the chain tells, else the table's record of commits.
OF_TABLES = {
    "a byte flipped": 3, "two rows swapped": 3, "a row repeated": 4, "the last two rows cut": None, "emptied": None,
    "a row added": None, "written anew from a forged row on": None,
}  # fmt: skip


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ctx(kind: str, spark: SparkSession, tmp_path: Path) -> RunContext:
    return context(kind, spark, tmp_path / "home")


def context(kind: str, spark: SparkSession, home: Path) -> RunContext:
    """A run over the home as its settings say where it is."""
    chosen = settings.load(home)
    if kind == "table":
        chosen = changed_settings.changed(chosen, home_on="volume")
    made = RunContext(chosen)
    made.__dict__["spark"] = spark
    return made


@pytest.fixture(scope="module")
def written(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A home per kind whose log has six entries, of which the fifth and sixth are about ids."""
    homes = {}
    for kind in KINDS:
        homes[kind] = tmp_path_factory.mktemp(kind)
        made = context(kind, spark, homes[kind]).audit
        for n in range(1, 5):
            made.append("consultation", "a.analyst", f"queue {n}", why="test", counts={"rows": n})
        operations.communications_researched(made, "a.analyst", "a case", NIGHT, IDS)
        operations.identifiers_combined(made, "a.analyst", "a case", NIGHT, reversed(IDS))
    return homes


@pytest.fixture
def log(kind: str, written: dict[str, Path], ctx: RunContext) -> audit.Log:
    """The log of a copy of that home."""
    shutil.copytree(written[kind], ctx.settings.home)
    return ctx.audit


def lines_of(log: audit.Log) -> list[bytes]:
    if isinstance(log, TableLog):
        return [f"{line}\n".encode() for _, line in log._lines()]
    assert isinstance(log, audit.Audit)
    return log.path.read_bytes().splitlines(keepends=True)


def rewrite(log: audit.Log, lines: list[bytes], *, with_head: bool = False) -> None:
    """Put other lines in the place of the log's, as who may write its folder can; for a file with its head, if asked.

    Of a table that takes appends alone: that it does is a property, which is taken off.
    """
    if isinstance(log, audit.Audit):
        log.path.write_bytes(b"".join(lines))
        if with_head:
            newest = json.loads(lines[-1])
            log._write_head(audit.Head(len(lines), sum(map(len, lines)), newest["hash"]), None)
        return
    assert isinstance(log, TableLog)
    spark, name = log.lake.spark, log.lake.sql_name(bronze.PROCESSING_LOG)
    numbered = [(n, line.decode().rstrip("\n")) for n, line in enumerate(lines, start=1)]
    spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.appendOnly' = 'false')")
    rows = spark.createDataFrame(numbered, bronze.PROCESSING_LOG.struct())
    rows.write.format("delta").mode("overwrite").save(log.lake.location(bronze.PROCESSING_LOG))


def test_the_settings_choose_in_one_place(kind: str, ctx: RunContext) -> None:
    assert isinstance(ctx.audit, audit.Audit if kind == "file" else TableLog)
    assert not ctx.audit.exists()
    assert ctx.audit.verify() is None
    assert ctx.audit.head() == audit.Head()


def test_whoever_has_the_lines_can_recompute_the_chain(log: audit.Log) -> None:
    """By SHA-256 and JSON alone, as docs/audit.md says of an entry, and of ids."""
    previous = "0" * 64
    for n, line in enumerate(lines_of(log), start=1):
        body, found = line.rstrip(b"\n").removesuffix(b'"}').rsplit(b',"hash":"', 1)
        said = json.loads(line)
        assert hashlib.sha256(body + b"}").hexdigest() == found.decode() == said["hash"]
        assert (said["n"], said["previous"]) == (n, previous)
        previous = said["hash"]
    assert log.head().hash == previous
    ids = "".join(f"{json.dumps(each)}\n" for each in sorted(set(IDS)))
    digests = {json.loads(line)["ids"]["sha256"] for line in lines_of(log)[4:]}
    assert digests == {hashlib.sha256(ids.encode()).hexdigest()}
    assert "7700900" not in b"".join(lines_of(log)).decode()


def test_both_kinds_write_the_same_entries(spark: SparkSession, tmp_path: Path) -> None:
    """The same entries at the same moment make the same lines, so that a table's lines are a file that verifies."""
    written = []
    for kind in KINDS:
        made = context(kind, spark, tmp_path / kind).audit
        at = datetime(2026, 3, 14, 2, tzinfo=UTC)
        made.append("disclosure", "x\ny", 'on\n{"n":8}', to_whom="\u2028", at=at)
        made.append("collection", "nightjar", "landing zone", ids=["b", "a"], night=NIGHT, at=at)
        written.append(lines_of(made))
        assert made.verify() is None
    assert written[0] == written[1]


def test_what_was_logged_is_read_again(log: audit.Log) -> None:
    assert [(entry["n"], entry["on_what"]) for entry in log.entries()][:4] == [(n, f"queue {n}") for n in range(1, 5)]
    assert log.exists()
    assert log.verify() is None
    assert log.head().n == 6
    newest = log.last("identifiers_combined")
    assert newest is not None
    assert newest["n"] == 6
    assert log.last("queue_viewed") is None
    assert log.ids(newest["ids"]["sha256"]) == sorted(set(IDS))
    with pytest.raises(FileNotFoundError):
        log.ids("0" * 64)


@pytest.mark.parametrize(("action", "who"), [("look", "a"), ("consultation", " ")])
def test_an_entry_names_a_known_action_and_somebody(log: audit.Log, action: str, who: str) -> None:
    with pytest.raises(ValueError, match=r"not one of|names who"):
        log.append(action, who, "queue")
    assert log.head().n == 6


@pytest.mark.parametrize("kind", ["table"], indirect=True)
@pytest.mark.parametrize("how", OF_TABLES)
def test_tampering_with_a_table_is_found(log: audit.Log, how: str) -> None:
    """As trial 21 does with the file (`test_audit`)."""
    rewrite(log, TAMPERINGS[how][0](lines_of(log)))
    broken = log.verify()
    assert broken is not None
    if OF_TABLES[how] is None:
        assert "written to by WRITE" in broken.why
    else:
        assert broken.n == OF_TABLES[how], str(broken)


@pytest.mark.parametrize("how", REWRITINGS)
def test_a_log_rewritten_whole_is_found_by_marks_kept_elsewhere(log: audit.Log, how: str) -> None:
    lines = lines_of(log)
    kept = [audit.Mark(n, json.loads(lines[n - 1])["hash"], "anchor") for n in (6, 2)]
    assert log.verify(kept) is None
    change, first_bad = REWRITINGS[how]
    rewrite(log, change(lines), with_head=True)
    broken = log.verify(kept)
    assert broken is not None
    assert broken.n == first_bad, str(broken)
    assert "anchor" in str(broken)


def test_changed_and_missing_ids_are_found_at_their_first_entry(log: audit.Log) -> None:
    digest = str(json.loads(lines_of(log)[4])["ids"]["sha256"])
    if isinstance(log, TableLog):
        name = log.lake.sql_name(bronze.PROCESSING_LOG_IDS)
        log.lake.spark.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.appendOnly' = 'false')")
        log.lake.spark.sql(f"UPDATE {name} SET ids = replace(ids, '123', '124')")
    else:
        assert isinstance(log, audit.Audit)
        path = log.folder / "ids" / f"{digest}.txt"
        path.write_text(path.read_text().replace("123", "124"))
    broken = log.verify()
    assert broken is not None
    assert (broken.n, "changed" in broken.why) == (5, True)
    with pytest.raises(ValueError, match="changed"):
        log.ids(digest)
    if isinstance(log, TableLog):
        log.lake.spark.sql(f"DELETE FROM {name}")
    else:
        path.unlink()
    broken = log.verify()
    assert broken is not None
    assert (broken.n, "missing" in broken.why) == (5, True)


def test_eight_that_append_at_once_make_one_chain(kind: str, spark: SparkSession, tmp_path: Path) -> None:
    """Each with a log of its own over the same home, as processes have."""
    logs = [context(kind, spark, tmp_path / "home").audit for _ in range(8)]
    logs[0].append("collection", "nightjar", "first")
    together = Barrier(len(logs))

    def work(n: int) -> list[str]:
        together.wait()
        return [logs[n].append("consultation", f"a.{n}", f"look {k}") for k in range(2)]

    with ThreadPoolExecutor(len(logs)) as pool:
        hashes = [each for made in pool.map(work, range(len(logs))) for each in made]
    assert logs[0].verify() is None
    found = list(logs[0].entries())
    assert {entry["hash"] for entry in found[1:]} == set(hashes)
    assert len(found) == 17
    for n in range(len(logs)):
        assert [entry["on_what"] for entry in found if entry["who"] == f"a.{n}"] == ["look 0", "look 1"]


def test_whoever_lost_the_race_reads_the_new_end_and_follows_it(kind: str, spark: SparkSession, tmp_path: Path) -> None:
    one, other = (context(kind, spark, tmp_path / "home").audit for _ in range(2))
    for n in range(3):
        one.append("collection", "one", f"{n}")
        other.append("collection", "other", f"{n}")
    assert [entry["who"] for entry in one.entries()] == ["one", "other"] * 3
    assert one.verify() is None


def test_what_cannot_be_written_raises_and_is_not_logged(log: audit.Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("no space left")

    if isinstance(log, TableLog):
        monkeypatch.setattr(log.lake, "append_new", fails)
    else:
        monkeypatch.setattr(chain.os, "write", fails)
    with pytest.raises(audit.AuditError, match=r"cannot be written: .*no space left"):
        log.append("consultation", "a", "queue")
    monkeypatch.undo()
    assert log.head().n == 6
    log.append("consultation", "a", "queue")
    assert log.verify() is None


def test_manifests_and_anchors_hold_the_log_and_the_home_is_verified(log: audit.Log, ctx: RunContext) -> None:
    anchors = ctx.settings.home / "elsewhere"
    anchors.mkdir(parents=True)
    marks.note_manifest(log, ctx.settings.manifests, NIGHT, "run", {})
    marks.anchor(log, anchors, "a night")
    chosen = changed_settings.changed(ctx.settings, log={"anchor": str(anchors)})
    verdict = verification.verify(chosen, log)
    assert verdict.broken is None
    assert (verdict.head.n, verdict.n_anchors, verdict.n_manifests, verdict.anchored_to) == (6, 1, 1, 6)
    rewrite(log, lines_of(log)[:4], with_head=True)
    found = verification.verify(chosen, log).broken
    assert found is not None
    assert found.n == 5
    assert "knows 6" in found.why


def test_a_table_takes_no_change_to_an_entry(spark: SparkSession, tmp_path: Path) -> None:
    """By Delta's own rule, which holds for whoever writes by it."""
    made = context("table", spark, tmp_path / "home").audit
    made.append("collection", "nightjar", "first", ids=["a"])
    lake = Lakehouse(spark, tmp_path / "home" / "lakehouse")
    for table, column in ((bronze.PROCESSING_LOG, "line"), (bronze.PROCESSING_LOG_IDS, "ids")):
        for change in (f"DELETE FROM {lake.sql_name(table)}", f"UPDATE {lake.sql_name(table)} SET {column} = ''"):
            with pytest.raises(Exception, match=r"(?i)append"):
                spark.sql(change)
    assert made.verify() is None


def test_an_end_that_is_no_entry_is_not_appended_to(spark: SparkSession, tmp_path: Path) -> None:
    made = context("table", spark, tmp_path / "home").audit
    made.append("collection", "nightjar", "first")
    rewrite(made, [line.replace(b"first", b"other") for line in lines_of(made)])
    other = context("table", spark, tmp_path / "home").audit
    with pytest.raises(audit.AuditError, match="newest row"):
        other.append("collection", "nightjar", "second")
