"""How good the leads are: precision and recall on planted truth, false leads on innocent worlds, calibration, rules.

The worlds are made here, with other seeds than those the curves were fitted on (`lead_worlds`), or by a second maker
with other assumptions, on which nothing is fitted (`second_lead_worlds`). A detector is compared with its simple rule
(`lead_baselines`) on the same worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import SparkSession

from jobs.evaluation import lead_baselines, lead_worlds
from pipelines.common import concurrency
from pipelines.comms import leads
from pipelines.comms.leads import calibration

Maker = Callable[..., lead_worlds.World]
Ints = npt.NDArray[np.int64]
N_DRAWS, LEVEL = 2000, (2.5, 97.5)  # of worlds, for intervals in per cent
CALIBRATION_SEEDS, EVALUATION_SEEDS = range(9000, 9100), range(1, 9000)


@dataclass(frozen=True)
class Seen:
    """One world, looked at: candidates with `is_true`, what the simple rules say, and how many truths there are."""

    candidates: pd.DataFrame
    rules: dict[str, set[tuple[str, ...]]]
    truth: dict[str, set[tuple[str, ...]]]
    distances_m: list[float]  # of true night places from where the phone rested, with
    radii_m: list[float]  # the radii that were stated
    n_phones: int  # whose data is held


def look(
    spark: SparkSession,
    seed: int,
    n_lines: int,
    thresholds: leads.Thresholds,
    *,
    has_lines: bool = True,
    make: Maker = lead_worlds.make,
) -> Seen:
    """Make a world and run every detector and rule over it."""
    return seen(make(spark, seed, n_lines, has_lines=has_lines), thresholds)


def seen(made: lead_worlds.World, thresholds: leads.Thresholds) -> Seen:
    """Run every detector and rule over a world."""
    (use,) = concurrency.materialise(leads.used(made.known, thresholds))
    # Pairs that share something: bounded by the world.
    all_candidates = _by_number(leads.candidates(made.known, use, thresholds).toPandas())
    used = use.toPandas()
    rules = _rules(made, used, all_candidates, thresholds)
    truth: dict[str, set[tuple[str, ...]]] = {name: set() for name in leads.DETECTORS}
    for name, a, b in made.truth[["detector", "a", "b"]].itertuples(index=False, name=None):
        truth[name].add(_key(name, [a, b] if b else [a]))
    keys = [
        _key(detector, [*people, *numbers] if detector == "missing_overlap" else list(numbers))
        for detector, people, numbers in zip(
            all_candidates["detector"], all_candidates["person_ids"], all_candidates["numbers"], strict=True
        )
    ]
    apart_m = _apart_m(made, all_candidates["numbers"].str[0], all_candidates).where(
        all_candidates["detector"] == "night_place"
    )
    all_candidates["key"] = _in_town(keys, apart_m, thresholds)
    all_candidates["is_true"] = [
        key in truth[name] for key, name in zip(all_candidates["key"], all_candidates["detector"], strict=True)
    ]
    is_place = all_candidates["is_true"] & apart_m.notna()
    return Seen(
        all_candidates,
        rules,
        truth,
        list(apart_m[is_place]),
        list(all_candidates.loc[is_place, "radius_m"]),
        used["number"].nunique(),
    )


def _by_number(candidates: pd.DataFrame) -> pd.DataFrame:
    """A lead about a line's child is one about each number of the line."""
    is_line = candidates["detector"] == "missing_overlap"
    each = candidates[is_line].explode("numbers")
    each["numbers"] = [[number] for number in each["numbers"]]
    return pd.concat([candidates[~is_line], each], ignore_index=True)


def _key(detector: str, ids: list[str]) -> tuple[str, ...]:
    """Whom a lead is about. The order of a successor's numbers is part of the claim, that of other pairs is not."""
    return tuple(ids) if detector in ("successor", "missing_overlap") else tuple(sorted(ids))


def _rules(
    made: lead_worlds.World, use: pd.DataFrame, candidates: pd.DataFrame, thresholds: leads.Thresholds
) -> dict[str, set[tuple[str, ...]]]:
    said = {name: {_key(name, list(ids)) for ids in rule(use)} for name, rule in lead_baselines.SIMPLE.items()}
    rested = lead_baselines.night_place(use)
    numbers = [_key("night_place", [number]) for number in rested["number"]]
    said["night_place"] = set(_in_town(numbers, _apart_m(made, rested["number"], rested), thresholds))
    people = made.known.people.toPandas()
    suspects = people[people["person_id"].isin(set(made.known.suspects.toPandas()["person_id"]))]
    listed = set(people["phone"].dropna())
    said["common_contact"] = lead_baselines.common_contact(use, listed, set(suspects["phone"].dropna()))
    is_line = (candidates["detector"] == "deal_line") & (candidates["score"] >= thresholds.min_score)
    lines = {numbers[0] for numbers in candidates.loc[is_line, "numbers"]}
    said["missing_overlap"] = lead_baselines.missing_overlap(use, made.known.episodes.toPandas(), lines)
    return said


def _apart_m(made: lead_worlds.World, numbers: pd.Series, stated: pd.DataFrame) -> pd.Series:
    """How far stated positions lie from where the phones rested at night; NaN of phones that had no second place."""
    rested = made.truth[made.truth["detector"] == "night_place"].set_index("a")
    true = rested[["latitude", "longitude"]].astype(float).reindex(numbers).to_numpy()
    north, east = (111_320 * (stated[["latitude", "longitude"]].astype(float).to_numpy() - true)).T
    return pd.Series(np.hypot(north, east * np.cos(np.radians(true[:, 0]))), stated.index)


def _in_town(keys: list[tuple[str, ...]], apart_m: pd.Series, thresholds: leads.Thresholds) -> list[tuple[str, ...]]:
    """Keys as they are; but the right number with another town is another key, which is in no truth."""
    is_elsewhere = apart_m >= 1000 * thresholds.night_place.away_km
    return [(*key, "elsewhere") if other else key for key, other in zip(keys, is_elsewhere, strict=True)]


def evaluate(
    spark: SparkSession,
    thresholds: leads.Thresholds,
    *,
    n_worlds: int,
    n_lines: int,
    first: int,
    make: Maker = lead_worlds.make,
) -> dict[str, Any]:
    """Figures of every detector and its simple rule, over `n_worlds` worlds with lines and as many of bystanders.

    Every second one of the latter holds lines whose children go missing at random: of such a line a lead about a child
    is false, and where no line is there is none to be had.
    """
    guilty = [look(spark, seed, n_lines, thresholds, make=make) for seed in range(first, first + n_worlds)]
    innocent = [
        look(spark, seed, n_lines, thresholds, has_lines=False, make=make)
        for seed in range(first + 500, first + 500 + n_worlds)
    ]
    n_phones = sum(world.n_phones for world in innocent)
    everything = pd.concat([world.candidates for world in (*guilty, *innocent)])
    rows = []
    for name in leads.DETECTORS:
        truth = sum(len(seen.truth[name]) for seen in guilty)
        published = [_published(seen, name, thresholds.min_score) for seen in guilty]
        ruled = [seen.rules[name] for seen in guilty]
        false = [_published(seen, name, thresholds.min_score) - seen.truth[name] for seen in innocent]
        false_ruled = [seen.rules[name] - seen.truth[name] for seen in innocent]
        rows.append(
            {
                "detector": name,
                "n_true": truth,
                **_figures([p & s.truth[name] for p, s in zip(published, guilty, strict=True)], published, truth, ""),
                "false_a_night": round(sum(map(len, false)) / n_worlds, 2),
                "false_per_100_phones": round(100 * sum(map(len, false)) / n_phones, 2),
                **calibration_figures(everything[everything["detector"] == name]),
                **_figures([r & s.truth[name] for r, s in zip(ruled, guilty, strict=True)], ruled, truth, "rule_"),
                "rule_false_a_night": round(sum(map(len, false_ruled)) / n_worlds, 2),
                **f1_figures(
                    np.array([len(s.truth[name]) for s in guilty]),
                    *(
                        np.array([[len(x & s.truth[name]), len(x)] for x, s in zip(each, guilty, strict=True)])
                        for each in (published, ruled)
                    ),
                ),
            }
        )
    inside = [d <= r for seen in guilty for d, r in zip(seen.distances_m, seen.radii_m, strict=True)]
    return {
        "detectors": rows,
        "night_places_within_radius": round(float(np.mean(inside)), 3) if inside else None,
        "n_phones_without_leads": n_phones,
        "n_worlds": n_worlds,
        "n_lines_a_world": n_lines,
    }


def calibration_figures(candidates: pd.DataFrame) -> dict[str, Any]:
    """How far the scores are to be believed, of candidates with `score` and `is_true`.

    `cllr` is the cost of the log likelihood ratios in bits (Brummer and du Preez, Computer Speech and Language 20,
    2006): 0 of a perfect one, 1 of one that says nothing, more of one that misleads. The ratio is the score's odds over
    those of the candidates. `reliability` has, of scores by fifths, how many there are, their mean and the share true.
    Both None where there are no true or no false candidates.
    """
    score, is_true = candidates["score"].to_numpy(dtype=float), candidates["is_true"].to_numpy(dtype=bool)
    n_true, n_false = int(is_true.sum()), int((~is_true).sum())
    if not n_true or not n_false:
        return {"cllr": None, "reliability": None}
    ratio = score / (1 - score) * n_false / n_true
    cost = (np.log2(1 + 1 / ratio[is_true]).mean() + np.log2(1 + ratio[~is_true]).mean()) / 2
    fifth = np.minimum((5 * score).astype(int), 4)
    bins = [
        {
            "from": k / 5,
            "n": int((fifth == k).sum()),
            "mean_score": round(float(score[fifth == k].mean()), 3),
            "share_true": round(float(is_true[fifth == k].mean()), 3),
        }
        for k in np.unique(fifth)
    ]
    return {"cllr": round(float(cost), 3), "reliability": bins}


def f1_figures(n_true: Ints, ours: Ints, rule: Ints) -> dict[str, Any]:
    """F1 of a detector and its rule over worlds, how far ahead it is, and 95 % intervals by drawing worlds again.

    Args:
        n_true: truths of each world.
        ours, rule: of each world how many were right and how many were said; shape (worlds, 2).

    Returns:
        f1, f1_low, f1_high, rule_f1, ahead, ahead_low, ahead_high. The same worlds are drawn for both (percentile
        bootstrap, Efron and Tibshirani 1993). Nothing said is an F1 of 0.
    """
    worlds = len(n_true)
    times = np.random.default_rng(0).multinomial(worlds, np.full(worlds, 1 / worlds), size=N_DRAWS)

    def f1(counts: Ints, weights: Ints) -> Any:
        right, both = weights @ counts[:, 0], weights @ (counts[:, 1] + n_true)
        return np.divide(2.0 * right, both, out=np.zeros(len(weights)), where=both > 0)

    once = np.ones((1, worlds), dtype=np.int64)
    all_f1, rule_f1 = float(f1(ours, once)[0]), float(f1(rule, once)[0])
    low, high = np.percentile(f1(ours, times), LEVEL)
    ahead_low, ahead_high = np.percentile(f1(ours, times) - f1(rule, times), LEVEL)
    figures = {
        "f1": all_f1, "f1_low": low, "f1_high": high, "rule_f1": rule_f1,
        "ahead": all_f1 - rule_f1, "ahead_low": ahead_low, "ahead_high": ahead_high,
    }  # fmt: skip
    return {name: round(float(value), 3) for name, value in figures.items()}


def _published(seen: Seen, name: str, least: float) -> set[tuple[str, ...]]:
    mine = seen.candidates[(seen.candidates["detector"] == name) & (seen.candidates["score"] >= least)]
    return set(mine["key"])


def _figures(
    right: list[set[tuple[str, ...]]], said: list[set[tuple[str, ...]]], n_true: int, prefix: str
) -> dict[str, float | None]:
    n_right, n_said = sum(map(len, right)), sum(map(len, said))
    return {
        f"{prefix}precision": round(n_right / n_said, 3) if n_said else None,
        f"{prefix}recall": round(n_right / n_true, 3) if n_true else None,
    }


def calibrate(
    spark: SparkSession, thresholds: leads.Thresholds, *, n_worlds: int, n_lines: int
) -> dict[str, dict[str, float]]:
    """Platt's curves fitted on candidates of worlds with and without lines, of seeds that evaluation never uses."""
    seeds = CALIBRATION_SEEDS[:n_worlds]
    seen = [look(spark, seed, n_lines, thresholds, has_lines=lines) for seed in seeds for lines in (True, False)]
    rows = pd.concat([each.candidates for each in seen])
    curves = {}
    for name, mine in rows.groupby("detector"):
        curve = calibration.fit(mine["evidence"].to_numpy(dtype=float), mine["is_true"].to_numpy(dtype=bool))
        curves[str(name)] = {k: round(v, 5) for k, v in vars(curve).items()}
    return curves


def text(evaluated: dict[str, Any]) -> str:
    """The figures as lines: false leads per hundred phones of innocent worlds, Cllr, intervals of F1, reliability."""
    lines = [
        f"{'detector':<16}{'true':>6}{'precision':>11}{'recall':>8}{'false/night':>13}{'false/100':>11}{'Cllr':>7}"
        "   rule: precision, recall, false"
    ]
    for row in evaluated["detectors"]:
        figures = [_shown(row[k]) for k in ("precision", "recall", "cllr", "rule_precision", "rule_recall")]
        lines.append(
            f"{row['detector']:<16}{row['n_true']:>6}{figures[0]:>11}{figures[1]:>8}{row['false_a_night']:>13}"
            f"{row['false_per_100_phones']:>11}{figures[2]:>7}{figures[3]:>18}{figures[4]:>8}{row['rule_false_a_night']:>9}"
        )
    lines.append("F1, and how far ahead of the rule's, with 95 % intervals by worlds")
    for row in evaluated["detectors"]:
        lines.append(
            f"{row['detector']:<16}{row['f1']:>6.2f} ({row['f1_low']:.2f} to {row['f1_high']:.2f})"
            f"   rule{row['rule_f1']:>6.2f}"
            f"   ahead {row['ahead']:+.2f} ({row['ahead_low']:+.2f} to {row['ahead_high']:+.2f})"
        )
    lines.append("reliability: mean score and share true (candidates), by fifths of the score")
    for row in evaluated["detectors"]:
        bins = (f"{b['mean_score']:.2f} {b['share_true']:.2f} ({b['n']})" for b in row["reliability"] or ())
        lines.append(f"{row['detector']:<16}  " + "   ".join(bins))
    lines.append(f"night places within the stated radius: {_shown(evaluated['night_places_within_radius'])}")
    lines.append(f"phones in the worlds that false leads are counted in: {evaluated['n_phones_without_leads']}")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
