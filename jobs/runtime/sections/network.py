"""Sections of the network and of travel: entities, risk, deconfliction, subjects on flights."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from jobs.runtime.sections import types as t
from schemas.validation import Part


class Entities(Part):
    """Which records are one person."""

    engine: Literal["auto", "duckdb", "spark"]
    max_people: t.Count
    threshold: t.Inside
    full_every_days: t.Days
    guard: Literal["chains", "pairs", "off"]


class Seeds(Part):
    """What reports and roles weigh as a beginning of risk."""

    source: dict[Literal["1", "2", "3"], t.Interval]
    intelligence: dict[Literal["A", "B", "C", "D"], t.Interval]  # E counts nothing
    legacy: t.Interval
    role: dict[Literal["SUSPECT", "VICTIM", "OTHER", "WITNESS"], t.Share]
    half_life_days: t.Days
    use_unreviewed_scores: bool
    unreviewed_from: t.Share


class Paths(Part):
    """How far risk is followed, and how thin a path may be."""

    max_hops: Annotated[int, Field(ge=2, le=3)]
    floor: t.Inside
    free_degree: t.Count
    damping_power: t.NotNegative
    person_power: t.NotNegative


class Groups(Part):
    """Candidate groups, proposed to an analyst."""

    min_adults: t.Count
    min_suspects: t.CountOrNone
    max_degree: t.Count
    removed_share: t.Inside
    n_removals: t.Count
    stable_from: t.Share
    largest_on_driver: t.Count
    engine: Literal["auto", "igraph", "graphframes"]


class Risk(Part):
    """The network's risk and its queues."""

    seeds: Seeds
    paths: Paths
    look_back_days: t.Days
    min_children: t.Count
    direct_from: t.Inside
    direct_share: t.Share
    unknown_age: t.Share
    capacity: t.Count
    capacity_by_force: dict[t.Force, t.CountOrNone]
    groups: Groups


class Deconfliction(Part):
    """Whom to call where several operations are interested in one person."""

    contacts: dict[t.ForceOrRest, t.Text]
    restricted: list[t.Restricted]

    @field_validator("contacts")
    @classmethod
    def _for_everybody(cls, contacts: dict[str, str]) -> dict[str, str]:
        if "*" not in contacts:
            raise ValueError('needs "*", for forces that are not named')
        return contacts


def _whole(shares: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-9):
        raise ValueError(f"is {sum(shares.values()):g} in all: the shares add up to one")
    return shares


_Whole = AfterValidator(_whole)


class Travel(Part):
    """Subjects on flights: what evidence is expected, and what is published."""

    history_days: t.Days
    recent_days: t.Days
    kept_from: t.Share
    published_from: t.Share
    pair_false: t.Inside
    gap_by_chance: t.Inside
    names: Annotated[
        dict[Literal["EXACT", "SPELLING", "CLOSE", "SHORT", "INITIAL", "DIFFERENT"], t.Inside],
        Field(min_length=6),
        _Whole,
    ]
    births: Annotated[dict[Literal["SAME", "SWAPPED", "ONE_DIGIT", "DIFFERENT"], t.Inside], Field(min_length=4), _Whole]
    birth_span_years: t.Positive
    document_same: t.Inside
    expected_share: t.Inside
    expected_factor: Annotated[float, Field(ge=1)]
    document_from: t.Share
