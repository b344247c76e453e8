"""What trial 29 (tests/end_to_end/test_one_night.py) sees with: each kind of try is seen, and loopback is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import no_network

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
