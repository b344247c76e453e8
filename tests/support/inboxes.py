"""Homes whose inbox is a folder or a table, and a process that takes decisions in and can be killed there.

`python -m tests.support.inboxes KIND HOME NIGHT` takes in what lies in the inbox of HOME, as the night does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.night import decisions
from jobs.runtime import fault_points, settings
from jobs.runtime.context import RunContext
from jobs.runtime.inbox import port
from pipelines.decisions import decision as one
from schemas import gold
from tests.support import deciding

KINDS = ("folder", "table")


class OnTables(RunContext):
    """A context that chooses as on a cluster, with its tables in folders."""

    is_on_cluster = property(lambda self: True)  # type: ignore[assignment]


def context(kind: str, home: Path, spark: SparkSession | None = None) -> RunContext:
    made = (OnTables if kind == "table" else RunContext)(settings.load(home))
    if spark is not None:
        made.__dict__["spark"] = spark
    return made


def publish(ctx: RunContext, numbers: Iterable[int], night: date = deciding.QUEUE_NIGHT) -> None:
    """Publish items about reports of these numbers."""
    rows = [tuple(deciding.item(n, night=night)[name] for name in gold.QUEUE_ITEMS.names) for n in numbers]
    items = ctx.spark.createDataFrame(rows, gold.QUEUE_ITEMS.struct())
    ctx.lake.replace(items, gold.QUEUE_ITEMS, {"night": night.isoformat()})


def hand_in(ctx: RunContext, *handed_in: one.Decision) -> None:
    for decision in handed_in:
        port.hand_in(ctx.inbox, ctx.audit, decision)


def killed_at(point: str, kind: str, home: Path, night: date) -> int:
    """Take in with `kill -9` at a point, in a process of its own. Returns how the process ended."""
    command = [sys.executable, "-m", "tests.support.inboxes", kind, str(home), night.isoformat()]
    environment = {**os.environ, "PYTHONPATH": str(settings.ROOT), fault_points.VARIABLE: point}
    return subprocess.run(command, cwd=settings.ROOT, env=environment, check=False, timeout=600).returncode


if __name__ == "__main__":
    decisions.take_in(context(sys.argv[1], Path(sys.argv[2])), date.fromisoformat(sys.argv[3]))
