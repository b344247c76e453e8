"""What the queue of reports shows in a night: who is asked about, who stands for whom, and what chance drew.

Everything that the night knows is handed in as tables, so the choice can be made, and tested, without a lakehouse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.queues import items, near_duplicates, sampling
from pipelines.reports import queue as reports_queue

KEY = ["report_id"]
OF_SCORE = ("score_low", "score_high", "is_out_of_fold", "model_name", "model_version", "stratum")


@dataclass(frozen=True)
class Known:
    """What a night knows.

    Attributes:
        night: the night.
        opened_on: the night on which its frame, the population of recall certificates, was opened.
        scores: gold.REPORT_SCORES of any nights.
        decisions: gold.DECISIONS up to the night, with the near-duplicates that they cover.
        direct: gold.DECISIONS up to the night, as they were made.
        draws: gold.QUEUE_DRAWS of any nights.
        scope: reports in scope, `queue.in_scope`.
    """

    night: date
    opened_on: date
    scores: DataFrame
    decisions: DataFrame
    direct: DataFrame
    draws: DataFrame
    scope: DataFrame

    @property
    def tonight(self) -> DataFrame:
        """gold.REPORT_SCORES of the night."""
        return self.scores.where(F.col("night") == F.lit(self.night))

    @property
    def earlier_draws(self) -> DataFrame:
        """Rows that chance drew from the frame on the nights before."""
        is_mine = (F.col("kind") == "RANDOM") & (F.col("queue") == reports_queue.QUEUE)
        of_frame = (F.col("frame_on") == F.lit(self.opened_on)) & (F.col("night") < F.lit(self.night))
        return self.draws.where(is_mine & of_frame)


@dataclass(frozen=True)
class Rules:
    """How much is shown, and by which chance.

    Attributes:
        capacity: rows per force code, `*` for forces that are not named.
        shares: parts of the capacity that are shown without a score.
        duplicates_pool: near-duplicates are looked for among so many times the capacity.
        seed: decides which decided reports are read a second time; the same every night.
        night_seed: decides the night's draws and places.
    """

    capacity: Mapping[str, int]
    shares: sampling.Shares
    duplicates_pool: int
    seed: int
    night_seed: int


@dataclass(frozen=True)
class Selection:
    """What the night shows.

    Attributes:
        shown: the rows of the queue in their places, with what report and score say of them.
        near_duplicates: rows of gold.QUEUE_NEAR_DUPLICATES that the shown stand for.
        draws: rows of gold.QUEUE_DRAWS.
    """

    shown: DataFrame
    near_duplicates: DataFrame
    draws: DataFrame


def select(known: Known, rules: Rules, stand_ins: Callable[[pd.DataFrame], pd.DataFrame]) -> Selection:
    """Choose what the queue shows.

    Args:
        stand_ins: report_id, text, priority of one force's candidates to `near_duplicates.GROUPED`.
    """
    candidates, random, scope = _candidates(known, rules)
    grouped = _grouped(candidates, scope, stand_ins)
    heads = grouped.where("report_id = shown_id").select("report_id")
    again = candidates.where("kind = 'SECOND'").select("report_id")
    rows = candidates.join(heads.unionByName(again), KEY, how="left_semi")
    placed = sampling.placed(rows, items.capacity_of(rules.capacity), rules.shares, rules.night_seed)
    about = known.tonight.select(*KEY, *OF_SCORE)
    of_report = scope.drop("night", "force", "stratum", "text_hash")
    shown = placed.join(about, KEY, how="inner").join(of_report, KEY, how="inner")
    shown = concurrency.materialise_lazily(shown)
    covered = grouped.join(candidates.select(*KEY, "item_id", "force", "text_hash"), KEY, how="inner")
    return Selection(
        shown,
        near_duplicates.queue_near_duplicates(covered, shown, known.night, reports_queue.QUEUE),
        _draws(known, rules, candidates, shown, random),
    )


def _candidates(known: Known, rules: Rules) -> tuple[DataFrame, DataFrame, DataFrame]:
    """What may be shown (`queue.candidates`), what chance drew (`sampling.random_rows`), and the scope; computed."""
    capacity, queue = items.capacity_of(rules.capacity), reports_queue.QUEUE
    population = sampling.frame(known.scores, known.decisions, known.opened_on, queue)
    asked = reports_queue.asked(known.tonight, known.decisions)
    drawn = sampling.random_rows(
        asked, population, known.earlier_draws, capacity, rules.shares.random, known.night, rules.night_seed
    )
    random, scope = concurrency.materialise(drawn, known.scope)
    second = sampling.second_readings(known.direct, rules.shares.second, rules.seed, queue)
    pool = capacity * F.lit(rules.duplicates_pool)
    candidates = reports_queue.candidates(asked, random, known.tonight, second, pool)
    return concurrency.materialise_lazily(candidates), random, scope


def _grouped(candidates: DataFrame, scope: DataFrame, stand_ins: Callable[[pd.DataFrame], pd.DataFrame]) -> DataFrame:
    """`near_duplicates.GROUPED` of every candidate but those that are read a second time."""
    texts = candidates.where("kind IS NULL OR kind = 'RANDOM'").join(scope.select(*KEY, "text"), KEY, how="inner")
    # A row that chance drew stands for its near-duplicates, so that it is read as it was drawn: without score.
    priority = F.col("score") + F.when(F.col("kind") == "RANDOM", 2.0).otherwise(0.0)
    by_force = texts.select("force", *KEY, "text", priority.alias("priority")).groupBy("force")
    return concurrency.materialise_lazily(by_force.applyInPandas(stand_ins, near_duplicates.GROUPED))


def _draws(known: Known, rules: Rules, candidates: DataFrame, shown: DataFrame, random: DataFrame) -> DataFrame:
    """Rows of gold.QUEUE_DRAWS: shown without score, or drawn and stood for by a near-duplicate."""
    slim = [*KEY, "item_id", "force", "kind", "score"]
    behind = candidates.where("kind = 'RANDOM'").join(shown, KEY, how="left_anti")
    read = shown.select(*slim).unionByName(behind.select(*slim))
    return sampling.queue_draws(read, random, known.night, known.opened_on, rules.shares, reports_queue.QUEUE)
