"""When the night runs, and which night it then is: the local date of the tick."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from jobs.runtime.settings import Settings


def nightly(job: dg.JobDefinition | UnresolvedAssetJobDefinition, config: Settings) -> dg.ScheduleDefinition:
    """The schedule of the night: each tick asks for the night of its own local date, once."""

    time_zone = config.schedule.time_zone

    @dg.schedule(
        name="nightly_at_two",  # as it is called where it was switched on, whatever hour the settings say
        job=job,
        cron_schedule=config.schedule.cron,
        execution_timezone=time_zone,
        description="Runs the night of the local date on which it ticks (settings: schedule.cron, schedule.time_zone).",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = context.scheduled_execution_time.astimezone(ZoneInfo(time_zone)).date().isoformat()
        return dg.RunRequest(run_key=night, partition_key=night)

    return tick
