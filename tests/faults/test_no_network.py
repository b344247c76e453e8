"""Trial 29: a whole night without a network. It completes, and nothing in it so much as tries to reach anybody."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import no_network
from tests.support import whole_nights as nights

WHY_NOT = no_network.why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))

TRIES = {
    "a connection": "socket.create_connection(('192.0.2.1', 443), 1)",
    "a connection by IPv6": "socket.create_connection(('2001:db8::1', 443), 1)",
    "a look-up by name": "socket.getaddrinfo('example.invalid', 443)",
}


@pytest.mark.parametrize("what", TRIES)
def test_what_is_tried_is_seen_by_the_kernel_and_by_the_hook(what: str, tmp_path: Path) -> None:
    script = f"import socket\ntry:\n    {TRIES[what]}\nexcept OSError:\n    pass\n"
    told = no_network.run([sys.executable, "-c", script], tmp_path)
    assert told.code == 0, told.stderr
    assert sum(told.counters.values()) > 0
    assert len(told.named) > 0


def test_loopback_is_there_and_is_no_try(tmp_path: Path) -> None:
    script = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname(), 1).close()\n"
    )
    told = no_network.run([sys.executable, "-c", script], tmp_path)
    assert (told.code, sum(told.counters.values()), told.named) == (0, 0, []), told.stderr


@pytest.mark.trial(29)
@pytest.mark.slow
@pytest.mark.spark
def test_trial_29_a_whole_night_reaches_nobody(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    home = tmp_path / "home"
    nights.world(home, n_reports=600, n_nights=1, without=())
    words = [sys.executable, "-m", "jobs.cli.main", "nightly", "--night", str(nights.FIRST), "--json"]
    told = no_network.run(words, tmp_path, NIGHTJAR_HOME=str(home))
    assert told.code == 0, told.stderr[-3000:]
    report = json.loads(told.stdout)
    assert report["n_queue_items"] > 0
    assert report["model"] == "reclassify v1"  # trained and registered on the way
    record_property("writes", report["n_writes"])
    record_property("tries by the kernel's count", sum(told.counters.values()))
    assert told.named == []
    assert set(told.counters.values()) == {0}
