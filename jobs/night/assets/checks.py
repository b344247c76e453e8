"""Blocking asset checks: each table keeps its contract, and rows are conserved. Results hold counts, never rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from pipelines.common import quality
from schemas import gold, leads, network, review, risk, silver, travel
from schemas.contract import Table

KEEPS, CONSERVED, DELIVERED = "keeps_its_contract", "rows_are_conserved", "every_sender_delivered"


@dataclass(frozen=True)
class Kept:
    """An asset whose rows of the night keep the contract of `table`; of a part of the table, only these queues."""

    asset: dg.AssetKey
    table: Table
    says: str
    queues: tuple[str, ...] = ()

    def tonight(self, ctx: RunContext, night: str) -> DataFrame:
        rows = ctx.lake.read(self.table).where(F.col("night") == F.lit(night))
        return rows.where(F.col("queue").isin(*self.queues)) if self.queues else rows


QUEUES = Kept(
    dg.AssetKey(["gold", "network_queues"]),
    gold.QUEUE_ITEMS,
    "The rows of the network's queues keep the contract of gold.queue_items.",
    queues=risk.QUEUES,
)


def _contracts_check(layer: str, kept: Sequence[Kept]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"{layer}_keeps_its_contracts",
        specs=[dg.AssetCheckSpec(KEEPS, asset=each.asset, blocking=True, description=each.says) for each in kept],
        required_resource_keys={"ctx"},
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        ctx: RunContext = context.resources.ctx
        with progress.CURRENT.step(f"check the contracts of {len(kept)} tables: {layer.replace('_', ' ')}"):
            results = quality.validate_all([(each.tonight(ctx, context.partition_key), each.table) for each in kept])
        for each, result in zip(kept, results, strict=True):
            yield dg.AssetCheckResult(
                asset_key=each.asset,
                check_name=KEEPS,
                passed=result.success,
                metadata={"result": dg.MetadataValue.json(result.summary())},
            )

    return check


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(
            CONSERVED,
            asset=common.key(gold.ROW_COUNTS),
            blocking=True,
            description="rows in = loaded + quarantined + deduplicated + lawfully deleted, per sender and feed.",
        ),
        dg.AssetCheckSpec(
            DELIVERED,
            asset=common.key(gold.ROW_COUNTS),
            description="A sender whose whole drop was refused fails alone: a warning here, the others publish.",
        ),
    ],
    required_resource_keys={"ctx"},
)
def rows_are_counted(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    ctx: RunContext = context.resources.ctx
    counts = ctx.lake.read(gold.ROW_COUNTS).where(F.col("night") == F.lit(context.partition_key))
    good = F.col("n_loaded") + F.col("n_deduplicated")
    out = good + F.col("n_quarantined") + F.col("n_deleted")
    rows = counts.select("sender", "feed", "n_in", out.alias("n_out"), good.alias("n_good")).collect()  # a feed each
    lost = [{name: row[name] for name in ("sender", "feed", "n_in", "n_out")} for row in rows if row.n_in != row.n_out]
    delivered = {row.sender for row in rows if row.n_good}
    silent = sorted({row.sender for row in rows if row.n_in} - delivered)
    counted = common.key(gold.ROW_COUNTS)
    yield dg.AssetCheckResult(
        asset_key=counted, check_name=CONSERVED, passed=not lost, metadata={"lost": dg.MetadataValue.json(lost)}
    )
    yield dg.AssetCheckResult(
        check_name=DELIVERED,
        passed=not silent,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"refused_whole": dg.MetadataValue.json(silent)},
        asset_key=counted,
    )


def _of(tables: Sequence[Table]) -> list[Kept]:
    return [
        Kept(common.key(t), t, f"Great Expectations suite derived from the contract of {t.path}, over tonight's rows.")
        for t in tables
    ]


ALL = [
    _contracts_check("silver", _of(silver.TABLES)),
    _contracts_check("scores", _of((gold.REPORT_SCORES,))),  # of its own, since the queue waits for it
    _contracts_check("network", _of(network.NIGHTLY)),  # of its own, since the risk waits for it
    _contracts_check("gold", _of((gold.QUEUE_ITEMS, review.QUEUE_NEAR_DUPLICATES, review.QUEUE_DRAWS, gold.WRITEBACK))),
    _contracts_check("leads_and_flights", _of((*leads.TABLES, *travel.GOLD))),
    _contracts_check(
        "risk_and_review", [*_of((*risk.TABLES, review.RECALL_CERTIFICATES, review.REVIEW_FIGURES)), QUEUES]
    ),
    rows_are_counted,
]
