"""`nightjar evaluate`: what the night's calculations are worth, measured on synthetic worlds with a planted truth."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from jobs.cli.common import NIGHT, as_json, show

MAKER = click.Choice(["first", "second"])


@click.group()
def evaluate() -> None:
    """Measure a calculation against planted truth (synthetic worlds only)."""


@evaluate.command("network")
@click.option("--night", type=NIGHT, help="Night whose network is replayed (default: the newest).")
@click.option("--days", default=16, show_default=True, help="Days replayed, ending with the night.")
@click.option("--apart", default=14, show_default=True, help="Days between them.")
@click.option("--horizon", default=120, show_default=True, help="Days after a day in which harm counts as warned of.")
@click.option("--capacity", default=10, show_default=True, help="Children per force and day that somebody can look at.")
@click.option("--worlds", type=click.IntRange(min=2), help="Make so many worlds instead: no night is run or read.")
@click.option("--reports", default=5000, show_default=True, help="Reports of each of these worlds.")
@click.option("--first-seed", default=100, show_default=True, help="Seed of the first of these worlds.")
@click.option(
    "--maker", type=MAKER, default="first", show_default=True, help="Whose worlds: on the second's nothing is tuned."
)
@as_json
def network(worlds: int | None, as_json: bool, **asked: Any) -> None:
    """Replay past days of the network: precision, recall and days of warning, compared with what forces use today.

    Of the newest night's world, or of many worlds, whose intervals are by world.
    """
    from jobs.runtime import context

    ctx = context.reader()
    replay = {"n_days": asked["days"], **{name: asked[name] for name in ("apart", "horizon", "capacity")}}
    if worlds is None:
        from jobs.evaluation import network as evaluation

        day = asked["night"].date() if asked["night"] else ctx.known().newest_published()
        report = evaluation.evaluate(ctx, day, **replay)
        show(report, as_json, evaluation.text(report))
        return
    from jobs.evaluation import risk, risk_figures, risk_worlds, second_risk_worlds

    make = second_risk_worlds.make if asked["maker"] == "second" else risk_worlds.make
    sizes = {"n_worlds": worlds, "n_reports": asked["reports"], "first": asked["first_seed"]}
    report = risk.evaluate(ctx.spark, ctx.settings, make, **sizes, **replay)
    show(report, as_json, risk_figures.text(report))


@evaluate.command("leads")
@click.option("--worlds", default=4, show_default=True, help="Worlds with lines, and as many without.")
@click.option("--lines", default=2, show_default=True, help="Lines, or their bystanders alone, in each world.")
@click.option("--first-seed", default=100, show_default=True, help="Seed of the first world.")
@click.option(
    "--maker",
    type=MAKER,
    default="first",
    show_default=True,
    help="Whose worlds: the second's assumptions are others, and nothing is fitted on them.",
)
@click.option("--calibrate", is_flag=True, help="Fit the curves on worlds of their own, and print them as settings.")
@as_json
def leads(worlds: int, lines: int, first_seed: int, maker: str, calibrate: bool, as_json: bool) -> None:
    """Measure every detector of leads: precision, recall and false leads per night, compared with a simple rule."""
    import yaml

    from jobs.evaluation import lead_worlds, second_lead_worlds
    from jobs.evaluation import leads as evaluation
    from jobs.runtime import context
    from pipelines.comms import leads as detectors

    ctx = context.reader()
    thresholds = detectors.Thresholds.of(ctx.settings.leads.model_dump(), ctx.settings.schedule.time_zone)
    if calibrate:
        curves = evaluation.calibrate(ctx.spark, thresholds, n_worlds=worlds, n_lines=lines)
        show({"curves": curves}, as_json, yaml.safe_dump({"curves": curves}, sort_keys=False))
        return
    make = second_lead_worlds.make if maker == "second" else lead_worlds.make
    report = evaluation.evaluate(ctx.spark, thresholds, n_worlds=worlds, n_lines=lines, first=first_seed, make=make)
    show(report, as_json, evaluation.text(report))


@evaluate.command("travel")
@click.option("--night", type=NIGHT, help="Night (default: the newest that ran).")
@as_json
def travel(night: datetime | None, as_json: bool) -> None:
    """Measure matches on flights: precision, recall, false matches and calibration, compared with exact-name rules."""
    from jobs.evaluation import travel as evaluation
    from jobs.runtime import context

    report = evaluation.evaluate(context.reader(), night.date() if night else None)
    show(report, as_json, evaluation.text(report))
