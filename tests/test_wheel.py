"""The wheel by itself: what is in it, and a night run from it where no checkout is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from jobs.runtime import jars

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "pipelines", "models", "jobs")
ENGINES = ("pyspark", "delta-spark")
TINY = {
    "demo": {"n_reports": 150, "n_nights": 1, "forces": ["36"], "providers": []},
    "training": {"n_inner": None, "first": {"candidates": ["random_order", "keyword_rule", "tfidf_logistic"]}},
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built by its own build system."""
    folder = tmp_path_factory.mktemp("dist")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def packed(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path, packed: set[str]) -> Message:
    (name,) = (name for name in packed if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(zipfile.ZipFile(wheel).read(name).decode())


def shipped(*folders: str) -> set[str]:
    """Files below folders of the checkout, less what Python leaves there."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in paths if "__pycache__" not in path.parts}


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_of_other_names(packed: set[str]) -> None:
    files = shipped(*PACKAGES)
    data = {name for name in files if not name.endswith(".py")}
    assert {"jobs/night/dagster.yaml", "jobs/runtime/jars.toml", "jobs/runtime/settings.yaml"} < data
    assert len(data) > 20
    assert files <= packed
    other = {name.split("/")[0] for name in packed} - set(PACKAGES)
    assert all(re.fullmatch(r"nightjar_pipeline-[\d.]+\.dist-info", name) for name in other), other


def test_the_wheel_holds_the_notebooks_as_they_are(wheel: Path, packed: set[str]) -> None:
    books = sorted((ROOT / "notebooks").glob("*.py"))
    assert books
    for book in books:
        assert zipfile.ZipFile(wheel).read(f"jobs/pages/notebooks/{book.name}") == book.read_bytes()


def test_the_wheel_says_which_commit_it_was_built_from(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIGHTJAR_COMMIT", "0123abc")
    built = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    assert zipfile.ZipFile(built).read("jobs/runtime/commit.txt") == b"0123abc\n"
    monkeypatch.delenv("NIGHTJAR_COMMIT")
    told = zipfile.ZipFile(wheel).read("jobs/runtime/commit.txt").decode().strip()
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", told)


def test_an_editable_installation_copies_nothing(tmp_path: Path) -> None:
    built = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["editable"]))
    assert not [name for name in zipfile.ZipFile(built).namelist() if name.startswith(PACKAGES)]


def test_spark_comes_with_the_extra_alone(metadata: Message) -> None:
    required = [str(line) for line in metadata.get_all("Requires-Dist") or []]
    of_engine = [line for line in required if re.match(r"(pyspark|delta-spark)\b", line)]
    assert {re.split(r"[=\[]", line)[0] for line in of_engine if "extra == 'local'" in line} == set(ENGINES)
    assert all("extra == " in line for line in of_engine), "a cluster's own pyspark would be replaced"
    assert "local" in (metadata.get_all("Provides-Extra") or [])


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; what the wheel needs is seen in this one's packages, not its source."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    installer = [uv, "pip", "install"] if uv else [sys.executable, "-m", "pip", "install"]
    words = [*installer, "--python", str(folder / "bin" / "python"), "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (own,) = folder.glob("lib/python*/site-packages")
    (present,) = Path(sys.prefix).glob("lib/python*/site-packages")
    (own / "present.pth").write_text(f"{present}\n")  # a path named so is not searched for more: no source tree
    return folder


def run(clean: Path, folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the clean environment, from an empty folder, with nothing of this process's environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME", "LANG") if name in os.environ}
    empty = folder / "empty"
    empty.mkdir(exist_ok=True)
    home = {"NIGHTJAR_HOME": str(folder / "home")}
    command = [str(clean / "bin" / words[0]), *words[1:]]
    return subprocess.run(
        command,
        cwd=empty,
        env={**kept, **home, **environment},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


@pytest.mark.slow
def test_the_command_of_a_clean_environment_is_the_wheels(clean: Path, wheel: Path, tmp_path: Path) -> None:
    commit = zipfile.ZipFile(wheel).read("jobs/runtime/commit.txt").decode().strip()
    said = run(clean, tmp_path, "nightjar", "--version")
    assert re.fullmatch(rf"nightjar [\d.]+, commit {commit}\n", said.stdout), said.stderr
    program = (
        "import jobs, json; from jobs.pages import queue_access;"
        "print(json.dumps([jobs.__file__, *sorted(path.name for path in queue_access.NOTEBOOKS.glob('*.py'))]))"
    )
    where, *books = json.loads(run(clean, tmp_path, "python", "-c", program).stdout)
    assert Path(where).is_relative_to(clean)
    assert books == sorted(path.name for path in (ROOT / "notebooks").glob("*.py"))


@pytest.mark.slow
def test_without_spark_a_command_says_what_to_install(clean: Path, tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pyspark'] = None; sys.argv[1:] = ['queue', 'show'];"
        "from jobs.cli.main import main; main()"
    )
    said = run(clean, tmp_path, "python", "-c", program)
    assert said.returncode == 1
    assert "nightjar-pipeline[local]" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.spark
@pytest.mark.slow
def test_a_night_runs_from_the_wheel_alone(clean: Path, tmp_path: Path) -> None:
    """Jars by the wheel's own command, out of a cache and without a network; then a night and a look at its health."""
    cache = tmp_path / "cache" / "nightjar" / "jars"
    cache.mkdir(parents=True)
    for archive in jars.folder().glob("*.jar"):
        (cache / archive.name).symlink_to(archive)
    settings = tmp_path / "settings.yaml"
    settings.write_text(yaml.safe_dump(TINY))
    cores = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NIGHTJAR_SETTINGS": str(settings)}

    refused = run(clean, tmp_path, "nightjar", "queue", "show", **cores)
    assert "nightjar jars" in refused.stderr, refused.stderr
    fetched = run(clean, tmp_path, "nightjar", "jars", "--json", **cores)
    assert fetched.returncode == 0, fetched.stderr
    assert all(Path(path).is_relative_to(clean) and Path(path).is_file() for path in json.loads(fetched.stdout))

    night = run(clean, tmp_path, "nightjar", "nightly", "--json", **cores)
    assert night.returncode == 0, night.stderr[-3000:]
    assert json.loads(night.stdout)["n_queue_items"] > 0
    health = run(clean, tmp_path, "nightjar", "doctor", **cores)
    assert health.returncode == 0, health.stdout + health.stderr[-2000:]
    assert list((tmp_path / "empty").iterdir()) == []
