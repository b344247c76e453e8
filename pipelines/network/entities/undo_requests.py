"""What becomes of requests to undo: an UNDO event each, a refusal, or a wait. People write them, some a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.decisions.decision import File
from pipelines.network.entities import entities, undo


@dataclass
class Settled:
    """What a night makes of the requests that wait.

    Attributes:
        events: UNDO events that stand, those of tonight's requests too, and the events that they undo.
        refused: rows of bronze.quarantine.
        files: names of those that are done with, accepted or refused.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[Any, ...]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def settle(files: Sequence[File], before: DataFrame, everything: DataFrame, night: date) -> Settled:
    """Take the requests in.

    A request about an event of tonight or later waits, so that a night run again gives the same.

    Args:
        files: requests, one per file.
        before: gold.entity_events of earlier nights.
        everything: gold.entity_events, whatever the night.
    """
    settled = Settled()
    parsed = [(file, *undo.parsed(file)) for file in files]
    events = _referred(before, [request.event_id for _, request, _ in parsed if request is not None])
    for file, request, why in parsed:
        if request is not None and request.event_id not in events:
            if not everything.where(F.col("event_id") == request.event_id).isEmpty():
                continue
            why = "event_id: no night before recorded such an event"
        settled.files.append(file.name)
        if request is None or why:
            settled.refused.append(undo.refusal(file, why or "not readable", night))
        else:
            event = entities.undo_event(request, events[request.event_id], night)
            events[event["event_id"]] = event
    settled.events = [_aware(event) for event in events.values()]
    return settled


def _referred(before: DataFrame, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """UNDO events, the events that they undo, and those that are asked about; by id."""
    undos = before.where(F.col("kind") == "UNDO")
    undone = before.join(undos.select(F.col("undoes").alias("event_id")).distinct(), "event_id", how="left_semi")
    asked = before.where(F.col("event_id").isin(sorted(set(wanted)))) if wanted else before.limit(0)
    return {row["event_id"]: row.asDict() for row in reduce(DataFrame.unionByName, (undos, undone, asked)).collect()}


def _aware(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with `decided_at` as an instant: Spark collects it without a zone."""
    return {**event, "decided_at": event["decided_at"].astimezone() if event["decided_at"] is not None else None}
