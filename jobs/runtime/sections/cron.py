"""Schedules as cron writes them: five fields. What is accepted here, Dagster accepts and gives a next time for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MAX_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()  # the first stands for `low`


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),  # 0 and 7 are Sunday
)


def check(expression: str) -> None:
    """Raise ValueError, which says which field is wrong, unless `expression` is a schedule that comes due at times."""
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        raise ValueError(f"takes a schedule of five fields ({names}), such as 0 2 * * *")
    allowed = [set(_values(text, field)) for text, field in zip(fields, _FIELDS, strict=True)]
    _, _, days, months, _ = allowed
    if min(days) > max(_MAX_DAYS[month - 1] for month in months):  # beside a weekday, which cron would take, as well
        raise ValueError(f"{expression!r} never comes due on day {min(days)}: no such month has one")


def check_time_of_day(expression: str) -> None:
    """As `check`, of what begins nights: once a day at most, so that minute and hour are one number each."""
    check(expression)
    minute, hour, *_ = expression.split()
    if not (minute.isdecimal() and hour.isdecimal()):
        raise ValueError(f"{expression!r} is no time of day: minute and hour are one number each, as in 30 1 * * 1-5")


def _values(text: str, field: _Field) -> Iterator[int]:
    for item in text.lower().split(","):
        match = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,2}))?", item, re.ASCII)
        if match is None:
            raise ValueError(f"{item!r} cannot be the {field.name}")
        star, first, last, step = match.groups()
        low = field.low if star else _number(first, field)
        high = field.high if star else _number(last or first, field)
        if low > high:
            raise ValueError(f"{item!r} cannot be the {field.name}: a range goes up")
        if step is not None and not (star or last):
            raise ValueError(f"{item!r} cannot be the {field.name}: a step follows * or a range")
        if step is not None and not 1 <= int(step) <= field.high:
            raise ValueError(f"{item!r} cannot be the {field.name}: a step is from 1 to {field.high}")
        yield from range(low, high + 1, int(step or 1))


def _number(text: str, field: _Field) -> int:
    if text in field.words:
        return field.words.index(text) + field.low
    if not text.isdigit() or not field.low <= int(text) <= field.high:
        raise ValueError(f"{text!r} cannot be the {field.name}: that is from {field.low} to {field.high}")
    return int(text)
