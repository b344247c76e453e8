"""Words of names: what agrees with what, and what must not."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.travel import names as travel_names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed", "Muhammad"), ("Yusuf", "Yousef"), ("Aisha", "Ayesha"), ("Chaudhry", "Choudhary"),
        ("Zofia", "Sofia"), ("Nowak", "Novak"), ("Katherine", "Catherine"), ("Stephen", "Steven"), ("Omar", "Umar"),
    ],
)  # fmt: skip
def test_spellings_share_a_skeleton(one: str, other: str) -> None:
    assert travel_names.skeleton(travel_names.folded(one)) == travel_names.skeleton(travel_names.folded(other))


def test_folding_keeps_letters_only() -> None:
    assert travel_names.folded("Renée O’Brien-Łukasz ") == "RENEE OBRIEN LUKASZ"
    assert travel_names.folded("") == ""
    assert travel_names.skeleton("") == ""


def test_levels_of_agreement() -> None:
    # One block of the comparison, as Spark gives it: wanted words against words of lists with how often they stand.
    left = pd.DataFrame({"wanted": ["MOHAMMED", "FLETCHER", "LEE"]})
    right = pd.DataFrame(
        {"word": ["MOHAMMED", "MUHAMMAD", "M", "FLETCHR", "FLEMING", "LEO", "LEE"], "n": [9, 4, 2, 1, 3, 5, 6]}
    )
    found = travel_names._compared(left, right)
    levels = {(row.wanted, row.word): row.level for row in found.itertuples()}
    assert levels["MOHAMMED", "MOHAMMED"] == "EXACT"
    assert levels["MOHAMMED", "MUHAMMAD"] == "SPELLING"
    assert levels["MOHAMMED", "M"] == "INITIAL"
    assert levels["FLETCHER", "FLETCHR"] in ("CLOSE", "SPELLING")
    assert ("FLETCHER", "FLEMING") not in levels
    assert ("LEE", "LEO") not in levels  # one shared sound is an accident
    assert levels["LEE", "LEE"] == "EXACT"


def test_short_forms_go_both_ways() -> None:
    assert ("WILLIAM", "BILL") in travel_names._SHORT
    assert ("BILL", "WILLIAM") in travel_names._SHORT
