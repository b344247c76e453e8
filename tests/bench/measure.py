"""Measuring a piece of work in a process of its own: seconds, and the peak memory of the process and its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from jobs.runtime import settings

JAVA = "-XX:+UseParallelGC"  # what the settings advise for millions of rows


@dataclass
class _Seen:
    """What the watcher saw of a process and those below it."""

    peak: int = 0  # bytes
    cpu: dict[int, float] = field(default_factory=dict)  # process -> seconds of processors


def in_process(module: str, *words: str, root: Path = settings.ROOT) -> dict[str, Any]:
    """Run `python -m MODULE WORDS`: the JSON of its last line, with `wall_s`, and `cpu_s` (seconds of processors, as
    last seen) and `peak_mib` of all its processes.

    Args:
        module: of the checkout `root`.
        words: what follows it.
        root: the checkout.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    seen = _Seen()
    watcher = threading.Thread(target=_watch, args=(process.pid, seen), daemon=True)
    watcher.start()
    out, err = process.communicate()
    wall = time.monotonic() - begun
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(words)} ended with {process.returncode}\n{err[-3000:]}")
    figures = {"wall_s": round(wall, 1), "cpu_s": round(sum(seen.cpu.values()), 1), "peak_mib": seen.peak >> 20}
    return {**json.loads(out.strip().splitlines()[-1]), **figures}


def _watch(pid: int, seen: _Seen) -> None:
    """Proportional set size of the process tree: shared pages count once. Each look takes time from what is measured,
    so that they are apart by a second, or by a hundred times as long as one takes."""
    while psutil.pid_exists(pid):
        begun, total = time.monotonic(), 0
        try:
            root = psutil.Process(pid)
            for each in (root, *root.children(recursive=True)):
                try:
                    total += each.memory_full_info().pss
                    seen.cpu[each.pid] = sum(each.cpu_times()[:2])
                except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                    continue  # it ended while we looked
        except psutil.NoSuchProcess:
            return
        seen.peak = max(seen.peak, total)
        time.sleep(max(1.0, 100 * (time.monotonic() - begun)))
