"""The night's queue of reports: chosen, near-duplicates put together, drawn, explained, published."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from jobs.runtime.known import REPORTS
from jobs.training import champion
from pipelines.common import concurrency
from pipelines.common.provenance import Provenance
from pipelines.queues import items as queue_rows
from pipelines.queues import sampling
from pipelines.reports import overtagged, selection
from pipelines.reports import queue as reports_queue
from schemas import gold, review

WAITS_FOR = (gold.REPORT_SCORES, gold.DECISIONS)
WRITES = (review.QUEUE_NEAR_DUPLICATES, review.QUEUE_DRAWS)
QUEUES = common.QueuePart(
    "report_queues", (reports_queue.QUEUE, overtagged.QUEUE), "The queues of reports: reclassify and overtagged"
)


@dg.multi_asset(
    name="queued",
    specs=[common.queue_spec(QUEUES, WAITS_FOR), *(common.spec(table, WAITS_FOR) for table in WRITES)],
)
def report_queues(context: dg.AssetExecutionContext, ctx: common.Ctx) -> Iterator[dg.MaterializeResult]:
    """Choose what is shown, explain it, and publish it with where it came from."""
    night = common.night_of(context, ctx)
    lake, tonight = ctx.lake, {"night": night.isoformat()}
    with progress.CURRENT.step("select queue rows"):
        from models.text import near_duplicates  # scikit-learn: seconds that definitions need not spend

        selected = selection.select(_known(ctx, night), _rules(ctx, night), near_duplicates.stand_ins)
        made_with = ctx.provenance((*REPORTS, gold.DECISIONS, gold.REPORT_SCORES))
        (items,), *_ = concurrency.run(
            lambda: concurrency.materialise(
                reports_queue.queue_items(selected.shown, _explained(ctx, night, selected.shown), night, made_with)
            ),
            lambda: lake.replace(selected.near_duplicates, review.QUEUE_NEAR_DUPLICATES, tonight),
            lambda: lake.replace(selected.draws, review.QUEUE_DRAWS, tonight),
        )
    with progress.CURRENT.step("publish report queues"):
        lake.replace(items, gold.QUEUE_ITEMS, {**tonight, "queue": reports_queue.QUEUE})
        if ctx.settings.overtagged.is_on:
            doubted = _overtagged(ctx, night, made_with)
            lake.replace(doubted, gold.QUEUE_ITEMS, {**tonight, "queue": overtagged.QUEUE})
    yield common.queue_result(ctx, QUEUES, night)
    yield from common.results(ctx, WRITES, night, {})


def _known(ctx: RunContext, night: date) -> selection.Known:
    """What the choice is made from."""
    known = ctx.known(night)
    return selection.Known(
        night=night,
        opened_on=known.frame_opened_on(ctx.settings.certificate.frame_nights),
        scores=ctx.lake.read(gold.REPORT_SCORES),
        decisions=known.decisions(),
        direct=known.until(gold.DECISIONS),
        draws=ctx.lake.read(review.QUEUE_DRAWS),
        scope=known.scope(),
    )


def _rules(ctx: RunContext, night: date) -> selection.Rules:
    rules = ctx.settings.review
    return selection.Rules(
        capacity=ctx.settings.capacity(),
        shares=sampling.Shares(rules.random_share, rules.blind_share, rules.second_share),
        duplicates_pool=rules.duplicates_pool,
        seed=ctx.settings.seed,
        night_seed=ctx.settings.night_seed(night),
    )


def _explained(ctx: RunContext, night: date, shown: DataFrame) -> DataFrame:
    """Reasons of the rows that are shown with their score."""
    from models.serving import reasons

    model = champion.champion(ctx, night).model
    if model is None:  # then nothing was scored either
        return ctx.spark.createDataFrame([], reasons.EXPLAINED)
    most = ctx.settings.review.similar_pool
    confirmed = reports_queue.confirmed(ctx.known(night).training_reports(), most).toPandas()
    scored = shown.where("kind IS NULL").select("report_id", "force", "text", "score", "cutoff")
    return scored.mapInArrow(reasons.explainer(model, confirmed), reasons.EXPLAINED)


def _overtagged(ctx: RunContext, night: date, made_with: Provenance) -> DataFrame:
    """Rows of the queue of recorded CSAE tags that look wrong."""
    from models.serving import reasons

    model = champion.champion(ctx, night).model
    if model is None:
        return queue_rows.none(ctx.spark)
    tagged = reports_queue.in_scope_tagged(*ctx.known(night).reports())
    out_of_fold = ctx.lake.read(gold.OOF_SCORES).where(F.col("model_version") == model.version)
    capacity = ctx.settings.overtagged.capacity
    shown = overtagged.chosen(tagged, out_of_fold, ctx.known(night).decisions(), capacity)
    no_cutoff = F.lit(None).cast("double").alias("cutoff")
    texts = shown.select("report_id", "force", "text", F.col("tag_score").alias("score"), no_cutoff)
    nothing = ctx.spark.createDataFrame([], "report_id string, force string, text string").toPandas()
    explained = texts.mapInArrow(reasons.explainer(model, nothing), reasons.EXPLAINED)
    return overtagged.queue_items(shown, explained, night, made_with, model=(model.name, model.version))


ALL = [report_queues]
