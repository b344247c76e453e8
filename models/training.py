"""Training and comparing candidates on identical grouped folds.

For each fold: text is vectorised on the other folds (vectorisers never see labels), a candidate's parameters are chosen
and its scores calibrated on those other folds alone, themselves split by fold, and the fold is scored. So a report's
score is out of fold in every respect: neither the classifier, nor its parameters, nor its calibration has seen its
label, a near-duplicate's, or another report's of the same nominal. The final classifier is fitted on all reports, with
all folds for its calibration.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline

from models import candidates as candidates_module
from models import folds as folds_module
from models import metrics

COLUMNS = ("report_id", "text", "text_hash", "label", "stratum", "force", "person_ids", "is_suspected_false")
N_TIMED = 2_000  # reports of which the time per report is taken


class TrainingDataError(ValueError):
    """The reports at hand cannot train a classifier. The message says what is missing."""


class NoPositivesError(TrainingDataError):
    """No report carries a CSAE tag."""


class NoNegativesError(TrainingDataError):
    """Every report carries a CSAE tag."""


class OneClassFoldError(TrainingDataError):
    """A fold holds reports of one class only, so nothing can be trained or judged on it."""


class EmptyTextError(TrainingDataError):
    """No report holds any word that a classifier reads."""


@dataclass(frozen=True)
class Result:
    """One candidate's outcome.

    Attributes:
        parameters: parameters of the final classifier, chosen on all reports.
        score: out-of-fold calibrated probability per row of `Comparison.reports`.
        metrics: figures over the out-of-fold scores, against recorded tags corrected by decisions.
        intervals: table of `metrics.calibration_intervals`.
        pipeline: text to calibrated probability, fitted on all reports, of scikit-learn classes only; None for a
            baseline.
    """

    candidate: candidates_module.Candidate
    parameters: Mapping[str, Any]
    score: np.ndarray
    metrics: Mapping[str, float]
    intervals: pd.DataFrame
    pipeline: Pipeline | None


@dataclass(frozen=True)
class Comparison:
    """All candidates on the same reports and folds.

    Attributes:
        reports: report_id, text_hash, label, stratum, force, fold, group; no text.
        n_excluded: reports left out, by reason: "suspected_false", "empty_text".
    """

    reports: pd.DataFrame
    folds: folds_module.Folds
    results: tuple[Result, ...]
    seed: int
    capacity: int
    n_excluded: Mapping[str, int] = field(default_factory=dict)

    def result(self, name: str) -> Result:
        """The result of a candidate by name.

        Raises:
            KeyError: the candidate was not compared.
        """
        for result in self.results:
            if result.candidate.name == name:
                return result
        raise KeyError(name)

    def table(self) -> pd.DataFrame:
        """One row per candidate, best average precision first: name, family, and all figures."""
        rows = [{"name": r.candidate.name, "family": r.candidate.family, **r.metrics} for r in self.results]
        return pd.DataFrame(rows).sort_values("average_precision", ascending=False, ignore_index=True)

    def out_of_fold(self, name: str) -> pd.DataFrame:
        """report_id, text_hash, score: the rows that `gold.oof_scores` keeps for a model."""
        return self.reports[["report_id", "text_hash"]].assign(score=self.result(name).score)


def train(
    frame: pd.DataFrame,
    candidates: Sequence[candidates_module.Candidate],
    *,
    seed: int,
    n_folds: int,
    capacity: int,
    progress: Callable[[str], None] = lambda step: None,
) -> Comparison:
    """Compare candidates and fit each on all reports.

    Args:
        frame: one row per report, columns `COLUMNS`; text_hash unique per version of a text, person_ids list of
            nominals, label whether the report is CSAE (recorded tag corrected by decisions). Rows with
            is_suspected_false or without text are left out and counted.
        seed: makes folds and classifiers repeatable.
        n_folds: at least 3.
        capacity: reports that a force reads per stratum, for recall and precision at capacity.
        progress: told each step in a few words.

    Raises:
        TrainingDataError: one of its kinds above says what is missing.
        ValueError: a column is missing, ids are not unique, or n_folds < 3.
    """
    reports, excluded = _usable(frame)
    label = reports["label"].to_numpy(dtype=bool)
    texts = reports["text"].to_numpy(dtype=object)
    if not label.any():
        raise NoPositivesError(f"none of {len(reports)} training reports carries a CSAE tag: nothing to learn from")
    if label.all():
        raise NoNegativesError(f"all of {len(reports)} training reports carry a CSAE tag: nothing to tell apart")
    progress(f"{len(reports)} reports, {int(label.sum())} with a CSAE tag: grouping")
    ids, people = reports["report_id"].tolist(), reports["person_ids"].tolist()
    folds = folds_module.grouped(ids, texts.tolist(), label, people, n_folds=n_folds, seed=seed)
    _refuse_one_class(label, folds)
    scores = {candidate.name: np.zeros(len(reports)) for candidate in candidates}
    for fold in range(n_folds):
        is_train = folds.fold != fold
        vectorised, held_out = _Vectorised(texts[is_train], seed), texts[~is_train]
        for candidate in candidates:
            progress(f"fold {fold + 1} of {n_folds}: {candidate.name}")
            classifier, _ = _fit(
                candidate, vectorised.matrix(candidate.vectoriser), label[is_train], folds.fold[is_train], seed
            )
            scored = vectorised.transform(candidate.vectoriser, held_out)
            scores[candidate.name][~is_train] = classifier.predict_proba(scored)[:, 1]
    kept = reports[["report_id", "text_hash", "label", "stratum", "force"]].assign(fold=folds.fold, group=folds.group)
    everything = _Vectorised(texts, seed)
    results = []
    for candidate in candidates:
        progress(f"all reports: {candidate.name}")
        results.append(_result(candidate, scores[candidate.name], kept, everything, capacity, seed))
    return Comparison(kept, folds, tuple(results), seed, capacity, excluded)


def _usable(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(f"training reports lack columns {missing}")
    is_false = frame["is_suspected_false"].to_numpy(dtype=bool)
    is_empty = ~frame["text"].fillna("").str.contains(r"\w", regex=True).to_numpy(dtype=bool)
    kept = frame.loc[~is_false & ~is_empty].sort_values("report_id", kind="stable", ignore_index=True)
    if kept.empty:
        raise EmptyTextError(f"none of {len(frame)} training reports holds text that may be used")
    return kept, {"suspected_false": int(is_false.sum()), "empty_text": int((is_empty & ~is_false).sum())}


def _refuse_one_class(label: np.ndarray, folds: folds_module.Folds) -> None:
    positives = np.bincount(folds.fold, weights=label, minlength=folds.n_folds).astype(int)
    sizes = np.bincount(folds.fold, minlength=folds.n_folds)
    bad = [
        f"fold {k + 1}: {positives[k]} of {sizes[k]}" for k in range(folds.n_folds) if not 0 < positives[k] < sizes[k]
    ]
    if bad:
        raise OneClassFoldError(
            f"with {folds.n_folds} folds over {int(label.sum())} CSAE reports in {len(np.unique(folds.group[label]))} "
            f"groups, a fold holds one class only ({'; '.join(bad)}): more tagged reports or fewer folds are needed"
        )


class _Vectorised:
    """Texts vectorised once per vectoriser, and once per counting step where vectorisers share it."""

    def __init__(self, texts: np.ndarray, seed: int) -> None:
        self.texts = texts
        self._seed = seed
        self._counts: dict[Any, tuple[CountVectorizer, sparse.csr_matrix]] = {}
        self._weights: dict[str, tuple[Any, sparse.csr_matrix]] = {}
        self._transformed: dict[Any, tuple[np.ndarray, sparse.csr_matrix]] = {}

    def matrix(self, name: str) -> sparse.csr_matrix:
        return self._fitted(name)[1]

    def steps(self, name: str) -> list[tuple[str, Any]]:
        """Fitted steps of a pipeline."""
        weights = self._fitted(name)[0]
        counts = self._counts[candidates_module.VECTORISERS[name].counts][0]
        return [("words", counts), *([("weights", weights)] if weights is not None else [])]

    def transform(self, name: str, texts: np.ndarray) -> sparse.csr_matrix:
        weights, _ = self._fitted(name)
        step = candidates_module.VECTORISERS[name].counts
        if step not in self._transformed or self._transformed[step][0] is not texts:
            self._transformed[step] = (texts, self._counts[step][0].transform(texts))
        counted = self._transformed[step][1]
        return counted if weights is None else sparse.csr_matrix(weights.transform(counted))

    def _fitted(self, name: str) -> tuple[Any, sparse.csr_matrix]:
        if name not in self._weights:
            vectoriser = candidates_module.VECTORISERS[name]
            if vectoriser.counts not in self._counts:
                self._counts[vectoriser.counts] = _count(vectoriser.counts(), self.texts)
            counted = self._counts[vectoriser.counts][1]
            weights = vectoriser.weights(counted.shape[1], self._seed) if vectoriser.weights else None
            weighted = counted if weights is None else sparse.csr_matrix(weights.fit_transform(counted))
            self._weights[name] = (weights, weighted)
        return self._weights[name]


def _count(counts: CountVectorizer, texts: np.ndarray) -> tuple[CountVectorizer, sparse.csr_matrix]:
    try:
        return counts, counts.fit_transform(texts)
    except ValueError as error:  # scikit-learn's own words for it name min_df and stop words, not reports
        if "vocabulary" in str(error) or "no terms remain" in str(error):
            raise EmptyTextError(
                f"no word that a classifier reads occurs in enough of {len(texts)} training reports"
            ) from error
        raise


def _fit(
    candidate: candidates_module.Candidate, matrix: sparse.csr_matrix, label: np.ndarray, fold: np.ndarray, seed: int
) -> tuple[CalibratedClassifierCV, Mapping[str, Any]]:
    """Parameters chosen, classifier fitted, scores calibrated, all within these rows; inner splits follow `fold`."""
    numbers = np.unique(fold)
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in numbers]
    parameters = candidate.grid[0] if len(candidate.grid) == 1 else _search(candidate, matrix, label, splits, seed)
    calibrated = CalibratedClassifierCV(
        candidate.build(seed, **parameters), method="sigmoid", ensemble=False, cv=splits
    ).fit(matrix, label)
    calibrated.cv = None  # the row numbers of this training set have no place in a stored model
    return calibrated, parameters


def _search(
    candidate: candidates_module.Candidate,
    matrix: sparse.csr_matrix,
    label: np.ndarray,
    splits: list[tuple[np.ndarray, np.ndarray]],
    seed: int,
) -> Mapping[str, Any]:
    """The parameter set of the highest average precision over inner folds; the first of equals."""
    reached = []
    for parameters in candidate.grid:
        classifier = candidate.build(seed, **parameters)
        method = "decision_function" if hasattr(classifier, "decision_function") else "predict_proba"
        raw = cross_val_predict(clone(classifier), matrix, label, cv=splits, method=method)
        reached.append(metrics.average_precision(label, raw if raw.ndim == 1 else raw[:, 1]))
    return candidate.grid[int(np.argmax(reached))]


def _result(
    candidate: candidates_module.Candidate,
    score: np.ndarray,
    reports: pd.DataFrame,
    everything: _Vectorised,
    capacity: int,
    seed: int,
) -> Result:
    label, group = reports["label"].to_numpy(dtype=bool), reports["group"].to_numpy()
    fold = reports["fold"].to_numpy()
    started = time.perf_counter()
    classifier, parameters = _fit(candidate, everything.matrix(candidate.vectoriser), label, fold, seed)
    fit_s = time.perf_counter() - started
    pipeline = Pipeline([*everything.steps(candidate.vectoriser), ("classifier", classifier)])
    timed = everything.texts[:N_TIMED]
    started = time.perf_counter()
    pipeline.predict_proba(timed)
    figures = {
        "average_precision": metrics.average_precision(label, score),
        "brier": metrics.brier(label, score),
        "calibration_error": metrics.calibration_error(label, score),
        "prevalence": float(label.mean()),
        "ms_per_report": (time.perf_counter() - started) * 1000 / len(timed),
        "fit_s": fit_s,
        **metrics.at_capacity(reports, score, capacity),
    }
    intervals = metrics.calibration_intervals(label, score, group)
    return Result(candidate, parameters, score, figures, intervals, None if candidate.is_baseline else pipeline)
