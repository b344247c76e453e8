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
    """A number of 0 or more, with thousands commas or a decimal comma ("1,200" and "1,2"); NULL for anything else, also
    for NaN and infinities."""
    grouped = F.when(text.rlike(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$"), F.regexp_replace(text, ",", ""))
    decimal = F.when(text.rlike(r"^\d+,(?:\d{1,2}|\d{4,})$"), F.regexp_replace(text, ",", "."))
    plain = F.when(text.rlike(r"^\d+(?:\.\d+)?(?:[eE][+]?\d{1,2})?$"), text)
    return F.coalesce(plain, grouped, decimal).try_cast("double")


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
    """An angle in decimal degrees from -180 to 360, signed or with its side of the world ("1,25 W"); else NULL."""
    parts = r"^([+-]?)(\d{1,3})(?:[.,](\d+))?\s*°?\s*([NSEWnsew]?)$"
    sign, whole, decimals, side = (F.regexp_extract(text, parts, n) for n in (1, 2, 3, 4))
    size = F.concat(whole, F.lit("."), F.when(decimals == "", "0").otherwise(decimals)).try_cast("double")
    is_negative = (sign == "-") | F.upper(side).isin("S", "W")
    is_plain = text.rlike(parts) & ((sign == "") | (side == ""))
    value = F.when(is_plain, F.when(is_negative, -size).otherwise(size))
    return F.when(value.between(-180, 360), value)


def postcode(text: Column) -> Column:
    """A UK postcode with one space ("nr13aa" -> "NR1 3AA"), or NULL."""
    packed = F.regexp_replace(F.upper(text), r"[\s.\-]", "")
    is_valid = packed.rlike(r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$")
    return F.when(is_valid, F.regexp_replace(packed, r"^(.+)(.{3})$", "$1 $2"))


# Registration marks of the United Kingdom since 1903 (DVLA INF104): current, prefix, suffix and dateless, those of
# Northern Ireland among the last.
_BRITISH = (
    r"[A-Z]{2}[0-9]{2}[A-Z]{3}",
    r"[A-Z][0-9]{1,3}[A-Z]{3}",
    r"[A-Z]{3}[0-9]{1,3}[A-Z]",
    r"[A-Z]{1,3}[0-9]{1,4}",
    r"[0-9]{1,4}[A-Z]{1,3}",
)
# Of neighbours whose marks no make and model looks like: France and Italy, Ireland, Poland, Romania.
_FOREIGN = (
    r"[A-Z]{2}[0-9]{3}[A-Z]{2}",
    r"[0-9]{2,3}(?:CE|CN|CW|DL|KE|KK|KY|LD|LH|LM|LS|MH|MN|MO|OY|RN|SO|TN|TS|WH|WX|WW|[CDGLTW])[0-9]{2,6}",
    r"[A-Z]{2,3}[0-9]{5}",
    r"(?:B[0-9]{2,3}|[A-Z]{2}[0-9]{2})[A-Z]{3}",
)
# What stands in the column in place of a mark, and has the shape of one: a make or a kind of vehicle with a number or
# a model ("BMW 320", "2 vans"), and a model alone ("X5").
_NO_MARK = (
    r"^(?:[0-9]{1,4} ?)?(?:BMW|VW|MG|KIA|GMC|BYD|MAN|DAF|JCB|KTM|UTE|CAR|VAN|CAB|BUS|SUV|MPV|4X4|RED|KA|UP|GTI|TDI|CLK|"
    r"SLK|GLA|GLC|CLA|TT|RAV|CRV|HRV|CMAX|SMAX|HGV|LGV|PSV|LHD|RHD|EV|AGE|NO|REF|TBC|TBA|UNK|PCN|CAD|URN|ETA|IC)S?"
    r"(?: ?[0-9]{1,4})?$|^[0-9]{1,2}V$|^[2-5] ?DR$|^(?:A[2-8]|Q[2-8]|X[1-7]|Z[34]|M[2-6]|C[1-5]|I[348]"
    r"|I[1234]0|S[34678]|DS[3-9]|ID[3-7]|E[23]|MX[35]|CX[357]|RAV4|XC[469]0|V[4679]0|GT86|[0-9]{3}[DI])$"
)


def vehicle(text: Column) -> Column:
    """A registration mark without spaces, or NULL: also for a make or model, which strangers share."""
    spelt = F.upper(F.regexp_replace(F.btrim(text), r"[\s.\-]+", " "))
    packed = F.regexp_replace(spelt, " ", "")
    is_mark = packed.rlike("^(?:" + "|".join((*_BRITISH, *_FOREIGN)) + ")$")
    return F.when(is_mark & ~spelt.rlike(_NO_MARK) & ~packed.rlike(_NO_MARK), packed)
