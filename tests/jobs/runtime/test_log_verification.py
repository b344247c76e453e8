"""The log of a home, verified by the command: what a writer of the home can do to it, and what finds it (trial 21)."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.cli.main import main
from jobs.runtime import audit, context, settings
from jobs.runtime.audit import changes, entries, marks, operations, verification
from jobs.runtime.settings import Settings
from tests.support import changed_settings

NIGHT = date(2026, 3, 14)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose log is anchored elsewhere, after two nights."""
    (tmp_path / "elsewhere").mkdir()
    override = tmp_path / "settings.yaml"
    override.write_text(json.dumps({"log": {"anchor": str(tmp_path / "elsewhere")}}), encoding="utf-8")
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(override))
    chosen = settings.load()
    for n in range(2):
        _night(chosen, date.fromordinal(NIGHT.toordinal() + n))
    return chosen


def _night(chosen: Settings, night: date) -> None:
    """What a night leaves: tables, entries, a manifest and an anchor."""
    (chosen.lakehouse / "gold" / "run_manifest" / "_delta_log").mkdir(parents=True, exist_ok=True)
    log = audit.Audit(chosen.log_folder)
    operations.files_collected(log, night, {"norfolk": 3}, [f"norfolk/reports/{night}/a.csv"])
    operations.people_resolved(log, night, {"records": 7})
    marks.note_manifest(log, chosen.manifests, night, f"run-{night}", {"code_commit": "c"})
    marks.anchor(log, chosen.anchor, f"night {night}")
    operations.queue_viewed(log, "a.analyst", night, "reclassify", None, ["1" * 16, "2" * 16])


def command(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["log", *words])
    return result.exit_code, result.output


def _chain(chosen: Settings, change: Callable[[list[dict]], list[dict]]) -> None:
    """The log rewritten from its entries, each chained to the one before, and the head with it."""
    log = audit.Audit(chosen.log_folder)
    lines, previous = [], audit.GENESIS
    for n, entry in enumerate(change(list(log.entries())), start=1):
        line, previous = entries.line_of({**entry, "n": n, "previous": previous})
        lines.append(line)
    log.path.write_bytes(b"".join(lines))
    log._write_head(audit.Head(len(lines), sum(map(len, lines)), previous), None)


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _folder_deleted(chosen: Settings) -> None:
    shutil.rmtree(chosen.log_folder)


def _deleted_and_begun_again(chosen: Settings) -> None:
    shutil.rmtree(chosen.log_folder)
    operations.people_resolved(audit.Audit(chosen.log_folder), NIGHT, {"records": 7})


# What whoever may write all of the log's folder does to it, and what is said; and whether manifests alone find it.
TAMPERINGS: dict[str, tuple[Callable[[Settings], None], str]] = {
    "an entry forged and all rewritten": (lambda c: _chain(c, lambda e: [{**e[0], "who": "x"}, *e[1:]]), "entry 2:"),
    "the last night cut": (lambda c: _chain(c, lambda e: e[:3]), "entry 4: the log ends after 3 entries"),
    "a look taken out": (lambda c: _chain(c, lambda e: e[:2] + e[3:]), "entry 5:"),
    "the folder deleted": (_folder_deleted, "entry 1: the log is missing"),
    "the folder deleted, and a new log begun": (_deleted_and_begun_again, "entry 2: the log ends after 1 entries"),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_trial_21_what_is_rewritten_with_its_head_is_found(home: Settings, how: str) -> None:
    code, said = command("verify")
    assert code == 0, said
    assert "6 entries" in said
    assert "2 anchors and 2 run manifests" in said
    change, first_bad = TAMPERINGS[how]
    change(home)
    code, said = command("verify")
    assert code == 1
    assert f"first bad entry: {first_bad}" in said
    shutil.rmtree(home.manifests)  # the writer takes away the copies too: the anchors are elsewhere
    assert f"first bad entry: {first_bad}" in command("verify")[1]


@pytest.mark.parametrize("how", TAMPERINGS)
def test_run_manifests_find_it_where_no_anchor_is_set(
    home: Settings, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTJAR_SETTINGS")
    code, said = command("verify")
    assert code == 0
    assert "No anchor is kept elsewhere" in said
    change, first_bad = TAMPERINGS[how]
    change(home)
    assert command("verify")[0] == 1
    assert f"first bad entry: {first_bad}" in command("verify")[1]


def test_a_home_with_tables_and_no_log_is_broken_whatever_else_is_gone(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIGHTJAR_SETTINGS")
    shutil.rmtree(home.log_folder)
    shutil.rmtree(home.manifests)
    assert command("verify") == (1, "first bad entry: entry 1: the log is missing, though a night has run here\n")
    shutil.rmtree(home.lakehouse)
    assert command("verify")[0] == 0  # a new home


def test_an_emptied_or_absent_folder_of_anchors_is_said(home: Settings) -> None:
    assert home.anchor is not None
    _emptied(home.anchor)
    code, said = command("verify")
    assert code == 1
    assert "holds no anchor" in said
    assert command("anchor")[0] == 0
    assert command("verify")[0] == 0
    home.anchor.rename(home.anchor.with_name("unmounted"))
    assert command("verify")[0] == 1
    code, said = command("anchor")
    assert code == 1
    assert "cannot be anchored" in said
    assert not home.anchor.exists()  # never made: it would lie below the mount


def test_a_run_leaves_an_anchor_and_one_that_cannot_is_told_of(home: Settings) -> None:
    assert home.anchor is not None
    before = len(list(home.anchor.iterdir()))
    with context.writer() as ctx:
        operations.people_resolved(ctx.audit, NIGHT, {"records": 1})
    assert len(list(home.anchor.iterdir())) == before + 1
    with context.writer():
        pass  # nothing was logged
    assert len(list(home.anchor.iterdir())) == before + 1
    home.anchor.rename(home.anchor.with_name("unmounted"))
    with context.writer() as ctx:
        operations.people_resolved(ctx.audit, NIGHT, {"records": 1})
    (alert,) = (home.log_folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert "cannot be anchored" in json.loads(alert)["message"]


@pytest.mark.skipif(os.getuid() == 0 and shutil.which("chattr") is None, reason="chattr is not there")
def test_anchors_need_no_more_than_storage_that_takes_new_files(home: Settings) -> None:
    """No rename, no link, no second opening: seen by the kernel's log of calls."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not there")
    assert home.anchor is not None
    operations.people_resolved(audit.Audit(home.log_folder), NIGHT, {"records": 1})
    words = [strace, "-f", "-e", "trace=file", sys.executable, "-m", "jobs.cli.main", "log", "anchor"]
    told = subprocess.run(words, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    if "ptrace" in told.stderr and told.returncode:
        pytest.skip("the kernel lets nobody trace")
    calls = [line for line in told.stderr.splitlines() if str(home.anchor) in line and "SIG" not in line]
    changing = [line for line in calls if any(word in line for word in ("rename", "unlink", "link(", "O_TRUNC"))]
    assert any("O_EXCL" in line for line in calls), told.stderr[-2000:]
    assert changing == []


@pytest.mark.slow
def test_verifying_starts_no_spark_and_takes_seconds(
    home: Settings, record_property: Callable[[str, object], None]
) -> None:
    log = audit.Audit(home.log_folder)
    words = [sys.executable, "-X", "importtime", "-m", "jobs.cli.main", "log", "verify"]
    for _ in range(50):
        operations.rows_viewed(log, "a", "gold.queue_items", "test", 500, [f"{n:016x}" for n in range(500)])
    begun = time.monotonic()
    told = subprocess.run(words, cwd=settings.ROOT, capture_output=True, text=True, check=True)
    record_property("seconds of nightjar log verify", round(time.monotonic() - begun, 1))
    loaded = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "jobs.runtime.audit.verification" in loaded
    assert not loaded & {"pyspark", "dagster", "mlflow", "pandas"}


def test_json_of_the_verdict_names_the_first_bad_entry(home: Settings) -> None:
    found = json.loads(command("verify", "--json")[1])
    assert (found["is_whole"], found["entries"], found["anchored_to"]) == (True, 6, 5)
    _chain(home, lambda e: e[:3])
    code, said = command("verify", "--json")
    assert code == 1
    assert (json.loads(said)["is_whole"], json.loads(said)["first_bad_entry"]) == (False, 4)


def test_the_log_is_read_and_its_ids_opened_with_cause_and_that_is_in_it(home: Settings) -> None:
    code, said = command("show", "--operation", "queue_viewed", "--last", "1", "--reviewer", "auditor")
    assert code == 0
    assert "a.analyst" in said
    assert "ids: 2" in said
    assert "1" * 16 not in said
    code, said = command("ids", "3", "--why", "complaint 7", "--reviewer", "auditor")
    assert (code, said.splitlines()) == (0, ["1" * 16, "2" * 16])
    assert command("ids", "3", "--why", " ", "--reviewer", "auditor")[0] == 1
    assert command("ids", "2", "--why", "complaint 7", "--reviewer", "auditor")[0] == 1  # it names none
    assert command("ids", "99", "--why", "complaint 7", "--reviewer", "auditor")[0] == 1
    assert command("show", "--operation", "queue_vewed", "--reviewer", "auditor")[0] == 2
    newest = list(audit.Audit(home.log_folder).entries())[6:]
    assert [(e["operation"], e["who"], e["why"]) for e in newest] == [
        ("log_viewed", "auditor", None),
        ("ids_opened", "auditor", "complaint 7"),
    ]


def test_changed_settings_and_layouts_are_in_the_log_by_name(tmp_path: Path) -> None:
    chosen = settings.load(tmp_path / "home")
    log = audit.Audit(chosen.log_folder)
    changes.note(log, chosen, NIGHT)
    changes.note(log, chosen, NIGHT)  # nothing changed
    other = changed_settings.changed(
        chosen, queue={"capacity": 7}, alerts={"webhook": "https://alerts.invalid/token"}
    )  # fmt: skip
    changes.note(log, other, NIGHT)
    other.own_sources.mkdir(parents=True)
    (other.own_sources / "essex.yaml").write_text("sender: essex\n", encoding="utf-8")
    changes.note(log, other, NIGHT)
    said = [(e["operation"], e["on_what"], e["night"]) for e in log.entries()]
    assert said == [
        ("settings_changed", "settings: as they are, for the first time", "2026-03-14"),
        ("layouts_changed", "layouts: as they are, for the first time", "2026-03-14"),
        ("settings_changed", "settings: alerts.webhook, queue.capacity", "2026-03-14"),
        ("layouts_changed", "layouts: essex", "2026-03-14"),
    ]
    kept = [path.read_text() for path in (chosen.log_folder / "ids").iterdir()]
    assert any("queue.capacity: 7" in text for text in kept)
    assert not any("token" in text for text in kept)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (chosen.log_folder / "ids").iterdir()} == {0o600}
    assert verification.verify(other, log).broken is None
