"""Figures about the reviewing with their intervals: rows of gold.REVIEW_FIGURES, but for night and queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from models.evaluation import metrics
from models.review import agreement

POOLED = "*"
Row = dict[str, Any]


def of_agreement(pairs: pd.DataFrame, seed: int) -> list[Row]:
    """`agreement`, `kappa`, `ac1` per force and pooled, from force, first, second, n. None if nobody read twice."""
    figures = []
    for force, part in _by_force(pairs):
        cells = np.zeros(4)
        place = 2 * part["first"].astype(int) + part["second"].astype(int)
        np.add.at(cells, place.to_numpy(dtype=int), part["n"].to_numpy(dtype=float))
        for name, m in agreement.measures(cells, seed).items():
            figures.append(_row(force, name, m.value, int(cells.sum()), m.low, m.high))
    return figures


def of_exposure(counts: pd.DataFrame) -> list[Row]:
    """`decided`, `found`, `per_find`, `median_seconds`, `over_cap` per reviewer, per force and pooled.

    `per_find` is items opened and decided per CSAE report found; no value where nothing was found. `median_seconds` has
    no value where no decision's time was measured.
    """
    figures = []
    for (force, reviewer), part in counts.groupby(["force", "reviewer"]):
        figures += _exposed(str(force), str(reviewer), part)
    for force, part in _by_force(counts):
        figures += _exposed(force, "", part)
    return figures


def _exposed(force: str, reviewer: str, part: pd.DataFrame) -> list[Row]:
    n, n_found = int(part["n"].sum()), int(part["n_found"].sum())
    timed = part.dropna(subset=["median_seconds"])
    seconds = None
    if len(timed):
        seconds = float(np.average(timed["median_seconds"].astype(float), weights=timed["n"].astype(float)))
    low, high = (float(bound) for bound in metrics.wilson(np.array(n_found), np.array(n)))
    values = {
        "decided": (float(n), None, None),
        "found": (float(n_found), None, None),
        "per_find": (n / n_found if n_found else None, 1 / high, 1 / low if low > 0 else None),
        "median_seconds": (seconds, None, None),
        "over_cap": (float(part["n_over_cap"].sum()), None, None),
    }
    return [_row(force, name, value, n, lo, hi, reviewer) for name, (value, lo, hi) in values.items()]


def of_yields(counts: pd.DataFrame) -> list[Row]:
    """Share of CSAE among rows with score, blind, and drawn by chance, and blind less scored: from kinds' n and n_csae.

    Blind rows are a random share of the top, so a difference is what seeing the score does to the answer. Its interval
    is Newcombe's (1998, method 10).
    """
    figures = []
    for force, part in _by_force(counts):
        sums = part.groupby("kind")[["n", "n_csae"]].sum()
        shares = {}
        for kind in ("SCORED", "BLIND", "RANDOM"):
            if kind in sums.index:
                n, n_csae = int(sums["n"][kind]), int(sums["n_csae"][kind])
                low, high = (float(bound) for bound in metrics.wilson(np.array(n_csae), np.array(n)))
                shares[kind] = (n_csae / n, low, high, n)
                figures.append(_row(force, f"{kind.lower()}_yield", n_csae / n, n, low, high))
        if {"SCORED", "BLIND"} <= set(shares):
            (p, p_low, p_high, n_blind), (q, q_low, q_high, _) = shares["BLIND"], shares["SCORED"]
            low = p - q - float(np.hypot(p - p_low, q_high - q))
            high = p - q + float(np.hypot(p_high - p, q - q_low))
            figures.append(_row(force, "blind_difference", p - q, n_blind, low, high))
    return figures


def _by_force(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for force, part in frame.groupby("force"):
        yield str(force), part
    if len(frame):
        yield POOLED, frame


def _row(
    force: str, figure: str, value: float | None, n: int, low: float | None, high: float | None, reviewer: str = ""
) -> Row:
    return {
        "force": force, "reviewer": reviewer, "figure": figure, "value": value, "low": low, "high": high, "n": n,
    }  # fmt: skip
