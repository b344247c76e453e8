"""Where a place cannot be: off the earth, where degrees are counted from, or with latitude and longitude swapped."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns
from pipelines.ingest.conform.judgement import Problem

# Degrees within which a country's places lie, by the region of a layout: latitudes, then longitudes, with its islands.
BOUNDS = {
    "GB": ((49.5, 61.5), (-9.0, 2.5)),
    "IE": ((51.0, 56.0), (-11.0, -5.0)),
}
_NOWHERE = 0.01  # degrees around 0, 0, which systems write for "no place"


def problems(extract: layout_columns.Extract) -> tuple[Problem, ...]:
    """Why a record is refused for its `latitude` and `longitude`."""
    return (
        Problem(is_off_earth(), "BAD_NUMBER", "latitude or longitude: outside the possible"),
        Problem(is_nowhere(), "BAD_NUMBER", "latitude and longitude: 0, 0 is no place"),
        Problem(is_swapped(extract), "BAD_NUMBER", "latitude and longitude: swapped, by the bounds of the country"),
        Problem(is_mirrored(extract), "BAD_NUMBER", "latitude: south, where the country lies as far north"),
    )


def is_off_earth() -> Column:
    return ~F.col("latitude").between(-90, 90) | ~F.col("longitude").between(-180, 180)


def is_nowhere() -> Column:
    """Whether the place is where both are 0."""
    return (F.abs("latitude") < _NOWHERE) & (F.abs("longitude") < _NOWHERE)


def is_swapped(extract: layout_columns.Extract) -> Column:
    """Whether the place lies off the sender's country, and would lie in it with latitude and longitude exchanged."""
    return _would_be_within(extract, F.col("longitude"), F.col("latitude"))


def is_mirrored(extract: layout_columns.Extract) -> Column:
    """Whether the place lies off the sender's country, and would lie in it as far north as it lies south."""
    return _would_be_within(extract, -F.col("latitude"), F.col("longitude"))


def _would_be_within(extract: layout_columns.Extract, latitude: Column, longitude: Column) -> Column:
    """Whether the place lies off the sender's country, and the one that is given in it."""
    found = F.lit(False)
    for region, bounds in BOUNDS.items():
        senders = [sender for sender, feed in extract.layouts() if feed.region == region]
        is_off = ~_is_within(F.col("latitude"), F.col("longitude"), bounds)
        found = found | (F.col("sender").isin(senders) & is_off & _is_within(latitude, longitude, bounds))
    return found


def _is_within(latitude: Column, longitude: Column, bounds: tuple[tuple[float, float], tuple[float, float]]) -> Column:
    return latitude.between(*bounds[0]) & longitude.between(*bounds[1])
