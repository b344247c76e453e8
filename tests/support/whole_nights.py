"""Small worlds and whole nights for the trials, through the doors that people use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from jobs.night import run as night_run
from jobs.runtime import lakehouse, lock, progress, settings
from jobs.runtime.context import RunContext
from jobs.sources import demo, landing
from pipelines.common import concurrency
from schemas import catalogue

TRAVEL = ("bluewing", "skyline", "southgate")
NOT_FORCES = (*TRAVEL, "telco_north", "telco_south")
ONE_DAY = timedelta(days=1)
IS_FULL = os.environ.get("NIGHTJAR_TRIALS") == "all"
FIRST = date(2026, 3, 27)  # the night after next is that of the spring clock change


def ctx(home: Path) -> RunContext:
    return RunContext(settings.load(home))


def world(
    home: Path,
    *,
    n_reports: int,
    n_nights: int = 3,
    first_night: date = FIRST,
    without: tuple[str, ...] = TRAVEL,
    has_device: bool = False,
) -> RunContext:
    """A workplace in `home` with a synthetic landing zone; senders not needed would cost a minute a night.

    The seized device is left out unless `has_device`: it costs 20 seconds, and has tests of its own.
    """
    made = ctx(home)
    demo.write(made.settings, first_night=first_night, n_reports=n_reports, n_nights=n_nights)
    for sender in without:
        shutil.rmtree(made.settings.landing / sender)
    for submissions in () if has_device else made.settings.landing.glob(f"*/{landing.DEVICES}"):
        shutil.rmtree(submissions)
    return made


def run(made: RunContext, night: date) -> dict:
    with lock.writer(made.settings.lakehouse):
        told = night_run.run(made, night, quiet=True)
    assert progress.CURRENT.done == progress.CURRENT.total  # an operator's last line says [38/38]
    return told


def run_to_silver(made: RunContext, night: date) -> None:
    """Run the assets of bronze and silver, with their counts, and none of what is made of them."""
    from jobs.night.assets import bronze, silver

    materialise(made, night, [*bronze.ALL, *silver.ALL])


def run_to_queue(made: RunContext, night: date) -> None:
    """Run what the queue of reports is made of, and nothing of network and travel."""
    from jobs.night.assets import bronze, report_queue, reports, silver

    materialise(
        made,
        night,
        [*bronze.ALL, *silver.ALL, reports.champion, reports.decisions, reports.report_scores, *report_queue.ALL],
    )


def materialise(made: RunContext, night: date, assets: list) -> None:
    import dagster as dg

    with lock.writer(made.settings.lakehouse), night_run.instance(made.settings.home) as instance:
        dg.materialize(
            assets,
            partition_key=night.isoformat(),
            instance=instance,
            resources={"ctx": made},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def hashes(made: RunContext) -> dict[str, str]:
    """Content hash of every table, without where the log stood and when files were touched: no two runs log at the
    same instants, and no two homes have files of the same age."""
    work = [
        partial(lakehouse.content_hash, made.lake.read(table).drop("log_entries", "log_hash", "changed_ns"))
        for table in catalogue.TABLES
    ]
    return dict(zip((table.path for table in catalogue.TABLES), concurrency.run(*work), strict=True))


def command(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `nightjar WORDS` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "jobs.cli.main", *words],
        cwd=settings.ROOT,
        env={**os.environ, "NIGHTJAR_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
