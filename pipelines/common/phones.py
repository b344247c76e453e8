"""Telephone numbers in E.164, region GB, by Google's phonenumbers.

A number is accepted where its length is *possible*: the library's lists of allocated ranges trail the regulator's, and
an unallocated number in a report is still what the report says.
"""

from __future__ import annotations

import functools
import re

import pandas as pd
import phonenumbers
from pyspark.sql import Column
from pyspark.sql import functions as F

REGION = "GB"
WITHHELD = frozenset({"WITHHELD", "PRIVATE", "ANONYMOUS", "UNKNOWN", "UNAVAILABLE", "RESTRICTED", "NUMBER WITHHELD"})
_MOBILE = re.compile(r"(?:\+44|0044|44|0)(7\d{9})")  # most of what UK police data holds: no need of the library
_SHORT_CODE = re.compile(r"\d{3,8}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 .&_-]{2,11}")  # GSM 03.40: a sender's name of up to 11 characters


@functools.lru_cache(maxsize=100_000)
def e164(text: str) -> str | None:
    """A number as written, in E.164 ("07700 900123" -> "+447700900123"), or None."""
    digits = re.sub(r"\(0\)|[\s().\-/]", "", text.removeprefix("tel:"))
    if found := _MOBILE.fullmatch(digits):
        return f"+44{found[1]}"
    if not re.fullmatch(r"\+?\d{7,18}", digits):
        return None
    try:
        number = phonenumbers.parse(digits, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@functools.lru_cache(maxsize=100_000)
def party(text: str) -> str | None:
    """A party of a communications event: E.164, else a short code or a sender's name as it is, else None."""
    kept = text.strip()
    return e164(kept) or (kept if _SHORT_CODE.fullmatch(kept) or _ALPHANUMERIC.fullmatch(kept) else None)


def _each(values: pd.Series, rule: object) -> pd.Series:
    """`rule` applied once per distinct value."""
    distinct = values.dropna().unique()
    return values.map({value: rule(value) for value in distinct}).astype(object)  # type: ignore[operator]


def e164_of(column: Column) -> Column:
    """`e164` of a text column; NULL where it is NULL or cannot be read."""

    @F.pandas_udf("string")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def normalise(values: pd.Series) -> pd.Series:
        return _each(values, e164)

    return normalise(column)


def party_of(column: Column) -> Column:
    """`party` of a text column; NULL where it is NULL or cannot be read."""

    @F.pandas_udf("string")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def normalise(values: pd.Series) -> pd.Series:
        return _each(values, party)

    return normalise(column)
