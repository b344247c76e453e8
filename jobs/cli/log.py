"""`nightjar log`: whether the log of processing is whole, and what it says. Starts no Spark, unless it is a table."""

from __future__ import annotations

import sys

import click

from jobs.cli.common import as_json, reviewer_option, show
from schemas import codes


@click.group("log")
def log() -> None:
    """Verify, anchor and read the log of processing."""


@log.command("verify")
@as_json
def verify(as_json: bool) -> None:
    """Check chain, head, side files, anchors and run manifests. Exit code 1 names the first bad entry."""
    from jobs.runtime import context, settings
    from jobs.runtime.audit import verification

    ctx = context.RunContext(settings.load())
    verdict = verification.verify(ctx.settings, ctx.audit)
    broken = verdict.broken
    found = {
        "is_whole": broken is None, "entries": verdict.head.n, "head": verdict.head.hash,
        "anchors": verdict.n_anchors, "anchored_to": verdict.anchored_to, "manifests": verdict.n_manifests,
        "first_bad_entry": broken.n if broken else None, "why": broken.why if broken else None,
    }  # fmt: skip
    show(found, as_json, verdict.text())
    if broken is not None:
        sys.exit(1)


@log.command("anchor")
@as_json
def anchor(as_json: bool) -> None:
    """Keep number and hash of the log in the folder of `log.anchor`. Nights and trainings do so by themselves."""
    from jobs.runtime import context, settings
    from jobs.runtime.audit import marks
    from schemas.errors import InvalidInputError

    chosen = settings.load()
    if chosen.anchor is None:
        raise InvalidInputError("No folder is set to keep anchors in: set log.anchor.")
    path = marks.anchor(context.RunContext(chosen).audit, chosen.anchor, "asked for")
    show({"file": str(path) if path else None}, as_json, f"anchored in {path}" if path else "nothing is logged yet")


@log.command("show")
@click.option("--last", default=20, show_default=True, type=click.IntRange(min=1), help="Entries shown, the newest.")
@click.option(
    "--operation",
    type=click.Choice(sorted(codes.LOG_OPERATIONS)),
    metavar="OPERATION",
    help="Entries of this operation alone: see the data dictionary.",
)
@click.option("--who", help="Entries of this person alone.")
@reviewer_option()
@as_json
def show_entries(last: int, operation: str | None, who: str | None, reviewer: str, as_json: bool) -> None:
    """Print entries of the log. The look is logged first."""
    from jobs.runtime import context
    from jobs.runtime.audit import reading

    rows = reading.shown(context.reader().audit, reviewer, last=last, operation=operation, person=who)
    show(rows, as_json, reading.text(rows))


@log.command("ids")
@click.argument("entry", type=click.IntRange(min=1))
@click.option("--why", required=True, help="Cause, in your words: it is logged.")
@reviewer_option()
@as_json
def ids(entry: int, why: str, reviewer: str, as_json: bool) -> None:
    """Print the ids that ENTRY speaks of, such as identifiers researched. The look and its cause are logged first."""
    from jobs.runtime import context
    from jobs.runtime.audit import reading

    opened = reading.ids_of(context.reader().audit, entry, reviewer, why)
    show(opened, as_json, "\n".join(opened))
