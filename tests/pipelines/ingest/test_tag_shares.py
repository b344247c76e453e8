"""A tag that goes missing from a sender's reports is seen, and chance is not taken for it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from pyspark.sql import Row, SparkSession

from pipelines.ingest import tag_shares
from schemas import silver
from tests.support import tables

NIGHT = dt.date(2026, 3, 14)


def _row(k_tonight: int, n_tonight: int, k_before: int, n_before: int, tag: str = "CSE_LONE") -> Row:
    return Row(
        sender="norfolk", tag=tag, k_tonight=k_tonight, n_tonight=n_tonight, k_before=k_before, n_before=n_before
    )


@pytest.mark.parametrize(
    ("row", "is_fall"),
    [
        (_row(0, 80, 200, 1000), True),  # the code was renamed
        (_row(16, 80, 200, 1000), False),
        (_row(40, 80, 200, 1000), False),  # more of it is no fall
        (_row(0, 10, 200, 1000), False),  # ten reports may well have none
        (_row(0, 0, 200, 1000), False),
        (_row(0, 80, 4, 1000), False),  # a rare tag
        (_row(0, 80, 10, 40), False),  # a sender that is new
    ],
)
def test_what_is_a_fall(row: Row, is_fall: bool) -> None:
    assert [fall.tag for fall in tag_shares.falls([row])] == (["CSE_LONE"] if is_fall else [])


@pytest.mark.slow
def test_chance_is_seldom_taken_for_a_fall() -> None:
    """Of shares that do not change, numpy's own draws: at most three words in ten thousand."""
    draws = np.random.default_rng(7)
    before, tonight = draws.binomial(700, 0.15, 10_000), draws.binomial(60, 0.15, 10_000)
    rows = [_row(int(k), 60, int(k_before), 700) for k_before, k in zip(before, tonight, strict=True)]
    assert len(tag_shares.falls(rows)) <= 3


@pytest.mark.spark
def test_counts_are_of_the_fortnight_and_of_the_sender(spark: SparkSession) -> None:
    def reports(days_ago: int, sender: str, n: int, *tags: str) -> list[dict[str, object]]:
        night = NIGHT - dt.timedelta(days=days_ago)
        return [{"night": night, "report_id": f"{sender}{days_ago}{tags}{k}", "_sender": sender, "tags": list(tags)}
                for k in range(n)]  # fmt: skip

    rows = [
        *reports(20, "norfolk", 9, "DRUGS"), *reports(3, "norfolk", 3, "DRUGS"), *reports(2, "norfolk", 2),
        *reports(0, "norfolk", 4, "DRUGS", "CSE_LONE"), *reports(0, "suffolk", 5),
    ]  # fmt: skip
    counted = tag_shares.counts(tables.frame(spark, silver.REPORTS, *rows), NIGHT).collect()
    assert {(r.sender, r.tag, r.k_tonight, r.k_before, r.n_tonight, r.n_before) for r in counted} == {
        ("norfolk", "DRUGS", 4, 3, 4, 5), ("norfolk", "CSE_LONE", 4, 0, 4, 5),
    }  # fmt: skip
