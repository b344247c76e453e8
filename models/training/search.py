"""One candidate on one matrix: parameters chosen, scores calibrated, classifier fitted, all within these rows.

The inner splits follow the folds of the rows, so near-duplicates and a nominal's reports stay together here too. The
scores of the chosen parameters over the inner splits calibrate as well: what is searched is not fitted a second time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV, _CalibratedClassifier, _SigmoidCalibration
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.svm import LinearSVC

from models.candidates import candidates as candidates_module
from models.evaluation import metrics

_LIBLINEAR = threading.Lock()


@dataclass(frozen=True)
class Choice:
    """Parameters of the highest average precision over inner splits, the first of equals, and its raw scores there."""

    parameters: Mapping[str, Any]
    raw: np.ndarray
    reached: tuple[float, ...]  # average precision per parameter set of the grid


def search(
    candidate: candidates_module.Candidate,
    matrix: sparse.csr_matrix,
    label: np.ndarray,
    fold: np.ndarray,
    seed: int,
    *,
    n_inner: int | None = None,
    n_sets: int | None = None,
) -> Choice:
    """Choose among the first `n_sets` parameter sets of the grid (all by default).

    Args:
        fold: fold of each row; folds are put together into `n_inner` splits (by default each is one).
    """
    splits = _splits(fold, n_inner)
    tried = candidate.grid[:n_sets]
    scores = [_inner_scores(candidate.build(seed, **parameters), matrix, label, splits) for parameters in tried]
    reached = tuple(metrics.average_precision(label, raw) for raw in scores)
    best = int(np.argmax(reached))
    return Choice(tried[best], scores[best], reached)


def refit(
    candidate: candidates_module.Candidate, choice: Choice, matrix: sparse.csr_matrix, label: np.ndarray, seed: int
) -> CalibratedClassifierCV:
    """The chosen classifier on all these rows, with Platt's sigmoid over the inner scores (Platt 1999).

    The same as `CalibratedClassifierCV(method="sigmoid", ensemble=False, cv=splits)`, which fits every split again.
    """
    classifier = _plain(fitted(candidate.build(seed, **choice.parameters), matrix, label))
    sigmoid = _SigmoidCalibration().fit(choice.raw, label)
    made = CalibratedClassifierCV(candidate.build(seed, **choice.parameters), method="sigmoid", ensemble=False)
    made.calibrated_classifiers_ = [
        _CalibratedClassifier(classifier, [sigmoid], classes=classifier.classes_, method="sigmoid")
    ]
    made.classes_ = classifier.classes_
    made.n_features_in_ = matrix.shape[1]
    return made


def raw_score(classifier: Any, matrix: sparse.csr_matrix) -> np.ndarray:
    """What is calibrated: log odds of naive Bayes, distance of linear classifiers, probability of trees."""
    if isinstance(classifier, MultinomialNB | ComplementNB):
        both = classifier.predict_joint_log_proba(matrix)
        return np.asarray(both[:, 1] - both[:, 0])
    if hasattr(classifier, "decision_function"):
        return np.asarray(classifier.decision_function(matrix))
    return np.asarray(classifier.predict_proba(matrix)[:, 1], dtype=np.float64)


def _splits(fold: np.ndarray, n_inner: int | None) -> list[np.ndarray]:
    """Rows of each inner split, as masks."""
    numbers = np.unique(fold)
    part = np.arange(len(numbers)) % min(n_inner or len(numbers), len(numbers))
    return [np.isin(fold, numbers[part == k]) for k in np.unique(part)]


def _inner_scores(
    classifier: Any, matrix: sparse.csr_matrix, label: np.ndarray, splits: list[np.ndarray]
) -> np.ndarray:
    raw = np.zeros(len(label))
    for held_out in splits:
        fitted(classifier, matrix[~held_out], label[~held_out])
        raw[held_out] = raw_score(classifier, matrix[held_out])
    return raw


def fitted(classifier: Any, matrix: sparse.csr_matrix, label: np.ndarray) -> Any:
    """The classifier, fitted. One at a time where liblinear fits: its random numbers are one sequence per process."""
    if isinstance(classifier, LogisticRegression | LinearSVC):
        with _LIBLINEAR:
            return classifier.fit(matrix, label)
    return classifier.fit(matrix, label)


def _plain(classifier: Any) -> Any:
    """Naive Bayes of two classes as the linear classifier that it is; others as they are.

    Its log odds are counts times log ratios plus a constant, and its probability is their logistic function, so the
    numbers are the same. Stored as naive Bayes, scikit-learn would calibrate the probability, which is 0 or 1 to the
    last digit for most reports of more than a few words: the order of the highest scores would be lost.
    """
    if not isinstance(classifier, MultinomialNB | ComplementNB):
        return classifier
    weights = classifier.feature_log_prob_[1] - classifier.feature_log_prob_[0]
    nothing = sparse.csr_matrix((1, classifier.n_features_in_))
    linear = LogisticRegression()
    linear.coef_, linear.intercept_ = weights[None, :], raw_score(classifier, nothing)
    linear.classes_, linear.n_features_in_ = classifier.classes_, classifier.n_features_in_
    linear.n_iter_ = np.array([0])
    return linear
