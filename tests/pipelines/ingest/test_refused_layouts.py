"""A layout that cannot be used stops its own sender: its files wait in the quarantine, and load once it is mended."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from schemas import bronze
from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark
GOOD = """sender: {sender}
name: A force
kind: force
force: "46"
time_zone: Europe/London
feeds:
  report_links:
    format: csv
    columns: {{urn: Ref, person_ref: Person, role: Role}}
    codes: {{role: {{V: VICTIM}}}}
"""
# Sender -> what is done to its layout, and how the refusal begins after the file's name.
WRONG: dict[str, tuple[str, bytes, str]] = {
    "unknown_key": ("name: A force", b"nmae: A force", ":1: name: is needed; unknown_key.yaml:2: nmae: is not a key"),
    "wrong_type": ('force: "46"', b"force: 46", ":4: force: takes text"),
    "unknown_code": ("VICTIM", b"VICTUM", ":10: feeds.report_links.codes.role.V: becomes 'VICTUM', not one of VICTIM"),
    "unknown_field": (
        "Role}",
        b"Role, colour: Red}",
        ":9: feeds.report_links.columns.colour: is not one of our fields",
    ),
    "syntax": ("name: A force", b"name: [A force", ":3: is not YAML"),
    "twice": ("name: A force", b"name: A\nname: force", ":3: name: is here twice: line 2 has it too"),
    "binary": ("A force", b"A \x00 force", ":2: is not YAML: holds a character that text does not"),
    "other_name": (
        "sender: other_name",
        b"sender: another",
        ":1: sender: is 'another', and the file is other_name.yaml",
    ),
}
ROW = {"Ref": "INT/1", "Person": "P1", "Role": "V"}


def write(folder: Path, sender: str, *, is_wrong: bool) -> None:
    text, damage, _ = WRONG[sender]
    content = GOOD.format(sender=sender).encode()
    assert text.encode() in content
    (folder / f"{sender}.yaml").write_bytes(content.replace(text.encode(), damage) if is_wrong else content)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing zone of one good sender and of one for each kind of mistake, and of one whose layout is a folder."""
    made = tmp_path_factory.mktemp("refused")
    own = made / "sources"
    own.mkdir()
    for sender in WRONG:
        write(own, sender, is_wrong=True)
        rows = [{**ROW, "Ref": f"{sender}/{n}"} for n in range(3)]
        nights.drop(made / "landing", sender, "report_links", "links.csv", nights.csv_bytes(rows))
    (own / "unreadable.yaml").mkdir()
    nights.drop(made / "landing", "unreadable", "report_links", "links.csv", nights.csv_bytes([ROW]))
    nights.drop(made / "landing", "another", "report_links", "links.csv", nights.csv_bytes([ROW]))
    nights.drop(made / "landing", "nobody", "report_links", "links.csv", nights.csv_bytes([ROW]))
    nights.drop(made / "landing", "norfolk", "reports", "good.csv", nights.csv_bytes([nights.report()]))
    return made


@pytest.fixture(scope="module")
def night(spark: SparkSession, home: Path) -> nights.Ingested:
    found = layouts.load_all(layouts.FOLDER, home / "sources")
    return nights.ingested(spark, home / "landing", layouts=found.sources, refused=found.refused)


def test_files_of_a_wrong_layout_are_quarantined_with_its_mistakes_and_others_load(night: nights.Ingested) -> None:
    reasons = {row.sender: (row.reason, row.detail) for row in night.quarantine.collect()}
    for sender, (_, _, told) in WRONG.items():
        assert reasons[sender][0] == "LAYOUT_REFUSED"
        assert reasons[sender][1].startswith(f"{sender}.yaml{told}"), reasons[sender][1]
    assert reasons["unreadable"] == ("LAYOUT_REFUSED", "unreadable.yaml: cannot be read (Is a directory)")
    assert reasons["another"][0] == "LAYOUT_REFUSED"  # the layout that was to be theirs lies under another name
    assert reasons["nobody"] == ("FILE_UNKNOWN_FEED", "no layout of that name")
    assert [row.sender for row in night.rows.collect()] == ["norfolk"]


def test_every_file_is_counted_once_and_no_row_is_lost(night: nights.Ingested) -> None:
    files = {row.sender: row for row in night.files.collect()}
    assert set(files) == {*WRONG, "unreadable", "another", "nobody", "norfolk"}
    for sender, row in files.items():
        is_good = sender == "norfolk"
        assert row.status == ("LOADED" if is_good else "QUARANTINED")
        counted = (row.n_rows_loaded, row.n_rows_quarantined, row.n_rows_deduplicated)
        assert counted == ((1, 0, 0) if is_good else (0, 1, 0))  # a file refused whole is one row of the quarantine
    assert night.quarantine.count() == len(files) - 1
    assert {row.row_number for row in night.quarantine.collect()} == {0}


@pytest.mark.parametrize("later", [0, 1], ids=["the same night again", "sent again the next night"])
def test_a_mended_layout_loads_the_same_files(
    spark: SparkSession, home: Path, night: nights.Ingested, tmp_path: Path, later: int
) -> None:
    when = nights.NIGHT + dt.timedelta(days=later)
    for sender in WRONG:
        write(tmp_path, sender, is_wrong=False)
        landed = home / "landing" / sender / "report_links" / nights.NIGHT.isoformat() / "links.csv"
        nights.drop(home / "landing", sender, "report_links", "links.csv", landed.read_bytes(), when)
    found = layouts.load_all(layouts.FOLDER, tmp_path)
    known = bronze.FILES.conform(night.files)
    again = nights.ingested(spark, home / "landing", when, known, found.sources, found.refused)
    files = {row.sender: row for row in again.files.collect() if row.sender in WRONG}
    assert {sender: (row.status, row.n_rows_loaded) for sender, row in files.items()} == dict.fromkeys(
        WRONG, ("LOADED", 3)
    )


def test_files_wait_where_no_layout_at_all_can_be_used(spark: SparkSession, home: Path) -> None:
    found = layouts.load_all(home / "sources")
    assert not found.sources
    night = nights.ingested(spark, home / "landing", layouts=found.sources, refused=found.refused)
    assert night.rows.count() == 0
    assert {row.status for row in night.files.collect()} == {"QUARANTINED"}
