"""The network's score over many worlds: made one after the other, their past days walked, and the figures of all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession

from jobs.evaluation import risk_figures, risk_replay, risk_worlds
from jobs.runtime import risk_rules
from jobs.runtime.settings import Settings

Maker = Callable[[SparkSession, int, int], risk_worlds.World]
AT_ONCE = 4  # worlds walked together: most of a walk's time does not grow with its rows


def evaluate(
    spark: SparkSession,
    settings: Settings,
    make: Maker,
    *,
    n_worlds: int,
    n_reports: int,
    first: int,
    n_days: int,
    apart: int,
    horizon: int,
    capacity: int,
) -> dict[str, Any]:
    """Replay `n_days` days, `apart` days from each other and ending with the night, of worlds of seeds from `first` on.

    No night is run, and no lakehouse is needed: the night's own edges, seeds, paths and queue are computed from what
    the worlds hold. Other arguments and the result as of `risk_figures.summary`, with `seeds` and `n_reports`.
    """
    days = [risk_worlds.NIGHT - timedelta(days=apart * k) for k in range(n_days)][::-1]
    seeds = range(first, first + n_worlds)
    parts: list[pd.DataFrame] = []
    harmed: list[pd.DataFrame] = []
    decoys: dict[int, frozenset[str]] = {}
    for start in range(0, n_worlds, AT_ONCE):
        worlds = [(seed, make(spark, seed, n_reports)) for seed in seeds[start : start + AT_ONCE]]
        parts.append(
            risk_replay.replayed(
                spark, worlds, days, risk_rules.rules(settings), capacity=capacity,
                direct_share=settings.risk.direct_share, unknown_age=settings.risk.unknown_age,
            )
        )  # fmt: skip
        harmed += [made.harmed.assign(world=seed) for seed, made in worlds]
        decoys |= {seed: made.decoys for seed, made in worlds}
        spark.catalog.clearCache()
    found = risk_figures.summary(
        pd.concat(parts, ignore_index=True), pd.concat(harmed), decoys, horizon=horizon, capacity=capacity, seed=first
    )
    return {**found, "seeds": [seeds.start, seeds.stop - 1], "n_reports": n_reports}
