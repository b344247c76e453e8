"""Where calls were made: positions of cells on the day, routes from cell to cell, and who was near whom.

A cell covers kilometres. A position here is the cell's, never the telephone's; being near means cells near each other.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.comms import research

EARTH_KM = 6371.0088  # mean radius, IUGG
_TILE = 0.02  # degrees: wider than `near_km` may be in latitude (2.2 km) and, in these islands, in longitude (1.1 km)
MAX_NEAR_KM = 1.1


def kilometres(lat_1: str, lon_1: str, lat_2: str, lon_2: str) -> Column:
    """Great-circle distance of two positions in degrees (haversine); NULL where one is not known."""
    p1, p2 = F.radians(lat_1), F.radians(lat_2)
    dp, dl = p2 - p1, F.radians(lon_2) - F.radians(lon_1)
    h = F.pow(F.sin(dp / 2), 2) + F.cos(p1) * F.cos(p2) * F.pow(F.sin(dl / 2), 2)
    bounded = F.when(h > 1, F.lit(1.0)).otherwise(h)  # rounding; `least` would make a missing position the far side
    return F.lit(2 * EARTH_KM) * F.asin(F.sqrt(bounded))


def positions(legs: DataFrame, cells: DataFrame) -> DataFrame:
    """Legs with a cell: `subject`, `call_id`, `at` (start, or end at the last cell), `local_at`, `cell`, `operator`,
    and the cell's `latitude`, `longitude`, `azimuth` on that day (NULL where the provider does not say).

    Args:
        legs: legs of subjects.
        cells: silver.comms_cells, current as of the night. Of several places on one day the newest counts.
    """
    seconds = F.coalesce("duration_s", F.lit(0.0))
    ended = F.timestamp_micros((F.unix_micros("started_at") + seconds * 1e6).cast("long"))
    first = F.struct(F.col("first_cell").alias("cell"), F.col("started_at").alias("at"), F.lit(0).alias("n"))
    last = F.struct(F.col("last_cell").alias("cell"), ended.alias("at"), F.lit(1).alias("n"))
    has_moved = F.col("last_cell").isNotNull() & ~F.col("last_cell").eqNullSafe(F.col("first_cell"))
    points = F.array_compact(F.array(first, F.when(has_moved, last)))
    seen = legs.select("subject", "call_id", "is_out", "operator", "local_at", F.explode(points).alias("_p"))
    seen = seen.select("subject", "call_id", "is_out", "operator", "local_at", "_p.*").where("cell IS NOT NULL")
    places = cells.select("operator", "cell", "latitude", "longitude", "azimuth", "from_on", "to_on")
    day = F.to_date("local_at")
    stood = (day >= F.col("p.from_on")) & (day <= F.coalesce("p.to_on", day))
    same = (F.col("s.operator") == F.col("p.operator")) & (F.col("s.cell") == F.col("p.cell")) & stood
    joined = seen.alias("s").join(F.broadcast(places.alias("p")), on=same, how="left")
    kept = joined.select("s.*", "p.latitude", "p.longitude", "p.azimuth", "p.from_on")
    newest = Window.partitionBy("subject", "call_id", "is_out", "n").orderBy(F.col("from_on").desc_nulls_last())
    return kept.withColumn("_r", F.row_number().over(newest)).where("_r = 1").drop("_r", "from_on")


def routes(positions: DataFrame) -> DataFrame:
    """A subject's cells in order of time, each with `km`, `minutes` and `km_h` from the one before (first: NULL).

    Only changes of place are rows. Speeds beyond travel say that cells overlap or that two telephones were used.
    """
    following = Window.partitionBy("subject").orderBy("at", "n", "call_id", "is_out")
    known = positions.where("latitude IS NOT NULL")
    before = known.withColumns({f"_{name}": F.lag(name).over(following) for name in ("latitude", "longitude", "at")})
    km = kilometres("_latitude", "_longitude", "latitude", "longitude")
    moved = before.withColumn("km", km).where("km IS NULL OR km > 0")
    minutes = (F.unix_micros("at") - F.unix_micros("_at")) / 60e6
    speed = F.when(F.col("minutes") > 0, F.col("km") / (F.col("minutes") / 60))
    columns = ("subject", "at", "local_at", "cell", "operator", "latitude", "longitude", "azimuth", "km", "minutes")
    return moved.withColumn("minutes", minutes).select(*columns, speed.alias("km_h"), "call_id")


def together(positions: DataFrame, options: research.Options) -> DataFrame:
    """Pairs of subjects whose cells were within `near_km` in the same stretch of `near_minutes`: `first`, `second`,
    `n_stretches`, `n_days`, `n_places`, `first_at`, `last_at`.

    Raises:
        ValueError: `near_km` is more than MAX_NEAR_KM.
    """
    if options.near_km > MAX_NEAR_KM:
        raise ValueError(f"near_km: at most {MAX_NEAR_KM}")
    stretch = F.floor(F.unix_micros("at") / (options.near_minutes * 60e6))
    seen = positions.where("latitude IS NOT NULL").select(
        "subject", stretch.alias("stretch"), "latitude", "longitude", "cell", "at"
    )
    each = seen.groupBy("subject", "stretch", "latitude", "longitude").agg(F.min("at").alias("at"))
    x, y = F.floor(F.col("latitude") / _TILE), F.floor(F.col("longitude") / _TILE)
    near = F.array(*[F.struct((x + dx).alias("x"), (y + dy).alias("y")) for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    left = each.withColumn("_t", F.explode(near)).select(
        "stretch", "_t.x", "_t.y", "subject", "latitude", "longitude", "at"
    )
    right = each.select("stretch", x.alias("x"), y.alias("y"), F.col("subject").alias("second"),
                        F.col("latitude").alias("lat_2"), F.col("longitude").alias("lon_2"))  # fmt: skip
    met = left.join(right, on=["stretch", "x", "y"], how="inner").where(F.col("subject") < F.col("second"))
    met = met.where(kilometres("latitude", "longitude", "lat_2", "lon_2") <= options.near_km)
    place = F.concat_ws(",", *(F.round(axis, 2).cast("string") for axis in ("latitude", "longitude")))
    return met.groupBy(F.col("subject").alias("first"), "second").agg(
        F.countDistinct("stretch").alias("n_stretches"),
        F.countDistinct(F.to_date("at")).alias("n_days"),
        F.countDistinct(place).alias("n_places"),
        F.min("at").alias("first_at"),
        F.max("at").alias("last_at"),
    )
