"""Take in what people handed in: read, write both tables, and only then settle."""

from __future__ import annotations

from datetime import date

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.decisions import intake
from pipelines.queues import near_duplicates
from schemas import bronze, gold, review


def take_in(ctx: RunContext, night: date) -> intake.TakenIn:
    """Append tonight's valid decisions to `gold.decisions`, put the others into the quarantine, settle the inbox.

    Killed anywhere within, the same call ends as if it had not been.
    """
    lake = ctx.lake
    files = ctx.inbox.read(night)
    published = near_duplicates.decidable(lake.read(gold.QUEUE_ITEMS), lake.read(review.QUEUE_NEAR_DUPLICATES))
    taken = intake.ingest_decisions(files, lake.read(gold.DECISIONS), night, published)
    if taken.settled:
        operations.decisions_taken_in(
            ctx.audit, night, {"taken in": taken.n_accepted, "refused": taken.n_refused}, taken.settled
        )
    if taken.n_accepted:
        lake.append(taken.accepted, gold.DECISIONS)
    if files:
        lake.replace(taken.refused, bronze.QUARANTINE, {"night": night.isoformat(), "stage": "decisions"})
    ctx.inbox.settle(night, taken.settled)
    return taken
