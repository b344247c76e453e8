"""The review notebook: a queue, a report of it, a reviewer's decision. Rows come by `session.read_logged`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import notebook, report_html
from jobs.runtime import known
from jobs.runtime.inbox import port
from pipelines.common import as_of
from pipelines.queues import settled
from schemas import codes, contract, silver

Row = Mapping[str, Any]
OVER_CAP = (
    "You have decided on {n} reports since the last night, which is what your force allows a day. The rest keeps: it "
    "is in tomorrow's queue."
)


@dataclass
class Review:
    """One reviewer before one queue of one night."""

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
    opened_at: datetime | None = None

    def members_of(self, item: Row | None) -> list[dict[str, Any]]:
        """Near-duplicates that an item stands for, the most similar first."""
        found = [m for m in self.members if item is not None and m["shown_item_id"] == item["item_id"]]
        return sorted(found, key=lambda m: (-m["similarity"], m["subject_id"]))

    @property
    def is_over_cap(self) -> bool:
        """The reviewer has decided on as many items since the last night as the settings allow."""
        return len(self.handed_in) >= self.session.ctx.settings.exposure.cap_per_reviewer

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
            found = [row for row in self.rows if row["item_id"] == item_id]
            if not found:
                raise LookupError(f"the queue of {self.night} does not hold an item {item_id!r}")
            return found[0]
        undecided = [row for row in self.rows if row["item_id"] not in self.waiting]
        return next(iter(undecided or self.rows), None)


def open_queue(
    session: notebook.NotebookSession,
    *,
    night: str = "",
    force: str = "",
    reviewer: str = "",
    is_blind: bool = False,
    queue: str = "reclassify",
    limit: int = 50,
) -> Review:
    """The top `limit` rows of each force's queue, with title and tags of the report as published.

    A blind queue comes in the order of its items' ids, so that the place in it says nothing. What the reviewer has read
    before in the same wording is left out: a second reading is somebody else's.

    Raises:
        LookupError: nothing is published yet.
        ValueError: `night` is not a date.
    """
    items = session.table("gold.queue_items").where(F.col("queue") == queue)
    day = date.fromisoformat(night) if night else newest(session, queue)
    who = session.user(reviewer)
    shown = items.where(F.col("night") == F.lit(day))
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
    order = ["item_id"] if is_blind else ["force", "rank"]
    rows = session.read_logged(
        shown.where(F.col("rank") <= limit).orderBy(*order), on_what, who, why="blind" if is_blind else None
    )
    rows = [{**row, **_about(row["details"])} for row in rows]
    waiting = session.waiting()
    return Review(
        session, queue, day, force or None, who, is_blind, rows, counts, _members(session, rows, queue, day, who),
        {d.item_id: d.outcome for d in waiting}, {d.item_id for d in waiting if _folded(d.reviewer) == _folded(who)},
    )  # fmt: skip


def _folded(person: str) -> str:
    return person.strip().lower()


def _members(
    session: notebook.NotebookSession, rows: Sequence[Row], queue: str, day: date, who: str
) -> list[dict[str, Any]]:
    """Near-duplicates that the rows of the page stand for."""
    ids = [row["item_id"] for row in rows]
    of_night = (F.col("queue") == queue) & (F.col("night") == F.lit(day))
    found = session.table("gold.queue_near_duplicates").where(of_night & F.col("shown_item_id").isin(ids))
    return session.read_logged(found, f"gold.queue_near_duplicates queue={queue} night={day.isoformat()}", who)


def _about(details: Mapping[str, str]) -> dict[str, Any]:
    """Title and tags as the queue published them: no other table is read to list it."""
    tags = details.get("tags", "")
    return {"title": details.get("title"), "tags": tags.split(", ") if tags else []}


def newest(session: notebook.NotebookSession, queue: str) -> date:
    """Night of the newest queue.

    Raises:
        LookupError: nothing is published yet.
    """
    newest_night = known.newest_in(session.ctx, session.table("gold.queue_items").where(F.col("queue") == queue))
    if newest_night is None:
        raise LookupError("no queue is published yet: run a night first")
    return newest_night


def header(review: Review) -> str:
    """Figures at the top of the page."""
    models = sorted({f"{row['model_name']} v{row['model_version']}" for row in review.rows if row["model_name"]})
    return pages_html.block(
        pages_html.cards(
            [
                (review.night.strftime("%a %d %b %Y"), "night of the queue"),
                (len(review.rows), "reports on this page"),
                (sum(row["n"] for row in review.counts), "published in all"),
                (len({row["force"] for row in review.counts}), "forces"),
                (len(review.waiting), "decisions wait for the night"),
                ("hidden" if review.is_blind else "shown", "score"),
                (", ".join(models) or "–", "model"),
            ]
        )
    )


def summary(review: Review) -> str:
    """How many rows each force and stratum has, and where their scores lie."""
    plot = (
        ""
        if review.is_blind or not review.rows
        else "<h3>Scores of the rows shown</h3>" + pages_html.score_plot(review.rows)
    )
    return pages_html.block(pages_html.counts(review.counts), plot)


def queue_table(review: Review, opened: Row | None) -> str:
    opened_id = opened["item_id"] if opened else None
    is_masked = review.session.ctx.settings.exposure.is_text_masked
    counted = [{**row, "n_members": len(review.members_of(row))} for row in review.rows]
    return pages_html.block(
        pages_html.queue(counted, opened_id, review.waiting, is_blind=review.is_blind, is_masked=is_masked)
    )


def open_report(review: Review, item: Row | None) -> str:
    """The report behind an item: reasons marked, gradings, people. Starts the clock of the decision."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to open."))
    if review.is_over_cap and item["item_id"] not in review.handed_in:
        return pages_html.block(pages_html.notice(OVER_CAP.format(n=len(review.handed_in)), "warn"))
    report_id = item["subject_id"]
    columns = [name for name in silver.REPORTS.names if name != "report_id"]
    found = _known(review.session, silver.REPORTS, review.night, "report_id", [report_id], columns, review.reviewer)
    if not found:
        return pages_html.block(pages_html.notice(f"Report {report_id} is no longer held.", "warn"))
    report = found[0]
    people = _people(review, report_id)
    review.opened_at = datetime.now(UTC)
    is_hidden = review.is_blind or item["score"] is None
    reasons = "" if is_hidden else report_html.reasons(item["reasons"])
    banner = ""
    if item["is_text_changed"]:
        banner = pages_html.notice(
            "You or a colleague decided on this before. It is asked again because its text changed.", "warn"
        )
    left = banner + report_html.report_text(report, item, is_blind=is_hidden) + reasons
    left += report_html.members(review.members_of(item))
    right = "<h3>People in scope</h3>" + report_html.people(people) + report_html.report_facts(report)
    return pages_html.block(f'<div class="two"><div>{left}</div><div>{right}</div></div>')


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
    mine = session.table(table.path).where(F.col(by).isin(wanted))
    rows = as_of.current(mine, table.key, night).select(by, *columns)
    named = wanted[0] if len(wanted) == 1 else f"{len(wanted)} by {by}, {wanted[0]} to {wanted[-1]}"
    return session.read_logged(rows, f"{table.path} {named}", who, limit=10 * notebook.MAX_ROWS)


def _people(review: Review, report_id: str) -> list[dict[str, Any]]:
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


def member(review: Review, item: Row | None, number: int) -> dict[str, Any] | None:
    """The near-duplicate of an opened item with this number on the page, as an item of its own to decide on.

    Raises:
        LookupError: the item stands for fewer.
    """
    found = review.members_of(item)
    if item is None or not 1 <= number <= len(found):
        raise LookupError(f"the opened report stands for {len(found)} near-duplicates; there is no number {number}")
    chosen = found[number - 1]
    return {**item, **{name: chosen[name] for name in ("item_id", "subject_id", "text_hash")}}


def trace(item: Row | None) -> str:
    """Where the opened row comes from."""
    return pages_html.block(report_html.trace(item)) if item else ""


def decide(
    review: Review,
    item: Row | None,
    outcome: str,
    *,
    tag: str = "",
    reason_code: str = "",
    free_text: str = "",
    second_reviewer: str = "",
) -> str:
    """Hand in the decision, if an outcome is chosen; says what was recorded, or what is missing."""
    if item is None:
        return pages_html.block(pages_html.notice("Nothing to decide on."))
    if not outcome:
        return pages_html.block(
            pages_html.outcomes(), pages_html.notice("No outcome is chosen, so nothing was recorded.")
        )
    if review.opened_at is None:
        return pages_html.block(pages_html.notice("Open the report first: a decision is on what was read.", "warn"))
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
        return pages_html.block(pages_html.outcomes(), pages_html.notice(f"Nothing was recorded: {error}", "warn"))
    review.waiting[item["item_id"]] = outcome
    review.handed_in.add(item["item_id"])
    review.session.clear_widget("outcome")
    text = f"Recorded: {outcome} on {item['subject_id']} by {review.reviewer}. Decision {decision_id}."
    return pages_html.block(pages_html.notice(text, "good"))


def next_steps(review: Review) -> str:
    """What becomes of decisions."""
    final = ", ".join(codes.FINAL_OUTCOMES)
    lines = (
        "The next night takes your decisions in, each once, and chains them to those before: none can be changed "
        "unseen. To correct one, decide again.",
        "Where you added a tag, the force gets a row in its write-back file, with your name and your reason. Nothing "
        "else changes a tag: not the score, not this page.",
        f"An item with {final} is not asked again, unless the report's text changes; then the queue says so. The other "
        "outcomes bring it back.",
        "What you decide is what the next training learns from, and what its figures are judged by.",
        f"That {review.reviewer} looked is in the log of processing.",
    )
    return pages_html.block(pages_html.steps(lines))
