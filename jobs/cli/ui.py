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


def serve(config: Settings, dagster_port: int, mlflow_port: int, *, is_read_only: bool = False) -> None:
    """Start the servers and Dagster's daemon, and wait; all end with this process.

    Pages of other sites are refused by both servers: neither has a login, and a browser reaches loopback. MLflow is not
    started where `NIGHTJAR_MLFLOW_URI` names a server: its page is there, and one of ours would show other records.
    """
    with night_run.instance(config.home):
        pass  # writes the instance's configuration
    environment = {
        **os.environ, "NIGHTJAR_HOME": str(config.home), "DAGSTER_HOME": str(config.home / "dagster"),
    }  # fmt: skip
    commands = _dagster(dagster_port, is_read_only)
    if mlflow_elsewhere() is None:
        config.mlflow.mkdir(parents=True, exist_ok=True, mode=0o700)
        commands.append(_mlflow(config, mlflow_port))
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


def mlflow_elsewhere() -> str | None:
    """The server that `NIGHTJAR_MLFLOW_URI` names, if any, for people to read: without name and password."""
    uri = os.environ.get("NIGHTJAR_MLFLOW_URI")
    if not uri:
        return None
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _dagster(port: int, is_read_only: bool) -> list[list[str]]:
    """The page, and the daemon that runs what was asked for, ticks schedules and tells of failed nights."""
    page = [sys.executable, "-m", "jobs.night.webserver", str(port), *(["read-only"] if is_read_only else [])]
    daemon = [str(Path(sys.executable).parent / "dagster-daemon"), "run", "-m", "jobs.night.definitions"]
    return [page, daemon]


def _mlflow(config: Settings, port: int) -> list[str]:
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
    return [
        str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port),
        "--allowed-hosts", ",".join(names), "--cors-allowed-origins", ",".join(f"http://{name}" for name in names),
        "--x-frame-options", "DENY",
        "--backend-store-uri", f"sqlite:///{config.mlflow / 'mlflow.db'}",
        "--default-artifact-root", str(config.mlflow / "artifacts"),
    ]  # fmt: skip


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a server and all that it started, as Ctrl-C does; kill what is still there after a while."""
    for how in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=PATIENCE_S)
