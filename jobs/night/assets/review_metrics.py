"""What the night can say about the reviewing: recall certificates, agreement, exposure, random and blind rows; and of
what forces leave untagged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.queues import review_metrics, sampling
from pipelines.reports import queue as reports_queue
from schemas import gold, review
from schemas.contract import Table

WAITS_FOR = (review.QUEUE_DRAWS, gold.DECISIONS)
WRITES = (review.RECALL_CERTIFICATES, review.REVIEW_FIGURES, review.TAG_RECORDING)


def certificates_and_figures(ctx: RunContext, night: date) -> Iterator[dg.MaterializeResult]:
    """Bound what is still hidden, and count how the reviewing went."""
    tonight = {"night": night.isoformat()}
    with progress.CURRENT.step("recall certificates and review metrics"):
        framed, _ = concurrency.run(
            lambda: _frame(ctx, night),
            lambda: ctx.lake.replace(_figures(ctx, night), review.REVIEW_FIGURES, tonight),
        )
        concurrency.run(
            lambda: ctx.lake.replace(_certificates(ctx, night, framed), review.RECALL_CERTIFICATES, tonight),
            lambda: ctx.lake.replace(_recording(ctx, night, framed), review.TAG_RECORDING, tonight),
        )
    yield from common.results(ctx, WRITES, night, {})


@dataclass(frozen=True)
class _Framed:
    """The night's frame: the day on which it was opened, its population, and what is known of it."""

    opened_on: date
    population: DataFrame
    frame: review_metrics.Frame


def _certificates(ctx: RunContext, night: date, framed: _Framed) -> DataFrame:
    from models.review import recall_certificates  # scikit-learn: seconds that definitions need not spend

    aim = ctx.settings.certificate
    frame = framed.frame
    before = {row.force: int(row.n_found) for row in frame.before.collect()}
    rows = recall_certificates.rows(
        frame.counts.toPandas(),
        frame.settled.toPandas(),
        frame.draws.toPandas(),
        before,
        recall_certificates.Aim(aim.target, aim.alpha),
    )
    fixed = {"night": night, "queue": reports_queue.QUEUE, "frame_on": framed.opened_on}
    return _table(ctx, review.RECALL_CERTIFICATES, [{**row, **fixed} for row in rows])


def _frame(ctx: RunContext, night: date) -> _Framed:
    known = ctx.known(night)
    opened_on, decisions = known.frame_opened_on(ctx.settings.certificate.frame_nights), known.decisions()
    population = concurrency.materialise_lazily(
        sampling.frame(ctx.lake.read(gold.REPORT_SCORES), decisions, opened_on, reports_queue.QUEUE)
    )
    frame = review_metrics.certified_frame(
        population, known.tonight(gold.REPORT_SCORES), decisions, known.until(review.QUEUE_DRAWS), opened_on,
        reports_queue.QUEUE,
    )  # fmt: skip
    return _Framed(opened_on, population, frame)


def _recording(ctx: RunContext, night: date, framed: _Framed) -> DataFrame:
    from models.review import tag_recording
    from models.text import vocabulary

    reports, people, investigations = ctx.known(night).reports()
    tagged = reports_queue.in_scope_tagged(reports, people, investigations)
    counts = review_metrics.recording(tagged, framed.population, reports, framed.frame, vocabulary.FAMILIES).toPandas()
    fixed = {"night": night, "queue": reports_queue.QUEUE}
    return _table(ctx, review.TAG_RECORDING, [{**row, **fixed} for row in tag_recording.rows(counts)])


def _figures(ctx: RunContext, night: date) -> DataFrame:
    from models.review import review_figures

    queue, cap = reports_queue.QUEUE, ctx.settings.exposure.cap_per_reviewer
    known = ctx.known(night)
    decisions, draws = known.until(gold.DECISIONS), known.until(review.QUEUE_DRAWS)
    rows = [
        *review_figures.of_agreement(
            review_metrics.agreement(decisions, queue).toPandas(), ctx.settings.night_seed(night)
        ),
        *review_figures.of_exposure(review_metrics.exposure(decisions, queue, cap).toPandas()),
        *review_figures.of_yields(review_metrics.yields(decisions, draws, queue).toPandas()),
    ]
    return _table(ctx, review.REVIEW_FIGURES, [{**row, "night": night, "queue": queue} for row in rows])


def _table(ctx: RunContext, table: Table, rows: list[dict[str, object]]) -> DataFrame:
    return ctx.spark.createDataFrame([tuple(row[name] for name in table.names) for row in rows], table.struct())


PIECE = common.Piece(tuple(common.spec(table, WAITS_FOR) for table in WRITES), certificates_and_figures)
