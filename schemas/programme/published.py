"""Figures that were published about tools like this one: fixtures to compare with, never an input of anything.

Each is a claim as it was published. What a claim implies is arithmetic (`pipelines.programme.implied`); what this
deployment gives is measured from its own decisions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """A published figure: its value, its unit and what it was said of."""

    value: float
    unit: str
    says: str


BENEFITS: Mapping[str, Claim] = {
    "share_faster": Claim(0.55, "share", "a case is worked so much faster"),
    "hours_saved_per_case": Claim(9.5, "hours", "saved in each case"),
    "uses": Claim(12_500, "uses", "of the programme's tools, all forces together"),
    "hours_saved": Claim(16_000, "hours", "saved by these uses"),
    "pounds_saved": Claim(20_000_000, "pounds", "saved by these uses"),
    "pounds_for_forces": Claim(426_000, "pounds", "granted for all forces together"),
}
N_FORCES = 43  # territorial forces of England and Wales

# Totals of the programme as they were published: a world built to them reprints each (`nightjar demo --programme`).
TOTALS: Mapping[str, int] = {
    "investigations": 573,
    "about_children": 191,  # one third
    "wider_footprint": 315,  # 55 %
    "csae": 107,
    "csae_group_based": 59,
    "csae_on_master_list": 25,
    "ocgs": 30,
    "priority_individuals": 30,
    "groups_not_seen_elsewhere": 4,
    "vulnerabilities_new": 14,
    "reports_not_seen_elsewhere": 697,  # "almost 700"
    "disruptions": 174,
    "victims_found": 28,  # in two investigations
    "safeguarded": 16,  # in two investigations
}
