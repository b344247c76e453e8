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


def _partitions(n: int = 400, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """A tenth positive; four partitions of one score, each with a throw of its own."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.1
    return label, label * 1.0 + rng.normal(0, 1, n) + rng.normal(0, 1, (4, n))


def test_equal_partitions_give_what_one_gives():
    label, score = _partitions()
    group = np.arange(len(label))
    one = bootstrap.differences(label, {"a": score[0], "b": score[1]}, group, 1, 100)
    same = {"a": np.tile(score[0], (4, 1)), "b": np.tile(score[1], (4, 1))}
    four = bootstrap.differences(label, same, group, 1, 100)
    for column in ("average_precision", "low", "high", "behind", "behind_low", "behind_high"):
        assert four[column].to_numpy() == pytest.approx(one[column].to_numpy(), abs=1e-9)
    assert (four["behind_draw_sd"] < 1e-9).all()


def test_partitions_are_drawn_with_groups_so_that_intervals_widen():
    """One score under four throws of folds, none of them better than another: the throw alone moves it."""
    label, score = _partitions()
    drawn = bootstrap._Drawn(label, np.zeros(len(label)), 1, 200)  # one group: no draw of reports varies
    moved = drawn.average_precisions(score)
    assert np.ptp(drawn.average_precisions(score[:1])) == 0
    assert np.ptp(moved) > 0.01
    counts = bootstrap.partition_draws(4, 1, 200)
    assert (counts.sum(axis=1) == 4).all()
    expected = bootstrap.average_precisions(label, counts[3] @ score / 4, np.ones((1, len(label))))[0]
    assert moved[3] == pytest.approx(expected)


def test_a_difference_is_over_the_partitions_that_both_have():
    label, score = _partitions()
    group = np.arange(len(label))
    table = bootstrap.differences(label, {"whole": score, "dear": score[:1]}, group, 1, 50).set_index("name")
    assert table["behind"].to_numpy() == pytest.approx(0)  # of the first partition they are the same
    assert table.loc["dear", "average_precision"] != table.loc["whole", "average_precision"]
    assert table["is_tie"].all()
    singly = [bootstrap.average_precisions(label, own, np.ones((1, len(label))))[0] for own in score]
    assert np.std(singly) > 0
    other = bootstrap.differences(label, {"a": score, "b": score[::-1]}, group, 1, 50).set_index("name")
    behind = np.array(singly) - np.array(singly[::-1])
    assert other["behind_draw_sd"].max() == pytest.approx(np.std(behind, ddof=1))
