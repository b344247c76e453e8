"""Patterns of dates: sure only where the values leave no other reading; what is damaged and still parses is asked."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.drafting import dates

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=11 * n) for n in range(60)]
STARTS = [dt.datetime(2025, 1, 3, 7, 5, 9) + dt.timedelta(hours=31 * n) for n in range(60)]


def sniffed(texts: list[str], is_instant: bool = False) -> dates.Verdict:
    return dates.sniff({"Day": texts}, is_instant=is_instant)


@pytest.mark.parametrize(
    ("strftime", "pattern"),
    [
        ("%d/%m/%Y", "dd/MM/yyyy"),
        ("%d.%m.%Y", "dd.MM.yyyy"),
        ("%d-%b-%Y", "dd-MMM-yyyy"),
        ("%d %B %Y", "dd MMMM yyyy"),
        ("%d%b%Y", "ddMMMyyyy"),
        ("%Y%m%d", "yyyyMMdd"),
        ("%Y/%m/%d", "yyyy/MM/dd"),
        ("%m/%d/%Y", "MM/dd/yyyy"),
        ("%-d/%-m/%Y", "d/M/yyyy"),
    ],
)
def test_days_of_one_writing_are_one_pattern(strftime: str, pattern: str) -> None:
    assert sniffed([day.strftime(strftime) for day in DAYS]) == dates.Verdict((pattern,))


@pytest.mark.parametrize(
    ("strftime", "pattern"),
    [
        ("%d/%m/%Y %H:%M", "dd/MM/yyyy HH:mm"),
        ("%d-%b-%Y %H:%M:%S", "dd-MMM-yyyy HH:mm:ss"),
        ("%d.%m.%YT%H:%M", "dd.MM.yyyy'T'HH:mm"),
        ("%d/%m/%Y %H%M", "dd/MM/yyyy HHmm"),
        ("%d/%m/%Y %-H:%M", "dd/MM/yyyy H:mm"),
        ("%d/%m/%Y %I:%M %p", "dd/MM/yyyy hh:mm a"),
        ("%d/%m/%Y %H:%M:%S +01:00", "dd/MM/yyyy HH:mm:ss XXX"),
    ],
)
def test_times_of_one_writing_are_one_pattern(strftime: str, pattern: str) -> None:
    assert sniffed([start.strftime(strftime) for start in STARTS], is_instant=True) == dates.Verdict((pattern,))


def test_iso_needs_no_pattern_but_a_day_without_a_time_is_no_iso_instant() -> None:
    assert sniffed([day.isoformat() for day in DAYS]) == dates.Verdict()
    assert sniffed([start.isoformat(sep=" ") for start in STARTS], is_instant=True) == dates.Verdict()
    assert sniffed([day.isoformat() for day in DAYS], is_instant=True).patterns == ("yyyy-MM-dd",)


def test_no_value_over_twelve_is_a_question() -> None:
    verdict = sniffed(["03/04/2025", "11/12/2024", "01/01/2025"])
    assert not verdict.is_sure
    assert verdict.options == (("dd/MM/yyyy",), ("MM/dd/yyyy",))
    assert "no value is over 12" in verdict.why


def test_values_over_twelve_on_both_sides_are_a_question() -> None:
    verdict = sniffed([*(day.strftime("%d/%m/%Y") for day in DAYS), "01/13/2025"])
    assert not verdict.is_sure
    assert "others second" in verdict.why


def test_one_value_over_twelve_among_many_is_a_mistake_and_no_rule() -> None:
    low = [f"{month:02}/{day:02}/2025" for month in range(1, 6) for day in range(1, 6)]
    assert not sniffed([*low, "31/01/2025"]).is_sure
    assert sniffed(["31/01/2025"]).is_sure


def test_two_digits_of_a_year_are_a_question() -> None:
    verdict = sniffed([day.strftime("%d/%m/%y") for day in DAYS])
    assert not verdict.is_sure
    assert "two digits" in verdict.why


def test_dates_that_a_spreadsheet_exchanged_are_a_question() -> None:
    """A workbook of days first, opened where months come first: days up to 12 become dates of other days."""
    opened = [
        dt.date(day.year, day.day, day.month).isoformat() if day.day <= 12 else day.strftime("%d/%m/%Y") for day in DAYS
    ]
    verdict = sniffed(opened)
    assert not verdict.is_sure
    assert "exchanged days and months" in verdict.why
    mixed = [day.isoformat() if n % 2 else day.strftime("%d/%m/%Y") for n, day in enumerate(DAYS)]
    assert sniffed(mixed) == dates.Verdict(("dd/MM/yyyy",))


def test_columns_of_one_feed_with_opposite_orders_are_a_question() -> None:
    columns = {"Born": [d.strftime("%d/%m/%Y") for d in DAYS], "Opened": [d.strftime("%m/%d/%Y") for d in DAYS]}
    assert not dates.sniff(columns, is_instant=False).is_sure


def test_words_that_are_no_dates_are_asked_and_words_that_mean_nothing_are_not() -> None:
    good = [day.strftime("%d/%m/%Y") for day in DAYS]
    assert sniffed([*good, "n/k", "NULL", "not known"]).is_sure
    verdict = sniffed([*good, *["spring"] * 6])
    assert not verdict.is_sure
    assert "6 of Day" in verdict.why


def test_hours_up_to_twenty_four_and_may_alone_are_asked() -> None:
    texts = [start.strftime("%d/%m/%Y %H:%M") for start in STARTS]
    verdict = sniffed([*texts, "14/02/2025 24:00"], is_instant=True)
    assert (verdict.is_sure, verdict.options) == (False, (("dd/MM/yyyy kk:mm",),))
    assert not sniffed(["03 May 2024", "21 May 2025"]).is_sure


def test_months_in_another_language_are_asked() -> None:
    assert not sniffed([f"{day.day:02}-Okt-{day.year}" for day in DAYS]).is_sure


@settings(max_examples=200)
@given(
    st.lists(st.dates(dt.date(1930, 1, 1), dt.date(2026, 1, 1)), min_size=1, max_size=40),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%b-%Y", "%Y%m%d", "%m-%d-%Y"]),
)
def test_a_pattern_that_is_sure_is_the_one_that_was_written(days: list[dt.date], strftime: str) -> None:
    """Read back by Python's own parser: a sure pattern gives every day as it was."""
    texts = [day.strftime(strftime) for day in days]
    verdict = sniffed(texts)
    if verdict.is_sure:
        (pattern,) = verdict.patterns or ("yyyy-MM-dd",)
        python = pattern.replace("yyyy", "%Y").replace("MMM", "%b").replace("MM", "%m").replace("dd", "%d")
        assert [dt.datetime.strptime(text, python).date() for text in texts] == days
    else:
        assert any("dd" in option[0] for option in verdict.options)
