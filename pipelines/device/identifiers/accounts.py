"""UK sort code and account: eight figures alone are nothing; a sort code before them, or labels, make them one.

A pair that looks like a date and a number needs a label. Sort code and account stay within a window of each other.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.device.identifiers.mentions import (
    BAD,
    OK,
    UNVERIFIABLE,
    Candidate,
    Places,
    is_labelled,
    is_something_else,
)
from pipelines.device.identifiers.modulus import Modulus
from pipelines.device.identifiers.repair import FIGURES

_WINDOW = 80  # characters between the two numbers
_LONGEST = 8  # characters of a sort code
_F = "[0-9OoIl]"
_SORT = re.compile(
    rf"(?<![0-9A-Za-z_+£$€.,])(?<![0-9][ /:-]){_F}{{2}}(?P<gap>[-\u2010-\u2015 .]?){_F}{{2}}(?P=gap){_F}{{2}}"
    r"(?![0-9A-Za-z_£$€])"
)
_ACCOUNT_LABEL = r"(?:acc(?:oun)?ts?|acc|a/c|acct)(?:[ ._-]{0,2}(?:no|num|nr|numb?er|nbr|#))?"
_BETWEEN = rf"(?:[\s,;:|/&().#=>\u2010-\u2015-]|and|is|{_ACCOUNT_LABEL}|numb?er|num|no)"
_GAP = re.compile(rf"(?=[^0-9A-Za-z]){_BETWEEN}{{1,16}}", re.IGNORECASE)
_EIGHT = rf"(?<![0-9A-Za-z_]){_F}(?:[ -]?{_F}){{7}}(?![0-9A-Za-z_]|[-/][0-9])"
_ACCOUNT = re.compile(_EIGHT)
_WHOLE = re.compile(rf"{_F}{{4}}[ -]?{_F}{{4}}")
_LABELLED = re.compile(
    rf"(?<![A-Za-z]){_ACCOUNT_LABEL}(?![A-Za-z])(?:\s*(?:is|was))?[\s:;=.#>\u2010-\u2015-]{{0,5}}"
    rf"(?P<number>{_EIGHT}|(?<![0-9A-Za-z_]){_F}{{6,7}}(?![0-9A-Za-z_-]))",
    re.IGNORECASE,
)
_SORT_LABEL = re.compile(r"(?<![A-Za-z])(?:sort(?:[ _-]?code)?|s/c|sc)\W{0,3}(?:is|no|number)?\W{0,4}$", re.IGNORECASE)
_BANK = re.compile(
    r"\b(?:barclays|lloyds|hsbc|nat ?west|santander|halifax|monzo|starling|nationwide|tsb|rbs|revolut|metro ?bank"
    r"|first ?direct|co-?op(?:erative)?|chase|bank of scotland|royal bank|virgin money|bank)\b\W{0,6}$",
    re.IGNORECASE,
)
_MIN_FIGURES = 4  # real ones, of eight
_ADJACENT = re.compile(r"[ ,/|\t;:-]{1,3}|[ \t]*\r?\n[ \t]*")


class _Sort(NamedTuple):
    start: int
    end: int
    figures: str
    is_changed: bool
    is_labelled: bool
    is_grouped: bool
    is_date: bool


class _Number(NamedTuple):
    start: int
    end: int
    figures: str
    is_changed: bool


def find(text: str, modulus: Modulus | None = None) -> Iterator[Candidate]:
    """Pairs of sort code and account in `text`, each account once.

    Args:
        modulus: the operator's table; without it every pair is unverifiable, and none is repaired.
    """
    sorts = [sort for found in _SORT.finditer(text) if (sort := _sort(text, found))]
    if not sorts:
        return
    starts = [sort.start for sort in sorts]
    taken = Places()
    for label in _LABELLED.finditer(text):
        number = _number(*label.span("number"), text)
        if candidate := _nearest(text, number, _within(sorts, starts, number), modulus):
            taken.take(number.start, number.end)
            yield candidate
    for sort in sorts:
        following = _after(text, sort, modulus)
        if following is None or not taken.is_free(following.start, following.end):
            continue
        if candidate := _candidate(sort, following, modulus):
            taken.take(following.start, following.end)
            yield candidate


def _within(sorts: list[_Sort], starts: list[int], number: _Number) -> list[_Sort]:
    """Sort codes no further from an account than the window."""
    low = bisect_left(starts, number.start - _WINDOW - _LONGEST)
    return sorts[low : bisect_right(starts, number.end + _WINDOW)]


def _nearest(text: str, number: _Number, near: list[_Sort], modulus: Modulus | None) -> Candidate | None:
    """A labelled account with the nearest sort code that can be told for one."""
    gaps = [(gap, sort) for sort in near if (gap := _gap(sort, number)) is not None]
    for _, sort in sorted(gaps, key=lambda pair: (pair[0], pair[1].start)):
        is_told = sort.is_labelled or sort.is_grouped or _follows(text, sort, number)
        if is_told and (candidate := _candidate(sort, number, modulus)):
            return candidate
    return None


def is_told(text: str, start: int) -> bool:
    """Whether the sort code at `start` is set as one or has a label, so that it is more than six figures."""
    found = _SORT.match(text, start)
    sort = _sort(text, found) if found else None
    return sort is None or sort.is_grouped or sort.is_labelled


def _sort(text: str, found: re.Match[str]) -> _Sort | None:
    characters = re.sub(r"[^0-9A-Za-z]", "", found[0])
    if sum(c.isdigit() for c in characters) < _MIN_FIGURES:
        return None
    figures = characters.translate(FIGURES)
    day, month, year = int(figures[:2]), int(figures[2:4]), int(figures[4:])
    is_date = (1 <= day <= 31 and 1 <= month <= 12) or (1 <= month <= 12 and 1 <= year <= 31 and 15 <= day <= 35)
    label = is_labelled(text, found.start(), _SORT_LABEL) or is_labelled(text, found.start(), _BANK)
    if not label and is_something_else(text, found.start()):
        return None
    return _Sort(*found.span(), figures, characters != figures, label, bool(found["gap"]), is_date)


def _number(start: int, end: int, text: str) -> _Number:
    characters = re.sub(r"[^0-9A-Za-z]", "", text[start:end])
    figures = characters.translate(FIGURES)
    return _Number(start, end, figures.zfill(8), characters != figures)


def _gap(sort: _Sort, number: _Number) -> int | None:
    """Characters between the two, in either order; None where they overlap or are too far apart."""
    gap = max(number.start - sort.end, sort.start - number.end)
    return gap if 0 < gap <= _WINDOW else None


def _follows(text: str, sort: _Sort, number: _Number) -> bool:
    """Whether nothing but separators and the account's label stands between a sort code and the account."""
    return number.start > sort.end and bool(_GAP.fullmatch(text, sort.end, number.start))


def _after(text: str, sort: _Sort, modulus: Modulus | None) -> _Number | None:
    """The account in order behind a sort code."""
    gap = _GAP.match(text, sort.end)
    found = _ACCOUNT.match(text, gap.end()) if gap else None
    if not found and sort.is_labelled:
        found = _ACCOUNT.search(text, sort.end, sort.end + _WINDOW)
        found = None if found and is_something_else(text, found.start()) else found
    if not found or sum(c.isdigit() for c in found[0]) < _MIN_FIGURES:
        return None
    number = _number(*found.span(), text)
    if sort.is_labelled:
        return number
    if not _WHOLE.fullmatch(found[0]):  # figures in pairs all through may be anything
        return None
    if sort.is_grouped:
        return None if sort.is_date else number
    # Six figures together: a line of their own, or the banks' table has to say so.
    between = text[sort.end : found.start()]
    is_proved = modulus is not None and modulus.status(sort.figures, number.figures) == OK
    is_line = _is_line(text, sort.start, found.end())
    return number if _ADJACENT.fullmatch(between) and (is_proved or is_line) and not _is_day(number.figures) else None


def _is_line(text: str, start: int, end: int) -> bool:
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return not text[first:start].strip() and not text[end : len(text) if last < 0 else last].strip()


def _is_day(figures: str) -> bool:
    """Whether eight figures read as a day: 20240102, 02012024."""
    year, month, day = figures[:4], figures[4:6], figures[6:]
    if year[:2] in ("19", "20") and "01" <= month <= "12" and "01" <= day <= "31":
        return True
    return figures[4:6] in ("19", "20") and "01" <= figures[2:4] <= "12" and "01" <= figures[:2] <= "31"


def _candidate(sort: _Sort, number: _Number, modulus: Modulus | None) -> Candidate | None:
    status = modulus.status(sort.figures, number.figures) if modulus else UNVERIFIABLE
    is_repaired = sort.is_changed or number.is_changed
    if is_repaired and status != OK:
        return None
    if status == BAD and sort.is_date and not sort.is_labelled:
        return None
    value = f"{sort.figures} {number.figures}"
    return Candidate("UK_ACCOUNT", value, status, is_repaired, min(sort.start, number.start), max(sort.end, number.end))
