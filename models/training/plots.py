"""Figures that go with a comparison."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from models.evaluation import metrics
from models.training import comparison


def curve(label: np.ndarray, result: comparison.Result) -> Figure:
    """Precision and recall of one candidate, out of fold."""
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    precision, recall, _ = precision_recall_curve(label, result.score)
    axes.step(recall, precision, where="post")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(f"{result.candidate.name}: average precision {result.metrics['average_precision']:.3f}, out of fold")
    return figure


def curves(compared: comparison.Comparison) -> Figure:
    """All candidates' curves over one another, best first in the legend."""
    figure = Figure(figsize=(8, 6))
    axes = figure.subplots()
    label = compared.reports["label"].to_numpy(dtype=bool)
    for name in compared.table()["name"]:
        result = compared.result(name)
        precision, recall, _ = precision_recall_curve(label, result.score)
        style = ":" if result.candidate.is_baseline else "--" if result.candidate.vectoriser == "count" else "-"
        axes.step(recall, precision, style, where="post", label=f"{name} {result.metrics['average_precision']:.3f}")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(fontsize=7)
    return figure


def reliability(label: np.ndarray, result: comparison.Result) -> Figure:
    """What scores say against what is observed, over equal-mass bins."""
    bins = metrics.calibration_bins(label, result.score)
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    most = max(float(bins[["score", "observed"]].to_numpy().max()), 0.01) * 1.05
    axes.plot([0, most], [0, most], color="grey", linestyle=":")
    axes.plot(bins["score"], bins["observed"], marker="o")
    axes.set(xlabel="mean score of the bin", ylabel="share with a CSAE tag")
    axes.set_title(f"{result.candidate.name}: calibration error {result.metrics['calibration_error']:.3f}")
    return figure
