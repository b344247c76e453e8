"""Figures against arithmetic done by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.evaluation import metrics


def test_wilson_interval_against_the_formula():
    # 5 of 10, z = 1.959964: centre 0.5, half = z sqrt(0.025 + z2/400) / (1 + z2/10) = 0.2634
    low, high = metrics.wilson(np.array(5.0), np.array(10.0))
    assert (round(float(low), 4), round(float(high), 4)) == (0.2366, 0.7634)


def test_at_capacity_reads_each_force_and_stratum_apart():
    frame = pd.DataFrame(
        {
            "report_id": list("abcdef"),
            "label": [True, False, True, True, False, False],
            "stratum": ["NO_TAG"] * 4 + ["OTHER_TAG"] * 2,
            "force": ["36", "36", "36", "37", "36", "36"],
        }
    )
    found = metrics.at_capacity(frame, np.array([0.9, 0.8, 0.7, 0.1, 0.5, 0.4]), capacity=1)
    # one row per force: a (positive) of 36, d (positive) of 37; c is missed; OTHER_TAG has no positives
    assert found == {"recall_no_tag": pytest.approx(2 / 3), "precision_no_tag": 1.0}


def test_calibration_error_and_brier_of_a_known_case():
    label, score = np.array([True, False] * 50), np.full(100, 0.7)
    assert metrics.calibration_error(label, score) == pytest.approx(0.2)  # says 0.7, is 0.5 in every bin
    assert metrics.brier(label, score) == pytest.approx(0.29)  # (0.09 + 0.49) / 2


def test_intervals_hold_the_score_and_widen_with_dependence():
    rng = np.random.default_rng(0)
    score = rng.random(500)
    label = rng.random(500) < score
    alone = metrics.calibration_intervals(label, score, np.arange(500))
    tied = metrics.calibration_intervals(label, score, np.arange(500) // 10)
    asked = np.array([0.0, 0.3, 0.99, 1.0])
    low, high = metrics.interval_of(asked, alone)
    assert ((low <= asked) & (asked <= high)).all()
    assert (tied["high"] - tied["low"]).mean() > (alone["high"] - alone["low"]).mean()
    assert alone["n"].sum() == 500
