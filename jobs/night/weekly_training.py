"""The weekly training: the whole comparison, apart from the night, so that no queue waits for it."""

import dagster as dg

from jobs.runtime import settings
from jobs.runtime.context import RunContext
from jobs.training import champion


@dg.op(
    description="Compare all candidates on what is known, register the best, promote it if it meets the criteria.",
)
def compare_and_promote(context: dg.OpExecutionContext, ctx: dg.ResourceParam[RunContext]) -> None:
    trained = champion.train(ctx, ctx.settings.tonight())
    made = trained["registered"]
    context.add_output_metadata(
        {
            "registered": f"{made['model']} v{made['version']} ({made['candidate']})",
            "refusals": "; ".join(trained["refusals"]) or "none: it is champion",
            "reports": trained["n_reports"],
            "average precision": {c["name"]: c["average_precision"] for c in trained["candidates"]},
        }
    )


@dg.job(
    name="weekly_training",
    description="All candidates on identical grouped folds; the best is promoted if it meets the criteria.",
    executor_def=dg.in_process_executor,
    tags={"dagster/max_runtime": settings.load().checks.max_runtime_s},
)
def TRAINING() -> None:  # noqa: N802  # a constant of this package, as the other jobs are
    compare_and_promote()


def schedule(config: settings.Settings) -> dg.ScheduleDefinition:
    """When it runs: cron and time zone of the settings."""
    return dg.ScheduleDefinition(
        name="weekly_training_schedule",
        job=TRAINING,
        cron_schedule=config.schedule.training_cron,
        execution_timezone=config.schedule.time_zone,
    )
