"""Small and read-only disks, by the kernel: a command runs in a mount namespace of its own, and nobody else sees it."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.runtime import settings

READ_ONLY = "mount --bind {0} {0} && mount -o remount,ro,bind {0}"
SMALL = "mount -t tmpfs -o size={1}k,mode=700 tmpfs {0}"


@functools.cache
def _unshare() -> tuple[str, ...]:
    """The command that begins a namespace in which one may mount; skips the test where none may be made."""
    command = ("unshare", "--user", "--map-root-user", "--mount")
    try:
        can_mount = subprocess.run(
            [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if can_mount.returncode:
        pytest.skip("no mounts may be made in a namespace here")
    return command


def run(mount: str, *command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run `command` with `mount` (of READ_ONLY or SMALL, formatted) done first, for it and nobody else."""
    words = f"{mount} && exec {shlex.join(command)}"
    return subprocess.run(
        [*_unshare(), "sh", "-c", words],
        cwd=settings.ROOT,
        env={**os.environ, "NIGHTJAR_HOME": str(home), "PYTHONPATH": str(settings.ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )


def nightjar(mount: str, *words: str, home: Path) -> subprocess.CompletedProcess[str]:
    return run(mount, sys.executable, "-m", "jobs.cli.main", *words, home=home)
