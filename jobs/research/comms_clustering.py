"""How events lie on disk, so that one number's picture reads a few files: clustered by both parties' numbers.

Each night appends small files that hold every number. Clustering rewrites them so that each file spans few numbers,
whose least and greatest stand in the table's statistics; a search for a number skips the files that cannot hold it.
Rows and their content stay as they are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jobs.runtime.context import RunContext
from schemas import silver
from schemas.errors import NotFoundError

BY = ("a_number", "b_number")  # measured: docs/comms.md


@dataclass(frozen=True)
class Clustered:
    """What one run did to the files of the table."""

    files_before: int
    files_after: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def cluster(ctx: RunContext) -> Clustered:
    """Cluster `silver.comms_events` within each night. Needs the writer's lock; safe to run again.

    Raises:
        NotFoundError: no events are loaded yet.
    """
    table = silver.COMMS_EVENTS
    if not ctx.lake.exists(table):
        raise NotFoundError("no communications data is loaded yet: run a night first")
    before = len(ctx.lake.read(table).inputFiles())
    ctx.spark.sql(f"OPTIMIZE {ctx.lake.sql_name(table)} ZORDER BY ({', '.join(BY)})")
    return Clustered(before, len(ctx.lake.read(table).inputFiles()))
