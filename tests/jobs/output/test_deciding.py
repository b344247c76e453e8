"""Deciding from the command line: no Spark, a second, at once told of what is wrong, and nothing recorded as shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.night import decisions
from jobs.output import deciding, published
from jobs.runtime import identity, settings
from jobs.runtime.context import RunContext
from pipelines.decisions import decision as one
from pipelines.decisions import intake
from schemas import gold, review
from schemas.errors import NotFoundError, UserError
from tests.support import deciding as support
from tests.support import inboxes, tables

pytestmark = pytest.mark.spark
ITEM, COVERED = f"{1:016x}", "c" * 16
AT = datetime(2026, 3, 14, 10, tzinfo=UTC)


@pytest.fixture
def ctx(spark: SparkSession, tmp_path: Path) -> RunContext:
    """A home in which two nights published an item each, the second with a near-duplicate behind it."""
    made = inboxes.context("folder", tmp_path / "home", spark)
    inboxes.publish(made, [1])
    inboxes.publish(made, [1, 2], support.NIGHT)
    behind = {"night": support.NIGHT, "queue": "reclassify", "item_id": COVERED, "shown_item_id": f"{2:016x}"}
    behind |= {"force": "36", "subject_id": "36:INT/77", "text_hash": "cd" * 32, "similarity": 0.9}
    made.lake.append(tables.frame(spark, review.QUEUE_NEAR_DUPLICATES, behind), review.QUEUE_NEAR_DUPLICATES)
    published.write(made, support.QUEUE_NIGHT)
    return made


def _nightjar(ctx: RunContext, *words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """`nightjar WORDS` in a process without login name, which says at its end what of Spark it imported."""
    program = f"""
import atexit, sys
atexit.register(lambda: print(*{{"pyspark", "delta", "pandas"}} & {{*sys.modules}}, file=sys.stderr))
{code}
from jobs.cli.main import main
main({list(words)!r})
"""
    environment = {"PYTHONPATH": str(settings.ROOT), "NIGHTJAR_HOME": str(ctx.settings.home), "PATH": os.defpath}
    return subprocess.run(
        [sys.executable, "-c", program], cwd=settings.ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_deciding_imports_no_spark_and_is_taken_in(ctx: RunContext) -> None:
    begun = time.monotonic()
    said = _nightjar(ctx, "decide", ITEM, "TAG_ADDED", "--tag", "CSE_LONE", "--why", "see item 2", "--json")
    seconds = time.monotonic() - begun
    assert said.returncode == 0, said.stderr
    assert said.stderr.split() == []  # nothing of Spark was imported
    assert seconds < 10  # a second where the machine is idle; starting Spark takes half a minute
    (decision,) = one.readable(ctx.inbox.pending())
    assert Path(json.loads(said.stdout)["file"]).stem == decision.decision_id
    assert (decision.outcome, decision.tag, decision.free_text) == ("TAG_ADDED", "CSE_LONE", "see item 2")
    assert (decision.queue_night, decision.subject_id) == (support.NIGHT, "36:INT/1")
    taken = decisions.take_in(ctx, support.NIGHT + timedelta(days=1))
    assert (taken.n_accepted, taken.n_refused) == (1, 0)


def test_nothing_is_recorded_as_shown_or_measured_that_was_not(ctx: RunContext) -> None:
    deciding.decide(ctx, ITEM, "NOT_CSAE", tag=None, why="", reviewer="A1", decided_at=AT)
    deciding.decide(ctx, f"{2:016x}", "NOT_CSAE", tag=None, why="", reviewer="A1", decided_at=AT, seconds=40)
    by_item = {decision.item_id: decision for decision in one.readable(ctx.inbox.pending())}
    for decision in by_item.values():
        assert (decision.score_shown, decision.explanation_shown, decision.is_score_hidden) == (None, None, True)
    assert (by_item[ITEM].opened_at, by_item[ITEM].seconds_open) == (None, None)
    assert (by_item[f"{2:016x}"].opened_at, by_item[f"{2:016x}"].seconds_open) == (AT - timedelta(seconds=40), 40)


def test_who_decides_is_the_account_and_a_name_given_is_logged_with_it(ctx: RunContext) -> None:
    assert _nightjar(ctx, "decide", ITEM, "DEFER").returncode == 0
    assert _nightjar(ctx, "decide", ITEM, "REFER", "--reviewer", "a.colleague").returncode == 0
    assert {d.reviewer for d in one.readable(ctx.inbox.pending())} == {identity.person(), "a.colleague"}
    logged = [(entry["who"], entry["account"]) for entry in ctx.audit.entries()]
    assert logged == [(identity.person(), identity.person()), ("a.colleague", identity.person())]


def test_who_has_no_account_is_told_what_to_do_and_nothing_is_recorded(ctx: RunContext) -> None:
    code = "import pwd\ndef getpwuid(uid): raise KeyError(uid)\npwd.getpwuid = getpwuid"
    said = _nightjar(ctx, "decide", ITEM, "DEFER", code=code)
    assert said.returncode == 1
    assert said.stderr.startswith("Error: User id")
    assert "--reviewer" in said.stderr
    assert ctx.inbox.pending() == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([ITEM, "GUILTY"], "GUILTY"),
        ([ITEM, "TAG_ADDED"], "tag: needed with TAG_ADDED"),
        ([ITEM, "TAG_ADDED", "--tag", "NOPE"], "NOPE"),
        ([ITEM, "NOT_CSAE", "--tag", "CSE_LONE"], "tag: needed with TAG_ADDED, and only there"),
        ([ITEM, "DEFER", "--seconds", "-1"], "seconds"),
        ([ITEM, "DEFER", "--why", "x" * 10_001], "free_text: longer than 10000 characters"),
        (["f" * 16, "DEFER"], "No queue holds an item ffffffffffffffff"),
        (["36:INT/1", "DEFER"], "No queue holds an item 36:INT/1"),
    ],
)
def test_a_wrong_decision_is_refused_at_once_in_one_sentence(ctx: RunContext, words: list[str], why: str) -> None:
    said = _nightjar(ctx, "decide", *words)
    assert said.returncode in (1, 2)
    assert why in said.stderr
    assert "Traceback" not in said.stderr
    assert ctx.inbox.pending() == []


def test_the_index_says_the_newest_publication_and_who_stands_for_whom(ctx: RunContext) -> None:
    newest = published.find(ctx, ITEM)
    assert (newest["night"], newest["queue"], newest["force"], newest["model_version"]) == (
        support.NIGHT, "reclassify", "36", "3",
    )  # fmt: skip
    covered = published.find(ctx, COVERED)
    assert (covered["subject_id"], covered["text_hash"]) == ("36:INT/77", "cd" * 32)
    assert stat.S_IMODE(ctx.settings.published.stat().st_mode) == 0o600


def test_the_index_is_what_the_tables_say_after_each_night_and_made_again_where_it_is_gone(ctx: RunContext) -> None:
    inboxes.publish(ctx, [2, 3], support.NIGHT)  # the night is run again, and publishes other items
    assert published.write(ctx, support.NIGHT) == 3
    assert published.find(ctx, ITEM)["night"] == support.QUEUE_NIGHT
    expected = [published.find(ctx, item) for item in (ITEM, f"{3:016x}", COVERED)]
    ctx.settings.published.unlink()
    assert [published.find(ctx, item) for item in (ITEM, f"{3:016x}", COVERED)] == expected
    tables_say = inboxes.context("table", ctx.settings.home, ctx.spark)
    assert [published.find(tables_say, item) for item in (ITEM, f"{3:016x}", COVERED)] == expected
    with pytest.raises(NotFoundError):
        published.find(tables_say, "f" * 16)


def test_an_index_that_cannot_be_read_is_said_with_what_to_do(ctx: RunContext) -> None:
    ctx.settings.published.write_bytes(b"not an index at all" * 100)
    with pytest.raises(UserError, match=r"Delete .*published\.sqlite"):
        published.find(ctx, ITEM)


def test_no_text_score_or_reason_is_in_the_index(ctx: RunContext) -> None:
    content = ctx.settings.published.read_bytes()
    assert b"36:INT/1" in content
    for kept_out in (b"lift home", b"0.625", b"OFFICIAL"):
        assert kept_out not in content


def test_decisions_from_before_and_of_now_are_one_chain(ctx: RunContext, spark: SparkSession) -> None:
    """A table made when opening was required takes a decision without it, and its old hashes still hold."""
    home = ctx.settings.home
    strict = dict.fromkeys(("opened_at", "seconds_open"), "NOT NULL")
    columns = ", ".join(
        f"{name} {c.type.simpleString()} {strict.get(name, '' if c.nullable else 'NOT NULL')}"
        for name, c in gold.DECISIONS.columns.items()
    )
    where = home / "lakehouse" / "gold" / "decisions"
    spark.sql(f"CREATE TABLE delta.`{where}` ({columns}) USING delta PARTITIONED BY (night)")
    night = support.NIGHT + timedelta(days=1)
    inboxes.hand_in(ctx, support.decide(1, of=support.item(1, night=support.NIGHT)))
    decisions.take_in(ctx, night)
    before = ctx.lake.read(gold.DECISIONS).collect()
    deciding.decide(ctx, ITEM, "DEFER", tag=None, why="", reviewer="A1", decided_at=AT)
    decisions.take_in(ctx, night + timedelta(days=1))
    after = ctx.lake.read(gold.DECISIONS).orderBy("sequence").collect()
    assert after[0] == before[0]
    assert [row.seconds_open for row in after] == [60.0, None]
    assert intake.verify_chain(ctx.lake.read(gold.DECISIONS)) is None
