"""What Dagster gives to every step of a run: settings, sources, Spark and lakehouse, under the writer's lock."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from jobs.runtime import context as runtime_context
from jobs.runtime import watch
from jobs.runtime.context import RunContext


class WriterResource(dg.ConfigurableResource[RunContext]):
    """The run's context. A step that names a parameter `ctx: ResourceParam[RunContext]` is given it.

    One is made per run, holds the writer's lock until the run ends, and is watched: a run that hangs is ended at its
    maximum run time, and one that is killed is told of by the next.
    """

    is_future_allowed: bool = False  # in the launchpad: resources: {ctx: {config: {is_future_allowed: true}}}

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RunContext]:
        with runtime_context.writer(is_future_allowed=self.is_future_allowed) as ctx:
            run = context.run
            if run is None:  # made by hand, outside a run
                yield ctx
                return
            ctx.run_id = run.run_id
            with watch.running(ctx.settings, run.tags.get("dagster/partition", run.job_name), run.run_id):
                yield ctx
