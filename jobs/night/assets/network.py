"""Gold, the network: who and what is one and the same, and what ties them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import known, progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import as_of, concurrency
from pipelines.decisions.decision import File
from pipelines.network.edges import kinds as edge_kinds
from pipelines.network.entities import nominals, undo
from schemas import bronze, network, silver

if TYPE_CHECKING:
    from pipelines.network.entities import entities

PEOPLE_TABLES = (network.ENTITIES, network.ENTITY_MEMBERS, network.ENTITY_EVENTS)
SILVER = tuple(table for table in edge_kinds.TABLES if table in silver.TABLES)
HELD_UNDER = (silver.COMMS_AUTHORISATIONS,)  # says which communications may make an edge


@dg.multi_asset(
    name="network",
    specs=[
        *(common.spec(table, [silver.PEOPLE]) for table in PEOPLE_TABLES),
        common.spec(network.EDGES, [network.ENTITY_MEMBERS, *SILVER, *HELD_UNDER]),
    ],
)
def entities_and_edges(context: dg.AssetExecutionContext, ctx: common.Ctx) -> Iterator[dg.MaterializeResult]:
    """Resolve people, make edges of the evidence, and write both. The combination is logged before it is written."""
    night = common.night_of(context, ctx)
    lake, tonight = ctx.lake, {"night": night.isoformat()}
    from pipelines.network.edges import edges  # SciPy and rapidfuzz: time that definitions need not spend
    from pipelines.network.entities import entities

    with progress.CURRENT.step("resolve people"):
        current = as_of.current(lake.read(silver.PEOPLE), silver.PEOPLE.key, night)
        (records,), before, (files, undone, refused, settled) = concurrency.run(
            lambda: concurrency.materialise(nominals.records(current)),
            lambda: _before(ctx, night),
            lambda: _undone(ctx, night),
        )
        people, counts = _people(ctx, night, records, before, undone)
        operations.people_resolved(ctx.audit, night, counts)
        assigned = ctx.spark.createDataFrame(people.assigned, entities.ASSIGNED)
        events = ctx.spark.createDataFrame(people.events, network.ENTITY_EVENTS.struct())
        (persons, members), _ = concurrency.run(
            lambda: concurrency.materialise(
                entities.person_entities(records, assigned, night), entities.person_members(records, assigned, night)
            ),
            lambda: lake.replace(events, network.ENTITY_EVENTS, tonight),
        )
        if files:
            operations.undo_requests_taken_in(
                ctx.audit, night, {"taken in": len(settled) - len(refused), "refused": len(refused)}, settled
            )
            rows = ctx.spark.createDataFrame(refused, bronze.QUARANTINE.struct())
            lake.replace(rows, bronze.QUARANTINE, {**tonight, "stage": undo.STAGE})
        ctx.undo_inbox.settle(night, settled)
    with progress.CURRENT.step("build edges"):
        tables = _tables(ctx, night)
        pieces = edges.judged(edges.evidence(tables, night), members, persons, night).localCheckpoint(eager=False)
        said = {f"{r.kind} {r.refusal or 'used'}": r.n for r in _counts(pieces)}
        named = ", ".join(sorted(tables))
        operations.edges_built(ctx.audit, night, named, said)
        used = pieces.where("refusal IS NULL")
        values, made = concurrency.materialise(edges.values(used, night), edges.edges(used, night))
        listed = persons.unionByName(entities.value_entities(values, night))
        belonging = members.unionByName(entities.value_members(values, night))
        concurrency.run(
            lambda: lake.replace(made, network.EDGES, tonight),
            lambda: lake.replace(listed, network.ENTITIES, tonight),
            lambda: lake.replace(belonging, network.ENTITY_MEMBERS, tonight),
        )
    more: dict[str, dict[str, object]] = {
        network.ENTITIES.path: {name: n for name, n in counts.items() if not name.startswith("force")},
        network.EDGES.path: {"evidence": common.bars(said, "evidence, used and refused")},
    }
    yield from common.results(ctx, (*PEOPLE_TABLES, network.EDGES), night, more)


def _tables(ctx: RunContext, night: date) -> dict[str, DataFrame]:
    """What edges are made of, by path: tables as they are, and of communications data what may be used."""
    lake = ctx.lake
    tables = {t.path: lake.read(t) for t in edge_kinds.TABLES if t in silver.TABLES or lake.exists(t)}
    usable = {
        silver.COMMS_EVENTS.path: known.usable_events(ctx, night),
        silver.COMMS_SUBSCRIBERS.path: known.usable_subscribers(ctx, night),
    }
    return {**tables, **usable}


def _counts(pieces: DataFrame) -> list[Any]:
    """Evidence by kind and refusal: a row a kind and reason."""
    return pieces.groupBy("kind", "refusal").agg(F.count("*").alias("n")).orderBy("kind", "refusal").collect()


def _people(
    ctx: RunContext, night: date, records: DataFrame, before: "entities.Before", undone: list[dict[str, Any]]
) -> tuple["entities.People", dict[str, int]]:
    """Tonight's people, and counts for the log: records, forces, records scored, links, entities, events by kind."""
    from pipelines.network.entities import entities
    from pipelines.network.entities import linkage as resolution

    chosen = ctx.settings.entities
    found: pd.DataFrame = records.toPandas()
    found = found.astype(object).where(found.notna(), None)
    is_spark = chosen.engine == "spark" or (chosen.engine == "auto" and len(found) > chosen.max_people)
    is_full = is_spark or before.members.empty or night.toordinal() % chosen.full_every_days == 0
    changed = None if is_full else entities.changed(found, before)
    compared = records.select(resolution.ID, *nominals.COMPARED)
    linkage = resolution.Linkage(
        compared if is_spark else found[[resolution.ID, *nominals.COMPARED]], model=_model(ctx, night)
    )
    links = entities.accepted(linkage.links(chosen.threshold, changed), before, changed, chosen.threshold)
    people = entities.people(found, links, before, night, undone=undone, explain=linkage.explained)
    kinds = pd.Series([event[network.ENTITY_EVENTS.names.index("kind")] for event in people.events], dtype=object)
    return people, {
        "records": len(found),
        "forces": found["force"].nunique(),
        "records_scored": len(found) if changed is None else len(changed),
        "links": people.n_links,
        "entities": people.assigned["entity_id"].nunique(),
        **{f"events_{kind.lower()}": int((kinds == kind).sum()) for kind in network.ENTITY_EVENT_KINDS},
    }


def _before(ctx: RunContext, night: date) -> "entities.Before":
    """People's members in the newest night before this one."""
    from pipelines.network.entities import entities

    known = ctx.lake.read(network.ENTITY_MEMBERS).where((F.col("night") < F.lit(night)) & (F.col("kind") == "PERSON"))
    newest = known.agg(F.max("night")).collect()[0][0]
    if newest is None:
        return entities.Before()
    columns = ["record_id", "entity_id", "record_hash", "links"]
    return entities.Before(known.where(F.col("night") == F.lit(newest)).select(*columns).toPandas())


def _model(ctx: RunContext, night: date) -> str | None:
    """The newest trained model up to the night, or None: the written priors."""
    known = ctx.lake.read(network.ENTITY_PARAMETERS).where(F.col("night") <= F.lit(night))
    newest = known.orderBy(F.col("night").desc()).limit(1).collect()
    return newest[0]["model"] if newest else None


def _undone(
    ctx: RunContext, night: date
) -> tuple[Sequence[File], list[dict[str, Any]], list[tuple[Any, ...]], list[str]]:
    """Requests to undo as files, the UNDO events that stand with what they undo, refusals, and files done with.

    A request about an event of tonight or later waits, so that a night run again gives the same.
    """
    from pipelines.network.entities import entities

    files = ctx.undo_inbox.read(night)
    events = ctx.lake.read(network.ENTITY_EVENTS).where(F.col("night") < F.lit(night))
    parsed = [(file, *undo.parsed(file)) for file in files]
    wanted = sorted({request.event_id for _, request, _ in parsed if request is not None})
    is_undo = F.col("kind") == "UNDO"
    undos = events.where(is_undo)
    referred = events.join(undos.select(F.col("undoes").alias("event_id")).distinct(), "event_id", how="left_semi")
    asked = events.where(F.col("event_id").isin(wanted)) if wanted else events.limit(0)
    found = {row["event_id"]: row.asDict() for row in reduce(DataFrame.unionByName, (undos, referred, asked)).collect()}
    refused, settled = [], []
    for file, request, why in parsed:
        if request is not None and request.event_id not in found:
            if _is_later(ctx, request.event_id, night):
                continue
            why = "event_id: no night before recorded such an event"
        settled.append(file.name)
        if request is None or why:
            refused.append(undo.refusal(file, why or "not readable", night))
        else:
            event = entities.undo_event(request, found[request.event_id], night)
            found[event["event_id"]] = event
    return files, _aware(found), refused, settled


def _is_later(ctx: RunContext, event_id: str, night: date) -> bool:
    events = ctx.lake.read(network.ENTITY_EVENTS)
    return not events.where((F.col("event_id") == event_id) & (F.col("night") >= F.lit(night))).isEmpty()


def _aware(found: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events with `decided_at` as an instant: Spark collects it without a zone."""
    return [
        {**e, "decided_at": e["decided_at"].astimezone() if e["decided_at"] is not None else None}
        for e in found.values()
    ]


ALL = [entities_and_edges]
