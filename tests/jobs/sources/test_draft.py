"""A force without a layout: drafted from its files, answered, checked, and read as a force with one is."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.cli import main as cli_main
from jobs.sources import draft, dry_run
from pipelines import synthesis
from pipelines.ingest import conform
from pipelines.ingest.drafting import page
from schemas import silver
from schemas.layouts import layouts
from tests.support import nights, northmarch

NIGHT = dt.date(2026, 3, 5)
SHIPPED = layouts.load()
# What differs by meaning between two forces: the words of tags, where a row came from, columns without a field.
OWN = ("force", "raw_tags", "_rescued")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing zone with one truth twice: by Norfolk, and by Northmarch in its own dialect."""
    home = tmp_path_factory.mktemp("world")
    synthesis.write(
        home / "land", home / "truth", seed=7, first_night=NIGHT, n_reports=240, forces=("36",), providers=()
    )
    for other in synthesis.DEFAULT_SENDERS:
        if other != "norfolk":
            shutil.rmtree(home / "land" / other, ignore_errors=True)
    northmarch.write(home / "land" / "norfolk", home / "land" / northmarch.SENDER)
    return home


@pytest.fixture
def drafted(world: Path) -> str:
    return page.text(draft.draft(world / "land" / northmarch.SENDER, northmarch.NAME, None, SHIPPED))


def test_the_error_of_a_draft_names_its_open_questions_and_nothing_else(world: Path, tmp_path: Path) -> None:
    made = draft.draft(world / "land" / northmarch.SENDER, northmarch.NAME, None, SHIPPED)
    left = draft.write(made, tmp_path / "northmarch.yaml", tmp_path / "home", is_overwriting=False)
    with pytest.raises(layouts.LayoutError) as refused:
        layouts.load_file(tmp_path / "northmarch.yaml")
    asked = {question.key for question in made.all_questions() if question.must}
    asked |= {
        f"feeds.{feed.name}.codes.{name}.{word}"
        for feed in made.feeds
        for name, words in feed.codes.items()
        for word in words.asked
    }
    assert {problem.key for problem in refused.value.problems} == asked
    assert len(left) == len(asked)
    assert {"force", "time_zone", "feeds.reports.items", "feeds.missing_episodes.columns.risk"} <= asked


def test_every_answer_is_to_a_key_that_the_draft_names(drafted: str) -> None:
    assert all(key.rpartition(".")[2] in drafted for key in northmarch.ANSWERS)
    made = layouts.parse(yaml.safe_load(northmarch.answered(drafted)))
    reports = made.feeds["reports"]
    assert (reports.delimiter, reports.encoding, reports.dates) == (";", "cp1252", ("dd.MM.yyyy",))
    assert made.feeds["nominals"].skip_rows == 2


def test_no_value_of_the_files_is_written(world: Path, drafted: str) -> None:
    """No name, number, address, key or text of any row is in the YAML; words of coded columns are."""
    coded = ("Crime Types", "Handling", "GSC", "Gender", "Involvement", "Status", "Risk", "Care")
    values = set()
    for path in sorted((world / "land" / "norfolk").rglob("*_001.csv")):
        for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            values |= {value for column, value in row.items() if len(value) > 4 and column not in coded}
    assert len(values) > 1_000
    assert not [value for value in values if value in drafted]
    assert set(yaml.safe_load(drafted)["feeds"]["nominals"]["codes"]["sex"]) == {"Man", "Woman"}


def test_the_same_truth_is_the_same_silver_through_a_drafted_layout(
    spark: SparkSession, world: Path, drafted: str, tmp_path: Path
) -> None:
    path = tmp_path / "northmarch.yaml"
    path.write_text(northmarch.answered(drafted), encoding="utf-8")
    made = layouts.load_file(path)
    # Two feeds, a workbook and a CSV, are checked; of all, what is refused below is what is refused of Norfolk.
    some = made.model_copy(update={"feeds": {name: made.feeds[name] for name in ("nominals", "missing_episodes")}})
    checked = dry_run.check(spark, world / "land" / northmarch.SENDER, some, NIGHT + dt.timedelta(days=1))
    dry_run.refuse_below(1.0, checked, world)
    assert not [name for report in checked for name in report.unread_below(1.0)]
    known = {"norfolk": SHIPPED["norfolk"], northmarch.SENDER: made}
    bad = list((world / "land" / "norfolk" / "nominals").rglob("*part2*"))
    for file in bad:  # the synthetic world's damaged file of the last night
        file.unlink()
    read = nights.ingested(spark, world / "land", NIGHT, layouts=known)
    assert read.quarantine.count() == 0
    for feed in made.feeds:
        judged = nights.judged(read.rows, feed, NIGHT, known)
        refused = [(r.sender, r.row_number, r.reason, r.detail) for r in conform.rejected(judged).collect()]
        assert sorted(r[1:] for r in refused if r[0] == "norfolk") == sorted(
            r[1:] for r in refused if r[0] != "norfolk"
        )
        accepted = conform.accepted(judged, feed).persist()
        theirs, ours = (_told(accepted, feed, sender) for sender in known)
        assert len(theirs) > 10
        assert theirs == ours, feed


def _told(accepted: DataFrame, feed: str, sender: str) -> list[dict[str, Any]]:
    """A sender's records without what two forces cannot have in common, in order."""
    names = [n for n in silver.BY_FEED[feed].names if n not in OWN and not n.startswith("_")]
    rows = accepted.where(F.startswith(F.col("_file"), F.lit(f"{sender}/"))).select(
        F.to_json(F.struct(*names)).alias("r")
    )
    return sorted((json.loads(row.r.replace('"NM:', '"36:')) for row in rows.collect()), key=str)


# -- the command ------------------------------------------------------------------------------------------------------


def _links(folder: Path, rows: int = 6) -> Path:
    folder.mkdir(parents=True)
    lines = ["Intel Ref;Nominal No;Involvement", *(f"INT/{n};N{n};Victim" for n in range(rows))]
    (folder / "links.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli_main.main, ["sources", "draft", *map(str, words)])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTJAR_HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def test_a_submission_of_a_device_is_no_feed(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    submitted = folder / "device" / "2026-03-05" / "EX-1"
    submitted.mkdir(parents=True)
    (submitted / "terms.csv").write_text("term,language,kind\nburner,en,word\n", encoding="utf-8")
    _links(folder / "report_links")
    said = run(folder, "--force", "Kent")
    assert said.exit_code == 0, said.output
    assert "terms.csv" not in said.output


def test_the_draft_lies_in_the_working_folder_and_nothing_in_the_home(home: Path, tmp_path: Path) -> None:
    said = run(_links(tmp_path / "in" / "report_links"), "--force", "Kent")
    assert said.exit_code == 0, said.output
    assert [path.name for path in Path().iterdir()] == ["kent.yaml"]
    assert not home.exists()
    assert "INT/0" in said.output
    assert "INT/0" not in Path("kent.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(Path("kent.yaml").read_text(encoding="utf-8"))
    assert (document["force"], document["feeds"]["report_links"]["columns"]["urn"]) == ("46", "Intel Ref")


def test_answers_are_not_lost_without_a_word(home: Path, tmp_path: Path) -> None:
    folder = _links(tmp_path / "in" / "report_links")
    Path("kent.yaml").write_text("mine", encoding="utf-8")
    said = run(folder, "--force", "46")
    assert said.exit_code == 1
    assert "--overwrite" in said.output
    assert Path("kent.yaml").read_text(encoding="utf-8") == "mine"
    assert run(folder, "--force", "46", "--overwrite").exit_code == 0
    assert Path("kent.yaml").read_text(encoding="utf-8") != "mine"


def test_a_draft_is_never_written_where_nights_read_layouts(home: Path, tmp_path: Path) -> None:
    folder = _links(tmp_path / "in" / "report_links")
    (home / "sources").mkdir(parents=True)
    said = run(folder, "--force", "46", "--out", home / "sources" / "kent.yaml")
    assert (said.exit_code, list((home / "sources").iterdir())) == (1, [])
    (tmp_path / "link").symlink_to(home / "sources")
    assert run(folder, "--force", "46", "--out", tmp_path / "link" / "kent.yaml").exit_code == 1


def test_a_feed_that_no_folder_names_is_guessed_and_asked(home: Path, tmp_path: Path) -> None:
    folder = _links(tmp_path / "export")
    said = run(folder, "--force", "Kent", "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert list(told["feeds"]) == ["report_links"]
    (asked,) = [q for q in told["questions"] if q["key"] == "feeds.report_links"]
    assert "are these files report_links?" in asked["text"]
    named = run(folder, "--force", "Kent", "--feed", "report_links", "--overwrite", "--json")
    assert not [q for q in json.loads(named.stdout)["questions"] if "are these files" in q["text"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--feed", "comms_events"), "is no feed of a force"),
        (("--force", "..."), "no letter or digit"),
        ((), "No file below"),
    ],
)
def test_mistakes_are_one_sentence(home: Path, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    if words:
        _links(folder / "report_links")
    said = run(folder, "--force", "Kent", *words)
    assert said.exit_code == 1
    assert told in said.output
    assert not list(Path().iterdir())


def test_what_is_shown_acts_in_no_terminal_and_marked_rows_are_not_shown(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "report_links"
    folder.mkdir()
    lines = ["Intel Ref;Nominal No;Involvement", "INT/ESC\x1b[2J;N78;Victim", "INT/HID;N77;" + "kept Secret, " * 9]
    lines += [f"INT/{n};N{n};Victim" for n in range(9)]
    (folder / "l.csv").write_text("\n".join(lines), encoding="utf-8")
    said = run(folder, "--force", "Kent")
    assert said.exit_code == 0, said.output
    assert "INT/ESC" in said.output  # the first rows are shown
    assert "INT/HID" not in said.output
    assert "\x1b" not in said.output


def test_a_force_that_no_list_has_is_asked_for_its_code(home: Path, tmp_path: Path) -> None:
    said = run(_links(tmp_path / "report_links"), "--force", "Norflok Police")
    assert "must force:" in said.output
    assert yaml.safe_load(Path("norflok_police.yaml").read_text(encoding="utf-8"))["force"] is None
    assert run(tmp_path / "report_links", "--force", "BT").exit_code == 0
    assert yaml.safe_load(Path("bt.yaml").read_text(encoding="utf-8"))["force"] == "BT"
