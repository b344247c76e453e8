"""The keyword rule: the baseline that every candidate has to beat."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import CountVectorizer

from models.text import vocabulary

PHRASES = tuple(sorted(vocabulary.KEYWORDS))


def phrases() -> CountVectorizer:
    """A vectoriser of one column per phrase of the word list, 1 where the report holds it. Negation is not handled."""
    return CountVectorizer(vocabulary=list(PHRASES), ngram_range=(1, 3), binary=True, strip_accents="unicode")


class KeywordRule(ClassifierMixin, BaseEstimator):
    """Points of the phrases that a report holds, each counted once. Learns nothing from labels.

    Takes the matrix of `phrases()`: reports x phrases, in the order of `PHRASES`.
    """

    def fit(self, matrix: sparse.csr_matrix, labels: np.ndarray) -> Self:
        """Remembers the classes, as scikit-learn asks; the points come from the word list."""
        self.classes_ = np.unique(labels)
        self.coef_ = np.array([[vocabulary.KEYWORDS[phrase] for phrase in PHRASES]])
        return self

    def decision_function(self, matrix: sparse.csr_matrix) -> np.ndarray:
        """Points per report."""
        points: np.ndarray = np.asarray(matrix @ self.coef_[0])
        return points

    def predict(self, matrix: sparse.csr_matrix) -> np.ndarray:
        """True from two points: one outright phrase, or two that are often beside it."""
        return self.classes_[(self.decision_function(matrix) >= 2.0).astype(int)]


class RandomOrder(ClassifierMixin, BaseEstimator):
    """Reports in an order drawn by chance: what any figure is without any work. Reads and learns nothing."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, matrix: sparse.csr_matrix, labels: np.ndarray) -> Self:
        """Remembers the classes, as scikit-learn asks."""
        self.classes_ = np.unique(labels)
        self.coef_ = np.zeros((1, matrix.shape[1]))  # no word moves it
        return self

    def decision_function(self, matrix: sparse.csr_matrix) -> np.ndarray:
        """A draw per report, the same for the same seed and number of reports."""
        return np.random.default_rng(self.seed).random(matrix.shape[0])


def points(texts: Any) -> np.ndarray:
    """Points of each text, without any training: what the rule alone says.

    Args:
        texts: sequence of strings.
    """
    return np.asarray(phrases().transform(texts) @ np.array([vocabulary.KEYWORDS[phrase] for phrase in PHRASES]))
