"""Referrals of accounts: what is asked about once, what asks again, and what is written of a decision."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.device import referrals
from schemas import device, gold
from tests.support import tables

NIGHT, NEXT = date(2026, 3, 14), date(2026, 3, 15)
ID = "36:EX-1"
SAM, KIM = "+447700900001", "+447700900002"
# message, night, sender, content, privileged
MESSAGES = (
    ("a", NIGHT, SAM, "one", False), ("b", NIGHT, SAM, "one", False), ("c", NIGHT, KIM, "two", False),
    ("d", NIGHT, None, "three", False), ("e", NIGHT, SAM, "four", True), ("f", NEXT, SAM, "five", False),
)  # fmt: skip
ACCOUNT, WALLET, OTHER = "001234 31000000", "bc1wallet", "001234 32000000"
# message, kind, value, status, repaired
FOUND = (
    ("a", "UK_ACCOUNT", ACCOUNT, "unverifiable", False), ("b", "UK_ACCOUNT", ACCOUNT, "unverifiable", False),
    ("c", "UK_ACCOUNT", ACCOUNT, "unverifiable", False), ("c", "BTC", WALLET, "checksum_ok", True),
    ("d", "BTC", WALLET, "no_checksum", False), ("d", "ETH", "0xbroken", "checksum_bad", False),
    ("d", "PHONE", "+447700900009", "no_checksum", False), ("e", "UK_ACCOUNT", OTHER, "unverifiable", False),
)  # fmt: skip
LATER = (("f", "UK_ACCOUNT", ACCOUNT, "unverifiable", False), ("f", "IBAN", "GB00LATER", "checksum_ok", False))


class NoProvenance:
    """Versions, code and settings of nothing."""

    def columns(self) -> tuple[Any, ...]:
        return (
            F.create_map().cast("map<string,bigint>").alias("table_versions"), F.lit("c").alias("code_commit"),
            F.lit("h").alias("config_hash"),
        )  # fmt: skip


@pytest.fixture(scope="module")
def messages(spark: SparkSession) -> DataFrame:
    rows = [
        {"message_id": id_ * 24, "night": night, "sender": sender, "content_key": content, "is_privileged": held}
        for id_, night, sender, content, held in MESSAGES
    ]
    return tables.frame(spark, device.MESSAGES, *rows).cache()


def identifiers(spark: SparkSession, *found: tuple[Any, ...]) -> DataFrame:
    nights = {id_: night for id_, night, *_ in MESSAGES}
    rows = [
        {
            "message_id": id_ * 24, "night": nights[id_], "submission_id": ID, "kind": kind, "value": value,
            "status": status, "is_repaired": repaired, "file": "x", "member": id_, "start": n,
        }
        for n, (id_, kind, value, status, repaired) in enumerate(found)
    ]  # fmt: skip
    return tables.frame(spark, device.IDENTIFIERS, *rows)


def asked(spark: SparkSession, messages: DataFrame, found: tuple[Any, ...], decisions: DataFrame) -> list[Any]:
    submissions = tables.frame(spark, device.SUBMISSIONS, {"submission_id": ID, "force": "36", "folder": "f"})
    rows = referrals.queue_items(
        identifiers(spark, *found), messages, submissions, decisions, {"*": 9}, NEXT, made_with=NoProvenance()
    )
    return rows.collect()


def decided(spark: SparkSession, *outcomes: str, **changes: Any) -> DataFrame:
    rows = [
        {
            "decision_id": f"{n:036d}", "night": NEXT, "sequence": n, "queue": referrals.QUEUE, "queue_night": NIGHT,
            "item_id": "1" * 16, "force": "36", "subject_id": ID, "outcome": outcome, "free_text": "HMRC",
            "reviewer": "a.analyst", "decided_at": datetime(2026, 3, 14, 10, n, tzinfo=UTC), **changes,
        }
        for n, outcome in enumerate(outcomes, 1)
    ]  # fmt: skip
    return tables.frame(spark, gold.DECISIONS, *rows)


@pytest.fixture(scope="module")
def item(spark: SparkSession, messages: DataFrame) -> Any:
    (row,) = asked(spark, messages, FOUND, decided(spark))
    return row


def test_people_accounts_and_what_is_left_out_are_counts_of_their_own(item: Any) -> None:
    assert (item.subject_id, item.stratum, item.force) == (ID, "ACCOUNTS", "36")
    assert {reason.text for reason in item.reasons} == {"1 UK accounts", "1 BTC wallets"}
    said = {name: item.details[name] for name in ("n_values", "n_people", "n_without_teller", "n_broken")}
    assert said == {"n_values": "2", "n_people": "2", "n_without_teller": "0", "n_broken": "1"}


@pytest.mark.parametrize(
    ("found", "is_asked"),
    [
        (FOUND, False),
        ((*FOUND, LATER[0]), False),  # another message with a known value
        ((*FOUND, LATER[1]), True),
        (FOUND[:3], True),  # one is gone
    ],
)
def test_another_value_asks_again_and_another_message_does_not(
    spark: SparkSession, messages: DataFrame, item: Any, found: tuple[Any, ...], is_asked: bool
) -> None:
    before = decided(spark, "REFER", item_id=item.item_id, text_hash=item.text_hash)
    rows = asked(spark, messages, found, before)
    assert [row.is_text_changed for row in rows] == [True] * is_asked


def test_a_referral_holds_what_was_decided_on_with_who_told_it(
    spark: SparkSession, messages: DataFrame, item: Any
) -> None:
    decisions = decided(spark, "REFER", item_id=item.item_id, text_hash=item.text_hash)
    rows = referrals.referrals(decisions, identifiers(spark, *FOUND, *LATER), messages, NEXT).collect()
    told = {row.value: (row.status, row.is_repaired, row.n_messages, row.told_by, row.first_member) for row in rows}
    assert told == {
        ACCOUNT: ("unverifiable", False, 2, [SAM, KIM], "a"),  # of two devices one message, and the later is not in it
        WALLET: ("checksum_ok", False, 2, [KIM], "c"),
    }
    assert {(row.night, row.reviewer, row.reason) for row in rows} == {(NEXT, "a.analyst", "HMRC")}


@pytest.mark.parametrize(
    ("outcomes", "changes"),
    [
        ((), {}),
        (("NOT_CSAE",), {}),
        (("REFER", "DEFER"), {}),  # taken back before the night
        (("REFER",), {"night": NIGHT}),
        (("REFER",), {"queue": "keyword_hits"}),
        (("REFER",), {"subject_id": "36:EX-2"}),
        (("REFER",), {"text_hash": "0" * 64}),  # on something else than what is held
    ],
)
def test_no_decision_no_row(
    spark: SparkSession, messages: DataFrame, item: Any, outcomes: tuple[str, ...], changes: dict[str, Any]
) -> None:
    decisions = decided(spark, *outcomes, **{"text_hash": item.text_hash, **changes})
    assert not referrals.referrals(decisions, identifiers(spark, *FOUND), messages, NEXT).collect()
