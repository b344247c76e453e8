"""Commands on communications data: `nightjar comms ...`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, reviewer_option


@click.group()
def comms() -> None:
    """Research communications data in bulk."""


@comms.command("research")
@click.option(
    "--identifiers", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True,
    help="File with one number, handset (IMEI), SIM (IMSI) or account per line.",
)  # fmt: skip
@click.option("--night", type=NIGHT, help="As of which night (default: tonight).")
@click.option("--out", type=click.Path(path_type=Path), help="Folder (default: exports/comms_research).")
@click.option("--why", required=True, help="Why, in your words: operation and authority. It is logged.")
@reviewer_option()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def research(
    identifiers: Path, night: datetime | None, out: Path | None, why: str, reviewer: str, as_json: bool
) -> None:
    """Research all calls of a list of identifiers: contacts, hours, handsets, routes, who was near whom, gaps.

    Makes one folder with a table per question (Parquet) and a workbook. The look and the combination are logged first;
    excess data and hidden rows of protected professions never appear.
    """
    from jobs.research import comms as research_comms
    from jobs.runtime import context

    ctx = context.reader()
    lines = identifiers.read_text(encoding="utf-8", errors="replace").splitlines()
    researched = research_comms.run(
        ctx, lines, night.date() if night else ctx.settings.tonight(), who=reviewer, why=why, out=out
    )
    click.echo(json.dumps(researched.as_dict(), indent=2) if as_json else researched.text())


@comms.command("cluster")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def cluster(as_json: bool) -> None:
    """Cluster the events on disk by number, so that one number's picture reads few files. Not while a night runs."""
    from jobs.research import comms_clustering
    from jobs.runtime import context

    with context.writer() as ctx:
        done = comms_clustering.cluster(ctx)
    text = f"{done.files_before} files before, {done.files_after} after"
    click.echo(json.dumps(done.as_dict(), indent=2) if as_json else text)
