"""One night's people: which records are compared, by which engine, and what became of the entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame

from pipelines.network.entities import entities, linkage, nominals
from schemas import network


@dataclass(frozen=True)
class Rules:
    """How people are linked. Numbers and reasons are in the settings' section `entities`.

    Attributes:
        engine: `duckdb`, `spark`, or `auto`: by the number of records.
        max_people: records that DuckDB compares at most, if the engine is chosen.
        threshold: probability from which on two records are linked.
        full_every_days: all records are compared every so many nights, else those that changed.
        guard: one of `entities.GUARDS`.
    """

    engine: str
    max_people: int
    threshold: float
    full_every_days: int
    guard: str = "chains"

    def is_spark(self, n_records: int) -> bool:
        return self.engine == "spark" or (self.engine == "auto" and n_records > self.max_people)


def people(
    records: DataFrame,
    before: entities.Before,
    undone: Sequence[Mapping[str, Any]],
    model: str | None,
    rules: Rules,
    night: date,
) -> tuple[entities.People, dict[str, int]]:
    """Tonight's people, and counts: records, forces, records scored, links, entities, events by kind.

    Args:
        records: result of `nominals.records`, computed.
        undone: UNDO events that stand, with what they undo.
        model: trained parameters as JSON; None for the written priors.
    """
    frame: pd.DataFrame = records.toPandas()
    frame = frame.astype(object).where(frame.notna(), None)
    is_spark = rules.is_spark(len(frame))
    is_full = before.members.empty or night.toordinal() % rules.full_every_days == 0
    changed = None if is_full else entities.changed(frame, before)
    columns = [linkage.ID, *nominals.COMPARED]
    linked = linkage.Linkage(records.select(*columns) if is_spark else frame[columns], model=model)
    links = entities.accepted(linked.links(rules.threshold, changed), before, changed, rules.threshold, rules.guard)
    resolved = entities.people(frame, links, before, night, undone=undone, explain=linked.explained, guard=rules.guard)
    kinds = pd.Series([event[network.ENTITY_EVENTS.names.index("kind")] for event in resolved.events], dtype=object)
    return resolved, {
        "records": len(frame),
        "forces": frame["force"].nunique(),
        "records_scored": len(frame) if changed is None else len(changed),
        "links": resolved.n_links,
        "entities": resolved.assigned["entity_id"].nunique(),
        **{f"events_{kind.lower()}": int((kinds == kind).sum()) for kind in network.ENTITY_EVENT_KINDS},
    }
