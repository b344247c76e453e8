"""The network's settings as the pipelines take them: weights, limits, capacity, and the hash that says they changed."""

from __future__ import annotations

import hashlib
import json

from jobs.runtime.settings import Settings
from pipelines.network.risk import paths as risk_paths
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds


def rules(settings: Settings) -> risk_scores.Rules:
    section = settings["risk"]
    bearing = {name: section[name] for name in ("seeds", "paths", "look_back_days", "min_children")}
    return risk_scores.Rules(
        weights=seeds.Weights(**section["seeds"]),
        limits=risk_paths.limits_of(section["paths"]),
        look_back_days=int(section["look_back_days"]),
        min_children=int(section["min_children"]),
        configuration=hashlib.sha256(json.dumps(bearing, sort_keys=True).encode()).hexdigest()[:16],
    )


def capacity(settings: Settings) -> dict[str, int]:
    """Rows per force and queue: `*` for forces that are not named."""
    section = settings["risk"]
    return {"*": int(section["capacity"]), **{str(k): int(v) for k, v in section["capacity_by_force"].items()}}
