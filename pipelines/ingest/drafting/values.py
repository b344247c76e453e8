"""What the values of a column can be: whether they fit a kind of field, and how telephone numbers are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.common import phones
from pipelines.ingest.conform.values import NO, YES
from pipelines.ingest.drafting import dates
from pipelines.ingest.drafting.table import means_something
from schemas.layouts.fields import Field
from schemas.layouts.values import folded

FITS = 0.9  # share of the values that must fit the kind of a field whose name the column has
MAX_CODES = 60  # different values of a column of codes, or parts of them
_LONGEST_CODE = 60
_SAMPLE = 5_000
STYLES = ("national", "international", "e164")  # as_dialled is what exchanges write, and no person does
_POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[ .-]*[0-9][A-Z]{2}", re.IGNORECASE)
_MARK = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9 -]{2,10}", re.IGNORECASE)
_REFERENCE = re.compile(r"(?=.*[0-9])[\w/.:#()-]+(?: [\w/.:#()-]+){0,2}")
_EMPTY = ("text", "narrative", "address", "document", "imei", "imsi", "number", "duration", "degrees")  # not judged


def fit(field: Field, values: Sequence[str]) -> float | None:
    """Share of a column's values that can be of the field; None where they say nothing of it."""
    told = [value for value in values[:_SAMPLE] if means_something(field.kind, value)]
    if not told or field.kind in _EMPTY:
        return None
    if field.kind in ("code", "marking"):
        return float(len({folded(value) for value in told}) <= MAX_CODES and max(map(len, told)) <= _LONGEST_CODE)
    if field.kind == "boolean":
        return float(len({folded(value) for value in told}) <= 6 and not any(dates.is_day(value) for value in told))
    return sum(_is_of(field.kind, value) for value in told) / len(told)


def _is_of(kind: str, value: str) -> bool:
    if kind == "date":
        return dates.is_day(value)
    if kind == "instant":
        return dates.is_day(value) or re.fullmatch(r"1[0-9]{9}(?:[0-9]{3})?(?:\.[0-9]+)?", value) is not None
    if kind in ("phone", "party"):
        return not dates.is_day(value) and sum(c.isdigit() for c in value) >= 6
    if kind == "postcode":
        return _POSTCODE.fullmatch(value) is not None
    if kind == "vehicle":
        return _MARK.fullmatch(value) is not None
    if kind == "reference":
        is_other = dates.is_day(value) or _POSTCODE.fullmatch(value) is not None
        return len(value) <= _LONGEST_CODE and not is_other and _REFERENCE.fullmatch(value) is not None
    if kind == "name":
        return len(value) <= _LONGEST_CODE and not any(c.isdigit() for c in value)
    return len(value) <= 4_000 if kind == "codes" else True


def is_yes_or_no(values: Sequence[str]) -> bool:
    """Whether every value is one that the reader takes for yes or no."""
    return {value.upper() for value in values} <= {*YES, *NO}


def number_styles(values: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """What each style of `numbers` reads of the values that mean something, by the reader itself.

    Styles that read the same are one: the first of `STYLES`, which is what a layout says that says nothing.
    """
    told = list(dict.fromkeys(value for value in values if means_something("phone", value)))[:_SAMPLE]
    readings: dict[str, tuple[str | None, ...]] = {}
    for style in STYLES:
        read = tuple(phones.e164(value, f"{style}:GB") for value in told)
        if read not in readings.values():
            readings[style] = read
    return readings


def described(values: Sequence[str], is_list: bool = False) -> str:
    """What a column holds, in words that tell no value."""
    if not values:
        return "holds nothing in these files"
    n = len(set(values))
    if is_list:
        return f"holds lists, of {n} different values"
    if dates.share(values) >= FITS:
        return "holds dates"
    if sum(map(dates.is_clock, values)) >= FITS * len(values):
        return "holds times of day"
    longest = max(map(len, values))
    return f"holds text of up to {longest} characters" if longest > _LONGEST_CODE else f"holds {n} different values"
