"""Who did not send what was expected, or far more or less of it than usual: from layouts and the last drops.

A drop is the folder of one night; what lies in it counts for that night, whenever it was taken in. Sums per sender,
feed and drop are few, whatever the number of files.

Expected is what a layout's `due` says. Where it says nothing, a feed is expected that lay in every drop of the same
kind of day (Monday to Friday, or the weekend) within the window until it last came, if these were at least `at_least`:
who stops sending is named every night until the window has too few of their drops.

A column is new, or gone, where no drop of the window had it, or each had it: a rename shows as both, on the night on
which a field would be empty without a word.

A drop's volume is unusual where it differs from the median of the window's drops by more than `factor`, and by more
than three times their spread (median absolute deviation, of logarithms, as a standard deviation).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta

MAD_AS_DEVIATION = 1.4826  # of a normal distribution
DEVIATIONS = 3.0
WEEKEND = 5  # Saturday, as `date.weekday` counts

SHOWN = 5  # columns that are named
NAME = 60  # characters of a column's name that are shown

Feed = tuple[str, str]  # sender, feed


@dataclass(frozen=True)
class Rules:
    """From the settings, section `arrivals`."""

    nights: int  # before tonight that are looked at
    at_least: int
    factor: float
    min_rows: int


@dataclass(frozen=True)
class Concern:
    """What is not as expected of one feed of one sender; without a feed, of the sender as a whole."""

    sender: str
    feed: str
    is_missing: bool
    why: str

    def __str__(self) -> str:
        return f"{self.sender}/{self.feed}: {self.why}" if self.feed else f"{self.sender}: {self.why}"


def concerns(
    drops: Mapping[Feed, Mapping[date, int]], due: Mapping[Feed, str | None], night: date, rules: Rules
) -> list[Concern]:
    """What is not as expected of tonight's drop, in order of sender and feed.

    Args:
        drops: rows of each feed's drops of tonight and of the nights before; a drop whose files hold no row counts 0.
        due: what the layouts say of each feed that can be sent: daily, weekdays, weekly, irregular, or None.
        night: tonight.
        rules: limits.
    """
    window = {night - timedelta(days=n) for n in range(1, rules.nights + 1)}
    delivered = {day for of_feed in drops.values() for day in of_feed if day in window}
    told = []
    for feed in sorted(due.keys() | drops.keys()):
        rows = drops.get(feed, {})
        if night in rows:
            why = _why_unusual(rows[night], [rows[day] for day in window & rows.keys()], rules)
        else:
            why = _why_missing(due.get(feed), set(rows), delivered, night, rules)
        if why is not None:
            told.append(Concern(*feed, night not in rows, why))
    return told


def joined(expected: Sequence[Concern], seen: Sequence[Concern]) -> list[Concern]:
    """Concerns of what was expected, and of what was seen in the landing zone of feeds that these do not name yet."""
    named = {(concern.sender, concern.feed) for concern in expected}
    return [*expected, *(concern for concern in seen if (concern.sender, concern.feed) not in named)]


@dataclass(frozen=True)
class Columns:
    """How the columns of a drop's files differ from the layout's: those that it does not name, and those that some file
    lacks."""

    unnamed: frozenset[str]
    absent: frozenset[str]


def changed_columns(
    drops: Mapping[Feed, Mapping[date, Columns]], night: date, rules: Rules, sparse: Set[Feed] = frozenset()
) -> list[Concern]:
    """What is new of the columns of tonight's drop, and what is gone, in order of sender and feed.

    Args:
        drops: columns of each feed's drops of tonight and of the nights before, of files that were read.
        night: tonight.
        rules: limits; of fewer drops than `at_least` nothing is known.
        sparse: feeds of tonight of which a column may be absent by chance: few rows, of which each has its own.
    """
    window = {night - timedelta(days=n) for n in range(1, rules.nights + 1)}
    told = []
    for feed in sorted(drops):
        before = [columns for day, columns in drops[feed].items() if day in window]
        if night not in drops[feed] or len(before) < rules.at_least:
            continue
        tonight = drops[feed][night]
        new = tonight.unnamed.difference(*(columns.unnamed for columns in before))
        gone = tonight.absent.difference(*(columns.absent for columns in before)) if feed not in sparse else ()
        parts = (("new columns that the layout does not name", new), ("columns that are gone", gone))
        if why := "; ".join(f"{what}: {_listed(names)}" for what, names in parts if names):
            told.append(Concern(*feed, False, why))
    return told


def _listed(names: Iterable[str]) -> str:
    """Names of columns, some of them: a file says what they are."""
    shown = sorted("".join(c if c.isprintable() else "?" for c in name)[:NAME] for name in names)
    more = len(shown) - SHOWN
    return ", ".join(shown[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _why_missing(due: str | None, sent: set[date], delivered: set[date], night: date, rules: Rules) -> str | None:
    """Why something was expected of a feed that sent nothing tonight."""
    is_weekend = night.weekday() >= WEEKEND
    if due == "daily" or (due == "weekdays" and not is_weekend):
        return f"nothing came; due {due}"
    if due == "weekly":
        week = {night - timedelta(days=n) for n in range(7)}
        return None if week & sent else "nothing came for a week; due weekly"
    if due is None and (last := max(sent & delivered, default=None)):
        alike = {day for day in delivered if day <= last and (day.weekday() >= WEEKEND) == is_weekend}
        if len(alike) >= rules.at_least and alike <= sent:
            return f"nothing came; it did in each of {len(alike)} drops of such a day until {last}"
    return None


def _why_unusual(n_rows: int, before: list[int], rules: Rules) -> str | None:
    """Why a drop's volume is far from that of the drops before it."""
    filled = [n for n in before if n]
    if not n_rows or len(filled) < rules.at_least or statistics.median(filled) < rules.min_rows:
        return None
    usual = statistics.median(filled)
    logs = [math.log(n) for n in filled]
    spread = MAD_AS_DEVIATION * statistics.median(abs(log - statistics.median(logs)) for log in logs)
    if abs(math.log(n_rows / usual)) <= max(math.log(rules.factor), DEVIATIONS * spread):
        return None
    return f"{n_rows:,} rows, where {usual:,.0f} are usual ({min(filled):,} to {max(filled):,})"
