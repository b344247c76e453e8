"""Rows of recall certificates: what was drawn and decided in a frame, turned into bounds and into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.review import recall_bound

POOLED = "*"


@dataclass(frozen=True)
class Aim:
    """What a deployment wants to be able to say: a recall, at a confidence."""

    recall: float
    alpha: float


def rows(
    counts: pd.DataFrame, settled: pd.DataFrame, draws: pd.DataFrame, before: Mapping[str, int], aim: Aim
) -> list[dict[str, Any]]:
    """One row per force, and one for all together under POOLED.

    Args:
        counts: force, n_population, n_left, n_later.
        settled: report_id, force, is_csae (None: settled without saying), decided_on; reports of the frame.
        draws: report_id, force, drawn_on, draw_number, n_pool.
        before: CSAE reports found before the frame was opened, per force.

    Returns:
        Columns of gold.RECALL_CERTIFICATES but night, queue and frame_on.
    """
    strata: list[recall_bound.Stratum] = []
    certificates: list[dict[str, Any]] = []
    for _, row in counts.sort_values("force").iterrows():  # one row per force
        force = str(row["force"])
        own, drawn = settled[settled["force"] == force], draws[draws["force"] == force]
        stratum = stratum_of(int(row["n_population"]), own, drawn)
        strata.append(stratum)
        certificates.append({"force": force, **_counts(row, own, drawn, before.get(force, 0))})
    each = [{**row, **_claim([stratum], row, aim)} for row, stratum in zip(certificates, strata, strict=True)]
    if not certificates:
        return []
    sums: dict[str, int] = {name: sum(row[name] for row in certificates) for name in certificates[0] if name != "force"}
    return [*each, {"force": POOLED, **sums, **_claim(strata, sums, aim)}]


def stratum_of(size: int, settled: pd.DataFrame, draws: pd.DataFrame) -> recall_bound.Stratum:
    """A force's draws in order, each with what was outside its pool and may be CSAE.

    Outside a draw's pool are the reports settled by that night, those drawn before it and those gone from scope. Of
    them only those known by now not to be CSAE are not counted as CSAE.
    """
    ordered = draws.sort_values(["drawn_on", "draw_number"], ignore_index=True)
    label = settled.set_index("report_id")["is_csae"].to_dict()
    known_on = settled.set_index("report_id")["decided_on"].to_dict()
    place = {report: k for k, report in enumerate(ordered["report_id"])}
    nights = ordered["drawn_on"].tolist()
    not_csae = [report for report, is_csae in label.items() if is_csae is not None and not is_csae]
    # From which draw on a report that is not CSAE is outside the pool: once drawn, or once decided.
    since = np.array([place[r] + 1 if r in place else _first(nights, known_on[r]) for r in not_csae], dtype=int)
    k = np.arange(len(nights))
    n_not = (since[:, None] <= k).sum(axis=0) if len(since) else np.zeros(len(k), dtype=int)
    pool = ordered["n_pool"].to_numpy(dtype=np.int64)
    outside = np.maximum(size - pool - n_not, 0)
    may_be = [label.get(report) is None or bool(label[report]) for report in ordered["report_id"]]
    is_found = [is_csae for is_csae in label.values() if is_csae is not None and is_csae]
    return recall_bound.Stratum(size, len(not_csae), len(is_found), np.array(may_be, dtype=bool), pool, outside)


def _first(nights: list[Any], decided_on: Any) -> int:
    """The first draw of a night that knew a decision taken in on `decided_on`."""
    return next((k for k, night in enumerate(nights) if night >= decided_on), len(nights))


def _counts(row: pd.Series[Any], settled: pd.DataFrame, draws: pd.DataFrame, before: int) -> dict[str, int]:
    label = settled.set_index("report_id")["is_csae"].to_dict()
    decided = [label[report] for report in draws["report_id"] if report in label]
    unsaid = sum(is_csae is None for is_csae in label.values())
    return {
        "n_population": int(row["n_population"]),
        "n_found_before": int(before),
        "n_found": sum(bool(is_csae) for is_csae in label.values()),
        "n_decided": len(label),
        "n_drawn": len(draws),
        "n_drawn_decided": len(decided),
        "n_drawn_found": sum(bool(is_csae) for is_csae in decided),
        "n_unknown": len(draws) - len(decided) + int(row["n_left"]) + unsaid,
        "n_later": int(row["n_later"]),
    }


def _claim(strata: list[recall_bound.Stratum], counts: Mapping[str, int], aim: Aim) -> dict[str, Any]:
    before = counts["n_found_before"]
    bound = recall_bound.bound(strata, aim.alpha, found_before=before)
    more = recall_bound.draws_to_certify(recall_bound.together(strata), aim.recall, aim.alpha, found_before=before)
    if not counts["n_drawn_decided"]:
        state, why = "CANNOT_CERTIFY", "no row that chance drew is decided yet"
    elif not bound.found:
        state, why = "CANNOT_CERTIFY", "no hidden CSAE report was found yet: there is no share to speak of"
    elif not bound.is_informative:
        state, why = "CANNOT_CERTIFY", "too few rows drawn by chance are decided to rule anything out"
    elif bound.recall >= aim.recall:
        state, why = "CERTIFIED", f"at least {bound.recall:.0%} found, which is at or above the target"
    else:
        state, why = "BELOW_TARGET", f"at least {bound.recall:.0%} found, which is below the target of {aim.recall:.0%}"
    return {
        "n_missed_at_most": bound.most - bound.found,
        "recall_at_least": bound.recall,
        "confidence": 1 - aim.alpha,
        "target": aim.recall,
        "state": state,
        "why": why,
        "n_more_draws": more,
    }
