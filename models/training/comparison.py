"""What a comparison of candidates found: figures under three readings of the labels, differences, costs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from models.candidates import candidates
from models.evaluation import bootstrap, metrics
from models.training import folds

# How a report's label is read. What trains is `corrected`; figures of it carry no prefix. `recorded` is what the force
# wrote; `adjudicated` is what analysts decided, on the reports that they decided on and no others: those were chosen by
# an earlier model, so these figures compare candidates with each other and say nothing about reports nobody read.
READINGS = ("corrected", "recorded", "adjudicated")
LOWER_IS_BETTER = frozenset(
    ["brier", "calibration_error", "ms_per_report", "model_mib", "fit_s", "search_s", "peak_mib", "deletion_random"]
)


class TextClassifier(Protocol):
    """Text to calibrated probability: a scikit-learn pipeline, or BERT."""

    def predict_proba(self, texts: Any) -> np.ndarray:
        """Shape (n_texts, 2): of not being CSAE, of being it."""


@dataclass(frozen=True)
class Result:
    """One candidate's outcome.

    Attributes:
        parameters: parameters of the final classifier, chosen on all reports.
        score: out-of-fold calibrated probability per row of `Comparison.reports`, mean over partitions.
        metrics: figures over the out-of-fold scores, against recorded tags corrected by decisions; those against
            recorded tags and against decisions alone carry the prefix of `READINGS`. Costs and transparency.
        intervals: table of `metrics.calibration_intervals`.
        pipeline: text to calibrated probability, fitted on all reports, of scikit-learn classes only, or BERT; None
            for a baseline.
        by_force: table of `metrics.recall_by_force`.
        by_partition: `score` within each partition; shape (n_partitions, n_reports).
    """

    candidate: candidates.Candidate
    parameters: Mapping[str, Any]
    score: np.ndarray
    metrics: Mapping[str, float]
    intervals: pd.DataFrame
    pipeline: Any
    by_force: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["force", "positives", "recall"]))
    by_partition: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)


@dataclass(frozen=True)
class Comparison:
    """All candidates on the same reports and folds.

    Attributes:
        reports: report_id, text_hash, label, recorded, adjudicated, stratum, force, fold (of the first partition),
            group; no text.
        partitions: the folds of each time that the reports were parted.
        n_excluded: reports left out, by reason: "suspected_false", "empty_text".
        differences: tables of `bootstrap.differences` by reading; a reading without both classes has none.
        spent: candidate, stage, seconds: where the CPU time went.
        not_installed: candidates asked for whose extra is missing, with what is missing.
        began_at, ended_at: seconds since the epoch, from the first fold to the last difference.
    """

    reports: pd.DataFrame
    partitions: tuple[folds.Folds, ...]
    results: tuple[Result, ...]
    seed: int
    capacity: int
    n_excluded: Mapping[str, int] = field(default_factory=dict)
    differences: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    spent: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["candidate", "stage", "seconds"]))
    not_installed: Mapping[str, str] = field(default_factory=dict)
    began_at: float = 0.0
    ended_at: float = 0.0

    @property
    def folds(self) -> folds.Folds:
        """The first partition."""
        return self.partitions[0]

    @property
    def fold_hash(self) -> str:
        """SHA-256 of which report is in which fold of which partition; of one partition, its own."""
        hashes = [partition.hash for partition in self.partitions]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()

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
        """One row per candidate, best average precision first: name, family, all figures, interval and tie."""
        rows = [{"name": r.candidate.name, "family": r.candidate.family, **r.metrics} for r in self.results]
        table = pd.DataFrame(rows)
        for reading, difference in self.differences.items():
            columns = difference.set_index("name").drop(columns="average_precision")
            table = table.join(columns.add_prefix(prefix(reading) + "ap_"), on="name")
        return table.sort_values(["average_precision", "name"], ascending=[False, True], ignore_index=True)

    def out_of_fold(self, name: str) -> pd.DataFrame:
        """report_id, text_hash, score: the rows that `gold.oof_scores` keeps for a model."""
        return self.reports[["report_id", "text_hash"]].assign(score=self.result(name).score)

    def best(self) -> Result:
        """The registrable candidate of the highest average precision.

        Raises:
            LookupError: only baselines were compared.
        """
        for name in self.table()["name"]:
            if self.result(name).pipeline is not None:
                return self.result(name)
        raise LookupError("only baselines were compared: there is nothing to register")


def prefix(reading: str) -> str:
    return "" if reading == READINGS[0] else f"{reading}_"


def labelled(reports: pd.DataFrame, reading: str) -> tuple[np.ndarray, np.ndarray]:
    """(rows that have a label in this reading, their labels)."""
    if reading == "adjudicated":
        kept = reports["adjudicated"].notna().to_numpy()
        return kept, reports.loc[kept, "adjudicated"].to_numpy(dtype=bool)
    column = "label" if reading == "corrected" else "recorded"
    return np.ones(len(reports), dtype=bool), reports[column].to_numpy(dtype=bool)


def judged(reports: pd.DataFrame, score: np.ndarray, capacity: int) -> dict[str, float]:
    """Figures of a candidate's out-of-fold scores under each reading; only `n` of one that lacks a class."""
    differences_by_name: dict[str, float] = {}
    for reading in READINGS:
        kept, label = labelled(reports, reading)
        part, own = reports[kept].assign(label=label), score[kept]
        figures: dict[str, float] = {"n_reports": float(len(part)), "n_positives": float(label.sum())}
        if label.any() and not label.all():
            figures |= {
                "average_precision": metrics.average_precision(label, own),
                "brier": metrics.brier(label, own),
                "calibration_error": metrics.calibration_error(label, own),
                "calibration_noise": metrics.calibration_noise(own),
                "prevalence": float(label.mean()),
                **metrics.at_capacity(part, own, capacity),
            }
        differences_by_name |= {prefix(reading) + name: value for name, value in figures.items()}
    return differences_by_name


def moved_by_draw(reports: pd.DataFrame, by_partition: np.ndarray, capacity: int) -> dict[str, float]:
    """How far the throw of folds alone moves a candidate's figures: the standard deviation between partitions.

    `n_partitions`, and with two or more `<figure>_draw_sd`, and `average_precision_single`: the mean over partitions of
    what one order reaches, for comparison with that of the averaged order.
    """
    figures = {"n_partitions": float(len(by_partition))}
    if len(by_partition) < 2:
        return figures
    label = reports["label"].to_numpy(dtype=bool)
    each = [
        {
            "average_precision": metrics.average_precision(label, score),
            **{k: v for k, v in metrics.at_capacity(reports, score, capacity).items() if k.startswith("recall")},
        }
        for score in by_partition
    ]
    spread = {f"{name}_draw_sd": float(np.std([one[name] for one in each], ddof=1)) for name in each[0]}
    return {**figures, **spread, "average_precision_single": float(np.mean([o["average_precision"] for o in each]))}


def differences(reports: pd.DataFrame, results: tuple[Result, ...], seed: int) -> dict[str, pd.DataFrame]:
    """Tables of `bootstrap.differences` by reading, where it has both classes; `recorded` only where it differs."""
    tables, group = {}, reports["group"].to_numpy()
    for reading in READINGS:
        kept, label = labelled(reports, reading)
        is_same = reading == "recorded" and (label == reports["label"].to_numpy(dtype=bool)).all()
        if label.any() and not label.all() and not is_same:
            scores = {r.candidate.name: r.by_partition[:, kept] for r in results}
            tables[reading] = bootstrap.differences(label, scores, group[kept], seed)
    return tables
