"""Gold: the night's model, scores, decisions, queue, what goes back to forces, and the record of the run."""

from datetime import date

import dagster as dg
from pyspark.sql import functions as F

from jobs.night import decisions as decisions_intake
from jobs.night.assets import common, review_metrics
from jobs.output import export, published
from jobs.runtime import alerts, fault_points, progress, watch
from jobs.runtime import spark as spark_job
from jobs.runtime.audit import marks
from jobs.runtime.context import RunContext, anchor_log
from jobs.runtime.known import REPORTS
from jobs.training import champion as training_champion
from pipelines.common import concurrency
from pipelines.decisions import writeback
from pipelines.reports import queue as reports_queue
from schemas import catalogue, gold, leads, network, risk, silver, travel
from schemas.programme import figures


@dg.asset(
    key=["models", "champion"],
    deps=[common.key(table) for table in (silver.REPORTS, silver.REPORT_PEOPLE, gold.DECISIONS)],
    partitions_def=common.NIGHTS,
    group_name="models",
    owners=common.OWNERS["models"],
    kinds={"mlflow", "scikitlearn"},
    description="The classifier of the night, verified against its manifest. A first one is trained if there is none; "
    "a champion is fitted again where enough was answered since it learnt.",
)
def champion(context: dg.AssetExecutionContext, ctx: common.Ctx) -> dg.MaterializeResult:
    with progress.CURRENT.step("load the classifier"):
        night = common.night_of(context, ctx)
        ctx.classifiers.pop(night, None)  # each run verifies it again
        settled = training_champion.champion(ctx, night)
    if settled.model is None:
        why = f"no classifier, so no queue of reports: {settled.why_none}"
        alerts.send(ctx.settings, night.isoformat(), why, run_id=ctx.run_id)
        progress.CURRENT.say(f"         no classifier, so no queue of reports: {settled.why_none}")
        return dg.MaterializeResult(metadata={"model": "none", "why": settled.why_none})
    model = settled.model
    return dg.MaterializeResult(
        metadata={"model": f"{model.name} v{model.version}", "sha256": model.sha256, **model.tags}
    )


@dg.asset(
    key=common.key(gold.DECISIONS),
    deps=[common.key(gold.ROW_COUNTS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    owners=common.OWNERS["gold"],
    metadata={common.COLUMN_SCHEMA: common.columns(gold.DECISIONS)},
    kinds={"delta"},
    description=gold.DECISIONS.doc,
)
def decisions(context: dg.AssetExecutionContext, ctx: common.Ctx) -> dg.MaterializeResult:
    """Take in what lies in the inbox. It stays there until both tables have it."""
    night = common.night_of(context, ctx)
    with progress.CURRENT.step("ingest decisions"):
        taken = decisions_intake.take_in(ctx, night)
    return common.result(
        ctx,
        gold.DECISIONS,
        night,
        {"taken in": taken.n_accepted, "refused": taken.n_refused, "waiting": len(taken.waiting)},
    )


@dg.asset(
    key=common.key(gold.REPORT_SCORES),
    deps=[dg.AssetKey(["models", "champion"]), *(common.key(table) for table in REPORTS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    owners=common.OWNERS["gold"],
    metadata={common.COLUMN_SCHEMA: common.columns(gold.REPORT_SCORES)},
    kinds={"delta", "spark"},
    description=gold.REPORT_SCORES.doc,
)
def report_scores(context: dg.AssetExecutionContext, ctx: common.Ctx) -> dg.MaterializeResult:
    """Score what is new or changed since the last night of the same model and code, in Arrow batches; else all."""
    night = common.night_of(context, ctx)
    from models.serving import scoring  # scikit-learn: seconds that definitions need not spend

    with progress.CURRENT.step("score reports"):
        model = training_champion.champion(ctx, night).model
        scope = ctx.known(night).scope()
        version = (model.name, model.version) if model is not None else ("none", "none")
        earlier = ctx.known(night).scored_alike(version[1], ctx.code_commit)
        kept = None
        if earlier is not None:
            before = ctx.known(earlier).tonight(gold.REPORT_SCORES)
            kept = reports_queue.unchanged(scope, before).withColumn("night", F.lit(night))
        new = scope if kept is None else scope.join(kept.select("report_id"), "report_id", how="left_anti")
        if model is None:
            raw = ctx.spark.createDataFrame([], scoring.SCORED)
        else:
            texts = new.select("report_id", "text_hash", "text")
            spread = texts.repartition(spark_job.n_tasks(ctx.spark))
            raw = spread.mapInArrow(scoring.scorer(model), scoring.SCORED)
        out_of_fold = ctx.lake.read(gold.OOF_SCORES).where(F.col("model_version") == version[1])
        scores = reports_queue.report_scores(raw, new, out_of_fold, night, version)
        scores = scores if kept is None else scores.unionByName(gold.REPORT_SCORES.conform(kept))
        scores = concurrency.materialise_lazily(scores)
        ctx.lake.replace(scores, gold.REPORT_SCORES, {"night": night.isoformat()})
        counts = {row.stratum: row["count"] for row in scores.groupBy("stratum").count().orderBy("stratum").collect()}
    return common.result(
        ctx,
        gold.REPORT_SCORES,
        night,
        {
            "unchanged since": str(earlier or "scored all"),
            "strata": common.bars(counts, "in scope"),
        },
    )


@dg.asset(
    key=common.key(gold.WRITEBACK),
    deps=[common.key(gold.DECISIONS), common.key(silver.REPORTS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    owners=common.OWNERS["gold"],
    metadata={common.COLUMN_SCHEMA: common.columns(gold.WRITEBACK)},
    kinds={"delta"},
    description=gold.WRITEBACK.doc,
)
def writeback_rows(context: dg.AssetExecutionContext, ctx: common.Ctx) -> dg.MaterializeResult:
    """Rows for the forces' own systems, as a table and as files."""
    night = common.night_of(context, ctx)
    lake = ctx.lake
    with progress.CURRENT.step("write-back"):
        reports = ctx.known(night).table(silver.REPORTS)
        rows = writeback.writeback(ctx.known(night).decisions(), reports, writeback.local_words(ctx.sources), night)
        lake.replace(rows, gold.WRITEBACK, {"night": night.isoformat()})
        files = export.write(lake.read(gold.WRITEBACK), ctx.settings.exports, night, ctx.audit)
        fault_points.point("after export")
    return common.result(ctx, gold.WRITEBACK, night, {"files": len(files)})


@dg.asset(
    key=common.key(gold.RUN_MANIFEST),
    deps=[
        *(common.key(table) for table in (gold.QUEUE_ITEMS, gold.WRITEBACK, gold.ROW_COUNTS, network.EDGES)),
        *(common.key(table) for table in (*review_metrics.WRITES, *risk.TABLES, *travel.GOLD, *leads.TABLES)),
        *(common.key(table) for table in figures.TABLES),
    ],
    partitions_def=common.NIGHTS,
    group_name="gold",
    owners=common.OWNERS["gold"],
    metadata={common.COLUMN_SCHEMA: common.columns(gold.RUN_MANIFEST)},
    kinds={"delta"},
    description=gold.RUN_MANIFEST.doc,
)
def run_manifest(context: dg.AssetExecutionContext, ctx: common.Ctx) -> dg.MaterializeResult:
    """One row that says what ran on what; with the writes and Spark actions that the night took."""
    night = common.night_of(context, ctx)
    lake = ctx.lake
    with progress.CURRENT.step("run manifest"):
        if not ctx.is_on_cluster:  # there, people decide where the tables are at hand
            published.write(ctx, night)
        settled = training_champion.champion(ctx, night)
        model = (settled.model.name, settled.model.version) if settled.model else (None, None)
        others = tuple(table for table in catalogue.TABLES if table is not gold.RUN_MANIFEST)
        n_rows = lake.n_rows((gold.QUEUE_ITEMS, gold.DECISIONS), night)
        row = (
            night, ctx.code_commit, ctx.settings.config_hash, *model, settled.why_none or None,
            lake.versions(others), _n_in(ctx, night), n_rows[gold.QUEUE_ITEMS.path],
            n_rows[gold.DECISIONS.path],
        )  # fmt: skip
        head = marks.note_manifest(
            ctx.audit, ctx.settings.manifests, night, ctx.run_id,
            {**dict(zip(gold.RUN_MANIFEST.names[1:6], row[1:6], strict=True)), **progress.CURRENT.taken()},
        )  # fmt: skip
        anchor_log(ctx, f"night {night}")
        row = (*row, head.n, head.hash)
        manifest = ctx.spark.createDataFrame([row], gold.RUN_MANIFEST.struct())
        lake.replace(manifest, gold.RUN_MANIFEST, {"night": night.isoformat()})
        watch.note_good(ctx.settings, night.isoformat(), ctx.run_id)  # all else is written and kept its contract
    return common.result(ctx, gold.RUN_MANIFEST, night, lake.effort())


def _n_in(ctx: RunContext, night: date) -> int:
    return int(ctx.known(night).tonight(gold.ROW_COUNTS).agg(F.sum("n_in")).collect()[0][0] or 0)


ALL = [champion, decisions, report_scores, writeback_rows, run_manifest]
