"""Communications data of a profile: counted in Spark over the events that may be read, a few rows each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.profile.model import Source
from jobs.runtime.context import RunContext
from pipelines.common import as_of
from schemas import silver

ADULT = 18
MOST = 50


@dataclass(frozen=True)
class Calls:
    """Events of some telephones in figures."""

    n: int = 0
    contacts: Sequence[Mapping[str, Any]] = ()
    handsets: Sequence[Mapping[str, Any]] = ()
    cells: Sequence[Mapping[str, Any]] = ()
    hours: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[str, Any] | None = None
    auths: frozenset[str] = frozenset()
    days: Mapping[str, Sequence[tuple[datetime, str]]] = field(default_factory=dict)  # other number -> (start, event)


def read(ctx: RunContext, phones: Sequence[str], night: date) -> Calls:
    """Figures of the events of `phones` as of a night, masked events left out."""
    if not phones:
        return Calls()
    mine = F.col("a_number").isin(*phones) | F.col("b_number").isin(*phones)
    known = as_of.current(ctx.lake.read(silver.COMMS_EVENTS).where(mine), silver.COMMS_EVENTS.key, night)
    is_own = F.col("a_number").isin(*phones)
    events = known.where("NOT is_excess AND NOT is_protected").withColumns(
        {
            "phone": F.when(is_own, F.col("a_number")).otherwise(F.col("b_number")),
            "other": F.when(is_own, F.col("b_number")).otherwise(F.col("a_number")),
            "hour": F.hour(F.from_utc_timestamp("started_at", "Europe/London")),
            "on": F.to_date(F.from_utc_timestamp("started_at", "Europe/London")),
        }
    )
    events = events.persist()
    try:
        ends = events.agg(*_span(), F.countDistinct("on").alias("n_days")).collect()[0].asDict()
        if not ends["n"]:
            return Calls()
        contacts = _top(events.where("other IS NOT NULL"), "other")
        own_end = events.where(is_own)  # handset and SIM are those of the calling party
        handsets = [
            {**row, "kind": kind, "value": row[column]}
            for kind, column in (("handset (IMEI)", "imei"), ("SIM (IMSI)", "imsi"))
            for row in _top(own_end.where(F.col(column).isNotNull()), column, "phone")
        ]
        cells = _top(own_end.where("first_cell IS NOT NULL").withColumnRenamed("first_cell", "cell"), "cell")
        hours = {row.hour: row["count"] for row in events.groupBy("hour").count().collect()}
        seen = events.where(F.col("other").isin([row["other"] for row in contacts]))
        days: dict[str, list[tuple[datetime, str]]] = {}
        for row in (
            seen.select("other", "started_at", "event_id").orderBy("started_at", "event_id").limit(20_000).collect()
        ):
            days.setdefault(row.other, []).append((row.started_at, row.event_id))
    finally:
        events.unpersist()
    return Calls(ends["n"], contacts, handsets, cells, hours, ends, frozenset(ends["auths"]), days)


def _span() -> list[Any]:
    order = F.struct("started_at", "event_id")
    return [
        F.count("*").alias("n"),
        F.min("started_at").alias("first_at"),
        F.max("started_at").alias("last_at"),
        F.min_by("event_id", order).alias("first_id"),
        F.max_by("event_id", order).alias("last_id"),
        F.sort_array(F.collect_set("auth_urn")).alias("auths"),
    ]


def _top(events: DataFrame, *by: str) -> list[dict[str, Any]]:
    """Groups with the most events."""
    counted = events.groupBy(*by).agg(*_span()).orderBy(F.col("n").desc(), *by).limit(MOST)
    return [row.asDict() for row in counted.collect()]


def overlaps(
    episodes: Sequence[Mapping[str, Any]],
    people: Mapping[str, Mapping[str, Any]],
    calls: Calls,
    beside: Sequence[Mapping[str, Any]],
    reports: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Missing episodes of children in which the child and the subject were in contact, or named together.

    Args:
        episodes: silver.missing_episodes of people who touch the subject.
        people: those people by person_id.
        calls: the subject's events.
        beside: links of reports that name the subject to other people, with intelligence_on.
        reports: the subject's reports by id.
    """
    found = []
    for row in sorted(episodes, key=lambda e: (e["reported_at"], e["episode_id"]), reverse=True):
        person = people[row["person_id"]]
        start = row["last_seen_at"] or row["reported_at"]
        if not person["born_on"] or _age(person["born_on"], start.date()) >= ADULT:
            continue
        end = row["found_at"] or datetime.max
        within = [event for at, event in calls.days.get(person["phone"] or "", ()) if start <= at <= end]
        last = end.date() if row["found_at"] else date.max
        together = [
            link
            for link in beside
            if link["person_id"] == row["person_id"]
            and start.date() - timedelta(days=1) <= link["intelligence_on"] <= last
        ]
        if not within and not together:
            continue
        how = [f"{len(within)} events between their telephones"] if within else []
        how += [f"named together in {reports[link['report_id']]['urn']}" for link in together]
        evidence = [Source("silver.comms_events", event) for event in within[:5]]
        evidence += [Source("silver.reports", k["report_id"], k["_file"], k["_row_number"]) for k in together]
        names = {name: person[name] for name in ("forename", "surname")}
        found.append({**row, **names, "from_at": start, "how": "; ".join(how), "evidence": tuple(evidence)})
    return found


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
