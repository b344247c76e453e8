"""How dates and times are written, from all values of a feed's columns of that kind.

Day and month are told apart by values over 12 alone, and only where these are as frequent as they are in real dates and
none speaks against it; ISO is always read, and needs no pattern.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipelines.ingest.drafting.table import means_something

READ = 0.95  # share of values that patterns must cover, else it is asked
_MIN_OVER = 0.2  # of ten or more values: three in five days are over 12, so one in a hundred is a mistake, not a rule
_FEW = 10
_EXCHANGED = 3  # values on either side that show what a spreadsheet has made of dates
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_TIME = (
    r"(?:(?P<gap>T| |, )(?:(?P<hour>\d{1,2})(?P<colon>[:.])(?P<minute>\d{2})(?:(?P=colon)(?P<second>\d{2})"
    r"(?:\.(?P<fraction>\d{1,9}))?)?|(?P<packed_time>[0-2]\d[0-5]\d))(?P<noon> ?[AaPp][Mm])?"
    r"(?P<offset> ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
)
_NUMERIC = re.compile(r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})" + _TIME)
_NAMED = re.compile(r"(?P<a>\d{1,2})(?P<sep>[ ./-]?)(?P<month>[A-Za-z]{3,9})(?P=sep)(?P<c>\d{4}|\d{2})" + _TIME)
_PACKED = re.compile(r"(?P<packed>\d{8})" + _TIME)


@dataclass(frozen=True)
class Frame:
    """What values written in one way share, but for the order of day and month and for zeros in front."""

    sep: str
    year: str  # first, last, short (two digits), packed
    month: str = "number"  # number, short, long
    time: tuple[str, ...] = ()  # gap, clock letters without hour, noon, offset


@dataclass
class _Seen:
    n: int = 0
    n_first_over: int = 0
    n_second_over: int = 0
    is_day_padded: bool = True
    is_hour_padded: bool = True
    has_midnight_24: bool = False
    months: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Verdict:
    """Patterns that are sure; where `why` says that they are not all, `options` are lists of patterns to choose from.

    `is_told` alone: the patterns are sure, and `why` is something to know.
    """

    patterns: tuple[str, ...] = ()
    options: tuple[tuple[str, ...], ...] = ()
    why: str = ""
    is_sure: bool = True


def is_day(text: str) -> bool:
    """Whether a text is a day, with or without a time, in any of the usual writings."""
    return _framed(text) is not None


def is_clock(text: str) -> bool:
    """Whether a text is a time of day alone."""
    return re.fullmatch(r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?: ?[AaPp][Mm])?", text) is not None


def sniff(columns: Mapping[str, Iterable[str]], *, is_instant: bool) -> Verdict:
    """The patterns of a feed's columns (name -> values) of dates, or of instants."""
    seen: dict[Frame, _Seen] = {}
    unread: Counter[str] = Counter()
    exchanged: list[str] = []
    n_values = 0
    for name, texts in columns.items():
        of_column: dict[Frame, _Seen] = {}
        for text in texts:
            if not means_something("date", text):
                continue
            n_values += 1
            if (framed := _framed(text)) is None:
                unread[name] += 1
            else:
                _note(of_column.setdefault(framed[0], _Seen()), *framed[1:])
        exchanged += [name] if _is_exchanged(of_column) else []
        for frame, found in of_column.items():
            _merge(seen.setdefault(frame, _Seen()), found)
    if not n_values:
        return Verdict()
    _settle_may(seen)
    verdict = _judged({f: s for f, s in seen.items() if not _is_iso(f, s, is_instant)})
    problems = [verdict.why] if verdict.why else []
    if sum(unread.values()) > (1 - READ) * n_values:
        told = ", ".join(f"{n} of {name}" for name, n in unread.items())
        problems.append(f"values are written as no known date: {told}")
    if exchanged:
        told = ", ".join(exchanged)
        problems.append(
            f"{told}: a spreadsheet has probably exchanged days and months, since its real dates are all of days up to "
            "12 and its texts all of later ones; ask for the export as it left the system"
        )
    is_sure = verdict.is_sure and len(problems) == bool(verdict.why)
    return Verdict(verdict.patterns, verdict.options, "; ".join(problems), is_sure)


def _framed(text: str) -> tuple[Frame, int, int, bool, re.Match[str]] | None:
    """Frame, first and second number, whether they have zeros in front, and the match; None for what is no date."""
    match = _NUMERIC.fullmatch(text) or _NAMED.fullmatch(text) or _PACKED.fullmatch(text)
    if match is None or not _is_time(match):
        return None
    parts = match.groupdict()
    time = _time_of(parts)
    if "packed" in parts:
        return _of_packed(parts["packed"], time, match)
    if "month" in parts:
        name = parts["month"].lower()
        is_short = name in {month[:3] for month in _MONTHS}
        if not (is_short or name in _MONTHS) or not 1 <= int(parts["a"]) <= 31:
            return None
        year = "last" if len(parts["c"]) == 4 else "short"
        kind = "short" if is_short else "long"
        return Frame(parts["sep"], year, kind, time), int(parts["a"]), 0, len(parts["a"]) == 2, match
    first, second, third = parts["a"], parts["b"], parts["c"]
    if len(first) == 4 and len(third) <= 2:
        if not _is_pair(int(second), int(third)):
            return None
        padded = len(second) == len(third) == 2
        return Frame(parts["sep"], "first", time=time), int(third), int(second), padded, match
    if len(first) > 2 or len(third) not in (2, 4) or not _is_pair(int(first), int(second)):
        return None
    year = "last" if len(third) == 4 else "short"
    padded = len(first) == len(second) == 2
    return Frame(parts["sep"], year, time=time), int(first), int(second), padded, match


def _of_packed(
    digits: str, time: tuple[str, ...], match: re.Match[str]
) -> tuple[Frame, int, int, bool, re.Match[str]] | None:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if 1800 <= year <= 2200 and 1 <= month <= 12 and 1 <= day <= 31:
        return Frame("", "packed", time=time), day, month, True, match
    return None


def _is_pair(first: int, second: int) -> bool:
    """Whether two numbers can be day and month, in either order."""
    low, high = sorted((first, second))
    return 1 <= low <= 12 and high <= 31


def _is_time(match: re.Match[str]) -> bool:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["noon"] and not 1 <= hour <= 12:
        return False
    return (hour <= 23 or (hour == 24 and minute == second == 0)) and minute <= 59 and second <= 60


def _time_of(parts: Mapping[str, str | None]) -> tuple[str, ...]:
    if not parts["gap"]:
        return ()
    if parts["packed_time"]:
        clock = "mm"
    else:
        clock = f"{parts['colon']}mm" + (f"{parts['colon']}ss" if parts["second"] else "")
        clock += f".{'S' * len(parts['fraction'])}" if parts["fraction"] else ""
    noon = (" a" if parts["noon"].startswith(" ") else "a") if parts["noon"] else ""
    offset = parts["offset"] or ""
    zone = "" if not offset else ("XXX" if ":" in offset or "Z" in offset else "XX")
    return (str(parts["gap"]), clock, noon, (" " if offset.startswith(" ") else "") + zone)


def _note(seen: _Seen, first: int, second: int, is_padded: bool, match: re.Match[str]) -> None:
    seen.n += 1
    seen.n_first_over += first > 12
    seen.n_second_over += second > 12
    seen.is_day_padded &= is_padded
    seen.is_hour_padded &= match["hour"] is None or len(match["hour"]) == 2
    seen.has_midnight_24 |= match["hour"] == "24"
    seen.months |= {match["month"].lower()} if "month" in match.groupdict() else set()


def _merge(into: _Seen, other: _Seen) -> None:
    into.n += other.n
    into.n_first_over += other.n_first_over
    into.n_second_over += other.n_second_over
    into.is_day_padded &= other.is_day_padded
    into.is_hour_padded &= other.is_hour_padded
    into.has_midnight_24 |= other.has_midnight_24
    into.months |= other.months


def _settle_may(seen: dict[Frame, _Seen]) -> None:
    """May is as short as it is long: where other months are written out, so is it."""
    for frame in [f for f, s in seen.items() if f.month == "short" and s.months == {"may"}]:
        whole = replace(frame, month="long")
        if whole in seen:
            _merge(seen[whole], seen.pop(frame))


def _is_iso(frame: Frame, seen: _Seen, is_instant: bool) -> bool:
    """Whether the reader takes such values without a pattern."""
    if frame.sep != "-" or frame.year != "first" or not seen.is_day_padded or seen.n_second_over:
        return False
    if not frame.time:
        return not is_instant
    gap, clock, noon, offset = frame.time
    is_plain = gap in ("T", " ") and clock.startswith(":") and not noon and not offset.startswith(" ")
    return not is_instant or (is_plain and seen.is_hour_padded and not seen.has_midnight_24)


def _is_exchanged(of_column: Mapping[Frame, _Seen]) -> bool:
    """Whether a column holds real dates of days up to 12 alone, next to texts of days over 12 alone: a spreadsheet took
    the former for dates of its own country and left the latter as they were."""
    real = [s for f, s in of_column.items() if f.sep == "-" and f.year == "first"]
    typed = [s for f, s in of_column.items() if f.year == "last" and f.month == "number"]
    n_real, n_typed = sum(s.n for s in real), sum(s.n for s in typed)
    if min(n_real, n_typed) < _EXCHANGED or any(s.n_first_over or s.n_second_over for s in real):
        return False
    return all(s.n_first_over == s.n or s.n_second_over == s.n for s in typed)


def _judged(seen: Mapping[Frame, _Seen]) -> Verdict:
    """Patterns of the frames; what is not sure of any of them makes the whole a question."""
    choices: list[tuple[str, ...]] = [()]
    problems: list[str] = []
    for frame, found in sorted(seen.items(), key=lambda item: -item[1].n):
        patterns, why = _patterns(frame, found)
        problems += [why] if why else []
        choices = [(*chosen, pattern) for chosen in choices for pattern in patterns][:8]
    if problems:
        return Verdict((), tuple(choices), "; ".join(dict.fromkeys(problems)), is_sure=False)
    return Verdict(choices[0])


def _patterns(frame: Frame, seen: _Seen) -> tuple[list[str], str]:
    """The pattern of a frame; or several to choose from, with the reason why."""
    why = "hours up to 24: the pattern says with kk that 24:00 ends its day" if seen.has_midnight_24 else ""
    if frame.month != "number":
        if frame.year == "short":
            return [_pattern(frame, seen, "dMy")], "years have two digits: 65 is read as 2065"
        is_may = seen.months == {"may"}
        return [_pattern(frame, seen, "dMy")], "May is the only month: short or full names" if is_may else why
    if frame.year in ("first", "packed"):
        if seen.n_second_over:
            return [_pattern(frame, seen, "yMd"), _pattern(frame, seen, "ydM")], "a month over 12 after the year"
        return [_pattern(frame, seen, "yMd")], why
    both = [_pattern(frame, seen, "dMy"), _pattern(frame, seen, "Mdy")]
    if frame.year == "short":
        return both, "years have two digits: 65 is read as 2065"
    if seen.n_first_over and seen.n_second_over:
        return both, "some values have a day over 12 first, others second: two ways of writing, or mistakes"
    n_over = seen.n_first_over + seen.n_second_over
    if not n_over:
        return both, "no value is over 12: day or month may come first"
    if seen.n >= _FEW and n_over < _MIN_OVER * seen.n:
        return both, f"only {n_over} of {seen.n} values are over 12, far fewer than of real days"
    return [both[0] if seen.n_first_over else both[1]], why


def _pattern(frame: Frame, seen: _Seen, order: str) -> str:
    """The Spark pattern of a frame, day and month in `order`."""
    day, month = ("dd", "MM") if seen.is_day_padded else ("d", "M")
    year = "yy" if frame.year == "short" else "yyyy"
    month = {"number": month, "short": "MMM", "long": "MMMM"}[frame.month]
    text = frame.sep.join({"d": day, "M": month, "y": year}[letter] for letter in order)
    if not frame.time:
        return text
    gap, clock, noon, zone = frame.time
    letter = "h" if noon else "k" if seen.has_midnight_24 else "H"
    hour = letter * 2 if seen.is_hour_padded else letter
    return text + {"T": "'T'", ", ": ", "}.get(gap, gap) + hour + clock + noon + zone


def share(values: Sequence[str]) -> float:
    """Share of the values that mean something which are days, in any writing; 0 of none."""
    told = [value for value in values if means_something("date", value)]
    return sum(is_day(value) for value in told) / len(told) if told else 0.0
