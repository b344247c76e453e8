"""What single values of the settings may be: shares, counts, schedules, force codes, names."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from jobs.runtime.sections import cron
from schemas import codes
from schemas.validation import Matching


def _time_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise ValueError(f"{value[:60]!r} is not a known time zone, such as Europe/London") from error
    return value


def _home_office_force(value: str) -> str:
    if value not in codes.FORCES:
        raise ValueError(f'{value[:60]!r} is not a Home Office code, such as "36": see schemas/codes.py')
    return value


def _schedule(value: str) -> str:
    cron.check_time_of_day(value)
    return value


def _cores(value: Any) -> Any:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = str(value) if is_number else value
    if not isinstance(text, str) or not re.fullmatch(r"\*|[1-9]\d{0,3}", text):
        raise ValueError('takes "*" for all, or a number from 1')
    return text


def _ascending(value: list[float]) -> list[float]:
    if sorted(value) != value:
        raise ValueError("takes low, used and high, in this order")
    return value


Share = Annotated[float, Field(ge=0, le=1)]
Difference = Annotated[float, Field(ge=-1, le=1)]  # of two shares
Inside = Annotated[float, Field(gt=0, lt=1)]  # a probability that leaves room on both sides
MAX_INT = 2**31 - 1  # what Spark counts rows with
Count = Annotated[int, Field(ge=1, le=MAX_INT)]
CountOrNone = Annotated[int, Field(ge=0, le=MAX_INT)]
Folds = Annotated[int, Field(ge=2, le=1000)]
Hour = Annotated[int, Field(ge=0, le=23)]
Days = Annotated[int, Field(ge=1, le=36_525)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, le=MAX_INT)]
Interval = Annotated[list[Share], Field(min_length=3, max_length=3), AfterValidator(_ascending)]

Text = Annotated[str, Field(min_length=1)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Schedule = Annotated[str, AfterValidator(_schedule)]
Cores = Annotated[str, BeforeValidator(_cores, json_schema_input_type=str | int)]
Memory = Annotated[str, Matching(r"[1-9]\d*[kmgtKMGT]b?", "takes a size such as 2g")]
Force = Annotated[str, Matching(codes.FORCE_PATTERN, 'takes a two-character force code, quoted, such as "36"')]
ForceOrRest = Annotated[
    str, Matching(rf"\*|{codes.FORCE_PATTERN}", 'takes a two-character force code, quoted, or "*" for all others')
]
HomeOfficeForce = Annotated[str, AfterValidator(_home_office_force)]
Sender = Annotated[str, Matching(r"[a-z0-9_]+", "takes a sender's name: lower-case letters, digits and _")]
Catalog = Annotated[str, Matching(r"[A-Za-z0-9_-]+", "takes the name of a catalogue")]
Webhook = Annotated[str, Matching(r"https?://\S+", "takes an address that begins with https:// or http://")]
Restricted = Annotated[
    str, Matching(rf"(?:{codes.FORCE_PATTERN}):[^a-z]+", "takes <force>:<OPERATION NAME IN CAPITALS>, such as 36:OAK")
]
