"""Figures of the evaluation of leads that need no Spark session: the worth of scores, and the second maker's worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


def test_the_cost_of_likelihood_ratios_is_as_published() -> None:
    """One bit of a system that says nothing; and log2(1 + 1/9) of one that is right at odds of nine to one."""
    from jobs.evaluation import leads

    is_true = [True] * 5 + [False] * 5
    even = leads.calibration_figures(pd.DataFrame({"score": [0.5] * 10, "is_true": is_true}))
    right = leads.calibration_figures(pd.DataFrame({"score": [0.9] * 5 + [0.1] * 5, "is_true": is_true}))
    wrong = leads.calibration_figures(pd.DataFrame({"score": [0.1] * 5 + [0.9] * 5, "is_true": is_true}))
    assert even["cllr"] == 1.0
    assert right["cllr"] == pytest.approx(np.log2(10 / 9), abs=1e-3)
    assert wrong["cllr"] == pytest.approx(np.log2(10), abs=1e-3)
    assert [(b["n"], b["share_true"]) for b in right["reliability"]] == [(5, 0.0), (5, 1.0)]
    assert leads.calibration_figures(pd.DataFrame({"score": [0.9], "is_true": [True]}))["cllr"] is None


def test_f1_has_an_interval_by_worlds() -> None:
    """By scikit-learn's F1 of the same claims; worlds that are alike have no interval, one that differs gives one."""
    from sklearn.metrics import f1_score

    from jobs.evaluation import leads

    n_true, ours, rule = np.array([4, 4]), np.array([[3, 5], [3, 5]]), np.array([[2, 10], [4, 4]])
    found = leads.f1_figures(n_true, ours, rule)
    is_true, is_said = [1] * 8 + [0] * 4, [1] * 6 + [0] * 2 + [1] * 4
    assert found["f1"] == pytest.approx(f1_score(is_true, is_said), abs=1e-3)
    assert found["f1_low"] == found["f1"] == found["f1_high"]
    assert found["rule_f1"] == pytest.approx(12 / 22, abs=1e-3)
    assert found["ahead_low"] == pytest.approx(6 / 9 - 1, abs=1e-3)  # the second world drawn twice
    assert found["ahead_high"] == pytest.approx(6 / 9 - 4 / 14, abs=1e-3)
    nothing = leads.f1_figures(n_true, np.zeros((2, 2), dtype=int), rule)
    assert (nothing["f1"], nothing["f1_high"]) == (0.0, 0.0)


def test_the_second_maker_keeps_to_its_own_assumptions() -> None:
    from jobs.evaluation import second_lead_worlds as second
    from pipelines.comms import leads

    town, again = second.drawn(7, 1), second.drawn(7, 1)
    events = pd.concat(town.events)
    assert events.equals(pd.concat(again.events))
    assert events["started_at"].between(second.START, second.START + pd.Timedelta(days=second.N_DAYS)).all()
    assert (events["started_at"].dt.second == 0).all()
    assert {row[1] for row in town.truth} == set(leads.DETECTORS)
    km = 111.32 * np.hypot(*((town.masts[:, None] - town.masts[None]) * (1, 0.61)).T)
    nearest = np.sort(km, axis=1)[:, 1]
    assert 4.5 < np.median(nearest) < 7


def test_children_of_an_innocent_world_go_with_no_line() -> None:
    from jobs.evaluation import second_lead_worlds as second

    with_lines, without = second.drawn(7, 1, has_lines=False), second.drawn(8, 1, has_lines=False)
    assert "deal_line" in {row[1] for row in with_lines.truth}
    assert "missing_overlap" not in {row[1] for row in with_lines.truth}
    assert without.episodes == []


def test_the_phones_of_two_people_who_swap_are_not_carried_together_in_a_second_makers_world() -> None:
    """Of hours in which both were seen, in how many at one mast or those around: of one person's phones nearly all."""
    from jobs.evaluation import second_lead_worlds as second

    near: dict[bool, list[bool]] = {True: [], False: []}
    for seed in range(4):
        town = second.drawn(seed, 1)
        changed = {frozenset(row[2:4]) for row in town.truth if row[1] == "successor"}
        swaps = [row[2:4] for row in town.truth if row[1] == "swap" and frozenset(row[2:4]) not in changed]
        sims, evader = (next(pair for pair in swaps if (pair[1] is None) == is_one) for is_one in (False, True))
        pairs = {frozenset((sim, evader[0])): False for sim in sims}
        pairs |= {frozenset(row[2:4]): True for row in town.truth if row[1] == "two_phones"}
        events = pd.concat(town.events)
        of_a = events["direction"] == "OUTGOING"
        seen = pd.DataFrame({"number": events["a_number"].where(of_a, events["b_number"])})
        seen["hour"], seen["mast"] = events["started_at"].dt.floor("h"), events["first_cell"].str[1:].astype(int)
        both = seen.merge(seen, on="hour").query("number_x < number_y")
        for x, y, at_x, at_y in both[["number_x", "number_y", "mast_x", "mast_y"]].itertuples(index=False, name=None):
            if (is_one := pairs.get(frozenset((x, y)))) is not None:
                steps = np.abs(np.subtract(divmod(at_x, second.SIDE), divmod(at_y, second.SIDE))).sum()
                near[is_one].append(bool(steps <= 2))
    assert np.mean(near[True]) > 0.9
    assert np.mean(near[False]) < 0.7


def test_a_change_of_number_in_one_handset_is_a_swap_too_in_a_second_makers_world() -> None:
    from jobs.evaluation import second_lead_worlds as second

    town = second.drawn(7, 2)
    events = pd.concat(town.events)
    of_a = events["direction"] == "OUTGOING"
    handsets = events.groupby(events["a_number"].where(of_a, events["b_number"]))["imei"].agg(set)
    changed = [row[2:4] for row in town.truth if row[1] == "successor"]
    swaps = {frozenset(row[2:4]) for row in town.truth if row[1] == "swap"}
    in_one = [frozenset(pair) in swaps for pair in changed if handsets[pair[0]] & handsets[pair[1]]]
    assert all(in_one)
    assert 0 < len(in_one) < len(changed)
