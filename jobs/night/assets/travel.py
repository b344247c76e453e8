"""Flights: who of the people looked for may be on one, and the queue `travel`."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.known import Known
from pipelines.common import concurrency
from pipelines.travel import nightly_matches
from pipelines.travel import queue as travel_queue
from schemas import gold, network, silver
from schemas import travel as contract

COMPARED = (
    *(contract.PASSENGERS, contract.FLIGHTS),
    *(silver.PEOPLE, silver.INVESTIGATIONS, silver.MISSING_EPISODES),
)
READ = (*COMPARED, silver.COMMS_EVENTS, silver.COMMS_AUTHORISATIONS)
WAITS_FOR = (*READ, network.ENTITY_MEMBERS, gold.DECISIONS)
QUEUE = common.QueuePart("travel_queue", (travel_queue.QUEUE,), "The queue of people looked for on flights")


def passenger_matches(ctx: RunContext, night: date) -> Iterator[dg.MaterializeResult]:
    """Compare the people looked for with the passenger lists, write what may be them, and publish what is likely."""
    tonight = {"night": night.isoformat()}
    if not ctx.known(night).has_any(contract.PASSENGERS):  # no carrier sends any
        yield from common.nothing_came(ctx, night, contract.MATCHES, QUEUE)
        return
    with progress.CURRENT.step("match passengers"):
        matches = matches_of(ctx, night)
        _, by_kind = concurrency.run(
            lambda: ctx.lake.replace(matches, contract.MATCHES, tonight),
            matches.groupBy("kind").count().orderBy("kind").collect,
        )
        counts = {row.kind: row["count"] for row in by_kind}
        _log(ctx, night, counts)
        items = travel_queue.queue_items(
            matches,
            ctx.known(night).until(gold.DECISIONS),
            ctx.settings.capacity(),
            night,
            recent_days=ctx.settings.travel.recent_days,
            made_with=ctx.provenance((*READ, network.ENTITY_MEMBERS, contract.MATCHES, gold.DECISIONS)),
        )
        ctx.lake.replace(items, gold.QUEUE_ITEMS, {**tonight, "queue": travel_queue.QUEUE})
    yield common.result(ctx, contract.MATCHES, night, {"by kind": common.bars(counts, "matches kept")})
    yield common.queue_result(ctx, QUEUE, night)


def matches_of(ctx: RunContext, night: date) -> DataFrame:
    """Rows of gold.travel_matches as of a night, computed."""
    known = ctx.known(night)
    compared = nightly_matches.Known(
        passengers=known.table(contract.PASSENGERS),
        flights=known.table(contract.FLIGHTS),
        people=known.table(silver.PEOPLE),
        investigations=known.table(silver.INVESTIGATIONS),
        episodes=known.table(silver.MISSING_EPISODES),
        events=known.usable_events(),
        resolved=_resolved(known),
    )
    return nightly_matches.rows(compared, nightly_matches.Rules.of(dict(ctx.settings.travel)), night)


def _resolved(known: Known) -> DataFrame:
    """Which record of a person is which resolved entity, as of the night; empty where nothing was resolved."""
    members = known.tonight(network.ENTITY_MEMBERS).where("kind = 'PERSON'")
    return members.select(F.col("record_id").alias("person_id"), F.col("entity_id").alias("subject_id"))


def _log(ctx: RunContext, night: date, counts: dict[str, int]) -> None:
    """Intelligence met passenger lists, and for silent phones communications data: a combination each."""
    operations.travel_matched(ctx.audit, night, counts)
    if silent := counts.get("PHONE_GAP", 0):
        operations.silent_phones_matched(ctx.audit, night, {"PHONE_GAP": silent})


PIECE = common.Piece(
    (common.spec(contract.MATCHES, WAITS_FOR), common.queue_spec(QUEUE, WAITS_FOR)),
    passenger_matches,
)
