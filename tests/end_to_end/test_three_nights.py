"""Three nights with decisions between them, through the public doors, compared with the sealed truth."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from jobs.pages import notebook as notebooks
from jobs.pages import queue_access, queue_health, queue_page, review_reclassify
from jobs.runtime.context import RunContext
from jobs.runtime.health import doctor
from jobs.runtime.inbox import port
from jobs.training import champion
from models.serving import scoring
from pipelines.comms.leads import queue as leads_queue
from pipelines.decisions import decision as one
from pipelines.reports import overtagged
from pipelines.reports import queue as reports_queue
from schemas import bronze, gold, silver
from schemas import review as review_tables
from schemas.contract import Table
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
FIRST, SECOND, THIRD = (nights.FIRST + timedelta(days=n) for n in range(3))


class Session(notebooks.NotebookSession):
    page = ""

    def show(self, *parts: str) -> None:
        self.page += "".join(parts)


@pytest.fixture(scope="module")
def story(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What three nights left behind: their reports, and the decisions made between the first two."""
    ctx = nights.world(tmp_path_factory.mktemp("home"), n_reports=3000)
    told = {"ctx": ctx, "reports": [nights.run(ctx, FIRST)]}
    truth = pd.read_parquet(ctx.settings.truth / "reports.parquet").drop_duplicates("report_id").set_index("report_id")
    queue = sorted(rows(ctx, gold.QUEUE_ITEMS, FIRST), key=lambda row: (row.rank, row.force))
    at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(hours=9)
    for row in queue:
        is_csae = bool(truth.loc[row.subject_id, "is_csae"])
        decision = one.of_item(
            row.asDict(recursive=True), outcome="TAG_ADDED" if is_csae else "NOT_CSAE",
            tag="CSE_LONE" if is_csae else None, free_text="=see items 1 and 2" if is_csae else None, reviewer="A1",
            opened_at=at - timedelta(seconds=30), decided_at=at,
        )  # fmt: skip
        port.hand_in(ctx.inbox, ctx.audit, decision)
    found = [row for row in queue if truth.loc[row.subject_id, "is_csae"]]
    told |= {"truth": truth, "queue": queue, "found": found, "report": told["reports"][0]}
    for night in (SECOND, THIRD):
        told["reports"].append(nights.run(ctx, night))
    return told


def rows(ctx: RunContext, table: Table, night: date) -> list[Row]:
    """Rows of a night that belong to the queue of reports."""
    tonight = (F.col("night") == F.lit(night)) & (F.col("queue") == reports_queue.QUEUE)
    return ctx.lake.read(table).where(tonight).collect()


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
    ctx: RunContext = story["ctx"]
    texts = {
        row.report_id: row.text for row in ctx.lake.read(silver.REPORTS).where(F.col("night") == F.lit(FIRST)).collect()
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


def test_recorded_tags_that_look_wrong_are_a_queue_of_their_own(story: dict):
    ctx, truth = story["ctx"], story["truth"]
    mine = (F.col("night") == F.lit(FIRST)) & (F.col("queue") == overtagged.QUEUE)
    doubted = ctx.lake.read(gold.QUEUE_ITEMS).where(mine).orderBy("force", "rank").collect()
    assert doubted
    assert truth.loc[[row.subject_id for row in doubted], "is_tag_recorded"].all()
    assert not {row.item_id for row in doubted} & {row.item_id for row in story["queue"]}
    for force in {row.force for row in doubted}:
        ranked = [row for row in doubted if row.force == force]
        assert len(ranked) <= ctx.settings.overtagged.capacity
        assert [row["rank"] for row in ranked] == list(range(1, len(ranked) + 1))
        assert [row.score for row in ranked] == sorted((row.score for row in ranked), reverse=True)
    assert all(row.reasons[0].text.startswith("carries a CSAE tag, but reads unlike") for row in doubted)


def test_leads_in_call_data_are_the_planted_lines_with_the_events_behind_them(story: dict):
    ctx = story["ctx"]
    mine = (F.col("night") == F.lit(THIRD)) & (F.col("queue") == leads_queue.QUEUE)
    leads = ctx.lake.read(gold.QUEUE_ITEMS).where(mine).collect()
    planted = pd.read_parquet(ctx.settings.truth / "comms_leads.parquet").query("detector == 'deal_line'")
    assert {row.subject_id for row in leads if row.stratum == "DEAL_LINE"} == set(planted["a"])
    for row in leads:
        assert {reason.kind for reason in row.reasons} == {"rule", "event"}
        assert {source.table for source in row.source_rows} == {"silver.comms_events"}
        assert row.score >= ctx.settings.leads.min_score


def test_only_a_decision_writes_back(story: dict):
    ctx: RunContext = story["ctx"]
    found = {row.item_id: row for row in story["found"]}
    alike = [row for row in rows(ctx, review_tables.QUEUE_NEAR_DUPLICATES, FIRST) if row.shown_item_id in found]
    covered = {row.subject_id for row in (*found.values(), *alike)}
    written = ctx.lake.read(gold.WRITEBACK).collect()
    assert {(row.night, row.report_id, row.tag, row.reviewer) for row in written} == {
        (SECOND, report, "CSE_LONE", "A1") for report in covered
    }
    for force in {row.force for row in written}:
        exported = list((ctx.settings.exports / str(SECOND) / force).iterdir())
        assert {path.suffix for path in exported} == {".csv", ".xlsx"}


def test_rows_without_score_tell_nothing_of_why_they_are_there(story: dict):
    hidden = [row for row in story["queue"] if row.score is None]
    draws = {row.item_id: row for row in rows(story["ctx"], review_tables.QUEUE_DRAWS, FIRST)}
    assert {draws[row.item_id].kind for row in hidden} == {"RANDOM", "BLIND"}
    assert {row.item_id for row in hidden} <= set(draws)
    for row in hidden:
        assert row.score_low is None
        assert row.score_high is None
        assert row.reasons[0]["text"] == reports_queue.HIDDEN
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


def test_the_second_night_learns_from_the_answers_and_says_so(story: dict):
    ctx: RunContext = story["ctx"]
    first, second, third = (report["model"] for report in story["reports"])
    assert first != second == third  # nobody answered between the last two
    model = champion.champion(ctx, SECOND).model
    assert f"v{model.version}" in second
    assert ctx.registry.load(model.name, model.tags["refit_of"]).tags["candidate"] == model.tags["candidate"]
    n_answers = ctx.lake.read(gold.DECISIONS).where(F.col("night") == F.lit(SECOND)).count()
    assert model.tags["n_answers"] == str(n_answers)
    assert n_answers >= ctx.settings.training.refit.min_answers
    scored = [row for row in rows(ctx, gold.QUEUE_ITEMS, SECOND) if row.score is not None]
    assert {row.model_version for row in scored} == {model.version}
    learnt = ctx.lake.read(gold.OOF_SCORES).where(F.col("model_version") == model.version).select("report_id")
    of_learnt = {row.subject_id for row in scored if not row.is_suspected_false}  # from these nothing is learnt
    assert of_learnt <= {row.report_id for row in learnt.collect()}  # out of fold
    entry = [e for e in ctx.audit.entries() if e["operation"] == "model_registered"][-1]
    assert f"v{model.version} " in entry["on_what"]
    assert entry["why"].startswith("promoted to champion, in the place of v")


def test_a_night_of_the_same_model_scores_what_is_new_and_equals_scoring_all(story: dict):
    ctx: RunContext = story["ctx"]
    model = champion.champion(ctx, THIRD).model
    assert ctx.known(THIRD).scored_alike(model.version, ctx.code_commit) == SECOND
    assert ctx.known(THIRD).scored_alike("another", ctx.code_commit) is None
    texts = ctx.known(THIRD).scope().select("report_id", "text_hash", "text")
    out_of_fold = ctx.lake.read(gold.OOF_SCORES).where(F.col("model_version") == model.version)
    anew = reports_queue.report_scores(
        texts.mapInArrow(scoring.scorer(model), scoring.SCORED), ctx.known(THIRD).scope(), out_of_fold, THIRD,
        (model.name, model.version),
    )  # fmt: skip
    there = ctx.lake.read(gold.REPORT_SCORES).where(F.col("night") == F.lit(THIRD))
    assert anew.exceptAll(there).isEmpty()
    assert there.exceptAll(anew).isEmpty()


def test_answers_put_the_rest_of_the_day_in_order_again_and_leave_the_draws(story: dict):
    ctx: RunContext = story["ctx"]
    published = {row.item_id: row for row in rows(ctx, gold.QUEUE_ITEMS, THIRD)}
    by_score = sorted((r for r in published.values() if r.score is not None), key=lambda r: (r.force, r["rank"]))
    at = datetime.combine(THIRD, datetime.min.time(), UTC) + timedelta(hours=9)
    answered = [
        one.of_item(row.asDict(recursive=True), outcome="TAG_ADDED", tag="CSE_LONE", free_text="see item 1",
                    reviewer="A1", opened_at=at, decided_at=at)
        for row in by_score[1:12]
    ]  # fmt: skip

    class Deciding(Session):
        def waiting(self) -> list[one.Decision]:
            return answered

    session = Deciding("test", ctx)
    tonight = review_reclassify.open_queue(session, reviewer="B2")
    assert {row["item_id"] for row in tonight.rows} == set(published)
    assert "11 answers of today put what is left in order again" in queue_page.header(tonight)
    given = {decision.item_id for decision in answered}
    stay = [r for r in tonight.rows if r["score"] is None or r["item_id"] in given]
    assert all(row["rank"] == published[row["item_id"]]["rank"] for row in stay)
    assert any(row["rank"] != published[row["item_id"]]["rank"] for row in tonight.rows)
    assert all(row["score"] == published[row["item_id"]].score for row in tonight.rows)
    for force in {row["force"] for row in tonight.rows}:
        now = [row["rank"] for row in tonight.rows if row["force"] == force]
        assert now == sorted(r["rank"] for r in published.values() if r.force == force)
    blind = review_reclassify.open_queue(session, reviewer="B2", is_blind=True)
    assert [row["item_id"] for row in blind.rows] == sorted(published)
    begun = time.monotonic()
    review_reclassify.open_queue(session, reviewer="B2")  # what is learnt from was read before
    print(f"opened again after an answer in {time.monotonic() - begun:.1f} s")


def test_decided_reports_are_asked_again_only_as_second_readings(story: dict):
    ctx: RunContext = story["ctx"]
    decided = {row.subject_id for row in story["queue"]}
    again = [
        row for row in rows(ctx, gold.QUEUE_ITEMS, SECOND) if row.subject_id in decided and not row.is_text_changed
    ]
    kinds = {row.item_id: row.kind for row in rows(ctx, review_tables.QUEUE_DRAWS, SECOND)}
    assert {kinds[row.item_id] for row in again} <= {"SECOND"}
    assert all(row.score is None for row in again)


def test_the_certificate_counts_what_was_decided_and_holds(story: dict):
    ctx, truth = story["ctx"], story["truth"]
    (pooled,) = [
        row for row in rows(ctx, review_tables.RECALL_CERTIFICATES, SECOND) if row.force == review_tables.POOLED
    ]
    drawn = [row for row in rows(ctx, review_tables.QUEUE_DRAWS, FIRST) if row.kind == "RANDOM"]
    assert pooled.frame_on == FIRST
    shown = {row.item_id for row in story["queue"]} | {
        r.item_id for r in rows(ctx, review_tables.QUEUE_NEAR_DUPLICATES, FIRST)
    }
    assert pooled.n_drawn >= len(drawn)
    assert pooled.n_drawn_decided == sum(row.item_id in shown for row in drawn) > 0
    found = {row.subject_id for row in story["queue"] if truth.loc[row.subject_id, "is_csae"]}
    assert pooled.n_found >= len(found)
    scope = ctx.lake.read(gold.REPORT_SCORES).where(F.col("night") == F.lit(FIRST)).select("report_id").collect()
    hidden = truth.loc[[row.report_id for row in scope], "is_csae"].sum()
    assert pooled.recall_at_least <= pooled.n_found / hidden + 1e-9
    assert pooled.state in review_tables.CERTIFICATE_STATES
    first = [row for row in rows(ctx, review_tables.RECALL_CERTIFICATES, FIRST) if row.force == review_tables.POOLED]
    assert first[0].state == "CANNOT_CERTIFY"


def test_the_health_page_and_the_review_page_show_it(story: dict, tmp_path):
    ctx: RunContext = story["ctx"]
    health = queue_health.open_health(Session("test", ctx), reviewer="lead")
    page = "".join(
        part(health)
        for part in (
            queue_health.header, queue_health.certificates, queue_health.history, queue_health.agreement,
            queue_health.unscored, queue_health.recording, queue_health.exposure,
        )
    )  # fmt: skip
    assert "Opened per find" in page
    assert "CSAE among rows drawn by chance" in page
    assert "What it rests on" in page
    recorded = rows(ctx, review_tables.TAG_RECORDING, SECOND)
    whole = [row for row in recorded if row.family == review_tables.WHOLE]
    (pooled,) = [
        row for row in rows(ctx, review_tables.RECALL_CERTIFICATES, SECOND) if row.force == review_tables.POOLED
    ]
    assert sum(row.n_untagged for row in whole) == pooled.n_population
    assert 0 < sum(row.n_drawn for row in whole) <= pooled.n_drawn_decided
    assert {row.family for row in recorded} > {review_tables.WHOLE, "images"}
    assert all(row.n_tagged <= next(w.n_tagged for w in whole if w.force == row.force) for row in recorded)
    tonight = review_reclassify.open_queue(Session("test", ctx), reviewer="B2")
    shown = queue_page.table(tonight, tonight.pick())
    assert "(shown when opened)" in shown
    assert "RANDOM" not in shown
    assert "not shown for this row" in shown
    mine = review_reclassify.open_queue(Session("test", ctx), reviewer="a1", night=FIRST.isoformat())
    assert mine.rows == []  # read all of it before


@pytest.mark.trial(1)
def test_a_night_again_changes_nothing(story: dict):
    ctx: RunContext = story["ctx"]
    before = nights.hashes(ctx)
    nights.run(ctx, SECOND)  # and it is older than the newest: a backfill knows only what was known then
    assert nights.hashes(ctx) == before


def test_history_is_kept_and_corrections_supersede(story: dict):
    reports = story["ctx"].lake.read(silver.REPORTS)
    corrected = reports.groupBy("report_id").agg(F.countDistinct("night").alias("n")).where("n > 1").count()
    assert corrected > 0


@pytest.mark.trial(2)
def test_a_resent_file_loads_nothing(story: dict):
    files = story["ctx"].lake.read(bronze.FILES)
    again = files.where("status = 'DUPLICATE'").collect()
    assert again
    loaded = {
        (row.file, row.night)
        for row in story["ctx"].lake.read(bronze.ROWS).select("file", "night").distinct().collect()
    }
    assert not {(row.file, row.night) for row in again} & loaded


def test_trace_leads_back_to_the_senders_row(story: dict):
    hidden = story["found"][0]
    found = queue_access.trace(story["ctx"], hidden.item_id, "A1")
    values = json.loads(found["rows"][0]["raw"]).values()
    assert any(hidden.subject_id.endswith(f":{value}") for value in values)
    assert [decision["outcome"] for decision in found["decisions"]] == ["TAG_ADDED"]


def test_the_doctor_finds_nothing_wrong(story: dict):
    ill = [finding for finding in doctor.examine(story["ctx"]) if not finding["ok"]]
    assert ill == []
