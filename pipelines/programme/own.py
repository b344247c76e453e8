"""Own figures: what a find costs with the queue, and what it would cost to find by chance. From decisions alone.

Rows that chance drew are read like others, so their yield says how many reports of a force have to be opened for one
find without a ranking. Nothing here says what a force did before: that is nobody's record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipelines.programme.distributions import Distribution, draws, mean_of, share_of

POOLED = "*"
N_DRAWS = 20_000
KINDS = {"SCORED": "by the queue", "RANDOM": "by chance"}
COLUMNS = ("force", "kind", "n", "n_csae", "n_timed", "seconds", "squares")


@dataclass(frozen=True)
class Own:
    """One measured figure with its 95 % interval; no value where it cannot be said, and then why."""

    force: str
    name: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    n: int  # decisions behind it
    why: str = ""


def figures(efforts: pd.DataFrame, seed: int) -> list[Own]:
    """Items and hours for each find, by the queue and by chance, and what the queue saves; per force and pooled.

    Args:
        efforts: force, kind (SCORED or RANDOM, others are left out), n, n_csae, n_timed, seconds, squares (sums over
            decisions whose time was measured).
    """
    kept = efforts[efforts["kind"].isin(list(KINDS))]
    groups = [(str(force), part) for force, part in kept.groupby("force")]
    groups += [(POOLED, kept)] if len(kept) else []
    return [figure for force, part in groups for figure in _of_force(force, part, seed)]


def _of_force(force: str, part: pd.DataFrame, seed: int) -> list[Own]:
    sums = part.groupby("kind")[list(COLUMNS[2:])].sum()
    timed = sums.sum()
    seconds = mean_of(int(timed["n_timed"]), float(timed["seconds"]), float(timed["squares"]), "decision times")
    yields = {kind: _yield(sums, kind) for kind in KINDS}
    known: dict[str, Distribution] = {name: each for name, each in yields.items() if each is not None}
    known |= {"seconds": seconds} if seconds is not None else {}
    drawn = draws(known, N_DRAWS, seed)
    n = {kind: int(sums["n"].get(kind, 0)) for kind in KINDS}
    whole = {kind: kind in drawn for kind in KINDS}
    nothing = {kind: f"nothing shown {said} was decided yet" for kind, said in KINDS.items()}
    made = []
    for kind, said in KINDS.items():
        items = 1 / drawn[kind] if whole[kind] else None
        made.append(_own(force, f"items per find, {said}", "items", items, n[kind], nothing[kind]))
        hours = items * drawn["seconds"] / 3600 if items is not None and "seconds" in drawn else None
        why = nothing[kind] if not whole[kind] else "fewer than two decisions were timed"
        made.append(_own(force, f"hours per find, {said}", "hours", hours, n[kind], why))
    both = all(whole.values())
    why = next((nothing[kind] for kind in KINDS if not whole[kind]), "fewer than two decisions were timed")
    saved = 1 / drawn["RANDOM"] - 1 / drawn["SCORED"] if both else None
    made.append(_own(force, "items saved per find", "items", saved, min(n.values()), why))
    hours = saved * drawn["seconds"] / 3600 if saved is not None and "seconds" in drawn else None
    made.append(_own(force, "hours saved per find", "hours", hours, min(n.values()), why))
    return made


def _yield(sums: pd.DataFrame, kind: str) -> Distribution | None:
    if kind not in sums.index:
        return None
    return share_of(int(sums["n_csae"][kind]), int(sums["n"][kind]), f"rows shown {KINDS[kind]}")


def _own(force: str, name: str, unit: str, values: Any, n: int, why: str) -> Own:
    if values is None:
        return Own(force, name, unit, None, None, None, n, why)
    low, value, high = (float(each) for each in np.quantile(values, [0.025, 0.5, 0.975]))
    return Own(force, name, unit, value, low, high, n)


def running(manifests: list[Mapping[str, Any]], machine_hour: float | None) -> dict[str, Any]:
    """What nights took, from the manifests of their runs, and what a year of them costs.

    Every run counts, those of a night that was run again too: all of them were paid for.

    Args:
        manifests: of runs; those without `seconds` are of before it was measured.
        machine_hour: price of an hour of the machine, in pounds; None: nobody states it.

    Returns:
        n_runs, n_nights, hours (mean of a night's runs) with low and high, hours_per_year, pounds_per_year (None
        without a price), and `distribution` of pounds a year (None of fewer than two nights).
    """
    by_night: dict[str, float] = {}
    measured = [each for each in manifests if isinstance(each.get("seconds"), int | float)]
    for each in measured:
        by_night[str(each["night"])] = by_night.get(str(each["night"]), 0.0) + float(each["seconds"]) / 3600
    hours = np.array(sorted(by_night.values()))
    mean = mean_of(len(hours), float(hours.sum()), float((hours**2).sum()), "run manifests")
    ends = mean.quantile(np.array([0.025, 0.975])) if mean else None
    a_year = 365.25 * float(hours.mean()) if len(hours) else None
    yearly = None
    if mean and machine_hour is not None:
        yearly = Distribution("normal", mean.low * 365.25 * machine_hour, mean.high * 365.25 * machine_hour,
                              why="seconds of the nights' run manifests, at the price of a machine's hour")  # fmt: skip
    return {
        "n_runs": len(measured),
        "n_nights": len(by_night),
        "hours": float(hours.mean()) if len(hours) else None,
        "low": float(max(ends[0], 0.0)) if ends is not None else None,
        "high": float(ends[1]) if ends is not None else None,
        "hours_per_year": a_year,
        "pounds_per_year": a_year * machine_hour if a_year is not None and machine_hour is not None else None,
        "distribution": yearly,
    }
