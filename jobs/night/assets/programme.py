"""The programme's own figures, of nights whose programme delivered. Others take no Spark action: what never came is
known by the tables that are not there."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.programme import recognition, totals
from schemas import gold
from schemas.programme import figures, records

WAITS_FOR = (*records.SILVER, gold.DECISIONS)


def figures_of_night(ctx: RunContext, night: date) -> Iterator[dg.MaterializeResult]:
    """Judge who was recognised and how far investigations reach, count the figures, and follow queues to outcomes."""
    known, tonight = ctx.known(night), {"night": night.isoformat()}
    absent = set(known.absent_programme_feeds())
    if absent == set(records.BY_FEED):
        progress.CURRENT.skip()
        yield from map(common.nothing, figures.TABLES)
        return
    with progress.CURRENT.step("figures of the programme"):
        concurrency.run(lambda: _cases(ctx, night, absent), lambda: _subjects(ctx, night, absent))
        counted = totals.counted(known.programme(), night)
        if counted is not None:
            ctx.lake.replace(counted, figures.PROGRAMME_FIGURES, tonight)
        if "case_outcomes" not in absent:
            outcomes = known.table(records.CASE_OUTCOMES)
            came = totals.queue_outcomes(known.until(gold.DECISIONS), outcomes, night)
            ctx.lake.replace(came, figures.QUEUE_OUTCOMES, tonight)
    yield from common.results(ctx, figures.TABLES, night, {})


def _cases(ctx: RunContext, night: date, absent: set[str]) -> None:
    if absent.isdisjoint(figures.NEEDS["cases"]):
        known = ctx.known(night)
        found = totals.footprints(known.table(records.CASE_RECORDS), known.table(records.CASE_AREAS), night)
        ctx.lake.replace(found, figures.CASE_FOOTPRINTS, {"night": night.isoformat()})


def _subjects(ctx: RunContext, night: date, absent: set[str]) -> None:
    if absent.isdisjoint(figures.NEEDS["subjects"]):
        known = ctx.known(night)
        found = recognition.recognised(known.table(records.CASE_SUBJECTS), known.table(records.MASTER_LIST), night)
        ctx.lake.replace(found, figures.SUBJECT_RECOGNITION, {"night": night.isoformat()})


PIECE = common.Piece(tuple(common.spec(table, WAITS_FOR) for table in figures.TABLES), figures_of_night)
