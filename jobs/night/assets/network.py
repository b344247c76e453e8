"""Gold, the network: who and what is one and the same, and what ties them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.decisions.decision import File
from pipelines.network.edges import kinds as edge_kinds
from pipelines.network.entities import nominals, undo
from schemas import bronze, network, silver

if TYPE_CHECKING:
    from pipelines.network.entities import entities, undo_requests

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
    from pipelines.network.entities import entities, resolve

    with progress.CURRENT.step("resolve people"):
        current = ctx.known(night).table(silver.PEOPLE)
        (records,), before, (files, undo_asked) = concurrency.run(
            lambda: concurrency.materialise(nominals.records(current)),
            lambda: _before(ctx, night),
            lambda: _undo_requests(ctx, night),
        )
        rules = resolve.Rules(**dict(ctx.settings.entities))
        people, counts = resolve.people(records, before, undo_asked.events, _model(ctx, night), rules, night)
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
            n_refused = len(undo_asked.refused)
            taken_in = {"taken in": len(undo_asked.files) - n_refused, "refused": n_refused}
            operations.undo_requests_taken_in(ctx.audit, night, taken_in, undo_asked.files)
            rows = ctx.spark.createDataFrame(undo_asked.refused, bronze.QUARANTINE.struct())
            lake.replace(rows, bronze.QUARANTINE, {**tonight, "stage": undo.STAGE})
        ctx.undo_inbox.settle(night, undo_asked.files)
    with progress.CURRENT.step("build edges"):
        tables = _tables(ctx, night)
        pieces = concurrency.materialise_lazily(edges.judged(edges.evidence(tables, night), members, persons, night))
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
        silver.COMMS_EVENTS.path: ctx.known(night).usable_events(),
        silver.COMMS_SUBSCRIBERS.path: ctx.known(night).usable_subscribers(),
    }
    return {**tables, **usable}


def _counts(pieces: DataFrame) -> list[Any]:
    """Evidence by kind and refusal: a row per kind and reason."""
    return pieces.groupBy("kind", "refusal").agg(F.count("*").alias("n")).orderBy("kind", "refusal").collect()


def _before(ctx: RunContext, night: date) -> "entities.Before":
    """People's members in the newest night before this one."""
    from pipelines.network.entities import entities

    is_person = F.col("kind") == "PERSON"
    newest = ctx.known(night - timedelta(days=1)).newest(network.ENTITY_MEMBERS, is_person)
    if newest is None:
        return entities.Before()
    columns = ["record_id", "entity_id", "record_hash", "links"]
    members = ctx.known(newest).tonight(network.ENTITY_MEMBERS).where(is_person)
    return entities.Before(members.select(*columns).toPandas())


def _model(ctx: RunContext, night: date) -> str | None:
    """The newest trained model up to the night, or None: the written priors."""
    newest = ctx.known(night).until(network.ENTITY_PARAMETERS).orderBy(F.col("night").desc()).limit(1).collect()
    return newest[0]["model"] if newest else None


def _undo_requests(ctx: RunContext, night: date) -> tuple[Sequence[File], "undo_requests.Settled"]:
    """Requests to undo as files, and what becomes of each."""
    from pipelines.network.entities import undo_requests

    files = ctx.undo_inbox.read(night)
    before = ctx.known(night).before(network.ENTITY_EVENTS)
    everything = ctx.lake.read(network.ENTITY_EVENTS)
    return files, undo_requests.settle(files, before, everything, night)


ALL = [entities_and_edges]
