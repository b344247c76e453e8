"""The rest of a day's queue in the order of what its answers teach, while the decisions still wait for the night.

Only rows that were published with a score and are not answered yet change places, among the places that they hold.
Rows without a score (drawn by chance, blind, second readings) stay where the night put them, so their places tell as
little as before; which rows there are, what chance drew and with which probability is the night's and is not touched.
Scores and reasons that are shown stay those of the published version, which is what a decision names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.context import RunContext
from jobs.training import learning
from pipelines.decisions.decision import Decision
from pipelines.reports import queue as reports_queue
from schemas import codes, review

if TYPE_CHECKING:
    from models.training import reorder

Answers = dict[tuple[str, str | None], bool]


@dataclass(frozen=True)
class Order:
    """Places of a queue's rows by item id; empty where the night's own hold. `why` says which of the two, and why."""

    ranks: Mapping[str, int] = field(default_factory=dict)
    why: str = ""


@dataclass
class Day:
    """What stays the same over a day: who may be learnt from, and who stands for whom. Read once per session."""

    learner: reorder.Learner
    behind: Mapping[str, list[tuple[str, str | None]]]  # item id to ids and hashes of its near-duplicates


def reordered(
    ctx: RunContext, night: date, shown: DataFrame, waiting: Sequence[Decision], days: dict[tuple[date, str], Day]
) -> Order:
    """The order of `shown` once the waiting answers are learnt.

    Args:
        shown: rows of gold.QUEUE_ITEMS of one night's queue of reports.
        waiting: decisions that the night has not taken in, in the order in which they were made.
        days: what this session read before; filled.
    """
    given = _answers(waiting)
    if not (ctx.settings.review.is_reordered and given):
        return Order()
    from models.registry import registry
    from models.serving import artefact

    if not registry.Registry.exist(ctx.settings.mlflow):
        return Order()
    columns = ("item_id", "force", "rank", "subject_id", "score", "model_version")
    rows = [row.asDict() for row in shown.select(*columns).orderBy("force", "rank").collect()]
    versions = {row["model_version"] for row in rows if row["score"] is not None}
    if len(versions) != 1:
        return Order()
    try:
        day = _day(ctx, night, versions.pop(), days)
    except (TypeError, registry.RegistryError, artefact.ModelRefusedError) as error:
        return Order(why=f"The order is that of the night: {error}.")
    return _order(day, rows, given)


def _answers(waiting: Sequence[Decision]) -> list[Decision]:
    return [d for d in waiting if d.queue == reports_queue.QUEUE and d.outcome in codes.LABELLING_OUTCOMES]


def _order(day: Day, rows: Sequence[Mapping[str, Any]], given: Sequence[Decision]) -> Order:
    from models.training import reorder

    answers: Answers = {}
    for decision in given:  # the newest last; one on a near-duplicate itself wins over what stood for it
        is_csae = codes.LABELLING_OUTCOMES[decision.outcome]
        for report, text_hash in day.behind.get(decision.item_id, []):
            answers[report, text_hash] = is_csae
        answers[decision.subject_id, decision.text_hash] = is_csae
    answered = {decision.item_id for decision in given}
    open_ones = [row for row in rows if row["score"] is not None and row["item_id"] not in answered]
    left_out = [report for row in open_ones for report, _ in day.behind.get(row["item_id"], [])]
    scores = day.learner.scores([row["subject_id"] for row in open_ones], answers, left_out)
    if scores is None:
        return Order()
    by_item = dict(zip((row["item_id"] for row in open_ones), scores.tolist(), strict=True))
    ranks: dict[str, int] = {}
    for force in dict.fromkeys(row["force"] for row in rows):
        own = [row for row in rows if row["force"] == force]
        placed = reorder.places([row["rank"] for row in own], [by_item.get(row["item_id"]) for row in own])
        ranks |= dict(zip((row["item_id"] for row in own), placed, strict=True))
    n = len(answered)
    return Order(ranks, f"{n} answer{'s' if n != 1 else ''} of today put what is left in order again.")


def _day(ctx: RunContext, night: date, version: str, days: dict[tuple[date, str], Day]) -> Day:
    if (night, version) not in days:
        from models.training import reorder

        pipeline = ctx.registry.load(ctx.settings.training.model, version).load()
        frame = learning.reports(ctx, night, ctx.settings.training.max_reports)
        mine = ctx.known(night).tonight(review.QUEUE_NEAR_DUPLICATES).where(F.col("queue") == reports_queue.QUEUE)
        behind: dict[str, list[tuple[str, str | None]]] = {}
        for row in mine.select("shown_item_id", "subject_id", "text_hash").collect():
            behind.setdefault(row.shown_item_id, []).append((row.subject_id, row.text_hash))
        days[night, version] = Day(reorder.Learner(pipeline, frame), behind)
    return days[night, version]
