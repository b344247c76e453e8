"""Training: what was known in a night goes to the candidates, and what they made goes to the registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from jobs.evaluation import hidden_reports
from jobs.runtime import night_bounds, progress
from jobs.runtime.context import RunContext
from jobs.training import learning, refit
from jobs.training import summary as training_summary
from schemas import codes, gold

if TYPE_CHECKING:
    from models.registry import registry
    from models.serving import artefact

# models and MLflow are imported where they are used: they take seconds that Dagster's definitions need not spend.


@dataclass(frozen=True)
class Chosen:
    """The classifier of a night, or why there is none."""

    model: artefact.Artefact | None
    why_none: str = ""


def champion(ctx: RunContext, night: date) -> Chosen:
    """The model of a night: what its first run used, else the registry's champion, else a new one.

    A champion is fitted again first where enough was answered since it learnt (`refit`).

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
        return Chosen(refit.refitted(ctx, night, current))
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
    frame = learning.reports(ctx, night, limits.max_reports)
    compared = learning.compared_on(ctx.settings, frame, night, is_first=is_first)
    criteria = promotion.Criteria(**dict(ctx.settings.promotion))
    tags = learning.tags(ctx, night)
    true = hidden_reports.figures(ctx.settings.truth, compared, night)
    shelf = ctx.registry
    run = shelf.log(compared, tags, true, learning.inputs(ctx))
    refused = {r.candidate.name: promotion.refusals(r, compared, criteria) for r in promotion.ranked(compared)}
    shelf.judged(run, refused)
    best, kept = promotion.chosen(compared, refused, shelf.kind(rules.model, night))
    version, refusals = learning.register(ctx, shelf, compared, best, criteria, run, tags)
    summary = training_summary.summary(
        compared,
        tags=tags,
        registered={"model": rules.model, "version": version, "candidate": best.candidate.name},
        refusals=refusals,
        refused=refused,
        criteria={r.candidate.name: promotion.measured(r, compared, criteria) for r in promotion.ranked(compared)},
        kept=kept,
        ceiling=hidden_reports.ceiling(ctx.settings.truth, compared, night),
        true=true,
        hidden=hidden_reports.counts(ctx.settings.truth, compared, night),
        marking=max(frame["marking"], key=codes.MARKINGS.index, default=codes.MARKINGS[0]),
        lower_is_better=sorted(comparison.LOWER_IS_BETTER),
    )
    shelf.summarise(run, summary)
    return summary
