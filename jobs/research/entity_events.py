"""Merges and splits of people as analysts see them: list them, and ask to take one back."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from pyspark.sql import functions as F

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.network.entities import undo as entity_undo
from schemas import network
from schemas.errors import NotFoundError

SHOWN = (
    "night", "event_id", "kind", "entities_before", "entities_after", "left_record", "right_record", "match_weight",
    "match_probability", "waterfall", "reason", "reviewer",
)  # fmt: skip


def listed(ctx: RunContext, night: date | None, entity: str | None, limit: int, who: str) -> list[dict[str, Any]]:
    """Events of a night (default: the newest that has any) or of an entity in all nights, the doubtful first.

    The look is logged before anything is shown.
    """
    events = ctx.lake.read(network.ENTITY_EVENTS)
    if entity:
        events = events.where(F.array_contains(F.concat("entities_before", "entities_after"), entity))
    else:
        newest = night or ctx.known().newest(network.ENTITY_EVENTS)
        events = ctx.known(newest).tonight(network.ENTITY_EVENTS)
    of_what = f"entity={entity}" if entity else f"night={night or 'newest'}"
    order = [F.col("night").desc(), F.col("match_weight").asc_nulls_first(), F.col("event_id")]
    rows = [row.asDict() for row in events.orderBy(*order).limit(limit).select(*SHOWN).collect()]
    named = {row[column] for row in rows for column in ("event_id", "left_record", "right_record")} | {entity}
    operations.entity_events_viewed(ctx.audit, who, of_what, filter(None, named))
    return [{**row, "waterfall": json.loads(row["waterfall"]) if row["waterfall"] else None} for row in rows]


def undo(ctx: RunContext, event_id: str, *, reviewer: str, why: str, decided_at: datetime) -> str:
    """Hand in a request to take back an event; the next night takes it in. Returns where it lies.

    Raises:
        NotFoundError: no night recorded such an event.
        InvalidInputError: the request is not valid.
        port.AlreadySubmittedError: it was handed in before.
    """
    request = entity_undo.request(event_id, reviewer=reviewer, why=why, decided_at=decided_at)
    if ctx.lake.read(network.ENTITY_EVENTS).where(F.col("event_id") == event_id).isEmpty():
        raise NotFoundError(f"no night recorded an event {event_id}")
    operations.undo_requested(ctx.audit, request.reviewer, event_id, request.why)
    return ctx.undo_inbox.submit(f"{request.request_id}.json", request.to_json())


def text(rows: list[dict[str, Any]]) -> str:
    """Each event with its evidence as a waterfall of match weights."""
    if not rows:
        return "no events"
    lines: list[str] = []
    for row in rows:
        before, after = (", ".join(row[name]) or "new" for name in ("entities_before", "entities_after"))
        lines.append(f"{row['night']}  {row['kind']:<5} {row['event_id']}  {before} -> {after}")
        lines.append(f"    {row['left_record']} and {row['right_record']}: {row['reason']}")
        for step in row["waterfall"] or ():
            lines.append(f"    {step['weight']:>+9.2f}  {step['step']}: {step.get('level', '')}".rstrip(": "))
        if row["match_weight"] is not None:
            lines.append(f"    {row['match_weight']:>+9.2f}  match weight (log2 of the odds)")
    lines += ["", "to take one back: nightjar entities undo EVENT --why '...'"]
    return "\n".join(lines)
