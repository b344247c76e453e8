"""Blocking asset checks: each table keeps its contract, and rows are conserved. Results hold counts, never rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common, report_queue
from jobs.night.assets import device as assets_device
from jobs.night.assets import leads as assets_leads
from jobs.night.assets import risk as assets_risk
from jobs.night.assets import travel as assets_travel
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from pipelines.common import quality
from schemas import bronze, catalogue, device, gold, leads, network, review, risk, travel
from schemas.contract import Table
from schemas.programme import figures

KEEPS, CONSERVED, DELIVERED = "keeps_its_contract", "rows_are_conserved", "every_sender_delivered"
NAMED = "codes_are_named"


@dataclass(frozen=True)
class Kept:
    """An asset whose rows of the night keep the contract of `table`; of a part of the table, only these queues.

    The check stands on the asset of the table, or on one that comes after everything that is written to it.
    """

    asset: dg.AssetKey
    table: Table
    says: str
    queues: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the check, unique on its asset."""
        stands_elsewhere = self.asset != common.key(self.table) and not self.queues
        return f"{self.table.noun}_{KEEPS}" if stands_elsewhere else KEEPS

    def tonight(self, ctx: RunContext, night: str) -> DataFrame | None:
        """Its rows of the night; None where the table's log says that there are none."""
        parts = [{"queue": queue} for queue in self.queues] or [{}]
        if all(ctx.lake.n_rows_told(self.table, night=night, **part) == 0 for part in parts):
            return None
        rows = ctx.known(date.fromisoformat(night)).tonight(self.table)
        return rows.where(F.col("queue").isin(*self.queues)) if self.queues else rows


def _part(part: common.QueuePart) -> Kept:
    return Kept(part.key, gold.QUEUE_ITEMS, f"{part.says}: rows keep the contract of gold.queue_items.", part.queues)


def _contracts_check(layer: str, kept: Sequence[Kept]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name=f"{layer}_keeps_its_contracts",
        specs=[dg.AssetCheckSpec(each.name, asset=each.asset, blocking=True, description=each.says) for each in kept],
    )
    def check(context: dg.AssetCheckExecutionContext, ctx: common.Ctx) -> Iterator[dg.AssetCheckResult]:
        frames = [(each.tonight(ctx, context.partition_key), each.table) for each in kept]
        n_read = sum(df is not None for df, _ in frames)
        says = f"check contracts: {layer.replace('_', ' ')} ({n_read})"
        with progress.CURRENT.step(says) if n_read else progress.CURRENT.skipped():
            results = quality.validate_all(frames)
        for each, result in zip(kept, results, strict=True):
            yield dg.AssetCheckResult(
                asset_key=each.asset,
                check_name=each.name,
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
        dg.AssetCheckSpec(
            NAMED,
            asset=common.key(gold.VALUE_COUNTS),
            description="A code that no layout names and no night before had, a tag whose share fell, or a field "
            "of which far more values than before cannot be read: a warning.",
        ),
    ],
)
def rows_are_counted(context: dg.AssetCheckExecutionContext, ctx: common.Ctx) -> Iterator[dg.AssetCheckResult]:
    counts = ctx.known(date.fromisoformat(context.partition_key)).tonight(gold.ROW_COUNTS)
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
    tonight = ctx.known(date.fromisoformat(context.partition_key)).tonight(gold.VALUE_COUNTS)
    new = (
        tonight.where(F.col("is_new") | F.col("note").isin("SHARE_FELL", "SHARE_ROSE"))
        .select("sender", "feed", "field")
        .collect()
    )  # of a field no more than MAX_CODES
    n_codes = Counter(f"{row.sender} {row.feed} {row.field}" for row in new)  # what they are is in the table alone
    yield dg.AssetCheckResult(
        check_name=NAMED,
        passed=not new,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"n_codes": dg.MetadataValue.json(n_codes)},
        asset_key=common.key(gold.VALUE_COUNTS),
    )


# Every table of the catalogue is checked in a night, but for these, each for its reason.
EXEMPT = {
    bronze.INBOX.path: "people append to it between nights; each decision is judged alone when a night takes it in",
    bronze.INBOX_SETTLED.path: "the inbox of a cluster writes it after the decisions that it names, which are checked",
    bronze.PROCESSING_LOG.path: "every step appends to it; `nightjar log verify` reads its chain",
    bronze.PROCESSING_LOG_IDS.path: "the same: each digest is compared with the ids that it stands for",
    bronze.WRITER_LEASE.path: "held by the night itself, and renewed all the time that it runs",
    gold.OOF_SCORES.path: "training writes it, and checks it there before the model is used",
    network.ENTITY_PARAMETERS.path: "training of the linkage writes it, and checks it there",
}
# Tables that a later step of the night waits for, or that are complete only when a later step has ended, by the check
# that looks at them; every other table is looked at with its layer.
_WITH = {
    **dict.fromkeys((gold.ROW_COUNTS.path, gold.VALUE_COUNTS.path), "silver"),  # decisions wait for it
    gold.DECISIONS.path: "decisions",  # the classifier waits for them
    gold.REPORT_SCORES.path: "scores",  # the queue waits for them
    **dict.fromkeys((table.path for table in network.NIGHTLY), "network"),  # the risk waits for it
    **dict.fromkeys((table.path for table in (*leads.TABLES, *travel.GOLD)), "leads_and_flights"),
    **dict.fromkeys(
        (t.path for t in (*risk.TABLES, review.RECALL_CERTIFICATES, review.REVIEW_FIGURES, review.TAG_RECORDING)),
        "risk_and_review",
    ),
    **dict.fromkeys((table.path for table in device.READ), "device_exports"),
    **dict.fromkeys((table.path for table in (*device.FOUND, *device.DECIDED)), "device_finds"),
    **dict.fromkeys((table.path for table in figures.TABLES), "programme"),
    gold.QUEUE_ITEMS.path: "queue_items",  # all queues together, before the record
    **dict.fromkeys((bronze.QUARANTINE.path, gold.RUN_MANIFEST.path), "record"),  # each step may refuse rows
}
# Queues are parts of one table, each written by its own step and looked at with it.
_PARTS = {
    "gold": (report_queue.QUEUES,),
    "leads_and_flights": (assets_leads.QUEUE, assets_travel.QUEUE),
    "risk_and_review": (assets_risk.QUEUES,),
    "device_finds": (assets_device.QUEUES,),
}


def _kept(table: Table) -> Kept:
    """The check of a table, on its own asset; of the quarantine on the record of the night, which comes last."""
    asset = common.key(gold.RUN_MANIFEST if table is bronze.QUARANTINE else table)
    return Kept(asset, table, f"Great Expectations suite derived from the contract of {table.path}, tonight's rows.")


def _by_check() -> dict[str, list[Kept]]:
    """What each check looks at, from the catalogue."""
    kept: dict[str, list[Kept]] = {}
    for table in catalogue.TABLES:
        if table.path not in EXEMPT:
            kept.setdefault(_WITH.get(table.path, table.layer), []).append(_kept(table))
    for check, parts in _PARTS.items():
        kept[check] += map(_part, parts)
    return kept


ALL = [*(_contracts_check(name, kept) for name, kept in _by_check().items()), rows_are_counted]
