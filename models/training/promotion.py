"""When a classifier may become champion: written criteria, judged on one comparison. Refusals say why, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    error = result.metrics["calibration_error"]
    by_chance = 2 * result.metrics["calibration_noise"]
    most = criteria.calibration_error_at_most * result.metrics["prevalence"] + by_chance
    return [f"calibration error {error:.4f} is above {most:.4f}"] if error > most else []


def _not_transparent(result: comparison.Result, criteria: Criteria) -> list[str]:
    """A comparison without explanations cannot show it."""
    fidelity = result.metrics.get("deletion_fidelity", math.nan)
    if math.isnan(fidelity):
        return ["transparency was not measured"]
    least = criteria.transparency_at_least
    return [f"deletion fidelity {fidelity:.3f} is below {least:.3f}"] if fidelity < least else []


def _collapsed(result: comparison.Result, criteria: Criteria) -> list[str]:
    judged = result.by_force[result.by_force["positives"] >= criteria.force_positives_at_least]
    positives = int(result.by_force["positives"].sum())
    if judged.empty or not positives:
        return []
    pooled = float((result.by_force["recall"] * result.by_force["positives"]).sum() / positives)
    least = criteria.force_recall_at_least * pooled
    return [
        f"recall at capacity in force {force} is {recall:.2f}, below {least:.2f} ({pooled:.2f} over all forces)"
        for force, recall in zip(judged["force"], judged["recall"].astype(float), strict=True)
        if recall < least
    ]
