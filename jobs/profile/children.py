"""Missing children whose episodes touch a subject: every call and every report of the subject is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.profile.model import Source
from jobs.runtime.context import RunContext
from schemas import silver

ADULT = 18  # years
SHOWN = 5  # events named of an episode
_DAYS_BEFORE = 1  # a report of the day before counts: who was last seen when is seldom known to the hour


def overlaps(
    ctx: RunContext, legs: DataFrame, person_ids: Sequence[str], night: date, zone: str
) -> list[dict[str, Any]]:
    """Missing episodes of children in which the child and the subject were in contact, or named together; newest first.

    Args:
        legs: calls of the subject's telephones (`comms.legs`).
        person_ids: the subject's records, whose own episodes are left out.
        zone: of the wall clock, by which a child's age and the days of reports go.

    Returns:
        Columns of silver.missing_episodes with forename and surname, from_at (last seen, or reported), `how` in words
        and `evidence`, the events and reports behind it.
    """
    children = _children(ctx, person_ids, night, zone)
    told = children.join(_calls(children, legs), "episode_id", how="left")
    told = told.join(_reports(ctx, children, person_ids, night, zone), "episode_id", how="left")
    touching = told.where("n_calls IS NOT NULL OR reports IS NOT NULL")
    newest_first = touching.orderBy(F.col("reported_at").desc(), "episode_id")
    return [_worded(episode.asDict(recursive=True)) for episode in newest_first.collect()]


def _children(ctx: RunContext, person_ids: Sequence[str], night: date, zone: str) -> DataFrame:
    """Episodes of everybody else who was a child when they began, with whose they are and until when."""
    episodes, people = (ctx.known(night).table(t) for t in (silver.MISSING_EPISODES, silver.PEOPLE))
    who = people.select("person_id", "forename", "surname", "born_on", "phone")
    others = episodes.where(~F.col("person_id").isin(*person_ids)).join(who, "person_id", how="inner")
    dated = others.withColumn("from_at", F.coalesce("last_seen_at", "reported_at"))
    return dated.where(_age("born_on", _day("from_at", zone)) < ADULT)


def _age(born: str, on: Column) -> Column:
    """Whole years on a day; NULL where the date of birth is not known."""
    is_before_birthday = F.date_format(on, "MMdd") < F.date_format(born, "MMdd")
    return F.year(on) - F.year(born) - is_before_birthday.cast("int")


def _day(at: str, zone: str) -> Column:
    return F.to_date(F.from_utc_timestamp(at, zone))


def _calls(children: DataFrame, legs: DataFrame) -> DataFrame:
    """episode_id, n_calls of child and subject while the child was missing, event_ids of the first of them."""
    at = F.col("started_at")
    is_within = (at >= F.col("from_at")) & (at <= F.coalesce("found_at", at))
    met = children.join(legs, (F.col("phone") == F.col("other")) & is_within, how="inner")
    ordered = F.array_sort(F.collect_set(F.struct("started_at", "call_id", "event_ids")))
    return met.groupBy("episode_id").agg(
        F.countDistinct("call_id").alias("n_calls"),
        F.slice(F.flatten(ordered["event_ids"]), 1, SHOWN).alias("event_ids"),
    )


def _reports(ctx: RunContext, children: DataFrame, person_ids: Sequence[str], night: date, zone: str) -> DataFrame:
    """episode_id, `reports` of those days that name the child and the subject: each with its URN, file and row."""
    links, reports = (ctx.known(night).table(t) for t in (silver.REPORT_PEOPLE, silver.REPORTS))
    of_subject = links.where(F.col("person_id").isin(*person_ids)).select("report_id").distinct()
    both = links.select("report_id", "person_id").join(of_subject, "report_id", how="left_semi")
    named = both.join(reports.select("report_id", "urn", "intelligence_on", "_file", "_row_number"), "report_id")
    episodes = children.select("episode_id", "person_id", "from_at", "found_at")
    day = F.col("intelligence_on")
    is_within = (day >= F.date_sub(_day("from_at", zone), _DAYS_BEFORE)) & (
        day <= F.coalesce(_day("found_at", zone), day)
    )
    within = named.join(episodes, "person_id").where(is_within)
    each = F.struct("urn", "report_id", "_file", "_row_number")
    return within.groupBy("episode_id").agg(F.array_sort(F.collect_set(each)).alias("reports"))


def _worded(episode: Mapping[str, Any]) -> dict[str, Any]:
    reports: Sequence[Mapping[str, Any]] = episode["reports"] or ()
    how = [f"{episode['n_calls']} events between their telephones"] if episode["n_calls"] else []
    how += [f"named together in {report['urn']}" for report in reports]
    evidence = [Source("silver.comms_events", event) for event in episode["event_ids"] or ()]
    evidence += [Source("silver.reports", r["report_id"], r["_file"], r["_row_number"]) for r in reports]
    return {**episode, "how": "; ".join(how), "evidence": tuple(evidence)}
