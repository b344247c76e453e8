"""The queue of reports: its page, a report of it opened. Rows come by `session.read_logged`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, notebook, queue_columns, queue_page, report_html
from jobs.training import reorder
from pipelines.decisions.decision import Decision
from schemas import codes, contract, silver

Row = Mapping[str, Any]
OVER_CAP = (
    "You have decided on {n} reports since the last night, which is what your force allows a day. The rest keeps: it "
    "is in tomorrow's queue."
)


def _title(line: queue_columns.Line) -> str:
    return "(shown when opened)" if line.is_covered else line.row.get("title") or "(no title)"


def _chips(line: queue_columns.Line) -> list[markup.Html]:
    covers = line.n_near_duplicates
    alike = [pages_html.chip(f"stands for {covers} near-duplicate{'s' if covers > 1 else ''}")] if covers else []
    return queue_columns.flags(line) + alike


def _stratum(line: queue_columns.Line) -> markup.Html:
    name = line.row["stratum"]
    label = pages_html.STRATUM_LABELS.get(name, name)
    tags = line.row.get("tags") or ()
    return markup.fill("queue", "stratum", name=pages_html.stratum_css(name), label=label, tags=tags)


def _figures(review: queue_page.Review) -> list[tuple[Any, str]]:
    models = sorted({f"{row['model_name']} v{row['model_version']}" for row in review.rows if row["model_name"]})
    return [
        (len(review.rows), "reports on this page"),
        (sum(row["n"] for row in review.counts), "published in all"),
        (len({row["force"] for row in review.counts}), "forces"),
        queue_page.waiting(review),
        ("hidden" if review.is_blind else "shown", "score"),
        (", ".join(models) or "–", "model"),
    ]


PAGE = queue_page.QueuePage(
    queue="reclassify",
    columns=(
        queue_columns.RANK,
        queue_columns.SCORE,
        queue_columns.subject("Report", _title, queue_columns.force_and_subject, _chips, is_blind=True),
        queue_columns.Column("Stratum", _stratum, is_blind=True),
        queue_columns.reasons(
            lambda reason: not queue_columns.is_flag(reason), queue_columns.N_CHIPS, is_coverable=True
        ),  # flags stand with the title
    ),
    figures=_figures,
    group=lambda force, n: f"{force} \N{MIDDLE DOT} {n} report{'s' if n != 1 else ''}",
    next_steps=(
        "The next night takes your decisions in, each once, and chains them to those before: none can be changed "
        "unseen. To correct one, decide again.",
        "Where you added a tag, the force gets a row in its write-back file, with your name and your reason. Nothing "
        "else changes a tag: not the score, not this page.",
        f"An item with {', '.join(codes.FINAL_OUTCOMES)} is not asked again, unless the report's text changes; then "
        "the queue says so. The other outcomes bring it back.",
        "What you decide is what the next training learns from, and what its figures are judged by.",
    ),
)


def open_queue(
    session: notebook.NotebookSession,
    *,
    night: str = "",
    force: str = "",
    reviewer: str = "",
    is_blind: bool = False,
    limit: int = 50,
) -> queue_page.Review:
    """The top of the queue of reports; what is left of it in order again where decisions wait. Raises as
    `queue_page.open_queue`."""
    return queue_page.open_queue(
        PAGE, session, night=night, force=force, reviewer=reviewer, is_blind=is_blind, limit=limit, reorder=_reorder
    )


def _reorder(
    session: notebook.NotebookSession, night: date, shown: DataFrame, waiting: Sequence[Decision]
) -> reorder.Order:
    return reorder.reordered(session.ctx, night, shown, waiting, session.days)


def summary(review: queue_page.Review) -> markup.Html:
    """Rows per force and stratum, and a picture of their scores."""
    if review.is_blind or not review.rows:
        return pages_html.block(pages_html.counts(review.counts))
    return pages_html.block(
        pages_html.counts(review.counts),
        pages_html.heading("Scores of the rows shown"),
        pages_html.score_plot(review.rows),
    )


def open_report(review: queue_page.Review, item: Row | None) -> markup.Html:
    """The report behind an item: reasons marked, gradings, people. Starts the clock of the decision."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    if review.is_over_cap and item["item_id"] not in review.handed_in:
        return pages_html.block(pages_html.notice(OVER_CAP.format(n=len(review.handed_in)), "warn"))
    report_id = item["subject_id"]
    columns = [name for name in silver.REPORTS.names if name != "report_id"]
    reports = _known(review.session, silver.REPORTS, review.night, "report_id", [report_id], columns, review.reviewer)
    if not reports:
        return pages_html.block(pages_html.notice(f"Report {report_id} is no longer held.", "warn"))
    report = reports[0]
    people = _people(review, report_id)
    review.opened_at = datetime.now(UTC)
    return one_report(review, item, report, people)


def one_report(review: queue_page.Review, item: Row, report: Row, people: Sequence[Row]) -> markup.Html:
    """An opened report as it is shown: its text, reasons and near-duplicates, then people and the report's facts."""
    is_hidden = review.is_blind or item["score"] is None
    changed = "You or a colleague decided on this before. It is asked again because its text changed."
    left = markup.join(
        pages_html.notice(changed, "warn") if item["is_text_changed"] else "",
        report_html.report_text(report, item, is_blind=is_hidden),
        "" if is_hidden else report_html.reasons(item["reasons"]),
        report_html.members(review.members_of(item)),
    )
    right = markup.join(
        pages_html.heading("People in scope"), report_html.people(people), report_html.report_facts(report)
    )
    return pages_html.block(pages_html.columns(left, right))


def _known(
    session: notebook.NotebookSession,
    table: contract.Table,
    night: date,
    by: str,
    ids: Sequence[str],
    columns: Sequence[str],
    who: str,
) -> list[dict[str, Any]]:
    """Rows of a silver table as of a night for a page's worth of ids: read by id, so nothing else is touched."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    rows = session.ctx.known(night).table(table).where(F.col(by).isin(wanted)).select(by, *columns)
    named = wanted[0] if len(wanted) == 1 else f"{len(wanted)} by {by}"
    return session.read_logged(rows, f"{table.path} {named}", who, limit=10 * notebook.MAX_ROWS, asked=wanted)


def _people(review: queue_page.Review, report_id: str) -> list[dict[str, Any]]:
    """People named in a report, victims first, with the investigations they are subjects of, as of the night."""
    session, night, who = review.session, review.night, review.reviewer
    links = _known(session, silver.REPORT_PEOPLE, night, "report_id", [report_id], ["person_id", "role"], who)
    ids = [link["person_id"] for link in links]
    names = _known(session, silver.PEOPLE, night, "person_id", ids, ["forename", "surname", "born_on"], who)
    about = ["investigation_id", "operation", "role", "status"]
    cases = _known(session, silver.INVESTIGATIONS, night, "person_id", ids, about, who)
    by_id = {row["person_id"]: row for row in names}
    nobody = {"forename": None, "surname": None, "born_on": None}
    people = []
    for link in sorted(links, key=lambda row: (codes.ROLES.index(row["role"]), row["person_id"])):
        scope = [
            " ".join(filter(None, (c["investigation_id"], c["operation"], c["role"].lower(), c["status"].lower())))
            for c in cases
            if c["person_id"] == link["person_id"]
        ]
        people.append({**nobody, **by_id.get(link["person_id"], {}), **link, "investigations": sorted(scope)})
    return people


def member(review: queue_page.Review, item: Row | None, number: int) -> dict[str, Any] | None:
    """The near-duplicate of an opened item with this number on the page, as an item of its own to decide on.

    Raises:
        LookupError: the item stands for fewer.
    """
    near_duplicates = review.members_of(item)
    if item is None or not 1 <= number <= len(near_duplicates):
        raise LookupError(
            f"the opened report stands for {len(near_duplicates)} near-duplicates; there is no number {number}"
        )
    member_row = near_duplicates[number - 1]
    return {**item, **{name: member_row[name] for name in ("item_id", "subject_id", "text_hash")}}
