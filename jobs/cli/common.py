"""What the modules of the command line share."""

from __future__ import annotations

import json
from typing import Any

import click

from schemas.errors import UserError

NIGHT = click.DateTime(formats=["%Y-%m-%d"])
future = click.option("--future", "is_future_allowed", is_flag=True, help="Allow a night that is later than tomorrow.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class OneSentence(click.Group):
    """The outermost group: an error that a person can act on is its message and exit code 1; others a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise click.ClickException(str(error)) from error


class Failures(click.ClickException):
    """Errors a person can act on are one sentence, not a traceback."""

    exit_code = 1


def show(value: Any, as_json: bool, text: str) -> None:
    click.echo(json.dumps(value, indent=2, default=str) if as_json else text)
