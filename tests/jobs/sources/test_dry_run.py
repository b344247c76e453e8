"""When a dry run fails: by files, rows and fields, each with a sentence of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.sources import dry_run
from schemas.errors import InvalidInputError


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
