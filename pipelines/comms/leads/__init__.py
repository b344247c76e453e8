"""Leads in communications data: patterns of county lines and of groups, each a reason to look and never a finding.

Every detector is a pure function from the use of telephones (`usage`) to leads with the ids of the events behind them.
Its evidence is a log likelihood ratio against a reference population, and `calibration` turns it into a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms.leads import (
    calibration,
    common_contact,
    deal_line,
    fingerprint,
    missing_overlap,
    night_place,
    successor,
    swaps,
    two_phones,
    usage,
)

DETECTORS = (
    deal_line.NAME, successor.NAME, swaps.NAME, two_phones.NAME, night_place.NAME, common_contact.NAME,
    missing_overlap.NAME,
)  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """Every threshold of every detector: the section `leads` of the settings."""

    zone: str
    min_score: float  # what is published
    recycling: usage.Recycling
    deal_line: deal_line.Thresholds
    fingerprint: fingerprint.Model
    successor: successor.Thresholds
    swap: swaps.Thresholds
    two_phones: two_phones.Thresholds
    night_place: night_place.Thresholds
    common_contact: common_contact.Thresholds
    missing_overlap: missing_overlap.Thresholds
    curves: Mapping[str, calibration.Curve]

    @staticmethod
    def of(values: Mapping[str, Any], zone: str) -> Thresholds:
        """From the settings' section. Raises TypeError where a threshold is missing or not known."""
        return Thresholds(
            zone=zone,
            min_score=float(values["min_score"]),
            recycling=usage.Recycling(**values["recycling"]),
            deal_line=deal_line.Thresholds(**values["deal_line"]),
            fingerprint=fingerprint.Model(**values["fingerprint"]),
            successor=successor.Thresholds(**values["successor"]),
            swap=swaps.Thresholds(**values["swap"]),
            two_phones=two_phones.Thresholds(**values["two_phones"]),
            night_place=night_place.Thresholds(**values["night_place"]),
            common_contact=common_contact.Thresholds(**values["common_contact"]),
            missing_overlap=missing_overlap.Thresholds(**values["missing_overlap"]),
            curves={name: calibration.Curve.of(curve) for name, curve in values["curves"].items()},
        )


@dataclass(frozen=True)
class Known:
    """What a night knows, as of the night: silver tables' shapes; `events` are those that may be used, `hidden` has the
    numbers that no detector may see, `suspects` the person_id of every suspect."""

    events: DataFrame
    hidden: DataFrame
    cells: DataFrame
    authorisations: DataFrame
    people: DataFrame
    suspects: DataFrame
    episodes: DataFrame


def used(known: Known, thresholds: Thresholds) -> DataFrame:
    """The use of telephones that all detectors start from."""
    return usage.usage(known.events, known.hidden, known.cells, known.authorisations, thresholds.recycling)


def candidates(known: Known, use: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Scored candidates of every detector, below the threshold too. `use` is the result of `used`, computed."""
    contacts, spans, bases, ends = concurrency.materialise(
        usage.contacts(use),
        usage.spans(use),
        usage.bases(use, thresholds.zone),
        usage.where_days_end(use, thresholds.zone, thresholds.night_place.away_km),
    )
    changes = concurrency.materialise_lazily(usage.changes(use, thresholds.successor.leak))  # first used by the pairs
    handsets = usage.handsets(use)
    pairs, lines = concurrency.materialise(
        _pairs(contacts, spans, changes, handsets, thresholds),
        calibration.scored(deal_line.leads(use, spans, thresholds.deal_line), thresholds.curves),
    )
    strong = lines.where(F.col("score") >= thresholds.min_score).select(F.col("numbers")[0].alias("number"))
    # Each is computed by itself: one plan of all would be planned again after each of its stages.
    successors, carried = concurrency.materialise(
        successor.leads(pairs, spans, changes, handsets, thresholds.successor),
        two_phones.leads(use, contacts, bases, ends, thresholds.two_phones, thresholds.zone),
    )
    sure = calibration.scored(successors, thresholds.curves).where(F.col("score") >= thresholds.min_score)
    # A plan of more than a hundred levels is more than Spark Connect sends.
    chains = concurrency.materialise_lazily(missing_overlap.chains(strong, sure))
    others = concurrency.materialise(
        swaps.leads(use, pairs, spans, thresholds.swap),
        night_place.leads(use, spans, ends, thresholds.night_place, thresholds.zone),
        common_contact.leads(contacts, spans, known.people, known.suspects, thresholds.common_contact),
        missing_overlap.leads(use, chains, known.episodes, thresholds.missing_overlap),
    )
    return lines.unionByName(
        calibration.scored(reduce(DataFrame.unionByName, [successors, carried, *others]), thresholds.curves)
    )


def _pairs(
    contacts: DataFrame, spans: DataFrame, changes: DataFrame, handsets: DataFrame, thresholds: Thresholds
) -> DataFrame:
    """Pairs of units by their contacts, made again once the contacts that changed number too are known."""
    first = fingerprint.pairs(contacts, spans, thresholds.fingerprint)
    changed = successor.leads(first, spans, changes, handsets, thresholds.successor)
    return fingerprint.pairs(successor.renamed(contacts, changed, thresholds.successor), spans, thresholds.fingerprint)
