"""The queue `finance_referral`: the accounts and wallets of a submission, and the decision to refer them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook, queue_columns, queue_page
from jobs.pages.device import submission_page
from pipelines.device import referrals
from schemas import device
from schemas.errors import NotFoundError

Row = Mapping[str, Any]
N_SHOWN = 5000  # values on one page


def _counts(line: queue_columns.Line) -> markup.Html:
    told = [reason["text"] for reason in line.row["reasons"] if not queue_columns.is_flag(reason)]
    return markup.fill("queue", "words", text="", chips=[pages_html.chip(text) for text in told])


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    return [(len(review.rows), "submissions with accounts or wallets"), queue_page.waiting(review)]


PAGE = queue_page.QueuePage(
    queue=referrals.QUEUE,
    columns=(
        queue_columns.RANK,
        queue_columns.subject(
            "Submission", lambda line: line.row["subject_id"], lambda row: row["details"]["purpose"],
            queue_columns.warnings, is_item_apart=True,
        ),
        queue_columns.Column("Tells of", _counts),
        queue_columns.number("Told by people", lambda row: row["details"]["n_people"]),
    ),
    figures=_figures,
    group=lambda force, n: force,
    outcomes={
        "REFER": "send them: say to whom (bank, HMRC, DWP, regional economic crime unit) and why",
        "NOT_CSAE": "nothing here is to be referred",
        "NEED_INFO": "cannot be decided yet; it comes back",
        "DEFER": "not now; it comes back",
    },
    outcome_widget="finance_outcome",
    next_steps=(
        "REFER: the next night writes the values shown as CSV and XLSX into the force's exports. Nothing is sent.",
        "A value that is found later asks again; another message with a known value does not.",
        "Who told a value need not hold it. Whose it is, the bank or agency says.",
    ),
)  # fmt: skip


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> queue_page.Review | None:
    """The queue `finance_referral` of a night; None where none is published."""
    try:
        return queue_page.open_queue(
            PAGE, session, night=night, force=force, reviewer=reviewer, limit=notebook.MAX_ROWS
        )
    except NotFoundError:
        return None


def item_of(opened: submission_page.Device, review: queue_page.Review | None) -> dict[str, Any] | None:
    """The item of the submission on the page; None where the queue does not ask about it."""
    rows = review.rows if review else []
    return next((row for row in rows if row["subject_id"] == opened.id), None)


def open_item(opened: submission_page.Device, review: queue_page.Review | None, item: Row | None) -> markup.Html:
    """Accounts and people as two counts, and every value that a referral would hold. Starts the clock."""
    if review is None or item is None:
        return pages_html.block(pages_html.notice("The queue does not ask about accounts of this submission."))
    known = opened.session.ctx.known(review.night)
    own = F.col("submission_id") == F.lit(item["subject_id"])
    told = referrals.values(known.until(device.IDENTIFIERS).where(own), known.until(device.MESSAGES).where(own))
    rows = opened.session.read_logged(
        referrals.referable(told).orderBy("kind", "value"),
        f"accounts and wallets of {item['subject_id']}", review.reviewer, limit=N_SHOWN,
    )  # fmt: skip
    said = {name: int(item["details"][name]) for name in ("n_values", "n_people", "n_without_teller", "n_broken")}
    review.opened_at = datetime.now(UTC)
    figures = [
        (said["n_values"], "different accounts and wallets"),
        (said["n_people"], "people who told them"),
        (said["n_values"], "not joined to a holder"),
        (said["n_without_teller"], "of them told by nobody known"),
        (said["n_broken"], "left out: a checksum refuses them"),
    ]
    note = "An account is not joined to a person: who told it is known, who holds it is for the bank or agency to say."
    unseen = len(rows) < said["n_values"]
    warning = f"The first {len(rows):,} of {said['n_values']:,} are shown. A referral holds all of them."
    return pages_html.block(
        pages_html.cards(figures),
        pages_html.remark(note),
        pages_html.notice(warning, "warn") if unseen else "",
        submission_page.values_table(rows),
    )
