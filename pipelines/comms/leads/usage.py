"""Communications events as the use of telephones: who used which number, with whom, in which handset, from where.

The door to all detectors, and the only one: it takes usable events (`comms.access`), and lets none through with a
number whose own events are hidden, on either side. A number that falls silent for long enough is counted as another
unit afterwards, because providers give numbers out again.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import authorised
from pipelines.comms import sides
from schemas import silver


@dataclass(frozen=True)
class Recycling:
    """When a number counts as given out again: `days` of silence."""

    days: int


def usage(
    events: DataFrame, hidden: DataFrame, cells: DataFrame, authorisations: DataFrame, recycling: Recycling
) -> DataFrame:
    """One row an event and subject.

    Args:
        events: usable events (`access.usable`).
        hidden: `number`, those whose own events are hidden (`access.hidden_numbers`).
        cells: silver.comms_cells as of the night.
        authorisations: silver.comms_authorisations as of the night.
        recycling: when a number is another unit.

    Returns:
        event_id, unit (the number; with `~k` from its k-th reuse on), number, contact (NULL for data, withheld numbers
        and services), imei (14 digits), imsi, type, started_at, ended_at, is_outgoing, latitude, longitude (of the
        first cell, as it stood that day), from_at and until_at (what was authorised: when silence can be seen).

    Raises:
        ValueError: `events` are not usable events but rows of the table.
    """
    authorised.require_usable(events, silver.COMMS_EVENTS)
    known = authorisations.select(
        "auth_urn", F.col("granted_at").alias("from_at"), F.col("expires_at").alias("until_at")
    )
    other = sides.other_number()
    open_ = _open(events, hidden).join(F.broadcast(known), ["auth_urn"], how="inner")
    used = open_.select(
        "event_id",
        sides.own_number().alias("number"),
        F.when(other.rlike(r"^\+[0-9]{7,15}$"), other).alias("contact"),
        F.substring("imei", 1, 14).alias("imei"),
        "imsi",
        "type",
        "started_at",
        F.timestamp_seconds(F.unix_seconds("started_at") + F.coalesce("duration_s", F.lit(0))).alias("ended_at"),
        (~sides.is_of_called()).alias("is_outgoing"),
        F.col("first_cell").alias("cell"),
        "operator",
        "from_at",
        "until_at",
    ).where(F.col("number").isNotNull())
    return _placed(_tenants(used, recycling), cells)


def _open(events: DataFrame, hidden: DataFrame) -> DataFrame:
    """Events with no hidden number on either side."""
    numbers = F.broadcast(hidden.select(F.col("number").alias("_hidden")))
    for side in ("a_number", "b_number"):
        events = events.join(numbers, F.col(side) == F.col("_hidden"), how="left_anti")
    return events


def _tenants(used: DataFrame, recycling: Recycling) -> DataFrame:
    """`unit`: the number, told apart after long silence."""
    order = Window.partitionBy("number").orderBy("started_at", "event_id")
    silence = F.unix_seconds("started_at") - F.unix_seconds(F.lag("started_at").over(order))
    turn = F.sum(F.when(silence > recycling.days * 86_400, 1).otherwise(0)).over(order)
    again = F.concat("number", F.lit("~"), turn.cast("string"))
    return used.withColumn("unit", F.when(turn == 0, F.col("number")).otherwise(again))


def _placed(used: DataFrame, cells: DataFrame) -> DataFrame:
    """Where the first cell stood on the day; no position where the cell is not in the provider's table."""
    stood = cells.select(
        F.col("cell").alias("_cell"), F.col("operator").alias("_operator"), "latitude", "longitude", "azimuth",
        F.col("from_on").alias("_from"), F.coalesce("to_on", F.lit("9999-12-31").cast("date")).alias("_to"),
    ).dropDuplicates(["_operator", "_cell", "_from"])  # fmt: skip
    is_cell = (F.col("cell") == F.col("_cell")) & (F.col("operator") == F.col("_operator"))
    on = is_cell & F.to_date("started_at").between(F.col("_from"), F.col("_to"))
    joined = used.join(F.broadcast(stood), on, how="left").drop("_cell", "_operator", "_from", "_to")
    return joined.dropDuplicates(["event_id", "unit"])


def contacts(used: DataFrame) -> DataFrame:
    """One row a unit and contact: n_links and the id of the first event."""
    pairs = used.where("contact IS NOT NULL").groupBy("unit", "number", "contact")
    by_pair = pairs.agg(F.count("*").alias("n_links"), F.min_by("event_id", "started_at").alias("event_id"))
    return by_pair.where("contact <> number")


def spans(used: DataFrame) -> DataFrame:
    """One row a unit: number, first_at, last_at, from_at and until_at (authorised), n_events, n_days in use."""
    return used.groupBy("unit", "number").agg(
        F.min("started_at").alias("first_at"),
        F.max("started_at").alias("last_at"),
        F.min("from_at").alias("from_at"),
        F.max("until_at").alias("until_at"),
        F.count("*").alias("n_events"),
        F.countDistinct(F.to_date("started_at")).alias("n_days"),
    )


def handsets(used: DataFrame) -> DataFrame:
    """One row a unit of which a handset is known: imeis (array of 14 digits)."""
    return used.where("imei IS NOT NULL").groupBy("unit").agg(F.collect_set("imei").alias("imeis"))


def bases(used: DataFrame, zone: str) -> DataFrame:
    """Where each unit mostly is at night: unit, base_latitude, base_longitude. The mast with most nights (22 to 07)."""
    hour = F.hour(F.from_utc_timestamp("started_at", zone))
    night = used.where((hour >= 22) | (hour < 7)).where("latitude IS NOT NULL")
    return most_used(
        night.groupBy("unit", "latitude", "longitude").agg(F.countDistinct(F.to_date("started_at")).alias("n"))
    )


def where_days_end(used: DataFrame, zone: str) -> DataFrame:
    """The mast of most days' last sightings (days end at seven): unit, base_latitude, base_longitude.

    A line that deals through the night in town is seen there ten times as often as at home, on fewer days.
    """
    day = F.to_date(F.from_utc_timestamp("started_at", zone) - F.expr("INTERVAL 7 HOURS"))
    place = F.struct("started_at", "event_id", "latitude", "longitude")
    last = used.where("latitude IS NOT NULL").groupBy("unit", day).agg(F.max(place).alias("last"))
    return most_used(last.groupBy("unit", "last.latitude", "last.longitude").agg(F.count("*").alias("n")))


def most_used(counted: DataFrame) -> DataFrame:
    """unit, base_latitude, base_longitude: each unit's place of the highest `n`, of unit, latitude, longitude, n."""
    top = counted.groupBy("unit").agg(F.max(F.struct("n", "latitude", "longitude")).alias("top"))
    return top.select("unit", *(F.col(f"top.{each}").alias(f"base_{each}") for each in ("latitude", "longitude")))


def first_events(rows: DataFrame, by: list[str], n: int) -> DataFrame:
    """Of each group the `n` earliest event ids, in time's order (columns event_id and started_at of `rows`)."""
    ordered = F.sort_array(F.collect_set(F.struct("started_at", "event_id")))
    return rows.groupBy(*by).agg(F.slice(ordered, 1, n)["event_id"].alias("event_ids"))
