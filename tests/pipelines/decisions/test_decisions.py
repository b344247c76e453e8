"""Decisions: valid or refused, each once, in a chain that shows every change."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.decisions import decision as one
from pipelines.decisions import intake
from pipelines.decisions import rules as decision_rules
from schemas import bronze, codes, gold
from tests.support import deciding, tables

NIGHT, QUEUE_NIGHT = deciding.NIGHT, deciding.QUEUE_NIGHT
ABSENT = object()


@pytest.fixture(scope="module")
def none(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], gold.DECISIONS.struct())


@pytest.fixture(scope="module")
def first(none: DataFrame) -> DataFrame:
    """What a first night took in: three decisions, kept in memory."""
    files = [deciding.file(deciding.decide(n, seconds=100 - n, free_text="naïve \u2028 =1+1")) for n in (1, 2, 3)]
    return intake.ingest_decisions(files, none, NIGHT).accepted.cache()


def _rows(df: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in df.orderBy("sequence").collect()]


def test_a_decision_says_what_was_shown() -> None:
    found = deciding.decide(1, "NOT_CSAE", free_text="")
    assert (found.score_shown, found.is_override, found.free_text) == (0.625, True, None)
    assert json.loads(str(found.explanation_shown)) == [
        {"kind": "term", "text": "lift home", "start": 4, "end": 13, "weight": 0.7}
    ]
    blind = deciding.decide(1, "TAG_ADDED", is_score_hidden=True)
    assert (blind.score_shown, blind.explanation_shown, blind.is_override) == (None, None, False)


def test_the_same_decision_has_the_same_id_and_another_one_another() -> None:
    once = deciding.decide(1)
    assert deciding.decide(1, seconds=75).decision_id == once.decision_id
    others = [
        deciding.decide(2),
        deciding.decide(1, "DEFER"),
        deciding.decide(1, reviewer="b.analyst"),
        deciding.decide(1, opened_at=deciding.OPENED - timedelta(days=1)),
    ]
    assert len({once.decision_id, *(d.decision_id for d in others)}) == 5


@pytest.mark.parametrize(
    ("outcome", "given", "why"),
    [
        ("TAG_ADDED", {"tag": ""}, "tag: needed with TAG_ADDED"),
        ("TAG_ADDED", {"tag": "DRUGS"}, "tag: not in its list"),
        ("NOT_CSAE", {"tag": "IIOC"}, "tag: needed with TAG_ADDED, and only there"),
        ("CLOSED", {}, "outcome: not in its list"),
        ("DEFER", {"reviewer": "  "}, "reviewer: empty"),
        ("DEFER", {"second_reviewer": "A.Analyst "}, "second_reviewer: the same person"),
        ("DEFER", {"decided_at": deciding.OPENED - timedelta(seconds=1)}, "seconds_open: below its minimum"),
        ("DEFER", {"free_text": "x" * 10_001}, "free_text: longer"),
        ("DEFER", {"free_text": "a\x00b"}, "free_text: a control"),
    ],
)
def test_an_invalid_decision_is_refused_where_it_is_made(outcome: str, given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        deciding.decide(1, outcome, **given)


@pytest.mark.parametrize("free_text", [None, "", " \n"])
def test_a_referral_of_accounts_says_to_whom(free_text: str | None) -> None:
    of_money = {**deciding.item(1), "queue": codes.FINANCE_QUEUE}
    with pytest.raises(ValueError, match="free_text: a referral of accounts says to whom"):
        deciding.decide(1, "REFER", of=of_money, free_text=free_text)
    assert deciding.decide(1, "REFER", of=of_money, free_text="HMRC").free_text == "HMRC"
    assert deciding.decide(1, "DEFER", of=of_money).outcome == "DEFER"
    assert deciding.decide(1, "REFER", free_text=free_text).outcome == "REFER"  # of another queue


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reviewer": None}, "reviewer: absent"),
        ({"reviewer": 7}, "reviewer: not string"),
        ({"seconds_open": "60"}, "seconds_open: not double"),
        ({"seconds_open": True}, "seconds_open: not double"),
        ({"seconds_open": 3600}, "seconds_open: longer than"),
        ({"seconds_open": 10**400}, "seconds_open: not double"),
        ({"is_override": "yes"}, "is_override: not boolean"),
        ({"is_override": False}, "is_override: not what the outcome says"),
        ({"score_shown": 1.5}, "score_shown: not between"),
        ({"score_shown": None}, "score_shown: shown and hidden"),
        ({"decided_at": "2026-03-14T09:31:00"}, "decided_at: not timestamp"),
        ({"decided_at": "yesterday"}, "decided_at: not timestamp"),
        ({"decided_at": "2026-03-14T09:29:00Z"}, "decided_at: before opened_at"),
        ({"opened_at": "0001-01-01T00:00:00+00:00"}, "opened_at: not timestamp"),
        ({"queue_night": "14/03/2026"}, "queue_night: not date"),
        ({"queue_night": "20260314"}, "queue_night: not date"),
        ({"item_id": "../../etc"}, "item_id: not of its form"),
        ({"force": "norfolk"}, "force: not of its form"),
        ({"decision_id": "x"}, "decision_id: not of its form"),
        ({"free_text": "\ud800"}, "free_text: a control"),
        ({"extra": 1}, "columns that no rule knows"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused_without_quoting_it(changes: dict[str, Any], why: str) -> None:
    file = deciding.file(deciding.decide(1, free_text="PRIVATE"), **changes)
    record, _ = decision_rules.parsed(file.text)
    assert record is not None
    found = "; ".join(decision_rules.problems(record, one.NAMES))
    assert why in found
    assert "PRIVATE" not in found
    assert one.readable([file]) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": Infinity}', "[" * 100_000, '"' + "\ud800" + '"'],
)
def test_what_is_not_one_json_object_is_refused(text: str) -> None:
    record, why = decision_rules.parsed(text)
    assert record is None
    assert why


def test_a_night_takes_in_chains_and_a_rerun_adds_nothing(none: DataFrame, first: DataFrame) -> None:
    rows = _rows(first)
    # Decided after 97, 98 and 99 seconds: the chain is in the order of deciding, not of file names.
    assert [r["item_id"][-1] for r in rows] == ["3", "2", "1"]
    assert [r["sequence"] for r in rows] == [1, 2, 3]
    assert [r["previous_hash"] for r in rows] == [intake.GENESIS, rows[0]["hash"], rows[1]["hash"]]
    assert {r["night"] for r in rows} == {NIGHT}
    files = [deciding.file(deciding.decide(n, seconds=100 - n, free_text="naïve \u2028 =1+1")) for n in (3, 2, 1)]
    assert _rows(intake.ingest_decisions(files, none, NIGHT).accepted) == rows  # whatever the order of files
    again = intake.ingest_decisions(files, first, NIGHT)
    assert (again.n_accepted, again.n_refused, len(again.settled)) == (0, 0, 3)
    assert again.accepted.count() == 0


def test_a_second_night_continues_the_chain(first: DataFrame) -> None:
    later = NIGHT + timedelta(days=1)
    files = [deciding.file(deciding.decide(1)), deciding.file(deciding.decide(4, "DEFER"))]
    second = intake.ingest_decisions(files, first, later)
    rows = _rows(second.accepted)
    assert [r["sequence"] for r in rows] == [4, 5]
    assert rows[0]["previous_hash"] == _rows(first)[-1]["hash"]
    assert intake.verify_chain(first.unionByName(second.accepted)) is None


def test_a_decision_on_this_night_or_a_later_one_waits(none: DataFrame) -> None:
    mine = deciding.file(deciding.decide(1))
    tonight = deciding.file(deciding.decide(2, of=deciding.item(2, night=NIGHT)))
    found = intake.ingest_decisions([mine, tonight], none, NIGHT)
    assert (found.settled, found.waiting, found.n_accepted) == ((mine.name,), (tonight.name,), 1)


def test_what_is_refused_goes_to_the_quarantine(none: DataFrame) -> None:
    good = deciding.decide(1)
    files = [
        deciding.file(good),
        one.File("notes.json", "not JSON: Jane Roe"),
        one.File("link.json", "", "not a regular file"),
        dataclasses.replace(deciding.file(deciding.decide(2)), name="another.json"),
        deciding.file(deciding.decide(3), outcome="GUILTY"),
        one.File("\u202eevil\n.json", "\ud800"),
    ]
    found = intake.ingest_decisions(files, none, NIGHT)
    assert (found.n_accepted, found.n_refused, len(found.settled)) == (1, 5, 6)
    rows = {row["file"]: row.asDict() for row in found.refused.collect()}
    assert {r["reason"] for r in rows.values()} == {"DECISION_INVALID"}
    assert {r["stage"] for r in rows.values()} == {"decisions"}
    assert rows["inbox/notes.json"]["detail"] == "not JSON"
    assert rows["inbox/notes.json"]["raw"] == "not JSON: Jane Roe"
    assert rows["inbox/another.json"]["detail"] == "decision_id: not the name of the file"
    assert rows["inbox/\\u202eevil\\n.json"]["raw"] == "?"
    assert found.refused.schema.names == bronze.QUARANTINE.names


def test_a_known_id_with_other_content_is_refused_and_changes_nothing(first: DataFrame) -> None:
    forged = deciding.file(deciding.decide(1, seconds=99, free_text="naïve \u2028 =1+1"), reviewer="somebody.else")
    found = intake.ingest_decisions([forged], first, NIGHT)
    assert (found.n_accepted, found.n_refused) == (0, 1)
    assert found.refused.collect()[0]["detail"] == "decision_id: taken in before with other content"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"item_id": "f" * 16}, "item_id: no queue of that night held it"),
        ({"queue_night": date(2026, 3, 13)}, "item_id: no queue of that night held it"),
        ({"force": "37"}, "force: not that of the queue item"),
        ({"subject_id": "36:INT/99"}, "subject_id: not that of the queue item"),
        ({"text_hash": "cd" * 32}, "text_hash: not that of the queue item"),
    ],
)
def test_a_decision_on_what_no_queue_held_is_refused(
    spark: SparkSession, none: DataFrame, changes: dict[str, Any], why: str
) -> None:
    published = tables.frame(spark, gold.QUEUE_ITEMS, *_plain_items())
    good = deciding.decide(1)
    forged = deciding.changed(deciding.decide(2), **changes)
    found = intake.ingest_decisions([deciding.file(good), deciding.file(forged)], none, NIGHT, published)
    assert (found.n_accepted, found.n_refused) == (1, 1)
    assert found.refused.collect()[0]["detail"] == why


def _plain_items() -> list[dict[str, Any]]:
    return [{**deciding.item(n), "reasons": []} for n in (1, 2)]


TAMPERED = {
    "a value changed": ("outcome", "CASE WHEN sequence = 2 THEN 'TAG_ADDED' ELSE outcome END", "decision 2"),
    "a hash forged": ("hash", "CASE WHEN sequence = 1 THEN repeat('0', 64) ELSE hash END", "decision 1"),
    "two at one place": ("sequence", "CASE WHEN sequence = 3 THEN 2L ELSE sequence END", "decision 2"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_with_the_table_is_found(first: DataFrame, how: str) -> None:
    name, value, where = TAMPERED[how]
    broken = intake.verify_chain(first.withColumn(name, F.expr(value)))
    assert broken is not None
    assert broken.startswith(where)


def test_a_decision_removed_is_found(first: DataFrame) -> None:
    assert intake.verify_chain(first) is None
    assert intake.verify_chain(first.where("sequence != 2")) == "decision 3: the decision before it is missing"
    assert intake.verify_chain(first.where("sequence != 1")) == "decision 2: the decision before it is missing"


def test_the_hash_does_not_depend_on_how_an_instant_is_written() -> None:
    utc = datetime(2026, 6, 1, 12, tzinfo=UTC)
    summer = utc.astimezone(timezone(timedelta(hours=1)))
    row = tables.row(gold.DECISIONS, opened_at=utc)
    assert intake.digest(row) == intake.digest({**row, "opened_at": summer})
