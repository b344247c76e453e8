"""Whatever ends a night without success is told, with time and run; and what is not a night is not begun.

Every night here is a process of its own, and the alert is what is in its log folder when it is gone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jobs.cli import main as cli_main
from jobs.runtime import fault_points, lock, settings, watch
from tests.support import whole_nights as nights

NIGHT = "2026-03-27"
BEGUN = "night begun"  # the point of the night that comes before Spark is needed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which nights have run, with something in its landing zone."""
    (tmp_path / "home" / "landing" / "force_36").mkdir(parents=True)
    (tmp_path / "home" / "lakehouse" / "gold" / "run_manifest" / "_delta_log").mkdir(parents=True)
    return tmp_path / "home"


def alerts_of(home: Path) -> list[dict[str, Any]]:
    path = home / "log" / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def override(folder: Path, text: str) -> str:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.slow
def test_a_night_that_hangs_is_ended_and_told(home: Path, tmp_path: Path):
    tiny = override(tmp_path, "checks: {max_runtime_s: 3}\n")
    hang = {fault_points.VARIABLE: fault_points.HANG + BEGUN, "NIGHTJAR_SETTINGS": tiny}
    ended = nights.command(home, "nightly", "--night", NIGHT, **hang)
    assert ended.returncode == watch.EXIT_CODE, ended.stderr[-2000:]
    (alert,) = alerts_of(home)
    assert alert["night"] == NIGHT
    assert "still running after 3 s" in alert["message"]
    assert alert["run_id"]
    assert datetime.now(UTC) - datetime.fromisoformat(alert["at"]) < timedelta(minutes=10)
    assert "fault_points.py" in (home / "log" / "hung.txt").read_text(encoding="utf-8")  # where it stood
    with lock.writer(home / "lakehouse", wait_s=1):  # and the next can begin
        pass


@pytest.mark.slow
def test_a_killed_night_is_told_by_the_next_and_seen_by_whoever_looks(home: Path):
    for _ in range(2):
        ended = nights.command(home, "nightly", "--night", NIGHT, **{fault_points.VARIABLE: BEGUN})
        assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:]
    mark = watch.seen_running(settings.load(home))  # of the second: doctor shows it
    assert mark is not None
    (alert,) = alerts_of(home)  # of the first, told by the second
    assert alert["night"] == NIGHT
    assert alert["run_id"] not in (None, mark.run_id)
    assert "ended without a word" in alert["message"]


@pytest.mark.slow
def test_a_night_that_a_service_manager_stops_is_told(home: Path):
    environment = {**os.environ, "NIGHTJAR_HOME": str(home), fault_points.VARIABLE: fault_points.HANG + BEGUN}
    command = [sys.executable, "-m", "jobs.cli.main", "nightly", "--night", NIGHT]
    running = subprocess.Popen(command, cwd=settings.ROOT, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while watch.seen_running(settings.load(home)) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(0.5)
    running.terminate()
    assert running.wait(timeout=60) == 128 + signal.SIGTERM
    (alert,) = alerts_of(home)
    assert "ended from outside" in alert["message"]
    assert watch.seen_running(settings.load(home)) is None  # it went by itself: nothing for the next to find


class Webhook(BaseHTTPRequestHandler):
    heard: list[dict[str, Any]] = []

    def do_POST(self) -> None:  # the library's name
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def webhook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Webhook.heard.clear()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.slow
def test_settings_that_do_not_load_are_told_all_the_same(home: Path, tmp_path: Path, webhook: str):
    wrong = override(tmp_path, f"alerts: {{webhook: '{webhook}'}}\nchecks: {{max_runtimes: 3}}\n")
    ended = nights.command(home, "nightly", "--night", NIGHT, NIGHTJAR_SETTINGS=wrong)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    (alert,) = alerts_of(home)
    assert "max_runtimes" in alert["message"]
    assert [heard["message"] for heard in Webhook.heard] == [alert["message"]]


@pytest.mark.slow
def test_a_night_without_jars_is_told(home: Path, tmp_path: Path):
    ended = nights.command(home, "nightly", "--night", NIGHT, NIGHTJAR_JARS=str(tmp_path / "none"))
    assert ended.returncode == 1
    (alert,) = alerts_of(home)
    assert "No Delta jars" in alert["message"]


@pytest.mark.slow
def test_a_night_that_meets_the_lock_is_told(home: Path):
    with lock.writer(home / "lakehouse"):
        ended = nights.command(home, "nightly", "--night", NIGHT)
    assert ended.returncode == 1
    (alert,) = alerts_of(home)
    assert str(os.getpid()) in alert["message"]


@pytest.mark.slow
def test_an_empty_landing_zone_gets_no_invented_world_where_nights_have_run(home: Path):
    (home / "landing" / "force_36").rmdir()
    ended = nights.command(home, "nightly", "--night", NIGHT)
    assert ended.returncode == 1
    assert "is its mount missing?" in ended.stderr
    assert not list((home / "landing").iterdir())
    (alert,) = alerts_of(home)
    assert "is its mount missing?" in alert["message"]


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--demo"], []])
def test_a_new_home_or_whoever_asks_for_it_gets_one(home: Path, tmp_path: Path, words: list[str]):
    (home / "landing" / "force_36").rmdir()
    target = home if words else tmp_path / "new"
    environment = {fault_points.VARIABLE: BEGUN, "NIGHTJAR_SETTINGS": override(tmp_path, "demo: {n_reports: 300}\n")}
    nights.command(target, "nightly", "--night", NIGHT, *words, **environment)
    assert len(list((target / "landing").iterdir())) > 3


@pytest.mark.parametrize(
    "words",
    [
        ["nightly", "--night", "{}"],
        ["backfill", "--from", NIGHT, "--to", "{}"],
        ["train", "--night", "{}"],
        ["entities", "train", "--night", "{}"],
        ["network", "import-ocg", __file__, "--night", "{}"],
    ],
)
def test_a_night_later_than_tomorrow_is_refused_at_every_door(
    home: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NIGHTJAR_HOME", str(home))
    later = settings.load().tonight() + timedelta(days=2)
    said = CliRunner().invoke(cli_main.main, [word.format(later) for word in words])
    assert said.exit_code == 1
    assert f"Night {later} is later than tomorrow" in said.output
    assert not list((home / "lakehouse" / "gold" / "run_manifest" / "_delta_log").iterdir())
