"""Values of one field: text in the shape of its kind, or NULL where it cannot be read as that."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns

YES, NO = ("Y", "YES", "TRUE", "T", "1"), ("N", "NO", "FALSE", "F", "0")


def instant_of(day: date) -> Column:
    """Midnight UTC of `day`, whatever the session's time zone."""
    return F.lit(f"{day.isoformat()}T00:00:00Z").cast("timestamp")


def within(value: Column, earliest: Column, latest: Column) -> Column:
    """`value` where it lies in the possible, else NULL."""
    return F.when(value.between(earliest, latest), value)


def boolean(text: Column) -> Column:
    """Y/N, Yes/No, True/False, T/F, 1/0 in any case; NULL for anything else."""
    upper = F.upper(text)
    return F.when(upper.isin(*YES), F.lit(True)).when(upper.isin(*NO), F.lit(False))


def number(text: Column) -> Column:
    """A number of 0 or more, thousands commas allowed; NULL for anything else, also for NaN and infinities."""
    plain = F.when(text.rlike(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d+(?:\.\d+)?(?:[eE][+]?\d{1,2})?$"), text)
    return F.regexp_replace(plain, ",", "").try_cast("double")


def duration(extract: layout_columns.Extract, text: Column) -> Column:
    """Seconds, of 0 or more. Decimal minutes are rounded to whole seconds, which two decimals tell apart; mm:ss and
    h:mm:ss may run over 59 minutes."""
    parts = F.transform(F.split(text, ":"), lambda part: part.try_cast("double"))
    is_clock = text.rlike(r"^(?:\d{1,3}:)?\d{1,4}:[0-5]\d$")
    seconds = F.aggregate(parts, F.lit(0.0), lambda total, part: total * 60 + part)
    by_clock = F.when(extract.units("clock"), F.when(is_clock, seconds))
    by_minutes = F.when(extract.units("minutes"), F.round(number(text) * 60))
    return F.coalesce(by_clock, by_minutes, F.when(extract.units("seconds"), number(text)))


def degrees(text: Column) -> Column:
    """An angle in decimal degrees, signed, from -180 to 360; NULL for anything else."""
    value = F.when(text.rlike(r"^[+-]?\d{1,3}(?:\.\d+)?$"), text).try_cast("double")
    return F.when(value.between(-180, 360), value)


def postcode(text: Column) -> Column:
    """A UK postcode with one space ("nr13aa" -> "NR1 3AA"), or NULL."""
    packed = F.regexp_replace(F.upper(text), r"[\s.\-]", "")
    is_valid = packed.rlike(r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$")
    return F.when(is_valid, F.regexp_replace(packed, r"^(.+)(.{3})$", "$1 $2"))


def vehicle(text: Column) -> Column:
    """A registration mark without spaces, 2 to 8 letters and digits, or NULL."""
    packed = F.regexp_replace(F.upper(text), r"[\s.\-]", "")
    return F.when(packed.rlike(r"^(?=.*[0-9])[A-Z0-9]{2,8}$"), packed)
