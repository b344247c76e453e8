"""The queue `keyword_hits`: messages of devices that hold words that were looked for, and one among the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook, queue_columns, queue_page
from jobs.pages.device import submission_page
from pipelines.device import queue as device_queue
from schemas import device
from schemas.errors import NotFoundError

Row = Mapping[str, Any]
N_AROUND = 6  # messages before and after an opened one


def _terms(line: queue_columns.Line) -> markup.Html:
    """Terms of a row; they are words of the list, not of the message, and are shown before it is opened."""
    terms = dict.fromkeys(reason["text"] for reason in line.row["reasons"] if reason["kind"] == "term")
    return markup.fill("queue", "words", text="", chips=[pages_html.chip(term) for term in terms])


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    several = sum(row["stratum"] == "SEVERAL_TERMS" for row in review.rows)
    return [(len(review.rows), "messages on this page"), (several, "with several terms"), queue_page.waiting(review)]


PAGE = queue_page.QueuePage(
    queue=device_queue.QUEUE,
    columns=(
        queue_columns.RANK,
        queue_columns.subject(
            "Message",
            lambda line: f"{line.row['details']['sender']}, {line.row['details']['sent_at']}",
            lambda row: f"{row['details']['app']} \N{MIDDLE DOT} {row['details']['submission_id']}",
            queue_columns.warnings,
            is_item_apart=True,
        ),
        queue_columns.Column("Terms", _terms),
        queue_columns.number("Copies", lambda row: row["details"]["n_copies"]),
    ),
    figures=_figures,
    group=lambda force, n: force,
    outcomes={
        "REFER": "it matters: say for whom and why",
        "NOT_CSAE": "read, and it is nothing of the kind that was looked for",
        "NEED_INFO": "cannot be decided yet; it comes back",
        "DEFER": "not now; it comes back",
    },
    next_steps=(
        "A word in a message is a reason to read it. It says nothing about whoever wrote or received it.",
        "Where a child may be at risk now, safeguarding comes first: refer before anything else.",
        "Decide in your name. A message that was decided is not asked again, on whichever device it is found.",
    ),
)


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> queue_page.Review | None:
    """The queue `keyword_hits` of a night; None where none is published."""
    try:
        return queue_page.open_queue(PAGE, session, night=night, force=force, reviewer=reviewer)
    except NotFoundError:
        return None


def open_message(opened: submission_page.Device, review: queue_page.Review | None, item: Row | None) -> markup.Html:
    """A message of the queue with its terms marked, between those before and after it. Starts the clock."""
    if review is None or item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    rows = opened.session.ctx.known(review.night).until(device.MESSAGES).where(~F.col("is_privileged"))
    chosen = opened.session.read_logged(
        rows.where(F.col("message_id") == F.lit(item["subject_id"])), "silver.device_messages", review.reviewer, limit=1
    )
    if not chosen:
        return pages_html.block(pages_html.notice("The message is no longer held.", "warn"))
    own = chosen[0]
    around = _around(opened, rows, own, review.reviewer)
    review.opened_at = datetime.now(UTC)
    return pages_html.block(
        submission_page.messages_table(around, opened=own["message_id"], terms=item["reasons"]),
        pages_html.remark("Marked: the terms that put it here. Above and below: the same conversation."),
    )


def _around(opened: submission_page.Device, rows: DataFrame, own: Row, reader: str) -> list[dict[str, Any]]:
    """The conversation around a message, itself in the middle."""
    same = F.col("submission_id").eqNullSafe(F.lit(own["submission_id"])) & F.col("file").eqNullSafe(F.lit(own["file"]))
    same = same & F.col("member").eqNullSafe(F.lit(own["member"])) & F.col("chat_id").eqNullSafe(F.lit(own["chat_id"]))
    chat, at = rows.where(same), F.lit(own["byte_from"])
    before = chat.where(F.col("byte_from") < at).orderBy(F.col("byte_from").desc()).limit(N_AROUND)
    after = chat.where(F.col("byte_from") > at).orderBy("byte_from").limit(N_AROUND)
    near = opened.session.read_logged(before.unionByName(after), "messages around one of the queue", reader)
    return sorted([*near, dict(own)], key=lambda row: row["byte_from"])
