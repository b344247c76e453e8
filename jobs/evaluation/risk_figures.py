"""What the order of children was worth over many worlds: figures at capacity, average precision, intervals by world.

Worlds are drawn again, each with all its children and days: children of one world share reports, offenders and luck. A
scorer's row stands beside three that need no score: chance, the base rate, and the ceiling, which knows of every child
whom a record leads to whether harm comes. Under LEAST_HARMED children harmed there is no verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score

from jobs.evaluation import network

Floats = npt.NDArray[np.float64]
INCUMBENTS = tuple(network.BASELINES)
SCORERS = ("network", "queue", *INCUMBENTS, "random", "ceiling")  # queue: the network's, as it is shown
LEAST_HARMED = 100
N_DRAWS, LEVEL = 2000, (2.5, 97.5)


def summary(
    rows: pd.DataFrame,
    harmed: pd.DataFrame,
    decoys: Mapping[int, frozenset[str]],
    *,
    horizon: int,
    capacity: int,
    seed: int,
) -> dict[str, Any]:
    """Precision and recall at capacity, average precision, decoys among shown and days of warning of each scorer.

    Args:
        rows: as from `risk_replay.replayed`.
        harmed: world, person, harm_on, complete_on (NULL where no record leads to the child).
        decoys: persons of each world.
        horizon: harm within so many days after a day is what that day should have shown.
        capacity: children per force and day.

    Returns:
        Each figure as value, low and high (95 %, worlds drawn again), its difference to each incumbent, and a verdict.
    """
    judged = _judged(rows, harmed, decoys, horizon)
    worlds = np.sort(judged["world"].unique())
    draw = np.random.default_rng(seed).multinomial(len(worlds), np.full(len(worlds), 1 / len(worlds)), size=N_DRAWS)
    weights = np.concatenate([np.ones((1, len(worlds)), dtype=draw.dtype), draw]).astype(float)
    per_world = {name: _per_world(judged, name, capacity).reindex(worlds) for name in SCORERS}
    drawn = {name: _figures(table, weights) for name, table in per_world.items()}
    n_harmed = int(judged[judged["is_harmed"]].groupby("world")["person"].nunique().sum())
    differences = {
        name: {f: _interval(drawn["network"][f] - drawn[name][f]) for f in ("precision", "recall", "average_precision")}
        for name in INCUMBENTS
    }
    return {
        "n_worlds": len(worlds), "n_days": int(judged["day"].nunique()), "n_harmed": n_harmed,
        "n_children": int(judged.groupby("world")["person"].nunique().sum()), "horizon": horizon, "capacity": capacity,
        "base_rate": _interval(_rate(judged, worlds, weights)),
        "traced": _interval(_traced(judged, worlds, weights)),
        "scorers": {name: _row(per_world[name], drawn[name]) for name in SCORERS},
        "differences": differences, "verdict": verdict(differences, n_harmed),
    }  # fmt: skip


def _judged(
    rows: pd.DataFrame, harmed: pd.DataFrame, decoys: Mapping[int, frozenset[str]], horizon: int
) -> pd.DataFrame:
    """Rows with the outcome; a child who was harmed before the day is no longer asked about."""
    first = harmed.sort_values("harm_on").drop_duplicates(["world", "person"])
    judged = rows.merge(first, on=["world", "person"], how="left")
    day = pd.to_datetime(judged["day"])
    judged["days_left"] = (pd.to_datetime(judged["harm_on"]) - day).dt.days
    judged = judged[~(judged["days_left"] <= 0)].copy()
    judged["is_harmed"] = judged["days_left"].between(1, horizon)
    judged["is_traced"] = judged["is_harmed"] & (pd.to_datetime(judged["complete_on"]) <= day[judged.index])
    pairs = zip(judged["world"], judged["person"], strict=True)
    judged["is_decoy"] = [person in decoys.get(n, frozenset()) for n, person in pairs]
    # Equal scores are told apart by a hash, not by any order that the data came in.
    keys = judged["world"].astype(str) + "|" + judged["day"].astype(str) + "|" + judged["person"]
    judged["tie"] = [hashlib.sha256(key.encode()).hexdigest() for key in keys]
    judged["random"] = 1.0
    judged["ceiling"] = 1.0 + judged["is_traced"]
    return judged


def _per_world(judged: pd.DataFrame, name: str, capacity: int) -> pd.DataFrame:
    """Of each world: children shown (each day counts), hits, decoys, children harmed, of these warned of, average
    precision (mean of its days), and the days of first warning."""
    ordered = judged.sort_values([name, "tie"], ascending=[False, True])
    is_shown = (ordered.groupby(["world", "day", "force"]).cumcount() < capacity) & (ordered[name] > 0)
    marked = ordered.assign(shown=is_shown, hit=is_shown & ordered["is_harmed"], false=is_shown & ordered["is_decoy"])
    by_world = marked.groupby("world")
    children = marked.groupby(["world", "person"]).agg(harmed=("is_harmed", "max"), warned=("hit", "max"))
    days = marked.groupby(["world", "day"])[[name, "is_harmed"]].apply(
        lambda day: average_precision_score(day["is_harmed"], day[name]) if day["is_harmed"].any() else np.nan
    )
    table = by_world.agg(shown=("shown", "sum"), hits=("hit", "sum"), false=("false", "sum"))
    table[["harmed", "warned"]] = children.groupby("world")[["harmed", "warned"]].sum()
    table["average_precision"] = days.groupby("world").mean()
    table["warnings"] = marked[marked["hit"]].groupby(["world", "person"])["days_left"].max().groupby("world").agg(list)
    return table


def _figures(table: pd.DataFrame, weights: Floats) -> dict[str, Floats]:
    """Each figure under each weighting of the worlds; the first is the worlds as they are."""

    def share(part: str, whole: str) -> Floats:
        above, below = (weights @ table[column].to_numpy(dtype=float) for column in (part, whole))
        return np.asarray(np.divide(above, below, out=np.zeros(len(above)), where=below > 0))

    has_harm = table["average_precision"].notna().to_numpy(dtype=float)
    total = weights @ np.nan_to_num(table["average_precision"].to_numpy(dtype=float))
    n = weights @ has_harm
    return {
        "precision": share("hits", "shown"),
        "recall": share("warned", "harmed"),
        "average_precision": np.divide(total, n, out=np.zeros(len(n)), where=n > 0),
        "decoys": share("false", "shown"),
    }


def _rate(judged: pd.DataFrame, worlds: npt.NDArray[Any], weights: Floats) -> Floats:
    """Share of those who could be shown to whom harm comes within the horizon."""
    by_world = judged.groupby("world")["is_harmed"].agg(["sum", "size"]).reindex(worlds)
    return np.asarray((weights @ by_world["sum"].to_numpy()) / (weights @ by_world["size"].to_numpy()))


def _traced(judged: pd.DataFrame, worlds: npt.NDArray[Any], weights: Floats) -> Floats:
    """Share of the children harmed to whom a record led on a day before."""
    children = judged[judged["is_harmed"]].groupby(["world", "person"])["is_traced"].max()
    by_world = children.groupby("world").agg(["sum", "size"]).reindex(worlds).fillna(0)
    above, below = weights @ by_world["sum"].to_numpy(dtype=float), weights @ by_world["size"].to_numpy(dtype=float)
    return np.asarray(np.divide(above, below, out=np.zeros(len(above)), where=below > 0))


def _interval(drawn: Floats) -> tuple[float, float, float]:
    low, high = np.percentile(drawn[1:], LEVEL)
    return (round(float(drawn[0]), 4), round(float(low), 4), round(float(high), 4))


def _row(table: pd.DataFrame, drawn: Mapping[str, Floats]) -> dict[str, Any]:
    warnings = [days for each in table["warnings"].dropna() for days in each]
    median = float(np.median(warnings)) if warnings else None
    return {**{f: _interval(values) for f, values in drawn.items()}, "median_days_of_warning": median}


def verdict(differences: Mapping[str, Mapping[str, tuple[float, float, float]]], n_harmed: int) -> str:
    """What the intervals allow to say of precision at capacity; nothing where too few were harmed."""
    if n_harmed < LEAST_HARMED:
        return f"no verdict: {n_harmed} children harmed, and {LEAST_HARMED} are needed; more worlds, or larger ones"
    beaten = [name for name, figures in differences.items() if figures["precision"][1] > 0]
    behind = [name for name, figures in differences.items() if figures["precision"][2] < 0]
    tied = [name for name in differences if name not in (*beaten, *behind)]
    if len(beaten) == len(differences):
        return "the network's score beats every incumbent in precision at capacity"
    parts = [
        f"{said} {', '.join(names)}"
        for said, names in (("is behind", behind), ("ties with", tied), ("is ahead of", beaten))
        if names
    ]
    return f"the network's score does not win: it {'; '.join(parts)}"


def text(found: Mapping[str, Any]) -> str:
    """A table for people."""

    def said(value: tuple[float, float, float]) -> str:
        return f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"

    columns = ("precision", "recall", "average_precision", "decoys")
    lines = [
        f"{found['n_worlds']} worlds, {found['n_days']} days each, {found['n_children']} children, {found['n_harmed']} "
        f"harmed within {found['horizon']} days of one; {found['capacity']} children per force and day",
        f"base rate {said(found['base_rate'])}; of those harmed, a record led to {said(found['traced'])}",
        "",
        f"{'scorer':<13}{'precision':<23}{'recall':<23}{'average precision':<23}{'decoys':<23}warning (days)",
    ]
    for name, row in found["scorers"].items():
        days = "-" if row["median_days_of_warning"] is None else f"{row['median_days_of_warning']:.0f}"
        lines.append(f"{name:<13}" + "".join(f"{said(row[column]):<23}" for column in columns) + days)
    lines += ["", "network minus"]
    for name, figures in found["differences"].items():
        lines.append(f"{name:<13}" + "".join(f"{said(figures[column]):<23}" for column in columns[:3]))
    return "\n".join([*lines, "", found["verdict"]])
