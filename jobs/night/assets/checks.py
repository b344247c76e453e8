"""Blocking asset checks: each table keeps its contract, and rows are conserved. Results hold counts, never rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common, report_queue
from jobs.night.assets import leads as assets_leads
from jobs.night.assets import risk as assets_risk
from jobs.night.assets import travel as assets_travel
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from pipelines.common import quality
from schemas import gold, leads, network, review, risk, silver, travel
from schemas.contract import Table

KEEPS, CONSERVED, DELIVERED = "keeps_its_contract", "rows_are_conserved", "every_sender_delivered"


@dataclass(frozen=True)
class Kept:
    """Assets whose rows of the night keep the contract of `table`; of parts of the table, only these queues."""

    assets: tuple[dg.AssetKey, ...]
    table: Table
    says: str
    queues: tuple[str, ...] = ()

    def tonight(self, ctx: RunContext, night: str) -> DataFrame:
        rows = ctx.lake.read(self.table).where(F.col("night") == F.lit(night))
        return rows.where(F.col("queue").isin(*self.queues)) if self.queues else rows


def _parts(*parts: common.QueuePart) -> Kept:
    """Parts of gold.queue_items that are judged together."""
    queues = tuple(queue for part in parts for queue in part.queues)
    says = f"Rows of the queues {', '.join(queues)} keep the contract of gold.queue_items."
    return Kept(tuple(part.key for part in parts), gold.QUEUE_ITEMS, says, queues)


def _contracts_check(layer: str, kept: Sequence[Kept]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"{layer}_keeps_its_contracts",
        specs=[
            dg.AssetCheckSpec(KEEPS, asset=asset, blocking=True, description=each.says)
            for each in kept
            for asset in each.assets
        ],
    )
    def check(context: dg.AssetCheckExecutionContext, ctx: common.Ctx) -> Iterator[dg.AssetCheckResult]:
        with progress.CURRENT.step(f"check contracts: {layer.replace('_', ' ')} ({len(kept)})"):
            results = quality.validate_all([(each.tonight(ctx, context.partition_key), each.table) for each in kept])
        for each, result in zip(kept, results, strict=True):
            for asset in each.assets:
                yield dg.AssetCheckResult(
                    asset_key=asset,
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
)
def rows_are_counted(context: dg.AssetCheckExecutionContext, ctx: common.Ctx) -> Iterator[dg.AssetCheckResult]:
    counts = ctx.lake.read(gold.ROW_COUNTS).where(F.col("night") == F.lit(context.partition_key))
    good = F.col("n_loaded") + F.col("n_deduplicated")
    out = good + F.col("n_quarantined") + F.col("n_deleted")
    rows = counts.select("sender", "feed", "n_in", out.alias("n_out"), good.alias("n_good")).collect()  # a feed each
    lost = [{name: row[name] for name in ("sender", "feed", "n_in", "n_out")} for row in rows if row.n_in != row.n_out]
    delivered = {row.sender for row in rows if row.n_good}
    silent = sorted({row.sender for row in rows if row.n_in} - delivered)
    of_counts = {"asset_key": common.key(gold.ROW_COUNTS)}
    yield dg.AssetCheckResult(
        check_name=CONSERVED, passed=not lost, metadata={"lost": dg.MetadataValue.json(lost)}, **of_counts
    )
    yield dg.AssetCheckResult(
        check_name=DELIVERED,
        passed=not silent,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"refused_whole": dg.MetadataValue.json(silent)},
        **of_counts,
    )


def _of(tables: Sequence[Table]) -> list[Kept]:
    return [
        Kept(
            (common.key(t),), t, f"Great Expectations suite derived from the contract of {t.path}, over tonight's rows."
        )
        for t in tables
    ]


ALL = [
    _contracts_check("silver", _of(silver.TABLES)),
    _contracts_check("scores", _of((gold.REPORT_SCORES,))),  # of its own, since the queue waits for it
    _contracts_check("network", _of(network.NIGHTLY)),  # of its own, since the risk waits for it
    _contracts_check(
        "gold",
        [_parts(report_queue.QUEUES), *_of((review.QUEUE_NEAR_DUPLICATES, review.QUEUE_DRAWS, gold.WRITEBACK))],
    ),
    _contracts_check(
        "leads_and_flights",
        [*_of((*leads.TABLES, *travel.GOLD)), _parts(assets_leads.QUEUE, assets_travel.QUEUE)],
    ),
    _contracts_check(
        "risk_and_review",
        [*_of((*risk.TABLES, review.RECALL_CERTIFICATES, review.REVIEW_FIGURES)), _parts(assets_risk.QUEUES)],
    ),
    _contracts_check("queue_items", _of((gold.QUEUE_ITEMS,))),  # of its own: all queues together, before the record
    rows_are_counted,
]
