"""Communications events as the use of telephones: who used which number, with whom, in which handset, from where.

The door to all detectors, and the only one: it takes usable events (`comms.access`), and lets none through with a
number whose own events are hidden, on either side. A number that falls silent for long enough is counted as another
unit afterwards, because providers give numbers out again.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import authorised, concurrency
from pipelines.comms import positions, sides
from schemas import silver

DAY_S = 86_400
TILE = 0.25  # degrees: the next mast is looked for so far at least, 28 km to the north and 17 to the east
ONE_MAST_M = 150.0  # positions this near are one mast, in two tables or with its antennas apart
AROUND = 4  # masts that stand next to one in a lattice: the nearest is nearer than most of them


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
        first cell, as it stood that day), spacing_m (to the network's masts around it; NULL where none is near),
        from_at and until_at: when silence can be seen. That is what was authorised,
        and no longer than the provider has delivered: of days that nobody has sent yet nothing is known.

    Raises:
        ValueError: `events` are not usable events but rows of the table.
    """
    authorised.require_usable(events, silver.COMMS_EVENTS)
    known = authorisations.select(
        "auth_urn", F.col("granted_at").alias("from_at"), F.col("expires_at").alias("until_at")
    )
    other = sides.other_number()
    delivered = events.groupBy("operator").agg(F.max("night").cast("timestamp").alias("_delivered"))
    open_ = _open(events, hidden).join(F.broadcast(known), ["auth_urn"], how="inner")
    open_ = open_.join(F.broadcast(delivered), ["operator"], how="inner")
    watched = F.greatest(F.least("until_at", "_delivered"), F.col("started_at"))
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
        watched.alias("until_at"),
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
    spaced = joined.join(F.broadcast(_spacing(used, stood)), ["operator", "latitude", "longitude"], how="left")
    return spaced.dropDuplicates(["event_id", "unit"])


def _spacing(used: DataFrame, stood: DataFrame) -> DataFrame:
    """operator, latitude, longitude and spacing_m of masts in use: how far the network's masts around it stand.

    That is the fourth nearest, or the last where there are fewer: who stays at a place is served by any of them.
    """
    masts = stood.where("latitude IS NOT NULL AND longitude IS NOT NULL").select(
        F.col("_operator").alias("operator"), F.col("_cell").alias("cell"), "latitude", "longitude"
    )
    tile = {"_y": F.floor(F.col("latitude") / TILE), "_x": F.floor(F.col("longitude") / TILE)}
    place = ("operator", "latitude", "longitude")
    mine = masts.join(used.select("operator", "cell").distinct(), ["operator", "cell"], how="left_semi")
    around = F.array(*(F.struct(F.lit(y).alias("y"), F.lit(x).alias("x")) for y in (-1, 0, 1) for x in (-1, 0, 1)))
    mine = mine.select(*place).distinct().withColumns(tile).withColumn("_d", F.explode(around)).select(
        *place, (F.col("_y") + F.col("_d.y")).alias("_y"), (F.col("_x") + F.col("_d.x")).alias("_x")
    )  # fmt: skip
    others = masts.select(*place).distinct().withColumns(tile).select(
        "operator", F.col("latitude").alias("_latitude"), F.col("longitude").alias("_longitude"), "_y", "_x"
    )  # fmt: skip
    metres = 1000 * positions.kilometres("latitude", "longitude", "_latitude", "_longitude")
    apart = mine.join(others, ["operator", "_y", "_x"], how="inner").withColumn("_m", metres)
    nearest = F.slice(F.sort_array(F.collect_list("_m")), 1, AROUND)
    return apart.where(F.col("_m") > ONE_MAST_M).groupBy(*place).agg(F.array_max(nearest).alias("spacing_m"))


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


def changes(used: DataFrame, leak: float) -> DataFrame:
    """When each unit was dropped and when it was taken up, by a change of the rate of hours in use.

    A change is the day after (or before) which use fell to the share `leak` of what it was: the day of the highest
    likelihood ratio against one rate throughout (Poisson; halved, since hours of use come in clusters), less the
    logarithm of the days to choose from. A stray event after the drop then costs little, weeks of use much. Where no
    change is likelier than none, it is the last (or first) event.

    Returns:
        unit, dropped_at, drop_nats, n_stray (hours in use after the drop), began_at, begin_nats.
    """
    second = F.unix_seconds("started_at")
    daily = used.groupBy("unit", F.floor(second / DAY_S).alias("day")).agg(
        F.countDistinct(F.floor(second / 3600)).alias("n"), F.min("started_at").alias("_first"),
        F.max("started_at").alias("_last"), F.min("from_at").alias("_from"), F.max("until_at").alias("_until"),
    )  # fmt: skip
    whole = Window.partitionBy("unit")
    k, k_to = F.sum("n").over(whole), F.sum("n").over(whole.orderBy("day"))
    first_day, last_day = F.min("day").over(whole), F.max("day").over(whole)
    from_day = F.floor(F.unix_seconds(F.min("_from").over(whole)) / DAY_S)
    until_day = F.greatest(F.floor(F.unix_seconds(F.max("_until").over(whole)) / DAY_S) - 1, last_day)
    ordered, day = whole.orderBy("day"), F.col("day")
    n_after, n_before = last_day - F.lead("day").over(ordered) + 1, F.lag("day").over(ordered) - first_day + 1
    fell = _two_rates(k_to, day - first_day + 1, k - k_to, until_day - day, n_after, leak)
    k_from = k - k_to + F.col("n")
    rose = _two_rates(k_from, last_day - day + 1, k - k_from, day - from_day, n_before, leak)
    rated = daily.select(
        "unit", "_first", "_last", (k - k_to).alias("_stray"), fell.alias("_fell"), rose.alias("_rose")
    )
    found = rated.groupBy("unit").agg(
        F.max(F.struct("_fell", F.col("_last").alias("at"), "_stray")).alias("drop"),
        F.max(F.struct("_rose", F.col("_first").alias("at"))).alias("begin"),
        F.max("_last").alias("_last"), F.min("_first").alias("_first"),
        F.max_by("_fell", "_last").alias("_at_last"), F.min_by("_rose", "_first").alias("_at_first"),
    )  # fmt: skip
    has_fallen, has_risen = F.col("drop._fell") > 0, F.col("begin._rose") > 0
    return found.select(
        "unit",
        F.when(has_fallen, F.col("drop.at")).otherwise(F.col("_last")).alias("dropped_at"),
        F.when(has_fallen, F.col("drop._fell")).otherwise(F.col("_at_last")).alias("drop_nats"),
        F.when(has_fallen, F.col("drop._stray")).otherwise(0).alias("n_stray"),
        F.when(has_risen, F.col("begin.at")).otherwise(F.col("_first")).alias("began_at"),
        F.when(has_risen, F.col("begin._rose")).otherwise(F.col("_at_first")).alias("begin_nats"),
    )


def _two_rates(k_in: Column, n_in: Column, k_out: Column, n_out: Column, n_stray: Column, leak: float) -> Column:
    """Halved log likelihood ratio of `k_in` hours of use in `n_in` days and, at the share `leak` of that rate, `k_out`
    in `n_out`, against one rate for all days; less the logarithm of the days, and what speaks for more use than that
    share in the `n_stray` days from the first to the last of `k_out` (NULL: there is none): a SIM that is put away and
    taken up in turn is in use for whole weeks, and strays over none."""
    days = (n_in + n_out).cast("double")
    rate, one_rate = k_in / n_in, (k_in + k_out) / days
    apart = k_in * F.log(rate / one_rate) + k_out * F.log(leak * rate / one_rate)
    means = n_in * rate + n_out * leak * rate - days * one_rate
    strayed = F.greatest(k_out / n_stray, leak * rate)
    leaks_more = k_out * F.log(leak * rate / strayed) - n_stray * (leak * rate - strayed)
    return (apart - means + F.coalesce(leaks_more, F.lit(0.0))) / 2 - F.log(days + 1)


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


def where_days_end(used: DataFrame, zone: str, apart_km: float) -> DataFrame:
    """The mast about which most days end (at seven): unit, base_latitude, base_longitude.

    A line that deals through the night in town is seen there ten times as often as at home, on fewer days. Around home
    days end at one mast or another, in a second place always at the same: so all within half of `apart_km` count, which
    no sighting can be of two places that are so far apart; of masts with as many days about them the one with most.
    """
    day = F.to_date(F.from_utc_timestamp("started_at", zone) - F.expr("INTERVAL 7 HOURS"))
    place = F.struct("started_at", "event_id", "latitude", "longitude")
    last = used.where("latitude IS NOT NULL").groupBy("unit", day).agg(F.max(place).alias("last"))
    ended = concurrency.materialise_lazily(
        last.groupBy("unit", "last.latitude", "last.longitude").agg(F.count("*").alias("n"))
    )
    others = ended.select("unit", *(F.col(c).alias(f"_{c}") for c in ("n", "latitude", "longitude")))
    near = positions.kilometres("latitude", "longitude", "_latitude", "_longitude") <= apart_km / 2
    about = ended.join(others, ["unit"], how="inner").where(near).groupBy("unit", "latitude", "longitude")
    return most_used(about.agg(F.struct(F.sum("_n"), F.first("n")).alias("n")))


def most_used(counted: DataFrame) -> DataFrame:
    """unit, base_latitude, base_longitude: each unit's place of the highest `n`, of unit, latitude, longitude, n."""
    top = counted.groupBy("unit").agg(F.max(F.struct("n", "latitude", "longitude")).alias("top"))
    return top.select("unit", *(F.col(f"top.{each}").alias(f"base_{each}") for each in ("latitude", "longitude")))


def first_events(rows: DataFrame, by: list[str], n: int) -> DataFrame:
    """Of each group the `n` earliest event ids, in time's order (columns event_id and started_at of `rows`)."""
    ordered = F.sort_array(F.collect_set(F.struct("started_at", "event_id")))
    return rows.groupBy(*by).agg(F.slice(ordered, 1, n)["event_id"].alias("event_ids"))
