"""Whether a sender's share of a tag fell beyond chance: a code that was renamed, or an export that lost its tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

DAYS = 14  # before the night, from which the usual share is known
MIN_REPORTS, MIN_TAGGED = 50, 5  # of those days, without which nothing is usual yet
MAX_CHANCE = 1e-4  # of so few: with five senders and 25 tags, a false word in about eighty nights


@dataclass(frozen=True)
class Fall:
    """A tag that reports of tonight bear more seldom than chance lets them."""

    sender: str
    tag: str
    n_reports: int  # tonight
    n_tagged: int
    share_before: float
    chance: float  # of so few or fewer, if tonight were like the fortnight before


def counts(reports: DataFrame, night: date) -> DataFrame:
    """sender, tag, and how many reports there are and bear it, tonight and in the fortnight before.

    Args:
        reports: silver.REPORTS of the nights up to this one, every version.
        night: the night.
    """
    recent = reports.where(F.col("night") >= F.lit(night - timedelta(days=DAYS)))
    is_tonight = F.col("night") == F.lit(night)
    each = [
        F.count_if(is_tonight).alias("n_tonight"),
        F.count_if(~is_tonight).alias("n_before"),
    ]
    of_sender = recent.groupBy(F.col("_sender").alias("sender")).agg(*each)
    tagged = recent.select(F.col("_sender").alias("sender"), "night", F.explode("tags").alias("tag"))
    of_tag = tagged.groupBy("sender", "tag").agg(each[0].alias("k_tonight"), each[1].alias("k_before"))
    return of_tag.join(F.broadcast(of_sender), "sender")


def falls(counted: Iterable[Row]) -> list[Fall]:
    """Tags whose share fell, by the beta-binomial distribution of tonight's count given those before (Jeffreys' prior).

    Args:
        counted: rows of `counts`.
    """
    from scipy import stats  # takes a second, which most that import this room need not spend

    found = []
    for row in counted:
        if row.n_before < MIN_REPORTS or row.k_before < MIN_TAGGED or row.n_tonight == 0:
            continue
        share = row.k_before / row.n_before
        if row.k_tonight / row.n_tonight >= share:
            continue
        prior = row.k_before + 0.5, row.n_before - row.k_before + 0.5
        chance = float(stats.betabinom.cdf(row.k_tonight, row.n_tonight, *prior))
        if chance < MAX_CHANCE:
            found.append(Fall(row.sender, row.tag, row.n_tonight, row.k_tonight, share, chance))
    return sorted(found, key=lambda fall: (fall.sender, fall.tag))
