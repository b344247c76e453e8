"""The summary of a replay: figures worked out by hand, intervals, and a verdict that can go either way."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from jobs.evaluation import network

DAYS = [date(2026, 1, 1) + timedelta(days=30 * k) for k in range(3)]


def frame(n: int, score) -> pd.DataFrame:
    """`n` children of one force on three days; `score(child, scorer)` gives each scorer's value."""
    rows = [
        {"day": day, "entity_id": f"c{k:03d}", "force": "36", **{s: score(k, s) for s in network.SCORERS}}
        for day in DAYS
        for k in range(n)
    ]
    return pd.DataFrame(rows)


def harmed(*children: int, on: date = date(2026, 3, 3)) -> pd.DataFrame:
    return pd.DataFrame({"entity_id": [f"c{k:03d}" for k in children], "harm_on": [on] * len(children)})


def test_precision_recall_and_warning_by_hand():
    """Capacity 2. The network shows c000 and c001 each day; c000 is harmed on 3 March, 61 days after the first day,
    31 after the second, and 1 after the third (2 March). Three hits of six shown: one half. All harmed are found."""
    found = network.summary(
        frame(10, lambda k, s: 1.0 / (k + 1) if s == "network" else float(k)),
        harmed(0),
        {"c001", "c009"},
        horizon=90,
        capacity=2,
        seed=1,
    )
    ours = found["scorers"]["network"]
    assert ours["precision"][0] == 0.5
    assert ours["recall"][0] == 1.0
    assert ours["median_days_of_warning"] == 61
    assert ours["decoys"][0] == found["scorers"]["degree"]["decoys"][0] == 0.5  # c001, and c009 beside c008
    assert found["n_decoys"] == 2
    assert found["scorers"]["degree"]["precision"][0] == 0.0
    assert found["scorers"]["degree"]["median_days_of_warning"] is None
    assert (found["n_days"], found["n_children"], found["n_harmed"]) == (3, 10, 1)


def test_a_child_harmed_before_a_day_is_no_longer_asked_about():
    found = network.summary(frame(4, lambda k, s: 1.0), harmed(0, on=DAYS[1]), set(), horizon=90, capacity=4, seed=1)
    # Day one shows four with one hit; days two and three show the other three.
    assert found["scorers"]["network"]["precision"][0] == 0.1


@pytest.mark.parametrize("is_good", [True, False])
def test_the_verdict_says_win_or_not(is_good: bool):
    """Forty children harmed of two hundred. Good: the network ranks them first, the baselines by chance."""
    draw = np.random.default_rng(3)
    chance = {s: draw.random(200) for s in network.SCORERS}

    def score(k: int, scorer: str) -> float:
        return (k < 40) + chance[scorer][k] if is_good and scorer == "network" else chance[scorer][k]

    found = network.summary(frame(200, score), harmed(*range(40)), set(), horizon=90, capacity=20, seed=1)
    wins = "beats every incumbent" in found["verdict"]
    assert wins == is_good
    assert found["verdict"] in network.text(found)
    for low_high in found["differences"].values():
        assert low_high["precision"][1] <= low_high["precision"][0] <= low_high["precision"][2]
