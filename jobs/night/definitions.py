"""The root of Dagster's definitions: what there is, in lists. Loads in seconds and starts no Spark."""

import warnings

import dagster as dg

from jobs.night import assets, resource, schedule, weekly_training
from jobs.night.assets import checks
from jobs.runtime import alerts, home, settings

home.private()  # whoever loads this location: Dagster's own processes run nights by it
SETTINGS = settings.load()

NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="One night, from force files to review queues.",
    executor_def=dg.in_process_executor,  # the default starts a process, hence a Spark session, for each step
    tags={"dagster/max_runtime": SETTINGS.checks.max_runtime_s},  # a killed worker is not noticed otherwise
)


@dg.run_failure_sensor(
    name="tell_of_failed_nights",
    description="Writes an alert to the log, and to a webhook if set.",
    default_status=dg.DefaultSensorStatus.RUNNING,  # on wherever the daemon runs: forgotten, it would tell nobody
)
def tell_of_failed_nights(context: dg.RunFailureSensorContext) -> None:
    run, message = context.dagster_run, context.failure_event.message or "failed"
    alerts.send(settings.load(), context.partition_key or run.job_name, message, run_id=run.run_id)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.BetaWarning)  # what links to code are made of may still change in Dagster
    ASSETS = dg.with_source_code_references(assets.ALL)

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=checks.ALL,
    jobs=[NIGHTLY, weekly_training.TRAINING],
    schedules=[schedule.nightly(NIGHTLY, SETTINGS), weekly_training.schedule(SETTINGS)],
    sensors=[tell_of_failed_nights],
    resources={"ctx": resource.WriterResource()},
    executor=dg.in_process_executor,
)
