"""Commands of the network: how well it would have done, and the import of a reference list."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, as_json, show


@click.group()
def network() -> None:
    """The network: evaluation and reference data."""


@network.command()
@click.option("--night", type=NIGHT, help="Night whose network is replayed (default: the newest).")
@click.option("--days", default=16, show_default=True, help="Days replayed, ending with the night.")
@click.option("--apart", default=14, show_default=True, help="Days between them.")
@click.option("--horizon", default=120, show_default=True, help="Days after a day in which harm counts as warned of.")
@click.option("--capacity", default=10, show_default=True, help="Children per force and day that somebody can look at.")
@as_json
def evaluate(night: datetime | None, days: int, apart: int, horizon: int, capacity: int, as_json: bool) -> None:
    """Replay past days of the synthetic world: precision, recall and days of warning beside the incumbents."""
    from jobs.evaluation import network as evaluation_network
    from jobs.runtime import context
    from jobs.runtime import known as known_nights

    ctx = context.reader()
    day = night.date() if night else known_nights.newest(ctx)
    found = evaluation_network.evaluate(ctx, day, n_days=days, apart=apart, horizon=horizon, capacity=capacity)
    show(found, as_json, evaluation_network.text(found))


@network.command("import-ocg")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--night", type=NIGHT, help="Night from which the list is known (default: tonight).")
@as_json
def import_ocg(file: Path, night: datetime | None, as_json: bool) -> None:
    """Import a list of organised crime groups: CSV with ocg_ref and person_id. Bad rows are refused and counted."""
    from jobs.runtime import context
    from jobs.sources import ocg_list

    with context.writer() as ctx:
        found = ocg_list.load(ctx, file, night.date() if night else ctx.settings.tonight())
    show(
        found, as_json, f"{found['loaded']} members of {found['groups']} groups loaded, {found['refused']} rows refused"
    )
