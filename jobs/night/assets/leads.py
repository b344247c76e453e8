"""Leads in communications data: every detector over the night's events, the table and its queue, in two writes."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.known import Known
from pipelines.common import concurrency
from pipelines.comms import leads
from pipelines.comms.leads import nightly_leads, queue
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
    if not ctx.known(night).has_any(silver.COMMS_EVENTS):  # no force sends any
        yield from common.nothing_came(ctx, night, contract.COMMS_LEADS, QUEUE)
        return
    thresholds = leads.Thresholds.of(values.model_dump(), ctx.settings.schedule.time_zone)
    with progress.CURRENT.step("detect communications leads"):
        known = _known(ctx.known(night))
        rows = nightly_leads.rows(known, night, thresholds, values.unassigned_force)
        by_detector, _ = concurrency.run(
            rows.groupBy("detector").count().orderBy("detector").collect,
            lambda: lake.replace(rows, contract.COMMS_LEADS, tonight),
        )
        counts = {row.detector: row["count"] for row in by_detector}
        _log(ctx, night, counts)
        items = queue.queue_items(
            rows, known.events, ctx.known(night).until(gold.DECISIONS), night,
            capacity=values.capacity, made_with=ctx.provenance((*READ, contract.COMMS_LEADS)),
        )  # fmt: skip
        lake.replace(items, gold.QUEUE_ITEMS, {**tonight, "queue": queue.QUEUE})
    yield common.result(ctx, contract.COMMS_LEADS, night, {"by detector": common.bars(counts, "leads")})
    yield common.queue_result(ctx, QUEUE, night)


def _known(known: Known) -> leads.Known:
    """What the detectors read; in memory what several of them do."""
    events, hidden = concurrency.materialise(known.usable_events(), known.hidden_numbers())
    people = known.table(silver.PEOPLE).select("person_id", "force", "phone")
    return leads.Known(
        events=events,
        hidden=hidden,
        cells=known.table(silver.COMMS_CELLS),
        authorisations=known.table(silver.COMMS_AUTHORISATIONS),
        people=concurrency.materialise_lazily(people),
        suspects=nightly_leads.suspects(known.table(silver.REPORT_PEOPLE), known.table(silver.INVESTIGATIONS)),
        episodes=known.table(silver.MISSING_EPISODES),
    )


def _log(ctx: RunContext, night: date, counts: dict[str, int]) -> None:
    """Communications data was joined with nominal records and missing episodes."""
    for table in (silver.PEOPLE, silver.MISSING_EPISODES):
        operations.leads_detected(ctx.audit, night, silver.COMMS_EVENTS.path, table.path, counts)


PIECE = common.Piece(
    (common.spec(contract.COMMS_LEADS, (*READ, gold.DECISIONS)), common.queue_spec(QUEUE, (*READ, gold.DECISIONS))),
    comms_leads,
)
