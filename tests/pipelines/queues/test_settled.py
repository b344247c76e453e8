"""One rule of when an item is settled: the same cases at the door of every queue, and any decisions against an oracle.

Each queue publishes once without decisions; the cases decide on what it published, and it publishes again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.common.provenance import Provenance
from pipelines.comms.leads import queue as leads_queue
from pipelines.network import queue as network_queue
from pipelines.queues import settled
from pipelines.reports import overtagged
from pipelines.reports import queue as reports_queue
from pipelines.travel import queue as travel_queue
from schemas import codes, gold, leads, risk, silver, travel
from tests.support import network_world, tables

pytestmark = pytest.mark.spark
NIGHT = date(2026, 3, 20)
MADE_WITH = Provenance({"silver.reports": 1}, "c", "h")
MANY = {"*": 1_000}
SAME, OTHER, UNSAID = "same", "other", "unsaid"  # on which evidence a decision was taken
ASKED, SETTLED, CHANGED = "asked", "settled", "asked again: the evidence changed"


@dataclass(frozen=True)
class Made:
    """A decision: its outcome, on what, on which hour it was made and in which night it arrived, after the others."""

    outcome: str
    on: str = SAME
    hour: int = 0
    night: int = 10  # day of March
    queue: str = ""  # another queue than the one that is asked


CASES: dict[str, tuple[Sequence[Made], str]] = {
    "nobody decided": ([], ASKED),
    "a final outcome": ([Made("NOT_CSAE")], SETTLED),
    "referred": ([Made("REFER")], SETTLED),
    "more wanted": ([Made("NEED_INFO")], ASKED),
    "put off": ([Made("DEFER")], ASKED),
    "put off, then final": ([Made("DEFER"), Made("NOT_CSAE", hour=1)], SETTLED),
    "final, then put off": ([Made("NOT_CSAE"), Made("DEFER", hour=1)], ASKED),
    "final, more wanted, final": ([Made("REFER"), Made("NEED_INFO", hour=1), Made("NOT_CSAE", hour=2)], SETTLED),
    "final on other evidence": ([Made("NOT_CSAE", OTHER)], CHANGED),
    "final on other evidence, then on tonight's": ([Made("NOT_CSAE", OTHER), Made("REFER", hour=1)], SETTLED),
    "final on tonight's, then on other evidence": ([Made("NOT_CSAE"), Made("REFER", OTHER, hour=1)], CHANGED),
    "final on other evidence, then put off": ([Made("NOT_CSAE", OTHER), Made("DEFER", hour=1)], ASKED),
    "final, on what nobody recorded": ([Made("NOT_CSAE", UNSAID)], SETTLED),
    "the older decision arrives later": ([Made("NOT_CSAE", hour=5), Made("DEFER", hour=1, night=12)], SETTLED),
    "made at one time, final last": ([Made("DEFER"), Made("NOT_CSAE")], SETTLED),
    "made at one time, put off last": ([Made("NOT_CSAE"), Made("DEFER")], ASKED),
    "a clock that runs ahead": ([Made("DEFER", hour=999_999), Made("NOT_CSAE", hour=60, night=13)], SETTLED),
    "final in another queue": ([Made("NOT_CSAE", queue="elsewhere")], ASKED),
}
NAMES = list(CASES)
IDS = [f"36:X/{n:02d}" for n in range(len(NAMES))]


def item(queue: str, *parts: str) -> str:
    """Id of an item as published ones have it."""
    return hashlib.sha256("|".join((queue, *parts)).encode()).hexdigest()[:16]


def of_reports(spark: SparkSession, decisions: DataFrame) -> list[dict[str, Any]]:
    scores = [{"report_id": each, "text_hash": f"{n:064x}", "score": 0.5} for n, each in enumerate(IDS)]
    asked = reports_queue.asked(tables.frame(spark, gold.REPORT_SCORES, *scores), decisions)
    return [
        row.asDict() | {"subject_id": row.report_id, "item_id": item("reclassify", row.report_id)}
        for row in asked.collect()
    ]


def of_overtagged(spark: SparkSession, decisions: DataFrame) -> list[dict[str, Any]]:
    tagged = [{"report_id": each, "text_hash": f"{n:064x}", "is_csae": True} for n, each in enumerate(IDS)]
    scores = [{"report_id": each, "text_hash": f"{n:064x}", "score": 0.1} for n, each in enumerate(IDS)]
    reports = tables.frame(spark, silver.REPORTS, *tagged)
    shown = overtagged.chosen(reports, tables.frame(spark, gold.OOF_SCORES, *scores), decisions, 1_000)
    return [row.asDict() | {"subject_id": row.report_id} for row in shown.collect()]


def of_network(queue: str) -> Callable[[SparkSession, DataFrame], list[dict[str, Any]]]:
    def publish(spark: SparkSession, decisions: DataFrame) -> list[dict[str, Any]]:
        risks = [
            {"queue": queue, "entity_id": each, "evidence_hash": f"{n:064x}", "score": 0.5, "stratum": "MISSING"}
            for n, each in enumerate(IDS)
        ]
        shown = network_queue.chosen(
            tables.frame(spark, risk.NETWORK_RISK, *risks), decisions, MANY, **network_world.ORDER
        )
        return [
            row.asDict() | {"subject_id": row.entity_id, "text_hash": row.evidence_hash}
            for row in shown.select("item_id", "entity_id", "evidence_hash", "is_text_changed").collect()
        ]

    return publish


def of_travel(spark: SparkSession, decisions: DataFrame) -> list[dict[str, Any]]:
    matches = [
        {"match_id": f"{n:016x}", "subject_id": each, "flight_on": NIGHT, "is_published": True, "score": 0.9,
         "kind": "SUBJECT_ON_FLIGHT", "role": "SUSPECT", "reasons": [a_reason("silver.flight_passengers", f"p{n}")]}
        for n, each in enumerate(IDS)
    ]  # fmt: skip
    frame = tables.frame(spark, travel.MATCHES, *matches)
    rows = travel_queue.queue_items(frame, decisions, MANY, NIGHT, recent_days=7, made_with=MADE_WITH)
    return [row.asDict(recursive=True) for row in rows.collect()]


def of_leads(spark: SparkSession, decisions: DataFrame) -> list[dict[str, Any]]:
    found = [
        {"lead_id": f"{n:016x}", "subject_id": each, "event_ids": [f"e{n}"], "numbers": ["+447700900123"],
         "detector": "swap", "score": 0.9}
        for n, each in enumerate(IDS)
    ]  # fmt: skip
    events = [{"event_id": f"e{n}"} for n in range(len(IDS))]
    rows = leads_queue.queue_items(
        tables.frame(spark, leads.COMMS_LEADS, *found), tables.frame(spark, silver.COMMS_EVENTS, *events), decisions,
        NIGHT, capacity=1_000, made_with=MADE_WITH,
    )  # fmt: skip
    return [row.asDict(recursive=True) for row in rows.collect()]


def a_reason(table: str, source_id: str) -> dict[str, Any]:
    return {"kind": "match", "text": "t", "source_table": table, "source_id": source_id,
            "start": None, "end": None, "weight": 1.0}  # fmt: skip


QUEUES: dict[str, Callable[[SparkSession, DataFrame], list[dict[str, Any]]]] = {
    "reclassify": of_reports,
    "overtagged": of_overtagged,
    **{queue: of_network(queue) for queue in risk.QUEUES},
    "travel": of_travel,
    "comms_leads": of_leads,
}


def decision(queue: str, row: dict[str, Any], made: Made, sequence: int) -> dict[str, Any]:
    """A row of gold.DECISIONS on what a queue published."""
    began = datetime(2026, 3, 9, 8, tzinfo=UTC)
    on = {SAME: row["text_hash"], OTHER: "f" * 64, UNSAID: None}[made.on]
    return {
        "decision_id": f"{sequence:036d}", "sequence": sequence, "queue": made.queue or queue,
        "item_id": row["item_id"], "subject_id": row["subject_id"], "text_hash": on, "outcome": made.outcome,
        "night": date(2026, 3, made.night), "decided_at": began + timedelta(hours=made.hour),
    }  # fmt: skip


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_keeps_the_one_rule(spark: SparkSession, queue: str):
    publish = QUEUES[queue]
    first = {row["subject_id"]: row for row in publish(spark, tables.frame(spark, gold.DECISIONS))}
    assert set(first) == set(IDS)
    assert all(row["text_hash"] for row in first.values()), "a decision must say on what it was taken"
    assert not any(row["is_text_changed"] for row in first.values())
    made = [(subject, each) for subject, name in zip(IDS, NAMES, strict=True) for each in CASES[name][0]]
    rows = [decision(queue, first[subject], each, n) for n, (subject, each) in enumerate(made, start=1)]
    again = {row["subject_id"]: row for row in publish(spark, tables.frame(spark, gold.DECISIONS, *rows))}
    became = {
        name: SETTLED if subject not in again else CHANGED if again[subject]["is_text_changed"] else ASKED
        for subject, name in zip(IDS, NAMES, strict=True)
    }
    assert became == {name: expected for name, (_, expected) in CASES.items()}
    said = [row["reasons"] for row in again.values() if row["is_text_changed"] and "reasons" in row]
    assert all(any("changed since" in reason["text"] for reason in reasons) for reasons in said)


DECISION = st.tuples(
    st.sampled_from(codes.OUTCOMES), st.integers(0, 3), st.sampled_from(["a" * 64, "b" * 64, None]),
    st.integers(10, 12),
)  # fmt: skip
HISTORIES = st.lists(st.lists(DECISION, max_size=5), min_size=30, max_size=30)


@settings(max_examples=4, derandomize=True)
@given(HISTORIES, st.randoms(use_true_random=False))
def test_any_decisions_in_any_order_of_arrival(spark: SparkSession, histories: list[list[tuple[Any, ...]]], order: Any):
    """Against the rule in Python: of the newest decision by time, then by place in the chain, outcome and evidence."""
    made = [(n, each) for n, history in enumerate(histories) for each in history]
    order.shuffle(made)  # places in the chain say nothing of when a decision was made
    rows = [
        decision("travel", {"item_id": f"{n:016x}", "subject_id": "s", "text_hash": text_hash},
                 Made(outcome, hour=hour, night=night), sequence)
        for sequence, (n, (outcome, hour, text_hash, night)) in enumerate(made, start=1)
    ]  # fmt: skip
    expected = {}
    for n in range(len(histories)):
        mine = [row for row in rows if row["item_id"] == f"{n:016x}"]
        newest = max(mine, key=lambda row: (row["decided_at"], row["sequence"]), default=None)
        settling = ("TAG_ADDED", "NOT_CSAE", "ALREADY_TAGGED", "REFER", "RELEASE", "WITHHOLD")
        if newest is None or newest["outcome"] not in settling:
            expected[f"{n:016x}"] = False
        elif newest["text_hash"] == "b" * 64:
            expected[f"{n:016x}"] = True
    tonight = [("travel", f"{n:016x}", "a" * 64) for n in range(len(histories))]
    items = spark.createDataFrame(tonight, "queue string, item_id string, text_hash string")
    order.shuffle(rows)
    decided = tables.frame(spark, gold.DECISIONS, *rows)
    found = settled.still_asked(items, decided).collect()
    assert {row.item_id: row.is_text_changed for row in found} == expected


def test_what_moves_by_itself_is_no_new_evidence_of_a_match(spark: SparkSession):
    then = {"match_id": "0" * 16, "flight_on": NIGHT, "is_published": True, "score": 0.9, "bits": 9.0,
            "kind": "SUBJECT_ON_FLIGHT", "role": "SUSPECT", "birth_agreement": "SAME",
            "details": {"recorded_name": "DEAN PYKE", "leaves": "Fri 20 Mar 2026 07:00"},
            "reasons": [a_reason("silver.flight_passengers", "p1"), a_reason("silver.people", "36:P1")]}  # fmt: skip
    later = then | {"score": 0.7, "bits": 7.0, "kind": "NEXT_ARRIVAL",
                    "reasons": [each | {"weight": 0.5, "text": "u"} for each in then["reasons"]],
                    "details": then["details"] | {"leaves": "Fri 20 Mar 2026 09:00"}}  # fmt: skip
    others = [
        then | {"birth_agreement": "DIFFERENT"},
        then | {"details": {"recorded_name": "DEAN PIKE"}},
        then | {"reasons": [a_reason("silver.flight_passengers", "p2"), a_reason("silver.people", "36:P1")]},
    ]
    rows = [then, later, *others]
    matches = [each | {"match_id": f"{n:016x}"} for n, each in enumerate(rows)]
    published = travel_queue.queue_items(
        tables.frame(spark, travel.MATCHES, *matches), tables.frame(spark, gold.DECISIONS), MANY, NIGHT,
        recent_days=7, made_with=MADE_WITH,
    )  # fmt: skip
    of = {int(row.item_id, 16): row.text_hash for row in published.collect()}
    assert of[0] == of[1]
    assert len({of[n] for n in (0, 2, 3, 4)}) == 4


def test_what_moves_by_itself_is_no_new_evidence_of_a_lead(spark: SparkSession):
    then = {"event_ids": ["e1", "e2"], "numbers": ["+447700900123"], "person_ids": ["36:P1"], "detector": "swap",
            "score": 0.9, "evidence": 4.0, "factors": [("a handset shared", 4.0)], "n_events": 9}  # fmt: skip
    later = then | {"event_ids": ["e2", "e1"], "score": 0.8, "evidence": 3.0, "n_events": 11,
                    "factors": [("a handset shared by two", 3.0)]}  # fmt: skip
    others = [then | {"event_ids": ["e1", "e3"]}, then | {"person_ids": []}]
    found = [each | {"lead_id": f"{n:016x}"} for n, each in enumerate([then, later, *others])]
    events = tables.frame(spark, silver.COMMS_EVENTS, *({"event_id": f"e{n}"} for n in (1, 2, 3)))
    published = leads_queue.queue_items(
        tables.frame(spark, leads.COMMS_LEADS, *found), events, tables.frame(spark, gold.DECISIONS), NIGHT,
        capacity=10, made_with=MADE_WITH,
    )  # fmt: skip
    of = {int(row.item_id, 16): row.text_hash for row in published.orderBy(F.col("item_id")).collect()}
    assert of[0] == of[1]
    assert len({of[n] for n in (0, 2, 3)}) == 3
