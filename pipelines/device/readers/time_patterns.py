"""Times by the patterns of a layout, such as dd/MM/yyyy HH:mm:ss: those of Spark, read without it."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from pipelines.device.readers.base import EPOCH, hour_of, instant

_TOKEN = re.compile(r"'([^']*)'|([A-Za-z])\2*|(.)", re.DOTALL)
_MONTHS = {m: n for n, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_WIDTHS = {"M": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "h": r"\d{1,2}", "m": r"\d{2}", "s": r"\d{2}"}
_NAMES = {"y": "year", "M": "month", "d": "day", "H": "hour", "h": "half_hour", "m": "minute", "s": "second"}
_EPOCHS = {"epoch_s": 1, "epoch_ms": 1000}
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,6})?")


def read(text: str, patterns: Sequence[str], zone: ZoneInfo) -> datetime:
    """The instant, in UTC, by the first pattern that fits; else as ISO 8601. Of an hour that comes twice, the first.

    Raises:
        ValueError: none fits.
    """
    text = " ".join(text.split())
    for pattern in patterns:
        if pattern in _EPOCHS:
            if _NUMBER.fullmatch(text):
                return EPOCH + timedelta(seconds=float(text) / _EPOCHS[pattern])
        elif match := _compiled(pattern).fullmatch(text):
            found = _made(match)
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError("a time that no pattern fits")
    return instant(text, zone)


@functools.lru_cache(maxsize=100)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = []
    for token in _TOKEN.finditer(" ".join(pattern.split())):
        quoted, letter, other = token.groups()
        if letter is None:
            parts.append(re.escape(quoted if quoted is not None else other))
        elif letter == "y":
            parts.append(r"(?P<year>\d{2})" if len(token[0]) == 2 else r"(?P<year>\d{4})")
        elif letter == "M" and len(token[0]) > 2:
            parts.append(r"(?P<name>[A-Za-z]{3,9})\.?")
        elif letter in _WIDTHS:
            parts.append(f"(?P<{_NAMES[letter]}>{_WIDTHS[letter]})")
        elif letter == "S":
            parts.append(r"(?P<fraction>\d{1,9})")
        elif letter == "a":
            parts.append(r"(?P<half>[AaPp])\.?[Mm]\.?")
        else:  # X, x, Z
            parts.append(r"(?P<offset>Z|[+-]\d{2}:?(?:\d{2})?)")
    return re.compile("".join(parts))


def _made(match: re.Match[str]) -> datetime:
    told = match.groupdict()
    year, month = int(told.get("year") or 0), int(told.get("month") or 0)
    if name := told.get("name"):
        month = _MONTHS.get(name[:3].lower(), 0)
    hour = int(told.get("hour") or 0)
    if (half_hour := told.get("half_hour")) is not None:
        hour = hour_of(int(half_hour), told.get("half") or "a")
    made = datetime(
        year + 2000 if year < 100 else year, month, int(told.get("day") or 1), hour, int(told.get("minute") or 0),
        int(told.get("second") or 0), int((told.get("fraction") or "0")[:6].ljust(6, "0")),
    )  # fmt: skip
    offset = told.get("offset")
    if offset is None:
        return made
    digits = offset[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) if offset != "Z" else timedelta()
    return made.replace(tzinfo=timezone(-shift if offset[0] == "-" else shift))
