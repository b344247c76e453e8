"""Peak memory of a piece of work in this process, as the kernel counts it: native allocations are in it."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Peak:
    """`with Peak() as peak: work()`, then `peak.mib`: growth over what was held before; NaN where Linux does not tell.

    Other threads' allocations count too: measure while nothing else runs.
    """

    mib = float("nan")

    def __enter__(self) -> Peak:
        try:
            ctypes.CDLL(None).malloc_trim(0)  # freed memory goes back first, or work that reuses it would look free
            CLEAR.write_text("5", encoding="ascii")  # the high-water mark starts again
            self._before: float | None = _kib("VmRSS")
        except (OSError, AttributeError, ValueError):
            self._before = None  # not Linux, or not allowed: the figure is absent, the work goes on
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            self.mib = max(0.0, (_kib("VmHWM") - self._before) / 1024)


def _kib(name: str) -> float:
    line = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if line is None:
        raise ValueError(f"the kernel states no {name}")
    return float(line.group(1))
