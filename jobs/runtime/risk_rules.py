"""The network's settings as the pipelines take them: weights, limits, capacity, and the hash that says they changed."""

from __future__ import annotations

import hashlib
import json

from jobs.runtime.settings import Settings
from pipelines.network.risk import paths as risk_paths
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds


def rules(settings: Settings) -> risk_scores.Rules:
    section = settings.risk
    bearing = section.model_dump(include={"seeds", "paths", "look_back_days", "min_children"})
    return risk_scores.Rules(
        weights=seeds.Weights(**dict(section.seeds)),
        limits=risk_paths.Limits(**dict(section.paths)),
        look_back_days=section.look_back_days,
        direct_from=section.direct_from,
        min_children=section.min_children,
        configuration=hashlib.sha256(json.dumps(bearing, sort_keys=True).encode()).hexdigest()[:16],
    )


def capacity(settings: Settings) -> dict[str, int]:
    """Rows per force and queue: `*` for forces that are not named."""
    return {"*": settings.risk.capacity, **settings.risk.capacity_by_force}
