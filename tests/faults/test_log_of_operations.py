"""Trial 25: the log of processing is complete. Each operation is done through its own door, and the log has its entry.

The table below is the trial: what is done, as people do it, and exactly the entries that it must leave, in order, with
who, to whom, why and which ids. That nothing else appends to the log is read in the source.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.cli import main as cli_main
from jobs.pages import notebook, review_reclassify, subject_network
from jobs.runtime import settings
from jobs.runtime.audit import id_files, operations
from jobs.runtime.context import RunContext
from jobs.training import champion
from schemas import codes, gold, network, silver
from tests.support import changed_settings
from tests.support import whole_nights as nights

FIRST, SECOND = nights.FIRST, nights.FIRST + timedelta(days=1)
ANALYST, WHY = "a.analyst", "Op Trial, authority 7"
# Tried with tests of their own, because they take what a night of a small world has not: PyTorch; a home with a fault.
ELSEWHERE = {"pretraining_read", "home_mended"}


@dataclass
class World:
    """A home after its first night, and the ids that the trial speaks of."""

    ctx: RunContext
    item: str = ""
    subject: str = ""
    event: str = ""
    numbers: tuple[str, ...] = ()
    logged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # what each night left in the log

    def command(self, *words: str) -> Any:
        """`nightjar WORDS --json`, in this process; returns what it printed."""
        environment = {"NIGHTJAR_HOME": str(self.ctx.settings.home)}
        done = CliRunner().invoke(cli_main.main, [*words, "--json"], env=environment)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def entries(self) -> list[dict[str, Any]]:
        return list(self.ctx.audit.entries())


class Session(notebook.NotebookSession):
    """A notebook's session without a page."""

    def show(self, *parts: str) -> None:
        pass


@dataclass(frozen=True)
class Door:
    """One thing that people do: how, what it must leave in the log, and whom and what the first entry must name."""

    act: Callable[[World], Any]
    logs: tuple[str, ...]
    ids: Callable[[World, Any], set[str]] | None = None
    who: str | None = ANALYST
    why: str | None = None
    to_whom: str | None = None
    may_be_empty: bool = False  # a small world has not something in each queue


def _shown(queue: str) -> Door:
    return Door(
        lambda w: w.command("queue", "show", "--queue", queue, "--reviewer", ANALYST),
        ("queue_viewed",), lambda _, rows: {row["item_id"] for row in rows}, to_whom=ANALYST,
        may_be_empty=queue != "reclassify",
    )  # fmt: skip


def _research(world: World) -> Any:
    listed = world.ctx.settings.home / "list.txt"
    listed.write_text("\n".join(world.numbers), encoding="utf-8")
    words = ("--identifiers", str(listed), "--night", FIRST.isoformat(), "--why", WHY, "--reviewer", ANALYST)
    return world.command("comms", "research", *words)


def _search_devices(world: World) -> Any:
    listed = world.ctx.settings.home / "terms.txt"
    listed.write_text("Lowestoft", encoding="utf-8")
    return world.command("device", "search", str(listed), "--why", WHY, "--reviewer", ANALYST)


def _import_list(world: World) -> Any:
    file = world.ctx.settings.home / "ocg.csv"
    file.write_text(f"ocg_ref,person_id\nOCG/1,{world.subject}\n", encoding="utf-8")
    return world.command("network", "import-ocg", str(file), "--night", FIRST.isoformat())


DOORS: dict[str, Door] = {
    **{f"look at the queue {queue}": _shown(queue) for queue in (
        "reclassify", "overtagged", "comms_leads", "travel", "keyword_hits", codes.FINANCE_QUEUE, codes.PRIVILEGE_QUEUE,
        codes.VICTIM_QUEUE, *codes.RISK_QUEUES,
    )},
    "open a queue's page": Door(
        lambda w: review_reclassify.open_queue(Session("page", w.ctx), reviewer=ANALYST),
        ("rows_viewed",) * 3, why="notebook page",
    ),
    "look at what was read of devices": Door(
        lambda w: w.command("device", "show", "--reviewer", ANALYST), ("rows_viewed",),
        lambda _, told: {each["submission_id"] for each in told}, to_whom=ANALYST,
    ),
    "search devices for a list": Door(
        _search_devices, ("rows_viewed",), lambda _, told: {hit["submission_id"] for hit in told["hits"]}, why=WHY,
        to_whom=ANALYST,
    ),
    "open a subject's network": Door(
        lambda w: subject_network.open_subject(Session("page", w.ctx), w.subject, who=ANALYST, depth=1),
        ("rows_viewed",) * 4, lambda w, opened: {opened.entity_id}, why="notebook page", to_whom=ANALYST,
    ),
    "trace an item": Door(
        lambda w: w.command("trace", w.item, "--reviewer", ANALYST), ("item_traced",), lambda w, _: {w.item},
    ),
    "decide on an item": Door(
        lambda w: w.command("decide", w.item, "TAG_ADDED", "--tag", "CSE_LONE", "--reviewer", ANALYST),
        ("decision_handed_in",), lambda w, _: {w.item},
    ),
    "list merges": Door(
        lambda w: w.command("entities", "events", "--reviewer", ANALYST), ("entity_events_viewed",),
        lambda _, rows: {row["event_id"] for row in rows} | {row["left_record"] for row in rows},
    ),
    "ask to undo a merge": Door(
        lambda w: w.command("entities", "undo", w.event, "--why", "two people", "--reviewer", ANALYST),
        ("undo_requested",), lambda w, _: {w.event}, why="undo: two people",
    ),
    "search flights": Door(
        lambda w: w.command("flights", "search", "--between", str(FIRST), str(SECOND), "--reviewer", ANALYST),
        ("flights_searched",),
    ),
    "research a list of numbers": Door(
        _research, ("communications_researched", "identifiers_combined", "research_handed_out"),
        lambda w, _: set(w.numbers), why=WHY, to_whom=ANALYST,
    ),
    "write a profile for somebody": Door(
        lambda w: w.command("profile", w.subject, "--for", "DI Lee", "--why", WHY, "--reviewer", ANALYST),
        ("profile_viewed", "profile_combined", "profile_handed_out"), lambda w, _: {w.subject}, why=WHY,
        to_whom=ANALYST,
    ),
    "import a reference list": Door(
        _import_list, ("reference_list_imported",), lambda w, _: {w.subject}, who=None,
    ),
    "train": Door(
        lambda w: champion.train(w.ctx, FIRST, is_first=True), ("training_read", "model_registered"),
        lambda w, _: {row.report_id for row in w.ctx.lake.read(silver.REPORTS).limit(20).collect()}, who="nightjar",
    ),
    "promote a version": Door(
        lambda w: w.command("models", "promote", _not_champion(w), "--why", WHY, "--although-refused"),
        ("model_promoted",),
        who=None,
    ),
    "withdraw a version": Door(
        lambda w: w.command("models", "withdraw", "2", "--why", WHY), ("model_withdrawn",), who=None,
    ),
    "fit the linkage": Door(
        lambda w: w.command("train", "linkage", "--night", str(FIRST)), ("linkage_fitted",),
        lambda w, _: {w.subject}, who="nightjar",
    ),
    "read the log": Door(
        lambda w: w.command("log", "show", "--reviewer", ANALYST), ("log_viewed",), to_whom=ANALYST,
    ),
    "open the ids of an entry": Door(
        lambda w: w.command("log", "ids", _entry(w, "communications_researched"), "--why", WHY, "--reviewer", ANALYST),
        ("ids_opened",), why=WHY,
    ),
}  # fmt: skip
BY_NIGHTS = {
    FIRST: {
        "settings_changed", "layouts_changed", "files_collected", "devices_read", "people_resolved", "edges_built",
        "network_scored", "travel_matched", "leads_detected", "training_read", "model_registered",
    },
    SECOND: {
        "settings_changed", "files_collected", "decisions_taken_in", "undo_requests_taken_in", "people_resolved",
        "edges_built", "network_scored", "travel_matched", "leads_detected", "writeback_exported",
    },
}  # fmt: skip
# Where there is any such phone, common interest or decision.
IF_ANY = {
    "silent_phones_matched", "deconfliction_told", "referrals_exported", "packs_handed_out", "privileged_released",
}  # fmt: skip


def _not_champion(world: World) -> str:
    return next(each["version"] for each in world.command("models", "list") if "champion" not in each["aliases"])


def _entry(world: World, operation: str) -> str:
    """Number of the newest entry of an operation."""
    return next(str(entry["n"]) for entry in reversed(world.entries()) if entry["operation"] == operation)


@pytest.fixture(scope="module")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    ctx = nights.world(tmp_path_factory.mktemp("home"), n_reports=400, n_nights=2, without=(), has_device=True)
    made = World(ctx)
    nights.run(ctx, FIRST)
    made.logged[str(FIRST)] = made.entries()
    lake = ctx.lake
    first = lake.read(gold.QUEUE_ITEMS).where("queue = 'reclassify'").orderBy("force", "rank").limit(1).collect()[0]
    members = lake.read(network.ENTITY_MEMBERS).where("kind = 'PERSON'").orderBy("record_id").limit(1).collect()
    events = lake.read(network.ENTITY_EVENTS).where("kind = 'MERGE'").orderBy("event_id").limit(1).collect()
    calls = lake.read(silver.COMMS_EVENTS).where("direction = 'OUTGOING'").groupBy("a_number").count()
    busiest = calls.orderBy(F.col("count").desc(), "a_number").limit(3).collect()
    made.item, made.subject, made.event = first.item_id, members[0].record_id, events[0].event_id
    made.numbers = tuple(row.a_number for row in busiest)
    return made


@pytest.mark.trial(25)
@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("what", DOORS)
def test_trial_25_each_operation_leaves_its_entries_and_no_others(
    world: World, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs.training import linkage

    monkeypatch.setattr(linkage, "MIN_RECORDS", 100)
    door, before = DOORS[what], len(world.entries())
    outcome = door.act(world)
    new = world.entries()[before:]
    assert [entry["operation"] for entry in new] == list(door.logs)
    first = new[0]
    assert door.who in (None, first["who"])
    assert door.why in (None, first["why"])
    assert door.to_whom in (None, first["to_whom"])
    assert first["account"]
    if door.ids is not None:
        expected = door.ids(world, outcome)
        assert expected or door.may_be_empty
        assert expected <= set(world.ctx.audit.ids(first["ids"]["sha256"]))
    assert world.ctx.audit.verify() is None


@pytest.mark.trial(25)
@pytest.mark.spark
@pytest.mark.slow
def test_trial_25_a_disclosure_names_its_recipient(world: World) -> None:
    (handed_out,) = [e for e in world.entries() if e["operation"] == "profile_handed_out"]
    assert (handed_out["action"], handed_out["to_whom"], handed_out["why"]) == ("disclosure", "DI Lee", WHY)
    told = [e for e in world.entries() if e["action"] == "disclosure"]
    assert told
    assert all(entry["to_whom"] for entry in told)


@pytest.mark.trial(25)
@pytest.mark.spark
@pytest.mark.slow
def test_trial_25_nights_leave_what_they_did_and_with_what(world: World) -> None:
    """The second night has other settings, decisions and a request to undo: after the doors above."""
    changed = changed_settings.changed(world.ctx.settings, queue={"capacity": 40})
    before = len(world.entries())
    again = RunContext(changed)
    again.__dict__["spark"] = world.ctx.spark
    nights.run(again, SECOND)
    for night, entries in ((FIRST, world.logged[str(FIRST)]), (SECOND, world.entries()[before:])):
        done = {entry["operation"] for entry in entries}
        assert done - IF_ANY == BY_NIGHTS[night]
        assert {entry["night"] for entry in entries if entry["operation"] != "model_registered"} == {str(night)}
        assert {entry["who"] for entry in entries} == {"nightjar"}
        loaded = next(entry for entry in entries if entry["operation"] == "files_collected")
        assert sum(loaded["counts"].values()) > 500
        files = again.audit.ids(loaded["ids"]["sha256"])
        assert all((again.settings.landing / file).exists() for file in files)
    second = {entry["operation"]: entry for entry in world.entries()[before:]}
    assert second["settings_changed"]["on_what"] == "settings: queue.capacity"
    assert second["decisions_taken_in"]["counts"] == {"taken in": 1, "refused": 0}
    assert second["undo_requests_taken_in"]["counts"] == {"taken in": 1, "refused": 0}
    written = again.lake.read(gold.WRITEBACK).where(F.col("night") == F.lit(SECOND)).collect()
    kept = again.audit.ids(second["writeback_exported"]["ids"]["sha256"])
    assert set(kept) <= {row.decision_id for row in written}
    assert again.audit.verify() is None


@pytest.mark.spark
@pytest.mark.slow
def test_run_manifests_hold_where_the_log_stood(world: World) -> None:
    """As the table has it, read by Spark, and as its copy has it, without."""
    hashes = {entry["n"]: entry["hash"] for entry in world.entries()}
    row = world.ctx.lake.read(gold.RUN_MANIFEST).where(F.col("night") == F.lit(FIRST)).collect()[0]
    assert hashes[row.log_entries] == row.log_hash
    assert row.log_entries == len(world.logged[str(FIRST)])
    copies = [json.loads(path.read_text()) for path in world.ctx.settings.manifests.iterdir()]
    copy = next(each for each in copies if each["night"] == str(FIRST))
    assert (copy["n"], copy["hash"], copy["model_version"]) == (row.log_entries, row.log_hash, row.model_version)


@pytest.mark.spark
@pytest.mark.slow
def test_pages_that_are_handed_out_are_in_the_log(world: World) -> None:
    before = len(world.entries())
    world.command("notebooks", "21", "--night", str(FIRST))
    new = world.entries()[before:]
    assert new[0]["operation"] == "pages_handed_out"
    assert {entry["operation"] for entry in new[1:]} == {"rows_viewed"}  # by the notebook itself, in its own process
    assert world.ctx.audit.ids(new[0]["ids"]["sha256"]) == ["21_queue_health"]


@pytest.mark.trial(25)
def test_trial_25_every_operation_is_a_function_and_is_tried(record_property: Callable[[str, object], None]) -> None:
    functions = {name for name, each in vars(operations).items() if inspect.isfunction(each)}
    assert functions == set(codes.LOG_OPERATIONS)
    tried = {operation for door in DOORS.values() for operation in door.logs} | BY_NIGHTS[FIRST] | BY_NIGHTS[SECOND]
    assert functions - tried - IF_ANY - ELSEWHERE == {"pages_handed_out"}  # below, for its notebook logs as well
    assert len(tried) >= 25
    record_property("operations tried", len(tried))
    record_property("operations", len(functions))


def appended_elsewhere(source: str) -> Iterator[int]:
    """Lines that append to a log of processing: `audit.append`, `log.append` with an action of the law."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and first.value in codes.LOG_ACTIONS:
                yield node.lineno


@pytest.mark.slow
def test_nobody_else_appends_to_the_log() -> None:
    found = {
        str(path.relative_to(settings.ROOT)): lines
        for package in ("schemas", "pipelines", "models", "jobs", "notebooks")
        for path in (settings.ROOT / package).rglob("*.py")
        if (lines := list(appended_elsewhere(path.read_text(encoding="utf-8"))))
    }
    assert set(found) == {"jobs/runtime/audit/operations.py"}
    assert len(found["jobs/runtime/audit/operations.py"]) == len(codes.LOG_OPERATIONS)
    assert list(appended_elsewhere('x = 1\nctx.audit.append("disclosure", "a", "b")')) == [2]


def test_a_digest_is_that_of_the_ids_alone(tmp_path: Path) -> None:
    kept = id_files.keep(tmp_path, ["b", "a", "b"])
    assert kept == {"n": 2, "sha256": hashlib.sha256(b'"a"\n"b"\n').hexdigest()}
