"""A command where there is loopback and no other network, and what the kernel saw it try.

`run(words)` starts it in a network namespace of its own. The kernel counts there what found no route, and datagrams to
ports where nobody listens (a look-up by name goes to such a port where the name server is one of loopback). Python's
own audit hook, in each of its processes, names what was tried.
"""

from __future__ import annotations

import array
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
HOOK = """
import os, sys

def _note(name, arguments):
    if name in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = arguments[1] if name in ("socket.connect", "socket.sendto") else arguments[0]
        host = address[0] if isinstance(address, tuple) else address
        host = host.decode() if isinstance(host, bytes) else host
        is_socket_of_a_file = isinstance(address, (str, bytes)) and name in ("socket.connect", "socket.sendto")
        is_own = host in (None, "", "localhost", "::1") or str(host).startswith("127.")
        if not (is_own or is_socket_of_a_file):
            with open({file!r}, "a") as file:
                file.write(f"{{name}} {{address}} by {{sys.argv[:2]}}\\\\n")

sys.addaudithook(_note)
"""


@dataclass(frozen=True)
class Told:
    """How the command ended, what it said, and what was tried: by the kernel's counters, and by Python's hook."""

    code: int
    stdout: str
    stderr: str
    counters: Mapping[str, int]
    named: Sequence[str]


def why_not() -> str | None:
    """Why the kernel lets us have no namespace here; None where it does."""
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"the kernel gives no namespace: {tried.stderr.strip()}"


def run(words: Sequence[str], scratch: Path, **environment: str) -> Told:
    """Run `words` without a network. `scratch` is a folder for what is written down."""
    hooks = scratch / "hooks"
    hooks.mkdir(parents=True, exist_ok=True)
    (hooks / "sitecustomize.py").write_text(HOOK.format(file=str(scratch / "tried.txt")), encoding="utf-8")
    path = os.pathsep.join([str(hooks), str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-m", "tests.support.no_network", str(scratch / "counters.json"), *words],
        cwd=ROOT, env={**os.environ, **environment, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
        timeout=1800,
    )  # fmt: skip
    counters = json.loads((scratch / "counters.json").read_text(encoding="utf-8"))
    tried = scratch / "tried.txt"
    named = tried.read_text(encoding="utf-8").splitlines() if tried.exists() else []
    return Told(done.returncode, done.stdout, done.stderr, counters, named)


def loopback_up() -> None:
    """What `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        request = array.array("b", struct.pack("16sh14x", b"lo", 0))
        fcntl.ioctl(asked, SIOCGIFFLAGS, request)
        (flags,) = struct.unpack_from("h", request, 16)
        fcntl.ioctl(asked, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def counters() -> dict[str, int]:
    """What this namespace tried and could not: no route, nobody at the port."""
    lines = Path("/proc/net/snmp").read_text(encoding="ascii").splitlines()
    found = {}
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        layer = names.partition(":")[0]
        pairs = zip(names.split()[1:], values.split()[1:], strict=True)
        found |= {f"{layer}{name}": int(value) for name, value in pairs}
    sixes = dict(line.split() for line in Path("/proc/net/snmp6").read_text(encoding="ascii").splitlines())
    return {
        "no route (IPv4)": found["IpOutNoRoutes"],
        "no route (IPv6)": int(sixes["Ip6OutNoRoutes"]),
        "nobody at the port": found["UdpNoPorts"] + int(sixes["Udp6NoPorts"]),
    }


if __name__ == "__main__":
    loopback_up()
    ended = subprocess.run(sys.argv[2:], check=False)
    Path(sys.argv[1]).write_text(json.dumps(counters()), encoding="utf-8")
    sys.exit(ended.returncode)
