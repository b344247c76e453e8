"""`nightjar network` and `nightjar entities`: a reference list, merges and splits of people, fitting the linkage."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, as_json, future, reviewer_option, show


@click.group()
def network() -> None:
    """Import reference data of the network."""


@network.command("import-ocg")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--night", type=NIGHT, help="Night from which the list is known (default: tonight).")
@future
@as_json
def import_ocg(file: Path, night: datetime | None, is_future_allowed: bool, as_json: bool) -> None:
    """Import a list of organised crime groups: CSV with ocg_ref and person_id. Bad rows are refused and counted."""
    from jobs.runtime import context
    from jobs.sources import ocg_list

    with context.writer(is_future_allowed=is_future_allowed) as ctx:
        counts = ocg_list.load(ctx, file, night.date() if night else ctx.settings.tonight())
    show(
        counts,
        as_json,
        f"{counts['loaded']} members of {counts['groups']} groups loaded, {counts['refused']} rows refused",
    )


@click.group()
def entities() -> None:
    """Show merges and splits of people across forces, and take one back."""


@entities.command("events")
@click.option("--night", type=NIGHT, help="Night (default: the newest that has any).")
@click.option("--entity", help="Events of this entity, in all nights.")
@click.option("--limit", default=20, show_default=True, help="Events shown, the doubtful first.")
@reviewer_option()
@as_json
def events(night: datetime | None, entity: str | None, limit: int, reviewer: str, as_json: bool) -> None:
    """Print merges and splits with their evidence. The look is logged first."""
    from jobs.research import entity_events
    from jobs.runtime import context

    rows = entity_events.listed(context.reader(), night.date() if night else None, entity, limit, reviewer)
    show(rows, as_json, entity_events.text(rows))


@entities.command("undo")
@click.argument("event")
@click.option("--why", required=True, help="Reason in your words.")
@reviewer_option()
@as_json
def undo(event: str, why: str, reviewer: str, as_json: bool) -> None:
    """Take back a merge, split or undo EVENT from the next night on."""
    from jobs.research import entity_events
    from jobs.runtime import context

    path = entity_events.undo(
        context.reader(), event, reviewer=reviewer, why=why, decided_at=datetime.now().astimezone()
    )
    show({"file": str(path)}, as_json, f"recorded in {path}; the next night takes it in")


@entities.command("train", hidden=True)
@click.option("--night", type=NIGHT, help="Fit on what was known in this night (default: tonight).")
@future
@as_json
def train(night: datetime | None, is_future_allowed: bool, as_json: bool) -> None:
    """Fit the linkage of people to this deployment's own records, and print how many pairs its blocks compare."""
    from jobs.runtime import context, settings
    from jobs.training import linkage

    with context.writer(is_future_allowed=is_future_allowed) as ctx:
        day = night.date() if night else settings.load().tonight()
        outcome = linkage.train(ctx, day)
    show(outcome, as_json, linkage.text(outcome))
