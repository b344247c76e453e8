"""Commands about the programme itself: `benefits`, `programme figures`, `programme open`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, as_json, reviewer_option, show


@click.command()
@click.option("--night", type=NIGHT, help="As known in this night (default: the newest that ran).")
@click.option("--force", help="Force, by code or name: 36, Norfolk (default: all).")
@click.option("--stated", "is_stated", is_flag=True, help="Without what is measured from decisions: needs no Spark.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the charts as PNG, SVG and CSV.")
@reviewer_option()
@as_json
def benefits(
    night: datetime | None, force: str | None, is_stated: bool, out: Path | None, reviewer: str, as_json: bool
) -> None:
    """Print what the programme costs and gives: published claims, stated figures, own measurements, onboarding.

    Hours, money and exposure are lines of their own, with intervals, what matters and break-even. The look is logged.
    """
    from jobs.research import benefits as research
    from jobs.runtime import context

    ctx = context.reader()
    if is_stated:
        report = research.stated(ctx.settings)
    else:
        report = research.report(ctx, night.date() if night else None, force, reviewer)
    text = research.text(report)
    if out:
        from jobs.pages.programme import benefits as page

        files = page.export(report, out)
        text += "\n\n" + "\n".join(map(str, files)) if files else "\n\nno chart: nothing is stated or measured"
    show(report.plain(), as_json, text)


@click.group()
def programme() -> None:
    """Show the programme's figures: investigations, disruptions, outcomes."""


@programme.command("figures")
@click.option("--night", type=NIGHT, help="As known in this night (default: the newest that ran).")
@click.option("--published", "is_published", is_flag=True, help="As they may be published: small counts are withheld.")
@reviewer_option()
@as_json
def figures(night: datetime | None, is_published: bool, reviewer: str, as_json: bool) -> None:
    """Print every figure with its parts. The look is logged."""
    from jobs.research import programme as research
    from jobs.runtime import context

    day = night.date() if night else None
    made = research.figures(context.reader(), day, reviewer, is_published=is_published)
    show(made, as_json, research.text(made))


@programme.command("open")
@click.argument("figure")
@click.option("--part", default="", help="Part of it, as the list of figures names it: pillar=PURSUE.")
@click.option("--night", type=NIGHT, help="As known in this night (default: the newest that ran).")
@click.option("--limit", default=1000, show_default=True, help="Rows at most.")
@reviewer_option()
@as_json
def opened(figure: str, part: str, night: datetime | None, limit: int, reviewer: str, as_json: bool) -> None:
    """Print the rows that a FIGURE counts, by id. The look is logged before they are shown."""
    from jobs.research import programme as research
    from jobs.runtime import context

    day = night.date() if night else None
    rows = research.opened(context.reader(), figure, part, day, reviewer, limit)
    show(rows, as_json, research.rows_text(rows))


COMMANDS = (benefits, programme)
