"""Training: what was known in a night goes to the candidates, and what they made goes to the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.evaluation import hidden_reports
from jobs.runtime import night_bounds, progress
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.sections.queues import Bert
from jobs.runtime.settings import Settings
from jobs.training import summary as training_summary
from pipelines.common import quality
from schemas import codes, gold, silver

if TYPE_CHECKING:
    import pandas as pd

    from models.candidates import candidates
    from models.registry import registry, tracking
    from models.serving import artefact
    from models.training import comparison

# models and MLflow are imported where they are used: they take seconds that Dagster's definitions need not spend.


@dataclass(frozen=True)
class Chosen:
    """The classifier of a night, or why there is none."""

    model: artefact.Artefact | None
    why_none: str = ""


def champion(ctx: RunContext, night: date) -> Chosen:
    """The model of a night: what its first run used, else the registry's champion, else a new one.

    The champion is the version that the registry's alias names; a night before the one that it learnt from takes the
    newest promoted version that knew no more, so a backfill never uses a model that learnt from later nights. A rerun
    scores with the same model whatever was promoted since, unless that was withdrawn. Where nothing can be trained, or
    nothing that was trained meets the criteria, the night goes on without a model and says why: it publishes decisions
    and write-back, and an empty queue. Settled once a run.

    Raises:
        registry.RegistryError: the registry cannot be read, or its alias is on a version that was withdrawn.
        artefact.ModelRefusedError: the model is not what was registered. That is no reason to train another.
    """
    if night not in ctx.classifiers:
        ctx.classifiers[night] = _champion(ctx, night)
    kept: Chosen = ctx.classifiers[night]
    return kept


def _champion(ctx: RunContext, night: date) -> Chosen:
    from models.training import compare as models_training

    name = ctx.settings.training.model
    shelf = ctx.registry
    used = _used_before(ctx, shelf, name, night)
    if used is not None:
        return Chosen(used)
    current = shelf.champion(name, night)
    if current is not None and _has_out_of_fold(ctx, current.version):
        return Chosen(current)
    try:
        outcome = train(ctx, night, is_first=True)
    except models_training.TrainingDataError as error:
        return Chosen(None, f"training is impossible: {error}")
    current = shelf.champion(name, night)
    if current is None:
        return Chosen(None, f"no classifier met the criteria: {'; '.join(outcome['refusals'])}")
    return Chosen(current)


def _used_before(ctx: RunContext, shelf: registry.Registry, name: str, night: date) -> artefact.Artefact | None:
    """The model that the night's first run used; None if it had none, or it was withdrawn since."""
    from models.registry import registry

    used = ctx.known(night).tonight(gold.RUN_MANIFEST).select("model_version").collect()
    if not used or used[0].model_version is None:
        return None
    try:
        return shelf.load(name, used[0].model_version)
    except registry.WithdrawnError as error:
        progress.CURRENT.say(f"{'':>8} {error}")
        return None


def _has_out_of_fold(ctx: RunContext, version: str) -> bool:
    return not ctx.lake.read(gold.OOF_SCORES).where(F.col("model_version") == version).isEmpty()


def train(ctx: RunContext, night: date, *, is_first: bool = False) -> dict[str, Any]:
    """Compare, register the best that meets the criteria, and promote it; where none does, the best, as challenger.

    Args:
        is_first: within a night that has no model: the smaller effort of the settings, so that the queue is not late.

    Returns:
        What `comparison_report.summary` holds.

    Raises:
        FutureNightError: the night is later than tomorrow.
        training.TrainingDataError: the reports known in the night cannot train anything; says what is missing.
    """
    night_bounds.refuse_future(ctx.settings, night, is_future_allowed=ctx.is_future_allowed)
    from models.training import comparison, promotion

    rules = ctx.settings.training
    limits = rules.first if is_first else rules
    reports = ctx.known(night).training_reports()
    frame = reports.orderBy(F.xxhash64("report_id"), "report_id").limit(limits.max_reports).toPandas()
    operations.training_read(ctx.audit, night, frame["report_id"], {"reports": len(frame)})
    compared = compared_on(ctx.settings, frame, night, is_first=is_first)
    criteria = promotion.Criteria(**dict(ctx.settings.promotion))
    tags = {
        "night": night.isoformat(),
        "data_version": str(ctx.lake.versions((silver.REPORTS, gold.DECISIONS))),
        "code_commit": ctx.code_commit,
        "config_hash": ctx.settings.config_hash,
    }
    true = hidden_reports.figures(ctx.settings.truth, compared, night)
    shelf = ctx.registry
    run = shelf.log(compared, tags, true, _inputs(ctx))
    refused = {r.candidate.name: promotion.refusals(r, compared, criteria) for r in promotion.ranked(compared)}
    shelf.judged(run, refused)
    best = next((compared.result(name) for name, why in refused.items() if not why), compared.best())
    version, refusals = _register(ctx, shelf, compared, best, criteria, run, tags)
    summary = training_summary.summary(
        compared,
        tags=tags,
        registered={"model": rules.model, "version": version, "candidate": best.candidate.name},
        refusals=refusals,
        refused=refused,
        true=true,
        hidden=hidden_reports.counts(ctx.settings.truth, compared, night),
        marking=max(frame["marking"], key=codes.MARKINGS.index, default=codes.MARKINGS[0]),
        lower_is_better=sorted(comparison.LOWER_IS_BETTER),
    )
    shelf.summarise(run, summary)
    return summary


def compared_on(
    settings: Settings, frame: pd.DataFrame, night: date, *, is_first: bool = False
) -> comparison.Comparison:
    """The comparison that a training of `night` makes of some reports: candidates, seed and effort of the settings.

    Args:
        frame: reports as `Known.training_reports` gives them.
        is_first: the smaller effort of a night that has no model.
    """
    from models.training import compare

    rules = settings.training
    limits = rules.first if is_first else rules
    return compare.train(
        frame,
        _candidates(limits.candidates, rules.bert),
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


def _inputs(ctx: RunContext) -> list[tracking.Input]:
    """The tables that training reports come from, at their versions."""
    from models.registry import tracking

    tables = (silver.REPORTS, gold.DECISIONS)
    versions = ctx.lake.versions(tables)
    return [
        tracking.Input(table.path, ctx.lake.location(table), versions[table.path])
        for table in tables
        if table.path in versions
    ]


def _candidates(names: Sequence[str], bert: Bert) -> tuple[candidates.Candidate, ...]:
    """Those that the settings name; `bert` stands for the BERT that the settings describe."""
    from models.candidates import candidates

    described = [candidates.fine_tuned(**dict(bert))] if "bert" in names else []
    return (*candidates.named([name for name in names if name != "bert"]), *described)


def _register(
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


def _keep_out_of_fold(ctx: RunContext, scores: pd.DataFrame, name: str, version: str) -> None:
    rows = ctx.spark.createDataFrame(scores.assign(model_name=name, model_version=version))
    ctx.lake.replace(quality.demand(rows, gold.OOF_SCORES), gold.OOF_SCORES, {"model_version": version})
