"""Blocking asset checks: each table keeps its contract, and rows are conserved. Results name columns and counts, no rows."""

from __future__ import annotations

import dagster as dg
from pyspark.sql import functions as F

from jobs import progress
from jobs.workplace import Workplace
from pipelines import quality
from schemas import gold, silver
from schemas.contract import Table

CHECKED = (*silver.TABLES, gold.REPORT_SCORES, gold.QUEUE_ITEMS)


def _contract_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey([table.layer, table.noun]),
        name="keeps_its_contract",
        blocking=True,
        required_resource_keys={"place"},
        description=f"Great Expectations suite derived from the contract of {table.path}, over tonight's rows.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        place: Workplace = context.resources.place
        with progress.CURRENT.step(f"check {table.path}"):
            tonight = place.lake.read(table).where(F.col("night") == context.partition_key)
            result = quality.validate(tonight, table)
        failed = {name: count for name, count in result.unexpected.items() if count}
        return dg.AssetCheckResult(
            passed=result.success, metadata={"expectations": len(result.unexpected), "unexpected": dg.MetadataValue.json(failed)}
        )

    return check


@dg.asset_check(
    asset=dg.AssetKey(["gold", "row_counts"]),
    name="rows_are_conserved",
    blocking=True,
    required_resource_keys={"place"},
    description="rows in = loaded + quarantined + deduplicated + lawfully deleted, per sender and feed.",
)
def rows_are_conserved(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    place: Workplace = context.resources.place
    counts = place.lake.read(gold.ROW_COUNTS).where(F.col("night") == context.partition_key)
    total = F.col("n_loaded") + F.col("n_quarantined") + F.col("n_deduplicated") + F.col("n_deleted")
    lost = counts.where(F.col("n_in") != total).select("sender", "feed", "n_in", total.alias("n_out")).collect()
    return dg.AssetCheckResult(passed=not lost, metadata={"lost": dg.MetadataValue.json([row.asDict() for row in lost])})


@dg.asset_check(
    asset=dg.AssetKey(["gold", "row_counts"]),
    name="every_sender_delivered",
    required_resource_keys={"place"},
    description="A sender whose whole drop was refused fails alone: a warning here, the others publish.",
)
def every_sender_delivered(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    place: Workplace = context.resources.place
    counts = place.lake.read(gold.ROW_COUNTS).where(F.col("night") == context.partition_key).groupBy("sender")
    sums = counts.agg(F.sum("n_in").alias("n_in"), F.sum("n_loaded").alias("n_loaded"), F.sum("n_deduplicated").alias("d"))
    silent = [row.sender for row in sums.where("n_in > 0 AND n_loaded + d = 0").collect()]
    return dg.AssetCheckResult(
        passed=not silent, severity=dg.AssetCheckSeverity.WARN, metadata={"refused_whole": dg.MetadataValue.json(silent)}
    )


ALL = [*(_contract_check(table) for table in CHECKED), rows_are_conserved, every_sender_delivered]
