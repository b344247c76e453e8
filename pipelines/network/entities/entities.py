"""People as entities: from scored pairs and last night's entities to tonight's entities, members and events.

Pure functions over pandas frames: how pairs are scored is `pipelines.network.entities.linkage`'s, where frames
come from is `jobs`'. The names of columns are those of `schemas.network`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.network.entities import clustering, undo
from pipelines.network.entities import ids as entity_ids
from pipelines.network.entities.ids import Change
from schemas import codes, network

CHILD_AGE = 18
# How much is asked besides the probability: nothing; of each pair; of each pair, and of all pairs of a group.
GUARDS = ("off", "pairs", "chains")
MARKING = codes.MARKINGS[-1]  # nominal records carry no marking: brought together across forces, they get the highest
ASSIGNED = "record_id string, entity_id string, links array<" + network.LINK.simpleString() + ">"
Explain = Callable[[Sequence[tuple[str, str]]], pd.DataFrame]  # pairs -> resolution.LINKS


@dataclass(frozen=True)
class Before:
    """The newest night before tonight: people's members (record_id, entity_id, record_hash, links)."""

    members: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["record_id", "entity_id", "record_hash", "links"])
    )

    @property
    def ids(self) -> dict[str, str]:
        return dict(zip(self.members["record_id"], self.members["entity_id"], strict=True))

    def links(self) -> pd.DataFrame:
        """Links that were accepted, each once: left_id, right_id, match_weight, match_probability."""
        rows = [
            (record, link["record_id"], link["match_weight"], link["match_probability"])
            for record, links in zip(self.members["record_id"], self.members["links"], strict=True)
            for link in (links if links is not None else ())
            if record < link["record_id"]
        ]
        return pd.DataFrame(rows, columns=["left_id", "right_id", "match_weight", "match_probability"])


@dataclass(frozen=True)
class People:
    """Tonight's people: which record is which entity (columns ASSIGNED), and rows of gold.ENTITY_EVENTS."""

    assigned: pd.DataFrame
    events: list[tuple[Any, ...]]
    n_links: int


def changed(records: pd.DataFrame, before: Before) -> set[str]:
    """Records that are new, or differ from what last night compared."""
    hashes = dict(zip(before.members["record_id"], before.members["record_hash"], strict=True))
    is_changed = records["record_id"].map(hashes) != records["record_hash"]
    return set(records.loc[is_changed, "record_id"])


def accepted(
    scored: pd.DataFrame, before: Before, changed_ids: set[str] | None, threshold: float, guard: str = "chains"
) -> pd.DataFrame:
    """Links to cluster by: tonight's admitted ones, and last night's between records that did not change.

    Args:
        guard: one of GUARDS; `off` takes what was not admitted as well.
    """
    new = scored[scored["is_admitted"].astype(bool)] if len(scored) and guard != "off" else scored
    if changed_ids is None:
        return new.reset_index(drop=True)
    old = before.links()
    is_kept = ~old["left_id"].isin(changed_ids) & ~old["right_id"].isin(changed_ids)
    kept = old[is_kept & (old["match_probability"] >= threshold)]
    frames = [f for f in (kept, new) if len(f)]
    return pd.concat(frames, ignore_index=True) if frames else new


def people(
    records: pd.DataFrame,
    links: pd.DataFrame,
    before: Before,
    night: date,
    *,
    undone: Sequence[Mapping[str, Any]] = (),
    explain: Explain | None = None,
    guard: str = "chains",
) -> People:
    """Tonight's people.

    Args:
        records: `nominals.records` as of the night, as pandas. A record of an organisation is linked to nothing.
        links: result of `accepted`.
        before: last night.
        night: tonight.
        undone: every UNDO event up to tonight and the events they undo; tonight's own have `night` equal to tonight.
        explain: scores pairs whatever they are worth, for the evidence of splits.
        guard: one of GUARDS; only under `chains` is a group held together by more than its links.
    """
    is_person = ~records["is_organisation"].astype(bool)
    able = set(records.loc[is_person, "record_id"])
    links = links[links["left_id"].isin(able) & links["right_id"].isin(able)].reset_index(drop=True)
    rulings = undo.standing(undone)
    clustered = clustering.clusters(records, links, rulings, is_guarded=guard == "chains")
    old = {record: entity for record, entity in before.ids.items() if record in clustered.index}
    ids = entity_ids.persistent(clustered, old)
    inside = links[links["left_id"].map(ids) == links["right_id"].map(ids)]
    changes = [
        *entity_ids.merges(ids, old, inside, rulings.together),
        *entity_ids.splits(ids, old, _weights(before.links())),
    ]
    events = _events(changes, inside, rulings, night, explain)
    events += [_undo_row(event, old, ids, night) for event in undone if _is_of(event, night)]
    assigned = pd.DataFrame({"record_id": ids.index, "entity_id": ids.to_numpy(), "links": _links_of(ids, inside)})
    return People(assigned, events, len(inside))


def _weights(links: pd.DataFrame) -> dict[tuple[str, str], float]:
    return dict(zip(zip(links["left_id"], links["right_id"], strict=True), links["match_weight"], strict=True))


def _is_of(event: Mapping[str, Any], night: date) -> bool:
    return event["kind"] == "UNDO" and event["night"] == night


def _links_of(ids: pd.Series, links: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """Each record's accepted links, strongest first."""
    both = pd.concat(
        [links, links.rename(columns={"left_id": "right_id", "right_id": "left_id"})], ignore_index=True
    ).sort_values(["match_weight", "right_id"], ascending=[False, True])
    links_by_member: dict[str, list[dict[str, Any]]] = {}
    names = ("left_id", "right_id", "match_weight", "match_probability")
    for record, other, weight, probability in zip(*(both[n] for n in names), strict=True):
        link = {"record_id": other, "match_weight": float(weight), "match_probability": float(probability)}
        links_by_member.setdefault(record, []).append(link)
    return [links_by_member.get(record, []) for record in ids.index]


def _events(
    changes: Sequence[Change],
    links: pd.DataFrame,
    rulings: clustering.Rulings,
    night: date,
    explain: Explain | None,
) -> list[tuple[Any, ...]]:
    evidence: dict[Any, Any] = links.set_index(["left_id", "right_id"]).to_dict("index") if len(links) else {}
    pairs = [tuple(sorted(change.pair)) for change in changes]
    missing = [pair for pair in pairs if pair not in evidence or not isinstance(evidence[pair].get("waterfall"), str)]
    if missing and explain is not None:
        rescored = explain(missing)  # type: ignore[arg-type]
        evidence = {**evidence, **rescored.set_index(["left_id", "right_id"]).to_dict("index")}
    return [
        _event_row(change, evidence.get(pair, {}), rulings, night) for change, pair in zip(changes, pairs, strict=True)
    ]


def _event_row(change: Change, details: Mapping[str, Any], rulings: clustering.Rulings, night: date) -> tuple[Any, ...]:
    event_id = entity_ids.new_id(
        change.kind, "|".join((night.isoformat(), *change.before, *change.after, *change.pair))
    )
    probability = details.get("match_probability")
    written = details.get("waterfall")  # none on Spark, for a split
    waterfall = written if isinstance(written, str) else None
    return (
        night, event_id, change.kind, list(change.before), list(change.after), *change.pair, list(change.left),
        list(change.right), details.get("match_weight"), probability, waterfall, _reason(change, rulings, probability),
        None, None, None,
    )  # fmt: skip


def _reason(change: Change, rulings: clustering.Rulings, probability: float | None) -> str:
    left, right = set(change.left), set(change.right)
    if change.kind == "SPLIT":
        if any((a.left & left and a.right & right) or (a.left & right and a.right & left) for a in rulings.apart):
            return "an analyst took back the merge"
        return "what is recorded now does not hold the records together"
    if change.pair in rulings.together or change.pair[::-1] in rulings.together:
        return "an analyst took back the split"
    return f"the records are one person with probability {probability:.4f}" if probability else "linked before"


def _undo_row(event: Mapping[str, Any], old: Mapping[str, str], ids: pd.Series, night: date) -> tuple[Any, ...]:
    named = [r for r in (*event["left_records"], *event["right_records"]) if r in ids.index]
    before = sorted({old[r] for r in named if r in old})
    row = {**event, "night": night, "entities_before": before, "entities_after": sorted({ids[r] for r in named})}
    return tuple(row[name] for name in network.ENTITY_EVENTS.names)


def undo_event(request: undo.Request, undone: Mapping[str, Any], night: date) -> dict[str, Any]:
    """The UNDO event of a request about an event; its ids before and after are known once tonight is resolved."""
    return {
        **dict.fromkeys(network.ENTITY_EVENTS.names),
        "night": night,
        "event_id": entity_ids.new_id("UNDO", request.request_id),
        "kind": "UNDO",
        "entities_before": [],
        "entities_after": [],
        **{name: undone[name] for name in ("left_record", "right_record", "left_records", "right_records")},
        "reason": request.why,
        "undoes": request.event_id,
        "reviewer": request.reviewer,
        "decided_at": request.decided_at,
    }


def person_members(records: DataFrame, assigned: DataFrame, night: date) -> DataFrame:
    """Rows of gold.ENTITY_MEMBERS of people.

    Args:
        records: result of `nominals.records`.
        assigned: `People.assigned` as a DataFrame.
    """
    return network.ENTITY_MEMBERS.conform(
        assigned.join(records.select("record_id", "force", "record_hash"), "record_id", how="inner")
        .withColumn("night", F.lit(night))
        .withColumn("kind", F.lit("PERSON"))
    )  # fmt: skip


def person_entities(records: DataFrame, assigned: DataFrame, night: date) -> DataFrame:
    """Rows of gold.ENTITIES of people. Name and date of birth are those that most of the records give, the least of
    several; an organisation has no date of birth. Arguments as of `person_members`."""
    named = F.nullif(F.concat_ws(" ", "forename", "surname"), F.lit(""))
    people = assigned.join(records, "record_id", how="inner").withColumn("label", named).groupBy("entity_id").agg(
        F.mode("label", deterministic=True).alias("label"),
        F.array_sort(F.collect_set("force")).alias("forces"),
        F.count("*").alias("n_records"),
        F.mode("born_on", deterministic=True).alias("_born"),
        F.array_sort(F.collect_list("record_id")).alias("record_ids"),
        F.max("is_organisation").alias("_is_organisation"),
    )  # fmt: skip
    born = F.when(~F.col("_is_organisation"), F.col("_born").cast("date"))
    of_age = F.add_months(born, 12 * CHILD_AGE)
    return network.ENTITIES.conform(
        people.withColumns(
            {
                "night": F.lit(night),
                "kind": F.lit("PERSON"),
                "born_on": born,
                "is_child": F.coalesce(of_age > F.lit(night), F.lit(False)),
                "marking": F.lit(MARKING),
            }
        )
    )


def value_entities(values: DataFrame, night: date) -> DataFrame:
    """Rows of gold.ENTITIES of what is one by its value.

    Args:
        values: result of `edges.values`.
    """
    return network.ENTITIES.conform(
        values.select(
            F.lit(night).alias("night"),
            "entity_id",
            "kind",
            F.col("value").alias("label"),
            "forces",
            F.lit(1).cast("long").alias("n_records"),
            F.lit(None).cast("date").alias("born_on"),
            F.lit(False).alias("is_child"),
            F.array("value").alias("record_ids"),
            F.lit(MARKING).alias("marking"),
        )
    )


def value_members(values: DataFrame, night: date) -> DataFrame:
    """Rows of gold.ENTITY_MEMBERS of what is one by its value."""
    return network.ENTITY_MEMBERS.conform(
        values.select(
            F.lit(night).alias("night"),
            "entity_id",
            "kind",
            F.col("value").alias("record_id"),
            F.lit(None).cast("string").alias("force"),
            F.lit(None).cast("string").alias("record_hash"),
            F.array().cast(f"array<{network.LINK.simpleString()}>").alias("links"),
        )
    )
