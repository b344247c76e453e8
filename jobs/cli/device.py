"""Commands about seized devices: `device show`, `device search`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, as_json, reviewer_option, show


@click.group()
def device() -> None:
    """Seized devices: what was read of them, and key words in what is stored."""


@device.command("show")
@click.argument("submission", required=False)
@click.option("--night", type=NIGHT, help="As known in this night (default: the newest that ran).")
@reviewer_option()
@as_json
def device_show(submission: str | None, night: datetime | None, reviewer: str, as_json: bool) -> None:
    """What was read of SUBMISSION, or of all: files, messages, accounts and wallets, and what could not be read."""
    from jobs.research import devices
    from jobs.runtime import context

    told = devices.submissions(context.reader(), night.date() if night else None, submission, reviewer)
    show(told, as_json, devices.text(told))


@device.command("search")
@click.argument("list_", metavar="LIST", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--submission", help="Only in this submission (default: in all).")
@click.option("--why", required=True, help="What it is for: it is logged.")
@click.option("--limit", default=50, show_default=True, help="Hits that are listed; all are counted.")
@reviewer_option()
@as_json
def device_search(list_: Path, submission: str | None, why: str, limit: int, reviewer: str, as_json: bool) -> None:
    """Look for the terms of LIST (CSV, XLSX or TXT) in stored messages. Nothing is read again, and nothing is kept."""
    from jobs.research import devices
    from jobs.runtime import context

    told = devices.search(context.reader(), list_, submission, reviewer=reviewer, why=why, limit=limit)
    show(told, as_json, devices.search_text(told))
