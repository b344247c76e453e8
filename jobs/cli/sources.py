"""Commands about senders' layouts: draft one from files, try one on files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.cli.common import as_json, show
from schemas.errors import NotFoundError

if TYPE_CHECKING:
    from jobs.runtime.context import RunContext
    from schemas.layouts.layouts import Source


@click.group()
def sources() -> None:
    """Draft and check senders' layouts."""


@sources.command("draft")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--force", required=True, help="Force, by code or name: 36, Norfolk. One that no list has is asked for its code."
)
@click.option("--feed", help="Feed of files that lie in no folder named as one.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File (default: <force>.yaml, here).")
@click.option("--overwrite", "is_overwriting", is_flag=True, help="Replace the file, and the answers in it.")
@as_json
def sources_draft(
    folder: Path, force: str, feed: str | None, out: Path | None, is_overwriting: bool, as_json: bool
) -> None:
    """Draft a layout from a force's files: what they tell for sure, and a question for each thing that they do not.

    Columns and values seen are printed here and written nowhere. The file is a draft: answer it, then check it.
    """
    from jobs.runtime import settings
    from jobs.sources import draft
    from schemas.layouts import layouts

    config = settings.load()
    made = draft.draft(folder, force, feed, layouts.load())
    path = out or Path(f"{made.sender}.yaml")
    left = draft.write(made, path, config.home, is_overwriting=is_overwriting)
    show({**draft.as_dict(made), "file": str(path), "open": left}, as_json, draft.text(made, path, left))


@sources.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--sender", help="Layout to check the files with (default: the folder's name).")
@click.option(
    "--layout",
    "own",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A layout's file to check the files with, such as a draft, before it is put in place.",
)
@click.option(
    "--at-least",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="Share of each feed's rows that must load, and of each field's values that must be read; below it, or where a "
    "file is refused whole, the exit code is 1.",
)
@click.option(
    "--rows",
    "n_shown",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help="Rows of each feed to show as they would be read, beside what the sender wrote.",
)
@as_json
def sources_check(
    folder: Path | None, sender: str | None, own: Path | None, at_least: float, n_shown: int, as_json: bool
) -> None:
    """Try the files of FOLDER/<feed>/<night>/: what maps, what does not, the first bad rows. Writes nothing.

    Without FOLDER every layout is checked, and no file is read.
    """
    from jobs.night import summary
    from jobs.runtime import context
    from jobs.sources import dry_run
    from schemas.layouts import layouts

    ctx = context.reader()
    refused = ctx.layouts.refused
    if own is not None:
        layout = layouts.load_file(own)
        if folder is None:
            show([layout.sender], as_json, f"{own} can be used")
            return
        _check_files(ctx, folder, layout, at_least, n_shown, as_json)
        return
    if folder is None:
        if refused:
            raise layouts.LayoutError([problem for error in refused.values() for problem in error.problems])
        show(sorted(ctx.sources), as_json, f"{len(ctx.sources)} layouts can be used: {', '.join(sorted(ctx.sources))}")
        return
    name = sender or folder.resolve().name
    if name in refused:
        raise refused[name]
    if name not in ctx.sources:
        proposals = dry_run.propose(folder, ctx.sources, ctx.settings.tonight())
        known = ", ".join(sorted(ctx.sources))
        near = summary.proposals_text(proposals)
        own = ctx.settings.own_sources
        raise NotFoundError(f"No layout is named {name}. Layouts: {known}. Put a new one in {own}.{near}")
    _check_files(ctx, folder, ctx.sources[name], at_least, n_shown, as_json)


def _check_files(ctx: RunContext, folder: Path, layout: Source, at_least: float, n_shown: int, as_json: bool) -> None:
    from jobs.night import summary
    from jobs.sources import dry_run, ledger

    night = ctx.settings.tonight()
    checked = dry_run.check(ctx.spark, folder, layout, night, ctx.sources, n_shown)
    dry_run.compare(checked, ledger.remembered(ctx, layout.sender, night), layout, night, ledger.rules(ctx))
    show([report.as_dict() for report in checked], as_json, summary.check_text(checked))
    dry_run.refuse_below(at_least, checked, folder)
