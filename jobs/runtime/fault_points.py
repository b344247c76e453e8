"""Named points of the night at which a trial can kill or hang the process, to prove that a rerun repairs whatever is
left, and that a night which no longer moves is ended and told of."""

from __future__ import annotations

import os
import signal
import time

VARIABLE = "NIGHTJAR_FAULT"
HANG = "hang "  # before a point's name: sleep there instead

# In the order in which a night that has a decision to take in passes them: between each two commits that belong
# together, and around what happens outside Delta.
POINTS = (
    "night begun",
    "before bronze.rows",
    "after bronze.rows",
    "after bronze.files",
    "after silver.reports",
    "before silver.comms_events",
    "after gold.row_counts",
    "before gold.decisions",
    "after gold.decisions",
    "before settling",
    "within settling",
    "after gold.writeback",
    "after export",
    "after gold.report_scores",
    "after gold.queue_items",
    "before gold.run_manifest",
    "after gold.run_manifest",
)


def point(name: str) -> None:
    """Die here, as `kill -9` does, or hang, if the environment names this point. Costs one look-up otherwise."""
    wanted = os.environ.get(VARIABLE)
    if wanted == name:
        os.kill(os.getpid(), signal.SIGKILL)
    if wanted == HANG + name:
        time.sleep(24 * 3600)
