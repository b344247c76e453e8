"""Nobody else can enter the home, whoever made it: what processes of their own leave there, by the kernel's word."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.runtime import audit, home, lakehouse, settings
from jobs.runtime.audit import operations
from schemas import silver
from schemas.errors import InvalidInputError
from tests.support import tables

DOORS = {
    "the command line": "-m jobs.cli.main demo --reports 20 --nights 1 --forces 36",
    "Dagster's code location": '-c \'import jobs.night.definitions; open("$NIGHTJAR_HOME/made", "w")\'',
    "Dagster's web server": "-c 'import jobs.night.webserver as w; w.dg = None\ntry: w.serve(1, is_read_only=True)\n"
    'except AttributeError: open("$NIGHTJAR_HOME/made", "w")\'',
    "a notebook's session": '-c \'from jobs.pages import notebook; notebook.NotebookSession("x");'
    ' open("$NIGHTJAR_HOME/made", "w")\'',
}


def modes(folder: Path) -> dict[str, str]:
    """Mode of everything below a folder, where it gives others anything."""
    paths = [folder, *folder.rglob("*")]
    found = {str(path.relative_to(folder)): os.lstat(path).st_mode for path in paths}
    return {name: oct(stat.S_IMODE(mode)) for name, mode in found.items() if mode & home.OTHERS}


def run(words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A process under the umask that most accounts have."""
    return subprocess.run(
        ["sh", "-c", f"umask 022; exec {sys.executable} {words}"],
        cwd=settings.ROOT, env={**os.environ, "NIGHTJAR_HOME": str(folder)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_what_is_made_behind_each_door_is_its_owners_alone(door: str, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    done = run(DOORS[door].replace("$NIGHTJAR_HOME", str(folder)), folder)
    assert done.returncode == 0, done.stderr
    assert [path for path in folder.rglob("*") if path.is_file()]
    assert modes(folder) == {}


@pytest.mark.slow
def test_a_home_that_others_may_enter_is_closed_and_that_is_said_and_logged(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    log = audit.Audit(folder / "log")
    operations.item_traced(log, "a", date(2026, 3, 14), "reclassify", "1" * 16, "36:R1")
    folder.chmod(0o755)
    done = run("-m jobs.cli.main log show --reviewer a --json", folder)
    assert done.returncode == 0, done.stderr
    assert "could be entered by others (mode 0755): it is closed now" in done.stderr
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [entry["operation"] for entry in json.loads(done.stdout)] == ["item_traced", "home_mended", "log_viewed"]
    assert run("-m jobs.cli.main log show --reviewer a", folder).stderr == ""


def test_a_new_home_that_others_may_enter_is_still_a_new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.sources import demo

    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(0o775)
    monkeypatch.setenv("NIGHTJAR_HOME", str(folder))
    chosen = home.opened()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert demo.is_new(chosen)


@pytest.mark.slow
def test_a_home_of_somebody_else_that_others_may_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "home"
    if os.geteuid() == 0:
        folder.mkdir()
        folder.chmod(0o755)
        os.chown(folder, 54321, 54321)
    else:
        folder = Path("/usr")  # root's, and open to all
    before = os.stat(folder)
    monkeypatch.setenv("NIGHTJAR_HOME", str(folder))
    with pytest.raises(InvalidInputError, match="others may enter it"):
        home.opened()
    done = run("-m jobs.cli.main queue show", folder)
    assert done.returncode == 1
    assert "Error: NIGHTJAR_HOME=" in done.stderr
    assert (os.stat(folder).st_mode, os.stat(folder).st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


def test_doctors_word_on_modes(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    (folder / "lakehouse" / "gold").mkdir(parents=True)
    (folder / "landing").mkdir()
    (folder / "landing").chmod(0o775)  # a share of those who deliver
    file = folder / "lakehouse" / "gold" / "part-0.parquet"
    file.touch()
    (folder / "link").symlink_to(file)  # a link has no mode of its own
    assert home.examine(folder)[0]
    file.chmod(0o644)
    is_well, said = home.examine(folder)
    assert not is_well
    assert "lakehouse/gold/part-0.parquet" in said
    subprocess.run(said.rpartition(": `")[2].rstrip("`").split(), check=True)  # the mend that it says
    assert home.examine(folder)[0]


def test_files_that_spark_makes_are_their_owners_alone(spark: SparkSession, tmp_path: Path) -> None:
    lake = lakehouse.Lakehouse(spark, tmp_path / "lakehouse")
    lake.append(tables.frame(spark, silver.PEOPLE, {"person_id": "36:1"}), silver.PEOPLE)
    assert list(tmp_path.rglob("*.parquet"))
    assert list(tmp_path.rglob("_delta_log/*.json"))
    assert modes(tmp_path) == {}
