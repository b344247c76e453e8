"""Platt's curve: against a known logistic truth, and where the examples separate cleanly."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.comms.leads import calibration


def test_the_curve_comes_back_from_draws_of_a_known_one() -> None:
    dice = np.random.default_rng(5)
    evidence = dice.normal(0, 4, 20_000)
    is_true = dice.random(20_000) < 1 / (1 + np.exp(-(-1.5 + 0.6 * evidence)))
    found = calibration.fit(evidence, is_true)
    assert found.a == pytest.approx(-1.5, abs=4 * found.vaa**0.5)
    assert found.b == pytest.approx(0.6, abs=4 * found.vbb**0.5)


def test_clean_separation_gives_a_finite_rising_curve() -> None:
    found = calibration.fit(np.array([-9.0, -8, -7, 11, 12, 13]), np.array([False] * 3 + [True] * 3))
    assert 0 < found.b < 5
    middle = 1 / (1 + np.exp(-(found.a + found.b * 2)))
    assert 0.2 < middle < 0.8


def test_one_kind_of_example_is_refused() -> None:
    with pytest.raises(ValueError, match="0 and 3"):
        calibration.fit(np.arange(3.0), np.zeros(3, dtype=bool))
