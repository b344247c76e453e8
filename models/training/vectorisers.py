"""Texts vectorised once per vectoriser, and counted once per comparison: a fold's counts are rows and columns of all.

Which words and pairs a text holds does not depend on the other texts; which of them are kept does, since a term must be
in some reports of those that train. So the words are read once, and each fold keeps what its own training part would.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from models.candidates import candidates

_NO_WORD = "no word that a classifier reads occurs in enough of {} training reports"


class EmptyVocabularyError(ValueError):
    """No word that a classifier reads occurs in enough of the texts."""


class Counted:
    """All texts of a comparison, counted once per counting step.

    Attributes:
        seconds: CPU seconds per vectoriser that was the first to need a counting step.
    """

    def __init__(self, texts: np.ndarray) -> None:
        self.texts = texts
        self.seconds: dict[str, float] = {}
        self._whole: dict[Any, tuple[sparse.csr_matrix, np.ndarray]] = {}
        self._lock = threading.Lock()

    def part(self, name: str, is_train: np.ndarray) -> tuple[CountVectorizer, sparse.csr_matrix, sparse.csr_matrix]:
        """(vectoriser, counts of the texts that train, counts of the others): as if fitted on those that train.

        A term that is kept in a part is in as many reports of the whole at least, so none is lacking here.

        Raises:
            EmptyVocabularyError: no word is in enough of the texts that train.
        """
        step = candidates.VECTORISERS[name].counts
        matrix, terms = self._counted(name, step)
        made, train = step(), matrix[is_train]
        if made.vocabulary is None:
            kept = _kept(train, made.min_df, made.max_features)
            if not len(kept):
                raise EmptyVocabularyError(_NO_WORD.format(train.shape[0]))
            made.vocabulary_ = {term: column for column, term in enumerate(terms[kept].tolist())}
            made.fixed_vocabulary_ = False
            return made, train[:, kept], matrix[~is_train][:, kept]
        made.fit([])  # its words are given
        return made, train, matrix[~is_train]

    def _counted(self, name: str, step: Any) -> tuple[sparse.csr_matrix, np.ndarray]:
        with self._lock:
            if step not in self._whole:
                begun = time.thread_time()
                made = step().set_params(max_features=None)
                counted = _count(made, self.texts)[1]
                self._whole[step] = counted, np.asarray(made.get_feature_names_out(), dtype=object)
                self.seconds[name] = time.thread_time() - begun
            return self._whole[step]


def _kept(counts: sparse.csr_matrix, min_df: int, max_features: int | None) -> np.ndarray:
    """Columns that scikit-learn's CountVectorizer keeps of these counts, in rising order."""
    in_reports = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.flatnonzero(in_reports >= min_df)
    if max_features is not None and len(kept) > max_features:
        times = np.asarray(counts.sum(axis=0)).ravel()[kept]
        kept = np.sort(kept[(-times).argsort()[:max_features]])
    return kept


class Vectorised:
    """Training texts and, on demand, held-out ones, as matrices.

    Args:
        counted: texts that were counted before; those of `is_train` train.

    Attributes:
        seconds: CPU seconds per vectoriser, fitting and transforming; the counting step is with its first user.
    """

    def __init__(
        self, texts: np.ndarray, seed: int, *, counted: Counted | None = None, is_train: np.ndarray | None = None
    ) -> None:
        self.texts = texts if is_train is None else texts[is_train]
        self.seconds: dict[str, float] = {}
        self._seed, self._counted, self._is_train = seed, counted, is_train
        self._counts: dict[Any, tuple[CountVectorizer, sparse.csr_matrix]] = {}
        self._held_out: dict[Any, Any] = {}
        self._weights: dict[str, tuple[Any, sparse.csr_matrix]] = {}
        self._transformed: dict[Any, tuple[np.ndarray, sparse.csr_matrix]] = {}
        self._lock = threading.Lock()  # candidates run in threads: each step is still done once

    def matrix(self, name: str) -> Any:
        """Training texts in the reading of a vectoriser: a matrix, or the texts themselves for `RAW_TEXT`."""
        return self.texts if name == candidates.RAW_TEXT else self._fitted(name)[1]

    def held_out(self, name: str) -> Any:
        """The counted texts that do not train, in the same reading."""
        if self._counted is None or self._is_train is None:
            raise ValueError("no part of these texts was held out")
        if name == candidates.RAW_TEXT:
            return self._counted.texts[~self._is_train]
        weights, _ = self._fitted(name)
        with self._lock:
            begun = time.thread_time()
            counted = self._held_out[candidates.VECTORISERS[name].counts]
            weighted = counted if weights is None else sparse.csr_matrix(weights.transform(counted))
            self._spent(name, begun)
        return weighted

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
                    self._counts[vectoriser.counts] = self._count(name)
                counted = self._counts[vectoriser.counts][1]
                weights = vectoriser.weights(counted.shape[1], self._seed) if vectoriser.weights else None
                weighted = counted if weights is None else sparse.csr_matrix(weights.fit_transform(counted))
                self._weights[name] = (weights, weighted)
                self._spent(name, begun)
            return self._weights[name]

    def _count(self, name: str) -> tuple[CountVectorizer, sparse.csr_matrix]:
        step = candidates.VECTORISERS[name].counts
        if self._counted is None or self._is_train is None:
            return _count(step(), self.texts)
        made, train, self._held_out[step] = self._counted.part(name, self._is_train)
        return made, train

    def _spent(self, name: str, begun: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + time.thread_time() - begun


def _count(counts: CountVectorizer, texts: np.ndarray) -> tuple[CountVectorizer, sparse.csr_matrix]:
    try:
        counted = counts.fit_transform(texts)
    except ValueError as error:  # scikit-learn's own words for it name min_df and stop words, not reports
        if "vocabulary" in str(error) or "no terms remain" in str(error):
            raise EmptyVocabularyError(_NO_WORD.format(len(texts))) from error
        raise
    # scikit-learn leaves NumPy integers here, and skops stores each as a file of its own: five times as long to write.
    counts.vocabulary_ = {term: int(column) for term, column in counts.vocabulary_.items()}
    counted.sort_indices()  # sums over a row are then the same to the last digit, in whatever order its words came
    return counts, counted
