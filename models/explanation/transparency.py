"""Transparency as figures: are the named reasons what the score depends on, and would another training name the same?

Deletion fidelity (DeYoung et al. 2020, comprehensiveness): how far a report's score falls when the named terms are
taken out of its text, against as many words drawn at random from the rest of it. Stability: how many of the named terms
are the same when another fold was left out of the training.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from models.explanation import terms as explanation_terms

N_SAMPLED = 40  # reports: enough for a figure with two digits, few enough for BERT's occlusion
N_NAMED = 5  # terms, as many as a row of a queue shows
WORD = re.compile(r"(?u)\b\w\w+\b")


def sample(label: np.ndarray, seed: int, n: int = N_SAMPLED) -> np.ndarray:
    """Positions of the reports that figures are taken on: reports with the tag first, filled up with others."""
    rng = np.random.default_rng(seed)
    with_tag, others = rng.permutation(np.flatnonzero(label)), rng.permutation(np.flatnonzero(~label))
    return np.sort(np.concatenate([with_tag[:n], others[: max(0, n - len(with_tag))]]))


def named(classifier: Any, texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The terms that moved each text's score up most, at most `N_NAMED`."""
    named_terms = explanation_terms.terms(classifier, texts, n_up=N_NAMED, n_down=0)
    return [tuple(term.text for term in terms) for terms in named_terms]


def fidelity(classifier: Any, texts: Sequence[str], reasons: Sequence[Sequence[str]], seed: int) -> dict[str, float]:
    """`deletion_named` and `deletion_random`: mean share of the score lost (below 0: it rose); `deletion_fidelity`:
    what the named terms lose beyond random ones, these taken as losing at least nothing.

    1 where taking out the named terms takes all of the score and random ones take none; 0 where names say nothing.
    Texts without a named term count as losing nothing. NaN without texts.
    """
    if not len(texts):
        return {"deletion_named": np.nan, "deletion_random": np.nan, "deletion_fidelity": np.nan}
    rng = np.random.default_rng(seed)
    words = [[word for term in terms for word in term.split()] for terms in reasons]
    without = [_removed(text, gone) for text, gone in zip(texts, words, strict=True)]
    at_random = [_removed(text, _drawn(text, gone, rng)) for text, gone in zip(texts, words, strict=True)]
    before, after, control = (
        np.asarray(classifier.predict_proba(np.array(some, dtype=object)))[:, 1] for some in (texts, without, at_random)
    )
    lost = {"deletion_named": 1 - after / before, "deletion_random": 1 - control / before}
    means = {name: float(np.mean(np.clip(share, -1, 1))) for name, share in lost.items()}
    return {**means, "deletion_fidelity": means["deletion_named"] - max(0.0, means["deletion_random"])}


def stability(one: Sequence[Sequence[str]], other: Sequence[Sequence[str]]) -> float:
    """Mean Jaccard index of the terms that two trainings named for the same texts; NaN where neither named any."""
    shared = [len(set(a) & set(b)) / len(set(a) | set(b)) for a, b in zip(one, other, strict=True) if set(a) | set(b)]
    return float(np.mean(shared)) if shared else float("nan")


def _removed(text: str, words: Sequence[str]) -> str:
    gone = set(words)
    return WORD.sub(lambda match: " " if match.group().lower() in gone else match.group(), text)


def _drawn(text: str, words: Sequence[str], rng: np.random.Generator) -> list[str]:
    """As many different words of the text as were named, none of them named."""
    there = sorted({match.group().lower() for match in WORD.finditer(text)} - set(words))
    return list(rng.choice(there, min(len(set(words)), len(there)), replace=False)) if there else []
