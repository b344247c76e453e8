"""Near-duplicates among a force's candidates for the queue: which report stands for which."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from models import folds, reading

_WORD = re.compile(r"\w+")


def stand_ins(candidates: pd.DataFrame) -> pd.DataFrame:
    """For each report the one that stands for it: the first of its near-duplicates, or itself.

    Args:
        candidates: report_id, text, priority (the highest of equals and near-duplicates is shown; then the lowest id).

    Returns:
        report_id, shown_id, similarity (Jaccard of three-word sequences with the report shown; 1 for itself).
    """
    ordered = candidates.sort_values(["priority", "report_id"], ascending=[False, True], ignore_index=True)
    texts = reading.texts(ordered["text"])
    group = folds.near_duplicate_groups(list(texts)) if len(texts) else np.zeros(0, dtype=int)
    first = pd.Series(np.arange(len(ordered))).groupby(group).transform("min").to_numpy(dtype=int)
    similarity = [1.0 if k == f else _alike(texts[k], texts[f]) for k, f in enumerate(first)]
    ids = ordered["report_id"].to_numpy()
    return pd.DataFrame({"report_id": ids, "shown_id": ids[first], "similarity": similarity})


def _alike(one: str, other: str) -> float:
    """Jaccard similarity of the sets of three-word sequences; of words where a text is shorter than three."""
    sets = [_sequences(text) for text in (one, other)]
    union = len(sets[0] | sets[1])
    return len(sets[0] & sets[1]) / union if union else 1.0


def _sequences(text: str) -> set[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    n = min(3, len(words)) or 1
    return {tuple(words[k : k + n]) for k in range(len(words) - n + 1)}
