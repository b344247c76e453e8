"""`nightjar train`: everything that is fitted to a deployment's own records."""

from __future__ import annotations

from typing import Any

import click

from jobs.cli import models, network
from jobs.cli.common import renamed


@click.group(invoke_without_command=True, params=[renamed(option, hidden=True) for option in models.train.params])
@click.pass_context
def train(ctx: click.Context, /, **options: Any) -> None:
    """Fit classifiers, a BERT or the linkage to this deployment's own records; compare on a data set from outside."""
    # `nightjar train --night N` is what `nightjar train classifiers --night N` was called.
    if ctx.invoked_subcommand is None:
        ctx.invoke(models.train, **options)
    elif any(ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE for name in options):
        raise click.UsageError(f"Options go after the command: nightjar train {ctx.invoked_subcommand} --help")


train.add_command(renamed(models.train, name="classifiers"))
train.add_command(models.dataset)
train.add_command(renamed(models.pretrain, name="bert"))
train.add_command(renamed(network.train, name="linkage", hidden=False))
