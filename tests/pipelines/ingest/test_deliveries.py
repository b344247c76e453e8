"""Who did not send what was expected, by the layout's word and by the last fortnight's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.ingest.deliveries import Columns, Rules, changed_columns, concerns

MONDAY = date(2026, 3, 16)
RULES = Rules(nights=14, at_least=5, factor=3.0, min_rows=20)
FEED = ("norfolk", "reports")
OTHER = ("suffolk", "reports")


def _days(night: date, n: int = 14) -> list[date]:
    return [night - timedelta(days=k) for k in range(1, n + 1)]


def _why(rows: dict[date, int], night: date, due: str | None = None) -> str | None:
    """What is said of FEED, where another sender sends every night."""
    every = dict.fromkeys([night, *_days(night)], 100)
    found = concerns({FEED: rows, OTHER: every}, {FEED: due, OTHER: None}, night, RULES)
    assert all((concern.sender, concern.feed) == FEED for concern in found)
    return found[0].why if found else None


@pytest.mark.parametrize(
    ("due", "night", "expected"),
    [
        ("daily", MONDAY, "nothing came; due daily"),
        ("daily", MONDAY - timedelta(days=1), "nothing came; due daily"),
        ("weekdays", MONDAY, "nothing came; due weekdays"),
        ("weekdays", MONDAY - timedelta(days=1), None),
        ("weekly", MONDAY, "nothing came for a week; due weekly"),
        ("irregular", MONDAY, None),
        (None, MONDAY, None),
    ],
)
def test_a_feed_that_never_came_is_missed_as_its_layout_says(due: str | None, night: date, expected: str) -> None:
    assert _why({}, night, due) == expected


def test_a_weekly_feed_may_come_on_any_day_of_seven() -> None:
    assert _why({MONDAY - timedelta(days=6): 10}, MONDAY, "weekly") is None
    assert _why({MONDAY - timedelta(days=7): 10}, MONDAY, "weekly") is not None


def test_without_a_word_a_feed_is_missed_that_always_came_on_such_days() -> None:
    working = {day: 100 for day in _days(MONDAY) if day.weekday() < 5}
    assert _why(working, MONDAY) == "nothing came; it did in each of 10 drops of such a day until 2026-03-13"
    assert _why(working, MONDAY, "irregular") is None
    assert _why(working, MONDAY - timedelta(days=1)) is None  # a Sunday, on which it never came
    stopped = dict(list(working.items())[3:])
    assert _why(stopped, MONDAY) == "nothing came; it did in each of 7 drops of such a day until 2026-03-10"
    assert _why(dict(list(working.items())[:1] + list(working.items())[2:]), MONDAY) is None  # it was absent once
    assert _why(dict(list(working.items())[6:]), MONDAY) is None  # four drops are too few to tell
    few = concerns({FEED: dict.fromkeys(_days(MONDAY, 4), 100)}, {FEED: None}, MONDAY, RULES)
    assert few == []  # two working days tell nothing


@pytest.mark.parametrize("n_rows", [34, 99, 100, 299])
def test_a_volume_within_the_factor_is_usual(n_rows: int) -> None:
    assert _why({**dict.fromkeys(_days(MONDAY), 100), MONDAY: n_rows}, MONDAY) is None


@pytest.mark.parametrize("n_rows", [1, 33, 301, 100_000])
def test_a_volume_beyond_it_is_told(n_rows: int) -> None:
    why = _why({**dict.fromkeys(_days(MONDAY), 100), MONDAY: n_rows}, MONDAY)
    assert why == f"{n_rows:,} rows, where 100 are usual (100 to 100)"


def test_where_drops_differ_much_anyway_the_spread_counts_and_one_bulk_drop_does_not() -> None:
    wild = {day: 30 * 3 ** (k % 5) for k, day in enumerate(_days(MONDAY))}
    assert _why({**wild, MONDAY: 2_000}, MONDAY) is None
    steady = {**dict.fromkeys(_days(MONDAY), 100), _days(MONDAY)[3]: 1_000_000}
    assert _why({**steady, MONDAY: 5_000}, MONDAY) is not None


def test_small_drops_and_few_drops_tell_nothing() -> None:
    assert _why({**dict.fromkeys(_days(MONDAY), 10), MONDAY: 500}, MONDAY) is None
    assert _why({**dict.fromkeys(_days(MONDAY, 4), 100), MONDAY: 5_000}, MONDAY) is None
    assert _why({**dict.fromkeys(_days(MONDAY), 100), MONDAY: 0}, MONDAY) is None  # refused whole: told elsewhere


def _columns(unnamed: str = "", absent: str = "") -> Columns:
    return Columns(frozenset(unnamed.split()), frozenset(absent.split()))


@pytest.mark.parametrize(
    ("tonight", "said"),
    [
        (_columns("Beat", "VRM"), None),  # as some drop of the window had it
        (_columns("", "VRM Notes"), None),
        (_columns("Born", "DOB"), "new columns that the layout does not name: Born; columns that are gone: DOB"),
        (_columns("", "DOB"), "columns that are gone: DOB"),
        (_columns("a b c d e f\x1b"), "new columns that the layout does not name: a, b, c, d, e and 1 more"),
    ],
)
def test_columns_that_come_and_go_are_told(tonight: Columns, said: str | None) -> None:
    before = {day: _columns("Beat", "VRM" if k % 2 else "Notes VRM") for k, day in enumerate(_days(MONDAY))}
    found = changed_columns({FEED: {**before, MONDAY: tonight}}, MONDAY, RULES)
    assert [concern.why for concern in found] == ([] if said is None else [said])


def test_what_is_gone_of_few_rows_that_name_their_own_columns_is_chance() -> None:
    drops = {FEED: {**dict.fromkeys(_days(MONDAY), _columns()), MONDAY: _columns("Born", "DOB")}}
    (told,) = changed_columns(drops, MONDAY, RULES, sparse={FEED})
    assert told.why == "new columns that the layout does not name: Born"
    few = {FEED: {**dict.fromkeys(_days(MONDAY, 4), _columns()), MONDAY: _columns("Born", "DOB")}}
    assert changed_columns(few, MONDAY, RULES) == []
