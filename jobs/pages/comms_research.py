"""Bulk research on one page: a list of identifiers on one page. Rows come by `session.read_logged`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.pages import comms_svg, markup, notebook
from jobs.pages import html as pages_html
from jobs.research import comms as research_comms
from jobs.research import comms_workbook
from jobs.runtime import spark
from pipelines.common import concurrency
from pipelines.comms import identifiers as comms_identifiers

Row = Mapping[str, Any]

MARKING = comms_workbook.MARKING
SHOWN = 12  # subjects on a page: more than eyes take in; the command has no such bound
TOP = 25  # contacts and rows a table shows
SUGGESTED = 3  # numbers looked at where none is named


@dataclass
class Look:
    """One person before the calls of a few identifiers, as of one night."""

    session: notebook.NotebookSession
    night: date
    who: str
    subjects: list[str]
    unread: list[str]
    is_suggested: bool
    rows: dict[str, list[dict[str, Any]]]

    @property
    def marking(self) -> str:
        return MARKING


def open_list(
    session: notebook.NotebookSession, *, identifiers: str = "", night: str = "", reviewer: str = "", why: str = ""
) -> Look:
    """The tables of a list, as far as a page shows them. Where nobody is named, the numbers with most events.

    Raises:
        LookupError: nothing is loaded yet, or the list holds no identifier.
        audit.AuditError: the look cannot be logged; no row is returned.
    """
    who = session.user(reviewer)
    day = date.fromisoformat(night) if night else session.ctx.known().newest_communications()
    reason = why or "notebook"
    lines = identifiers.replace(",", "\n").replace(";", "\n").splitlines()
    is_suggested = not any(line.strip() for line in lines)
    if is_suggested:
        lines = _suggested(session, day, who)
    wanted, unread = comms_identifiers.read(lines)
    wanted = [w for w in wanted if w.subject in sorted({w.subject for w in wanted})[:SHOWN]]
    if not wanted:
        raise LookupError("the list holds no number, handset, SIM or account")
    research_comms.log(session.ctx, wanted, day, who=who, why=reason)
    with spark.interpreted(session.ctx.spark):
        tables = research_comms.picture(session.ctx, wanted, day)
        shown = _shown(tables, tables.pop("legs"))
        read = concurrency.run(*(partial(_rows, session, df, name, who) for name, df in shown.items()))
    rows = dict(zip(shown, read, strict=True))
    subjects = [r["subject"] for r in sorted(rows["summary"], key=lambda r: (-r["n"], r["subject"]))]
    return Look(session, day, who, subjects, unread, is_suggested, rows)


def _shown(tables: Mapping[str, DataFrame], legs: DataFrame) -> dict[str, DataFrame]:
    """The part of each table that a page shows, and events a day."""
    days = legs.groupBy("subject", F.to_date("local_at").alias("day")).agg(F.count("*").alias("n"))
    shared = F.broadcast(tables["common_contacts"].select("other", F.lit(True).alias("_shared")))
    is_shown = (F.col("rank") <= TOP) | F.col("is_listed") | F.col("_shared")  # who is shared is drawn, at any rank
    contacts = tables["contacts"].join(shared, ["other"], how="left").where(is_shown).drop("_shared")
    return {
        "summary": tables["summary"].orderBy("subject"),
        "days": days.orderBy("subject", "day"),
        "hours": tables["hours"].groupBy("weekday", "hour").agg(F.sum("n").alias("n")).orderBy("weekday", "hour"),
        "contacts": contacts.orderBy("rank", "subject", "other"),
        "common_contacts": tables["common_contacts"].orderBy(F.col("n_subjects").desc(), F.col("n").desc(), "other"),
        "holders": tables["holders"].orderBy("subject", "from_on"),
        "shared_equipment": tables["shared_equipment"].orderBy("kind", "value"),
        "together": tables["together"].orderBy(F.col("n_stretches").desc(), "first", "second"),
        "routes": tables["routes"].orderBy("subject", "at", "call_id"),
        "gaps": tables["gaps"].orderBy(F.col("days").desc(), "subject", "from_at"),
    }


def _rows(session: notebook.NotebookSession, df: DataFrame, name: str, who: str) -> list[dict[str, Any]]:
    return session.read_logged(df, f"bulk research of communications data: {name}", who, limit=5_000)


def _suggested(session: notebook.NotebookSession, night: date, who: str) -> list[str]:
    usable = session.ctx.known(night).usable_events()
    busiest = usable.where("direction = 'OUTGOING'").groupBy("a_number").agg(F.count("*").alias("n"))
    named = busiest.where("a_number IS NOT NULL").orderBy(F.col("n").desc(), "a_number")
    return [row["a_number"] for row in session.read_logged(named, "numbers with most events", who, limit=SUGGESTED)]


def header(look: Look) -> markup.Html:
    """Figures of what was asked and found."""
    total = sum(r["n"] for r in look.rows["summary"])
    parts = [
        pages_html.cards(
            [
                (len(look.subjects), "identifiers with events"),
                (f"{total:,}", "events, each side of a call once"),
                (len(look.rows["common_contacts"]), "common contacts"),
                (look.night.strftime("%d %b %Y"), "as of the night"),
            ]
        )
    ]
    if look.is_suggested:
        parts.append(pages_html.notice("No identifier was named: these are the numbers with most events.", "warn"))
    if look.unread:
        parts.append(pages_html.notice(f"{len(look.unread)} lines of the list hold no identifier.", "warn"))
    return pages_html.block(*parts)


def table(look: Look, name: str, columns: Mapping[str, str], limit: int = TOP) -> markup.Html:
    """A table of the look: `columns` are our names to headings; says so where more rows are there than shown."""
    rows = look.rows[name]
    if not rows:
        return pages_html.block(pages_html.notice("Nothing of this kind in the data."))
    body = [[comms_workbook.shown_as(_short(row[c])) for c in columns] for row in rows[:limit]]
    more = f"{limit} of {len(rows)} rows are shown." if len(rows) > limit else ""
    return pages_html.block(pages_html.table(list(columns.values()), body), pages_html.notice(more) if more else "")


def _short(value: Any) -> Any:
    return f"{value:.1f}" if isinstance(value, float) else value


def timeline(look: Look) -> markup.Html:
    return pages_html.block(comms_svg.timeline(look.rows["days"], look.subjects))


def heat_map(look: Look) -> markup.Html:
    return pages_html.block(comms_svg.heat_map(look.rows["hours"]))


def route_map(look: Look) -> markup.Html:
    drawn = comms_svg.route_map(look.rows["routes"], look.subjects)
    return pages_html.block(drawn or pages_html.notice("No cell of these events has a known position."))


def network(look: Look) -> markup.Html:
    return pages_html.block(comms_svg.network(look.rows["contacts"], look.subjects))
