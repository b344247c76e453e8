"""The root of Dagster's definitions: what there is, in lists. Loads in seconds and starts no Spark."""

import dagster as dg

from jobs.night import assets, weekly_training
from jobs.night.assets import checks
from jobs.runtime import alerts, settings
from jobs.runtime import context as runtime_context

SETTINGS = settings.load()


@dg.resource(description="Settings, sources, Spark and lakehouse of one run, under the writer's lock.")
def ctx(_context: dg.InitResourceContext):  # type: ignore[no-untyped-def]  # Dagster reads the annotation of resources
    with runtime_context.writer() as made:
        yield made


NIGHTLY = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    description="One night, from force files to review queues.",
    executor_def=dg.in_process_executor,  # the default starts a process, hence a Spark session, for each step
    tags={"dagster/max_runtime": SETTINGS.checks.max_runtime_s},  # a killed worker is not noticed otherwise
)

SCHEDULE = dg.build_schedule_from_partitioned_job(
    NIGHTLY,
    name="nightly_at_two",
    hour_of_day=int(SETTINGS.schedule.cron.split()[1]),
    minute_of_hour=int(SETTINGS.schedule.cron.split()[0]),
)


@dg.run_failure_sensor(name="tell_of_failed_nights", description="Writes an alert to the log, and to a webhook if set.")
def tell_of_failed_nights(context: dg.RunFailureSensorContext) -> None:
    alerts.send(settings.load(), context.partition_key or "?", context.failure_event.message or "failed")


defs = dg.Definitions(
    assets=assets.ALL,
    asset_checks=checks.ALL,
    jobs=[NIGHTLY, weekly_training.TRAINING],
    schedules=[SCHEDULE, weekly_training.schedule(SETTINGS)],
    sensors=[tell_of_failed_nights],
    resources={"ctx": ctx},
    executor=dg.in_process_executor,
)
