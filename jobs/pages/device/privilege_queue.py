"""The queue `privileged_release`: terms that hold messages back, and the decision to release those of a term."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook, queue_columns, queue_page
from pipelines.device import privilege

Row = Mapping[str, Any]

PAGE = queue_page.QueuePage(
    queue=privilege.QUEUE,
    columns=(
        queue_columns.RANK,
        queue_columns.subject(
            "Term",
            lambda line: line.row["details"]["term"],
            lambda row: row["details"]["submission_id"],
            queue_columns.warnings,
            is_item_apart=True,
        ),
        queue_columns.number("Messages held back", lambda row: row["details"]["n_messages"]),
        queue_columns.number("Held by others too", lambda row: row["details"]["n_with_others"]),
    ),
    figures=lambda review: [(len(review.rows), "terms that hold messages back"), queue_page.waiting(review)],
    group=lambda force, n: force,
    outcomes={
        "RELEASE": "show the messages of this term: say by whose authority, and why",
        "WITHHOLD": "keep them back; it also takes an earlier release back",
        "NEED_INFO": "cannot be decided yet; it comes back",
        "DEFER": "not now; it comes back",
    },
    outcome_widget="privilege_outcome",
    next_steps=(
        "RELEASE: from the next night the messages counted here are shown, searched and queued like others.",
        "A message that meets another term too stays held until that one is released. A later message asks again.",
        "WITHHOLD on the same item takes a release back: from the next night no page shows them, of any night.",
    ),
)


def open_queue(session: notebook.NotebookSession, *, night: str, force: str, reviewer: str) -> queue_page.Review | None:
    """The queue `privileged_release` of a night; None where none is published."""
    return queue_page.open_if_published(
        PAGE, session, night=night, force=force, reviewer=reviewer, limit=notebook.MAX_ROWS
    )


def open_item(review: queue_page.Review | None, item: Row | None) -> markup.Html:
    """The terms with their counts, and nothing of a message. Starts the clock."""
    if review is None or item is None:
        return pages_html.block(pages_html.notice("No term holds a message back that nobody has decided on."))
    review.opened_at = datetime.now(UTC)
    note = (
        "Opened: {term} of {submission_id}. Decide without reading: nothing of the messages is shown before a release."
    )
    return markup.join(
        queue_page.table(review, item), pages_html.block(pages_html.remark(note.format(**item["details"])))
    )
