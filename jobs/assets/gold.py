"""Gold: the night's model, scores, decisions, queue, what goes back to forces, and the record of the run."""

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import export, faults, inbox, lakehouse, progress, training
from jobs.assets import common
from jobs.workplace import Workplace
from pipelines import asof, decisions, reclassify, writeback
from schemas import bronze, gold, leads, network, silver
from schemas.contract import Table

READ = (silver.REPORTS, silver.REPORT_PEOPLE, silver.INVESTIGATIONS, gold.DECISIONS)
PLACE = {"place"}


@dg.asset(
    key=["models", "champion"],
    deps=[common.key(table) for table in (silver.REPORTS, silver.REPORT_PEOPLE)],
    partitions_def=common.NIGHTS,
    group_name="models",
    kinds={"mlflow", "scikitlearn"},
    description="The classifier of the night, verified against its manifest. A first one is trained if there is none.",
    required_resource_keys=PLACE,
)
def champion(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    with progress.CURRENT.step("the night's classifier"):
        model = training.champion(common.place_of(context), common.night_of(context))
    return dg.MaterializeResult(
        metadata={"model": f"{model.name} v{model.version}", "sha256": model.sha256, **model.tags}
    )


@dg.asset(
    key=common.key(gold.DECISIONS),
    deps=[common.key(gold.ROW_COUNTS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    kinds={"delta"},
    description=gold.DECISIONS.doc,
    required_resource_keys=PLACE,
)
def decided(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Take in what lies in the inbox. Files stay where they are until both tables have them."""
    place, night = common.place_of(context), common.night_of(context)
    lake = place.lake
    with progress.CURRENT.step("decisions from the inbox"):
        files = inbox.read(place.settings.inbox, night)
        taken = decisions.taken_in(files, lake.read(gold.DECISIONS), night, lake.read(gold.QUEUE_ITEMS))
        if taken.n_accepted:
            lake.append(taken.accepted, gold.DECISIONS)
        if files:
            lake.replace(taken.refused, bronze.QUARANTINE, {"night": night.isoformat(), "stage": "decisions"})
        inbox.settle(place.settings.inbox, night, taken.settled)
    return common.result(
        place, gold.DECISIONS, {"taken in": taken.n_accepted, "refused": taken.n_refused, "waiting": len(taken.waiting)}
    )


@dg.asset(
    key=common.key(gold.REPORT_SCORES),
    deps=[dg.AssetKey(["models", "champion"]), *(common.key(table) for table in READ[:3])],
    partitions_def=common.NIGHTS,
    group_name="gold",
    kinds={"delta", "spark"},
    description=gold.REPORT_SCORES.doc,
    required_resource_keys=PLACE,
)
def scored(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Score every report in scope with the night's classifier, in Arrow batches."""
    place, night = common.place_of(context), common.night_of(context)
    from models import scoring  # scikit-learn: seconds that definitions need not spend

    with progress.CURRENT.step("score the reports in scope"):
        model = training.champion(place, night)
        scope = _scope(place, night)
        spread = scope.select("report_id", "text_hash", "text").repartition(place.spark.sparkContext.defaultParallelism)
        raw = spread.mapInArrow(scoring.scorer(model), scoring.SCORED)
        kept = place.lake.read(gold.OOF_SCORES).where(F.col("model_version") == model.version)
        scores = reclassify.report_scores(raw, scope, kept, night, (model.name, model.version)).persist()
        place.lake.replace(scores, gold.REPORT_SCORES, {"night": night.isoformat()})
        counts = {row.stratum: row["count"] for row in scores.groupBy("stratum").count().orderBy("stratum").collect()}
        scores.unpersist()
    return common.result(
        place, gold.REPORT_SCORES, {"reports": sum(counts.values()), "strata": common.bars(counts, "in scope")}
    )


@dg.asset(
    key=common.key(gold.QUEUE_ITEMS),
    deps=[common.key(gold.REPORT_SCORES), common.key(gold.DECISIONS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    kinds={"delta", "spark"},
    description=gold.QUEUE_ITEMS.doc,
    required_resource_keys=PLACE,
)
def queued(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Choose what is shown, explain it, and publish it with where it came from."""
    place, night = common.place_of(context), common.night_of(context)
    lake = place.lake
    from models import scoring

    with progress.CURRENT.step("publish the queue"):
        model = training.champion(place, night)
        scores = lake.read(gold.REPORT_SCORES).where(F.col("night") == F.lit(night))
        known = lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night))
        shown = reclassify.chosen(scores, _scope(place, night), known, place.settings.capacity()).persist()
        explained = shown.select("report_id", "text").mapInArrow(scoring.explainer(model), scoring.EXPLAINED)
        items = reclassify.queue_items(
            shown,
            explained,
            night,
            versions=lake.versions((*READ, gold.REPORT_SCORES)),
            code_commit=place.code_commit,
            config_hash=place.settings.config_hash,
        ).persist()
        lake.replace(items, gold.QUEUE_ITEMS, {"night": night.isoformat(), "queue": reclassify.QUEUE})
        counts = {row.force: row["count"] for row in items.groupBy("force").count().orderBy("force").collect()}
        items.unpersist()
        shown.unpersist()
    return common.result(
        place, gold.QUEUE_ITEMS, {"rows": sum(counts.values()), "by force": common.bars(counts, "rows per force")}
    )


@dg.asset(
    key=common.key(gold.WRITEBACK),
    deps=[common.key(gold.DECISIONS), common.key(silver.REPORTS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    kinds={"delta"},
    description=gold.WRITEBACK.doc,
    required_resource_keys=PLACE,
)
def written_back(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Rows for the forces' own systems, as a table and as files."""
    place, night = common.place_of(context), common.night_of(context)
    lake = place.lake
    with progress.CURRENT.step("what goes back to the forces"):
        reports = asof.current(lake.read(silver.REPORTS), silver.REPORTS.key, night)
        rows = writeback.writeback(lake.read(gold.DECISIONS), reports, writeback.local_words(place.sources), night)
        lake.replace(rows, gold.WRITEBACK, {"night": night.isoformat()})
        files = export.write(lake.read(gold.WRITEBACK), place.settings.exports, night, place.audit)
        faults.point("after export")
    return common.result(place, gold.WRITEBACK, {"files": len(files)})


@dg.asset(
    key=common.key(gold.RUN_MANIFEST),
    deps=[common.key(table) for table in (gold.QUEUE_ITEMS, leads.COMMS_LEADS, gold.WRITEBACK, gold.ROW_COUNTS)],
    partitions_def=common.NIGHTS,
    group_name="gold",
    kinds={"delta"},
    description=gold.RUN_MANIFEST.doc,
    required_resource_keys=PLACE,
)
def recorded(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """One row that says what ran on what; with the writes and Spark actions that the night took."""
    place, night = common.place_of(context), common.night_of(context)
    lake = place.lake
    with progress.CURRENT.step("the record of the night"):
        model = training.champion(place, night)
        tables: tuple[Table, ...] = (
            *bronze.TABLES, *silver.TABLES, *gold.TABLES, *network.TABLES, *leads.TABLES,
        )  # fmt: skip
        others = tuple(table for table in tables if table is not gold.RUN_MANIFEST)
        row = (
            night, place.code_commit, place.settings.config_hash, model.name, model.version, lake.versions(others),
            _sum(place, gold.ROW_COUNTS, night, "n_in"), _count(place, gold.QUEUE_ITEMS, night),
            _count(place, gold.DECISIONS, night),
        )  # fmt: skip
        manifest = place.spark.createDataFrame([row], gold.RUN_MANIFEST.struct())
        lake.replace(manifest, gold.RUN_MANIFEST, {"night": night.isoformat()})
    return common.result(
        place, gold.RUN_MANIFEST, {"writes": lake.n_writes, "actions": lakehouse.n_actions(place.spark)}
    )


def _scope(place: Workplace, night: object) -> DataFrame:
    known = [asof.current(place.lake.read(table), table.key, night) for table in READ[:3]]  # type: ignore[arg-type]
    return reclassify.in_scope(*known)


def _count(place: Workplace, table: Table, night: object) -> int:
    return place.lake.read(table).where(F.col("night") == F.lit(night)).count()


def _sum(place: Workplace, table: Table, night: object, column: str) -> int:
    return int(place.lake.read(table).where(F.col("night") == F.lit(night)).agg(F.sum(column)).collect()[0][0] or 0)


ALL = [champion, decided, scored, queued, written_back, recorded]
