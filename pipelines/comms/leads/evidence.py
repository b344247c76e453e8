"""The shape that every detector returns: one lead a row, with what speaks for it and the events behind it."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

N_EVENTS = 12  # events that a lead shows; it counts all


def factor(text: Column, weight: Column) -> Column:
    """One part of the evidence in words, with its nats."""
    return F.struct(text.alias("text"), weight.cast("double").alias("weight"))


def poisson(k: Column, expected_if: Column, expected_else: Column) -> Column:
    """Log likelihood ratio of a count under two Poisson means."""
    return k * F.log(expected_if / expected_else) - (expected_if - expected_else)


def binomial(k: Column, n: Column, if_: float, else_: Column) -> Column:
    """Log likelihood ratio of `k` of `n` under two probabilities."""
    return k * F.log(F.lit(if_) / else_) + (n - k) * F.log(F.lit(1 - if_) / (1 - else_))


def beta_binomial(k: Column, n: Column, if_: float, mean: Column, correlation: Column) -> Column:
    """Log likelihood ratio of `k` of `n` under the probability `if_` and under one that differs from case to case.

    Among others it has the beta distribution of `mean` and intraclass `correlation` (both between 0 and 1): at 0 all
    cases are alike, towards 1 each has all or nothing (Skellam, Journal of the Royal Statistical Society B 10, 1948).
    `k` and `n` are bigint.
    """
    size = 1 / correlation - 1
    else_ = _log_rising(mean * size, k) + _log_rising((1 - mean) * size, n - k) - _log_rising(size, n)
    return k * F.log(F.lit(if_)) + (n - k) * F.log(F.lit(1 - if_)) - else_


def _log_rising(start: Column, n: Column) -> Column:
    """Logarithm of start (start + 1) ... (start + n - 1): a ratio of gamma functions, which Spark does not have."""
    steps = F.sequence(F.lit(0).cast("bigint"), n - 1)
    return F.when(n > 0, F.aggregate(steps, F.lit(0.0), lambda sum_, i: sum_ + F.log(start + i))).otherwise(0.0)


def capped(weight: Column, most: float) -> Column:
    """A part of the evidence can say no more than `most` nats either way: its model is not trusted beyond."""
    return F.greatest(F.least(weight, F.lit(most)), F.lit(-most))


def leads(df: DataFrame, detector: str, columns: Mapping[str, Column]) -> DataFrame:
    """Project `df` to the shape of a lead.

    `columns` names numbers, factors, event_ids, n_events, first_at, last_at and statement; person_ids, latitude,
    longitude and radius_m where they apply. `evidence` is the sum of the factors' weights, `subject_id` the numbers.
    """
    nothing = {
        "person_ids": F.array().cast("array<string>"),
        "latitude": F.lit(None).cast("double"),
        "longitude": F.lit(None).cast("double"),
        "radius_m": F.lit(None).cast("double"),
    }
    filled = {**nothing, **columns}
    order = (
        "numbers", "person_ids", "factors", "event_ids", "n_events", "first_at", "last_at", "latitude", "longitude",
        "radius_m", "statement",
    )  # fmt: skip
    shaped = df.select(*(filled[name].alias(name) for name in order))
    total = F.aggregate("factors", F.lit(0.0), lambda sum_, each: sum_ + each["weight"])
    whom = F.when(F.size("person_ids") > 0, F.concat(F.array_join("person_ids", " + "), F.lit(" and "))).otherwise("")
    return shaped.select(
        F.lit(detector).alias("detector"),
        F.concat(whom, F.array_join("numbers", " + ")).alias("subject_id"),
        *order,
        F.round(total, 4).alias("evidence"),
    )
