"""The command line `nightjar`. Each command prints for people, or JSON with `--json`."""

from __future__ import annotations

import atexit
import gc
import importlib.metadata
import os
import sys
from datetime import date, datetime
from pathlib import Path

import click

from jobs.cli import comms, device, evaluate, jars, log, models, network, programme, sources, train, travel
from jobs.cli.common import NIGHT, OneSentence, as_json, future, renamed, reviewer_option, show
from schemas import codes

# The network is not needed by anything here, and nothing is to be sent out.
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")


def _say_version(ctx: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked and not ctx.resilient_parsing:
        from jobs.runtime import settings

        click.echo(f"nightjar {importlib.metadata.version('nightjar-pipeline')}, commit {settings.code_commit()}")
        ctx.exit()


@click.group(
    "nightjar", cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version,
    help="Print the version and the commit of the code.",
)  # fmt: skip
def main() -> None:
    """Nightjar: the nightly pipeline that finds reports missing the CSAE tag and queues them for analysts.

    All state lives in NIGHTJAR_HOME (default: .nightjar in the working directory). Removing it is a clean start.
    """
    from jobs.runtime import home

    home.private()
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
@click.option("--forces", help="Comma-separated forces, by code or name: 36,Essex.")
@click.option("--nights", type=int, help="Number of nights.")
@click.option("--first-night", type=NIGHT, help="First night (default: tonight).")
@click.option("--seed", type=int, help="Seed of the world (default: the settings' seed).")
@click.option("--programme", "is_programme", is_flag=True, help="Write the programme's own records too: three nights.")
@as_json
def demo(
    reports: int | None,
    forces: str | None,
    nights: int | None,
    first_night: datetime | None,
    seed: int | None,
    is_programme: bool,
    as_json: bool,
) -> None:
    """Write a synthetic landing zone: files of several forces and providers, each in its sender's own layout."""
    from jobs.runtime import home
    from jobs.sources import demo as demo_job
    from schemas import forces as known_forces

    config = home.opened()
    summary = demo_job.write(
        config,
        first_night=_day(first_night, config.tonight()),
        n_reports=reports,
        n_nights=nights,
        forces=[known_forces.code_of(force) for force in forces.split(",")] if forces else None,
        seed=seed,
        is_programme=is_programme,
    )
    show(
        summary,
        as_json,
        f"{summary['n_files']} files, {summary['n_rows']} rows in {config.landing}\nnext: nightjar nightly",
    )


@main.command()
@click.option("--night", type=NIGHT, help="Night to run (default: tonight).")
@click.option("--demo", "is_demo", is_flag=True, help="Write a demonstration landing zone if there is none.")
@future
@as_json
def nightly(night: datetime | None, is_demo: bool, is_future_allowed: bool, as_json: bool) -> None:
    """Run one night. Running it again is safe.

    A new home without a landing zone is given a demonstration of one. Exit code 0 is a good night; for every other way
    out an alert is sent.
    """
    from jobs.runtime import alerts, context, night_bounds, settings
    from jobs.sources import demo as demo_job

    with alerts.telling(str(night.date()) if night else "tonight"):
        config = settings.load()
        day = _day(night, config.tonight())
        night_bounds.refuse_future(config, day, is_future_allowed=is_future_allowed)
        with context.writer(is_future_allowed=is_future_allowed) as ctx:
            is_demo_due = demo_job.is_due(config, is_asked_for=is_demo)
            ctx.begin_spark()
            from jobs.night import run as nightly_job
            from jobs.night import summary

            if is_demo_due:
                click.echo(f"{config.landing} is empty: writing a synthetic landing zone first.", err=True)
                demo_job.write(config, first_night=day)
            report = nightly_job.run(ctx, day)
    show(report, as_json, summary.text(report))


@main.command()
@click.option("--from", "first", type=NIGHT, required=True, help="First night.")
@click.option("--to", "last", type=NIGHT, required=True, help="Last night.")
@future
@as_json
def backfill(first: datetime, last: datetime, is_future_allowed: bool, as_json: bool) -> None:
    """Run past nights, oldest first. Each uses only what was known then."""
    from jobs.runtime import alerts, context

    if last < first:
        raise click.BadParameter("--to is before --from")
    with (
        alerts.telling(f"{first.date()} to {last.date()}"),
        context.writer(is_future_allowed=is_future_allowed) as ctx,
    ):
        from jobs.night import run as nightly_job
        from jobs.night import summary

        reports = nightly_job.backfill(ctx, first.date(), last.date())
    show(reports, as_json, "\n\n".join(summary.text(report) for report in reports))


@main.group()
def queue() -> None:
    """Show review queues."""


@queue.command("show")
@click.option("--night", type=NIGHT, help="Night (default: the newest published).")
@click.option("--queue", "name", default="reclassify", show_default=True)
@click.option("--force", help="Force, by code or name: 36, Norfolk.")
@click.option("--limit", default=10, show_default=True, help="Rows per force.")
@reviewer_option()
@as_json
def queue_show(night: datetime | None, name: str, force: str | None, limit: int, reviewer: str, as_json: bool) -> None:
    """Print the top of a queue. The look is logged before rows are shown."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    rows = queue_access.queue(context.reader(), night.date() if night else None, name, force, limit, reviewer)
    show(rows, as_json, queue_access.queue_text(rows))


@main.command()
@click.argument("item")
@click.argument("outcome", type=click.Choice(codes.OUTCOMES))
@click.option("--tag", type=click.Choice(codes.CSAE_TAGS), help="CSAE tag to add, with TAG_ADDED.")
@click.option("--why", default="", help="Reason in your words.")
@reviewer_option("Who decides.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Seconds the item was open, if you measured them.")
@as_json
def decide(
    item: str, outcome: str, tag: str | None, why: str, reviewer: str, seconds: float | None, as_json: bool
) -> None:
    """Record a decision on a queue ITEM. Nothing is shown here, so nothing is recorded as shown."""
    from jobs.output import deciding
    from jobs.runtime import context

    where = deciding.decide(
        context.reader(), item, outcome, tag=tag, why=why, reviewer=reviewer,
        decided_at=datetime.now().astimezone(), seconds=seconds,
    )  # fmt: skip
    show({"file": where}, as_json, f"recorded in {where}; the next night takes it in")


@main.command()
@click.argument("item")
@reviewer_option()
@as_json
def trace(item: str, reviewer: str, as_json: bool) -> None:
    """Trace a queue ITEM to its file, row, table versions, model and code."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    traced = queue_access.trace(context.reader(), item, reviewer)
    show(traced, as_json, queue_access.trace_text(traced))


@main.command()
@click.option("--deep", "is_deep", is_flag=True, help="Read every byte and row of the tables as well.")
@as_json
def doctor(is_deep: bool, as_json: bool) -> None:
    """Check tables, log and registry, and say what mends what is wrong. Exit code 1 if anything is."""
    from jobs.runtime import context
    from jobs.runtime.health import doctor as doctor_job

    findings = doctor_job.examine(context.reader(), deep=is_deep)
    show(findings, as_json, doctor_job.text(findings))
    if any(not finding["ok"] for finding in findings):
        sys.exit(1)


@main.command()
@click.argument("table")
@click.option("--to", "version", type=click.IntRange(min=0), help="Version to go back to.")
@click.option("--without-night", type=NIGHT, help="Night to take out, for it to be run again.")
@click.option("--why", required=True, help="Reason: it is logged.")
@reviewer_option("Who does it: it is logged.")
@as_json
def restore(
    table: str, version: int | None, without_night: datetime | None, why: str, reviewer: str, as_json: bool
) -> None:
    """Take a TABLE back to a version that is whole, or one night out of it, as `nightjar doctor` says."""
    from jobs.runtime import context
    from jobs.runtime.health import mending

    with context.writer() as ctx:
        if without_night is not None and version is None:
            now = mending.remove_night(ctx, table, without_night.date(), who=reviewer, why=why)
        elif version is not None and without_night is None:
            now = mending.restore(ctx, table, version, who=reviewer, why=why)
        else:
            raise click.UsageError("give --to or --without-night")
    show({"table": table, "version": now}, as_json, f"{table} is now at version {now}. Run `nightjar doctor`.")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--night", type=NIGHT, help="Night (default: the newest published).")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the pages (default: exports/notebooks).")
@as_json
def notebooks(names: tuple[str, ...], night: datetime | None, out: Path | None, as_json: bool) -> None:
    """Run notebooks headless and render them to HTML: those whose names begin with a NAME (such as 10), or all."""
    from jobs.pages import queue_access
    from jobs.runtime import context

    pages = queue_access.render_notebooks(context.reader(), night.date() if night else None, out, names)
    show([str(page) for page in pages], as_json, "\n".join(map(str, pages)))


@main.command()
@click.option("--dagster-port", default=3000, show_default=True)
@click.option("--mlflow-port", default=5000, show_default=True)
@click.option("--read-only", "is_read_only", is_flag=True, help="Dagster's page shows, and starts and stops nothing.")
@as_json
def ui(dagster_port: int, mlflow_port: int, is_read_only: bool, as_json: bool) -> None:
    """Serve the web pages of Dagster and MLflow on loopback. Stop with Ctrl-C.

    Pages of other sites can use neither. Whoever can log in to this machine can use both. Where NIGHTJAR_MLFLOW_URI
    names a server, MLflow's page is there, and none is started here.
    """
    from jobs.cli import ui as cli_ui
    from jobs.runtime import home

    config = home.opened()
    elsewhere = cli_ui.mlflow_elsewhere()
    pages = {"dagster": f"http://127.0.0.1:{dagster_port}", "mlflow": elsewhere or f"http://127.0.0.1:{mlflow_port}"}
    text = f"Dagster on {pages['dagster']}   MLflow on {pages['mlflow']}"
    if elsewhere is None:
        text += "   Ctrl-C stops both\nBoth take half a minute to answer."
    else:
        text += " (a server of its own)   Ctrl-C stops Dagster's\nIt takes half a minute to answer."
    show(pages, as_json, text)
    cli_ui.serve(config, dagster_port, mlflow_port, is_read_only=is_read_only)


def _register() -> None:
    """Add the commands that live in modules of their own, and the names that some of them had before."""
    leads = click.Group("leads", help="Old name of `nightjar evaluate leads`.", hidden=True)
    leads.add_command(renamed(evaluate.leads, name="evaluate"))
    network.network.add_command(renamed(evaluate.network, name="evaluate", hidden=True))
    pretrain = renamed(models.pretrain, name="pretrain", hidden=True)
    for command in (
        comms.comms, device.device, network.entities, evaluate.evaluate, network.network, train.train, *travel.COMMANDS,
        *programme.COMMANDS,
        leads, pretrain, models.registered, jars.fetch, log.log, sources.sources,
    ):  # fmt: skip
        main.add_command(command)


_register()

if __name__ == "__main__":
    main()
