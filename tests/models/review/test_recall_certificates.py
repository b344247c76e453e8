"""Certificates from rows: what is unknown counts as missed, and the words fit the numbers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.review import recall_certificates

AIM = recall_certificates.Aim(recall=0.8, alpha=0.05)
FIRST = date(2026, 1, 5)


def draws(n: int, pool: int, nights: int = 1) -> pd.DataFrame:
    """`n` draws over some nights, the pool one smaller each time."""
    night = [FIRST + timedelta(days=k * nights // max(n, 1)) for k in range(n)]
    number = pd.Series(night).groupby(night).cumcount() + 1 if n else []
    return pd.DataFrame(
        {
            "report_id": [f"d{k}" for k in range(n)], "force": "36", "drawn_on": night, "draw_number": number,
            "n_pool": [pool - k for k in range(n)],
        }
    )  # fmt: skip


def settled(
    drawn: int, found: int, *, drawn_csae: int = 0, unsaid: int = 0, on: date = FIRST + timedelta(days=1)
) -> pd.DataFrame:
    rows = [(f"d{k}", k < drawn_csae) for k in range(drawn)] + [(f"t{k}", True) for k in range(found)]
    rows += [(f"u{k}", None) for k in range(unsaid)]
    return pd.DataFrame(
        {
            "report_id": [r for r, _ in rows], "force": "36",
            "is_csae": pd.Series([c for _, c in rows], dtype=object), "decided_on": on,
        }
    )  # fmt: skip


def counts(size: int, left: int = 0, later: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"force": ["36"], "n_population": [size], "n_left": [left], "n_later": [later]})


def test_what_stands_outside_a_pool_is_counted_as_missed_unless_known_not_to_be():
    """Of 100, the first night draws d0..d2, the second d3, d4; d0 is settled as not CSAE in between, t0 as CSAE."""
    drawn = draws(5, 100, nights=2)
    drawn["n_pool"] = [100, 99, 98, 96, 95]  # before the second night's first draw, d0..d2 and t0 are outside
    stratum = recall_certificates.stratum_of(100, settled(1, 1), drawn)
    assert stratum.is_csae.tolist() == [False, True, True, True, True]  # all but d0 are undecided
    assert stratum.outside.tolist() == [0, 0, 1, 3, 4]  # d0 never counts once it was drawn
    assert (stratum.n_not, stratum.n_found) == (1, 1)


def test_nothing_drawn_or_nothing_found_cannot_be_certified():
    (alone, pooled) = recall_certificates.rows(counts(100), settled(0, 5), draws(4, 100), {}, AIM)
    assert alone["state"] == pooled["state"] == "CANNOT_CERTIFY"
    assert "no row that chance drew" in alone["why"]
    assert (pooled["n_unknown"], pooled["n_later"]) == (4, 3)
    (alone, _) = recall_certificates.rows(counts(100), settled(40, 0), draws(40, 100), {}, AIM)
    assert alone["state"] == "CANNOT_CERTIFY"
    assert alone["recall_at_least"] == 0
    assert alone["n_more_draws"] is None


def test_enough_blank_draws_certify_and_what_left_the_scope_lowers_the_claim():
    first = recall_certificates.rows(counts(300), settled(200, 30), draws(200, 270, 10), {}, AIM)[0]
    assert first["state"] == "CERTIFIED"
    assert first["n_drawn_decided"] == 200
    assert first["n_found"] == 30
    fewer = recall_certificates.rows(counts(300, left=20), settled(200, 30), draws(200, 250, 10), {}, AIM)[0]
    assert fewer["recall_at_least"] < first["recall_at_least"]
    assert fewer["n_unknown"] == 20
    assert fewer["n_missed_at_most"] >= 20


def test_below_the_target_it_says_how_many_more_draws_it_takes():
    row = recall_certificates.rows(counts(2000), settled(60, 30), draws(60, 1970, 10), {"36": 30}, AIM)[0]
    assert row["state"] == "BELOW_TARGET"
    assert row["n_found_before"] == 30
    assert row["n_more_draws"] > 60
    assert 0 < row["recall_at_least"] < 0.8


def test_forces_are_pooled_and_no_force_gives_no_row():
    two = pd.concat([counts(300), counts(300).assign(force="37")])
    other = draws(150, 290, 5).assign(force="37", report_id=lambda f: "o" + f["report_id"])
    labels = pd.concat(
        [settled(150, 10), settled(150, 10).assign(force="37", report_id=lambda f: "o" + f["report_id"])]
    )
    rows = recall_certificates.rows(two, labels, pd.concat([draws(150, 290, 5), other]), {}, AIM)
    assert [row["force"] for row in rows] == ["36", "37", "*"]
    assert rows[2]["n_found"] == 20
    assert rows[2]["n_missed_at_most"] <= rows[0]["n_missed_at_most"] + rows[1]["n_missed_at_most"]
    assert recall_certificates.rows(two.iloc[:0], labels.iloc[:0], other.iloc[:0], {}, AIM) == []
    assert np.isfinite(rows[2]["recall_at_least"])
