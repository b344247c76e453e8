"""The web pages as `nightjar ui` serves them: real servers, asked as browsers and programs ask.

Dagster's page starts a night here, by the API that the page itself uses, and says of it what its tables say.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from jobs.runtime import settings
from schemas import catalogue
from tests.support import whole_nights as nights

START_S, NIGHT_S = 180, 1800
LOCATION = "jobs.night.definitions"
LAUNCH = """mutation Launch($night: String!, $config: RunConfigData) {
  launchRun(executionParams: {
    mode: "default", runConfigData: $config
    selector: {repositoryLocationName: "jobs.night.definitions", repositoryName: "__repository__", jobName: "nightly"}
    executionMetadata: {tags: [{key: "dagster/partition", value: $night}]}
  }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}"""
MUTATION = 'mutation { logTelemetry(action: "a", clientTime: "0", clientId: "c", metadata: "{}") { __typename } }'
REPORTED = """query { assetNodes { assetKey { path } latestMaterializationByPartition(partitions: ["%s"]) {
  metadataEntries { label ... on IntMetadataEntry { intValue } } } } }"""


@dataclass
class Served:
    """The two servers over one home with a small world."""

    home: Path
    dagster: int
    mlflow: int

    def ask(self, port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, Any]:
        """Status, body, and headers of an answer; names of headers with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        content = json.dumps(body) if isinstance(body, dict) else body
        connection.request(method, path, content, {"Content-Type": "application/json", **said})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """What Dagster's page is told: it asks as a page of this server does."""
        own = {"Origin": f"http://127.0.0.1:{self.dagster}", "Sec_Fetch_Site": "same-origin"}
        status, text, _ = self.ask(self.dagster, "POST", "/graphql", {"query": query, "variables": variables}, **own)
        assert status == 200, text
        found = json.loads(text)
        assert "errors" not in found, text[:2000]
        return found["data"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    nights.world(home, n_reports=300, n_nights=1, without=nights.NOT_FORCES)
    ports = free_port(), free_port()
    command = [sys.executable, "-m", "jobs.cli.main", "ui", "--dagster-port", str(ports[0])]
    running = subprocess.Popen(
        [*command, "--mlflow-port", str(ports[1])],
        cwd=settings.ROOT,
        env={**os.environ, "NIGHTJAR_HOME": str(home)},
        start_new_session=True,
    )
    made = Served(home, *ports)
    try:
        for port, path in ((ports[0], "/server_info"), (ports[1], "/health")):
            _wait_for(made, port, path)
        yield made
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)


def _wait_for(made: Served, port: int, path: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            if made.ask(port, "GET", path)[0] == 200:
                return
        except OSError:
            pass
        assert time.monotonic() < deadline, f"nothing answers on {port}"
        time.sleep(0.5)


@pytest.mark.slow
class TestServed:
    def test_the_page_and_programs_are_answered(self, served: Served):
        status, page, headers = served.ask(served.dagster, "GET", "/", Host=f"localhost:{served.dagster}")
        assert status == 200
        assert "<html" in page
        assert headers["X-Frame-Options"] == "DENY"  # nor shown inside another, where a click would be its own
        linked = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
        assert served.ask(served.dagster, "GET", "/runs", **linked)[0] == 200  # a link in a message may lead here
        assert "__typename" in served.graphql(MUTATION)["logTelemetry"]
        status, answer, _ = served.ask(served.dagster, "POST", "/graphql", {"query": MUTATION})
        assert status == 200  # Dagster's own client and curl say no origin
        assert "errors" not in json.loads(answer)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://example.org"},
            {"Origin": "null"},
            {"Origin": "http://localhost:8888"},  # another server on this machine, such as Jupyter
            {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
            {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"},
            {"Host": "rebound.example.org"},
            {"Host": "rebound.example.org", "Origin": "http://rebound.example.org"},
        ],
    )
    def test_another_sites_page_changes_nothing_and_reads_nothing(self, served: Served, headers: dict[str, str]):
        for path in ("/graphql", "/graphql/"):
            status, answer, _ = served.ask(served.dagster, "POST", path, {"query": MUTATION}, **headers)
            assert (status, "__typename" in answer) == (403, False), answer
        assert served.ask(served.dagster, "GET", "/server_info", **headers)[0] == 403

    def test_a_pictures_address_starts_nothing(self, served: Served):
        """Such a request says no origin, and an old browser nothing else either."""
        status, answer, _ = served.ask(served.dagster, "GET", f"/graphql?query={MUTATION.replace(' ', '%20')}")
        assert (status, "__typename" in answer) == (403, False)

    def test_a_socket_of_another_page_is_refused_and_the_pages_own_is_not(self, served: Served):
        address = f"ws://127.0.0.1:{served.dagster}/graphql"
        with connect(address, origin=f"http://127.0.0.1:{served.dagster}", subprotocols=["graphql-ws"]) as socket_:
            socket_.send(json.dumps({"type": "connection_init"}))
            assert json.loads(socket_.recv())["type"] == "connection_ack"
        with pytest.raises(InvalidStatus):
            connect(address, origin="https://example.org", subprotocols=["graphql-ws"])

    def test_mlflow_takes_its_own_page_and_no_other_sites(self, served: Served):
        ask, path = {"name": "made by a test"}, "/api/2.0/mlflow/experiments/create"
        for headers in ({"Origin": "https://example.org"}, {"Origin": "null"}, {"Host": "rebound.example.org"}):
            status, answer, _ = served.ask(served.mlflow, "POST", path, ask, **headers)
            assert status == 403, answer
        own = {"Origin": f"http://127.0.0.1:{served.mlflow}", "Host": f"127.0.0.1:{served.mlflow}"}
        assert served.ask(served.mlflow, "POST", path, ask, **own)[0] == 200

    def test_nobody_is_asked_for_an_address(self, served: Served):
        assert served.graphql("{ shouldShowNux }") == {"shouldShowNux": False}

    @pytest.mark.spark
    def test_a_night_that_the_page_starts_says_what_its_tables_say(self, served: Served, spark: SparkSession):
        night = nights.FIRST.isoformat()
        _wait_until_loaded(served)
        assert _end_of(served, _launch(served, night)) == "SUCCESS"
        made = nights.ctx(served.home)
        counts = made.lake.n_rows(tuple(t for t in catalogue.TABLES if "night" in t.columns), nights.FIRST)
        reported = _reported(served, night)
        tables = {path: n for path, n in counts.items() if path in reported}
        assert len(tables) > 25
        assert "bronze.quarantine" not in reported  # other steps add to it after its own has counted
        assert tables["gold.queue_items"] > 50
        assert {path: reported[path] for path in tables} == tables
        parts = ("report_queues", "comms_lead_queue", "travel_queue", "network_queues")
        assert sum(reported[f"gold.{part}"] for part in parts) == tables["gold.queue_items"]

    def test_a_night_that_cannot_be_is_refused_and_told_when_the_page_starts_it(self, served: Served):
        later = (settings.load().tonight() + timedelta(days=2)).isoformat()
        _wait_until_loaded(served)
        run_id = _launch(served, later)
        assert _end_of(served, run_id) == "FAILURE"
        assert not (served.home / "lakehouse" / "bronze" / "files" / f"night={later}").exists()
        alert = _alert_of(served, run_id)
        assert alert["night"] == later
        assert alert["at"]


def _wait_until_loaded(served: Served) -> None:
    deadline = time.monotonic() + START_S
    while not served.graphql("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")[
        "repositoriesOrError"
    ].get("nodes"):
        assert time.monotonic() < deadline
        time.sleep(1)


def _launch(served: Served, night: str) -> str:
    launched = served.graphql(LAUNCH, night=night, config={})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return str(launched["run"]["runId"])


def _end_of(served: Served, run_id: str) -> str:
    """The status of a run once it has ended."""
    deadline = time.monotonic() + NIGHT_S
    while True:
        run = served.graphql("query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", id=run_id)
        status = str(run["runOrError"]["status"])
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(2)


def _alert_of(served: Served, run_id: str) -> dict[str, Any]:
    """The alert of a run that Dagster's daemon ran: its sensor looks every half minute."""
    deadline, path = time.monotonic() + START_S, served.home / "log" / "alerts.jsonl"
    while True:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        alerts = [alert for alert in map(json.loads, lines) if alert["run_id"] == run_id]
        if alerts:
            return dict(alerts[0])
        assert time.monotonic() < deadline, "nobody was told"
        time.sleep(1)


def _reported(served: Served, night: str) -> dict[str, int]:
    """Rows of the night that Dagster's page shows, by asset."""
    found = {}
    for node in served.graphql(REPORTED % night)["assetNodes"]:
        (made,) = node["latestMaterializationByPartition"]
        for entry in made["metadataEntries"] if made else ():
            if entry["label"] == "dagster/partition_row_count":
                found[".".join(node["assetKey"]["path"])] = entry["intValue"]
    return found
