"""Measuring a piece of work in a process of its own: seconds, and the peak memory of the process and its children."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import Any

import psutil

from jobs.runtime import settings

JAVA = "-XX:+UseParallelGC"  # what the settings advise for millions of rows


def in_process(module: str, *words: str) -> dict[str, Any]:
    """Run `python -m MODULE WORDS`: the JSON of its last line, with `wall_s` and `peak_mib` of all its processes.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=settings.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    out, err = process.communicate()
    wall = time.monotonic() - begun
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(words)} ended with {process.returncode}\n{err[-3000:]}")
    return {**json.loads(out.strip().splitlines()[-1]), "wall_s": round(wall, 1), "peak_mib": peak[0] >> 20}


def _watch(pid: int, peak: list[int]) -> None:
    """Proportional set size of the process tree: shared pages count once. Each look takes time from what is measured,
    so that they are apart by a second, or by a hundred times as long as one takes."""
    while psutil.pid_exists(pid):
        begun, total = time.monotonic(), 0
        try:
            root = psutil.Process(pid)
            for each in (root, *root.children(recursive=True)):
                try:
                    total += each.memory_full_info().pss
                except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
                    continue  # it ended while we looked
        except psutil.NoSuchProcess:
            return
        peak[0] = max(peak[0], total)
        time.sleep(max(1.0, 100 * (time.monotonic() - begun)))
