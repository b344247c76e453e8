"""The command line `nightjar`. Each command prints for people, or JSON with `--json`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from jobs.cli import entities, network
from jobs.cli import travel as cli_travel
from jobs.cli.common import NIGHT, Failures, as_json, show

# The network is not needed by anything here, and nothing is to be sent out.
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PYTHONWARNINGS", "ignore")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Nightjar: the nightly pipeline that finds reports missing the CSAE tag and queues them for analysts.

    All state lives in NIGHTJAR_HOME (default: .nightjar in the working directory). Removing it is a clean start.
    """
    atexit.register(_spare_the_last_collection)


def _spare_the_last_collection() -> None:
    """Python would look once more through all of MLflow and Dagster before it ends, for seconds. PyTorch's extensions
    take what is left for leaks and say so: with them it looks."""
    if "torch" not in sys.modules:
        gc.freeze()


def _day(value: datetime | None, default: date) -> date:
    return value.date() if value else default


@main.command()
@click.option("--reports", type=int, help="Number of reports, all nights together.")
@click.option("--forces", help="Comma-separated force codes (see schemas/codes.py).")
@click.option("--nights", type=int, help="Number of nights.")
@click.option("--first-night", type=NIGHT, help="First night (default: tonight).")
@click.option("--seed", type=int, help="Seed of the world (default: the settings' seed).")
@as_json
def demo(
    reports: int | None,
    forces: str | None,
    nights: int | None,
    first_night: datetime | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Write a synthetic landing zone: files of several forces and providers, each in its sender's own layout."""
    from jobs.runtime import settings
    from jobs.sources import demo as demo_job

    chosen = settings.load()
    summary = demo_job.write(
        chosen,
        first_night=_day(first_night, chosen.tonight()),
        n_reports=reports,
        n_nights=nights,
        forces=forces.split(",") if forces else None,
        seed=seed,
    )
    show(
        summary,
        as_json,
        f"{summary['n_files']} files, {summary['n_rows']} rows in {chosen.landing}\nnext: nightjar nightly",
    )


@main.group()
def sources() -> None:
    """Senders' layouts."""


@sources.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--sender", help="Layout to hold the files against (default: the folder's name).")
@as_json
def sources_check(folder: Path, sender: str | None, as_json: bool) -> None:
    """Dry run of FOLDER/<feed>/<night>/: what maps, what does not, the first bad rows. Writes nothing."""
    from jobs.night import summary
    from jobs.runtime import context
    from jobs.sources import dry_run

    ctx = context.reader()
    name = sender or folder.resolve().name
    if name not in ctx.sources:
        proposals = dry_run.propose(folder, ctx.sources, ctx.settings.tonight())
        known = ", ".join(sorted(ctx.sources))
        near = summary.proposals_text(proposals)
        own = ctx.settings.own_sources
        raise Failures(f"No layout is named {name}. Layouts: {known}. Put a new one in {own}.{near}")
    found = dry_run.check(ctx.spark, folder, ctx.sources[name], ctx.settings.tonight(), ctx.sources)
    show([report.as_dict() for report in found], as_json, summary.check_text(found))


@main.command()
@click.option("--night", type=NIGHT, help="Night to run (default: tonight).")
@as_json
def nightly(night: datetime | None, as_json: bool) -> None:
    """Run one night. Writes a demonstration landing zone first if there is none. Running a night again is safe."""
    from jobs.runtime import context, lock, settings
    from jobs.sources import demo as demo_job

    chosen = settings.load()
    day = _day(night, chosen.tonight())
    try:
        with context.writer() as ctx:
            ctx.begin_spark()
            from jobs.night import run as nightly_job
            from jobs.night import summary

            if demo_job.is_empty(chosen.landing):
                click.echo(f"{chosen.landing} is empty: writing a synthetic landing zone first.", err=True)
                demo_job.write(chosen, first_night=day)
            report = nightly_job.run(ctx, day)
            show(report, as_json, summary.text(report))
    except (lock.LakehouseBusyError, settings.SettingsError, FileNotFoundError) as error:
        raise Failures(str(error)) from error
    except RuntimeError as error:
        if type(error).__name__ != "NightFailedError":
            raise
        raise Failures(str(error)) from error


@main.command()
@click.option("--from", "first", type=NIGHT, required=True, help="First night.")
@click.option("--to", "last", type=NIGHT, required=True, help="Last night.")
@as_json
def backfill(first: datetime, last: datetime, as_json: bool) -> None:
    """Run past nights, oldest first. Each uses only what was known then."""
    from jobs.runtime import context, lock

    if last < first:
        raise click.BadParameter("--to is before --from")
    try:
        with context.writer() as ctx:
            from jobs.night import run as nightly_job
            from jobs.night import summary

            reports = nightly_job.backfill(ctx, first.date(), last.date())
    except lock.LakehouseBusyError as error:
        raise Failures(str(error)) from error
    show(reports, as_json, "\n\n".join(summary.text(report) for report in reports))


@main.group()
def queue() -> None:
    """Review queues."""


@queue.command("show")
@click.option("--night", type=NIGHT, help="Night (default: the newest published).")
@click.option("--queue", "name", default="reclassify", show_default=True)
@click.option("--force", help="Force code.")
@click.option("--limit", default=10, show_default=True, help="Rows per force.")
@click.option("--reviewer", default=lambda: os.environ.get("USER", "unknown"), help="Who looks: it is logged.")
@as_json
def queue_show(night: datetime | None, name: str, force: str | None, limit: int, reviewer: str, as_json: bool) -> None:
    """Print the top of a queue. The look is logged before rows are shown."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    rows = queue_access.queue(context.reader(), night.date() if night else None, name, force, limit, reviewer)
    show(rows, as_json, queue_access.queue_text(rows))


@main.command()
@click.argument("item")
@click.argument("outcome")
@click.option("--tag", help="CSAE tag to add, with TAG_ADDED.")
@click.option("--why", default="", help="Reason in your words.")
@click.option("--reviewer", default=lambda: os.environ.get("USER", "unknown"), help="Who decides.")
@click.option("--seconds", default=0.0, help="Seconds the item was open.")
@as_json
def decide(item: str, outcome: str, tag: str | None, why: str, reviewer: str, seconds: float, as_json: bool) -> None:
    """Record a decision on a queue ITEM: TAG_ADDED, NOT_CSAE, ALREADY_TAGGED, REFER, NEED_INFO or DEFER."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    try:
        path = queue_access.decide(
            context.reader(), item, outcome, tag=tag, why=why, reviewer=reviewer,
            decided_at=datetime.now().astimezone(), seconds=seconds,
        )  # fmt: skip
    except (ValueError, LookupError) as error:
        raise Failures(str(error)) from error
    show({"file": str(path)}, as_json, f"recorded in {path}; the next night takes it in")


@main.command()
@click.argument("item")
@click.option("--reviewer", default=lambda: os.environ.get("USER", "unknown"), help="Who looks: it is logged.")
@as_json
def trace(item: str, reviewer: str, as_json: bool) -> None:
    """From a queue ITEM to its file, row, table versions, model and code."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    try:
        found = queue_access.trace(context.reader(), item, reviewer)
    except LookupError as error:
        raise Failures(str(error)) from error
    show(found, as_json, queue_access.trace_text(found))


@main.command()
@as_json
def doctor(as_json: bool) -> None:
    """Health of tables, log and registry. Exit code 1 if anything is wrong."""
    from jobs.runtime import context
    from jobs.runtime import doctor as doctor_job

    findings = doctor_job.examine(context.reader())
    show(findings, as_json, doctor_job.text(findings))
    if any(not finding["ok"] for finding in findings):
        sys.exit(1)


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--night", type=NIGHT, help="Night (default: the newest published).")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the pages (default: exports/notebooks).")
@as_json
def notebooks(names: tuple[str, ...], night: datetime | None, out: Path | None, as_json: bool) -> None:
    """Run notebooks headless and render them to HTML: those whose names begin with a NAME (such as 10), or all."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    try:
        pages = queue_access.render_notebooks(context.reader(), night.date() if night else None, out, names)
    except LookupError as error:
        raise Failures(str(error)) from error
    show([str(page) for page in pages], as_json, "\n".join(map(str, pages)))


@main.command()
@click.option("--dagster-port", default=3000, show_default=True)
@click.option("--mlflow-port", default=5000, show_default=True)
@as_json
def ui(dagster_port: int, mlflow_port: int, as_json: bool) -> None:
    """Dagster and MLflow web pages on loopback. Stop with Ctrl-C."""
    from jobs.cli import ui as cli_ui
    from jobs.runtime import settings

    pages = {"dagster": f"http://127.0.0.1:{dagster_port}", "mlflow": f"http://127.0.0.1:{mlflow_port}"}
    text = f"Dagster on {pages['dagster']}   MLflow on {pages['mlflow']}   Ctrl-C stops both"
    show(pages, as_json, f"{text}\nBoth take half a minute to answer.")
    cli_ui.serve(settings.load(), dagster_port, mlflow_port)


for command in (network.network, entities.entities, *cli_travel.COMMANDS):
    main.add_command(command)


def tomorrow(night: str) -> str:
    return (date.fromisoformat(night) + timedelta(days=1)).isoformat()


def _register() -> None:
    """Commands that live in modules of their own."""
    from jobs.cli import comms as cli_comms
    from jobs.cli import leads, models

    for command in (cli_comms.comms, leads.leads, models.train, models.pretrain, models.registered):
        main.add_command(command)


_register()

if __name__ == "__main__":
    main()
