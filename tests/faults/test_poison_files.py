"""Trials 9, 10, 11 and 12: nothing that a file is, holds or is called stops the night, or is loaded in part."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.sources import landing
from pipelines.ingest.readers import read
from schemas import codes
from schemas.layouts import layouts
from tests.support import bombs, nights, poison

MEMORY_LIMIT = 200 << 20  # bytes beyond what a plain file takes


@pytest.fixture(scope="module")
def night(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> nights.Ingested:
    """The twenty poison files beside two good ones."""
    home = tmp_path_factory.mktemp("poison") / "landing"
    poison.write(home)
    good = [nights.report(Intel_Ref=f"GOOD/{n}") for n in range(3)]
    nights.drop(home, "norfolk", "reports", "good.csv", nights.csv_bytes(good))
    marked = nights.csv_bytes([nights.report(Intel_Ref="GOOD/9")])
    nights.drop(home, "norfolk", "reports", "good_with_mark.csv", b"\xef\xbb\xbf" + marked)
    return nights.ingested(spark, home)


@pytest.mark.trial(9)
@pytest.mark.spark
def test_twenty_poison_files_are_quarantined_and_good_ones_loaded(
    night: nights.Ingested, record_property: Callable[[str, object], None]
) -> None:
    files = {row.file.rsplit("/", 1)[-1]: row for row in night.files.collect()}
    assert len(poison.REASONS) == 20
    assert {name: files[name].reason for name in poison.REASONS} == poison.REASONS
    refused = {row.file.rsplit("/", 1)[-1] for row in night.quarantine.collect()}
    assert refused == set(poison.REASONS)
    record_property("files quarantined with their reason", f"{len(refused)} of {len(poison.REASONS)}")
    assert files["good.csv"].n_rows_loaded == 3
    assert files["good_with_mark.csv"].n_rows_loaded == 1
    assert not files["good_with_mark.csv"].rescued_columns  # the mark is not part of the first column's name


@pytest.mark.spark
def test_reasons_are_known_and_details_hold_no_content(night: nights.Ingested) -> None:
    for row in night.quarantine.collect():
        assert row.reason in codes.QUARANTINE_REASONS
        assert "van" not in (row.detail or "")


@pytest.mark.trial(9)
@pytest.mark.spark
def test_files_refused_whole_leave_no_rows(night: nights.Ingested) -> None:
    whole = {row.file for row in night.files.filter("status = 'QUARANTINED'").collect()}
    loaded = {row.file for row in night.rows.select("file").distinct().collect()}
    assert len(whole) >= 19
    assert not whole & loaded


@pytest.mark.trial(9)
@pytest.mark.spark
def test_rows_are_conserved_in_every_file(night: nights.Ingested) -> None:
    for row in night.files.filter("reason IS NULL OR reason NOT LIKE 'FILE%'").collect():
        assert row.n_rows == row.n_rows_loaded + row.n_rows_quarantined + row.n_rows_deduplicated, row.file


@pytest.mark.trial(9)
@pytest.mark.parametrize("error", [ValueError("van"), MemoryError(), RecursionError("van"), KeyError("van")], ids=repr)
def test_an_error_that_nobody_thought_of_refuses_the_file_whole(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twenty are refused for reasons that readers know; this is the guard behind them."""
    nights.drop(tmp_path, "norfolk", "reports", "a.csv", nights.csv_bytes([nights.report()]))
    (landed,) = landing.scan(tmp_path, nights.NIGHT)

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(read, "_read_into", broken)
    (row,) = [row for batch in read.read_file(asdict(landed), layouts.load()) for row in batch.to_pylist()]
    assert row["reason"] in codes.QUARANTINE_REASONS
    assert row["row_number"] == 0
    assert "van" not in row["detail"]


# Reads one file after the other, and tells of each the reasons given and the process's peak of resident memory so far.
_MEASURE = """
import json, re, sys
from pathlib import Path
from pipelines.ingest.readers import read
from schemas.layouts import layouts
sources = layouts.load()
for file in json.loads(sys.argv[1]):
    reasons = {reason for batch in read.read_file(file, sources) for reason in batch.column("reason").to_pylist()}
    peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) << 10
    print(json.dumps({"reasons": sorted(reasons - {None}), "peak": peak}))
"""


def _listed(folder: Path, name: str, bomb: bombs.Bomb) -> dict[str, object]:
    """The file as the landing zone lists it."""
    path = folder / name
    path.write_bytes(bomb.content())
    landed = landing.LandedFile(nights.NIGHT, bomb.sender, bomb.feed, name, str(path), None, path.stat().st_size)
    return {**asdict(landed), "night": None}


@pytest.mark.trial(11)
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(bombs.BOMBS))
def test_trial_11_what_becomes_large_is_bounded_while_it_is_read(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The witness is the kernel's account of a process that reads a plain file of the format, then the bomb."""
    bomb = bombs.BOMBS[name]
    kind = name.removesuffix(".gz").rsplit(".", 1)[1]
    files = [_listed(tmp_path, f"small.{kind}", bombs.PLAIN[kind]), _listed(tmp_path, name, bomb)]
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, json.dumps(files)], capture_output=True, text=True, check=True
    )
    plain, read = (json.loads(line) for line in done.stdout.splitlines())
    assert plain["reasons"] == []
    assert read["reasons"] == ([bomb.reason] if bomb.reason else [])
    grown = read["peak"] - plain["peak"]
    record_property("MiB more", grown >> 20)
    assert grown < MEMORY_LIMIT, f"{grown >> 20} MiB"


@pytest.mark.trial(12)
@pytest.mark.parametrize(
    "name", ["..evil.csv", "a\\..\\b.csv", "%2e%2e%2fetc.csv", "-rf.csv", "new\nline.csv", "=cmd.csv"]
)
def test_strange_names_stay_names(name: str, tmp_path: Path) -> None:
    """Trial 12: a name is only ever an entry of its own folder."""
    nights.drop(tmp_path, "norfolk", "reports", "plain.csv", b"a")
    if name.startswith("."):
        nights.drop(tmp_path, "norfolk", "reports", name, b"b")
        assert [f.file.rsplit("/", 1)[-1] for f in landing.scan(tmp_path, nights.NIGHT)] == ["plain.csv"]
        return
    path = nights.drop(tmp_path, "norfolk", "reports", name, b"b")
    found = {f.path: f for f in landing.scan(tmp_path, nights.NIGHT)}
    assert str(path) in found
    assert all(Path(p).resolve().is_relative_to(tmp_path.resolve()) for p in found)


@pytest.mark.trial(12)
def test_unknown_senders_and_feeds(tmp_path: Path) -> None:
    nights.drop(tmp_path, "Nowhere Police!", "reports", "a.csv", b"a")
    nights.drop(tmp_path, "norfolk", "gossip", "a.csv", b"a")
    found = landing.scan(tmp_path, nights.NIGHT)
    assert {(f.sender, f.feed, f.reason) for f in found} == {
        ("nowhere_police_", "reports", "FILE_UNKNOWN_FEED"),
        ("norfolk", "gossip", "FILE_UNKNOWN_FEED"),
    }


_SECRET = nights.csv_bytes([nights.report(Intel_Ref="OUTSIDE")])
_DAY = nights.NIGHT.isoformat()


@pytest.mark.slow
@pytest.mark.parametrize("is_inside", [False, True], ids=["to outside", "to another sender"])
@pytest.mark.parametrize(
    ("link", "target", "entry"),
    [
        ("suffolk", "", None),  # no sender, so not even an entry
        ("norfolk/reports", "reports", None),
        (f"norfolk/reports/{_DAY}", f"reports/{_DAY}", f"norfolk/reports/{_DAY}"),
        (f"norfolk/reports/{_DAY}", f"reports/{_DAY}/b.csv", f"norfolk/reports/{_DAY}"),
        (f"norfolk/reports/{_DAY}/link.csv", f"reports/{_DAY}/b.csv", f"norfolk/reports/{_DAY}/link.csv"),
        (f"norfolk/reports/{_DAY}/link", f"reports/{_DAY}", f"norfolk/reports/{_DAY}/link"),
    ],
    ids=["sender", "feed", "drop", "drop to a file", "file", "file to a folder"],
)
def test_no_link_is_followed_to_a_file(
    link: str, target: str, entry: str | None, is_inside: bool, tmp_path: Path
) -> None:
    """Behind every link lies a file in a layout of ours, at the place where following it would find it."""
    home = tmp_path / "landing"
    behind = home / "surrey" if is_inside else tmp_path / "outside"
    nights.drop(behind.parent, behind.name, "reports", "b.csv", _SECRET)
    at = home / link
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(behind / target)
    assert at.resolve().exists()
    found = {f.file: f for f in landing.scan(home, nights.NIGHT) if not f.file.startswith("surrey/")}
    assert {file: (f.reason, f.detail, f.file_hash) for file, f in found.items()} == (
        {} if entry is None else {entry: ("FILE_NOT_REGULAR", "a link", None)}
    )


def _swapped(path: Path, outside: Path) -> None:
    outside.write_bytes(_SECRET)
    path.unlink()
    path.symlink_to(outside)


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the listing and the reading, and between the look at a file and its hashing."""
    good = _SECRET.replace(b"OUTSIDE", b"WITHIN!")  # of the same size
    path = nights.drop(tmp_path / "landing", "norfolk", "reports", "a.csv", good)
    (listed,) = landing.scan(tmp_path / "landing", nights.NIGHT)
    _swapped(path, tmp_path / "outside.csv")
    rows = [row for batch in read.read_file(asdict(listed), layouts.load()) for row in batch.to_pylist()]
    assert [row["reason"] for row in rows] == ["FILE_UNREADABLE"]

    path.unlink()
    path.write_bytes(good)
    look = os.lstat

    def looked_at_and_swapped(at: Path) -> os.stat_result:
        seen = look(at)
        if Path(at) == path and not path.is_symlink():
            _swapped(path, tmp_path / "outside.csv")
        return seen

    monkeypatch.setattr(os, "lstat", looked_at_and_swapped)
    (listed,) = landing.scan(tmp_path / "landing", nights.NIGHT)
    assert path.is_symlink()
    assert (listed.reason, listed.file_hash) == ("FILE_UNREADABLE", None)
