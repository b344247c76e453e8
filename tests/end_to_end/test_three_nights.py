"""Three nights with decisions between them, through the public doors, held against the sealed truth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs import doctor, look
from jobs.workplace import Workplace
from pipelines import reclassify
from schemas import bronze, gold, review, silver
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
FIRST, SECOND, THIRD = (nights.FIRST + timedelta(days=n) for n in range(3))


@pytest.fixture(scope="module")
def story(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What three nights left behind: reports, hashes after each, and the decisions made between the first two."""
    place = nights.world(tmp_path_factory.mktemp("home"), n_reports=3000)
    told = {"place": place, "reports": [nights.run(place, FIRST)], "hashes": [nights.hashes(place)]}
    truth = (
        pd.read_parquet(place.settings.truth / "reports.parquet").drop_duplicates("report_id").set_index("report_id")
    )
    tonight = (F.col("night") == F.lit(FIRST)) & (F.col("queue") == reclassify.QUEUE)
    queue = place.lake.read(gold.QUEUE_ITEMS).where(tonight).orderBy("rank", "force").collect()
    hidden = next(row for row in queue if truth.loc[row.subject_id, "is_csae"])
    innocent = next(row for row in queue if not truth.loc[row.subject_id, "is_csae"])
    at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(hours=9)
    look.decide(
        place,
        hidden.item_id,
        "TAG_ADDED",
        tag="CSE_LONE",
        why="=see items 1 and 2",
        reviewer="A1",
        decided_at=at,
        seconds=60,
    )
    look.decide(place, innocent.item_id, "NOT_CSAE", tag=None, why="", reviewer="A1", decided_at=at, seconds=20)
    told |= {"truth": truth, "queue": queue, "hidden": hidden, "innocent": innocent}
    for night in (SECOND, THIRD):
        told["reports"].append(nights.run(place, night))
        told["hashes"].append(nights.hashes(place))
    return told


def test_each_night_publishes_for_each_force(story: dict):
    for report in story["reports"]:
        assert {row["force"] for row in report["queue"]} == {"36", "37", "47", "45", "22"}
        assert report["n_writes"] > 0
        assert report["n_actions"] > 0


def test_rows_are_conserved(story: dict):
    for report in story["reports"]:
        for sender in report["senders"]:
            assert sender["in"] == sender["loaded"] + sender["quarantined"] + sender["deduplicated"] + sender["deleted"]
    first = {sender["sender"]: sender for sender in story["reports"][0]["senders"]}
    assert len(first) == 7
    assert sum(sender["loaded"] for sender in first.values()) > 5000


def test_the_queue_is_rich_in_what_was_hidden(story: dict):
    truth = story["truth"]
    in_queue = truth.loc[[row.subject_id for row in story["queue"]], "is_csae"].mean()
    untagged = truth[~truth["is_tag_recorded"]]["is_csae"].mean()
    print(f"hidden CSAE reports: {in_queue:.1%} of the queue, {untagged:.1%} of all untagged reports")
    assert in_queue > 3 * untagged


def test_every_queue_row_says_why_and_from_where(story: dict):
    place: Workplace = story["place"]
    texts = {
        row.report_id: row.text
        for row in place.lake.read(silver.REPORTS).where(F.col("night") == F.lit(FIRST)).collect()
    }
    for row in story["queue"]:
        assert row.source_rows
        assert row.table_versions["silver.reports"] >= 0
        terms = [reason for reason in row.reasons if reason.start is not None]
        for term in terms:
            assert 0 <= term.start < term.end <= len(texts[row.subject_id])
    scored = [row for row in story["queue"] if row.score is not None]
    assert len(scored) > 0.7 * len(story["queue"])
    assert sum(bool([r for r in row.reasons if r.start is not None]) for row in scored) > 0.9 * len(scored)


def test_a_decided_item_is_not_asked_again_and_only_a_decision_writes_back(story: dict):
    lake = story["place"].lake
    later = lake.read(gold.QUEUE_ITEMS).where(F.col("night") > F.lit(FIRST))
    asked = {row.item_id for row in later.where(~F.col("is_text_changed")).select("item_id").collect()}
    assert not {story["hidden"].item_id, story["innocent"].item_id} & asked
    alike = lake.read(review.QUEUE_MEMBERS).where(
        (F.col("night") == F.lit(FIRST)) & (F.col("shown_item_id") == story["hidden"].item_id)
    )
    covered = {story["hidden"].subject_id, *(row.subject_id for row in alike.collect())}
    written = {(row.night, row.report_id, row.tag, row.reviewer) for row in lake.read(gold.WRITEBACK).collect()}
    assert written == {(SECOND, report, "CSE_LONE", "A1") for report in covered}
    exported = list((story["place"].settings.exports / str(SECOND) / story["hidden"].force).iterdir())
    assert {path.suffix for path in exported} == {".csv", ".xlsx"}


def test_a_night_again_changes_nothing(story: dict):
    place: Workplace = story["place"]
    nights.run(place, SECOND)  # and it is older than the newest: a backfill knows only what was known then
    assert nights.hashes(place) == story["hashes"][-1]


def test_history_is_kept_and_corrections_supersede(story: dict):
    reports = story["place"].lake.read(silver.REPORTS)
    corrected = reports.groupBy("report_id").agg(F.countDistinct("night").alias("n")).where("n > 1").count()
    assert corrected > 0


def test_a_resent_file_loads_nothing(story: dict):
    files = story["place"].lake.read(bronze.FILES)
    again = files.where("status = 'DUPLICATE'").collect()
    assert again
    loaded = {
        (row.file, row.night)
        for row in story["place"].lake.read(bronze.ROWS).select("file", "night").distinct().collect()
    }
    assert not {(row.file, row.night) for row in again} & loaded


def test_trace_leads_back_to_the_senders_row(story: dict):
    found = look.trace(story["place"], story["hidden"].item_id, "A1")
    assert story["hidden"].subject_id.split(":", 1)[1] in found["rows"][0]["raw"]
    assert [decision["outcome"] for decision in found["decisions"]] == ["TAG_ADDED"]


def test_the_doctor_finds_nothing_wrong(story: dict):
    ill = [finding for finding in doctor.examine(story["place"]) if not finding["ok"]]
    assert ill == []
