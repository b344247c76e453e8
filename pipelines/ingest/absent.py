"""Which values mean nothing (`schemas.layouts.absent`): expressions over a field's text and over its value as read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns, look_alikes
from schemas.layouts import absent

_LONGEST = 60  # characters: longer text is never a word that means nothing, and is not searched for one
_AROUND = r"""[\s"'()\[\]{}<>.,;:*_-]*"""
_BETWEEN = r"[\s_,/;|&+-]+"
_NO_WORD = r"[^\p{L}\p{N}]*"  # dashes, dots and question marks alone
_DAY_S = 86_400
# Counted from 1970: as a literal, Spark writes the year 1 in a way that it does not read.
_DAYS = tuple((day - dt.date(1970, 1, 1)).days for day in absent.DAYS)


def by_text(extract: layout_columns.Extract, name: str, text: Column) -> Column:
    """Whether the text of field `name` means nothing: a word of its kind's list or of the sender's own, or no word."""
    kind = extract.fields[name].kind
    is_word = text.rlike(_any_of(absent.words(kind)))
    for pattern in absent.PATTERNS.get(kind, ()):
        is_word = is_word | text.rlike(_of_text(pattern))
    own = {
        s: [*map(look_alikes.plain, feed.absent[name])]
        for s, (_, feed) in extract.senders.items()
        if feed.absent.get(name)
    }
    if own:
        upper = F.upper(F.regexp_replace(text, r"[\s_]+", " "))
        listed = F.array_contains(layout_columns.of_sender(own), upper)
        is_word = is_word | F.coalesce(listed, F.lit(False))
    return F.coalesce(F.when(F.length(text) <= _LONGEST, is_word), F.lit(False))


def by_value(kind: str, value: Column) -> Column:
    """Whether a value of `kind`, as read, means nothing: a number that repeats or counts, a pseudo postcode."""
    matched = [value.rlike(pattern) for pattern in absent.VALUES[kind]]
    return F.coalesce(reduce(or_, matched), F.lit(False))


def is_no_day(day: Column) -> Column:
    """Whether a date is one that systems write for "no day"."""
    return F.coalesce(F.unix_date(day).isin(*_DAYS), F.lit(False))


def is_no_instant(instant: Column, zone: Column) -> Column:
    """Whether an instant falls on such a day, by the clock of `zone` or by UTC."""
    by_utc, by_clock = (F.unix_seconds(each) for each in (instant, F.from_utc_timestamp(instant, zone)))
    is_none = [F.floor(seconds / _DAY_S).isin(*_DAYS) for seconds in (by_utc, by_clock)]
    return F.coalesce(is_none[0] | is_none[1], F.lit(False))


def _any_of(words: Iterable[str]) -> str:
    """Expression for a whole text that is one of `words`, or several of them, in any case, with any blanks, and with
    brackets and the like around them; or no word at all. One look at a text: there are dozens of fields in a row."""
    one = _one_of([[r"[\s_]+" if char == " " else re.escape(char) for char in word] for word in set(words)])
    return rf"(?i)^(?:{_AROUND}{one}(?:{_BETWEEN}{one})*{_AROUND}|{_NO_WORD})$"


def _one_of(words: Iterable[list[str]]) -> str:
    """Expression for one of `words`, each a list of expressions of characters. What words begin with is told once: of a
    hundred that stand side by side each would be tried at every text."""
    after: dict[str, list[list[str]]] = {}
    is_end = False
    for word in words:
        if word:
            after.setdefault(word[0], []).append(word[1:])
        else:
            is_end = True
    branches = "|".join(first + _one_of(after[first]) for first in sorted(after))
    return f"(?:{branches})" + "?" * is_end if branches else ""


def _of_text(pattern: str) -> str:
    """An expression over upper case and single blanks as one over a text as written."""
    return "(?i)" + re.sub(
        r"\[[^\]]*\]| ", lambda part: part[0].replace(" ", r"\s_") if part[0] != " " else r"[\s_]+", pattern
    )
