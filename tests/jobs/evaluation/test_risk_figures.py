"""Figures of risk over many worlds: worked out by hand, by scikit-learn, and a verdict that can go either way."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from jobs.evaluation import risk_figures

DAYS = [date(2026, 1, 1) + timedelta(days=30 * k) for k in range(2)]
SCORED = ("network", "queue", *risk_figures.INCUMBENTS)


def rows(n_worlds: int, n: int, score) -> pd.DataFrame:
    """`n` children of one force on two days of each world; `score(world, child, scorer)` gives each scorer's value."""
    return pd.DataFrame(
        [
            {"world": w, "day": day, "force": "36", "person": f"c{k:03d}", **{s: score(w, k, s) for s in SCORED}}
            for w in range(n_worlds)
            for day in DAYS
            for k in range(n)
        ]
    )


def harmed(n_worlds: int, *children: int, on: date = date(2026, 2, 10), seen: date | None = None) -> pd.DataFrame:
    found = [(w, f"c{k:03d}", on, seen) for w in range(n_worlds) for k in children]
    return pd.DataFrame(found, columns=["world", "person", "harm_on", "complete_on"])


def summary(frame: pd.DataFrame, truth: pd.DataFrame, capacity: int = 2, **more) -> dict:
    decoys = more.pop("decoys", {})
    return risk_figures.summary(frame, truth, decoys, horizon=60, capacity=capacity, seed=1, **more)


def test_figures_by_hand():
    """Capacity 2 of ten children. The network shows c000 and c001; c000 is harmed 40 days after the first day and 10
    after the second: half of what it shows. Degree shows c009 and c008: nothing. Chance has a hit in ten."""
    frame = rows(3, 10, lambda w, k, s: float(k) if s == "degree" else 1.0 / (k + 1))
    found = summary(frame, harmed(3, 0, seen=date(2026, 1, 20)), decoys={0: frozenset({"c001"})})
    ours, degree = found["scorers"]["network"], found["scorers"]["degree"]
    assert ours["precision"] == (0.5, 0.5, 0.5)  # worlds are alike: no interval
    assert ours["recall"][0] == 1.0
    assert ours["decoys"][0] == pytest.approx(1 / 6, abs=1e-4)
    assert ours["decoys"][1:] != (ours["decoys"][0],) * 2  # one world of three has the decoy
    assert ours["median_days_of_warning"] == 40
    assert (degree["precision"][0], degree["recall"][0], degree["median_days_of_warning"]) == (0.0, 0.0, None)
    assert found["base_rate"][0] == 0.1
    assert found["traced"][0] == 1.0  # on the second day the record was there
    assert found["differences"]["degree"]["precision"] == (0.5, 0.5, 0.5)
    assert (found["n_worlds"], found["n_children"], found["n_harmed"]) == (3, 30, 3)


def test_average_precision_is_scikit_learns_of_each_day():
    draw = np.random.default_rng(5)
    value = {(w, k): draw.random() for w in range(2) for k in range(30)}
    found = summary(rows(2, 30, lambda w, k, s: value[w, k]), harmed(2, 3, 7, 11))
    label = [k in (3, 7, 11) for k in range(30)]
    expected = np.mean([average_precision_score(label, [value[w, k] for k in range(30)]) for w in range(2)])
    assert found["scorers"]["network"]["average_precision"][0] == pytest.approx(expected, abs=1e-4)


def test_the_ceiling_knows_only_whom_a_record_leads_to():
    """Of two harmed children one has a record from the second day on: one hit of four shown for sure, and what chance
    adds."""
    frame = rows(2, 40, lambda w, k, s: 1.0)
    truth = pd.concat([harmed(2, 0, seen=DAYS[1]), harmed(2, 1)])
    found = summary(frame, truth, capacity=1)
    assert found["scorers"]["ceiling"]["precision"][0] >= 0.5
    assert found["traced"][0] == 0.5


def test_a_child_harmed_before_a_day_is_no_longer_asked_about():
    found = summary(rows(2, 4, lambda w, k, s: 1.0), harmed(2, 0, on=DAYS[1]), capacity=4)
    assert found["scorers"]["random"]["precision"][0] == pytest.approx(1 / 7, abs=1e-4)  # 4 and then 3 children


@pytest.mark.parametrize(("is_good", "n_worlds"), [(True, 5), (False, 5), (True, 2)])
def test_a_verdict_needs_a_hundred_children_harmed(is_good: bool, n_worlds: int):
    """Twenty of sixty harmed in each world. Good: the network ranks them first, the others by chance."""
    draw = np.random.default_rng(3)
    chance = {(w, k, s): draw.random() for w in range(n_worlds) for k in range(60) for s in SCORED}

    def score(w: int, k: int, scorer: str) -> float:
        return (k < 20) + chance[w, k, scorer] if is_good and scorer == "network" else chance[w, k, scorer]

    found = summary(rows(n_worlds, 60, score), harmed(n_worlds, *range(20)), capacity=10)
    assert ("beats every incumbent" in found["verdict"]) == (is_good and n_worlds == 5)
    assert ("no verdict" in found["verdict"]) == (n_worlds == 2)
    assert found["verdict"] in risk_figures.text(found)


def test_the_second_makers_harm_comes_after_its_records_and_is_drawn_by_its_seed_alone():
    from jobs.evaluation import second_risk_worlds as second

    made, again, other = (second.make(None, seed, 600) for seed in (4, 4, 5))
    for name in ("people", "reports", "named", "episodes", "events", "harmed"):
        assert getattr(made, name).equals(getattr(again, name)), name
    assert not made.harmed.equals(other.harmed)
    traced = made.harmed.dropna(subset=["complete_on"])
    assert (traced["complete_on"] < traced["harm_on"]).all()
    assert 0.1 < len(traced) / len(made.harmed) < 0.7
    assert not made.decoys & set(made.harmed["person"])
    assert set(made.named["person_id"]) <= set(made.people["person_id"])
    assert set(made.episodes["person_id"]) <= set(made.people["person_id"])
