"""The page of a queue: one for all of them, told apart by a declaration.

A queue declares its columns in their order, its figures, what its outcomes mean and what happens next. All else is the
same in every queue: who may see what, order, which row is open or decided, item numbers, reasons, the decision.
Rows come by `session.read_logged`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook, queue_columns, report_html
from jobs.runtime.inbox import port
from jobs.training import reorder as reports_reorder
from pipelines.decisions.decision import Decision
from pipelines.queues import settled
from schemas import codes, gold, review
from schemas.errors import NotFoundError

Row = Mapping[str, Any]
Reorder = Callable[[notebook.NotebookSession, date, DataFrame, Sequence[Decision]], reports_reorder.Order]

OUTCOMES = {
    "TAG_ADDED": "it is CSAE: the force is asked to add the tag you name",
    "NOT_CSAE": "read, and it is not CSAE",
    "ALREADY_TAGGED": "the force's system has the tag already",
    "REFER": "for someone else to decide; say whom in your reason",
    "NEED_INFO": "cannot be decided yet; it comes back",
    "DEFER": "not now; it comes back",
}


@dataclass(frozen=True)
class QueuePage:
    """Declaration of one queue's page.

    Attributes:
        queue: name in `gold.queue_items`.
        columns: in the order in which they are shown.
        figures: what stands at the top of the page after the night, each with what it counts.
        group: the line above the rows of a force, from its name and the number of its rows; None for no such line.
        outcomes: the outcomes that can be chosen, and what each does.
        next_steps: what becomes of decisions.
        outcome_widget: widget with the outcome, cleared once it is recorded.
    """

    queue: str
    columns: tuple[queue_columns.Column, ...]
    figures: Callable[[Review], Sequence[tuple[Any, str]]]
    next_steps: tuple[str, ...]
    group: Callable[[str, int], str] | None = None
    outcomes: Mapping[str, str] = field(default_factory=lambda: OUTCOMES)
    outcome_widget: str = "outcome"


@dataclass
class Review:
    """One reviewer before one queue of one night. `order` says so where the order is not the night's own."""

    page: QueuePage
    session: notebook.NotebookSession
    queue: str
    night: date
    force: str | None
    reviewer: str
    is_blind: bool
    rows: list[dict[str, Any]]
    counts: list[dict[str, Any]]
    members: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    handed_in: set[str] = field(default_factory=set)
    order: str = ""
    opened_at: datetime | None = None

    def members_of(self, item: Row | None) -> list[dict[str, Any]]:
        """Near-duplicates that an item stands for, the most similar first."""
        near_duplicates = [m for m in self.members if item is not None and m["shown_item_id"] == item["item_id"]]
        return sorted(near_duplicates, key=lambda m: (-m["similarity"], m["subject_id"]))

    @property
    def is_over_cap(self) -> bool:
        """The reviewer has decided on as many items since the last night as the settings allow."""
        return len(self.handed_in) >= self.session.ctx.settings.exposure.cap_per_reviewer

    @property
    def is_text_masked(self) -> bool:
        """Words of rows are shown when opened, not before."""
        return self.session.ctx.settings.exposure.is_text_masked

    @property
    def marking(self) -> str:
        """Highest marking of what the page shows."""
        return max((row["marking"] for row in self.rows), key=codes.MARKINGS.index, default=codes.MARKINGS[0])

    def pick(self, item_id: str = "") -> dict[str, Any] | None:
        """The item named, else the first that nobody has decided on, else the first; None in an empty queue.

        Raises:
            LookupError: the queue does not hold the item named.
        """
        if item_id:
            named = [row for row in self.rows if row["item_id"] == item_id]
            if not named:
                raise LookupError(f"the queue of {self.night} does not hold an item {item_id!r}")
            return named[0]
        undecided = [row for row in self.rows if row["item_id"] not in self.waiting]
        return next(iter(undecided or self.rows), None)


def open_queue(
    page: QueuePage,
    session: notebook.NotebookSession,
    *,
    night: str = "",
    force: str = "",
    reviewer: str = "",
    is_blind: bool = False,
    limit: int = 50,
    reorder: Reorder | None = None,
) -> Review:
    """The top `limit` rows of each force's queue, with title and tags of the report as published.

    A blind queue comes in the order of its items' ids, so that the place in it says nothing. What the reviewer has read
    before in the same wording is left out: a second reading is somebody else's.

    Args:
        reorder: gives rows other places, by item id, once decisions wait; of a blind queue it is not asked.

    Raises:
        LookupError: nothing is published yet.
        ValueError: `night` is not a date.
    """
    queue = page.queue
    day = date.fromisoformat(night) if night else newest(session, queue)
    who = session.user(reviewer)
    shown = session.ctx.known(day).tonight(gold.QUEUE_ITEMS).where(F.col("queue") == queue)
    if force:
        shown = shown.where(F.col("force") == force)
    own = session.table("gold.decisions").where(
        (F.col("queue") == queue) & (F.lower(F.trim("reviewer")) == _folded(who))
    )
    own = settled.settled(own).select("subject_id", "text_hash").distinct()
    shown = shown.join(own, ["subject_id", "text_hash"], how="left_anti").select(*shown.columns)
    on_what = f"gold.queue_items queue={queue} night={day.isoformat()} force={force or 'all'}"
    counted = shown.groupBy("force", "stratum").agg(F.count("*").alias("n"))
    counts = session.read_logged(counted, f"{on_what} counts", who)
    waiting = session.waiting()
    ordered = reorder(session, day, shown, waiting) if reorder and not is_blind else reports_reorder.Order()
    if ordered.ranks:
        shown = _placed(shown, ordered.ranks)
    order = ["item_id"] if is_blind else ["force", "rank"]
    rows = session.read_logged(
        shown.where(F.col("rank") <= limit).orderBy(*order), on_what, who, why="blind" if is_blind else None
    )
    rows = [{**row, **_about(row["details"])} for row in rows]
    return Review(
        page, session, queue, day, force or None, who, is_blind, rows, counts, _members(session, rows, queue, day, who),
        {d.item_id: d.outcome for d in waiting}, {d.item_id for d in waiting if _folded(d.reviewer) == _folded(who)},
        ordered.why,
    )  # fmt: skip


def _placed(shown: DataFrame, ranks: Mapping[str, int]) -> DataFrame:
    """`shown` with other ranks."""
    placed = shown.sparkSession.createDataFrame(list(ranks.items()), "item_id string, _rank int")
    ranked = shown.join(F.broadcast(placed), ["item_id"], how="left").withColumn("rank", F.coalesce("_rank", "rank"))
    return ranked.select(*shown.columns)


def open_if_published(
    page: QueuePage, session: notebook.NotebookSession, *, night: str, force: str, reviewer: str, limit: int = 50
) -> Review | None:
    """As `open_queue`; None where no such queue is published."""
    try:
        return open_queue(page, session, night=night, force=force, reviewer=reviewer, limit=limit)
    except NotFoundError:
        return None


def _folded(person: str) -> str:
    return person.strip().lower()


def _members(
    session: notebook.NotebookSession, rows: Sequence[Row], queue: str, day: date, who: str
) -> list[dict[str, Any]]:
    """Near-duplicates that the rows of the page stand for."""
    ids = [row["item_id"] for row in rows]
    near_duplicates = session.ctx.known(day).tonight(review.QUEUE_NEAR_DUPLICATES)
    members = near_duplicates.where((F.col("queue") == queue) & F.col("shown_item_id").isin(ids))
    return session.read_logged(members, f"gold.queue_near_duplicates queue={queue} night={day.isoformat()}", who)


def _about(details: Mapping[str, str]) -> dict[str, Any]:
    """Title and tags as the queue published them: no other table is read to list it."""
    tags = details.get("tags", "")
    return {"title": details.get("title"), "tags": tags.split(", ") if tags else []}


def newest(session: notebook.NotebookSession, queue: str) -> date:
    """Night of the newest queue.

    Raises:
        NotFoundError: nothing is published yet.
    """
    night = session.ctx.known().newest(gold.QUEUE_ITEMS, F.col("queue") == queue)
    if night is None:
        raise NotFoundError("no queue is published yet: run a night first")
    return night


def header(review: Review) -> markup.Html:
    """Figures at the top of the page, and whose order it is where it is not the night's."""
    night = (review.night.strftime("%a %d %b %Y"), "night of the queue")
    said = [pages_html.notice(review.order)] if review.order else []
    return pages_html.block(pages_html.cards([night, *review.page.figures(review)]), *said)


def waiting(review: Review) -> tuple[int, str]:
    """The figure of decisions handed in since the last night."""
    return (len(review.waiting), "decisions wait for the night")


def table(review: Review, opened: Row | None) -> markup.Html:
    """The queue: the columns that its page declares, the opened row and decided ones marked."""
    if not review.rows:
        return pages_html.block(pages_html.notice("Nothing is queued for this night and force."))
    columns = [column for column in review.page.columns if column.is_blind or not review.is_blind]
    opened_id = opened["item_id"] if opened else None
    in_force = Counter(row["force"] for row in review.rows)
    lines, force = [], None
    for line in (_line(row, review, opened_id) for row in review.rows):
        group = None
        if review.page.group and not review.is_blind and line.row["force"] != force:
            force = line.row["force"]
            group = review.page.group(pages_html.force_name(force), in_force[force])
        lines.append({"group": group, "state": line.state, "cells": [column.cell(line) for column in columns]})
    return pages_html.block(markup.fill("queue", "table", headings=[column.heading for column in columns], lines=lines))


def _line(row: Row, review: Review, opened_id: str | None) -> queue_columns.Line:
    outcome, is_open = review.waiting.get(row["item_id"]), row["item_id"] == opened_id
    is_covered = review.is_text_masked and not is_open and outcome is None
    return queue_columns.Line(row, outcome, is_open, is_covered, len(review.members_of(row)))


def trace(item: Row | None) -> markup.Html:
    """Origin of the opened row."""
    return pages_html.block(report_html.trace(item)) if item else markup.join()


def decide(
    review: Review,
    item: Row | None,
    outcome: str,
    *,
    tag: str = "",
    reason_code: str = "",
    free_text: str = "",
    second_reviewer: str = "",
) -> markup.Html:
    """Hand in the decision, if an outcome is chosen; says what was recorded, or what is missing."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to decide on."))
    outcomes = pages_html.table(("Outcome", "Means"), list(review.page.outcomes.items()))
    if not outcome:
        return pages_html.block(outcomes, pages_html.notice("No outcome is chosen, so nothing was recorded."))
    if outcome not in review.page.outcomes:
        refusal = f"{outcome} is no outcome of this queue; choose one of {', '.join(review.page.outcomes)}."
        return pages_html.block(pages_html.notice(refusal, "warn"))
    if review.opened_at is None:
        return pages_html.block(pages_html.notice("Open the item first: a decision is on what was read.", "warn"))
    try:
        decision_id = review.session.decide(
            item,
            outcome,
            reviewer=review.reviewer,
            opened_at=review.opened_at,
            tag=tag,
            reason_code=reason_code,
            free_text=free_text,
            second_reviewer=second_reviewer,
            is_score_hidden=review.is_blind,
        )
    except port.AlreadySubmittedError:
        return pages_html.block(pages_html.notice("This decision was recorded before; nothing was added."))
    except ValueError as error:
        return pages_html.block(outcomes, pages_html.notice(f"Nothing was recorded: {error}", "warn"))
    review.waiting[item["item_id"]] = outcome
    review.handed_in.add(item["item_id"])
    review.session.clear_widget(review.page.outcome_widget)
    text = f"Recorded: {outcome} on {item['subject_id']} by {review.reviewer}. Decision {decision_id}."
    return pages_html.block(pages_html.notice(text, "good"))


def next_steps(review: Review) -> markup.Html:
    """Consequences of decisions."""
    logged = f"That {review.reviewer} looked is in the log of processing."
    return pages_html.block(pages_html.steps([*review.page.next_steps, logged]))
