"""Named points of the night at which a trial can kill the process, to prove that a rerun repairs whatever is left."""

from __future__ import annotations

import os
import signal

VARIABLE = "NIGHTJAR_FAULT"


def point(name: str) -> None:
    """Die here, as `kill -9` does, if the environment names this point. Costs one dictionary look-up otherwise."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
