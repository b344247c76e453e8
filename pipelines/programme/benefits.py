"""Benefits over stated distributions: hours, money and welfare, each a line of its own and never added up.

    hours      cases x (hours before - hours after)                          a year
    worth      the hours at the cost of an hour: no money that leaves or stays in a budget
    cash       cases x external spend avoided - running costs                pounds a year
    exposure   cases x (items opened before - items opened after)            distressing items not opened a year

A draw in which the tool makes things worse counts as it is: nothing is cut at nought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from pipelines.programme.distributions import Distribution, Floats, draws

Draws: TypeAlias = Mapping[str, Floats]
LOW, HIGH = 0.025, 0.975  # ends of the interval
ENDS = (0.05, 0.95)  # of a bar of a tornado


@dataclass(frozen=True)
class Line:
    """One line of the benefits: what it is, its unit, which figures it takes and how."""

    name: str
    unit: str
    says: str
    takes: tuple[str, ...]
    of: Callable[[Draws], Floats]


def _hours(value: Draws) -> Floats:
    return value["cases_per_year"] * (value["hours_before"] - value["hours_after"])


def _worth(value: Draws) -> Floats:
    return _hours(value) * value["hour_cost"]


def _cash(value: Draws) -> Floats:
    return value["cases_per_year"] * value["external_per_case"] - value["machine_per_year"] - value["other_per_year"]


def _exposure(value: Draws) -> Floats:
    return value["cases_per_year"] * (value["items_before"] - value["items_after"])


_OF_HOURS = ("cases_per_year", "hours_before", "hours_after")
_OF_CASH = ("cases_per_year", "external_per_case", "machine_per_year", "other_per_year")
LINES = (
    Line("hours", "hours a year", "staff hours not spent", _OF_HOURS, _hours),
    Line("worth", "pounds a year", "what those hours cost, in no budget",
         (*_OF_HOURS, "hour_cost"), _worth),
    Line("cash", "pounds a year", "external spend avoided less what running costs", _OF_CASH, _cash),
    Line("exposure", "items a year", "distressing items that nobody had to open",
         ("cases_per_year", "items_before", "items_after"), _exposure),
)  # fmt: skip
FIGURES = tuple(dict.fromkeys(name for line in LINES for name in line.takes))


@dataclass(frozen=True)
class Result:
    """A line's value: the median of its draws, the ends of its 95 % interval, and the share of draws above nought."""

    line: Line
    value: float
    low: float
    high: float
    above_nought: float
    shape: tuple[float, ...]  # shares of the draws in `edges`' bins
    edges: tuple[float, ...]


@dataclass(frozen=True)
class Bar:
    """One figure's bar of a tornado: the line at the figure's 5 % and 95 % points, all others at their medians."""

    line: str
    figure: str
    at_low: float
    at_high: float
    low: float
    high: float

    @property
    def swing(self) -> float:
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class BreakEven:
    """The value of a figure at which a line is nought, all others at their medians; None: there is none."""

    line: str
    figure: str
    median: float
    value: float | None


def missing(line: Line, figures: Mapping[str, Distribution]) -> tuple[str, ...]:
    """Figures of a line that nobody states."""
    return tuple(name for name in line.takes if name not in figures)


def simulate(figures: Mapping[str, Distribution], n: int, seed: int) -> list[Result]:
    """Each line all of whose figures are stated, by `n` draws."""
    drawn = draws(figures, n, seed)
    return [_result(line, line.of(drawn)) for line in _whole(figures)]


def _result(line: Line, values: Floats) -> Result:
    low, value, high = (float(each) for each in np.quantile(values, [LOW, 0.5, HIGH]))
    counts, edges = np.histogram(values, bins=30)
    shares = tuple(float(share) for share in counts / len(values))
    return Result(line, value, low, high, float(np.mean(values > 0)), shares, tuple(float(edge) for edge in edges))


def tornado(figures: Mapping[str, Distribution]) -> list[Bar]:
    """What matters: each line's bars, the widest first."""
    middle = {name: figure.quantile(0.5) for name, figure in figures.items()}
    bars = []
    for line in _whole(figures):
        of_line = []
        for name in line.takes:
            low, high = (float(figures[name].quantile(end)) for end in ENDS)
            at_low, at_high = (float(line.of({**middle, name: np.asarray(end)})) for end in (low, high))
            of_line.append(Bar(line.name, name, at_low, at_high, low, high))
        bars += sorted(of_line, key=lambda bar: (-bar.swing, bar.figure))
    return bars


def break_even(figures: Mapping[str, Distribution]) -> list[BreakEven]:
    """Where each line turns from loss to gain. A line is linear in each of its figures, so two points tell its root."""
    middle = {name: figure.quantile(0.5) for name, figure in figures.items()}
    found = []
    for line in _whole(figures):
        for name in line.takes:
            at_nought, at_one = (float(line.of({**middle, name: np.asarray(float(x))})) for x in (0, 1))
            root = None if at_nought == at_one else at_nought / (at_nought - at_one)
            if root != 0:  # a line that is nought of nothing at all breaks even nowhere
                is_possible = root is not None and root > 0
                found.append(BreakEven(line.name, name, float(middle[name]), root if is_possible else None))
    return found


def at_medians(figures: Mapping[str, Distribution]) -> dict[str, float]:
    """Each line with all its figures at their medians: where the bars of a tornado meet."""
    middle = {name: figure.quantile(0.5) for name, figure in figures.items()}
    return {line.name: float(line.of(middle)) for line in _whole(figures)}


def _whole(figures: Mapping[str, Distribution]) -> Sequence[Line]:
    return [line for line in LINES if not missing(line, figures)]
