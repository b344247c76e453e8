"""How much of what is hidden was found so far, as a lower bound that may be looked at every night.

A frame is a fixed set of N reports of one force of which an unknown number M is CSAE. Every night some reports are read
because they score high, and some because chance drew them. Before a draw the pool holds n reports, and of the N - n
outside it at most S are CSAE: all but those known not to be. Whatever happened before, the next drawn report is CSAE
with probability (M - S) / n. So for each m the wealth of somebody who bets on "fewer than m" is a test martingale under
M = m, and by Ville's inequality it exceeds 1/alpha at any time with probability alpha at most: the m at which it never
did are a confidence sequence for sampling without replacement (Waudby-Smith and Ramdas 2020, *Confidence sequences for
sampling without replacement*, NeurIPS; the bets are those of Waudby-Smith and Ramdas 2024, *Estimating means of bounded
random variables by betting*, JRSS-B, section 5, mixed over fixed stakes). Reports read because they score high only
move S and n, which are fixed before the draw: they may be chosen in any way that does not know the draw to come.

A label that is not known (an undecided draw, a report referred elsewhere or gone from scope) counts as CSAE in every
place. That can only lower the wealth, so the bound stays valid at each look while decisions are outstanding.

Forces draw at rates of their own, so they are strata: their draws are independent, the product of their wealths is a
martingale too, and the pooled bound takes the allocation of misses to forces that is worst for us (Spertus and Stark
2022, *Sweeter than SUITE*). Log wealth is convex in m, so the worst allocation is found by taking the cheapest next
miss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALPHA = 0.05
STAKES = np.array([0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 0.96, 0.98, 0.99, 0.995, 1.0])  # shares of the largest safe bet
MAX_STEPS = 4_000  # places at which a stratum's wealth is computed; coarser ones are rounded against us


@dataclass(frozen=True)
class Stratum:
    """Draws from one force's frame, in the order in which they were drawn.

    Attributes:
        size: reports in the frame, N.
        n_not: reports of the frame that are known not to be CSAE by now, drawn or not.
        n_found: reports of the frame that are known to be CSAE by now.
        is_csae: per draw, True also where its label is not known.
        pool: per draw, reports that could be drawn, n.
        outside: per draw, reports outside the pool that are or may be CSAE, S.
    """

    size: int
    n_not: int
    n_found: int
    is_csae: np.ndarray
    pool: np.ndarray
    outside: np.ndarray

    @property
    def most(self) -> int:
        """CSAE reports of the frame at most, by counting alone."""
        return self.size - self.n_not


@dataclass(frozen=True)
class Bound:
    """What may be claimed with confidence 1 - alpha, at all looks together.

    Attributes:
        most: CSAE reports in the frame at most.
        by_counting: the same without any draw.
        found: of those, found.
        recall: share of hidden CSAE reports found, at least; 0 where nothing was found.
    """

    most: int
    by_counting: int
    found: int
    recall: float

    @property
    def is_informative(self) -> bool:
        """The draws said more than counting does."""
        return self.most < self.by_counting


def log_wealth(stratum: Stratum, m: np.ndarray) -> np.ndarray:
    """Log wealth against "M = m" per m. Infinite where m was shown to be impossible."""
    return _mixed(_by_stake(stratum, m))


def _by_stake(stratum: Stratum, m: np.ndarray) -> np.ndarray:
    """Log wealth, stakes x values of m."""
    zero = ~stratum.is_csae
    share = (m[:, None] - stratum.outside[zero]) / stratum.pool[zero]  # chance of a CSAE report at each blank draw
    odds = np.where(share < 1, np.clip(share, 0, 1) / np.maximum(1 - share, 1e-300), np.inf)
    with np.errstate(divide="ignore"):
        lost = np.log1p(-STAKES) * stratum.is_csae.sum() if stratum.is_csae.any() else np.zeros(len(STAKES))
    with np.errstate(invalid="ignore"):  # a lost stake of all and an impossible m: the other stakes say impossible
        wealth = np.stack([np.log1p(stake * odds).sum(axis=1) + cost for stake, cost in zip(STAKES, lost, strict=True)])
    return np.nan_to_num(wealth, nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def _mixed(by_stake: np.ndarray) -> np.ndarray:
    top = by_stake.max(axis=0)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(over="ignore"):
        return np.where(np.isfinite(top), safe + np.log(np.exp(by_stake - safe).mean(axis=0)), top)


def bound(strata: Sequence[Stratum], alpha: float = ALPHA, *, found_before: int = 0) -> Bound:
    """The bound of one or several forces together.

    Args:
        strata: one per force; their draws are independent given what was drawn before.
        found_before: CSAE reports found before the frame was opened; they count as hidden and found.
    """
    n_positive = sum(s.n_found for s in strata) + found_before
    counting = sum(s.most for s in strata) + found_before
    most = max(_most(strata, np.log(1 / alpha)) + found_before, n_positive)
    return Bound(most, counting, n_positive, n_positive / most if most else 0.0)


def _most(strata: Sequence[Stratum], limit: float) -> int:
    """Largest sum of m over strata at which the product of wealths stays below the limit."""
    base, costs, sizes = 0.0, [], []
    total = 0
    for stratum in strata:
        least = min(stratum.n_found, stratum.most)
        step = max(1, -(-(stratum.most - least) // MAX_STEPS))
        m = np.unique(np.append(np.arange(least, stratum.most, step), stratum.most))
        wealth = np.concatenate([log_wealth(stratum, part) for part in np.array_split(m, max(1, len(m) // 500))])
        wealth = np.maximum.accumulate(wealth)  # equal already but for rounding
        total += least
        base += float(wealth[0])
        with np.errstate(invalid="ignore"):
            costs.append(np.where(np.isfinite(wealth[1:]), np.diff(wealth), np.inf))
        sizes.append(np.diff(m))
    cost, size = np.concatenate(costs), np.concatenate(sizes)
    per_miss = cost / size
    order = np.argsort(per_miss, kind="stable")
    spent = base + np.cumsum(cost[order])
    affordable = int(np.searchsorted(spent, limit, side="left"))  # the first step that reaches the limit
    total += int(size[order][:affordable].sum())
    if affordable < len(order) and size.max(initial=1) > 1:
        total += int(size[order][affordable])  # part of a coarse step might still have been affordable
    return total


def draws_to_certify(stratum: Stratum, recall: float, alpha: float = ALPHA, *, found_before: int = 0) -> int | None:
    """Further draws after which `recall` can probably be claimed; None: no number of draws would do.

    Taken is that later draws find CSAE as often as those before.
    Nothing that those draws find is counted as found, so it is rather too many than too few. For several forces pass
    their draws as one stratum: an estimate, where the bound itself takes the worst allocation.
    """
    n_positive = stratum.n_found + found_before
    if not n_positive:
        return None
    m = int(n_positive / recall) + 1 - found_before  # the smallest number of CSAE reports that must be ruled out
    if m > stratum.most:
        return 0
    by_stake = _by_stake(stratum, np.array([m]))[:, 0]
    left = int(stratum.pool[-1]) - 1 if len(stratum.pool) else stratum.size
    outside = int(stratum.outside[-1] + stratum.is_csae[-1]) if len(stratum.pool) else stratum.n_found
    share = min(max((m - outside) / max(left, 1), 0.0), 1 - 1e-9)
    rate = float(stratum.is_csae.mean()) if len(stratum.is_csae) else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = (1 - rate) * np.log1p(STAKES * share / (1 - share)) + rate * np.log1p(-STAKES)
    n = np.arange(left + 1)
    with np.errstate(invalid="ignore"):
        path = np.nan_to_num(by_stake[:, None] + gain[:, None] * n, nan=-np.inf)
    enough = np.flatnonzero(_mixed(path) >= np.log(1 / alpha))
    return int(enough[0]) if len(enough) else None


def together(strata: Sequence[Stratum]) -> Stratum:
    """Several forces' draws as if from one frame, for estimates only."""
    return Stratum(
        sum(s.size for s in strata),
        sum(s.n_not for s in strata),
        sum(s.n_found for s in strata),
        np.concatenate([s.is_csae for s in strata]),
        np.full(sum(len(s.pool) for s in strata), max(sum(int(s.pool[-1]) for s in strata if len(s.pool)), 1)),
        np.full(sum(len(s.pool) for s in strata), sum(s.n_found for s in strata)),
    )
