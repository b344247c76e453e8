"""Differences between candidates by paired bootstrap over groups: near-duplicates and a nominal's reports go together.

Each draw takes as many groups as there are, with replacement (Efron and Tibshirani 1993), the same for all candidates,
so what one draw makes easy or hard is so for all. Where scores are means over partitions into folds, partitions are
drawn as well, since the throw of folds moves figures as the choice of reports does. A difference whose interval holds
zero is a tie, and shown as one.
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

    Args:
        scores: by candidate, shape (n_reports,), or (n_partitions, n_reports) where a report's score is the mean over
            partitions of the reports into folds. Each draw then takes partitions with replacement too.

    Returns:
        Best first: name, average_precision, low, high, behind (of the best), behind_low, behind_high, is_tie (with the
        best: the interval of the difference holds zero; True for the best itself), behind_draw_sd (standard deviation
        of the difference between single partitions: how much of it one throw of folds is; NaN of one). Differences are
        over the partitions that both have.
    """
    by_partition = {name: np.atleast_2d(score) for name, score in scores.items()}
    drawn = _Drawn(label, group, seed, n_draws)
    reached = {name: _reached(label, score) for name, score in by_partition.items()}
    best = max(sorted(reached), key=lambda name: reached[name])
    of_best: dict[int, np.ndarray] = {}
    rows = []
    for name in sorted(reached, key=lambda name: (-reached[name], name)):
        own = by_partition[name]
        both = min(len(own), len(by_partition[best]))
        if both not in of_best:
            of_best[both] = drawn.average_precisions(by_partition[best][:both])
        per_draw = of_best[both] if name == best else drawn.average_precisions(own[:both])
        low, high = interval(per_draw if both == len(own) else drawn.average_precisions(own))
        behind_low, behind_high = interval(of_best[both] - per_draw)
        behind = _reached(label, by_partition[best][:both]) - _reached(label, own[:both])
        singly = [_reached(label, by_partition[best][[k]]) - _reached(label, own[[k]]) for k in range(both)]
        sd = float(np.std(singly, ddof=1)) if both > 1 else float("nan")
        is_tie = name == best or behind_low <= 0 <= behind_high
        rows.append((name, reached[name], low, high, behind, behind_low, behind_high, is_tie, sd))
    columns = ["name", "average_precision", "low", "high", "behind", "behind_low", "behind_high", "is_tie",
               "behind_draw_sd"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def partition_draws(n_partitions: int, seed: int, n_draws: int = N_DRAWS) -> np.ndarray:
    """How often each partition is in each draw; shape (n_draws, n_partitions), each row adding up to n_partitions."""
    rng = np.random.default_rng((seed, n_partitions))
    return rng.multinomial(n_partitions, np.full(n_partitions, 1 / n_partitions), size=n_draws)


class _Drawn:
    """Draws of groups and of partitions, the same for all candidates."""

    def __init__(self, label: np.ndarray, group: np.ndarray, seed: int, n_draws: int) -> None:
        self._label, self._seed, self._n_draws = label, seed, n_draws
        self._weights = draws(group, seed, n_draws)
        self._step = max(1, MOST_CELLS // max(1, len(label)))

    def average_precisions(self, by_partition: np.ndarray) -> np.ndarray:
        """Of the mean over the drawn partitions, per draw."""
        per_draw = np.empty(self._n_draws)
        mixes, which = np.unique(
            partition_draws(len(by_partition), self._seed, self._n_draws), axis=0, return_inverse=True
        )
        for number, mix in enumerate(mixes):  # of four partitions 35 at most: each is ordered once
            score = mix @ by_partition / len(by_partition)
            taken = np.flatnonzero(which.ravel() == number)
            for start in range(0, len(taken), self._step):
                part = taken[start : start + self._step]
                per_draw[part] = average_precisions(self._label, score, self._weights[part])
        return per_draw


def _reached(label: np.ndarray, by_partition: np.ndarray) -> float:
    return float(average_precisions(label, by_partition.mean(axis=0), np.ones((1, len(label))))[0])


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of draws; NaN ends where no draw gave a value."""
    kept = values[~np.isnan(values)]
    low, high = np.percentile(kept, LEVEL) if len(kept) else (np.nan, np.nan)
    return float(low), float(high)
