"""The champion fitted again in a night, with what analysts answered since it learnt: its kind, and no other.

Which kind is best is the weekly training's question. Here the champion's own kind is searched, calibrated and scored
out of fold on all that is known, compared with the baselines, and judged by the same criteria. Where it meets them it
is a registered version like any other: scores, queue rows and manifest name it, and a rerun of the night scores with
it. Where it does not, the champion stays.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from jobs.runtime import progress
from jobs.runtime.context import RunContext
from jobs.training import learning

if TYPE_CHECKING:
    from models.serving import artefact


def refitted(ctx: RunContext, night: date, current: artefact.Artefact) -> artefact.Artefact:
    """The champion of `night` once it knows the answers: a new version, or `current` where nothing calls for one.

    `current` stays where the settings say so, where fewer than `min_answers` were given since the night that it learnt
    from, where it is a BERT (minutes without an accelerator), where there are more reports than `max_reports`, and
    where a person rolled back or withdrew what was newer: then people decide what comes next, or the weekly training.
    """
    rules, kind = ctx.settings.training.refit, current.tags.get("candidate", "")
    if not rules.is_on or not _is_quick(kind):
        return current
    n_answers = ctx.known(night).n_answers_since(current.tags["night"])
    if n_answers < rules.min_answers:
        return current
    if ctx.registry.is_rolled_back(current.name, current.version):
        _say(f"v{current.version} stays: what was promoted after it was rolled back or withdrawn")
        return current
    return _refitted(ctx, night, current, kind, n_answers) or current


def _is_quick(kind: str) -> bool:
    from models.candidates import candidates

    known = {candidate.name: candidate for candidate in candidates.CANDIDATES}
    return kind in known and known[kind].family != "bert"


def _refitted(
    ctx: RunContext, night: date, current: artefact.Artefact, kind: str, n_answers: int
) -> artefact.Artefact | None:
    from models.registry import registry
    from models.training import compare, promotion

    most = ctx.settings.training.refit.max_reports
    frame = learning.reports(ctx, night, most + 1)
    if len(frame) > most:
        _say(f"v{current.version} stays: more than {most:,} reports (training.refit.max_reports)")
        return None
    try:
        compared = learning.compared_on(ctx.settings, frame, night, only=kind)
    except compare.TrainingDataError as error:
        _say(f"v{current.version} stays: {error}")
        return None
    criteria = promotion.Criteria(**dict(ctx.settings.promotion))
    made = compared.result(kind)
    refusals = promotion.refusals(made, compared, criteria)
    tags = {**learning.tags(ctx, night), "refit_of": current.version, "n_answers": str(n_answers)}
    shelf = ctx.registry
    run = shelf.log(compared, tags, {}, learning.inputs(ctx), registry.REFITS)
    shelf.judged(run, {kind: refusals})
    if not refusals:
        version, refusals = learning.register(ctx, shelf, compared, made, criteria, run, tags)
    if refusals:
        _say(f"v{current.version} stays; fitted again with {n_answers} answers it is refused: {'; '.join(refusals)}")
        return None
    _say(f"v{version} is v{current.version} fitted again with {n_answers} answers")
    return shelf.champion(current.name, night)


def _say(what: str) -> None:
    progress.CURRENT.say(f"{'':>8} {what}")
