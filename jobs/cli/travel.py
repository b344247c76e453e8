"""Commands about flights and subjects: `flights search`, `profile`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from jobs.cli.common import NIGHT, as_json, reviewer_option, show


@click.group()
def flights() -> None:
    """Search flight listings."""


@flights.command("search")
@click.option("--from", "origin", help="Airport of departure, IATA code.")
@click.option("--to", "destination", help="Airport of arrival, IATA code.")
@click.option("--between", nargs=2, type=NIGHT, required=True, help="First and last day, UK local time.")
@click.option("--carrier", help="Carrier code, or a flight number.")
@click.option("--night", type=NIGHT, help="As known in this night (default: the newest that ran).")
@click.option("--limit", default=100, show_default=True)
@reviewer_option()
@as_json
def flights_search(
    origin: str | None,
    destination: str | None,
    between: tuple[datetime, datetime],
    carrier: str | None,
    night: datetime | None,
    limit: int,
    reviewer: str,
    as_json: bool,
) -> None:
    """Search listed flights that leave from or land in the UK between two days. The look is logged first."""
    from jobs.research import flights as research_flights
    from jobs.runtime import context

    rows = research_flights.search(
        context.reader(),
        origin=origin,
        destination=destination,
        first=between[0].date(),
        last=between[1].date(),
        carrier=carrier,
        night=night.date() if night else None,
        limit=limit,
        reviewer=reviewer,
    )
    show(rows, as_json, research_flights.text(rows))


@click.command()
@click.argument("subject")
@click.option("--night", type=NIGHT, help="As known in this night (default: the newest that ran).")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the files (default: exports/profiles).")
@click.option("--format", "formats", multiple=True, type=click.Choice(["html", "docx"]), help="Default: both.")
@reviewer_option("Who asks for it: it is logged.")
@click.option("--for", "whom", help="Who it is handed to: it is logged (default: the reviewer).")
@click.option("--why", default="", help="Reason, for the log.")
@as_json
def profile(
    subject: str,
    night: datetime | None,
    out: Path | None,
    formats: tuple[str, ...],
    reviewer: str,
    whom: str | None,
    why: str,
    as_json: bool,
) -> None:
    """Write what is known of SUBJECT (a person's record) in one night as a document, each statement with its sources.

    The look and the hand-over are logged before anything is written.
    """
    from jobs.profile import profile as profile_job
    from jobs.runtime import context

    files = profile_job.write(
        context.reader(),
        subject,
        night=night.date() if night else None,
        reader=reviewer,
        whom=whom or reviewer,
        why=why,
        out=out,
        formats=formats or profile_job.FORMATS,
    )
    show([str(file) for file in files], as_json, "\n".join(map(str, files)))


COMMANDS = (flights, profile)
