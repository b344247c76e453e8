"""Named points of the night at which a trial can kill the process, to prove that a rerun repairs whatever is left."""

from __future__ import annotations

import os
import signal

VARIABLE = "NIGHTJAR_FAULT"

# In the order in which a night that has a decision to take in passes them: between each two commits that belong
# together, and around what happens outside Delta.
POINTS = (
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
    """Die here, as `kill -9` does, if the environment names this point. Costs one dictionary look-up otherwise."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
