"""Decisions and queue items for tests."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pipelines.decisions import decision as one
from schemas import gold
from tests.support import tables

QUEUE_NIGHT = date(2026, 3, 14)
NIGHT = date(2026, 3, 15)
OPENED = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def item(n: int = 1, **changes: Any) -> dict[str, Any]:
    """A row of `gold.queue_items` about report `n`."""
    reason = {"kind": "term", "text": "lift home", "start": 4, "end": 13, "weight": 0.7}
    return tables.row(
        gold.QUEUE_ITEMS,
        **{
            "night": QUEUE_NIGHT,
            "queue": "reclassify",
            "item_id": f"{n:016x}",
            "force": "36",
            "rank": max(n, 1),
            "subject_id": f"36:INT/{n}",
            "score": 0.625,
            "score_low": 0.5,
            "score_high": 0.75,
            "text_hash": "ab" * 32,
            "reasons": [{**reason, "source_table": "silver.reports", "source_id": f"36:INT/{n}"}],
            "model_version": "3",
            **changes,
        },
    )


def decide(
    n: int = 1, outcome: str = "NOT_CSAE", *, seconds: float = 60, of: dict[str, Any] | None = None, **changes: Any
) -> one.Decision:
    """A decision on item `n`, `seconds` after it was opened."""
    given = {"reviewer": "a.analyst", "opened_at": OPENED, "decided_at": OPENED + timedelta(seconds=seconds), **changes}
    if outcome == "TAG_ADDED":
        given.setdefault("tag", "CSE_LONE")
    return one.of_item(of or item(n), outcome=outcome, **given)


def file(decision: one.Decision, **changes: Any) -> one.File:
    """The decision as a file of the inbox; `changes` are made to its JSON, past every rule."""
    record = {**json.loads(decision.to_json()), **changes}
    return one.File(f"{decision.decision_id}.json", json.dumps(record))


def changed(decision: one.Decision, **changes: Any) -> one.Decision:
    return dataclasses.replace(decision, **changes)
