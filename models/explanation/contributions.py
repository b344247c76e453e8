"""Each term's part in a report's score, by family of classifier: texts x terms, in log-odds of the calibrated score.

Linear (logistic, SVC, naive Bayes, the keyword rule): weight in the report times coefficient; exact. Trees and forests:
what each split on the report's way down changed, put on the split's term (Saabas 2014); exact, since a leaf's value is
the root's plus all changes. XGBoost: its own TreeSHAP contributions (Lundberg et al. 2018) to the margin, scaled so
that they add up to the calibrated log-odds. Trees also split on terms that a report does *not* hold: those parts are
there too, in the column of the absent term.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.special import expit
from sklearn.pipeline import Pipeline

CHUNK = 64  # reports whose contributions XGBoost gives at a time: they are dense


class NotExplainableError(TypeError):
    """No way to explain this kind of classifier is known."""


def of(pipeline: Pipeline, matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Parts of vectorised reports.

    Args:
        matrix: result of the pipeline's steps before its classifier.

    Raises:
        NotExplainableError: the classifier is of no family known here.
    """
    calibrated = pipeline.steps[-1][1].calibrated_classifiers_[0]
    classifier, sigmoid = calibrated.estimator, calibrated.calibrators[0]
    slope = -float(sigmoid.a_)  # Platt's sigmoid is 1 / (1 + exp(a f + b)): log-odds are -(a f + b)
    if hasattr(classifier, "coef_"):
        return _linear(pipeline, matrix, slope * np.asarray(classifier.coef_).ravel())
    if hasattr(classifier, "get_booster"):
        return _boosted(classifier, matrix, slope)
    if hasattr(classifier, "estimators_"):
        trees = [tree.tree_ for tree in classifier.estimators_]
        return _paths(classifier.decision_path(matrix)[0], trees, matrix.shape[1], slope / len(trees))
    if hasattr(classifier, "tree_"):
        return _paths(classifier.decision_path(matrix), [classifier.tree_], matrix.shape[1], slope)
    raise NotExplainableError(f"no way to explain a {type(classifier).__name__} is known")


def base(pipeline: Pipeline) -> float:
    """Log-odds that belong to no term: with the parts of a report they add up to its calibrated log-odds.

    For XGBoost this is the log-odds of a report at the margin's mean.
    """
    calibrated = pipeline.steps[-1][1].calibrated_classifiers_[0]
    classifier, sigmoid = calibrated.estimator, calibrated.calibrators[0]
    if hasattr(classifier, "coef_"):
        raw = float(np.ravel(classifier.intercept_)[0]) if hasattr(classifier, "intercept_") else 0.0
    elif hasattr(classifier, "get_booster"):
        empty = sparse.csr_matrix((1, classifier.n_features_in_), dtype=np.float32)
        raw = float(expit(_contributions(classifier, empty)[0, -1]))
    elif hasattr(classifier, "estimators_"):
        raw = float(np.mean([_share(tree.tree_)[0] for tree in classifier.estimators_]))
    else:
        raw = float(_share(classifier.tree_)[0])
    return -(float(sigmoid.a_) * raw + float(sigmoid.b_))


def _linear(pipeline: Pipeline, matrix: sparse.csr_matrix, slopes: np.ndarray) -> sparse.csr_matrix:
    """Where topics stand beside the terms (`candidates.weights_and_topics`), a report's topics are its weighted terms
    times the topics' loadings, divided by the length of the result; so each term's part through the topics is exact
    too, at the report's own length."""
    n_terms = len(pipeline.steps[0][1].vocabulary_)
    terms_only = matrix[:, :n_terms]
    own = sparse.csr_matrix(terms_only.multiply(slopes[:n_terms]))
    if matrix.shape[1] == n_terms:
        return own
    loadings = pipeline.steps[1][1].named_steps["both"].named_transformers["topics"].named_steps["svd"].components_
    length = np.linalg.norm(terms_only @ loadings.T, axis=1)
    through = terms_only.multiply(slopes[n_terms:] @ loadings)
    return sparse.csr_matrix(own + through.multiply(1.0 / np.where(length > 0, length, 1.0)[:, None]))


def _paths(visited: sparse.csr_matrix, trees: list[Any], n_terms: int, scale: float) -> sparse.csr_matrix:
    """Reports x nodes visited, times nodes x terms: what arriving at a node changed, under the term that led to it."""
    rows, columns, changes, first = [], [], [], 0
    for tree in trees:
        share = _share(tree)
        inner = np.flatnonzero(tree.children_left >= 0)
        for children in (tree.children_left[inner], tree.children_right[inner]):
            rows.append(first + children)
            columns.append(tree.feature[inner])
            changes.append(share[children] - share[inner])
        first += tree.node_count
    led = (np.concatenate(changes), (np.concatenate(rows), np.concatenate(columns)))
    changed = sparse.csr_matrix(led, shape=(first, n_terms))
    return sparse.csr_matrix(visited.astype(np.float64) @ changed) * scale


def _share(tree: Any) -> np.ndarray:
    """Weighted share of CSAE reports per node."""
    value = tree.value[:, 0, :]
    return np.asarray(value[:, 1] / value.sum(axis=1))


def _boosted(classifier: Any, matrix: sparse.csr_matrix, slope: float) -> sparse.csr_matrix:
    """Contributions add up to margin - mean margin; the calibrated score is a sigmoid of the probability, so each is
    scaled by (p - p of the mean margin) / (margin - mean margin)."""
    contributions = []
    for start in range(0, matrix.shape[0], CHUNK):
        shares = _contributions(classifier, matrix[start : start + CHUNK])
        moved, mean = shares[:, :-1].sum(axis=1), shares[:, -1]
        slope_here = np.where(np.abs(moved) < 1e-9, expit(mean) * expit(-mean), 0.0)
        np.divide(expit(mean + moved) - expit(mean), moved, out=slope_here, where=np.abs(moved) >= 1e-9)
        contributions.append(sparse.csr_matrix(shares[:, :-1] * (slope * slope_here)[:, None]))
    return sparse.csr_matrix(sparse.vstack(contributions)) if contributions else sparse.csr_matrix(matrix.shape)


def _contributions(classifier: Any, matrix: sparse.csr_matrix) -> np.ndarray:
    """Reports x (terms and the mean margin), float64."""
    from xgboost import DMatrix

    shares = classifier.get_booster().predict(DMatrix(matrix, nthread=1), pred_contribs=True)
    return np.asarray(shares, dtype=np.float64)
