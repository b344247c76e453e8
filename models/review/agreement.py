"""Agreement of two readers who each say yes or no, beyond what chance would give.

Cohen's kappa (Cohen 1960) takes chance from each reader's own share of yes, and falls towards zero where nearly all
answers are the same, however well two people agree. Gwet's AC1 (Gwet 2008, *Computing inter-rater reliability and its
variance in the presence of high agreement*) does not; at 1-5 % CSAE both are needed. Intervals are from the posterior
of the four cells under Jeffreys' prior, so that ten agreements out of ten do not claim certainty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_DRAWS = 4_000
PRIOR = 0.5  # Jeffreys, a cell


@dataclass(frozen=True)
class Measure:
    """A figure with its 95 % interval; value None where it is not defined (nobody read twice)."""

    value: float | None
    low: float | None
    high: float | None


def measures(cells: np.ndarray, seed: int) -> dict[str, Measure]:
    """`agreement`, `kappa` and `ac1` of a 2 x 2 table of counts: first reader's no and yes by second reader's.

    With all answers equal, kappa has no value though it has an interval.
    """
    cells = np.asarray(cells, dtype=float).reshape(4)
    n = cells.sum()
    if n == 0:
        return dict.fromkeys(("agreement", "kappa", "ac1"), Measure(None, None, None))
    drawn = np.random.default_rng(seed).dirichlet(cells + PRIOR, size=N_DRAWS)
    measures_by_name = {}
    for name, function in (("agreement", observed), ("kappa", kappa), ("ac1", ac1)):
        low, high = np.quantile(function(drawn), (0.025, 0.975))
        value = float(function(cells[None] / n)[0])
        measures_by_name[name] = Measure(value if np.isfinite(value) else None, float(low), float(high))
    return measures_by_name


def observed(shares: np.ndarray) -> np.ndarray:
    """Share of equal answers per row of [no-no, no-yes, yes-no, yes-yes]."""
    return np.asarray(shares[:, 0] + shares[:, 3])


def kappa(shares: np.ndarray) -> np.ndarray:
    first, second = shares[:, 2] + shares[:, 3], shares[:, 1] + shares[:, 3]
    chance = first * second + (1 - first) * (1 - second)
    return _beyond(observed(shares), chance)


def ac1(shares: np.ndarray) -> np.ndarray:
    share = (shares[:, 2] + shares[:, 1]) / 2 + shares[:, 3]
    return _beyond(observed(shares), 2 * share * (1 - share))


def _beyond(agreed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance < 1, (agreed - chance) / (1 - chance), np.nan)
