"""When a classifier may become champion: written criteria, judged on one comparison. Refusals say why, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from models.evaluation import bootstrap
from models.training import comparison


@dataclass(frozen=True)
class Criteria:
    """Thresholds, from the settings.

    Attributes:
        beats_baselines_by: average precision above that of each baseline; what is not above it is refused.
        calibration_error_at_most: expected calibration error beyond twice what chance gives, as a share of prevalence:
            0.5 lets scores be off by half the share of tagged reports on average.
        transparency_at_least: deletion fidelity, from 0 (named terms matter no more than random ones) to 1.
        force_recall_at_least: recall at capacity of each force as a share of the recall over all forces.
        force_positives_at_least: forces with fewer tagged reports are not judged: their recall is chance.
    """

    beats_baselines_by: float = 0.0
    calibration_error_at_most: float = 0.5
    transparency_at_least: float = 0.05
    force_recall_at_least: float = 0.5
    force_positives_at_least: int = 10


@dataclass(frozen=True)
class Incumbent:
    """The champion that a new version would replace."""

    version: str
    candidate: str
    night: str
    average_precision: float


@dataclass(frozen=True)
class Measured:
    """One criterion as a candidate met or missed it: its number and the limit, in words that hold both."""

    criterion: str
    number: float
    limit: str
    is_met: bool


def chosen(
    compared: comparison.Comparison, refused: Mapping[str, Sequence[str]], kind: str | None = None
) -> tuple[comparison.Result, str]:
    """The result to register, and why it is not the first of those that meet the criteria, if it is not.

    The champion's kind gives way only to one that is ahead of it by an interval that leaves out zero: groups and
    partitions are drawn for it, so neither the reports at hand nor a throw of folds moves the kind from week to week.

    Args:
        refused: refusals by candidate, the highest average precision first.
        kind: candidate that the champion is of.
    """
    first = next((compared.result(name) for name, why in refused.items() if not why), None)
    if first is None:
        return compared.best(), ""
    name = first.candidate.name
    if kind is None or kind == name or refused.get(kind, [""]):
        return first, ""
    label, group = compared.reports["label"].to_numpy(dtype=bool), compared.reports["group"].to_numpy()
    both = {each: compared.result(each).by_partition for each in (name, kind)}
    rows = bootstrap.differences(label, both, group, compared.seed)
    row = dict(rows[rows["name"] == kind].iloc[0])
    if not row["is_tie"]:
        return first, ""
    by_draw = float(row["behind_draw_sd"])
    moved = "" if math.isnan(by_draw) else f", one throw of folds moves that by {by_draw:.3f}"
    return compared.result(kind), (
        f"{name} is ahead of the champion's kind, {kind}, by {row['behind']:.3f} "
        f"[{row['behind_low']:.3f}, {row['behind_high']:.3f}]{moved}: a tie, so the kind stays"
    )


def measured(result: comparison.Result, compared: comparison.Comparison, criteria: Criteria) -> list[Measured]:
    """Every criterion that needs no incumbent, with the number that met or missed it."""
    precision = result.metrics["average_precision"]
    rows = [
        Measured(
            f"average precision above the {each.candidate.name.replace('_', ' ')}'s", precision,
            f"above {each.metrics['average_precision'] + criteria.beats_baselines_by:.3f}",
            precision > each.metrics["average_precision"] + criteria.beats_baselines_by,
        )
        for each in compared.results
        if each.candidate.is_baseline
    ]  # fmt: skip
    error, most = result.metrics["calibration_error"], _calibration_limit(result, criteria)
    rows.append(Measured("calibration error", error, f"at most {most:.4f}", error <= most))
    fidelity = result.metrics.get("deletion_fidelity", math.nan)
    is_clear = fidelity >= criteria.transparency_at_least
    rows.append(Measured("deletion fidelity", fidelity, f"at least {criteria.transparency_at_least:.3f}", is_clear))
    forces = _judged_forces(result, criteria)
    if forces is not None:
        judged, pooled = forces
        worst = judged.sort_values(["recall", "force"]).iloc[0]
        least, recall = criteria.force_recall_at_least * pooled, float(worst["recall"])
        where = f"recall at capacity in the worst of {len(judged)} forces ({worst['force']})"
        rows.append(Measured(where, recall, f"at least {least:.2f}", recall >= least))
    return rows


def ranked(compared: comparison.Comparison) -> list[comparison.Result]:
    """Registrable results, the highest average precision first."""
    order = [compared.result(name) for name in compared.table()["name"]]
    return [result for result in order if result.pipeline is not None]


def refusals(
    result: comparison.Result,
    compared: comparison.Comparison,
    criteria: Criteria,
    incumbent: Incumbent | None = None,
    night: str = "",
) -> list[str]:
    """Why `result` may not become champion; none where it may."""
    return [
        *_not_better(result, compared, criteria, incumbent, night),
        *_not_calibrated(result, criteria),
        *_not_transparent(result, criteria),
        *_collapsed(result, criteria),
    ]


def _not_better(
    result: comparison.Result,
    compared: comparison.Comparison,
    criteria: Criteria,
    incumbent: Incumbent | None,
    night: str,
) -> list[str]:
    """Beats every baseline; and the incumbent: its own kind on the same folds where that was compared, else its figure
    when it was promoted. What learnt from the same night must be better; what learnt from a later one, as good."""
    precision = result.metrics["average_precision"]
    reasons = []
    for baseline in (r for r in compared.results if r.candidate.is_baseline):
        other = baseline.metrics["average_precision"]
        if precision <= other + criteria.beats_baselines_by:
            name = baseline.candidate.name.replace("_", " ")
            reasons.append(f"average precision {precision:.3f} does not beat the {name}'s {other:.3f}")
    if incumbent is None:
        return reasons
    others = [r.metrics["average_precision"] for r in compared.results if r.candidate.name == incumbent.candidate]
    own = others[0] if others else incumbent.average_precision
    where = "on the same folds" if others else "when it was promoted"
    if precision < own:
        reasons.append(f"average precision {precision:.3f} is below the champion's {own:.3f} {where}")
    elif incumbent.night == night and precision <= max(own, incumbent.average_precision):
        reasons.append(
            f"average precision {precision:.3f} does not beat that of the champion v{incumbent.version}, "
            f"which learnt from the same night"
        )
    return reasons


def _not_calibrated(result: comparison.Result, criteria: Criteria) -> list[str]:
    error, most = result.metrics["calibration_error"], _calibration_limit(result, criteria)
    return [f"calibration error {error:.4f} is above {most:.4f}"] if error > most else []


def _calibration_limit(result: comparison.Result, criteria: Criteria) -> float:
    by_chance = 2 * result.metrics["calibration_noise"]
    return criteria.calibration_error_at_most * result.metrics["prevalence"] + by_chance


def _not_transparent(result: comparison.Result, criteria: Criteria) -> list[str]:
    """A comparison without explanations cannot show it."""
    fidelity = result.metrics.get("deletion_fidelity", math.nan)
    if math.isnan(fidelity):
        return ["transparency was not measured"]
    least = criteria.transparency_at_least
    return [f"deletion fidelity {fidelity:.3f} is below {least:.3f}"] if fidelity < least else []


def _collapsed(result: comparison.Result, criteria: Criteria) -> list[str]:
    forces = _judged_forces(result, criteria)
    if forces is None:
        return []
    judged, pooled = forces
    least = criteria.force_recall_at_least * pooled
    return [
        f"recall at capacity in force {force} is {recall:.2f}, below {least:.2f} ({pooled:.2f} over all forces)"
        for force, recall in zip(judged["force"], judged["recall"].astype(float), strict=True)
        if recall < least
    ]


def _judged_forces(result: comparison.Result, criteria: Criteria) -> tuple[pd.DataFrame, float] | None:
    """Forces with enough tagged reports to be judged, and the recall over all; None where there is none."""
    judged = result.by_force[result.by_force["positives"] >= criteria.force_positives_at_least]
    positives = int(result.by_force["positives"].sum())
    if judged.empty or not positives:
        return None
    return judged, float((result.by_force["recall"] * result.by_force["positives"]).sum() / positives)
