"""What set-up asks of the machine, and how it runs other tools: one clear sentence for everything that can be wrong."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parent.parent

JAVA_VERSIONS = range(17, 22)
NEEDED_BYTES = 4 << 30  # packages take 2.2 GB, their cache 1.5 GB more where the file system cannot link
TICK_SECONDS = 10.0  # silence is never longer than this

NETWORK_SIGNS = re.compile(
    r"failed to lookup address|name resolution|name or service not known|nodename nor servname|dns error|"
    r"failed to establish a new connection|network is unreachable|no route to host|connection (?:refused|reset)|"
    r"error sending request|client error \(connect\)|connect timeout|timed out|host \S+ not found|unknownhost|"
    r"proxy server that is not well configured|network connectivity is disabled|proxyerror|tunnel",
    re.IGNORECASE,
)
DISK_SIGNS = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
TLS_SIGNS = re.compile(r"certificate verify failed|invalid peer certificate|unknownissuer|PKIX path", re.IGNORECASE)


class SetupError(Exception):
    """Something about the machine that a person has to change; the message says what and how."""


def find_java(environ: dict[str, str]) -> str:
    """Path of a Java that can run Spark 4.2: version 17 to 21, with the module `jdk.incubator.vector`.

    Raises:
        SetupError: there is none, or it is another version, or a module is missing.
    """
    get_one = (
        "install OpenJDK 17 or 21 (Debian: `apt install openjdk-17-jdk-headless`) or set JAVA_HOME, then run again"
    )
    home = environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else shutil.which("java", path=environ.get("PATH"))
    if not java:
        raise SetupError(f"Java was not found: {get_one}.")
    if not os.access(java, os.X_OK):
        raise SetupError(f"JAVA_HOME is {home}, but there is no bin/java in it: set it to a JDK 17 or 21, or unset it.")
    code, text = output_of([java, "-version"])
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    if code != 0 or not found:
        raise SetupError(f"{java} does not run as Java: {get_one}.")
    if int(found[1]) not in JAVA_VERSIONS:
        raise SetupError(f"Java {found[1]} at {java} is not supported by Spark 4.2, 17 to 21 is: {get_one}.")
    code, text = output_of([java, "--list-modules"])
    if code != 0 or "jdk.incubator.vector" not in text:
        raise SetupError(f"Java at {java} lacks the module jdk.incubator.vector, a cut-down runtime: {get_one}.")
    return java


def check_folder(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """Raises SetupError where `folder` cannot be written or its disk has less than `needed` bytes free."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        if error.errno == errno.ENOSPC:
            free = 0
        else:
            raise SetupError(f"{folder} cannot be written ({error.strerror}): use a folder of your own.") from error
    if free < needed:
        raise SetupError(
            f"Only {free / 2**30:.1f} GB are free on the disk of {folder}, {needed / 2**30:.0f} GB are needed:"
            " free some space and run again."
        )


def cache_folder(environ: dict[str, str], spare: Path) -> Path:
    """Folder that outlives this checkout, for what was fetched; `spare` where HOME cannot be written."""
    base = environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(base) / "nightjar"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        folder = spare
        folder.mkdir(parents=True, exist_ok=True)
        environ.setdefault("UV_CACHE_DIR", str(folder / "uv"))
        return folder


# --- running tools ---


def output_of(command: list[str]) -> tuple[int, str]:
    """Exit code and all output of a short command; 127 where it cannot be started."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, done.stdout.decode(errors="replace")


class Progress:
    """Lines on the terminal: which step, how far, seconds since the start."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def say(self, text: str) -> None:
        print(f"[set-up {time.monotonic() - self.start:5.1f} s] {text}", flush=True)

    def run(self, what: str, command: list[str], environ: dict[str, str]) -> tuple[int, str]:
        """Runs a long command, saying every few seconds that it still runs. Returns exit code and its last lines."""
        began, free = time.monotonic(), shutil.disk_usage(ROOT).free
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ, cwd=ROOT
        )
        lines: deque[str] = deque(maxlen=200)
        stream = process.stdout
        assert stream is not None
        reader = Thread(target=lambda: lines.extend(raw.decode(errors="replace") for raw in stream), daemon=True)
        reader.start()
        try:
            while True:
                try:
                    code = process.wait(timeout=TICK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    written = max(0, free - shutil.disk_usage(ROOT).free) / 2**30
                    self.say(f"{what}: {time.monotonic() - began:.0f} s, {written:.1f} GB written so far")
        except BaseException:
            process.terminate()
            raise
        reader.join(timeout=5)
        if not reader.is_alive():  # a child that lives on holds the other end
            stream.close()
        return code, "".join(lines)


def explain(what: str, text: str) -> SetupError:
    """The one sentence for a tool that failed, judged by what it printed."""
    if DISK_SIGNS.search(text):
        return SetupError(f"{what}: the disk is full. Free some space and run again; what was fetched is kept.")
    if TLS_SIGNS.search(text):
        return SetupError(
            f"{what}: the network's certificate is not trusted. Set SSL_CERT_FILE and PIP_CERT to your organisation's"
            " certificate bundle and run again."
        )
    if NETWORK_SIGNS.search(text):
        return SetupError(
            f"{what}: there is no network and the cache does not have it. Connect once and run again,"
            " or copy the folders ~/.cache/uv and ~/.cache/nightjar from a machine that was set up."
        )
    last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it printed nothing")
    log = Path(tempfile.gettempdir()) / f"nightjar-setup-{os.getpid()}.log"
    with suppress(OSError):
        log.write_text(text)
    return SetupError(f"{what} failed: {last[:200]}. Its output is in {log}.")
