"""Paired bootstrap: the figure is scikit-learn's, equal scores are one step, ties are ties."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from models.evaluation import bootstrap


def test_weighted_average_precision_is_scikit_learns():
    rng = np.random.default_rng(0)
    label = rng.random(300) < 0.1
    score = np.round(rng.random(300) + label * 0.3, 1)  # many equal scores
    weights = rng.integers(0, 4, (5, 300))
    found = bootstrap.average_precisions(label, score, weights)
    expected = [average_precision_score(label, score, sample_weight=w) for w in weights]
    assert found == pytest.approx(expected, abs=1e-12)


def test_reports_of_a_group_are_drawn_together():
    group = np.array([5, 5, 7, 9, 9, 9])
    drawn = bootstrap.draws(group, seed=1, n_draws=50)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 3] == drawn[:, 5]).all()
    assert (drawn[:, [0, 2, 3]].sum(axis=1) == 3).all()  # three groups in each draw


def test_a_copy_is_a_tie_and_noise_is_not():
    rng = np.random.default_rng(2)
    label = rng.random(1000) < 0.1
    good = label + rng.normal(0, 0.7, 1000)
    found = bootstrap.differences(
        label, {"good": good, "copy": good * 2, "noise": rng.random(1000)}, np.arange(1000), 3
    )
    rows = found.set_index("name")
    assert rows.loc["copy", "is_tie"]
    assert rows.loc["copy", "behind_low"] == rows.loc["copy", "behind_high"] == 0
    assert not rows.loc["noise", "is_tie"]
    assert rows.loc["noise", "behind_low"] > 0
    assert (rows["low"] <= rows["average_precision"]).all()
    assert (rows["average_precision"] <= rows["high"]).all()
