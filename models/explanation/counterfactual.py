"""What would change a score: the fewest of its strongest terms without which a report would not be in the queue.

The terms are taken out of the text one after the other, strongest first, and the classifier reads what is left: no
approximation of the classifier is involved, so it holds for any kind. For a linear one this order needs the fewest
terms, but for what the text's length does to weights.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST = 6  # terms tried: an explanation of more is none
_TINY = 1e-9


@dataclass(frozen=True)
class Change:
    """The terms without which the score would be `score`; `is_out` whether that is below what the queue takes."""

    terms: tuple[str, ...]
    score: float
    is_out: bool


def changes(
    pipeline: Any, texts: Sequence[str], terms: Sequence[Sequence[str]], scores: np.ndarray, cutoffs: np.ndarray
) -> list[Change | None]:
    """Per text the fewest of its terms whose removal takes it out of the queue; None where there is no term to remove.

    Args:
        pipeline: text to probability.
        texts: as read.
        terms: per text the terms that raise its score, strongest first.
        scores: score that the queue ranks by. It may be out of fold: the fall of the pipeline's own log-odds is taken
            from it.
        cutoffs: score from which the queue of the report's force takes reports; NaN where it takes all.
    """
    variants, owner = [], []
    for row, (text, names) in enumerate(zip(texts, terms, strict=True)):
        variants.append(text)
        owner.append(row)
        for name in list(names)[:MOST]:
            variants.append(without(variants[-1], name))
            owner.append(row)
    if not variants:
        return []
    odds = _log_odds(pipeline.predict_proba(np.array(variants, dtype=object))[:, 1])
    first = np.searchsorted(owner, np.arange(len(texts)))
    found_changes: list[Change | None] = []
    for row, start in enumerate(first):
        end = first[row + 1] if row + 1 < len(first) else len(owner)
        if end - start < 2:
            found_changes.append(None)
            continue
        path = 1 / (1 + np.exp(-(_log_odds(scores[row]) + odds[start:end] - odds[start])))
        below = np.flatnonzero(path < cutoffs[row]) if np.isfinite(cutoffs[row]) else np.array([], dtype=int)
        n = int(below[0]) if len(below) else end - start - 1
        found_changes.append(Change(tuple(terms[row][:n]), float(path[n]), bool(len(below))))
    return found_changes


def without(text: str, term: str) -> str:
    """`text` without any place where the words of `term` follow each other, up to two unread words between them."""
    between = r"\W+(?:\w+\W+){0,2}?"
    return re.sub(rf"\b{between.join(map(re.escape, term.split()))}\b", " ", text, flags=re.IGNORECASE)


def _log_odds(probability: Any) -> Any:
    clipped = np.clip(probability, _TINY, 1 - _TINY)
    return np.log(clipped / (1 - clipped))
