"""Criteria of promotion, one broken at a time: each refusal says what and by how much."""

from __future__ import annotations

from dataclasses import replace

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
