"""The distribution: names that nobody else takes, light imports, typed packages, pins that move together."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("schemas", "pipelines", "models", "jobs")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def pins(lock: str = "requirements.lock") -> dict[str, set[str]]:
    """Name to pinned versions, from a lock file (several where a marker tells interpreters apart)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def tracked_files() -> list[Path]:
    """What a commit of this tree holds: tracked and new files, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def modules() -> list[str]:
    paths = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))
    dotted = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return [name.removesuffix(".__init__") for name in dotted]


def test_no_dependency_installs_a_package_of_our_names() -> None:
    installed = importlib.metadata.packages_distributions()
    for name in OURS:
        assert set(installed.get(name, [])) <= {"nightjar-pipeline"}, name
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin == str(ROOT / name / "__init__.py"), "another package shadows ours"


@pytest.mark.parametrize("name", OURS)
def test_every_package_says_that_it_is_typed(name: str) -> None:
    assert (ROOT / name / "py.typed").is_file()
    assert name in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.slow
def test_every_module_imports_without_starting_spark_or_a_network_connection() -> None:
    """In a process of its own, with Java out of reach and sockets refused: an import does no work."""
    program = f"""
import importlib, os, socket
os.environ["PATH"] = os.environ["JAVA_HOME"] = "/nonexistent"
def refuse(*args, **kwargs):
    raise AssertionError("a network connection at import")
socket.socket.connect = refuse
for name in {modules()!r}:
    importlib.import_module(name)
from pyspark import SparkContext
from pyspark.sql import SparkSession
assert SparkContext._gateway is None, "a Java process was started"
assert SparkSession.getActiveSession() is None
print("imported")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip().endswith("imported"), done.stderr[-2000:]


def test_delta_and_spark_and_their_jars_are_pinned_together() -> None:
    jars = {jar["artifact"]: jar for jar in tomllib.loads((ROOT / "jobs" / "runtime" / "jars.toml").read_text())["jar"]}
    pinned = pins()
    (spark,), (delta,) = pinned["pyspark"], pinned["delta-spark"]
    assert PYPROJECT["project"]["optional-dependencies"]["local"] == [f"pyspark=={spark}", f"delta-spark=={delta}"]
    spark_line = ".".join(spark.split(".")[:2])
    assert f"delta-spark_{spark_line}_2.13" in jars, "the jar is built for another Spark"
    for jar in jars.values():
        assert pinned[jar["package"]] == {jar["version"]}, jar["artifact"]
        assert re.fullmatch(r"[0-9a-f]{64}", jar["sha256"]) or jar.get("optional")
    for package, version in (("pyspark", spark), ("delta-spark", delta)):
        assert importlib.metadata.version(package) == version, "the environment is not what the lock file says"


@pytest.mark.parametrize("lock", ["requirements.lock", "infra/bootstrap.lock"])
def test_every_locked_package_has_a_hash_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==\S+", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]
    assert "://" not in text


def test_every_direct_dependency_is_locked() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    direct = [*PYPROJECT["project"]["dependencies"], *extras["local"], *extras["dev"]]
    locked = {lock: pins(lock) for lock in ("requirements.lock", "requirements-bert.lock")}
    for requirement in direct:
        name = re.split(r"[\s<>=!\[;~]", requirement)[0].lower().replace("_", "-")
        for lock, pinned in locked.items():
            assert name in pinned, f"{name} is not in {lock}"


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine() -> None:
    # Written in pieces, so that this file does not find itself.
    words = ("pypi" + ".org", "files.python" + "hosted", "repo1." + "maven", "maven" + ".org/maven2", "/wo" + "rk/")
    words += ("/ro" + "ot/", "/home/" + "runner", "conda" + ".anaconda")
    pattern = re.compile("|".join(map(re.escape, words)).encode())
    found = {str(path.relative_to(ROOT)) for path in tracked_files() if pattern.search(path.read_bytes())}
    assert not found


def test_no_tracked_file_is_large() -> None:
    large = {str(path.relative_to(ROOT)) for path in tracked_files() if path.stat().st_size > 2 << 20}
    assert not large, "data and models are made, not committed"
