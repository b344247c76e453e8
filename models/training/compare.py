"""Training and comparing candidates on identical grouped folds.

Reports are parted into folds several times, since one throw of folds moves a figure as much as two candidates differ:
what is published is the mean of a report's scores over the partitions. For each fold of each partition: text is
vectorised on the other folds (vectorisers never see labels), a candidate's parameters are chosen and its scores
calibrated on those other folds alone, themselves split by fold, and the fold is scored. So a report's score is out of
fold in every respect: neither the classifier, nor its parameters, nor its calibration has seen its label, a
near-duplicate's, or another report's of the same nominal. The final classifier is fitted on all reports, with all folds
of the first partition for its calibration.

Candidates of a fold run in parallel threads: each is single-threaded and leaves Python's lock while it fits.
Times are CPU seconds of the candidate's own thread, so its neighbours do not count.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import util
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from models.candidates import candidates as candidates_module
from models.evaluation import metrics
from models.explanation import transparency
from models.serving import artefact
from models.text import masking, normalisation
from models.training import comparison, peak_memory, search, vectorisers
from models.training import folds as folds_module
from models.training.comparison import Comparison, Result  # part of this module's own interface
from schemas.errors import UserError

COLUMNS = ("report_id", "text", "text_hash", "label", "stratum", "force", "person_ids", "is_suspected_false")
N_TIMED = 2_000  # reports of which the time per report is taken
FOLDS_EXPLAINED = 2  # trainings whose reasons are compared: of the first two folds of the first partition
DEAR = frozenset(["tree", "forest", "xgboost"])  # take nine tenths of the time, and are seldom the best: on a budget


class TrainingDataError(UserError, ValueError):
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
class Effort:
    """How much is searched.

    Attributes:
        n_sets: parameter sets of each grid that are tried; None for all, 1 for no search.
        n_inner: inner splits that search and calibration use; None for one per remaining fold.
        is_explained: whether transparency is measured.
        n_partitions: times that reports are parted into folds; scores are means over them.
        n_partitions_dear: partitions, at most, for the families of `DEAR`; BERT has one.
    """

    n_sets: int | None = None
    n_inner: int | None = None
    is_explained: bool = True
    n_partitions: int = 1
    n_partitions_dear: int = 4

    def partitions_of(self, candidate: candidates_module.Candidate) -> int:
        """In how many partitions a candidate is scored."""
        most = 1 if candidate.family == "bert" else self.n_partitions_dear if candidate.family in DEAR else None
        return min(self.n_partitions, most or self.n_partitions)

    def sets_of(self, candidate: candidates_module.Candidate, partition: int) -> int | None:
        """How many parameter sets are tried: beyond the first partition those of `DEAR` are fitted without a search."""
        return 1 if partition and candidate.family in DEAR else self.n_sets


def train(
    frame: pd.DataFrame,
    candidates: Sequence[candidates_module.Candidate],
    *,
    seed: int,
    n_folds: int,
    capacity: int,
    effort: Effort = Effort(),  # frozen
    progress: Callable[[str], None] = lambda step: None,
) -> Comparison:
    """Compare candidates and fit each on all reports.

    Args:
        frame: one row per report, columns `COLUMNS`; text_hash unique per version of a text, person_ids list of
            nominals, label whether the report is CSAE (recorded tag corrected by decisions). Where they are there:
            recorded (the force's tag), adjudicated (what an analyst decided, else None). Rows with is_suspected_false
            or without text are left out and counted.
        seed: makes folds and classifiers repeatable.
        n_folds: at least 3.
        capacity: reports that a force reads per stratum, for recall and precision at capacity.
        progress: told each step in a few words.

    Raises:
        TrainingDataError: one of its kinds above says what is missing.
        ValueError: a column is missing, ids are not unique, or n_folds < 3.
    """
    began_at = time.time()
    reports, excluded = _usable(frame)
    label = reports["label"].to_numpy(dtype=bool)
    texts = reports["read"].to_numpy(dtype=object)
    if not label.any():
        raise NoPositivesError(f"none of {len(reports)} training reports carries a CSAE tag: nothing to learn from")
    if label.all():
        raise NoNegativesError(f"all of {len(reports)} training reports carry a CSAE tag: nothing to tell apart")
    progress(f"{len(reports)} reports, {int(label.sum())} with a CSAE tag: grouping")
    ids, people = reports["report_id"].tolist(), reports["person_ids"].tolist()
    partitions = folds_module.partitions(
        ids, reports["text"].tolist(), label, people, n_folds=n_folds, seed=seed, n_partitions=effort.n_partitions
    )
    for folds in partitions:
        _refuse_one_class(label, folds)
    folds = partitions[0]
    kept = reports[["report_id", "text_hash", "label", "recorded", "adjudicated", "stratum", "force"]]
    kept = kept.assign(fold=folds.fold, group=folds.group)
    missing = {c.name: str(c.needs) for c in candidates if c.needs and util.find_spec(c.needs) is None}
    run = _Run(texts, label, partitions, seed, effort, capacity, kept, progress)
    installed = [candidate for candidate in candidates if candidate.name not in missing]
    try:
        results = tuple(run.results(installed))
    except vectorisers.EmptyVocabularyError as error:
        raise EmptyTextError(str(error)) from error
    progress("differences, by bootstrap over groups")
    spent = pd.DataFrame(run.spent, columns=["candidate", "stage", "seconds"])
    tables = comparison.differences(kept, results, seed)
    return Comparison(
        kept, partitions, results, seed, capacity, excluded, tables, spent, missing, began_at, ended_at=time.time()
    )


def _usable(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(f"training reports lack columns {missing}")
    is_false = frame["is_suspected_false"].to_numpy(dtype=bool)
    is_empty = ~frame["text"].fillna("").str.contains(r"\w", regex=True).to_numpy(dtype=bool)
    kept = frame.loc[~is_false & ~is_empty].sort_values("report_id", kind="stable", ignore_index=True)
    kept["read"] = masking.texts(kept["text"])  # as scoring reads it
    kept["text"] = normalisation.texts(kept["text"])  # near-duplicates are of the same people and places
    if kept.empty:
        raise EmptyTextError(f"none of {len(frame)} training reports holds text that may be used")
    recorded = kept["recorded"] if "recorded" in kept else kept["label"]
    adjudicated = kept.get("adjudicated")
    kept = kept.assign(recorded=recorded.astype(bool), adjudicated=adjudicated)
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


class _Run:
    """The work of one comparison. `spent` is filled by candidate, stage and seconds."""

    def __init__(
        self,
        texts: np.ndarray,
        label: np.ndarray,
        partitions: Sequence[folds_module.Folds],
        seed: int,
        effort: Effort,
        capacity: int,
        reports: pd.DataFrame,
        progress: Callable[[str], None],
    ) -> None:
        self.texts, self.label, self.partitions, self.seed, self.effort = texts, label, partitions, seed, effort
        self.capacity, self.reports, self.progress = capacity, reports, progress
        self.counted = vectorisers.Counted(texts)
        self.spent: list[tuple[str, str, float]] = []
        self._read_mib: dict[str, float] = {}
        in_first = np.flatnonzero(partitions[0].fold == 0)
        # None of these trained the first fold's model.
        self.sampled = in_first[transparency.sample(label[in_first], seed)]

    def results(self, candidates: Sequence[candidates_module.Candidate]) -> list[Result]:
        of = self.effort.partitions_of
        scores = {candidate.name: np.zeros((of(candidate), len(self.texts))) for candidate in candidates}
        reasons: dict[str, list[list[tuple[str, ...]]]] = {candidate.name: [] for candidate in candidates}
        lost: dict[str, dict[str, float]] = {}
        for partition, folds in enumerate(self.partitions):
            taken = [candidate for candidate in candidates if partition < of(candidate)]
            for k in range(folds.n_folds):
                for candidate, score, terms, figures in self._fold(partition, k, taken):
                    scores[candidate.name][partition, folds.fold == k] = score
                    reasons[candidate.name] += [terms] if terms is not None else []
                    lost[candidate.name] = lost.get(candidate.name, {}) | figures
        whole = np.ones(len(self.texts), dtype=bool)
        everything = vectorisers.Vectorised(self.texts, self.seed, counted=self.counted, is_train=whole)
        self.progress(
            f"all reports: choosing among {sum(len(c.grid[: self.effort.n_sets]) for c in candidates)} settings"
        )
        fold = self.partitions[0].fold
        choices = self._beside(lambda c: self._choice(c, everything, self.label, fold), candidates)
        results = []
        for candidate, choice in zip(candidates, choices, strict=True):
            stable = transparency.stability(*reasons[candidate.name]) if len(reasons[candidate.name]) > 1 else np.nan
            transparent = {**lost[candidate.name], "explanation_stability": stable} if self.effort.is_explained else {}
            results.append(self._result(candidate, choice, everything, scores[candidate.name], transparent))
        self._spend("vectorisers", everything.seconds)
        self._spend("words", self.counted.seconds)
        return results

    def _beside(self, work: Callable[[candidates_module.Candidate], Any], candidates: Sequence[Any]) -> list[Any]:
        """Work on candidates in threads, the dearest first; results in the order of the candidates."""
        dearest = sorted(candidates, key=lambda c: _COST_ORDER.get(c.family, 9))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            waiting = {candidate.name: pool.submit(work, candidate) for candidate in dearest}
            return [waiting[candidate.name].result() for candidate in candidates]

    def _fold(self, partition: int, k: int, candidates: Sequence[candidates_module.Candidate]) -> list[Any]:
        folds = self.partitions[partition]
        is_train = folds.fold != k
        trained = vectorisers.Vectorised(self.texts, self.seed, counted=self.counted, is_train=is_train)

        def work(candidate: candidates_module.Candidate) -> tuple[Any, ...]:
            choice = self._choice(candidate, trained, self.label[is_train], folds.fold[is_train], partition)
            classifier = self._fitted(candidate, choice, trained, self.label[is_train], folds.fold[is_train])
            begun = time.thread_time()
            score = classifier.predict_proba(trained.held_out(candidate.vectoriser))[:, 1]
            self.spent.append((candidate.name, "score", time.thread_time() - begun))
            if partition or k >= FOLDS_EXPLAINED or not self.effort.is_explained:
                return candidate, score, None, {}
            begun = time.thread_time()
            whole, texts = _whole(candidate, classifier, trained), list(self.texts[self.sampled])
            terms = transparency.named(whole, texts)
            figures = transparency.fidelity(whole, texts, terms, self.seed) if k == 0 else {}
            self.spent.append((candidate.name, "explain", time.thread_time() - begun))
            return candidate, score, terms, figures

        which = f"partition {partition + 1} of {len(self.partitions)}, " if len(self.partitions) > 1 else ""
        self.progress(
            f"{which}fold {k + 1} of {folds.n_folds}: {len(candidates)} candidates on {is_train.sum()} reports"
        )
        done = self._beside(work, candidates)
        self._spend("vectorisers", trained.seconds)
        return done

    def _choice(
        self,
        candidate: candidates_module.Candidate,
        trained: vectorisers.Vectorised,
        label: np.ndarray,
        fold: np.ndarray,
        partition: int = 0,
    ) -> search.Choice | None:
        """None for a candidate that reads the text itself: it has one parameter set, and calibrates itself."""
        if candidate.vectoriser == candidates_module.RAW_TEXT:
            return None
        matrix = trained.matrix(candidate.vectoriser)
        begun = time.thread_time()
        n_inner, n_sets = self.effort.n_inner, self.effort.sets_of(candidate, partition)
        choice = search.search(candidate, matrix, label, fold, self.seed, n_inner=n_inner, n_sets=n_sets)
        self.spent.append((candidate.name, "search", time.thread_time() - begun))
        return choice

    def _fitted(
        self,
        candidate: candidates_module.Candidate,
        choice: search.Choice | None,
        trained: vectorisers.Vectorised,
        label: np.ndarray,
        fold: np.ndarray,
    ) -> Any:
        matrix = trained.matrix(candidate.vectoriser)
        begun = time.thread_time()
        if choice is None:
            classifier = candidate.build(self.seed, **candidate.grid[0]).fit(matrix, label, fold=fold)
        else:
            classifier = search.refit(candidate, choice, matrix, label, self.seed)
        self.spent.append((candidate.name, "fit", time.thread_time() - begun))
        return classifier

    def _result(
        self,
        candidate: candidates_module.Candidate,
        choice: search.Choice | None,
        everything: vectorisers.Vectorised,
        by_partition: np.ndarray,
        transparent: Mapping[str, float],
    ) -> Result:
        self.progress(f"all reports: {candidate.name}")
        with peak_memory.Peak() as peak:
            classifier = self._fitted(candidate, choice, everything, self.label, self.partitions[0].fold)
        score = by_partition.mean(axis=0)
        whole = _whole(candidate, classifier, everything)
        timed = self.texts[:N_TIMED]
        begun = time.thread_time()
        whole.predict_proba(timed)
        own = [seconds for name, stage, seconds in self.spent if (name, stage) == (candidate.name, "search")]
        figures = {
            **comparison.judged(self.reports, score, self.capacity),
            **comparison.moved_by_draw(self.reports, by_partition, self.capacity),
            "ms_per_report": (time.thread_time() - begun) * 1000 / len(timed),
            "fit_s": self.spent_last(candidate.name, "fit"),
            "search_s": float(sum(own)),
            "peak_mib": peak.mib,
            **({} if candidate.is_baseline else {"model_mib": self._mib(candidate, whole)}),
            **transparent,
        }
        label, group = self.label, self.reports["group"].to_numpy()
        return Result(
            candidate,
            choice.parameters if choice is not None else candidate.grid[0],
            score,
            figures,
            metrics.calibration_intervals(label, score, group),
            None if candidate.is_baseline else whole,
            metrics.recall_by_force(self.reports, score, self.capacity),
            by_partition,
        )

    def _mib(self, candidate: candidates_module.Candidate, whole: Any) -> float:
        """Size as stored. A vectoriser's part is taken once: writing out its words is what takes the time."""
        if candidate.vectoriser == candidates_module.RAW_TEXT:
            return len(artefact.dumps(whole)[1]) / 2**20
        if candidate.vectoriser not in self._read_mib:
            reading = Pipeline(whole.steps[:-1])
            self._read_mib[candidate.vectoriser] = len(artefact.dumps(reading)[1]) / 2**20
        own = Pipeline(whole.steps[-1:])
        return self._read_mib[candidate.vectoriser] + len(artefact.dumps(own)[1]) / 2**20

    def spent_last(self, name: str, stage: str) -> float:
        return next(seconds for n, s, seconds in reversed(self.spent) if (n, s) == (name, stage))

    def _spend(self, name: str, seconds: Mapping[str, float]) -> None:
        self.spent += [(name, vectoriser, s) for vectoriser, s in seconds.items()]


_COST_ORDER = {"bert": 0, "forest": 1, "xgboost": 2, "tree": 3}


def _whole(candidate: candidates_module.Candidate, classifier: Any, trained: vectorisers.Vectorised) -> Any:
    """Text to probability: vectoriser and classifier, or a classifier that reads the text itself."""
    if candidate.vectoriser == candidates_module.RAW_TEXT:
        return classifier
    return Pipeline([*trained.steps(candidate.vectoriser), ("classifier", classifier)])
