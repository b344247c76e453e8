"""Criteria of promotion, one broken at a time: each refusal says what and by how much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.candidates import candidates
from models.training import compare, promotion
from tests.models import frames

CRITERIA = promotion.Criteria()


@pytest.fixture(scope="module")
def compared() -> compare.Comparison:
    chosen = candidates.named(["random_order", "keyword_rule", "count_bayes", "tfidf_logistic"])
    return compare.train(frames.training_frame(), chosen, seed=1, n_folds=3, capacity=20)


def test_the_best_meets_the_criteria(compared: compare.Comparison):
    best = promotion.ranked(compared)[0]
    assert best is compared.best()
    assert promotion.refusals(best, compared, CRITERIA) == []


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"average_precision": 0.01}, "does not beat the random order"),
        ({"calibration_error": 0.9}, "calibration error 0.9000 is above"),
        ({"deletion_fidelity": 0.01}, "deletion fidelity 0.010 is below 0.050"),
        ({"deletion_fidelity": float("nan")}, "transparency was not measured"),
    ],
)
def test_a_figure_below_its_criterion_is_a_refusal(compared: compare.Comparison, figures: dict, said: str):
    best = compared.best()
    worse = replace(best, metrics={**best.metrics, **figures})
    assert any(said in why for why in promotion.refusals(worse, compared, CRITERIA))


def test_each_criterion_stands_with_the_number_that_met_or_missed_it(compared: compare.Comparison):
    for result in promotion.ranked(compared):
        told = promotion.measured(result, compared, CRITERIA)
        refused = promotion.refusals(result, compared, CRITERIA)
        assert all(m.is_met for m in told) == (not refused)
    best = compared.best()
    by_force = pd.DataFrame({"force": ["36", "37"], "positives": [100, 20], "recall": [0.9, 0.1]})
    figures = {"calibration_error": 0.9, "deletion_fidelity": float("nan"), "average_precision": 0.0}
    worse = replace(best, metrics={**best.metrics, **figures}, by_force=by_force)
    told = promotion.measured(worse, compared, CRITERIA)
    assert len(told) == len(promotion.refusals(worse, compared, CRITERIA)) == 5
    assert not any(m.is_met for m in told)
    assert (told[-1].number, told[-1].limit) == (0.1, "at least 0.38")
    assert told[-1].criterion.endswith("of 2 forces (37)")


def test_the_champions_kind_gives_way_only_by_an_interval_that_leaves_out_zero(compared: compare.Comparison):
    first, second = promotion.ranked(compared)
    names = [result.candidate.name for result in (first, second)]
    passed: dict[str, list[str]] = {name: [] for name in names}
    assert promotion.chosen(compared, passed) == (first, "")
    assert promotion.chosen(compared, passed, names[0]) == (first, "")
    label = compared.reports["label"].to_numpy(dtype=bool)
    noise = np.random.default_rng(1).normal(0, 0.05, (3, len(label)))
    near = _scored(compared, second, first.by_partition[0] + noise)  # as good but for the throw of folds
    kept, why = promotion.chosen(near, passed, names[1])
    assert kept.candidate.name == names[1]
    assert f"{names[0]} is ahead of the champion's kind, {names[1]}, by" in why
    assert "one throw of folds moves that by 0." in why
    far = _scored(compared, second, np.random.default_rng(2).random((3, len(label))))
    assert promotion.chosen(far, passed, names[1]) == (far.result(names[0]), "")
    assert promotion.chosen(near, {**passed, names[1]: ["refused"]}, names[1])[0].candidate.name == names[0]
    assert promotion.chosen(near, passed, "gone")[0].candidate.name == names[0]
    assert promotion.chosen(near, {name: ["no"] for name in names}, names[1])[0] is near.best()


def _scored(compared: compare.Comparison, result: compare.Result, by_partition: np.ndarray) -> compare.Comparison:
    """The comparison in three partitions, with other scores of one of the two that may be registered."""
    three = [
        replace(r, by_partition=by_partition if r is result else np.tile(r.by_partition[0], (3, 1)))
        for r in compared.results
    ]
    return replace(compared, results=tuple(three))


def test_a_force_whose_recall_collapses_is_named(compared: compare.Comparison):
    # pooled recall (100 x 0.9 + 20 x 0.1) / 120 = 0.77, half of it 0.38; the force with nine reports is not judged
    by_force = pd.DataFrame({"force": ["36", "37", "45"], "positives": [100, 20, 9], "recall": [0.9, 0.1, 0.0]})
    worse = replace(compared.best(), by_force=by_force)
    (why,) = promotion.refusals(worse, compared, CRITERIA)
    assert why.startswith("recall at capacity in force 37 is 0.10, below 0.3")


def test_the_incumbent_is_judged_on_the_same_folds_where_it_can_be(compared: compare.Comparison):
    best = compared.best()
    own = best.metrics["average_precision"]
    lower = replace(best, metrics={**best.metrics, "average_precision": own - 0.05})
    same = promotion.Incumbent("1", best.candidate.name, "2026-01-05", 0.0)
    (why,) = promotion.refusals(lower, compared, CRITERIA, same, "2026-01-06")
    assert "on the same folds" in why
    gone = promotion.Incumbent("1", "a_candidate_no_longer_compared", "2026-01-05", 0.999)
    (why,) = promotion.refusals(best, compared, CRITERIA, gone, "2026-01-06")
    assert "when it was promoted" in why
    assert promotion.refusals(best, compared, CRITERIA, same, "2026-01-06") == []  # as good, on newer data
    (why,) = promotion.refusals(best, compared, CRITERIA, replace(same, average_precision=own), "2026-01-05")
    assert "same night" in why
