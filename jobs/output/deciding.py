"""Deciding from the command line: reads no table and starts no Spark, so that it takes a second.

Nothing was shown here, so nothing is recorded as shown: no score, no reasons, and no time open unless it was measured.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.output import published
from jobs.runtime.context import RunContext
from jobs.runtime.inbox import port
from pipelines.decisions import decision as one


def decide(
    ctx: RunContext,
    item_id: str,
    outcome: str,
    *,
    tag: str | None,
    why: str,
    reviewer: str,
    decided_at: datetime,
    seconds: float | None = None,
) -> str:
    """Hand in one decision on a published item. Returns where it lies.

    Args:
        seconds: how long the item was open, if somebody measured it.

    Raises:
        NotFoundError: no queue published such an item.
        InvalidInputError: the decision is not valid; says why.
        port.AlreadySubmittedError: it was handed in before.
    """
    decision = one.of_item(
        published.find(ctx, item_id),
        outcome=outcome,
        tag=tag,
        free_text=why or None,
        reviewer=reviewer,
        opened_at=None if seconds is None else decided_at - timedelta(seconds=seconds),
        decided_at=decided_at,
        is_score_hidden=True,
    )
    return port.hand_in(ctx.inbox, ctx.audit, decision)
