"""Communications data of a profile: counted in Spark over the calls that may be read, a few rows each.

Calls are those of bulk research (`pipelines.comms.calls`): two providers' records of one call are one, and what a
record tells of handset, SIM and cell is of its own side alone, never of the other party.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.context import RunContext
from pipelines.comms import calls, research

MOST = 50
_KEEP = ("event_id", "auth_urn")  # of a record: what a statement names as its source


@dataclass(frozen=True)
class Calls:
    """Calls of some telephones in figures, each call once however many records tell of it."""

    n: int = 0
    contacts: Sequence[Mapping[str, Any]] = ()
    handsets: Sequence[Mapping[str, Any]] = ()
    cells: Sequence[Mapping[str, Any]] = ()
    hours: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[str, Any] | None = None
    auths: frozenset[str] = frozenset()


def legs(ctx: RunContext, phones: Sequence[str], night: date) -> DataFrame:
    """Calls of `phones` as of a night, from their side: the columns of `calls.legs`, with `event_id` and `auth_urn` of
    the side's own record (NULL where only the other's provider told) and `event_ids`, `auth_urns` of both."""
    usable = ctx.known(night).usable_events(
        lambda events: events.where(F.col("a_number").isin(*phones) | F.col("b_number").isin(*phones))
    )
    return of_numbers(usable, phones, research.Options.of(dict(ctx.settings.comms_research)))


def of_numbers(usable: DataFrame, phones: Sequence[str], options: research.Options) -> DataFrame:
    """The part of `legs` that needs no lakehouse: `usable` events to legs of some numbers."""
    both_sides = calls.legs(calls.calls(usable, options.clock_skew_s, _KEEP), options.zone, _KEEP)
    return both_sides.where(F.col("number").isin(*phones))


def figures(legs: DataFrame) -> Calls:
    """Figures of legs, computed; the most frequent MOST of each kind."""
    ends = legs.agg(*_span(), F.countDistinct(F.to_date("local_at")).alias("n_days")).collect()[0].asDict()
    if not ends["n"]:
        return Calls()
    own = legs.where("event_id IS NOT NULL").withColumns(
        {"event_ids": F.array("event_id"), "auth_urns": F.array("auth_urn")}
    )
    handsets = [
        {**row, "kind": kind, "value": row[column]}
        for kind, column in (("handset (IMEI)", "imei"), ("SIM (IMSI)", "imsi"))
        for row in _top(own, column, "number")
    ]
    by_hour = legs.groupBy(F.hour("local_at").alias("hour")).agg(F.countDistinct("call_id").alias("n"))
    return Calls(
        n=ends["n"],
        contacts=_top(legs, "other"),
        handsets=handsets,
        cells=_top(own.withColumnRenamed("first_cell", "cell"), "cell"),
        hours={row.hour: row.n for row in by_hour.collect()},
        ends=ends,
        auths=frozenset(ends["auths"]),
    )


def _span() -> list[Any]:
    order = F.struct("started_at", "call_id")
    return [
        F.countDistinct("call_id").alias("n"),
        F.min("started_at").alias("first_at"),
        F.max("started_at").alias("last_at"),
        F.min_by("event_ids", order).alias("first_ids"),
        F.max_by("event_ids", order).alias("last_ids"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_set("auth_urns")))).alias("auths"),
    ]


def _top(legs: DataFrame, *by: str) -> list[dict[str, Any]]:
    """Groups with the most calls, of legs that tell the first of `by`."""
    counted = legs.where(F.col(by[0]).isNotNull()).groupBy(*by).agg(*_span())
    return [row.asDict() for row in counted.orderBy(F.col("n").desc(), *by).limit(MOST).collect()]
