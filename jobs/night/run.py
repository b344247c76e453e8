"""One night in one process: the Dagster job on one local Spark session, and what happened in words and numbers."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from pyspark.sql import functions as F

from jobs.night import sqlite_record
from jobs.runtime import alerts, fault_points, night_bounds, progress, watch
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from schemas import bronze, gold, silver
from schemas.errors import UserError

INSTANCE_CONFIG = Path(__file__).with_name("dagster.yaml")
# Configurations that earlier versions put into a home, by SHA-256: replaced, where a deployment's own edit is not.
SUPERSEDED = {"f765864395550d6704b59171270f5d18a3c80cb2f22f50d42284feb4c643e745"}
# A process that is killed may leave its run in each of them; there is no queue of runs here.
LEFT_OPEN = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
N_STEPS = len(silver.BY_FEED) + 35  # one per feed; those of what did not arrive are skipped


class NightFailedError(UserError, RuntimeError):
    """A step of the night failed. What was committed stays; running the night again finishes it."""

    is_told = True  # its alert was sent where it was raised


@contextmanager
def instance(home: Path, *, is_recorded: bool = True) -> Iterator[dg.DagsterInstance]:
    """Dagster's own record of runs, in `<home>/dagster`, with telemetry and questions off.

    Args:
        is_recorded: False keeps the record in memory for the length of the block and writes nothing: a cluster's volume
            takes no SQLite. A server is named in a `dagster.yaml` of the deployment's own, in that folder.
    """
    if not is_recorded:
        with dg.DagsterInstance.ephemeral() as made:
            yield made
        return
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "dagster.yaml"
    if not config.exists() or hashlib.sha256(config.read_bytes()).hexdigest() in SUPERSEDED:
        shutil.copyfile(INSTANCE_CONFIG, config)
    os.environ["DAGSTER_HOME"] = str(folder)
    with sqlite_record.held_open(folder), dg.DagsterInstance.from_config(str(folder)) as made:
        yield made


def run(ctx: RunContext, night: date, *, quiet: bool = False) -> dict[str, Any]:
    """Run the night `night`. The caller holds the writer's lock. Returns the night's report.

    Raises:
        FutureNightError: it is later than tomorrow, and the context does not say that it is meant.
        NightFailedError: names the step and the reason; an alert was written.
    """
    night_bounds.refuse_future(ctx.settings, night, is_future_allowed=ctx.is_future_allowed)
    ctx.run_id = str(uuid.uuid4())  # one context may run several nights
    with watch.running(ctx.settings, night.isoformat(), ctx.run_id):
        fault_points.point("night begun")
        return _run(ctx, night, quiet=quiet)


def _run(ctx: RunContext, night: date, *, quiet: bool) -> dict[str, Any]:
    from jobs.night import definitions  # imports all of Dagster's definitions
    from jobs.night.assets import bronze as assets_bronze

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    begun = time.monotonic()
    job = definitions.defs.resolve_job_def("nightly")
    progress.start(N_STEPS, quiet=quiet)
    day_after = datetime.combine(night + timedelta(days=1), datetime.min.time(), UTC)
    with (
        instance(ctx.settings.home, is_recorded=ctx.settings.run_record == "folder") as made,
        dg.partition_loading_context(
            effective_dt=max(day_after, datetime.now(UTC))  # the list of nights ends tomorrow: a later one is meant
        ),
    ):
        _fail_orphans(made)
        outcome = job.execute_in_process(
            partition_key=night.isoformat(),
            instance=made,
            run_id=ctx.run_id,
            raise_on_error=False,
            resources={"ctx": ctx},  # this one, whatever the environment would make
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        failures = [
            f"{event.step_key}: {_root(event.step_failure_data.error)}"
            for event in outcome.all_events
            if event.is_step_failure
        ]
    if not outcome.success:
        message = "; ".join(failures) or "the run failed before its first step"
        path = alerts.send(ctx.settings, night.isoformat(), message, run_id=ctx.run_id)
        raise NightFailedError(f"Night {night} failed. {message}. Told in {path}. Run it again to finish it.")
    (recorded,) = outcome.asset_materializations_for_node("gold__run_manifest")
    (files,) = (m for m in outcome.asset_materializations_for_node("bronze") if assets_bronze.WAITING in m.metadata)
    arrived = {
        "waiting": files.metadata[assets_bronze.WAITING].value,
        "again": files.metadata[assets_bronze.AGAIN].value,
        "concerns": files.metadata[assets_bronze.CONCERNS].value,
    }
    effort = {f"n_{name}": recorded.metadata[name].value for name in ("writes", "actions")}
    seconds = {"seconds": round(time.monotonic() - begun, 1), "step_seconds": progress.CURRENT.seconds}
    return {**report(ctx, night), **arrived, **effort, **seconds}


def backfill(ctx: RunContext, first: date, last: date, *, quiet: bool = False) -> list[dict[str, Any]]:
    """Run every night from `first` to `last`, both included, oldest first.

    Raises:
        FutureNightError: before anything is written.
    """
    night_bounds.refuse_future(ctx.settings, last, is_future_allowed=ctx.is_future_allowed)
    nights = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [run(ctx, night, quiet=quiet) for night in nights]


def report(ctx: RunContext, night: date) -> dict[str, Any]:
    """What happened in a night, from the tables: rows per sender, the queue per force, and where things are."""
    known = ctx.known(night)
    sums = [
        F.sum(f"n_{kind}").cast("long").alias(kind)
        for kind in ("files", "in", "loaded", "quarantined", "deduplicated", "deleted")
    ]
    queued = known.tonight(gold.QUEUE_ITEMS).groupBy("queue", "force").count()
    senders, reasons, queue, manifest, noted = concurrency.run(
        known.tonight(gold.ROW_COUNTS).groupBy("sender").agg(*sums).orderBy("sender").collect,
        known.tonight(bronze.QUARANTINE).groupBy("sender", "reason").count().collect,
        queued.orderBy("queue", "force").collect,
        known.tonight(gold.RUN_MANIFEST).collect,
        known.tonight(gold.VALUE_COUNTS).orderBy("sender", "feed", "field", "note", "value").collect,
    )
    model = manifest[0] if manifest else None
    return {
        "night": night.isoformat(),
        "senders": [row.asDict() for row in senders],
        "quarantine": [{"sender": r.sender, "reason": r.reason, "rows": r["count"]} for r in sorted(reasons)],
        "values": [row.asDict() | {"night": night.isoformat()} for row in noted],
        "refused_layouts": {sender: str(error) for sender, error in sorted(ctx.layouts.refused.items())},
        "queue": [{"queue": r.queue, "force": r.force, "rows": r["count"]} for r in queue],
        "n_queue_items": sum(r["count"] for r in queue),
        "model": f"{model.model_name} v{model.model_version}" if model and model.model_name else None,
        "why_no_model": model.why_no_model if model else None,
        "n_decisions": manifest[0].n_decisions if manifest else 0,
        "table": ctx.lake.location(gold.QUEUE_ITEMS),
        "home": str(ctx.settings.home),
        "is_next_future": night >= night_bounds.last_night(ctx.settings),  # the next night takes --future
    }


def _fail_orphans(made: dg.DagsterInstance) -> None:
    """Runs that a killed process left open: we hold the writer's lock, so nobody is running them."""
    for run in made.get_runs(dg.RunsFilter(statuses=LEFT_OPEN)):
        made.report_run_failed(run, "The process that ran it was killed; found by the next night.")


def _root(error: Any) -> str:
    """The innermost cause of a Dagster step error, as one line."""
    while error.cause is not None:
        error = error.cause
    return " ".join(error.message.split())[:500]
