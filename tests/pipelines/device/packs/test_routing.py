"""Postcodes to forces: what is more exact counts first, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.device.packs import routing
from schemas import codes

LINES = "postcode,force\nNR,36\nnr34,36\nNR34,37\nNR34 7,37\nIP22 4AA,36\nIP,37\nEC,48\nE,01\n"


def table(tmp_path: Path, text: str = LINES) -> routing.Table:
    path = tmp_path / "places.csv"
    path.write_text(text, encoding="utf-8")
    return routing.load(path)


@pytest.mark.parametrize(
    ("postcodes", "force"),
    [
        (["NR3 1CA"], "36"), (["NR34 8CA"], codes.NATIONAL), (["NR34 7CA"], "37"), (["IP22 4AA"], "36"),
        (["IP22 4AB"], "37"), (["EC1A 1CA"], "48"), (["E1 6CA"], "01"), (["ZE1 0CA"], codes.NATIONAL),
        ([], codes.NATIONAL),
        (["NR3 1CA", "NR4 1CA"], "36"), (["NR3 1CA", "IP1 1CA"], codes.NATIONAL),
        (["NR3 1CA", "ZE1 0CA"], codes.NATIONAL),
        (["N1 1CA"], codes.NATIONAL),  # of another area, whatever letters it begins with
    ],
)  # fmt: skip
def test_a_postcode_has_one_force_or_goes_to_the_national_queue(tmp_path: Path, postcodes: list[str], force: str):
    assert routing.route(postcodes, table(tmp_path)) == force


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("outcode,force\nNR,36\n", "needs the columns postcode, force"),
        ("postcode,force\nNR,36\n\nNorwich,36\n", "line 4: no area"),
        ("postcode,force\nNR,Norfolk\n", "line 2: no force code"),
        ("postcode,force\nNR,UK\n", "line 2: no force code"),
        ("postcode,force\nNR\n", "line 2: no force code"),
        ("", "needs the columns"),
    ],
)
def test_a_table_that_is_none_says_where(tmp_path: Path, text: str, why: str):
    with pytest.raises(ValueError, match=why):
        table(tmp_path, text)


def test_without_a_table_everything_is_national():
    assert routing.route(["NR3 1CA"], {}) == codes.NATIONAL
