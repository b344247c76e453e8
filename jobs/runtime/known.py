"""What a night knows: its scope, the decisions up to it with what they cover, and the nights before it."""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.context import RunContext
from pipelines.common import as_of
from pipelines.network.risk import scores as risk_scores
from pipelines.queues import near_duplicates
from pipelines.reports import queue as reports_queue
from schemas import gold, network, review, silver
from schemas.errors import NotFoundError

READ = (silver.REPORTS, silver.REPORT_PEOPLE, silver.INVESTIGATIONS)
EPOCH = date(2020, 1, 1)  # frames of certificates are counted from here


def current(ctx: RunContext, night: date) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Reports, who is named in them, and investigations, as of a night."""
    reports, people, investigations = (as_of.current(ctx.lake.read(table), table.key, night) for table in READ)
    return reports, people, investigations


def scope(ctx: RunContext, night: date) -> DataFrame:
    """Reports without a CSAE tag that are in scope, as of a night."""
    return reports_queue.in_scope(*current(ctx, night))


def training_reports(ctx: RunContext, night: date) -> DataFrame:
    """Every report known in a night, labelled by tag and decisions."""
    reports, people, _ = current(ctx, night)
    return reports_queue.training_reports(reports, people, decisions(ctx, night))


def decisions(ctx: RunContext, night: date) -> DataFrame:
    """gold.DECISIONS up to a night, each for the near-duplicates too that it covers."""
    known = ctx.lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night))
    covered = ctx.lake.read(review.QUEUE_NEAR_DUPLICATES).where(F.col("night") < F.lit(night))
    return near_duplicates.with_near_duplicates(known, covered)


def scored_alike(ctx: RunContext, night: date, model_version: str) -> date | None:
    """The last complete night before this one, if the same model and code scored it; else everything is scored anew."""
    before = ctx.lake.read(gold.RUN_MANIFEST).where(F.col("night") < F.lit(night))
    last = before.orderBy(F.col("night").desc()).limit(1).collect()
    if last and (last[0].model_version, last[0].code_commit) == (model_version, ctx.code_commit):
        return date.fromisoformat(str(last[0].night))
    return None


def frame_opened_on(ctx: RunContext, night: date, frame_nights: int) -> date:
    """The first complete night of the period of `frame_nights` days that a night lies in, or the night itself."""
    start = EPOCH + timedelta(days=(night - EPOCH).days // frame_nights * frame_nights)
    mine = (F.col("night") >= F.lit(start)) & (F.col("night") < F.lit(night))
    first = ctx.lake.read(gold.RUN_MANIFEST).where(mine).agg(F.min("night")).collect()[0][0]
    return night if first is None else date.fromisoformat(str(first))


def newest(ctx: RunContext) -> date:
    """Night of the newest published queue.

    Raises:
        NotFoundError: nothing was published yet.
    """
    found = ctx.lake.read(gold.RUN_MANIFEST).agg(F.max("night")).collect()[0][0]
    if found is None:
        raise NotFoundError("No night has run yet. Run `nightjar nightly` first.")
    return date.fromisoformat(str(found))


def of_risk(ctx: RunContext, night: date) -> risk_scores.Known:
    """Everything the risk reads, as known on `night`."""
    lake, of_night = ctx.lake, F.col("night") == F.lit(night)
    scores = lake.read(gold.REPORT_SCORES).where(of_night)
    use_scores = ctx.settings["risk"]["seeds"]["use_unreviewed_scores"]
    return risk_scores.Known(
        night=night,
        **{
            name: lake.read(table).where(of_night)
            for name, table in (
                ("entities", network.ENTITIES), ("members", network.ENTITY_MEMBERS), ("edges", network.EDGES),
            )
        },
        **{
            name: as_of.current(lake.read(table), table.key, night)
            for name, table in (
                ("reports", silver.REPORTS), ("report_people", silver.REPORT_PEOPLE),
                ("episodes", silver.MISSING_EPISODES),
            )
        },
        decisions=lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night)),
        scores=scores if use_scores else None,
    )  # fmt: skip
