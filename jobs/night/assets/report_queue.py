"""The night's queue of reports: chosen, near-duplicates put together, drawn, explained, published."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import known as known_nights
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from jobs.training import champion
from pipelines.common import concurrency
from pipelines.common.provenance import Provenance
from pipelines.queues import items, near_duplicates, sampling
from pipelines.reports import overtagged
from pipelines.reports import queue as reports_queue
from schemas import gold, review

WAITS_FOR = (gold.REPORT_SCORES, gold.DECISIONS)
WRITES = (gold.QUEUE_ITEMS, review.QUEUE_NEAR_DUPLICATES, review.QUEUE_DRAWS)


@dg.multi_asset(
    name="queued",
    specs=[common.spec(table, WAITS_FOR) for table in WRITES],
    partitions_def=common.NIGHTS,
    required_resource_keys={"ctx"},
    can_subset=False,
)
def queued(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """Choose what is shown, explain it, and publish it with where it came from."""
    ctx, night = common.ctx_of(context), common.night_of(context)
    lake, tonight = ctx.lake, {"night": night.isoformat()}
    with progress.CURRENT.step("choose what the queue shows"):
        chosen = _Chosen(ctx, night)
        made_with = ctx.provenance((*known_nights.READ, gold.DECISIONS, gold.REPORT_SCORES))
        (published,), *_ = concurrency.run(
            lambda: concurrency.materialise(
                reports_queue.queue_items(chosen.shown, chosen.explained(), night, made_with)
            ),
            lambda: lake.replace(chosen.members, review.QUEUE_NEAR_DUPLICATES, tonight),
            lambda: lake.replace(chosen.draws, review.QUEUE_DRAWS, tonight),
        )
    with progress.CURRENT.step("publish the queue"):
        lake.replace(published, gold.QUEUE_ITEMS, {**tonight, "queue": reports_queue.QUEUE})
        if ctx.settings["overtagged"]["is_on"]:
            doubted = _overtagged(ctx, night, made_with)
            lake.replace(doubted, gold.QUEUE_ITEMS, {**tonight, "queue": overtagged.QUEUE})
        counts = {row.force: row["count"] for row in published.groupBy("force").count().orderBy("force").collect()}
    yield common.result(
        ctx, gold.QUEUE_ITEMS, {"rows": sum(counts.values()), "by force": common.bars(counts, "rows per force")}
    )
    for table in WRITES[1:]:
        yield common.result(ctx, table)


class _Chosen:
    """What is shown tonight, with the near-duplicates that it stands for and the draws behind it."""

    def __init__(self, ctx: RunContext, night: date) -> None:
        from models.text import (
            near_duplicates as text_near_duplicates,  # scikit-learn: seconds that definitions need not spend
        )

        self._ctx, self._night = ctx, night
        chosen, lake = ctx.settings["review"], ctx.lake
        shares = sampling.Shares(*(float(chosen[f"{name}_share"]) for name in ("random", "blind", "second")))
        seed, capacity = ctx.settings.night_seed(night), items.capacity_of(ctx.settings.capacity())
        opened_on = known_nights.frame_opened_on(ctx, night, int(ctx.settings["certificate"]["frame_nights"]))
        all_scores = lake.read(gold.REPORT_SCORES)
        scores, known = all_scores.where(F.col("night") == F.lit(night)), known_nights.decisions(ctx, night)
        population = sampling.frame(all_scores, known, opened_on, reports_queue.QUEUE)
        asked = reports_queue.asked(scores, known)
        drawn = sampling.random_rows(
            asked, population, self._earlier_draws(opened_on), capacity, shares.random, night, seed
        )
        random, self._scope = concurrency.materialise(drawn, known_nights.scope(ctx, night))
        direct = lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night))
        second = sampling.second_readings(direct, shares.second, int(ctx.settings["seed"]), reports_queue.QUEUE)
        most = capacity * F.lit(int(chosen["duplicates_pool"]))
        self._some = reports_queue.candidates(asked, random, scores, second, most).localCheckpoint(eager=False)
        texts = self._some.where("kind IS NULL OR kind = 'RANDOM'").join(
            self._scope.select("report_id", "text"), "report_id", how="inner"
        )
        # A row that chance drew stands for its near-duplicates, so that it is read as it was drawn: without score.
        priority = F.col("score") + F.when(F.col("kind") == "RANDOM", 2.0).otherwise(0.0)
        grouped = texts.select("force", "report_id", "text", priority.alias("priority"))
        stood_for = grouped.groupBy("force").applyInPandas(text_near_duplicates.stand_ins, near_duplicates.GROUPED)
        self._grouped = stood_for.localCheckpoint(eager=False)
        heads = self._grouped.where("report_id = shown_id").select("report_id")
        again = self._some.where("kind = 'SECOND'").select("report_id")
        rows = self._some.join(heads.unionByName(again), "report_id", how="left_semi")
        placed = sampling.placed(rows, capacity, shares, seed)
        self.shown = self._with_report(placed, scores).localCheckpoint(eager=False)
        about = self._some.select("report_id", "item_id", "force", "text_hash")
        covered = self._grouped.join(about, "report_id", how="inner")
        self.members = near_duplicates.queue_near_duplicates(covered, self.shown, night, reports_queue.QUEUE)
        slim = ["report_id", "item_id", "force", "kind", "score"]
        behind = self._some.where("kind = 'RANDOM'").join(self.shown, "report_id", how="left_anti")
        read = self.shown.select(*slim).unionByName(behind.select(*slim))
        self.draws = sampling.queue_draws(read, random, night, opened_on, shares, reports_queue.QUEUE)

    def explained(self) -> DataFrame:
        """Reasons of the rows that are shown with their score."""
        from models.serving import reasons

        model = champion.champion(self._ctx, self._night).model
        if model is None:  # then nothing was scored either
            return self._ctx.spark.createDataFrame([], reasons.EXPLAINED)
        most = int(self._ctx.settings["review"]["similar_pool"])
        confirmed = reports_queue.confirmed(known_nights.training_reports(self._ctx, self._night), most).toPandas()
        scored = self.shown.where("kind IS NULL").select("report_id", "force", "text", "score", "cutoff")
        return scored.mapInArrow(reasons.explainer(model, confirmed), reasons.EXPLAINED)

    def _earlier_draws(self, opened_on: date) -> DataFrame:
        draws = self._ctx.lake.read(review.QUEUE_DRAWS)
        return draws.where(
            (F.col("kind") == "RANDOM")
            & (F.col("queue") == reports_queue.QUEUE)
            & (F.col("frame_on") == F.lit(opened_on))
            & (F.col("night") < F.lit(self._night))
        )

    def _with_report(self, placed: DataFrame, scores: DataFrame) -> DataFrame:
        """Rows with what the report and its score say of them."""
        of_score = ["report_id", "score_low", "score_high", "is_out_of_fold", "model_name", "model_version", "stratum"]
        of_report = self._scope.drop("night", "force", "stratum", "text_hash")
        return placed.join(scores.select(*of_score), "report_id", how="inner").join(of_report, "report_id", how="inner")


def _overtagged(ctx: RunContext, night: date, made_with: Provenance) -> DataFrame:
    """Rows of the queue of recorded CSAE tags that look wrong."""
    from models.serving import reasons

    model = champion.champion(ctx, night).model
    if model is None:
        return ctx.spark.createDataFrame([], gold.QUEUE_ITEMS.struct())
    tagged = reports_queue.in_scope_tagged(*known_nights.current(ctx, night))
    out_of_fold = ctx.lake.read(gold.OOF_SCORES).where(F.col("model_version") == model.version)
    capacity = int(ctx.settings["overtagged"]["capacity"])
    shown = overtagged.chosen(tagged, out_of_fold, known_nights.decisions(ctx, night), capacity)
    no_cutoff = F.lit(None).cast("double").alias("cutoff")
    texts = shown.select("report_id", "force", "text", F.col("tag_score").alias("score"), no_cutoff)
    nothing = ctx.spark.createDataFrame([], "report_id string, force string, text string").toPandas()
    explained = texts.mapInArrow(reasons.explainer(model, nothing), reasons.EXPLAINED)
    return overtagged.queue_items(shown, explained, night, made_with, model=(model.name, model.version))


ALL = [queued]
