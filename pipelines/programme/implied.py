"""What published figures say when they are put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.programme.published import N_FORCES, Claim


@dataclass(frozen=True)
class Implied:
    """A figure that others imply: its value, its unit, and how it follows."""

    name: str
    value: float
    unit: str
    how: str


def of_claims(claims: Mapping[str, Claim]) -> list[Implied]:
    """Figures that the published ones imply, in the order in which they are read.

    Args:
        claims: `schemas.programme.published.BENEFITS`, or others of the same names.

    Raises:
        ValueError: a case cannot take less than nothing, or be worked faster by more than all of its time.
    """
    value = {name: claim.value for name, claim in claims.items()}
    if not 0 < value["share_faster"] <= 1:
        raise ValueError(f"{value['share_faster']} is no share of a case's time")
    before = value["hours_saved_per_case"] / value["share_faster"]
    per_use, pounds_per_use = value["hours_saved"] / value["uses"], value["pounds_saved"] / value["uses"]
    pounds_per_hour = value["pounds_saved"] / value["hours_saved"]
    return [
        Implied("hours_before", before, "hours per case", "hours saved in a case over the share that they are"),
        Implied("hours_after", before - value["hours_saved_per_case"], "hours per case", "the rest of them"),
        Implied("hours_per_use", per_use, "hours per use", "hours saved over uses"),
        Implied("pounds_per_use", pounds_per_use, "pounds per use", "pounds saved over uses"),
        Implied("pounds_per_hour", pounds_per_hour, "pounds per hour", "pounds saved over hours saved"),
        Implied("pounds_per_force", value["pounds_for_forces"] / N_FORCES, "pounds per force", f"over {N_FORCES}"),
    ]


def staff_share(claims: Mapping[str, Claim], hour_cost: float) -> float:
    """Share of the published pounds that the published hours are worth, at this cost of an hour in pounds."""
    return claims["hours_saved"].value * hour_cost / claims["pounds_saved"].value


def hour_cost_at(claims: Mapping[str, Claim], share: float) -> float:
    """Cost of an hour, in pounds, at which hours are this share of the published pounds."""
    return share * claims["pounds_saved"].value / claims["hours_saved"].value
