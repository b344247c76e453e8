"""Doctor names each damaged thing by table and version, hides none behind another, and its mends work (trial 27).

Spark, asked after Nightjar, is the witness: it cannot read what doctor calls damaged, and reads what was mended.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyspark.sql import SparkSession

from jobs.cli import main as cli_main
from jobs.runtime import audit, lock, settings, watch
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.runtime.health import doctor
from pipelines.decisions import intake
from schemas import catalogue, gold, silver
from tests.support import damage, tables

FIRST = date(2026, 1, 5)
N_NIGHTS = 12  # versions 1 to 12: a checkpoint at 10 and commits after it
PEOPLE, REPORTS = silver.PEOPLE, silver.REPORTS
LAST = FIRST + timedelta(days=N_NIGHTS - 1)


def night(n: int) -> date:
    """The night that version `n` of the table of people brought."""
    return FIRST + timedelta(days=n - 1)


@pytest.fixture(scope="module")
def whole(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a table of twelve nights, one of one night, a chain of decisions, and the last night's manifest."""
    home = tmp_path_factory.mktemp("whole")
    ctx = RunContext(settings.load(home))
    ctx.__dict__["spark"] = spark
    operations.people_resolved(ctx.audit, LAST, {"people": N_NIGHTS})
    for n in range(1, N_NIGHTS + 1):
        rows = [{"night": night(n), "person_id": f"36:{n}-{k}"} for k in range(n)]
        ctx.lake.append(tables.frame(spark, PEOPLE, *rows).coalesce(1), PEOPLE)
    ctx.lake.append(tables.frame(spark, REPORTS, {"night": LAST, "report_id": "36:1"}), REPORTS)
    ctx.lake.append(_chain(spark), gold.DECISIONS)
    versions = ctx.lake.versions(catalogue.TABLES)
    head = ctx.audit.head()
    noted = {"night": LAST, "table_versions": versions, "log_entries": head.n, "log_hash": head.hash}
    manifest = tables.frame(spark, gold.RUN_MANIFEST, noted)
    ctx.lake.append(manifest, gold.RUN_MANIFEST)
    return home


def _chain(spark: SparkSession) -> Any:
    previous, chained = intake.GENESIS, []
    for sequence in (1, 2, 3):
        given = {"decision_id": f"{sequence:036d}", "sequence": sequence, "previous_hash": previous, "night": LAST}
        row = tables.row(gold.DECISIONS, **given, hash="")
        previous = intake.digest(row)
        chained.append({**given, "hash": previous})
    return tables.frame(spark, gold.DECISIONS, *chained)


@dataclass
class Home:
    """A copy of the whole home, at a path that Spark has not seen, to be damaged and examined."""

    folder: Path
    spark: SparkSession

    @property
    def people(self) -> Path:
        return self.folder / "lakehouse" / "silver" / "people"

    def examined(self, **how: Any) -> dict[str, list[dict[str, Any]]]:
        """What doctor finds wrong, by what."""
        wrong: dict[str, list[dict[str, Any]]] = {}
        for finding in doctor.examine(RunContext(settings.load(self.folder)), **how):
            if not finding["ok"]:
                wrong.setdefault(finding["what"], []).append(finding)
        return wrong

    def n_read(self) -> int:
        """Rows that Spark reads of the table of people, each decoded."""
        return len(self.spark.read.format("delta").load(str(self.people)).collect())


@pytest.fixture
def home(whole: Path, tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A new registry takes half a minute to make, and has tests of its own (tests/jobs/training/test_versions.py)."""
    monkeypatch.setattr(doctor, "_registry", lambda _: [])
    return Home(Path(shutil.copytree(whole, tmp_path / "home")), spark)


N_ROWS = sum(range(1, N_NIGHTS + 1))
pytestmark = [pytest.mark.spark, pytest.mark.trial(27)]


def test_a_whole_home_is_well_and_counted(home: Home):
    assert home.examined() == home.examined(deep=True) == {}
    said = {f["what"]: f["said"] for f in doctor.examine(RunContext(settings.load(home.folder)))}
    assert said["silver.people"] == f"{home.n_read()} rows at version {N_NIGHTS}, {N_NIGHTS} files"
    assert said["silver.report_people"] == "not written yet"
    assert said["chain of decisions"] == "chain is whole"


@dataclass(frozen=True)
class Damage:
    """What is done to the table of people, and what is to be told: version, words, and whether Spark cannot read it."""

    do: Callable[[Path], None]
    version: int
    words: str
    is_unreadable: bool = True
    is_deep: bool = False


def _on(night_of: int, do: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda people: do(damage.data_file(people, str(night(night_of))))


def _on_log(name: str, do: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda people: do(people / "_delta_log" / name)


CHECKPOINT = f"{10:020d}.checkpoint.parquet"
DAMAGES = {
    "data file deleted": Damage(_on(3, Path.unlink), 12, "is missing"),
    "data file cut": Damage(_on(3, damage.without_sidecar(damage.cut)), 12, "bytes where the log says"),
    "second half zeroed": Damage(
        _on(3, damage.without_sidecar(lambda file: damage.zero(file, 0.5, 1))), 12, "cannot be read"
    ),
    "first half zeroed": Damage(
        _on(3, damage.without_sidecar(lambda file: damage.zero(file, 0, 0.5))), 12, "does not begin as Parquet"
    ),
    "middle zeroed": Damage(
        _on(3, damage.without_sidecar(lambda file: damage.zero(file, 0.002, 0.05))), 12, "cannot be read", is_deep=True
    ),
    "one byte other": Damage(_on(3, lambda file: damage.zero(file, 0.01, 0.02)), 12, "(checksum)", is_deep=True),
    "commit cut": Damage(
        lambda people: damage.without_sidecar(damage.cut)(damage.commit(people, 11)), 11, "this commit cannot be read"
    ),
    "commit gone": Damage(lambda people: damage.commit(people, 11).unlink(), 11, "this commit is missing"),
    "commit changed": Damage(
        lambda people: damage.commit(people, 12).write_text(damage.commit(people, 12).read_text() + " "),
        12, "(checksum)",
    ),
    "commit of before the checkpoint gone": Damage(
        lambda people: damage.commit(people, 4).unlink(), 4, "this commit is missing", is_unreadable=False
    ),
    "checkpoint cut": Damage(
        _on_log(CHECKPOINT, damage.without_sidecar(damage.cut)),
        10,
        "this checkpoint cannot be read",
        is_unreadable=False,  # Delta goes on from the commits before it, as long as they are there
    ),
    "pointer to the checkpoint cut": Damage(
        _on_log("_last_checkpoint", damage.without_sidecar(damage.cut)), -1, "cannot be read", is_unreadable=False
    ),
    "count of another version": Damage(
        lambda people: shutil.copy(people / "_delta_log" / f"{5:020d}.crc", people / "_delta_log" / f"{12:020d}.crc"),
        12, "its writer counted", is_unreadable=False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(DAMAGES))
def test_damage_is_named_by_table_and_version_and_hides_nothing(home: Home, name: str):
    harm = DAMAGES[name]
    damage.data_file(home.folder / "lakehouse" / "silver" / "reports", str(LAST)).unlink()  # comes first, and after it
    shutil.rmtree(home.folder / "lakehouse" / "gold" / "decisions" / "_delta_log")
    harm.do(home.people)
    wrong = home.examined(deep=harm.is_deep)
    assert {"silver.people", "silver.reports", "gold.decisions"} <= set(wrong)
    told = [f for f in wrong["silver.people"] if harm.words in f["said"]]
    assert told, wrong["silver.people"]
    assert (
        harm.version < 0 or f"version {harm.version}:" in told[0]["said"] or f"{harm.version:020d}" in told[0]["said"]
    )
    assert told[0]["mend"]
    if harm.is_unreadable:
        with pytest.raises(Exception):  # noqa: B017 - whatever Spark dies of
            home.n_read()


@pytest.mark.parametrize("share", [(0.002, 0.05), (0.01, 0.02)])
def test_only_a_deep_look_decodes_rows(home: Home, share: tuple[float, float]):
    """So that the quick one stays one of seconds: the two that it cannot see are known."""
    damage.zero(damage.data_file(home.people, str(night(3))), *share)
    assert "silver.people" not in home.examined()
    assert "silver.people" in home.examined(deep=True)


def test_a_table_without_its_log_is_damaged_and_an_empty_folder_is_not(home: Home):
    shutil.rmtree(home.people / "_delta_log")
    (home.folder / "lakehouse" / "silver" / "report_people" / "_delta_log").mkdir(parents=True)
    wrong = home.examined()
    assert set(wrong) == {"silver.people"}
    first, second = wrong["silver.people"]
    assert "without its log the table is not there" in first["said"]
    assert f"night {LAST} left it at version {N_NIGHTS}; it is gone" in second["said"]


def test_the_first_commit_gone_is_told_and_the_log_still_read(home: Home):
    reports = home.folder / "lakehouse" / "silver" / "reports"
    damage.commit(reports, 0).unlink()
    wrong = home.examined()
    assert set(wrong) == {"silver.reports"}
    assert "version 0" in wrong["silver.reports"][0]["said"]
    assert "backup" in wrong["silver.reports"][0]["mend"]


def test_a_table_that_is_gone_or_older_than_the_manifest_says_is_told(home: Home):
    shutil.rmtree(home.folder / "lakehouse" / "silver" / "reports")
    damage.set_aside(home.people, 9, home.folder / "aside")
    wrong = home.examined()
    assert set(wrong) == {"silver.people", "silver.reports"}
    assert "it is gone" in wrong["silver.reports"][-1]["said"]
    assert f"night {LAST} left it at version 12; it is at version 9" in wrong["silver.people"][-1]["said"]


def test_the_folder_of_a_table_that_a_night_is_making_is_well(home: Home):
    making = home.folder / "lakehouse" / "silver" / "report_people"
    (making / "_delta_log").mkdir(parents=True)
    shutil.copy(damage.data_file(home.people, str(FIRST)), making / "part.parquet")
    with lock.writer(home.folder / "lakehouse"):
        assert home.examined() == {}
    assert "silver.report_people" in home.examined()


def _do(home: Home, finding: dict[str, Any], option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the command that a mend names, as a person would copy it."""
    found = re.search(rf"`nightjar (restore \S+ {option} \S+) --why ...`", finding["mend"])
    assert found, finding["mend"]
    monkeypatch.setenv("NIGHTJAR_HOME", str(home.folder))
    done = CliRunner().invoke(cli_main.main, [*found[1].split(), "--why", "a disk failed"])
    assert done.exit_code == 0, done.output


def test_a_lost_file_is_mended_by_the_restore_that_doctor_names(home: Home, monkeypatch: pytest.MonkeyPatch):
    damage.data_file(home.people, str(night(8))).unlink()
    (finding,) = home.examined()["silver.people"]
    assert "version 12" in finding["said"]
    assert f"run again {night(8)}, {night(9)}" in finding["mend"]
    _do(home, finding, "--to", monkeypatch)
    assert home.n_read() == sum(range(1, 8))
    assert home.examined() == {}
    entry = list(RunContext(settings.load(home.folder)).audit.entries())[-1]
    assert (entry["on_what"], entry["why"]) == ("silver.people back to version 7", "a disk failed")


def test_a_lost_file_is_mended_by_its_own_night_alone(home: Home, monkeypatch: pytest.MonkeyPatch):
    damage.data_file(home.people, str(night(8))).unlink()
    (finding,) = home.examined()["silver.people"]
    _do(home, finding, "--without-night", monkeypatch)
    assert home.n_read() == N_ROWS - 8
    assert home.examined() == {}


def test_a_version_that_lacks_files_is_neither_named_nor_gone_back_to(home: Home, monkeypatch: pytest.MonkeyPatch):
    for n in (2, 8):
        damage.data_file(home.people, str(night(n))).unlink()
    assert all("--to 1 " in finding["mend"] for finding in home.examined()["silver.people"])  # the one before both
    monkeypatch.setenv("NIGHTJAR_HOME", str(home.folder))
    done = CliRunner().invoke(cli_main.main, ["restore", "silver.people", "--to", "7", "--why", "a disk failed"])
    assert done.exit_code == 1
    assert "cannot go back to version 7" in done.output
    assert "Traceback" not in done.output


def test_a_cut_commit_is_mended_by_setting_the_log_aside(home: Home):
    damage.cut(damage.commit(home.people, 11))
    finding = next(f for f in home.examined()["silver.people"] if "cannot be read" in f["said"])
    assert "version 10 is the last good" in finding["mend"]
    damage.set_aside(home.people, 10, home.folder / "aside")
    assert home.n_read() == sum(range(1, 11))
    (behind,) = home.examined()["silver.people"]  # until the nights since have run again
    assert "left it at version 12; it is at version 10" in behind["said"]


def test_a_cut_checkpoint_is_mended_by_moving_it_out(home: Home):
    damage.cut(home.people / "_delta_log" / CHECKPOINT)
    findings = home.examined()["silver.people"]
    assert all(CHECKPOINT in finding["said"] for finding in findings)
    for name in (CHECKPOINT, f".{CHECKPOINT}.crc", "_last_checkpoint", "._last_checkpoint.crc"):
        (home.people / "_delta_log" / name).unlink(missing_ok=True)
    assert home.n_read() == N_ROWS
    assert home.examined() == {}


def test_a_changed_decision_is_found_without_spark(home: Home, spark: SparkSession):
    where = home.folder / "lakehouse" / "gold" / "decisions"
    spark.sql(f"UPDATE delta.`{where}` SET reviewer = 'somebody' WHERE sequence = 2")
    (finding,) = home.examined()["chain of decisions"]
    assert finding["said"] == "first bad decision: decision 2: its content does not give its hash"
    assert finding["said"].endswith(str(intake.verify_chain(spark.read.format("delta").load(str(where)))))


def test_a_log_rewritten_with_its_head_is_found_by_the_nights_own_table(home: Home):
    """Where no anchor is kept and the copies of manifests are deleted."""
    chosen = settings.load(home.folder)
    shutil.rmtree(chosen.log_folder)
    operations.people_resolved(audit.Audit(chosen.log_folder), LAST, {"people": 1})
    (finding,) = home.examined()["log of processing"]
    assert "first bad entry: entry 1: not the entry that gold.run_manifest of 2026-01-16 knows" in finding["said"]


def test_the_command_ends_with_one_where_there_are_findings(home: Home, monkeypatch: pytest.MonkeyPatch):
    def invoked(*words: str) -> Result:
        return CliRunner().invoke(cli_main.main, ["doctor", *words])

    monkeypatch.setenv("NIGHTJAR_HOME", str(home.folder))
    assert invoked().exit_code == 0
    damage.zero(damage.data_file(home.people, str(night(3))), 0.01, 0.02)
    assert invoked().exit_code == 0
    deep = invoked("--deep")
    assert deep.exit_code == 1
    assert re.search(
        r"WRONG +silver\.people +version 12: night=2026-01-07/\S+: .*\(checksum\)\n +mend: put it", deep.output
    )


def test_a_note_of_the_last_good_night_that_a_hand_was_in_is_a_finding(home: Home):
    (home.folder / "log").mkdir(exist_ok=True)
    (home.folder / "log" / "heartbeat.json").write_text('{"nacht": 5}', encoding="utf-8")
    assert home.examined()["last good night"][0]["said"].endswith("heartbeat.json is damaged")


def test_a_check_that_dies_is_a_finding_and_others_still_run(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watch, "heartbeat", lambda config: len(config))
    damage.data_file(home.people, str(FIRST)).unlink()
    wrong = home.examined()
    assert set(wrong) == {"silver.people", "last good night"}
    assert "cannot be examined: TypeError" in wrong["last good night"][0]["said"]
