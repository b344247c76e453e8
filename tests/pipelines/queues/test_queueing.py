"""Rows drawn by chance, blind rows and second readings; near-duplicates decided once, each taken out by its own."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from pipelines.queues import items, near_duplicates, review_metrics, sampling
from pipelines.reports import queue as reports_queue
from schemas import gold, review, silver
from tests.support import deciding, tables

pytestmark = pytest.mark.spark
NIGHT = deciding.NIGHT
SHARES = sampling.Shares(random=0.2, blind=0.25, second=0.1)
CAPACITY = 10
N = 60


@pytest.fixture(scope="module")
def asked(spark: SparkSession) -> DataFrame:
    rows = [(f"36:INT/{k:02d}", "36", k / 100, f"{k:064x}", False) for k in range(N)]
    rows += [(f"37:INT/{k:02d}", "37", k / 100, f"{k:064x}", False) for k in range(4)]
    schema = "report_id string, force string, score double, text_hash string, is_text_changed boolean"
    return spark.createDataFrame(rows, schema).coalesce(1).persist()


def drawn(asked: DataFrame, earlier: DataFrame, seed: int = 7) -> list[Row]:
    population = asked.select("report_id", "force")
    capacity = items.capacity_of({"*": CAPACITY})
    return sampling.random_rows(asked, population, earlier, capacity, SHARES.random, NIGHT, seed).collect()


def test_draws_are_uniform_over_the_undecided_repeatable_and_carried_until_decided(
    spark: SparkSession, asked: DataFrame
):
    none = spark.createDataFrame([], review.QUEUE_DRAWS.struct())
    first = drawn(asked, none)
    assert first == drawn(asked, none)
    assert {row.report_id for row in first} != {row.report_id for row in drawn(asked, none, seed=8)}
    of_36 = sorted((row for row in first if row.report_id.startswith("36")), key=lambda row: row.draw_number)
    assert [(row.draw_number, row.n_pool) for row in of_36] == [(1, N), (2, N - 1)]  # 0.2 of 10 rows
    assert of_36[0].inclusion_probability == pytest.approx(2 / N)
    before = [
        {"subject_id": of_36[0].report_id, "force": "36", "kind": "RANDOM", "night": NIGHT - timedelta(days=1),
         "drawn_on": NIGHT - timedelta(days=1), "draw_number": 1, "n_pool": 90, "inclusion_probability": 0.5},
        {"subject_id": "36:INT/gone", "force": "36", "kind": "RANDOM", "night": NIGHT - timedelta(days=1),
         "drawn_on": NIGHT - timedelta(days=1), "draw_number": 2, "n_pool": 89, "inclusion_probability": 0.5},
    ]  # fmt: skip
    again = drawn(asked, tables.frame(spark, review.QUEUE_DRAWS, *before))
    of_36 = sorted((row for row in again if row.report_id.startswith("36")), key=lambda row: row.drawn_on)
    assert [(row.draw_number, row.n_pool) for row in of_36] == [(1, 90), (1, N - 1)]  # one kept, one new
    assert len({row.report_id for row in of_36}) == 2


def test_rows_without_score_take_places_by_chance_and_all_look_alike(spark: SparkSession, asked: DataFrame):
    kinds = {"36:INT/03": "RANDOM", "36:INT/05": "RANDOM", "36:INT/07": "SECOND"}
    kind = F.create_map(*[F.lit(v) for pair in kinds.items() for v in pair])
    rows = asked.withColumn("kind", F.try_element_at(kind, F.col("report_id")))
    placed = sampling.placed(rows, items.capacity_of({"*": CAPACITY}), SHARES, 7).persist()
    of_36 = placed.where("force = '36'").orderBy("rank").collect()
    assert [row["rank"] for row in of_36] == list(range(1, CAPACITY + 1))
    tops = [row for row in of_36 if row.kind in (None, "BLIND")]
    assert {row.report_id for row in tops} == {f"36:INT/{k}" for k in range(53, 60)}
    assert sum(row.kind == "BLIND" for row in tops) == 2  # a quarter of seven
    scored = [row.score for row in of_36 if row.kind is None]
    assert scored == sorted(scored, reverse=True)
    assert {row.cutoff for row in of_36} == {0.52}
    assert {row.cutoff for row in placed.where("force = '37'").collect()} == {None}  # all four are shown
    hidden = [row["rank"] for row in of_36 if row.kind is not None]
    elsewhere = sampling.placed(rows, items.capacity_of({"*": CAPACITY}), SHARES, 8).where("force = '36'").collect()
    assert hidden != [row["rank"] for row in sorted(elsewhere, key=lambda r: r["rank"]) if row.kind is not None]


def test_a_decision_covers_near_duplicates_until_one_is_decided_itself(spark: SparkSession):
    item = {"queue": "reclassify", "night": deciding.QUEUE_NIGHT, "shown_item_id": item_id(1), "force": "36"}
    covered = tables.frame(
        spark, review.QUEUE_NEAR_DUPLICATES,
        {**item, "item_id": item_id(2), "subject_id": "36:INT/2", "text_hash": "2" * 64, "similarity": 0.9},
        {**item, "item_id": item_id(3), "subject_id": "36:INT/3", "text_hash": "3" * 64, "similarity": 0.8},
    )  # fmt: skip
    made = [
        decision_row(1, 1, "NOT_CSAE"),
        decision_row(2, 3, "DEFER"),  # later, on the near-duplicate itself: it is out, though it is not final
    ]
    decided = tables.frame(spark, gold.DECISIONS, *made)
    found = {(r.subject_id, r.outcome) for r in near_duplicates.with_near_duplicates(decided, covered).collect()}
    assert found == {("36:INT/1", "NOT_CSAE"), ("36:INT/2", "NOT_CSAE"), ("36:INT/3", "DEFER")}
    scores = spark.createDataFrame(
        [(f"36:INT/{n}", "36", 0.5, f"{n}" * 64) for n in (1, 2, 3)],
        "report_id string, force string, score double, text_hash string",
    )
    decisions = near_duplicates.with_near_duplicates(decided, covered)
    decisions = decisions.withColumn(
        "text_hash", F.when(F.col("subject_id") == "36:INT/1", "1" * 64).otherwise(F.col("text_hash"))
    )
    assert [row.report_id for row in reports_queue.asked(scores, decisions).collect()] == ["36:INT/3"]


def item_id(n: int) -> str:
    """That of report `n` in the queue `reclassify`."""
    return hashlib.sha256(f"reclassify|36:INT/{n}".encode()).hexdigest()[:16]


def decision_row(sequence: int, n: int, outcome: str, **more: object) -> dict[str, object]:
    return {
        "decision_id": f"{sequence:036d}", "sequence": sequence, "item_id": item_id(n), "queue": "reclassify",
        "queue_night": deciding.QUEUE_NIGHT, "night": NIGHT, "subject_id": f"36:INT/{n}", "outcome": outcome,
        "force": "36", "reviewer": "a", "text_hash": f"{n}" * 64, **more,
    }  # fmt: skip


def test_figures_count_readers_not_decisions(spark: SparkSession):
    made = [
        decision_row(1, 1, "TAG_ADDED", reviewer="a", seconds_open=90.0),
        decision_row(2, 1, "NOT_CSAE", reviewer="A "),  # the same person again: not a second reading
        decision_row(3, 1, "NOT_CSAE", reviewer="b"),
        decision_row(4, 2, "NOT_CSAE", reviewer="a", seconds_open=0.0),  # nothing measured it
        decision_row(5, 2, "NOT_CSAE", reviewer="c"),
        decision_row(6, 3, "REFER", reviewer="a"),
    ]
    decided = tables.frame(spark, gold.DECISIONS, *made)
    pairs = {(r.first, r.second, r.n) for r in review_metrics.agreement(decided, "reclassify").collect()}
    assert pairs == {(True, False, 1), (False, False, 1)}
    second = sampling.second_readings(decided, 1.0, 7, "reclassify").collect()
    assert second == []  # both texts have two readers, a referral is no reading
    assert len(sampling.second_readings(decided.where("sequence = 4"), 1.0, 7, "reclassify").collect()) == 1
    draws = tables.frame(
        spark, review.QUEUE_DRAWS,
        {"night": deciding.QUEUE_NIGHT, "queue": "reclassify", "item_id": item_id(2), "kind": "RANDOM"},
    )  # fmt: skip
    found = {(r.kind, r.n, r.n_csae) for r in review_metrics.yields(decided, draws, "reclassify").collect()}
    assert found == {("SCORED", 1, 1), ("RANDOM", 1, 0)}
    took = {r.kind: (r.n, r.n_timed, r.seconds, r.squares)
            for r in review_metrics.efforts(decided, draws, "reclassify").collect()}  # fmt: skip
    assert took == {"SCORED": (1, 1, 90.0, 8100.0), "RANDOM": (1, 0, 0.0, 0.0)}  # the first reading of each text
    exposed = {
        r.reviewer: (r.n, r.n_found, r.n_over_cap) for r in review_metrics.exposure(decided, "reclassify", 2).collect()
    }
    assert exposed["a"] == (3, 1, 1)


def test_a_frame_keeps_what_was_found_when_its_tag_takes_it_out_of_scope(spark: SparkSession):
    opened_on, night = deciding.QUEUE_NIGHT, NIGHT
    then = [{"night": opened_on, "report_id": f"36:INT/{n}", "text_hash": f"{n}" * 64} for n in range(1, 6)]
    now = [{"night": night, "report_id": f"36:INT/{n}", "text_hash": f"{n}" * 64} for n in (2, 3, 6)]
    now.append({"night": night, "report_id": "36:INT/4", "text_hash": "9" * 64})  # its text changed
    made = [
        decision_row(1, 1, "TAG_ADDED"),  # recorded by the force since, so it is no longer in scope
        decision_row(2, 2, "NOT_CSAE"),
        decision_row(3, 4, "NOT_CSAE"),
    ]  # 3 is undecided and here, 5 is undecided and gone, 6 came later
    scores, decided = tables.frame(spark, gold.REPORT_SCORES, *then, *now), tables.frame(spark, gold.DECISIONS, *made)
    population = sampling.frame(scores, decided, opened_on, "reclassify")
    draws = tables.frame(
        spark, review.QUEUE_DRAWS,
        {"night": opened_on, "drawn_on": opened_on, "frame_on": opened_on, "kind": "RANDOM", "subject_id": "36:INT/2",
         "force": "36", "draw_number": 1, "n_pool": 5},
        {"night": night, "drawn_on": opened_on, "frame_on": opened_on, "kind": "RANDOM", "subject_id": "36:INT/2",
         "force": "36", "draw_number": 1, "n_pool": 5},
    )  # fmt: skip
    tonight = scores.where(F.col("night") == F.lit(night))
    frame = review_metrics.certified_frame(population, tonight, decided, draws, opened_on, "reclassify")
    assert {(r.report_id, r.is_csae) for r in frame.settled.collect()} == {("36:INT/1", True), ("36:INT/2", False)}
    assert [(r.n_population, r.n_left, r.n_later) for r in frame.counts.collect()] == [(5, 1, 1)]
    assert [r.report_id for r in frame.draws.collect()] == ["36:INT/2"]  # shown on two nights, drawn once
    assert frame.before.collect() == []
    texts = tables.frame(
        spark, silver.REPORTS,
        *({"report_id": f"36:INT/{n}", "text": text, "is_csae": n in (1, 7)} for n, text in (
            (1, "Indecent images, online"), (2, "A CSE risk"), (3, "cse"), (4, "secse"), (5, "nothing"),
            (7, "Nude IMAGES"),
        )),
    )  # fmt: skip
    tagged = texts.where("is_csae").withColumn("force", F.lit("36"))
    families = {"images": ("indecent images", "nude images"), "outright": ("cse",)}
    counted = review_metrics.recording(tagged, population, texts, frame, families).collect()
    assert {r.family: tuple(r)[2:] for r in counted} == {  # 1 was untagged when it was asked about
        "*": (1, 5, 1, 1, 1, 0),
        "images": (1, 1, 1, 1, 0, 0),
        "outright": (0, 2, 0, 0, 1, 0),
    }
