"""Fits the linkage of people to a deployment's own records. Done by a person, not by the night: ids may change."""

from __future__ import annotations

from datetime import date
from typing import Any

from jobs.runtime import night_bounds
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import concurrency, quality
from pipelines.network.entities import nominals
from schemas import network, silver
from schemas.errors import InvalidInputError

MIN_RECORDS = 1_000  # fewer say too little about rare levels, and the written priors are better


def train(ctx: RunContext, night: date) -> dict[str, Any]:
    """Fit the model on the records as of `night` and keep it: nights from then on link by it, all pairs again.

    Raises:
        InvalidInputError: there are too few or too many records to fit a model here, or the night is later than
            tomorrow.
    """
    night_bounds.refuse_future(ctx.settings, night, is_future_allowed=ctx.is_future_allowed)
    from pipelines.network.entities import linkage as resolution

    known = ctx.known(night).table(silver.PEOPLE)
    records = concurrency.materialise_lazily(nominals.records(known).select(resolution.ID, *nominals.COMPARED))
    n, most = records.count(), ctx.settings.entities.max_people
    if not MIN_RECORDS <= n <= most:
        raise InvalidInputError(f"{n:,} records: a model is fitted on {MIN_RECORDS:,} to {most:,}")
    frame = records.toPandas()
    operations.linkage_fitted(ctx.audit, night, frame[resolution.ID], {"records": n})
    linkage = resolution.Linkage(frame)
    model = linkage.train(ctx.settings.night_seed(night))
    pairs = linkage.blocking()
    row = (night, ctx.settings.config_hash, model, n)
    df = ctx.spark.createDataFrame([row], network.ENTITY_PARAMETERS.struct())
    ctx.lake.replace(
        quality.demand(df, network.ENTITY_PARAMETERS), network.ENTITY_PARAMETERS, {"night": night.isoformat()}
    )
    return {"night": night.isoformat(), "n_records": n, "blocking": pairs}


def text(outcome: dict[str, Any]) -> str:
    lines = [
        f"fitted on {outcome['n_records']:,} records; nights from {outcome['night']} link by it",
        "pairs compared:",
    ]
    lines += [f"  {row['added']:>12,}  {row['rule']}" for row in outcome["blocking"]]
    total = outcome["blocking"][-1]
    return "\n".join([*lines, f"  {total['pairs']:>12,}  in all, of {total['possible']:,} possible"])
