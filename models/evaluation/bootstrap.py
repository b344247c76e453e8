"""Differences between candidates by paired bootstrap over groups: near-duplicates and a nominal's reports go together.

Each draw takes as many groups as there are, with replacement (Efron and Tibshirani 1993), the same for all candidates,
so what one draw makes easy or hard is so for all. A difference whose interval holds zero is a tie, and shown as one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

N_DRAWS = 500
LEVEL = (2.5, 97.5)  # per cent: the ends of the interval
MOST_CELLS = 5_000_000  # weights held at a time


def average_precisions(label: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision of one score under many weightings; shape (n_draws,), NaN where no positive was drawn.

    Args:
        weights: draws x reports. Equal scores are one step of the curve, as in scikit-learn.
    """
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # last report of each run of equal scores
    drawn = weights[:, order].astype(np.float64)
    read = np.cumsum(drawn, axis=1)[:, ends]
    n_found = np.cumsum(drawn * label[order], axis=1)[:, ends]
    precision = np.divide(n_found, read, out=np.zeros_like(n_found), where=read > 0)
    new = np.diff(n_found, axis=1, prepend=0.0)
    total = n_found[:, -1]
    return np.divide((new * precision).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)


def draws(group: np.ndarray, seed: int, n_draws: int = N_DRAWS) -> np.ndarray:
    """How often each report is in each draw; shape (n_draws, n_reports), small integers."""
    _, index = np.unique(group, return_inverse=True)
    n_groups = int(index.max()) + 1
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_draws)
    return np.asarray(counts[:, index], dtype=np.int16)


def differences(
    label: np.ndarray, scores: Mapping[str, np.ndarray], group: np.ndarray, seed: int, n_draws: int = N_DRAWS
) -> pd.DataFrame:
    """Average precision of each candidate with its interval, and how far it is from the best.

    Returns:
        Best first: name, average_precision, low, high, behind (of the best), behind_low, behind_high, is_tie (with the
        best: the interval of the difference holds zero; True for the best itself).
    """
    per_draw = {name: np.empty(n_draws) for name in scores}
    step = max(1, MOST_CELLS // max(1, len(label)))
    weights = draws(group, seed, n_draws)
    for start in range(0, n_draws, step):
        part = slice(start, start + step)
        for name, score in scores.items():
            per_draw[name][part] = average_precisions(label, score, weights[part])
    ones = np.ones((1, len(label)))
    reached = {name: float(average_precisions(label, score, ones)[0]) for name, score in scores.items()}
    best = max(sorted(reached), key=lambda name: reached[name])
    rows = []
    for name in sorted(reached, key=lambda name: (-reached[name], name)):
        low, high = interval(per_draw[name])
        behind_low, behind_high = interval(per_draw[best] - per_draw[name])
        is_tie = name == best or behind_low <= 0 <= behind_high
        rows.append((name, reached[name], low, high, reached[best] - reached[name], behind_low, behind_high, is_tie))
    columns = ["name", "average_precision", "low", "high", "behind", "behind_low", "behind_high", "is_tie"]
    return pd.DataFrame(rows, columns=columns)


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of draws; NaN ends where no draw gave a value."""
    kept = values[~np.isnan(values)]
    low, high = np.percentile(kept, LEVEL) if len(kept) else (np.nan, np.nan)
    return float(low), float(high)
