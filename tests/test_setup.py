"""Set-up: what is wrong with a machine is said in one sentence with what to do, and nothing unverified is kept."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from jobs.runtime import jars

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def setup() -> Iterator[ModuleType]:
    """infra/setup.py, which is a script and no part of the distribution."""
    sys.path.insert(0, str(ROOT / "infra"))
    try:
        import setup

        yield setup
    finally:
        sys.path.remove(str(ROOT / "infra"))
        sys.modules.pop("setup", None)


@pytest.fixture(scope="module")
def machine(setup: ModuleType) -> ModuleType:
    return setup.machine  # type: ignore[no-any-return]


def java(folder: Path, version: str, modules: str = "java.base jdk.incubator.vector") -> dict[str, str]:
    """An environment whose only Java is a script that answers as that version would."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True)
    script = bin_folder / "java"
    script.write_text(f"""#!/bin/sh\nif [ "$1" = -version ]; then echo '{version}' >&2; else echo '{modules}'; fi\n""")
    script.chmod(0o755)
    return {"PATH": str(bin_folder)}


@pytest.mark.parametrize("version", ['openjdk version "17.0.15" 2025-04-15', 'java version "21" 2023-09-19 LTS'])
def test_java_17_and_21_are_taken(machine: ModuleType, tmp_path: Path, version: str) -> None:
    environ = java(tmp_path, version)
    assert machine.find_java(environ) == f"{environ['PATH']}/java"
    assert machine.find_java({"JAVA_HOME": str(tmp_path), "PATH": "/nonexistent"}) == f"{environ['PATH']}/java"


@pytest.mark.parametrize(
    ("version", "modules", "said"),
    [
        ('java version "1.8.0_292"', "", "Java 8 at"),
        ('openjdk version "11.0.2" 2019-01-15', "java.base", "Java 11 at"),
        ('openjdk version "25" 2025-09-16', "java.base jdk.incubator.vector", "Java 25 at"),
        ('openjdk version "17.0.1"', "java.base", "lacks the module jdk.incubator.vector"),
        ("Unable to locate a Java Runtime.", "", "does not run as Java"),
    ],
)
def test_a_wrong_java_is_named_with_what_to_do(
    machine: ModuleType, tmp_path: Path, version: str, modules: str, said: str
) -> None:
    with pytest.raises(machine.SetupError, match=said) as stopped:
        machine.find_java(java(tmp_path, version, modules))
    assert "install OpenJDK 17 or 21" in str(stopped.value)


def test_no_java_and_a_wrong_java_home_are_told_apart(machine: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(machine.SetupError, match=r"Java was not found: install OpenJDK 17 or 21"):
        machine.find_java({"PATH": str(tmp_path)})
    with pytest.raises(machine.SetupError, match=r"JAVA_HOME is .* no bin/java"):
        machine.find_java({"JAVA_HOME": str(tmp_path), "PATH": os.environ["PATH"]})


def test_an_old_python_is_named_with_a_newer_one_of_the_machine(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert setup.python_problem((3, 11)) == ""
    assert setup.python_problem((3, 14)) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Python 3.9 is too old" in setup.python_problem((3, 9))
    assert "install Python 3.11 or newer" in setup.python_problem((3, 9))
    newer = tmp_path / "python3.12"
    newer.touch(mode=0o755)
    assert "make PYTHON=python3.12 setup" in setup.python_problem((3, 9))


def test_a_disk_too_small_and_a_folder_not_writable_are_named(machine: ModuleType, tmp_path: Path) -> None:
    machine.check_folder(tmp_path, needed=1)
    with pytest.raises(machine.SetupError, match=r"GB are free .* are needed: free some space"):
        machine.check_folder(tmp_path, needed=1 << 60)
    with pytest.raises(machine.SetupError, match=r"cannot be written"):
        machine.check_folder(tmp_path / "absent", needed=1)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("cause: failed to lookup address information: Temporary failure in name resolution", "there is no network"),
        ("NewConnectionError('...: Failed to establish a new connection: [Errno -3]')", "there is no network"),
        ("\tHost repository.example not found. url=...", "there is no network"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("cause: invalid peer certificate: UnknownIssuer", "certificate is not trusted"),
        ("something quite different\n\n", "failed: something quite different"),
    ],
)
def test_what_a_tool_printed_becomes_one_sentence(machine: ModuleType, printed: str, said: str) -> None:
    message = str(machine.explain("Fetching x", printed))
    assert said in message
    assert "\n" not in message


@pytest.fixture
def jar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> jars.Jar:
    """One wanted archive whose content is b'good', and a folder for it."""
    wanted = jars.Jar("org", "thing", "thing", "1", hashlib.sha256(b"good").hexdigest())
    monkeypatch.setattr(jars, "listed", lambda _: [wanted])
    (tmp_path / "cache").mkdir()
    return wanted


def get_jars(folder: Path, content: bytes | None = None, **environ: str) -> list[str]:
    """Get `folder`/jars with a cache beside it; Ivy fetches `content`, or must not be asked. Returns what was said."""

    def run(what: str, command: list[str]) -> tuple[int, str]:
        assert content is not None, "it was fetched"
        (Path(command[command.index("-retrieve") + 1]).parent / what).write_bytes(content)
        return 0, ""

    (folder / "pyspark" / "jars").mkdir(parents=True, exist_ok=True)
    (folder / "pyspark" / "jars" / "ivy-1.jar").touch()
    said: list[str] = []
    explain = lambda what, printed: AssertionError(f"{what}: {printed}")  # noqa: E731
    fetcher = jars.Fetcher("java", folder / "pyspark", run, explain, said.append, environ)
    jars.get(folder / "jars", folder / "cache", fetcher)
    return said


def test_an_archive_comes_from_the_cache_without_a_network(tmp_path: Path, jar: jars.Jar) -> None:
    (tmp_path / "cache" / jar.file).write_bytes(b"good")
    get_jars(tmp_path)
    assert (tmp_path / "jars" / jar.file).read_bytes() == b"good"


@pytest.mark.parametrize("where", ["cache", "jars"])
def test_an_archive_with_another_checksum_is_fetched_anew(tmp_path: Path, jar: jars.Jar, where: str) -> None:
    (tmp_path / where).mkdir(exist_ok=True)
    (tmp_path / where / jar.file).write_bytes(b"evil")
    get_jars(tmp_path, b"good")
    assert (tmp_path / "jars" / jar.file).read_bytes() == b"good"


def test_a_fetched_archive_with_another_checksum_is_not_kept(tmp_path: Path, jar: jars.Jar) -> None:
    with pytest.raises(jars.JarError, match=r"not the recorded .* do not go on"):
        get_jars(tmp_path, b"evil")
    assert [*(tmp_path / "cache").iterdir(), *(tmp_path / "jars").iterdir()] == []


def test_an_optional_archive_without_a_known_checksum_is_left_out(
    tmp_path: Path, jar: jars.Jar, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "jars.toml"
    listing.write_text(
        '[[jar]]\norganisation = "org"\nartifact = "thing"\npackage = "thing"\nversion = "1"\n'
        'sha256 = ""\noptional = "THING_SHA256"\n'
    )
    monkeypatch.undo()
    monkeypatch.setattr(jars, "LISTED", listing)
    assert "left out" in " ".join(get_jars(tmp_path))
    get_jars(tmp_path, b"good", THING_SHA256=jar.sha256)
    assert (tmp_path / "jars" / jar.file).read_bytes() == b"good"


def test_jars_that_are_not_of_the_locked_version_are_refused(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [jar.package for jar in setup.read_jars({})] == ["delta-spark", "delta-spark", "graphframes-py"]
    (tmp_path / "requirements.lock").write_text("delta-spark==4.4.1 \\\n    --hash=sha256:0\ngraphframes-py==0.12.3\n")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    with pytest.raises(setup.SetupError, match=r"requirements.lock pins delta-spark 4.4.1: move them together"):
        setup.read_jars({})


def test_the_stamp_is_void_when_a_source_or_a_choice_changes(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in setup.SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(setup, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(jars.Jar, "is_in", lambda *_: True)
    stamp = {"fingerprint": setup.fingerprint(), "environ": {}, "java": sys.executable}
    assert not setup.is_ready({})
    (tmp_path / "stamp").write_text(json.dumps(stamp))
    assert setup.is_ready({})
    assert not setup.is_ready({"NIGHTJAR_JARS": "elsewhere"})
    monkeypatch.setattr(jars.Jar, "is_in", lambda *_: False)
    assert not setup.is_ready({})
    monkeypatch.setattr(jars.Jar, "is_in", lambda *_: True)
    with (tmp_path / "requirements.lock").open("a") as lock:
        lock.write("\n")
    assert not setup.is_ready({})


@pytest.mark.parametrize("code", [0, 1])
def test_a_rehearsal_that_fails_is_said_and_stops_nothing(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho no room for an archive\nexit {code}\n")
    python.chmod(0o755)
    monkeypatch.setattr(setup, "PYTHON", python)
    setup.rehearse(setup.Progress(), dict(os.environ))
    said = "".join(capsys.readouterr())
    assert ("left out. no room for an archive" in said) == bool(code)


def test_the_second_time_is_quick(setup: ModuleType) -> None:
    """Against a done set-up of this tree only: a test changes no environment."""
    if not setup.is_ready(dict(os.environ)):
        pytest.skip("this environment was not made by `make setup`, or not of what the tree holds now")
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "infra/setup.py"], cwd=ROOT, capture_output=True, text=True)
        seconds.append(time.perf_counter() - start)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert min(seconds) < 1.0
