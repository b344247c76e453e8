"""What may be published: nothing under five, and nothing that subtraction, over any of the figures, gives back."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pandas as pd
import pytest

from pipelines.programme import suppression


def test_what_is_under_five_is_withheld_and_so_is_what_gives_it_away():
    parts = ["all", "all pillar=A", "all pillar=B", "all pillar=C"]
    table = pd.DataFrame([(1, 1, 0, 0, 97), (1, 0, 1, 0, 33), (1, 0, 0, 1, 3)], columns=[*parts, "n"])
    made = suppression.published(table)
    assert made.counts == {"all": 133, "all pillar=A": 97, "all pillar=B": None, "all pillar=C": None}
    assert made.why == {"all pillar=B": "GIVES_AWAY", "all pillar=C": "SMALL"}


def test_a_figure_that_lies_within_another_is_not_given_away_by_it():
    table = pd.DataFrame([(1, 1, 4), (1, 0, 56)], columns=["groups", "new", "n"])
    made = suppression.published(table)
    assert made.counts == {"groups": 60, "new": None}  # the other 56 are not published, so nothing subtracts


def test_a_complement_in_another_figure_gives_away_and_is_withheld():
    table = pd.DataFrame([(1, 1, 0, 4), (1, 0, 1, 56)], columns=["groups", "new", "known", "n"])
    made = suppression.published(table)
    assert made.counts["new"] is None
    assert made.counts["known"] is None
    assert made.counts["groups"] == 60


def test_a_figure_of_nothing_is_small_too_and_is_not_told_by_its_siblings():
    table = pd.DataFrame([(1, 1, 0, 0, 20), (1, 0, 1, 0, 30)], columns=["all", "all k=A", "all k=B", "all k=C", "n"])
    made = suppression.published(table)
    assert made.counts["all k=C"] is None
    assert [name for name, n in made.counts.items() if n is None] == ["all k=A", "all k=C"]


def _possible(figures: list[tuple[int, ...]], known: dict[int, int], asked: int, most: int) -> set[int]:
    """Every number that a figure can be, by trying every way to fill the cells: the slow and sure way."""
    found = set()
    for cells in itertools.product(range(most + 1), repeat=len(figures[0])):
        sums = [sum(c for c, is_in in zip(cells, figure, strict=True) if is_in) for figure in figures]
        if all(sums[n] == value for n, value in known.items()):
            found.add(sums[asked])
    return found


@pytest.mark.parametrize("seed", range(6))
def test_what_is_published_leaves_at_least_five_numbers_when_all_are_tried(seed: int):
    rng = random.Random(seed)
    cells = [(1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1)]
    cells = [(*cell, rng.randint(0, 1)) for cell in cells]
    rows = [rng.choice((1, 3, 6, 9)) for _ in cells]
    table = pd.DataFrame([(*cell, n) for cell, n in zip(cells, rows, strict=True)], columns=[*"abcde", "n"])
    made = suppression.published(table)
    figures = list(zip(*cells, strict=True))
    known = {n: count for n, count in enumerate(made.counts.values()) if count is not None}
    for n, name in enumerate("abcde"):
        if made.why.get(name) == "SMALL" and any(figures[n]) and known:
            assert len(_possible(figures, known, n, 18)) >= suppression.LEAST


def test_a_span_is_that_of_whole_numbers():
    cells = np.array([[1, 1], [1, 0]])
    assert suppression.span(cells, np.array([9, 4]), [0], 1) == (0, 9)
    assert suppression.span(cells, np.array([9, 4]), [0, 1], 1) == (4, 4)
