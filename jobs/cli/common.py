"""What the modules of the command line share."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from jobs.runtime import identity
from schemas.errors import UserError

Named = TypeVar("Named", click.Command, click.Option, click.Parameter)
NIGHT = click.DateTime(formats=["%Y-%m-%d"])
future = click.option("--future", "is_future_allowed", is_flag=True, help="Allow a night that is later than tomorrow.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


NO_ENGINE = (
    "Spark is not installed: on one machine install the extra `local` (`nightjar-pipeline[local]`);"
    " on a cluster run this with the runtime's own Python."
)


class OneSentence(click.Group):
    """The outermost group: an error that a person can act on is its message and exit code 1; others a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise click.ClickException(str(error)) from error
        except ModuleNotFoundError as error:
            if str(error.name).partition(".")[0] not in ("pyspark", "delta"):
                raise
            raise click.ClickException(NO_ENGINE) from error


def reviewer_option(help: str = "Who looks: it is logged.") -> Callable[[Any], Any]:
    """The option `--reviewer`: by default the account of the operating system, and never nobody."""
    return click.option("--reviewer", default=identity.person, callback=_named, help=f"{help} Default: your account.")


def _named(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("a look or a decision is somebody's: it takes a name", ctx, parameter)
    return value.strip()


def renamed(original: Named, *, name: str | None = None, hidden: bool | None = None) -> Named:
    """The same command or option under another name, or kept out of help: old names go on working."""
    made = copy.copy(original)
    made.name = name or original.name
    if hidden is not None and isinstance(made, click.Command | click.Option):
        made.hidden = hidden
    return made


def show(value: Any, as_json: bool, text: str) -> None:
    click.echo(json.dumps(value, indent=2, default=str) if as_json else text)
