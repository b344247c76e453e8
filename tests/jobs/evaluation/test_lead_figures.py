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
