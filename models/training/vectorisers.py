"""Texts vectorised once per vectoriser, and once per counting step where vectorisers share it."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from models.candidates import candidates


class EmptyVocabularyError(ValueError):
    """No word that a classifier reads occurs in enough of the texts."""


class Vectorised:
    """Training texts and, on demand, held-out ones, as matrices.

    Attributes:
        seconds: CPU seconds per vectoriser, fitting and transforming; the counting step is with its first user.
    """

    def __init__(self, texts: np.ndarray, seed: int) -> None:
        self.texts = texts
        self.seconds: dict[str, float] = {}
        self._seed = seed
        self._counts: dict[Any, tuple[CountVectorizer, sparse.csr_matrix]] = {}
        self._weights: dict[str, tuple[Any, sparse.csr_matrix]] = {}
        self._transformed: dict[Any, tuple[np.ndarray, sparse.csr_matrix]] = {}
        self._lock = threading.Lock()  # candidates run in threads: each step is still done once

    def matrix(self, name: str) -> Any:
        """Training texts in the reading of a vectoriser: a matrix, or the texts themselves for `RAW_TEXT`."""
        return self.texts if name == candidates.RAW_TEXT else self._fitted(name)[1]

    def transform(self, name: str, texts: np.ndarray) -> Any:
        """Other texts in the same reading."""
        if name == candidates.RAW_TEXT:
            return texts
        weights, _ = self._fitted(name)
        with self._lock:
            begun = time.thread_time()
            step = candidates.VECTORISERS[name].counts
            if step not in self._transformed or self._transformed[step][0] is not texts:
                self._transformed[step] = (texts, self._counts[step][0].transform(texts))
            counted = self._transformed[step][1]
            weighted = counted if weights is None else sparse.csr_matrix(weights.transform(counted))
            self._spent(name, begun)
        return weighted

    def steps(self, name: str) -> list[tuple[str, Any]]:
        """Fitted steps of a pipeline; none for `RAW_TEXT`."""
        if name == candidates.RAW_TEXT:
            return []
        weights = self._fitted(name)[0]
        counts = self._counts[candidates.VECTORISERS[name].counts][0]
        return [("words", counts), *([("weights", weights)] if weights is not None else [])]

    def _fitted(self, name: str) -> tuple[Any, sparse.csr_matrix]:
        with self._lock:
            if name not in self._weights:
                begun = time.thread_time()
                vectoriser = candidates.VECTORISERS[name]
                if vectoriser.counts not in self._counts:
                    self._counts[vectoriser.counts] = _count(vectoriser.counts(), self.texts)
                counted = self._counts[vectoriser.counts][1]
                weights = vectoriser.weights(counted.shape[1], self._seed) if vectoriser.weights else None
                weighted = counted if weights is None else sparse.csr_matrix(weights.fit_transform(counted))
                self._weights[name] = (weights, weighted)
                self._spent(name, begun)
            return self._weights[name]

    def _spent(self, name: str, begun: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + time.thread_time() - begun


def _count(counts: CountVectorizer, texts: np.ndarray) -> tuple[CountVectorizer, sparse.csr_matrix]:
    try:
        counted = counts.fit_transform(texts)
    except ValueError as error:  # scikit-learn's own words for it name min_df and stop words, not reports
        if "vocabulary" in str(error) or "no terms remain" in str(error):
            raise EmptyVocabularyError(
                f"no word that a classifier reads occurs in enough of {len(texts)} training reports"
            ) from error
        raise
    # scikit-learn leaves NumPy integers here, and skops stores each as a file of its own: five times as long to write.
    counts.vocabulary_ = {term: int(column) for term, column in counts.vocabulary_.items()}
    return counts, counted
