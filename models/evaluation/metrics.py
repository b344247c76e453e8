"""Figures by which a classifier is judged when positives are rare: never accuracy, never AUC alone.

All functions take arrays over the same reports: `label` bool, `score` float in [0, 1] unless said otherwise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn import metrics as sk

Z_95 = 1.959964  # two-sided 95 % of the normal distribution
N_BINS = 10  # equal-mass bins of the calibration error


def average_precision(label: np.ndarray, score: np.ndarray) -> float:
    """Area under the precision-recall curve as a step function."""
    return float(sk.average_precision_score(label, score))


def brier(label: np.ndarray, score: np.ndarray) -> float:
    """Mean squared distance of probability and outcome."""
    return float(np.mean((score - label) ** 2))


def calibration_bins(label: np.ndarray, score: np.ndarray, n_bins: int = N_BINS) -> pd.DataFrame:
    """Reliability table over equal-mass bins: `score` (mean), `observed` (share of positives), `n`."""
    order = np.argsort(score, kind="stable")
    parts = [part for part in np.array_split(order, n_bins) if len(part)]
    return pd.DataFrame(
        [{"score": score[part].mean(), "observed": label[part].mean(), "n": len(part)} for part in parts]
    )


def calibration_error(label: np.ndarray, score: np.ndarray) -> float:
    """Expected calibration error over equal-mass bins (Naeini et al. 2015; equal mass: positives are rare)."""
    bins = calibration_bins(label, score)
    return float(np.average((bins["score"] - bins["observed"]).abs(), weights=bins["n"]))


def calibration_noise(score: np.ndarray) -> float:
    """Calibration error that chance alone gives a perfectly calibrated score of this many reports.

    A bin of n reports with mean p is off by E|observed - p| = sqrt(2 p (1 - p) / (pi n)) (normal approximation).
    """
    parts = [part for part in np.array_split(np.sort(score), N_BINS) if len(part)]
    off = [np.sqrt(2 * part.mean() * (1 - part.mean()) / (np.pi * len(part))) for part in parts]
    return float(np.average(off, weights=[len(part) for part in parts]))


def at_capacity(frame: pd.DataFrame, score: np.ndarray, capacity: int) -> dict[str, float]:
    """Recall and precision per stratum where each force reads its `capacity` highest reports of the stratum.

    Args:
        frame: columns label, stratum (NO_TAG, OTHER_TAG: what the report is, or would be without its CSAE tag; a
            report of stratum CSAE counts in both), force.
        score: score per row.
        capacity: reports per force and stratum.

    Returns:
        `recall_<stratum>`, `precision_<stratum>` in lower case; absent where a stratum holds no positives.
    """
    figures: dict[str, float] = {}
    for stratum in ("NO_TAG", "OTHER_TAG"):
        part = frame.assign(score=score)[frame["stratum"].isin([stratum, "CSAE"])]
        if not part["label"].any():
            continue
        part = part.sort_values(["score", "report_id"], ascending=[False, True])
        read = part.groupby("force", sort=False).head(capacity)
        figures[f"recall_{stratum.lower()}"] = float(read["label"].sum() / part["label"].sum())
        figures[f"precision_{stratum.lower()}"] = float(read["label"].mean())
    return figures


def recall_by_force(frame: pd.DataFrame, score: np.ndarray, capacity: int) -> pd.DataFrame:
    """force, positives, recall where each force reads its `capacity` highest reports, strata together.

    Args:
        frame: columns report_id, label, force.
    """
    ranked = frame.assign(score=score).sort_values(["score", "report_id"], ascending=[False, True])
    read = ranked.groupby("force").head(capacity).groupby("force")["label"].sum()
    positives = ranked.groupby("force")["label"].sum()
    by_force = pd.DataFrame({"positives": positives.astype(int), "read": read}).query("positives > 0").reset_index()
    return by_force.assign(recall=by_force["read"] / by_force["positives"])[["force", "positives", "recall"]]


def wilson(positives: np.ndarray, n: np.ndarray, z: float = Z_95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a share (Wilson 1927): (low, high). `n` may be an effective, non-integer size."""
    share = positives / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def calibration_intervals(label: np.ndarray, score: np.ndarray, group: np.ndarray, smallest: int = 30) -> pd.DataFrame:
    """95 % interval of the observed share of positives around each score, from out-of-fold scores.

    Reports are ranked and cut from the top into bins of 30, 60, 120, ... (positives are rare, so the top needs the fine
    bins). Each bin's interval is Wilson's with the number of *groups* in the bin as sample size, since near-duplicates
    and reports of one nominal are not independent. A new score gets the interval of the bin that it falls in.

    Returns:
        Rows in rising score: `from_score` (bin holds scores from here to the next row's), `low`, `high`, `n`, `share`.
        The first `from_score` is 0.
    """
    order = np.argsort(-score, kind="stable")
    edges = smallest * (2 ** np.arange(1, 40) - 1)
    edges = edges[edges <= len(order) - smallest]  # the last bin is never smaller than the first
    rows = []
    for part in np.split(order, edges):
        n_groups = len(np.unique(group[part]))
        share = float(label[part].mean())
        low, high = wilson(np.array(share * n_groups), np.array(n_groups))
        rows.append((float(score[part].min()), float(low), float(high), len(part), share))
    table = pd.DataFrame(rows[::-1], columns=["from_score", "low", "high", "n", "share"])
    table = table.drop_duplicates("from_score", keep="last").reset_index(drop=True)
    table.loc[0, "from_score"] = 0.0
    return table


def interval_of(score: np.ndarray, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) per score from a table of `calibration_intervals`; always low <= score <= high."""
    bin_of = np.searchsorted(table["from_score"].to_numpy(), score, side="right") - 1
    bin_of = np.maximum(bin_of, 0)
    return np.minimum(table["low"].to_numpy()[bin_of], score), np.maximum(table["high"].to_numpy()[bin_of], score)
