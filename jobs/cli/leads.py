"""`nightjar leads evaluate`: how good the leads are, on worlds with a planted truth."""

from __future__ import annotations

import json

import click


@click.group()
def leads() -> None:
    """Leads in communications data."""


@leads.command("evaluate")
@click.option("--worlds", default=4, show_default=True, help="Worlds with lines, and as many without.")
@click.option("--lines", default=2, show_default=True, help="Lines, or their bystanders alone, in each world.")
@click.option("--first-seed", default=100, show_default=True, help="Seed of the first world.")
@click.option("--calibrate", is_flag=True, help="Fit the curves on worlds of their own, and print them as settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def evaluate(worlds: int, lines: int, first_seed: int, calibrate: bool, as_json: bool) -> None:
    """Precision, recall and false leads a night of every detector, beside its simple rule."""
    import yaml

    from jobs.evaluation import leads as lead_evaluation
    from jobs.runtime import context
    from pipelines.comms import leads as detectors

    ctx = context.reader()
    given = detectors.Thresholds.of(ctx.settings.leads.model_dump(), ctx.settings.schedule.time_zone)
    if calibrate:
        curves = lead_evaluation.calibrate(ctx.spark, given, n_worlds=worlds, n_lines=lines)
        click.echo(yaml.safe_dump({"curves": curves}, sort_keys=False))
        return
    found = lead_evaluation.evaluate(ctx.spark, given, n_worlds=worlds, n_lines=lines, first=first_seed)
    click.echo(json.dumps(found, indent=2) if as_json else lead_evaluation.text(found))
