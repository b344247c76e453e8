"""When the night runs, and which night it then is: the local date of the tick."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import dagster as dg
from dagster._utils.schedules import is_valid_cron_schedule

from jobs.runtime.settings import Settings, SettingsError


def cron(chosen: Settings, name: str) -> str:
    """The expression of `schedule.<name>`, whole.

    A night is a date, so that it can begin once a day and no more: minute and hour are one number each. Days, months
    and weekdays may be anything that cron takes.

    Raises:
        SettingsError: it is not such an expression; names the setting.
    """
    expression = str(chosen["schedule"][name])
    fields = expression.split()
    is_once_a_day = len(fields) == 5 and fields[0].isdecimal() and fields[1].isdecimal()
    if not (is_once_a_day and is_valid_cron_schedule(expression)):
        raise SettingsError(
            f"schedule.{name}: {expression!r} is not a time of day: it takes a minute and an hour as one number each, "
            "then day of the month, month and weekday as cron has them, such as '0 2 * * *' or '30 1 * * 1-5'."
        )
    return expression


def nightly(job: dg.JobDefinition, chosen: Settings) -> dg.ScheduleDefinition:
    """The schedule of the night: each tick asks for the night of its own local date, once."""

    time_zone = chosen["schedule"]["time_zone"]

    @dg.schedule(
        name="nightly_at_two",  # as it is called where it was switched on, whatever hour the settings say
        job=job,
        cron_schedule=cron(chosen, "cron"),
        execution_timezone=time_zone,
        description="Runs the night of the local date on which it ticks (settings: schedule.cron, schedule.time_zone).",
    )
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = context.scheduled_execution_time.astimezone(ZoneInfo(time_zone)).date().isoformat()
        return dg.RunRequest(run_key=night, partition_key=night)

    return tick
