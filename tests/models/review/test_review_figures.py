"""Agreement, exposure and yields, against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.review import agreement, review_figures


def test_kappa_and_ac1_are_those_of_the_textbook():
    """Cells 40, 5, 10, 45 of 100: observed .85; kappa's chance .45*.5 + .55*.5 = .5; AC1's with share .525: .49875."""
    found = agreement.measures(np.array([40, 5, 10, 45]), seed=1)
    assert found["agreement"].value == pytest.approx(0.85)
    assert found["kappa"].value == pytest.approx(0.7)
    assert found["ac1"].value == pytest.approx((0.85 - 0.49875) / (1 - 0.49875))
    for measure in found.values():
        assert measure.low < measure.value < measure.high


def test_with_one_answer_only_kappa_says_nothing_and_ac1_does_not_claim_certainty():
    found = agreement.measures(np.array([12, 0, 0, 0]), seed=1)
    assert found["kappa"].value is None
    assert found["ac1"].value == pytest.approx(1.0)
    assert 0.6 < found["ac1"].low < 0.97
    assert agreement.measures(np.zeros(4), seed=1)["kappa"].value is None


def test_agreement_is_given_per_force_and_for_all():
    pairs = pd.DataFrame(
        {"force": ["36", "36", "37"], "first": [True, False, True], "second": [True, False, False], "n": [3, 5, 2]}
    )
    found = {(row["force"], row["figure"]): row for row in review_figures.of_agreement(pairs, seed=1)}
    assert found["36", "agreement"]["value"] == 1.0
    assert found["*", "agreement"]["value"] == pytest.approx(0.8)
    assert found["*", "kappa"]["n"] == 10
    assert review_figures.of_agreement(pairs.iloc[:0], seed=1) == []


def test_exposure_is_items_per_find_and_has_no_value_without_one():
    counts = pd.DataFrame(
        {
            "force": ["36", "36"], "reviewer": ["a", "b"], "n": [30, 10], "n_found": [2, 0],
            "median_seconds": [60.0, 100.0], "n_over_cap": [0, 4],
        }
    )  # fmt: skip
    found = {(row["force"], row["reviewer"], row["figure"]): row for row in review_figures.of_exposure(counts)}
    assert found["36", "a", "per_find"]["value"] == 15
    assert found["36", "b", "per_find"]["value"] is None
    assert found["*", "", "per_find"]["value"] == 20
    assert found["*", "", "per_find"]["low"] < 20 < found["*", "", "per_find"]["high"]
    assert found["*", "", "over_cap"]["value"] == 4
    assert found["*", "", "median_seconds"]["value"] == pytest.approx(70)


def test_yields_compare_rows_with_and_without_score():
    counts = pd.DataFrame(
        {"force": ["36"] * 3, "kind": ["SCORED", "BLIND", "RANDOM"], "n": [200, 50, 50], "n_csae": [40, 5, 1]}
    )
    found = {(row["force"], row["figure"]): row for row in review_figures.of_yields(counts)}
    assert found["36", "random_yield"]["value"] == pytest.approx(0.02)
    assert found["*", "blind_difference"]["value"] == pytest.approx(-0.1)
    assert found["*", "blind_difference"]["low"] < -0.1 < found["*", "blind_difference"]["high"]
