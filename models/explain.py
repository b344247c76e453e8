"""Why a report scored as it did: the terms that moved its score, with their place in the text.

For a linear classifier a term's part in the log-odds is its weight in the report times its coefficient times the slope
of the calibration: the parts and the intercept add up to the log-odds exactly. Explanations are made for the few
reports that are shown, not for all that are scored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, strip_accents_unicode
from sklearn.pipeline import Pipeline


@dataclass(frozen=True)
class Term:
    """A term of a report.

    Attributes:
        weight: part in the log-odds; positive moves the score up.
        start, end: characters of its first place in the text, end exclusive; None where the reading joined or changed
            characters so that the place cannot be named.
    """

    text: str
    weight: float
    start: int | None
    end: int | None


class NotExplainableError(TypeError):
    """No way to explain this kind of classifier is known."""


def terms(pipeline: Pipeline, texts: Sequence[str], n_up: int = 6, n_down: int = 2) -> list[list[Term]]:
    """Per text, the `n_up` terms that moved its score up most, then the `n_down` that moved it down most.

    Raises:
        NotExplainableError: the classifier is not linear.
    """
    counts: CountVectorizer = pipeline.steps[0][1]
    parts = _parts(pipeline, texts)
    names = counts.get_feature_names_out()
    found = []
    for row, text in enumerate(texts):  # the few reports of a queue
        columns, values = (
            parts.indices[parts.indptr[row] : parts.indptr[row + 1]],
            parts.data[parts.indptr[row] : parts.indptr[row + 1]],
        )
        order = np.lexsort((columns, -values))
        up = [k for k in order[:n_up] if values[k] > 0]
        down = [k for k in order[::-1][:n_down] if values[k] < 0]
        chosen = {str(names[columns[k]]): float(values[k]) for k in (*up, *down)}
        places = _places(counts, text, set(chosen))
        found.append([Term(name, weight, *places.get(name, (None, None))) for name, weight in chosen.items()])
    return found


def coefficients(pipeline: Pipeline) -> np.ndarray:
    """Part in the log-odds per unit of each feature, calibration included; shape (n_features,).

    Raises:
        NotExplainableError: the classifier is not linear.
    """
    calibrated = pipeline.steps[-1][1].calibrated_classifiers_[0]
    classifier = calibrated.estimator
    if not hasattr(classifier, "coef_"):
        raise NotExplainableError(f"{type(classifier).__name__} has no coefficients")
    # Platt's sigmoid is 1 / (1 + exp(a f + b)): log-odds are -(a f + b).
    return -float(calibrated.calibrators[0].a_) * np.asarray(classifier.coef_).ravel()


def _parts(pipeline: Pipeline, texts: Sequence[str]) -> sparse.csr_matrix:
    """Texts x terms: each term's part in the log-odds.

    Where topics stand beside the terms (`candidates.weights_and_topics`), a report's topics are its weighted terms
    times the topics' loadings, divided by the length of the result; so each term's part through the topics is exact
    too, at the report's own length, and parts and intercept still add up to the log-odds.
    """
    n_terms = len(pipeline.steps[0][1].vocabulary_)
    matrix = sparse.csr_matrix(pipeline[:-1].transform(texts))
    slopes, terms_only = coefficients(pipeline), matrix[:, :n_terms]
    own = sparse.csr_matrix(terms_only.multiply(slopes[:n_terms]))
    if matrix.shape[1] == n_terms:
        return own
    loadings = pipeline.steps[1][1].named_steps["both"].named_transformers["topics"].named_steps["svd"].components_
    length = np.linalg.norm(terms_only @ loadings.T, axis=1)
    through = terms_only.multiply(slopes[n_terms:] @ loadings)
    return sparse.csr_matrix(own + through.multiply(1.0 / np.where(length > 0, length, 1.0)[:, None]))


def _places(counts: CountVectorizer, text: str, wanted: set[str]) -> dict[str, tuple[int, int]]:
    """First place of each wanted term in the text as written, found by the vectoriser's own reading of it."""
    shortest, longest = counts.ngram_range
    words = list(_words(counts, text))
    found: dict[str, tuple[int, int]] = {}
    for n in range(shortest, longest + 1):
        for first in range(len(words) - n + 1):
            name = " ".join(word for word, _, _ in words[first : first + n])
            if name in wanted and name not in found:
                found[name] = (words[first][1], words[first + n - 1][2])
    return found


def _words(counts: CountVectorizer, text: str) -> Iterator[tuple[str, int, int]]:
    unread = set(counts.get_stop_words() or ())
    for match in re.finditer(counts.token_pattern, text):
        word = match.group().lower() if counts.lowercase else match.group()
        word = strip_accents_unicode(word) if counts.strip_accents == "unicode" else word
        if word not in unread:
            yield word, match.start(), match.end()
