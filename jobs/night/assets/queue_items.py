"""The table of all queues, once each has published its rows of it."""

import dagster as dg

from jobs.night.assets import common, device, leads, report_queue, risk, travel
from schemas import gold

PARTS = (report_queue.QUEUES, leads.QUEUE, travel.QUEUE, risk.QUEUES, device.QUEUES)


@dg.asset(
    key=common.key(gold.QUEUE_ITEMS),
    deps=[part.key for part in PARTS],
    partitions_def=common.NIGHTS,
    group_name="gold",
    owners=common.OWNERS["gold"],
    metadata={common.COLUMN_SCHEMA: common.columns(gold.QUEUE_ITEMS)},
    kinds={"delta"},
    description=gold.QUEUE_ITEMS.doc,
)
def queue_items(context: dg.AssetExecutionContext, ctx: common.Ctx) -> dg.MaterializeResult:
    """Count the table as a whole: the steps that publish a queue count theirs, and nothing is written here."""
    night = common.night_of(context, ctx)
    queues = tuple(queue for part in PARTS for queue in part.queues)
    counts = common.queue_counts(ctx, queues, night, by="queue")
    chart = common.bars(counts or {"none": 0}, "rows per queue")
    return common.result(ctx, gold.QUEUE_ITEMS, night, {"by queue": chart})


ALL = [queue_items]
