"""From evidence in nats to a probability with an interval, by a curve that was fitted on worlds with a planted truth.

The evidence of a lead is a log likelihood ratio: how much better the pattern explains what was seen than the reference
population does. It says nothing of how rare the pattern is, and its parts are not quite independent. Platt's curve
(Platt, 1999) mends both: probability = 1 / (1 + exp(-(a + b * evidence))). `a` and `b`, and the covariance of their
estimates for the interval, come from `nightjar evaluate leads --calibrate` and are settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

Z95 = 1.959964
FLOOR = 0.0005  # no score is nearer to 0 or 1 than the worlds could show
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Platt's curve of one detector, with the covariance of (a, b)."""

    a: float
    b: float
    vaa: float
    vab: float
    vbb: float

    @staticmethod
    def of(values: Mapping[str, float]) -> Curve:
        return Curve(*(float(values[name]) for name in ("a", "b", "vaa", "vab", "vbb")))


def fit(evidence: Floats, is_true: npt.NDArray[np.bool_], *, ridge: float = 1e-2, steps: int = 60) -> Curve:
    """Platt's curve by Newton's method, with Platt's smoothed targets: clean separation gives no infinite slope.

    Raises:
        ValueError: there are no true or no false examples.
    """
    n_true, n_false = int(is_true.sum()), int((~is_true).sum())
    if not n_true or not n_false:
        raise ValueError(f"a curve needs true and false examples; there are {n_true} and {n_false}")
    x = np.column_stack([np.ones(len(evidence)), evidence])
    y = np.where(is_true, (n_true + 1) / (n_true + 2), 1 / (n_false + 2))
    w = np.array([0.0, 0.1])
    prior = np.diag([1e-6, ridge])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + prior
        step = np.linalg.solve(hessian, x.T @ (y - p) - prior @ w)
        w = w + np.clip(step, -2, 2)
    covariance = np.linalg.inv(hessian)
    return Curve(float(w[0]), float(w[1]), *(float(covariance[i, j]) for i, j in ((0, 0), (0, 1), (1, 1))))


def scored(leads: DataFrame, curves: Mapping[str, Curve]) -> DataFrame:
    """`leads` (columns detector, evidence) with score, score_low, score_high: Platt's curve and its 95 % interval."""
    logit, spread = F.lit(None).cast("double"), F.lit(None).cast("double")
    e = F.col("evidence")
    for name, c in sorted(curves.items()):
        mine = F.col("detector") == name
        logit = F.when(mine, F.lit(c.a) + F.lit(c.b) * e).otherwise(logit)
        variance = F.lit(c.vaa) + 2 * F.lit(c.vab) * e + F.lit(c.vbb) * e * e
        spread = F.when(mine, F.lit(Z95) * F.sqrt(F.greatest(variance, F.lit(0.0)))).otherwise(spread)
    return leads.withColumns(
        {"score": _sigmoid(logit), "score_low": _sigmoid(logit - spread), "score_high": _sigmoid(logit + spread)}
    )


def _sigmoid(x: Column) -> Column:
    p = 1 / (1 + F.exp(-F.greatest(F.least(x, F.lit(30.0)), F.lit(-30.0))))
    return F.round(F.greatest(F.least(p, F.lit(1 - FLOOR)), F.lit(FLOOR)), 6)
