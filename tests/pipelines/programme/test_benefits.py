"""Benefits: what claims imply, simulation against closed forms and numpy's own draws, what matters, what is unknown."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipelines.programme import benefits, distributions, implied, own
from pipelines.programme.distributions import Distribution
from schemas.programme import published

CASES = Distribution("pert", 40, 90, 60)
BEFORE, AFTER = Distribution("lognormal", 12, 25), Distribution("triangular", 5, 12, 8)
HOURS = {"cases_per_year": CASES, "hours_before": BEFORE, "hours_after": AFTER}


def test_what_was_published_implies_what_a_case_took_and_that_most_is_not_staff_time():
    of = {each.name: each.value for each in implied.of_claims(published.BENEFITS)}
    assert round(of["hours_before"], 1) == 17.3
    assert round(of["hours_after"], 1) == 7.8
    assert of["hours_per_use"] == 1.28
    assert of["pounds_per_use"] == 1600
    assert of["pounds_per_hour"] == 1250
    assert round(of["pounds_per_force"]) == 9907
    assert implied.hour_cost_at(published.BENEFITS, 0.5) == 625
    assert implied.staff_share(published.BENEFITS, 625) == 0.5


def test_a_case_that_is_faster_by_more_than_all_of_its_time_is_refused():
    claims = {**published.BENEFITS, "share_faster": published.Claim(1.2, "share", "")}
    with pytest.raises(ValueError, match=r"1\.2 is no share"):
        implied.of_claims(claims)


@pytest.mark.parametrize("form", [*distributions.FORMS, *distributions.MEASURED])
def test_draws_are_of_the_distribution_that_numpy_draws(form: str):
    low, likely, high = (3.0, None, 9.0) if form in ("uniform", "lognormal", *distributions.MEASURED) else (3, 4, 9)
    ours = distributions.draws({"x": Distribution(form, low, high, likely)}, 4000, 7)["x"]
    rng = np.random.default_rng(1)
    spread = math.log(3) / (2 * 1.6448536269514722)
    theirs = {
        "pert": lambda: 3 + 6 * rng.beta(1 + 4 / 6, 1 + 4 * 5 / 6, 4000),
        "triangular": lambda: rng.triangular(3, 4, 9, 4000),
        "uniform": lambda: rng.uniform(3, 9, 4000),
        "lognormal": lambda: rng.lognormal(math.log(27) / 2, spread, 4000),
        "normal": lambda: rng.normal(3, 9, 4000),
        "beta": lambda: rng.beta(3, 9, 4000),
    }[form]()
    assert stats.ks_2samp(ours, theirs).pvalue > 0.001


def test_ends_of_a_stated_figure_mean_what_the_settings_say():
    assert BEFORE.quantile(np.array([0.05, 0.95])) == pytest.approx([12, 25])
    assert Distribution("pert", 7, 7, 7).median == 7
    with pytest.raises(ValueError, match="no form"):
        Distribution("gamma", 1, 2).quantile(0.5)


def test_a_line_is_the_product_of_its_figures_and_one_more_figure_changes_none():
    (hours,) = benefits.simulate(HOURS, 20_000, 1)
    means = [(40 + 4 * 60 + 90) / 6, math.exp(math.log(300) / 2 + (math.log(25 / 12) / 3.2897) ** 2 / 2), 25 / 3]
    drawn = distributions.draws(HOURS, 20_000, 1)
    of_line = drawn["cases_per_year"] * (drawn["hours_before"] - drawn["hours_after"])
    assert of_line.mean() == pytest.approx(means[0] * (means[1] - means[2]), rel=0.005)
    assert (hours.low, hours.high) == pytest.approx(tuple(np.quantile(of_line, [0.025, 0.975])))
    more = benefits.simulate({**HOURS, "hour_cost": Distribution("uniform", 35, 45)}, 20_000, 1)
    assert more[0] == hours
    assert [each.line.name for each in more] == ["hours", "worth"]


def test_a_line_with_a_figure_that_nobody_states_is_unknown_and_not_nought():
    lines = {line.name: benefits.missing(line, HOURS) for line in benefits.LINES}
    assert lines["hours"] == ()
    assert lines["cash"] == ("external_per_case", "machine_per_year", "other_per_year")
    assert [each.line.name for each in benefits.simulate(HOURS, 100, 1)] == ["hours"]


def test_what_makes_things_worse_counts_as_it_is():
    worse = {**HOURS, "hours_before": Distribution("uniform", 2, 4)}
    (hours,) = benefits.simulate(worse, 1000, 1)
    assert hours.high < 0
    assert hours.above_nought == 0


def test_the_widest_bar_comes_first_and_a_line_is_nought_where_it_breaks_even():
    figures = {
        **HOURS, "external_per_case": Distribution("pert", 0, 1500, 300),
        "machine_per_year": Distribution("normal", 700, 20), "other_per_year": Distribution("uniform", 9000, 12000),
    }  # fmt: skip
    bars = benefits.tornado(figures)
    for name in ("hours", "cash"):
        swings = [bar.swing for bar in bars if bar.line == name]
        assert swings == sorted(swings, reverse=True)
    assert next(bar.figure for bar in bars if bar.line == "hours") == "hours_before"
    middle = {name: figure.quantile(0.5) for name, figure in figures.items()}
    lines = {line.name: line for line in benefits.LINES}
    even = benefits.break_even(figures)
    assert {each.figure for each in even if each.line == "hours"} == {"hours_before", "hours_after"}
    for each in even:
        assert each.value is not None
        at = lines[each.line].of({**middle, each.figure: np.asarray(each.value)})
        assert float(at) == pytest.approx(0, abs=1e-6)


EFFORTS = pd.DataFrame(
    [("36", "SCORED", 400, 200, 400, 48_000.0, 400 * (120.0**2 + 60**2)),
     ("36", "RANDOM", 500, 25, 500, 60_000.0, 500 * (120.0**2 + 60**2)),
     ("37", "SCORED", 40, 20, 0, 0.0, 0.0)],
    columns=list(own.COLUMNS),
)  # fmt: skip


def test_own_figures_are_what_counts_give_and_compare_the_queue_with_chance():
    of = {(each.force, each.name): each for each in own.figures(EFFORTS, 1)}
    assert of["36", "items per find, by the queue"].value == pytest.approx(2, rel=0.02)
    assert of["36", "items per find, by chance"].value == pytest.approx(20, rel=0.03)
    saved = of["36", "hours saved per find"]
    assert saved.value == pytest.approx(18 * 120 / 3600, rel=0.05)
    assert saved.low is not None
    assert saved.high is not None
    # Wilson's interval of 25 in 500, of which the interval per find is about the inverse.
    assert saved.low == pytest.approx((1 / 0.0728 - 2) * 120 / 3600, rel=0.05)
    assert saved.high == pytest.approx((1 / 0.0341 - 2) * 120 / 3600, rel=0.08)
    assert of["*", "items per find, by the queue"].n == 440


def test_what_cannot_be_measured_says_why_and_is_no_number():
    of = {(each.force, each.name): each for each in own.figures(EFFORTS, 1)}
    chance, hours = of["37", "items per find, by chance"], of["37", "hours per find, by the queue"]
    assert (chance.value, chance.why) == (None, "nothing shown by chance was decided yet")
    assert (hours.value, hours.why) == (None, "fewer than two decisions were timed")
    assert own.figures(EFFORTS.iloc[:0], 1) == []


def test_running_costs_are_of_every_run_and_have_no_price_that_nobody_states():
    told = [{"night": f"2026-01-0{n}", "seconds": seconds} for n, seconds in ((1, 180), (1, 60), (2, 120), (3, 180))]
    made = own.running([*told, {"night": "2025-12-01"}], None)
    assert (made["n_runs"], made["n_nights"], made["pounds_per_year"]) == (4, 3, None)
    assert made["hours"] == pytest.approx((240 + 120 + 180) / 3 / 3600)
    priced = own.running(told, 2.0)
    assert priced["pounds_per_year"] == pytest.approx(priced["hours"] * 365.25 * 2)
    assert priced["distribution"].median == pytest.approx(priced["pounds_per_year"])
    assert own.running([], 2.0)["hours"] is None
