"""All rows of gold.travel_matches of a night: subjects on flights, who is with them, and what their phones did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.travel import co_travel, matches, matching, phone_gaps
from schemas import travel as contract


@dataclass(frozen=True)
class Known:
    """What a night knows: silver tables as of it; `resolved` has person_id and subject_id of resolved entities."""

    passengers: DataFrame
    flights: DataFrame
    people: DataFrame
    investigations: DataFrame
    episodes: DataFrame
    events: DataFrame
    resolved: DataFrame


@dataclass(frozen=True)
class Rules:
    """From when on a match is kept, published, and beyond chance. Numbers and reasons are in the settings."""

    odds: matching.Odds
    history_days: int  # passenger rows of flights that left longer ago are not compared
    kept_from: float  # score
    published_from: float  # score
    pair_false: float  # share of pairs that may be chance
    gap_by_chance: float  # probability with which a silence would fit by chance, at most

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Rules:
        """From the settings' section `travel`."""
        names = [name for name in cls.__dataclass_fields__ if name != "odds"]
        return cls(matching.Odds.of(settings), **{name: settings[name] for name in names})


def rows(known: Known, rules: Rules, night: date) -> DataFrame:
    """Rows of gold.TRAVEL_MATCHES, computed; none where no passenger list is held."""
    since = F.date_sub(F.lit(night), rules.history_days)
    crowd, wanted, legs = concurrency.materialise(
        matching.listed(known.passengers.where(F.col("flight_on") >= since)),
        matching.subjects(known.people, known.investigations, known.episodes, known.resolved),
        matches.timetable(known.flights),
    )
    n_rows = crowd.count()
    if not n_rows:
        return known.passengers.sparkSession.createDataFrame([], contract.MATCHES.struct())
    near = concurrency.materialise_lazily(matching.neighbours(wanted, crowd, n_rows, rules.odds))
    evidence = concurrency.materialise_lazily(matching.evidence(wanted, crowd, near, rules.odds))
    scored = matching.scored(evidence, wanted, crowd, n_rows, rules.odds)
    likely = concurrency.materialise_lazily(matches.best(scored, wanted, crowd, legs, rules.kept_from))
    published: dict[str, Any] = {"published_from": rules.published_from}
    pairs = co_travel.together(likely, crowd, **published)
    parts = (
        matches.on_flights(likely, night, n_rows, rules.odds, **published),
        matches.companions(likely, crowd, night, **published),
        co_travel.rows(likely, pairs, night, max_false=rules.pair_false, **published),
        phone_gaps.rows(likely, known.events, night, by_chance=rules.gap_by_chance, **published),
    )
    return reduce(DataFrame.unionByName, concurrency.materialise(*parts))
