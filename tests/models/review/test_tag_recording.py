"""Planted under-recording is found, none is found where there is none, and the test is Fisher's where it must be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from models.review import tag_recording

FORCES = ("22", "36", "37", "45", "47")
FAMILIES = ("*", "images", "missing", "online")


def counts(force: str = "36", family: str = "*", **given: int) -> dict[str, object]:
    whole = {"n_tagged": 40, "n_untagged": 1_000, "n_other": 0, "n_other_csae": 0, "n_drawn": 100, "n_drawn_csae": 5}
    return {"force": force, "family": family, **(whole | given)}


def table(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))


def by_force(rows: list[tag_recording.Row]) -> dict[str, tag_recording.Row]:
    return {row["force"]: row for row in rows}


def test_with_equal_shares_drawn_it_is_fishers_exact_test():
    found = by_force(tag_recording.rows(table(counts("36", n_drawn_csae=9), counts("37", n_drawn_csae=2))))
    peer = stats.fisher_exact([[9, 40], [2, 40]], alternative="greater")
    assert found["36"]["p_value"] == pytest.approx(peer.pvalue)
    assert found["36"]["p_adjusted"] == pytest.approx(2 * peer.pvalue)  # the smaller of two
    other = stats.fisher_exact([[2, 40], [9, 40]], alternative="greater")
    assert found["37"]["p_value"] == pytest.approx(other.pvalue)
    assert found["36"]["times"] == pytest.approx(1 / found["37"]["times"])
    assert found["36"]["times_low"] < found["36"]["times"] < found["36"]["times_high"]
    assert {type(value) for row in found.values() for value in row.values()} == {str, int, float}  # as Spark takes them


def test_what_was_drawn_more_is_not_taken_for_what_was_left_untagged():
    # Twice as many draws find twice as many: both leave 50 of 90 untagged.
    more = counts("36", n_drawn=200, n_drawn_csae=10)
    found = by_force(tag_recording.rows(table(more, counts("37"))))
    assert found["36"]["share"] == found["37"]["share"] == pytest.approx(50 / 90)
    assert found["36"]["times"] == pytest.approx(1, abs=0.05)
    assert found["36"]["state"] == found["37"]["state"] == "NOT_SHOWN"


def test_what_the_queue_found_for_its_score_is_untagged_too():
    """30 CSAE of 100 read for their score, and 2 in 100 draws of the other 900: 48 hidden in 1,000, 40 tagged."""
    found = by_force(
        tag_recording.rows(table(counts("36", n_other=100, n_other_csae=30, n_drawn_csae=2), counts("37")))
    )
    assert found["36"]["share"] == pytest.approx(48 / 88)
    assert found["36"]["state"] == "NOT_SHOWN"


def test_few_are_told_to_be_few_and_get_no_number():
    none_drawn = counts("36", n_drawn=0, n_drawn_csae=0)
    few = tag_recording.rows(table(none_drawn, counts("37"), counts("22", n_drawn=19), counts("45", n_tagged=4)))
    states = {row["force"]: row["state"] for row in few}
    assert states == {"36": "TOO_FEW", "22": "TOO_FEW", "45": "TOO_FEW", "37": "NOT_SHOWN"}
    assert by_force(few)["36"]["share"] is None
    assert by_force(few)["22"]["p_value"] is None
    assert tag_recording.rows(table(counts("36")))[0]["state"] == "TOO_FEW"  # nobody to compare with
    assert tag_recording.rows(table(counts()).iloc[:0]) == []


@pytest.mark.parametrize(
    "wrong", [{"n_drawn_csae": 101}, {"n_other": 950}, {"n_other_csae": 1}, {"n_tagged": -1}, {"n_drawn": None}]
)
def test_counts_that_contradict_each_other_are_refused(wrong: dict[str, int]):
    with pytest.raises(ValueError, match="force 36, family \\* contradict"):
        tag_recording.rows(table(counts("37"), counts("36", **wrong)))


def simulated(rng: np.random.Generator, planted: float) -> pd.DataFrame:
    """Nights of five forces that leave a fifth of their CSAE reports untagged, and force 36 `planted` times the odds of
    one family. Forces have sizes and shares of draws of their own; the queue reads what it likes best first."""
    made = []
    for force, size in zip(FORCES, (1_500, 3_000, 6_000, 9_000, 2_000), strict=True):
        for family, part in zip(FAMILIES, (1.0, 0.3, 0.4, 0.2), strict=True):
            odds = 0.25 * (planted if (force, family) == ("36", "images") else 1)
            n_csae = rng.poisson(0.1 * size * part)
            hidden = rng.binomial(n_csae, odds / (1 + odds))
            untagged = round(size * part * 0.9) + hidden
            other = untagged // 10
            other_csae = min(rng.binomial(hidden, 0.5), other)
            drawn = round(0.15 * rng.uniform(0.5, 2) * (untagged - other))
            drawn_csae = rng.hypergeometric(hidden - other_csae, untagged - other - hidden + other_csae, drawn)
            made.append((force, family, n_csae - hidden, untagged, other, other_csae, drawn, drawn_csae))
    return pd.DataFrame(made, columns=["force", "family", *tag_recording.COUNTS])


def told(rows: list[tag_recording.Row]) -> set[tuple[str, str]]:
    return {(row["force"], row["family"]) for row in rows if row["state"] == "UNDER_RECORDED"}


@pytest.mark.slow
def test_nothing_is_told_where_nothing_differs_and_what_is_planted_is_found(monkeypatch: pytest.MonkeyPatch):
    """Of 150 nights without a difference at most a twentieth may tell anything, give or take chance. Planted is a
    force that leaves three in five reports of one family untagged where others leave one in five."""
    monkeypatch.setattr(tag_recording, "_times", lambda table, odds: {})  # decides nothing, and takes the time
    rng = np.random.default_rng(11)
    alarms = sum(bool(told(tag_recording.rows(simulated(rng, 1)))) for _ in range(150))
    nights = [told(tag_recording.rows(simulated(rng, 6))) for _ in range(30)]
    found = np.mean([("36", "images") in night for night in nights])
    others = np.mean([bool(night - {("36", "images"), ("36", "*")}) for night in nights])
    print(f"false alarms: {alarms} of 150 nights; planted found in {found:.2f} of 30; others told in {others:.2f}")
    assert alarms <= stats.binom.ppf(0.99, 150, tag_recording.ALPHA)
    assert found >= 0.7
    assert others <= 0.15
