"""How the network's score would have done on past days of the synthetic world, compared with what forces use today.

The only code but the world's own that reads `truth/`. Each day is replayed: reports written, episodes reported and
evidence seen by then, and nothing later. Lasting states (lives at, uses) are taken to hold throughout: their record
says when they were written down, and not since when they hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pyspark.sql import functions as F

from jobs.runtime import risk_rules
from jobs.runtime.context import RunContext
from pipelines.network.edges import graph
from pipelines.network.risk import scores as risk_scores
from schemas import codes, risk
from schemas.errors import NotFoundError

OURS = "network"
BASELINES = {
    "police_risk": "police risk level of the newest episode",
    "episodes": "missing episodes in 12 months",
    "degree": "distinct neighbours",
    "page_rank": "personalised PageRank from the seeds",
}
SCORERS = (OURS, *BASELINES)
N_BOOTSTRAP = 1000


def evaluate(ctx: RunContext, night: date, *, n_days: int, apart: int, horizon: int, capacity: int) -> dict[str, Any]:
    """Replay `n_days` days, `apart` days from each other and ending with `night`.

    Args:
        horizon: a child harmed within so many days after a day is what that day should have shown.
        capacity: children per force and day that somebody can look at.

    Raises:
        NotFoundError: there is no truth: this is not a synthetic world.
    """
    if not (ctx.settings.truth / "ties.parquet").is_file():
        raise NotFoundError(f"{ctx.settings.truth} holds no truth of ties: only a synthetic world has one.")
    known = ctx.known(night).risk().members.where("kind = 'PERSON'").select("record_id", "entity_id")
    members = known.toPandas().set_index("record_id")["entity_id"]
    harmed, decoys = _harmed(ctx, members), _decoys(ctx, members)
    days = [night - timedelta(days=apart * k) for k in range(n_days)][::-1]
    frame = pd.concat([_day(ctx, night, day) for day in days], ignore_index=True)
    seed = ctx.settings.night_seed(night)
    return summary(frame, harmed, decoys, horizon=horizon, capacity=capacity, seed=seed)


def _harmed(ctx: RunContext, members: pd.Series) -> pd.DataFrame:
    """entity_id, harm_on: of planted ties, by the entity that the child's record belongs to (`members`)."""
    ties = pq.read_table(ctx.settings.truth / "ties.parquet").to_pandas().dropna(subset=["harm_on"])
    harmed = ties.assign(entity_id=ties["child_id"].map(members))
    return harmed.groupby("entity_id", as_index=False)["harm_on"].min()


def _decoys(ctx: RunContext, members: pd.Series) -> set[str]:
    """Entities of planted decoys: children whom much points at, and to whom no harm comes."""
    planted = pq.read_table(ctx.settings.truth / "decoys.parquet").to_pandas()
    return set(planted["child_id"].map(members).dropna())


def replayed(known: risk_scores.Known, day: date) -> risk_scores.Known:
    """What would have been known at the end of `day`, of what is known now."""
    end = F.lit(day).cast("timestamp") + F.expr("INTERVAL 1 DAY")
    then = F.filter("evidence", lambda e: e["at"] < end)
    left = F.aggregate(then, F.lit(1.0), lambda product, e: product * (1 - F.coalesce(e["weight"], F.lit(0.0))))
    # Ten newest pieces of evidence are kept: where none of them is old enough, one average piece stands for the older.
    typical = F.try_divide(F.aggregate("evidence", F.lit(0.0), lambda t, e: t + e["weight"]), F.size("evidence"))
    strength = F.when(F.col("is_lasting"), F.col("strength")).otherwise(
        F.when(F.size(then) > 0, 1 - left).otherwise(typical)
    )
    edges = known.edges.where(F.col("is_lasting") | (F.col("first_at") < end)).select(
        *[name for name in known.edges.columns if name not in ("strength", "last_at", "first_at")],
        strength.alias("strength"),
        F.least("first_at", end - F.expr("INTERVAL 1 SECOND")).alias("first_at"),
        F.least("last_at", end - F.expr("INTERVAL 1 SECOND")).alias("last_at"),
    )
    written = F.coalesce("created_at", F.col("intelligence_on").cast("timestamp"))
    return replace(
        known,
        night=day,
        edges=edges.where("strength > 0"),
        reports=known.reports.where(written < end),
        episodes=known.episodes.where(F.col("reported_at") < end),
        decisions=known.decisions.where(F.col("decided_at") < end),
    )


def _day(ctx: RunContext, night: date, day: date) -> pd.DataFrame:
    """One row a child who could have been looked at on `day`: day, entity_id, force and a column a scorer."""
    walk = risk_scores.walk(replayed(ctx.known(night).risk(), day), risk_rules.rules(ctx.settings))
    nothing = ctx.spark.createDataFrame([], risk.NETWORK_RISK.struct())
    rows = risk_scores.rows(walk, nothing, risk_scores.Without(None, None)).where("queue = 'children'")
    day_rows = rows.select("entity_id", "force", "score", "police_risk", "n_episodes", "degree").toPandas()
    ranks = page_rank(walk)
    ctx.spark.catalog.clearCache()
    level = {name: k for k, name in enumerate(codes.MISSING_RISKS)}
    return pd.DataFrame(
        {
            "day": day,
            "entity_id": day_rows["entity_id"],
            "force": day_rows["force"],
            "network": day_rows["score"],
            "police_risk": day_rows["police_risk"].map(level).fillna(-1),
            "episodes": day_rows["n_episodes"],
            "degree": day_rows["degree"],
            "page_rank": day_rows["entity_id"].map(ranks).fillna(0.0),
        }
    )


def page_rank(walk: risk_scores.Walk) -> pd.Series:
    """Rank of each entity, personalised from the seeds; index: entity_id."""
    seeds = sorted(row.entity_id for row in walk.seeds.select("entity_id").collect())
    pairs = walk.pair.select("near_id", "far_id", "strength").dropDuplicates(["near_id", "far_id"])
    nodes = walk.known.entities.select("entity_id")
    return graph.OnDriver().page_rank(nodes, pairs, seeds).toPandas().set_index("entity_id")["rank"]


def summary(
    frame: pd.DataFrame, harmed: pd.DataFrame, decoys: set[str], *, horizon: int, capacity: int, seed: int
) -> dict[str, Any]:
    """Precision and recall at capacity, share of decoys shown, and days of warning, with 95 % intervals.

    Children are drawn again, with all their days, so that one child seen on many days is one piece of evidence. The
    scorers share the draws: the difference to each baseline has an interval of its own.
    """
    rows = frame.merge(harmed, on="entity_id", how="left")
    days_left = (pd.to_datetime(rows["harm_on"]) - pd.to_datetime(rows["day"])).dt.days
    rows["is_harmed"] = days_left.between(1, horizon)
    rows["days_left"] = days_left
    rows = rows[~(days_left <= 0)]  # harmed before: no longer a question of warning
    # Ties are broken by a hash, not by any order that the data came in.
    rows["tie"] = [
        hashlib.sha256(f"{d}{e}".encode()).hexdigest() for d, e in zip(rows["day"], rows["entity_id"], strict=True)
    ]
    per_child = {name: _per_child(rows, name, capacity, decoys) for name in SCORERS}
    n = len(next(iter(per_child.values())))
    draws = np.random.default_rng(seed).integers(0, n, (N_BOOTSTRAP, n)) if n else np.zeros((0, 0), int)
    boot = {name: _figures(child, draws) for name, child in per_child.items()}
    result: dict[str, Any] = {
        "n_days": int(rows["day"].nunique()), "n_children": n,
        "n_harmed": int(rows[rows["is_harmed"]]["entity_id"].nunique()),
        "n_decoys": int(rows.loc[rows["entity_id"].isin(decoys), "entity_id"].nunique()),
        "horizon": horizon, "capacity": capacity, "scorers": {}, "differences": {},
    }  # fmt: skip
    for name, child in per_child.items():
        whole = _figures(child, np.arange(n)[None, :]) if n else {}
        told = child.loc[child["warning"].notna(), "warning"]
        result["scorers"][name] = {
            **{figure: _with_interval(whole[figure][0], boot[name][figure]) for figure in whole},
            "median_days_of_warning": float(told.median()) if len(told) else None,
        }
    for name in BASELINES:
        result["differences"][name] = {
            figure: _with_interval(
                result["scorers"][OURS][figure][0] - result["scorers"][name][figure][0],
                boot[OURS][figure] - boot[name][figure],
            )
            for figure in ("precision", "recall")
            if n
        }
    result["verdict"] = _verdict(result["differences"])
    return result


def _per_child(rows: pd.DataFrame, name: str, capacity: int, decoys: set[str]) -> pd.DataFrame:
    """Of each child: days shown, of these days followed by harm, whether harmed, whether a decoy, first warning."""
    ordered = rows.sort_values([name, "tie"], ascending=[False, True])
    shown = ordered.groupby(["day", "force"]).cumcount() < capacity
    marked = ordered.assign(shown=shown & (ordered[name] > 0), hit=shown & ordered["is_harmed"] & (ordered[name] > 0))
    warning = marked[marked["hit"]].groupby("entity_id")["days_left"].max()
    child = marked.groupby("entity_id").agg(shown=("shown", "sum"), hits=("hit", "sum"), harmed=("is_harmed", "max"))
    return child.assign(warning=warning, decoy=child.index.isin(decoys))


def _figures(child: pd.DataFrame, draws: np.ndarray) -> dict[str, np.ndarray]:
    shown, hits = child["shown"].to_numpy(float)[draws], child["hits"].to_numpy(float)[draws]
    decoy = child["decoy"].to_numpy(float)[draws]
    harmed, warned = child["harmed"].to_numpy(float)[draws], child["warning"].notna().to_numpy(float)[draws]
    return {
        "precision": hits.sum(axis=1) / np.maximum(shown.sum(axis=1), 1),
        "recall": (warned * harmed).sum(axis=1) / np.maximum(harmed.sum(axis=1), 1),
        "decoys": (shown * decoy).sum(axis=1) / np.maximum(shown.sum(axis=1), 1),
    }


def _with_interval(value: float, drawn: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (value, value)
    return (round(float(value), 4), round(float(low), 4), round(float(high), 4))


def _verdict(differences: dict[str, dict[str, tuple[float, float, float]]]) -> str:
    """What the intervals allow to say: wins only where no interval of a difference in precision reaches zero."""
    beaten = [name for name, difference in differences.items() if difference and difference["precision"][1] > 0]
    lost = [name for name, difference in differences.items() if difference and difference["precision"][2] < 0]
    if len(beaten) == len(BASELINES):
        return "the network's score beats every incumbent in precision at capacity"
    said = f"beats {', '.join(beaten) or 'none'}"
    tied = [name for name in differences if name not in beaten and name not in lost]
    said += f"; ties with {', '.join(tied)}" if tied else ""
    return f"the network's score does not win: it {said}" + (f"; is worse than {', '.join(lost)}" if lost else "")


def text(evaluated: dict[str, Any]) -> str:
    """A table for people."""

    def figure(value: Sequence[float]) -> str:
        return f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"

    lines = [
        f"{evaluated['n_days']} days, {evaluated['n_children']} children, {evaluated['n_harmed']} harmed within "
        f"{evaluated['horizon']} days of one, {evaluated['n_decoys']} planted decoys; {evaluated['capacity']} children "
        "per force and day",
        "",
        f"{'scorer':<14}{'precision':<26}{'recall':<26}{'decoys among shown':<26}days of warning (median)",
    ]
    for name, row in evaluated["scorers"].items():
        days = "-" if row["median_days_of_warning"] is None else f"{row['median_days_of_warning']:.0f}"
        figures = "".join(f"{figure(row[column]):<26}" for column in ("precision", "recall", "decoys"))
        lines.append(f"{name:<14}{figures}{days}")
    lines += [
        "",
        "network minus",
        *(
            f"{n:<14}{figure(d['precision']):<26}{figure(d['recall'])}"
            for n, d in evaluated["differences"].items()
            if d
        ),
    ]
    return "\n".join([*lines, "", evaluated["verdict"]])
