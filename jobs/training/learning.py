"""What every fit of a night shares: reports as known, the comparison, tags, inputs, a version made of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.runtime import progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.sections.queues import Bert
from jobs.runtime.settings import Settings
from pipelines.common import quality
from schemas import gold, silver

if TYPE_CHECKING:
    import pandas as pd

    from models.candidates import candidates
    from models.registry import registry, tracking
    from models.training import comparison


def reports(ctx: RunContext, night: date, most: int) -> pd.DataFrame:
    """Reports of `Known.training_reports`, beyond `most` a sample by hash of the report id; logged as read."""
    known = ctx.known(night).training_reports()
    frame = known.orderBy(F.xxhash64("report_id"), "report_id").limit(most).toPandas()
    operations.training_read(ctx.audit, night, frame["report_id"], {"reports": len(frame)})
    return frame


def compared_on(
    settings: Settings, frame: pd.DataFrame, night: date, *, is_first: bool = False, only: str | None = None
) -> comparison.Comparison:
    """The comparison that a training of `night` makes of some reports: candidates, seed and effort of the settings.

    Args:
        frame: reports as `Known.training_reports` gives them.
        is_first: the smaller effort of a night that has no model.
        only: one candidate, beside the baselines that it has to beat; all of the settings without it.
    """
    from models.candidates import candidates
    from models.training import compare

    rules = settings.training
    limits = rules.first if is_first else rules
    baselines = [candidate.name for candidate in candidates.CANDIDATES if candidate.is_baseline]
    return compare.train(
        frame,
        _candidates([*baselines, only] if only else limits.candidates, rules.bert),
        seed=settings.night_seed(night),
        n_folds=rules.n_folds,
        capacity=settings.queue.capacity,
        effort=compare.Effort(
            n_sets=limits.n_sets,
            n_inner=rules.n_inner,
            n_partitions=limits.n_partitions,
            n_partitions_dear=limits.n_partitions_dear,
        ),
        progress=lambda said: progress.CURRENT.say(f"{'':>8} {said}"),
    )


def tags(ctx: RunContext, night: date) -> dict[str, str]:
    """What a version learnt from, for its run and for itself."""
    return {
        "night": night.isoformat(),
        "data_version": str(ctx.lake.versions((silver.REPORTS, gold.DECISIONS))),
        "code_commit": ctx.code_commit,
        "config_hash": ctx.settings.config_hash,
    }


def inputs(ctx: RunContext) -> list[tracking.Input]:
    """The tables that training reports come from, at their versions."""
    from models.registry import tracking

    tables = (silver.REPORTS, gold.DECISIONS)
    versions = ctx.lake.versions(tables)
    return [
        tracking.Input(table.path, ctx.lake.location(table), versions[table.path])
        for table in tables
        if table.path in versions
    ]


def register(
    ctx: RunContext,
    shelf: registry.Registry,
    compared: comparison.Comparison,
    best: comparison.Result,
    criteria: Any,
    run: str,
    tags: dict[str, str],
) -> tuple[str, list[str]]:
    """Version of the best, and why it is not champion (nothing: it is). In the audit log before the alias moves."""
    name = ctx.settings.training.model
    version = shelf.register(name, best, run, tags)
    _keep_out_of_fold(ctx, compared.out_of_fold(best.candidate.name), name, version)

    def record(refusals: list[str], replaced: str | None) -> None:
        instead = f", in the place of v{replaced}" if replaced else ""
        why = f"promotion refused: {'; '.join(refusals)}" if refusals else f"promoted to champion{instead}"
        operations.model_registered(ctx.audit, f"{name} v{version} ({best.candidate.name})", why)

    return version, shelf.promote(name, version, best, compared, criteria, record)


def _candidates(names: Sequence[str], bert: Bert) -> tuple[candidates.Candidate, ...]:
    """Those that the settings name; `bert` stands for the BERT that the settings describe."""
    from models.candidates import candidates

    described = [candidates.fine_tuned(**dict(bert))] if "bert" in names else []
    return (*candidates.named([name for name in names if name != "bert"]), *described)


def _keep_out_of_fold(ctx: RunContext, scores: pd.DataFrame, name: str, version: str) -> None:
    rows = ctx.spark.createDataFrame(scores.assign(model_name=name, model_version=version))
    ctx.lake.replace(quality.demand(rows, gold.OOF_SCORES), gold.OOF_SCORES, {"model_version": version})
