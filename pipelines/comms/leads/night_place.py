"""Where a phone rests at night away from where its days mostly end: a second place, come back to, within cells' reach.

The position is the mean of where the night's cells point (half their reach along the azimuth), and the radius their
reach and spread. A night counts where the phone was seen between 23 and 06, and where it was not but the evening's last
sighting and the morning's first are at one place: who sleeps does not call. Evidence: separate stays against how often
others stay far away (Poisson), and the nights.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms import positions
from pipelines.comms.leads import evidence, usage

NAME = "night_place"
EVENING, MORNING = 18, 10  # hours of the clock from and until which sightings may bracket a night


@dataclass(frozen=True)
class Thresholds:
    away_km: float  # from the place where most days end
    min_nights: int
    stays_a_week: float  # of somebody who comes back
    reach_m: float  # of a cell: providers do not tell it
    max_nats: float


def leads(used: DataFrame, spans: DataFrame, bases: DataFrame, thresholds: Thresholds, zone: str) -> DataFrame:
    """Leads: one a unit and second place. `used` and `spans` as of `usage`, `bases` of `usage.where_days_end`."""
    away = concurrency.materialise_lazily(_away(used, bases, thresholds, zone))  # used three times
    weeks = spans.select("unit", F.greatest(F.datediff("last_at", "first_at") / 7, F.lit(1.0)).alias("weeks"))
    order = Window.partitionBy("unit", "y", "x").orderBy("night")
    nightly = away.groupBy("unit", "y", "x", "night").agg(F.min("started_at").alias("at"))
    begins = F.coalesce(F.datediff("night", F.lag("night").over(order)), F.lit(99)) > 1
    stays = nightly.withColumn("begins", begins.cast("int")).groupBy("unit", "y", "x").agg(
        F.sum("begins").alias("n_stays"), F.count("*").alias("n_nights")
    )  # fmt: skip
    placed = away.groupBy("unit", "number", "y", "x").agg(
        F.avg("beam_latitude").alias("latitude"), F.avg("beam_longitude").alias("longitude"),
        F.stddev_pop("beam_latitude").alias("_spread"), F.min("started_at").alias("first_at"),
        F.max("started_at").alias("last_at"), F.count("*").alias("n_events"),
    )  # fmt: skip
    rate = stays.join(weeks, ["unit"], how="right").fillna(0, ["n_stays"]).agg(
        ((F.sum(F.least("n_stays", F.lit(2))) + 1) / (F.sum("weeks") + 20)).alias("_rate")
    )  # fmt: skip
    ids = usage.first_events(away, ["unit", "y", "x"], evidence.N_EVENTS)
    staying = stays.where(F.col("n_nights") >= thresholds.min_nights).join(placed, ["unit", "y", "x"], how="inner")
    staying = staying.join(weeks, ["unit"]).join(ids, ["unit", "y", "x"]).crossJoin(F.broadcast(rate))
    nats = evidence.poisson(
        F.col("n_stays"), F.lit(thresholds.stays_a_week) * F.col("weeks"), F.col("_rate") * F.col("weeks")
    )
    radius = thresholds.reach_m + 2 * 111_320 * F.coalesce("_spread", F.lit(0.0))
    text = F.format_string("%d nights in %d separate stays", "n_nights", "n_stays")
    where = F.format_string("within %.0f m of %.4f, %.4f", radius, "latitude", "longitude")
    return evidence.leads(
        staying,
        NAME,
        {
            "numbers": F.array("number"),
            "factors": F.array(
                evidence.factor(text, evidence.capped(nats, thresholds.max_nats)),
                evidence.factor(where, F.log(F.col("n_nights") / F.lit(float(thresholds.min_nights)))),
            ),
            "event_ids": F.col("event_ids"),
            "n_events": F.col("n_events"),
            "first_at": F.col("first_at"),
            "last_at": F.col("last_at"),
            "latitude": F.col("latitude"),
            "longitude": F.col("longitude"),
            "radius_m": radius,
            "statement": F.concat(
                "number", F.lit(" rests at a second place at night, "), where, F.lit(": "), text, F.lit(".")
            ),
        },
    )


def _away(used: DataFrame, bases: DataFrame, thresholds: Thresholds, zone: str) -> DataFrame:
    """Sightings of nights far from the unit's base, with the night they belong to and their place: y, x of a mast."""
    local = F.from_utc_timestamp("started_at", zone)
    night = _of_nights(used.where("latitude IS NOT NULL"), thresholds, zone)
    based = night.join(bases, ["unit"], how="inner")
    far = positions.kilometres("latitude", "longitude", "base_latitude", "base_longitude") >= thresholds.away_km
    half = thresholds.reach_m / 2
    angle = F.radians("azimuth")
    north, east = F.coalesce(half * F.cos(angle), F.lit(0.0)), F.coalesce(half * F.sin(angle), F.lit(0.0))
    away = concurrency.materialise_lazily(  # used twice
        based.where(far).withColumn("night", F.to_date(local - F.expr("INTERVAL 12 HOURS")))
    )
    return away.join(_places(away, thresholds), ["unit", "latitude", "longitude"], how="inner").withColumns(
        {
            "beam_latitude": F.col("latitude") + north / 111_320,
            "beam_longitude": F.col("longitude") + east / (111_320 * F.cos(F.radians("latitude"))),
        }
    )


def _places(away: DataFrame, thresholds: Thresholds) -> DataFrame:
    """unit, latitude, longitude of each mast and y, x of the mast of the most nights of those within its reach.

    Who stays at one place is served by any of the masts around it: as far as they stand apart, or a cell reaches.
    """
    reach = F.greatest(F.lit(thresholds.reach_m), F.coalesce(F.max("spacing_m"), F.lit(0.0)))
    of_mast = away.groupBy("unit", "latitude", "longitude")
    masts = of_mast.agg(F.countDistinct("night").alias("n"), reach.alias("reach_m"))
    others = masts.select("unit", "n", F.col("latitude").alias("y"), F.col("longitude").alias("x"))
    metres = 1000 * positions.kilometres("latitude", "longitude", "y", "x")
    near = masts.drop("n").join(others, ["unit"], how="inner").where(metres <= F.col("reach_m"))
    most = near.groupBy("unit", "latitude", "longitude").agg(F.max(F.struct("n", "y", "x")).alias("most"))
    return most.select("unit", "latitude", "longitude", "most.y", "most.x")


def _of_nights(seen: DataFrame, thresholds: Thresholds, zone: str) -> DataFrame:
    """Sightings from 23 to 06, and the evening's last and the morning's first of nights that these bracket.

    Both are at one place where they are as near as a cell reaches, or as masts stand apart there.
    """
    local = F.from_utc_timestamp("started_at", zone)
    hour = F.hour(local)
    late = seen.where((hour >= EVENING) | (hour < MORNING)).withColumns(
        {
            "_night": F.to_date(local - F.expr("INTERVAL 12 HOURS")),
            "_part": F.when((hour >= EVENING) & (hour < 23), "evening").when(
                (hour >= 6) & (hour < MORNING), "morning"
            ).otherwise("night"),
        }
    )  # fmt: skip
    place = F.struct("started_at", "event_id", "latitude", "longitude", "spacing_m")
    whole = Window.partitionBy("unit", "_night")
    bracketed = late.withColumns(
        {
            "_e": F.max(F.when(F.col("_part") == "evening", place)).over(whole),
            "_m": F.min(F.when(F.col("_part") == "morning", place)).over(whole),
        }
    )
    apart_m = 1000 * positions.kilometres("_e.latitude", "_e.longitude", "_m.latitude", "_m.longitude")
    reach = F.greatest(F.lit(thresholds.reach_m), F.coalesce("_e.spacing_m", F.lit(0.0)))
    is_end = F.col("event_id").isin(F.col("_e.event_id"), F.col("_m.event_id"))
    kept = (F.col("_part") == "night") | F.coalesce(is_end & (apart_m <= reach), F.lit(False))
    return bracketed.where(kept).drop("_night", "_part", "_e", "_m")
