"""Leads in communications data: every detector over the night's events, the table and its queue, in two writes."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import known as known_nights
from jobs.runtime import progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import as_of, concurrency
from pipelines.comms import leads
from pipelines.comms.leads import queue
from schemas import gold, silver
from schemas import leads as contract

READ = (
    silver.COMMS_EVENTS, silver.COMMS_CELLS, silver.COMMS_AUTHORISATIONS, silver.PEOPLE, silver.REPORT_PEOPLE,
    silver.INVESTIGATIONS, silver.MISSING_EPISODES,
)  # fmt: skip
QUEUE = common.QueuePart("comms_lead_queue", (queue.QUEUE,), "The queue of leads in communications data")


def comms_leads(ctx: RunContext, night: date) -> Iterator[dg.MaterializeResult]:
    """Look for every pattern in what the night knows; publish what is worth a look."""
    lake, values, tonight = ctx.lake, ctx.settings.leads, {"night": night.isoformat()}
    given = leads.Thresholds.of(values.model_dump(), ctx.settings.schedule.time_zone)
    with progress.CURRENT.step("detect communications leads"):
        known = {t.path: as_of.current(lake.read(t), t.key, night) for t in READ if t not in silver.GATED}
        events, hidden = concurrency.materialise(
            known_nights.usable_events(ctx, night), known_nights.hidden_numbers(ctx, night)
        )
        rows = _rows(ctx, night, known, events, hidden, given)
        by_detector, _ = concurrency.run(
            rows.groupBy("detector").count().orderBy("detector").collect,
            lambda: lake.replace(rows, contract.COMMS_LEADS, tonight),
        )
        counts = {row.detector: row["count"] for row in by_detector}
        _log(ctx, night, counts)
        items = queue.queue_items(
            rows, events, lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night)), night,
            capacity=values.capacity, made_with=ctx.provenance((*READ, contract.COMMS_LEADS)),
        ).localCheckpoint(eager=False)  # fmt: skip
        lake.replace(items, gold.QUEUE_ITEMS, {**tonight, "queue": queue.QUEUE})
    yield common.result(ctx, contract.COMMS_LEADS, night, {"by detector": common.bars(counts, "leads")})
    yield common.queue_result(ctx, QUEUE, night)


def _rows(
    ctx: RunContext,
    night: date,
    known: Mapping[str, DataFrame],
    events: DataFrame,
    hidden: DataFrame,
    given: leads.Thresholds,
) -> DataFrame:
    """Rows of gold.comms_leads as of a night, computed. `events` may be used; `hidden` numbers are left out of it."""
    if events.isEmpty():
        return ctx.spark.createDataFrame([], contract.COMMS_LEADS.struct())
    people = known[silver.PEOPLE.path].select("person_id", "force", "phone").localCheckpoint(eager=False)
    material = leads.Known(
        events=events,
        hidden=hidden,
        cells=known[silver.COMMS_CELLS.path],
        authorisations=known[silver.COMMS_AUTHORISATIONS.path],
        people=people,
        suspects=_suspects(known),
        episodes=known[silver.MISSING_EPISODES.path],
    )
    (use,) = concurrency.materialise(leads.used(material, given))
    limits: dict[str, Any] = {"min_score": given.min_score, "unassigned": ctx.settings.leads.unassigned_force}
    found = leads.candidates(material, use, given)
    return concurrency.materialise(queue.comms_leads(found, use, people, night, **limits))[0]


def _suspects(known: Mapping[str, DataFrame]) -> DataFrame:
    """Who is a suspect in a report or an investigation."""
    named = [
        known[table.path].where("role = 'SUSPECT'").select("person_id")
        for table in (silver.REPORT_PEOPLE, silver.INVESTIGATIONS)
    ]
    return named[0].unionByName(named[1]).distinct()


def _log(ctx: RunContext, night: date, counts: dict[str, int]) -> None:
    """Communications data was joined with nominal records and missing episodes."""
    for table in (silver.PEOPLE, silver.MISSING_EPISODES):
        operations.leads_detected(ctx.audit, night, silver.COMMS_EVENTS.path, table.path, counts)


PIECE = common.Piece(
    (common.spec(contract.COMMS_LEADS, (*READ, gold.DECISIONS)), common.queue_spec(QUEUE, (*READ, gold.DECISIONS))),
    comms_leads,
)
