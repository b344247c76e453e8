"""Which servers the web pages start, and that stopping them leaves nothing running."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jobs.cli import main, ui
from jobs.night import run as night_run

PARENT = """
import signal, subprocess, sys, time
if sys.argv[1] == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether the process does anything yet: one that ended and was not waited for is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads /proc")
@pytest.mark.parametrize("how", ["polite", "deaf"])
def test_a_server_ends_with_all_that_it_started(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui, "PATIENCE_S", 1)
    command = [sys.executable, "-c", PARENT, how]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert server.stdout is not None
    child = int(server.stdout.readline())
    assert is_running(child)
    ui.end(server)
    assert server.returncode is not None
    deadline = time.monotonic() + 5
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)


class Ended:
    """Stands in the place of a server that ended at once, and remembers what was started."""

    pid = 1 << 30  # nobody's
    started: list[str]

    def __init__(self, command: list[str], **_: Any) -> None:
        self.started.append(" ".join(command))

    def wait(self, timeout: float | None = None) -> int:
        return 0


@pytest.mark.parametrize(
    ("uri", "is_own", "said"),
    [
        (None, True, "MLflow on http://127.0.0.1:5000   Ctrl-C stops both"),
        ("", True, "MLflow on http://127.0.0.1:5000"),
        (
            "https://operator:secret@mlflow.example/x",  # pragma: allowlist secret
            False,
            "MLflow on https://mlflow.example/x (a server of its own)",
        ),
        ("databricks", False, "MLflow on databricks (a server of its own)"),
    ],
)
def test_mlflow_is_started_only_where_no_other_server_has_the_records(
    uri: str | None, is_own: bool, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NIGHTJAR_MLFLOW_URI", raising=False)
    if uri is not None:
        monkeypatch.setenv("NIGHTJAR_MLFLOW_URI", uri)
    monkeypatch.setattr(Ended, "started", [], raising=False)
    monkeypatch.setattr(ui.subprocess, "Popen", Ended)
    monkeypatch.setattr(ui.signal, "signal", lambda *_: None)
    monkeypatch.setattr(night_run, "instance", lambda _: contextlib.nullcontext())
    result = CliRunner().invoke(main.main, ["ui"], catch_exceptions=False)
    assert result.exit_code == 0
    assert said in result.output
    assert "secret" not in result.output
    servers = [command for command in Ended.started if "mlflow" in command]
    assert len(Ended.started) - len(servers) == 2  # Dagster's page and its daemon
    assert bool(servers) == is_own
    assert all(f"sqlite:///{tmp_path}/home/mlflow/mlflow.db" in command for command in servers)
