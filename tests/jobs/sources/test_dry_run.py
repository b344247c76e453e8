"""When a dry run fails: by files, rows and fields, each with a sentence of its own."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.night import summary
from jobs.sources import dry_run, ledger
from pipelines.ingest.deliveries import Rules
from schemas.errors import InvalidInputError
from schemas.layouts import layouts


def test_a_file_that_is_refused_whole_fails_the_check_whatever_share_is_asked_for(tmp_path: Path) -> None:
    good = dry_run.FeedCheck("nominals", n_files=2, n_rows=9, n_accepted=9)
    dry_run.refuse_below(1.0, [good], tmp_path)
    good.refused_files = [{"file": "x.csv", "reason": "FILE_EMPTY", "detail": "0 bytes"}]
    with pytest.raises(InvalidInputError, match=r"refused whole: x.csv \(0 bytes\)"):
        dry_run.refuse_below(0.0, [good], tmp_path)


def test_fields_are_judged_by_the_values_that_they_hold(tmp_path: Path) -> None:
    report = dry_run.FeedCheck("nominals", n_files=1, n_rows=9, n_accepted=9, mapped={"born_on": "DOB"})
    report.n_written, report.n_read = {"born_on": 8, "phone": 0}, {"born_on": 7, "phone": 0}
    dry_run.refuse_below(0.875, [report], tmp_path)
    with pytest.raises(InvalidInputError, match=r"born_on \(column DOB\) holds 8 values, and only 7 of them"):
        dry_run.refuse_below(0.9, [report], tmp_path)


def test_a_file_that_holds_more_than_was_read_fails_the_check(tmp_path: Path) -> None:
    report = dry_run.FeedCheck("nominals", n_files=1, n_rows=3, n_accepted=3)
    report.lost = [{"file": "x.csv", "n_rows": 3, "n_counted": 5}]
    with pytest.raises(InvalidInputError, match=r"x.csv was read as 3 rows, and another reader counts 5"):
        dry_run.refuse_below(0.0, [report], tmp_path)
    assert "3 rows were read, another reader counts 5" in summary.check_text([report])


def test_what_is_not_as_in_the_last_nights_is_said() -> None:
    night, feed = date(2026, 3, 16), ("norfolk", "nominals")
    before = ledger.Drops()
    for n in range(1, 7):
        before.add(feed, night - timedelta(days=n), 100, ["Beat,Collar No"], ["VRM"])
    report = dry_run.FeedCheck("nominals", n_files=2, n_rows=5_000, n_drops=1)
    report.unnamed, report.absent = ["Beat,Date Of Birth"], ["VRM,DOB"]
    source, usual = layouts.load()["norfolk"], Rules(nights=14, at_least=5, factor=3.0, min_rows=20)
    dry_run.compare([report], before, source, night, usual)
    assert report.changed == [
        "new columns that the layout does not name: Date Of Birth; columns that are gone: DOB",
        "5,000 rows, where 100 are usual (100 to 100)",
    ]
    assert "not as in the last nights: new columns that the layout" in summary.check_text([report])
    report.n_drops = 9  # a year's files tell nothing of a night's volume
    dry_run.compare([report], before, source, night, usual)
    assert len(report.changed) == 1
    dry_run.compare([report], ledger.Drops(), source, night, usual)
    assert report.changed == []
