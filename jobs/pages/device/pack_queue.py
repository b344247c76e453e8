"""The queue `victim_pack`: accounts of children on a device, and the decision to hand a pack to the child's force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import functions as F

from jobs.output import packs as pack_files
from jobs.pages import html as pages_html
from jobs.pages import markup, notebook, queue_columns, queue_page
from jobs.pages.device import submission_page
from pipelines.device.packs import queue as pack_queue
from pipelines.device.packs import tables
from schemas import device

Row = Mapping[str, Any]


def _leads(line: queue_columns.Line) -> markup.Html:
    told = [reason["text"] for reason in line.row["reasons"] if not queue_columns.is_flag(reason)]
    chips = [pages_html.chip(text) for text in told[: queue_columns.N_CHIPS]]
    return markup.fill("queue", "words", text="", chips=chips)


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    confirmed = sum(row["details"]["status"] == "address_confirmed" for row in review.rows)
    return [
        (len(review.rows), "accounts of children"), (confirmed, "with a confirmed address"),
        (sum(row["details"]["status"] == "line_of_enquiry" for row in review.rows), "with something to follow"),
        queue_page.waiting(review),
    ]  # fmt: skip


PAGE = queue_page.QueuePage(
    queue=pack_queue.QUEUE,
    columns=(
        queue_columns.RANK,
        queue_columns.subject(
            "Account", lambda line: line.row["details"]["account"], lambda row: row["details"]["submission_id"],
            queue_columns.warnings, is_item_apart=True,
        ),
        queue_columns.Column("What is known", _leads),
        queue_columns.words("Goes to", lambda row: pack_files.to_whom(row["details"]["to_force"])),
        queue_columns.number("Sources", lambda row: row["details"]["n_sources"]),
    ),
    figures=_figures,
    group=lambda force, n: force,
    outcomes={
        "REFER": "hand the pack out: say why; what is known of an address by your own enquiry goes first, as"
        " “Address confirmed: house and road, postcode”",
        "NOT_CSAE": "not a child's account, or no concern",
        "NEED_INFO": "cannot be decided yet; it comes back",
        "DEFER": "not now; it comes back",
    },
    outcome_widget="pack_outcome",
    next_steps=(
        "Where a child may be at risk now, safeguarding comes first: ring the force before anything else.",
        "REFER: the next night writes the pack as a document into the exports of the force named. Nothing is sent.",
        "A claim or account that is found later asks again; the same claim in another message does not.",
    ),
)  # fmt: skip


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> queue_page.Review | None:
    """The queue `victim_pack` of a night; None where none is published."""
    return queue_page.open_if_published(
        PAGE, session, night=night, force=force, reviewer=reviewer, limit=notebook.MAX_ROWS
    )


def items_of(opened: submission_page.Device, review: queue_page.Review | None) -> list[dict[str, Any]]:
    """The queue's items of the submission on the page, in the queue's order."""
    rows = review.rows if review else []
    return [row for row in rows if row["details"]["submission_id"] == opened.id]


def item_of(opened: submission_page.Device, review: queue_page.Review | None, item: str = "") -> dict[str, Any] | None:
    """The item named, else the first of the submission that nobody has decided on; None where the queue has none.

    Raises:
        LookupError: the queue asks about no such item of the submission.
    """
    rows = items_of(opened, review)
    if item:
        named = [row for row in rows if row["item_id"] == item]
        if not named:
            raise LookupError(f"the queue asks about no item {item!r} of this submission")
        return named[0]
    waiting = review.waiting if review else {}
    undecided = [row for row in rows if row["item_id"] not in waiting]
    return next(iter(undecided or rows), None)


def open_item(opened: submission_page.Device, review: queue_page.Review | None, item: Row | None) -> markup.Html:
    """One account as its pack would show it: what is told, by whom, where, and what is missing. Starts the clock."""
    if review is None or item is None:
        return pages_html.block(pages_html.notice("The queue asks about no child's account of this submission."))
    known = opened.session.ctx.known(review.night)
    own = F.col("submission_id") == F.lit(item["details"]["submission_id"])
    claims, messages = known.until(device.CLAIMS).where(own), known.until(device.MESSAGES).where(own)
    claims = tables.readable(claims, messages, opened.decisions())
    made = tables.packs_of(claims, {}).where(F.col("account_id") == F.lit(item["subject_id"]))
    rows = opened.session.read_logged(made, f"account {item['subject_id']}", review.reviewer, limit=1)
    if not rows:
        return pages_html.block(pages_html.notice("What was told of the account is no longer held.", "warn"))
    # Where the pack goes stands in its item, as it was published.
    row = {**rows[0], "force": item["details"]["to_force"], "known_pictures": []}
    review.opened_at = datetime.now(UTC)
    return pages_html.block(
        pages_html.notice(pack_files.WELLBEING),
        pages_html.remark(pack_files.CAUTION),
        pages_html.facts(pack_files.facts(row)[:-1]),  # pictures are counted in the pack
        pages_html.heading("What can be followed"),
        pages_html.steps(row["leads"]),
        pages_html.heading("What is told"),
        pages_html.remark(pack_files.GRADED),
        pages_html.table(pack_files.EVIDENCE_HEADINGS, pack_files.evidence(row)),
        pages_html.heading("Gaps"),
        pages_html.steps(row["gaps"]),
    )
