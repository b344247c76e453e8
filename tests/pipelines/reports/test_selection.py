"""What the queue of reports shows, chosen from hand-made tables: no lakehouse, no model, equal texts stand together."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession

from pipelines.queues import sampling
from pipelines.reports import selection
from schemas import gold, review, silver
from tests.support import tables

pytestmark = pytest.mark.spark
NIGHT = date(2026, 3, 20)
BEFORE = NIGHT - timedelta(days=1)
ALL_SCORED = sampling.Shares(random=0.0, blind=0.0, second=0.0)
TEXTS = {"A": "one", "B": "one", "C": "two", "D": "three", "E": "four", "F": "five"}
SCORES = {"A": 0.9, "B": 0.8, "C": 0.7, "D": 0.6, "E": 0.5, "F": 0.4}


def equal_texts(candidates: pd.DataFrame) -> pd.DataFrame:
    """Stands in for the reading of texts: of equal ones the first by priority stands for the others."""
    ordered = candidates.sort_values(["priority", "report_id"], ascending=[False, True])
    shown = ordered.groupby("text")["report_id"].transform("first")
    return pd.DataFrame({"report_id": ordered["report_id"], "shown_id": shown, "similarity": 1.0})


def text_hash(report: str) -> str:
    return hashlib.sha256(report.encode()).hexdigest()


def item_id(report: str) -> str:
    return hashlib.sha256(f"reclassify|{report}".encode()).hexdigest()[:16]


def known(
    spark: SparkSession, decisions: list[dict[str, Any]] | None = None, draws: list[dict[str, Any]] | None = None
) -> selection.Known:
    """A night on which the reports `TEXTS` are in scope, all of one force, in a frame that opened the night before."""
    about = {report: {"report_id": report, "text_hash": text_hash(report)} for report in TEXTS}
    scores = [
        {**about[report], "score": score, "night": night, "is_out_of_fold": False}
        for report, score in SCORES.items()
        for night in (BEFORE, NIGHT)
    ]
    reports = tables.frame(spark, silver.REPORTS, *({**about[n], "text": text} for n, text in TEXTS.items()))
    decided = tables.frame(spark, gold.DECISIONS, *(decisions or []))
    return selection.Known(
        night=NIGHT,
        opened_on=BEFORE,
        scores=tables.frame(spark, gold.REPORT_SCORES, *scores),
        decisions=decided,
        direct=decided,
        draws=tables.frame(spark, review.QUEUE_DRAWS, *(draws or [])),
        scope=reports.selectExpr("*", "'NO_TAG' AS stratum", "array('36:P1') AS person_ids"),
    )


def decision(report: str, outcome: str = "NOT_CSAE", sequence: int = 1) -> dict[str, Any]:
    return {"decision_id": f"{sequence:036d}", "sequence": sequence, "queue": "reclassify", "subject_id": report,
            "item_id": item_id(report), "text_hash": text_hash(report), "outcome": outcome, "night": NIGHT,
            "reviewer": "a"}  # fmt: skip


def rules(capacity: int, shares: sampling.Shares = ALL_SCORED) -> selection.Rules:
    return selection.Rules({"*": capacity}, shares, duplicates_pool=3, seed=1, night_seed=2)


def shown(selected: selection.Selection) -> list[Row]:
    return sorted(selected.shown.collect(), key=lambda row: row["rank"])


def test_the_best_scores_are_shown_near_duplicates_once_and_settled_reports_not(spark: SparkSession):
    night = known(spark, [decision("C")])
    selected = selection.select(night, rules(capacity=3), equal_texts)
    assert [(row.report_id, row["rank"], row.cutoff) for row in shown(selected)] == [
        ("A", 1, 0.4), ("D", 2, 0.4), ("E", 3, 0.4),
    ]  # fmt: skip
    assert {row.item_id for row in shown(selected)} == {item_id(report) for report in "ADE"}
    behind = [(row.subject_id, row.shown_item_id, row.text_hash) for row in selected.near_duplicates.collect()]
    assert behind == [("B", item_id("A"), text_hash("B"))]
    assert selected.draws.collect() == []


def test_a_draw_that_a_near_duplicate_stands_for_is_recorded_as_drawn(spark: SparkSession):
    """A and B say the same and chance drew both the night before: one is shown, without score, and both are drawn."""
    drawn = [
        {"subject_id": report, "queue": "reclassify", "force": "36", "kind": "RANDOM", "night": BEFORE,
         "drawn_on": BEFORE, "frame_on": BEFORE, "draw_number": n, "n_pool": 7 - n, "inclusion_probability": 0.5}
        for n, report in enumerate("AB", start=1)
    ]  # fmt: skip
    shares = sampling.Shares(random=0.5, blind=0.0, second=0.0)  # two of four rows: both are drawn already
    selected = selection.select(known(spark, draws=drawn), rules(4, shares), equal_texts)
    kinds = {row.report_id: row.kind for row in shown(selected)}
    assert kinds == {"A": "RANDOM", "C": None, "D": None, "E": None}
    draws = {(row.subject_id, row.kind, row.drawn_on, row.draw_number) for row in selected.draws.collect()}
    assert draws == {("A", "RANDOM", BEFORE, 1), ("B", "RANDOM", BEFORE, 2)}
    assert {row.score for row in selected.draws.collect()} == {0.9, 0.8}  # kept where reviewers do not look


def test_a_decided_report_is_read_a_second_time_until_somebody_else_has(spark: SparkSession):
    everything = sampling.Shares(random=0.0, blind=0.0, second=1.0)
    night = known(spark, [decision("C")])
    again = selection.select(night, rules(6, everything), equal_texts)
    assert {row.report_id: row.kind for row in shown(again)}["C"] == "SECOND"
    assert {(row.subject_id, row.kind) for row in again.draws.collect()} == {("C", "SECOND")}
    both = known(spark, [decision("C"), decision("C", sequence=2) | {"reviewer": "b"}])
    assert "C" not in {row.report_id for row in shown(selection.select(both, rules(6, everything), equal_texts))}
