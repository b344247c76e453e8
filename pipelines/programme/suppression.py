"""What may be published: no count under five, and none that others give away by subtraction.

Each figure counts rows; rows that are in the same figures are one cell. Who reads what is published knows the figures
as sums of cells. A withheld figure is safe while, for all that is published, it may be any of at least five numbers:
the least and the most that it can be are found by integer programming (HiGHS), over every way to fill the cells.
Figures that would give it away are withheld too, the smallest first. After Hundepool et al. (2012), Statistical
Disclosure Control, ch. 4: secondary suppression with an audit of ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize

LEAST = 5  # counts under it are not published; nor may a reader narrow one down to fewer numbers than these

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Published:
    """Figures with their counts, None where withheld, and why: `SMALL`, or `GIVES_AWAY` what is small."""

    counts: Mapping[str, int | None]
    why: Mapping[str, str]


def published(memberships: pd.DataFrame) -> Published:
    """Figures as they may be published.

    Args:
        memberships: one row per cell: a column per figure, 1 where it counts the cell's rows, and `n`, the rows.
    """
    names = [name for name in memberships.columns if name != "n"]
    rows = memberships["n"].to_numpy(dtype=np.int64)
    cells = memberships[names].to_numpy(dtype=np.int64).T  # figures by cells
    counts = cells @ rows
    cells = np.hstack([cells, _possible(names, cells, counts)])
    small = [n for n in range(len(names)) if counts[n] < LEAST]
    withheld = set(small)
    while given_away := _given_away(cells, counts, small, withheld):
        withheld.add(_next(cells, counts, given_away[0], withheld))
    why = {names[n]: "SMALL" if n in small else "GIVES_AWAY" for n in sorted(withheld)}
    return Published({name: None if n in withheld else int(counts[n]) for n, name in enumerate(names)}, why)


def _possible(names: list[str], cells: Ints, counts: Ints) -> Ints:
    """A cell for each figure that counts nothing: who reads does not know that nobody is in it. A part is in its whole
    (`disruptions pillar=PURSUE` in `disruptions`), and in whatever all of the whole is in."""
    empty = [n for n in range(len(names)) if counts[n] == 0]
    made = np.zeros((len(names), len(empty)), dtype=np.int64)
    for cell, n in enumerate(empty):
        whole = names[n].partition(" ")[0]
        of_whole = cells[names.index(whole)] == 1 if whole in names else np.zeros(cells.shape[1], dtype=bool)
        if of_whole.any():
            made[:, cell] = cells[:, of_whole].all(axis=1)
        made[n, cell] = 1
    return made


def span(cells: Ints, counts: Ints, known: list[int], asked: int) -> tuple[int, int]:
    """The least and the most that figure `asked` can be, for one who knows the figures `known`."""
    bounds = optimize.Bounds(0, int(counts.max(initial=0)) + LEAST)
    rules = [optimize.LinearConstraint(cells[known], counts[known], counts[known])] if known else []
    ends = []
    for sign in (1, -1):
        found = optimize.milp(
            sign * cells[asked], constraints=rules, bounds=bounds, integrality=np.ones(cells.shape[1])
        )
        ends.append(round(sign * found.fun))
    return ends[0], ends[1]


def _given_away(cells: Ints, counts: Ints, small: list[int], withheld: set[int]) -> list[int]:
    """The first small figure that what is published narrows down; empty where there is none."""
    known = [n for n in range(len(counts)) if n not in withheld]
    for n in small if known else ():
        low, high = span(cells, counts, known, n)
        if high - low + 1 < LEAST:
            return [n]
    return []


def _next(cells: Ints, counts: Ints, given_away: int, withheld: set[int]) -> int:
    """The published figure to withhold next: the smallest without which less is known of the one given away; where no
    single one helps, the smallest of all."""
    left = sorted((n for n in range(len(counts)) if n not in withheld), key=lambda n: (counts[n], n))
    low, high = span(cells, counts, left, given_away)
    for n in left:
        low_without, high_without = span(cells, counts, [each for each in left if each != n], given_away)
        if high_without - low_without > high - low:
            return n
    return left[0]
