"""Releasing privileged messages: who may be read after which decisions. The expected sets are written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipelines.device import privilege, privilege_queue
from schemas import device, gold
from tests.pipelines.device.test_referrals import NoProvenance
from tests.support import tables

NIGHT, NEXT = date(2026, 3, 14), date(2026, 3, 15)
LAWYER, PRESS, OTHER = "+447700900501", "editor", "36:EX-2"
# message, night, submission, content, terms
MESSAGES = (
    ("a", NIGHT, "36:EX-1", "one", None), ("b", NIGHT, "36:EX-1", "two", [LAWYER]),
    ("c", NIGHT, "36:EX-1", "two", [LAWYER]), ("d", NIGHT, "36:EX-1", "three", [LAWYER, PRESS]),
    ("e", NIGHT, OTHER, "four", [LAWYER]), ("f", NEXT, "36:EX-1", "five", [LAWYER]),
)  # fmt: skip
UNKNOWN = ("9", NIGHT, "36:EX-1", "six", [])  # of a table from before: which terms it meets is not known


def frame(spark: SparkSession, *rows: Sequence[Any]) -> DataFrame:
    return tables.frame(
        spark, device.MESSAGES,
        *({
            "message_id": id_ * 24, "night": night, "submission_id": submission, "content_key": content,
            "is_privileged": terms is not None, "privileged_by": terms or None,
        } for id_, night, submission, content, terms in rows),
    )  # fmt: skip


@pytest.fixture(scope="module")
def messages(spark: SparkSession) -> DataFrame:
    return frame(spark, *MESSAGES, UNKNOWN).cache()


def queue(spark: SparkSession, messages: DataFrame, decisions: DataFrame, night: date = NIGHT) -> dict[Any, Any]:
    submitted = [{"submission_id": id_, "force": "36", "folder": "f"} for id_ in ("36:EX-1", OTHER)]
    submissions = tables.frame(spark, device.SUBMISSIONS, *submitted)
    known = messages.where(messages.night <= night)
    rows = privilege_queue.queue_items(
        known, submissions, decisions, {"*": 9}, night, made_with=NoProvenance()
    ).collect()
    return {(row.subject_id, row.details["term"]): row for row in rows}


@pytest.fixture(scope="module")
def asked(spark: SparkSession, messages: DataFrame) -> dict[Any, Any]:
    return queue(spark, messages, made(spark, {}))


def made(spark: SparkSession, asked: dict[Any, Any], *decided: tuple[str, str], **changes: Any) -> DataFrame:
    """Decisions on the first submission's terms, in their order: term and outcome."""
    rows = []
    for n, (term, outcome) in enumerate(decided, 1):
        item = asked["36:EX-1", term]
        rows.append({
            "decision_id": f"{n:036d}", "night": NEXT, "sequence": n, "queue": privilege.QUEUE, "queue_night": NIGHT,
            "item_id": item.item_id, "force": "36", "subject_id": item.subject_id, "text_hash": item.text_hash,
            "outcome": outcome, "free_text": "counsel's advice", "reviewer": "d.director",
            "decided_at": datetime(2026, 3, 14, 10, n, tzinfo=UTC), **changes,
        })  # fmt: skip
    return tables.frame(spark, gold.DECISIONS, *rows)


def test_the_queue_counts_per_submission_and_term_and_shows_nothing_of_a_message(asked: dict[Any, Any]) -> None:
    told = {key: tuple(int(row.details[n]) for n in ("n_messages", "n_with_others")) for key, row in asked.items()}
    assert told == {("36:EX-1", LAWYER): (2, 1), ("36:EX-1", PRESS): (1, 1), (OTHER, LAWYER): (1, 0)}


RELEASE, WITHHOLD = "RELEASE", "WITHHOLD"


@pytest.mark.parametrize(
    ("decided", "changes", "is_read"),
    [
        ((), {}, "a"),
        (
            ((LAWYER, RELEASE),),
            {},
            "abc",
        ),  # not d, which another term holds; not e of another submission; not the later f
        (((PRESS, RELEASE),), {}, "a"),
        (((LAWYER, RELEASE), (PRESS, RELEASE)), {}, "abcd"),
        (((LAWYER, RELEASE), (LAWYER, WITHHOLD)), {}, "a"),
        (((LAWYER, RELEASE), (LAWYER, "NEED_INFO")), {}, "a"),
        (((LAWYER, WITHHOLD), (LAWYER, RELEASE)), {}, "abc"),
        (((LAWYER, RELEASE),), {"queue": "keyword_hits"}, "a"),
        (((LAWYER, RELEASE),), {"text_hash": "0" * 64}, "a"),  # on other messages than those that are held
        (((LAWYER, RELEASE),), {"text_hash": None}, "a"),
        (((LAWYER, RELEASE),), {"queue_night": NEXT}, "a"),  # which has one more
        (((LAWYER, "REFER"),), {}, "a"),
    ],
)
def test_a_release_shows_what_it_names_and_nothing_else(
    spark: SparkSession, messages: DataFrame, asked: dict[Any, Any], decided: Any, changes: Any, is_read: str
) -> None:
    rows = privilege.readable(messages, made(spark, asked, *decided, **changes)).collect()
    assert "".join(sorted(row.message_id[0] for row in rows)) == is_read


def test_another_message_of_a_released_term_asks_again_and_stays_held(
    spark: SparkSession, messages: DataFrame, asked: dict[Any, Any]
) -> None:
    decisions = made(spark, asked, (LAWYER, RELEASE))
    assert set(queue(spark, messages, decisions)) == {("36:EX-1", PRESS), (OTHER, LAWYER)}
    again = queue(spark, messages, decisions, NEXT)["36:EX-1", LAWYER]
    assert (again.is_text_changed, again.details["n_messages"]) == (True, "3")


def test_messages_of_a_release_are_named_for_the_log(
    spark: SparkSession, messages: DataFrame, asked: dict[Any, Any]
) -> None:
    (row,) = privilege.released_messages(messages, made(spark, asked, (LAWYER, RELEASE))).collect()
    assert row.item_id == asked["36:EX-1", LAWYER].item_id
    assert "".join(id_[0] for id_ in row.ids) == "bcd"  # d is named, and held by the other term


def test_a_table_from_before_holds_all_of_its_privileged_messages(spark: SparkSession, messages: DataFrame) -> None:
    before = messages.drop("privileged_by")
    assert [row.message_id[0] for row in privilege.readable(before, made(spark, {})).collect()] == ["a"]
