"""`nightjar entities`: merges and splits of people, taking one back, fitting the linkage."""

from __future__ import annotations

import os
from datetime import datetime

import click

from jobs.cli_parts import NIGHT, as_json

reviewer = click.option("--reviewer", default=lambda: os.environ.get("USER", "unknown"), help="Who: it is logged.")


@click.group()
def entities() -> None:
    """People across forces: merges, splits, and taking one back."""


@entities.command("events")
@click.option("--night", type=NIGHT, help="Night (default: the newest that has any).")
@click.option("--entity", help="Events of this entity, in all nights.")
@click.option("--limit", default=20, show_default=True, help="Events shown, the doubtful first.")
@reviewer
@as_json
def events(night: datetime | None, entity: str | None, limit: int, reviewer: str, as_json: bool) -> None:
    """Print merges and splits with their evidence. The look is logged first."""
    from jobs import cli, entity_events, workplace

    rows = entity_events.listed(workplace.reader(), night.date() if night else None, entity, limit, reviewer)
    cli.show(rows, as_json, entity_events.text(rows))


@entities.command("undo")
@click.argument("event")
@click.option("--why", required=True, help="Reason in your words.")
@reviewer
@as_json
def undo(event: str, why: str, reviewer: str, as_json: bool) -> None:
    """Take back a merge, split or undo EVENT from the next night on."""
    from jobs import cli, entity_events, inbox, workplace

    try:
        path = entity_events.undo(
            workplace.reader(), event, reviewer=reviewer, why=why, decided_at=datetime.now().astimezone()
        )
    except (ValueError, LookupError, inbox.AlreadySubmittedError) as error:
        raise click.ClickException(str(error)) from error
    cli.show({"file": str(path)}, as_json, f"recorded in {path}; the next night takes it in")


@entities.command("train")
@click.option("--night", type=NIGHT, help="Fit on what was known in this night (default: tonight).")
@as_json
def train(night: datetime | None, as_json: bool) -> None:
    """Fit the linkage of people to this deployment's own records, and print how many pairs its blocks compare."""
    from jobs import cli, entity_training, lock, settings, workplace

    try:
        with workplace.writer() as place:
            day = night.date() if night else settings.load().tonight()
            outcome = entity_training.train(place, day)
    except (ValueError, lock.LakehouseBusyError) as error:
        raise click.ClickException(str(error)) from error
    cli.show(outcome, as_json, entity_training.text(outcome))
