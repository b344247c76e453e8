"""One port, a folder and a table behind it: the same tests on both, the killed night included."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.night import decisions
from jobs.runtime import audit, lakehouse
from jobs.runtime.context import RunContext
from jobs.runtime.inbox import port
from jobs.runtime.inbox.folder import FolderInbox
from jobs.runtime.inbox.table import TableInbox
from pipelines.decisions import decision as one
from pipelines.decisions import intake
from schemas import bronze, gold
from schemas.errors import InvalidInputError
from tests.support import deciding, inboxes

pytestmark = pytest.mark.spark
NIGHT, NEXT = deciding.NIGHT, deciding.NIGHT + timedelta(days=1)
IS_FULL = os.environ.get("NIGHTJAR_TRIALS") == "all"
POINTS = (
    *(("before gold.decisions",) if IS_FULL else ()),
    "after gold.decisions",
    *(("before bronze.quarantine", "after bronze.quarantine") if IS_FULL else ()),
    "before settling",
    "within settling",
)


@pytest.fixture(params=inboxes.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ctx(kind: str, spark: SparkSession, tmp_path: Path) -> RunContext:
    return inboxes.context(kind, tmp_path / "home", spark)


def names(files: object) -> list[str]:
    return [file.name for file in files]  # type: ignore[attr-defined]


def taken(ctx: RunContext) -> list[tuple[int, str, str]]:
    rows = ctx.lake.read(gold.DECISIONS).orderBy("sequence").collect()
    return [(row.sequence, row.item_id, row.outcome) for row in rows]


def refused(ctx: RunContext) -> dict[str, str]:
    rows = ctx.lake.read(bronze.QUARANTINE).where("stage = 'decisions'").collect()
    return {row.file: row.detail for row in rows}


def test_each_kind_is_chosen_in_one_place(kind: str, ctx: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = FolderInbox if kind == "folder" else TableInbox
    assert isinstance(ctx.inbox, chosen)
    assert isinstance(ctx.undo_inbox, chosen)
    plain = RunContext(ctx.settings)
    plain.__dict__["lake"] = ctx.lake
    assert not plain.is_on_cluster
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    assert isinstance(plain.inbox, TableInbox)


def test_what_is_handed_in_waits_and_is_read_as_it_was(ctx: RunContext) -> None:
    assert ctx.inbox.pending() == ctx.inbox.read(NIGHT) == []
    decision = deciding.decide(1, "TAG_ADDED", free_text="gifts, “quoted”\n\tand ünïcode")
    inboxes.hand_in(ctx, decision)
    assert one.readable(ctx.inbox.read(NIGHT)) == one.readable(ctx.inbox.pending()) == [decision]


def test_the_log_names_the_reviewer_and_the_account_before_anything_is_handed_in(
    ctx: RunContext, tmp_path: Path
) -> None:
    inboxes.hand_in(ctx, deciding.decide(1))
    (entry,) = ctx.audit.entries()
    assert (entry["action"], entry["who"]) == ("alteration", "a.analyst")
    assert entry["account"]
    (tmp_path / "blocked").write_text("a file where the folder should be")
    ctx.__dict__["audit"] = audit.Audit(tmp_path / "blocked")
    with pytest.raises(audit.AuditError):
        inboxes.hand_in(ctx, deciding.decide(2))
    assert len(ctx.inbox.pending()) == 1


def test_the_same_decision_is_not_recorded_twice_before_or_after_it_is_settled(ctx: RunContext) -> None:
    decision = deciding.decide(1)
    inboxes.hand_in(ctx, decision)
    with pytest.raises(port.AlreadySubmittedError):
        inboxes.hand_in(ctx, deciding.decide(1, seconds=70))
    ctx.inbox.settle(NIGHT, names(ctx.inbox.read(NIGHT)))
    with pytest.raises(port.AlreadySubmittedError):
        inboxes.hand_in(ctx, decision)
    assert ctx.inbox.pending() == []
    assert one.readable(ctx.inbox.read(NIGHT)) == [decision]


def test_an_invalid_decision_is_refused_at_once_and_not_written(ctx: RunContext) -> None:
    with pytest.raises(InvalidInputError, match="outcome: not in its list"):
        inboxes.hand_in(ctx, deciding.changed(deciding.decide(1), outcome="GUILTY"))
    with pytest.raises(InvalidInputError, match="decision_id"):
        inboxes.hand_in(ctx, deciding.changed(deciding.decide(1), decision_id="../../../../tmp/x"))
    assert ctx.inbox.pending() == []


def test_a_night_sees_again_what_it_settled_and_no_other_does(ctx: RunContext) -> None:
    inboxes.hand_in(ctx, deciding.decide(1), deciding.decide(2))
    first, second = names(ctx.inbox.read(NIGHT))
    assert ctx.inbox.settle(NIGHT, [first]) == 1
    assert names(ctx.inbox.read(NIGHT)) == [first, second]
    assert names(ctx.inbox.read(NEXT)) == names(ctx.inbox.pending()) == [second]
    assert ctx.inbox.settle(NIGHT, [first]) == 0
    assert ctx.inbox.settle(NEXT, [first, second]) == 1
    assert names(ctx.inbox.read(NIGHT)) == [first]
    assert names(ctx.inbox.read(NEXT)) == [second]


def test_decisions_and_requests_to_undo_do_not_meet(ctx: RunContext) -> None:
    inboxes.hand_in(ctx, deciding.decide(1))
    ctx.undo_inbox.submit("0.json", "{}")
    assert names(ctx.undo_inbox.read(NIGHT)) == ["0.json"]
    assert len(ctx.inbox.read(NIGHT)) == 1
    ctx.undo_inbox.settle(NIGHT, ["0.json"])
    assert ctx.undo_inbox.pending() == []
    assert len(ctx.inbox.pending()) == 1


def test_decisions_are_chained_in_the_order_in_which_they_were_made(ctx: RunContext) -> None:
    inboxes.publish(ctx, range(6))
    inboxes.hand_in(ctx, *(deciding.decide(n, seconds=100 - n) for n in range(6)))
    decisions.take_in(ctx, NIGHT)
    assert taken(ctx) == [(k + 1, f"{5 - k:016x}", "NOT_CSAE") for k in range(6)]
    assert intake.verify_chain(ctx.lake.read(gold.DECISIONS)) is None
    assert ctx.inbox.pending() == []


def test_what_cannot_be_taken_in_is_kept_with_its_reason(ctx: RunContext) -> None:
    inboxes.publish(ctx, [1, 2])
    good, unknown = deciding.decide(1), deciding.decide(7)
    inboxes.hand_in(ctx, good, unknown)
    ctx.inbox.submit("notes.json", "not JSON: Jane Roe")
    ctx.inbox.submit("large.json", "[" * (port.MAX_BYTES + 1))
    ctx.inbox.submit("notes.txt", "hello")
    ctx.inbox.submit("another.json", deciding.decide(2).to_json())
    found = decisions.take_in(ctx, NIGHT)
    assert (found.n_accepted, found.n_refused) == (1, 5)
    assert refused(ctx) == {
        f"inbox/{unknown.decision_id}.json": "item_id: no queue of that night held it",
        "inbox/notes.json": "not JSON",
        "inbox/large.json": port.TOO_LARGE,
        "inbox/notes.txt": port.NOT_JSON,
        "inbox/another.json": "decision_id: not the name of the file",
    }
    assert ctx.inbox.pending() == []


def test_a_decision_on_tonights_queue_waits_for_the_next_night(ctx: RunContext) -> None:
    inboxes.publish(ctx, [1])
    inboxes.hand_in(ctx, deciding.decide(1))
    assert decisions.take_in(ctx, deciding.QUEUE_NIGHT).waiting
    assert taken(ctx) == []
    assert len(ctx.inbox.pending()) == 1
    decisions.take_in(ctx, NIGHT)
    assert len(taken(ctx)) == 1


def test_a_night_run_again_changes_nothing(ctx: RunContext) -> None:
    inboxes.publish(ctx, [1, 2])
    inboxes.hand_in(ctx, deciding.decide(1), deciding.decide(7))
    decisions.take_in(ctx, NIGHT)
    versions = ctx.lake.versions((gold.DECISIONS, bronze.QUARANTINE, bronze.INBOX_SETTLED))
    assert decisions.take_in(ctx, NIGHT).n_accepted == 0
    ctx.lake._versions.clear()
    assert ctx.lake.versions((gold.DECISIONS, bronze.QUARANTINE, bronze.INBOX_SETTLED)) == versions


def _in_threads(work: Callable[[int], None], n: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(k,)) for k in range(n)]
    for thread in threads:
        thread.start()
    return threads


def test_of_many_who_hand_in_the_same_one_succeeds(kind: str, ctx: RunContext) -> None:
    outcomes: list[str] = []
    ctx.inbox.submit("0.json", "{}")  # the table is there

    def submit(_: int) -> None:
        own = inboxes.context(kind, ctx.settings.home, ctx.spark)  # a session of its own, as another notebook has
        own.__dict__["lake"] = lakehouse.Lakehouse(ctx.spark, ctx.settings.lakehouse)
        try:
            port.hand_in(own.inbox, own.audit, deciding.decide(1))
            outcomes.append("written")
        except port.AlreadySubmittedError:
            outcomes.append("known")

    for thread in _in_threads(submit, 5):
        thread.join()
    assert sorted(outcomes) == ["known"] * 4 + ["written"]
    assert len(ctx.inbox.pending()) == 2


def test_what_is_handed_in_while_nights_run_is_taken_in_once(kind: str, ctx: RunContext) -> None:
    inboxes.publish(ctx, range(12))
    inboxes.hand_in(ctx, deciding.decide(0))
    failures: list[BaseException] = []

    def submit(k: int) -> None:
        own = inboxes.context(kind, ctx.settings.home, ctx.spark)
        own.__dict__["lake"] = lakehouse.Lakehouse(ctx.spark, ctx.settings.lakehouse)
        try:
            for n in range(1 + k, 12, 2):
                port.hand_in(own.inbox, own.audit, deciding.decide(n, seconds=n))
        except BaseException as error:
            failures.append(error)
            raise

    threads = _in_threads(submit, 2)
    night = NIGHT
    while any(thread.is_alive() for thread in threads):
        decisions.take_in(ctx, night)
        night += timedelta(days=1)
    decisions.take_in(ctx, night)
    assert not failures
    assert sorted(item for _, item, _ in taken(ctx)) == [f"{n:016x}" for n in range(12)]
    assert intake.verify_chain(ctx.lake.read(gold.DECISIONS)) is None
    assert ctx.inbox.pending() == []


@pytest.mark.slow
def test_a_night_killed_anywhere_and_run_again_equals_one_undisturbed(
    kind: str, ctx: RunContext, spark: SparkSession, tmp_path: Path
) -> None:
    inboxes.publish(ctx, range(4))
    inboxes.hand_in(ctx, *(deciding.decide(n, seconds=n) for n in range(3)), deciding.decide(9))
    ctx.inbox.submit("notes.json", "not JSON")
    shutil.copytree(ctx.settings.home, tmp_path / "killed")
    decisions.take_in(ctx, NIGHT)

    for point in POINTS:
        ended = inboxes.killed_at(point, kind, tmp_path / "killed", NIGHT)
        assert ended == -signal.SIGKILL, f"{point}: not reached, or survived"
    killed = inboxes.context(kind, tmp_path / "killed", spark)
    decisions.take_in(killed, NIGHT)

    for table in (gold.DECISIONS, bronze.QUARANTINE, bronze.INBOX, bronze.INBOX_SETTLED):
        same = [lakehouse.content_hash(each.lake.read(table)) for each in (ctx, killed)]
        assert same[0] == same[1], table.path
    assert len(taken(killed)) == 3
    assert len(refused(killed)) == 2
    assert killed.inbox.pending() == []
    assert killed.inbox.read(NIGHT) == ctx.inbox.read(NIGHT)
    assert killed.inbox.read(NEXT) == []
    assert intake.verify_chain(killed.lake.read(gold.DECISIONS)) is None


def test_rows_that_were_put_into_the_table_past_the_port_are_taken_in_once(spark: SparkSession, tmp_path: Path) -> None:
    """Two notebooks of an older version can have appended the same decision, or two under one id."""
    ctx = inboxes.context("table", tmp_path / "home", spark)
    inboxes.publish(ctx, [1, 2])
    decision, other = deciding.decide(1), deciding.decide(2)
    rows = [deciding.file(decision), deciding.file(decision), deciding.file(other)]
    late = deciding.file(other, decided_at="2026-03-14T09:45:00Z")
    rows = [(file.name, file.text) for file in (*rows, late)]
    ctx.lake.append(spark.createDataFrame(rows, bronze.INBOX.struct()), bronze.INBOX)
    decisions.take_in(ctx, NIGHT)
    decisions.take_in(ctx, NIGHT)  # a rerun, which finds them in the table, says the same
    assert [item for _, item, _ in taken(ctx)] == [f"{1:016x}", f"{2:016x}"]
    assert refused(ctx) == {f"inbox/{other.decision_id}.json": "decision_id: taken in before with other content"}
    assert ctx.inbox.pending() == []
