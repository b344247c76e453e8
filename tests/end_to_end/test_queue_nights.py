"""Two nights of the queue with decisions between them: what reviewers see, what chance drew, what is scored again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from jobs import inbox, nights, queue_health, review, training
from jobs import notebook as notebooks
from jobs.workplace import Workplace
from models import scoring
from pipelines import decisions, reclassify
from schemas import gold
from schemas import review as tables
from tests.support import whole_nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
FIRST, SECOND = (whole_nights.FIRST + timedelta(days=n) for n in range(2))


class Room(notebooks.Room):
    page = ""

    def show(self, *parts: str) -> None:
        self.page += "".join(parts)


@pytest.fixture(scope="module")
def story(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Two nights. Between them everything is decided that the first queue shows, by the truth."""
    place = whole_nights.world(
        tmp_path_factory.mktemp("home"), n_reports=800, n_nights=2, without=whole_nights.NOT_FORCES
    )
    report = whole_nights.run(place, FIRST)
    truth = (
        pd.read_parquet(place.settings.truth / "reports.parquet").drop_duplicates("report_id").set_index("report_id")
    )
    queue = rows(place, gold.QUEUE_ITEMS, FIRST)
    at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(hours=9)
    for row in queue:
        is_csae = bool(truth.loc[row.subject_id, "is_csae"])
        decision = decisions.of_item(
            row.asDict(recursive=True), outcome="TAG_ADDED" if is_csae else "NOT_CSAE",
            tag="CSE_LONE" if is_csae else None, free_text=None, reviewer="A1",
            opened_at=at - timedelta(seconds=30), decided_at=at,
        )  # fmt: skip
        inbox.submit(place.settings.inbox, decision)
    whole_nights.run(place, SECOND)
    return {"place": place, "queue": queue, "truth": truth, "report": report}


def rows(place: Workplace, table: tables.Table, night: date) -> list[Row]:
    """Rows of a night that belong to the queue of reports."""
    tonight = (F.col("night") == F.lit(night)) & (F.col("queue") == reclassify.QUEUE)
    return place.lake.read(table).where(tonight).collect()


def test_rows_without_score_tell_nothing_of_why_they_are_there(story: dict):
    hidden = [row for row in story["queue"] if row.score is None]
    draws = {row.item_id: row for row in rows(story["place"], tables.QUEUE_DRAWS, FIRST)}
    assert {draws[row.item_id].kind for row in hidden} == {"RANDOM", "BLIND"}
    assert {row.item_id for row in hidden} <= set(draws)
    for row in hidden:
        assert row.score_low is None
        assert row.score_high is None
        assert row.reasons[0]["text"] == reclassify.HIDDEN
        assert {reason["kind"] for reason in row.reasons} <= {"rule", "flag"}
        assert row.details["is_out_of_fold"] == ""
    for row in draws.values():
        assert 0 < row.inclusion_probability <= 1
        assert row.score is not None


def test_rows_with_score_say_what_they_rest_on(story: dict):
    scored = [row for row in story["queue"] if row.score is not None]
    kinds = [{reason["kind"] for reason in row.reasons} for row in scored]
    assert sum("term" in found for found in kinds) > 0.9 * len(scored)
    assert sum("similar" in found for found in kinds) > 0.2 * len(scored)
    assert any("whatif" in found for found in kinds)


def test_the_second_night_scores_what_is_new_and_equals_scoring_all(story: dict):
    place: Workplace = story["place"]
    model = training.champion(place, SECOND).model
    assert nights.scored_alike(place, SECOND, model.version) == FIRST
    assert nights.scored_alike(place, SECOND, "another") is None
    texts = nights.scope(place, SECOND).select("report_id", "text_hash", "text")
    out_of_fold = place.lake.read(gold.OOF_SCORES).where(F.col("model_version") == model.version)
    anew = reclassify.report_scores(
        texts.mapInArrow(scoring.scorer(model), scoring.SCORED), nights.scope(place, SECOND), out_of_fold, SECOND,
        (model.name, model.version),
    )  # fmt: skip
    there = place.lake.read(gold.REPORT_SCORES).where(F.col("night") == F.lit(SECOND))
    assert anew.exceptAll(there).isEmpty()
    assert there.exceptAll(anew).isEmpty()


def test_decided_reports_are_asked_again_only_as_second_readings(story: dict):
    place: Workplace = story["place"]
    decided = {row.subject_id for row in story["queue"]}
    again = [
        row for row in rows(place, gold.QUEUE_ITEMS, SECOND) if row.subject_id in decided and not row.is_text_changed
    ]
    kinds = {row.item_id: row.kind for row in rows(place, tables.QUEUE_DRAWS, SECOND)}
    assert {kinds[row.item_id] for row in again} <= {"SECOND"}
    assert all(row.score is None for row in again)


def test_the_certificate_counts_what_was_decided_and_holds(story: dict):
    place, truth = story["place"], story["truth"]
    (pooled,) = [row for row in rows(place, tables.RECALL_CERTIFICATES, SECOND) if row.force == tables.POOLED]
    drawn = [row for row in rows(place, tables.QUEUE_DRAWS, FIRST) if row.kind == "RANDOM"]
    assert pooled.frame_on == FIRST
    shown = {row.item_id for row in story["queue"]} | {r.item_id for r in rows(place, tables.QUEUE_MEMBERS, FIRST)}
    assert pooled.n_drawn >= len(drawn)
    assert pooled.n_drawn_decided == sum(row.item_id in shown for row in drawn) > 0
    found = {row.subject_id for row in story["queue"] if truth.loc[row.subject_id, "is_csae"]}
    assert pooled.n_found >= len(found)
    scope = {row.report_id for row in rows(place, gold.REPORT_SCORES, FIRST)}
    hidden = truth.loc[sorted(scope)]["is_csae"].sum()
    assert pooled.recall_at_least <= pooled.n_found / hidden + 1e-9
    assert pooled.state in tables.CERTIFICATE_STATES
    first = [row for row in rows(place, tables.RECALL_CERTIFICATES, FIRST) if row.force == tables.POOLED]
    assert first[0].state == "CANNOT_CERTIFY"


def test_the_health_page_and_the_review_page_show_it(story: dict, tmp_path):
    place: Workplace = story["place"]
    health = queue_health.open_health(Room("test", place), reviewer="lead")
    page = "".join(
        part(health)
        for part in (
            queue_health.header, queue_health.certificates, queue_health.history, queue_health.agreement,
            queue_health.unscored, queue_health.exposure,
        )
    )  # fmt: skip
    assert "Opened per find" in page
    assert "CSAE among rows drawn by chance" in page
    tonight = review.open_queue(Room("test", place), reviewer="B2")
    shown = review.queue_table(tonight, tonight.pick())
    assert "(shown when opened)" in shown
    assert "RANDOM" not in shown
    assert "not shown for this row" in shown
    mine = review.open_queue(Room("test", place), reviewer="a1", night=FIRST.isoformat())
    assert mine.rows == []  # read all of it before
