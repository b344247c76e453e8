"""Dagster's and MLflow's own web pages, on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from jobs.night import run as night_run
from jobs.runtime.settings import ROOT, Settings

PATIENCE_S = 10  # servers close their connections first


def serve(chosen: Settings, dagster_port: int, mlflow_port: int) -> None:
    """Start both servers and wait; both end with this process."""
    with night_run.instance(chosen.home):
        pass  # writes the instance's configuration
    chosen.mlflow.mkdir(parents=True, exist_ok=True, mode=0o700)
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "NIGHTJAR_HOME": str(chosen.home)}
    commands = [
        [str(binaries / "dagster"), "dev", "-m", "jobs.night.definitions", "-h", "127.0.0.1", "-p", str(dagster_port)],
        [
            str(binaries / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(mlflow_port),
            "--backend-store-uri", f"sqlite:///{chosen.mlflow / 'mlflow.db'}",
            "--default-artifact-root", str(chosen.mlflow / "artifacts"),
        ],
    ]  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's stop ends both as Ctrl-C does
    # Each in a group of its own, so that the servers which it starts in turn are told as well.
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) for command in commands]
    try:
        for process in running:
            process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in running:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a server and all that it started, as Ctrl-C does; kill what is still there after a while."""
    for how in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE_S)
