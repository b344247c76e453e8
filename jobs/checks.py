"""Blocking asset checks: each table keeps its contract, and rows are conserved. Results hold counts, never rows."""

from collections.abc import Iterator, Sequence

import dagster as dg
from pyspark.sql import functions as F

from jobs import progress
from jobs.assets import common
from jobs.workplace import Workplace
from pipelines import quality
from schemas import gold, network, review, risk, silver, travel
from schemas.contract import Table


def _contracts_check(layer: str, tables: Sequence[Table]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"{layer}_keeps_its_contracts",
        specs=[
            dg.AssetCheckSpec(
                "keeps_its_contract",
                asset=common.key(table),
                blocking=True,
                description=f"Great Expectations suite derived from the contract of {table.path}, over tonight's rows.",
            )
            for table in tables
        ],
        required_resource_keys={"place"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        place: Workplace = context.resources.place
        with progress.CURRENT.step(f"check the contracts of {len(tables)} {layer} tables"):
            tonight = F.col("night") == F.lit(context.partition_key)
            results = quality.validate_all([(place.lake.read(table).where(tonight), table) for table in tables])
        for table, result in zip(tables, results, strict=True):
            yield dg.AssetCheckResult(
                asset_key=common.key(table),
                check_name="keeps_its_contract",
                passed=result.success,
                metadata={"result": dg.MetadataValue.json(result.summary())},
            )

    return check


@dg.asset_check(
    asset=dg.AssetKey(["gold", "network_queues"]),
    name="keeps_its_contract",
    blocking=True,
    required_resource_keys={"place"},
    description="The rows of the network's queues keep the contract of gold.queue_items.",
)
def network_queues_keep_their_contract(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    place: Workplace = context.resources.place
    mine = (F.col("night") == F.lit(context.partition_key)) & F.col("queue").isin(*risk.QUEUES)
    rows = place.lake.read(gold.QUEUE_ITEMS).where(mine)
    (result,) = quality.validate_all([(rows, gold.QUEUE_ITEMS)])
    return dg.AssetCheckResult(passed=result.success, metadata={"result": dg.MetadataValue.json(result.summary())})


@dg.asset_check(
    asset=common.key(gold.ROW_COUNTS),
    name="rows_are_conserved",
    blocking=True,
    required_resource_keys={"place"},
    description="rows in = loaded + quarantined + deduplicated + lawfully deleted, per sender and feed.",
)
def rows_are_conserved(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    place: Workplace = context.resources.place
    counts = place.lake.read(gold.ROW_COUNTS).where(F.col("night") == F.lit(context.partition_key))
    total = F.col("n_loaded") + F.col("n_quarantined") + F.col("n_deduplicated") + F.col("n_deleted")
    lost = counts.where(F.col("n_in") != total).select("sender", "feed", "n_in", total.alias("n_out")).collect()
    return dg.AssetCheckResult(
        passed=not lost, metadata={"lost": dg.MetadataValue.json([row.asDict() for row in lost])}
    )


@dg.asset_check(
    asset=common.key(gold.ROW_COUNTS),
    name="every_sender_delivered",
    required_resource_keys={"place"},
    description="A sender whose whole drop was refused fails alone: a warning here, the others publish.",
)
def every_sender_delivered(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    place: Workplace = context.resources.place
    counts = place.lake.read(gold.ROW_COUNTS).where(F.col("night") == F.lit(context.partition_key)).groupBy("sender")
    sums = counts.agg(F.sum("n_in").alias("n_in"), F.sum(F.col("n_loaded") + F.col("n_deduplicated")).alias("n_good"))
    silent = [row.sender for row in sums.where("n_in > 0 AND n_good = 0").collect()]
    return dg.AssetCheckResult(
        passed=not silent,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"refused_whole": dg.MetadataValue.json(silent)},
    )


ALL = [
    _contracts_check("silver", silver.TABLES),
    _contracts_check("scores", (gold.REPORT_SCORES,)),  # of its own, since the queue waits for it
    _contracts_check("network", network.NIGHTLY),  # of its own, since the risk waits for it
    _contracts_check("gold", (gold.QUEUE_ITEMS, review.QUEUE_MEMBERS, review.QUEUE_DRAWS, gold.WRITEBACK)),
    _contracts_check("review", (review.RECALL_CERTIFICATES, review.REVIEW_FIGURES)),  # they wait for those above
    _contracts_check("risk", risk.TABLES),
    network_queues_keep_their_contract,
    _contracts_check("travel", travel.GOLD),
    rows_are_conserved,
    every_sender_delivered,
]
