"""Distributions of figures that are not known exactly: drawn by inverse, so that quantiles are exact.

Forms: `pert` (three points, the likely one weighing four times an end, after Malcolm et al. 1959), `triangular`,
`uniform` (two points), `lognormal` (its ends are the 5 % and 95 % points), `normal` and `beta` for what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
FORMS = ("pert", "triangular", "uniform", "lognormal")  # what a person states
MEASURED = ("normal", "beta")  # what counts give
_Z95 = 1.6448536269514722  # 95 % point of the standard normal distribution


@dataclass(frozen=True)
class Distribution:
    """A figure that is not known exactly.

    Attributes:
        form: one of FORMS or MEASURED.
        low: least value; 5 % point of a lognormal; mean of a normal; successes and a half of a beta.
        high: greatest value; 95 % point of a lognormal; standard error of a normal; failures and a half of a beta.
        likely: likeliest value, of `pert` and `triangular`.
        why: where it comes from.
    """

    form: str
    low: float
    high: float
    likely: float | None = None
    why: str = ""

    def quantile(self, at: Floats | float) -> Floats:
        """Values at these shares, each from 0 to 1 without the ends.

        Raises:
            ValueError: the form is not known.
        """
        at, width = np.asarray(at, dtype=float), self.high - self.low
        if self.form in (*FORMS[:3],) and width == 0:
            return np.full_like(at, self.low)
        if self.form in ("pert", "triangular"):
            place = 0.5 if self.likely is None else (self.likely - self.low) / width
            inner = stats.triang(place) if self.form == "triangular" else stats.beta(1 + 4 * place, 5 - 4 * place)
            return np.asarray(self.low + width * inner.ppf(at), dtype=float)
        if self.form == "uniform":
            return np.asarray(self.low + width * at, dtype=float)
        if self.form == "lognormal":
            middle, spread = math.log(self.low * self.high) / 2, math.log(self.high / self.low) / (2 * _Z95)
            return np.asarray(np.exp(middle + spread * stats.norm.ppf(at)), dtype=float)
        if self.form == "normal":
            return np.asarray(self.low + self.high * stats.norm.ppf(at), dtype=float)
        if self.form == "beta":
            return np.asarray(stats.beta(self.low, self.high).ppf(at), dtype=float)
        raise ValueError(f"{self.form!r} is no form of a distribution")

    @property
    def median(self) -> float:
        return float(self.quantile(0.5))


def stated(values: Mapping[str, Any] | None) -> Distribution | None:
    """A distribution as the settings state it; None where nobody states it."""
    return None if values is None else Distribution(**values)


def mean_of(n: int, total: float, squares: float, why: str) -> Distribution | None:
    """The mean of measured values, from their number, sum and sum of squares; None of fewer than two."""
    if n < 2:
        return None
    mean = total / n
    variance = max(squares / n - mean * mean, 0.0) * n / (n - 1)
    return Distribution("normal", mean, math.sqrt(variance / n), why=why)


def share_of(n_hits: int, n: int, why: str) -> Distribution | None:
    """A share from counts, with Jeffreys' prior (so that none of many is small and not nothing); None of none."""
    return Distribution("beta", n_hits + 0.5, n - n_hits + 0.5, why=why) if n else None


def draws(figures: Mapping[str, Distribution], n: int, seed: int) -> dict[str, Floats]:
    """`n` draws of each figure, one stratum each (a Latin hypercube): the ends are met by few draws already.

    The draws of a figure depend on its name and the seed, and on no other figure: one more changes none.
    """
    made = {}
    for name, figure in figures.items():
        rng = np.random.default_rng([seed, *name.encode()])
        made[name] = figure.quantile((rng.permutation(n) + rng.random(n)) / n)
    return made
