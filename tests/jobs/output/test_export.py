"""Write-back files: marked, logged before they appear, the same bytes for the same rows."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.output import export, referrals
from jobs.runtime import audit
from schemas import device, gold
from tests.support import tables

NIGHT = date(2026, 3, 15)


def _row(n: int, force: str = "36", **changes: Any) -> dict[str, Any]:
    given = {
        "night": NIGHT,
        "force": force,
        "urn": f"INT/26/{n}",
        "tag": "CSE_LONE",
        "local_tag": "Child Sex Exploit - Lone",
    }
    decided = {
        "decision_id": f"{n:036d}",
        "decided_at": datetime(2026, 7, 1, 9, n, tzinfo=UTC),
        "reason": "gifts, café",
    }
    return {**given, **decided, **changes}


@pytest.fixture
def rows(spark: SparkSession) -> DataFrame:
    return tables.frame(spark, gold.WRITEBACK, _row(2), _row(1), _row(3, "37"), _row(4, night=date(2026, 3, 14)))


def _csv(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_each_force_gets_its_rows_marked_and_logged(rows: DataFrame, tmp_path: Path) -> None:
    log = audit.Audit(tmp_path / "log")
    files = export.write(rows, tmp_path / "exports", NIGHT, log)
    assert [str(f.relative_to(tmp_path / "exports")) for f in files] == [
        f"2026-03-15/{force}/writeback-{force}-2026-03-15.{kind}" for force in ("36", "37") for kind in ("csv", "xlsx")
    ]
    table = _csv(files[0])
    assert table[0] == ["OFFICIAL-SENSITIVE"]
    assert table[2] == list(export.WRITEBACK.columns)
    assert [line[0] for line in table[3:]] == ["INT/26/1", "INT/26/2"]
    assert table[3][4:6] == ["2026-07-01 09:01:00", "gifts, café"]  # UTC, whatever the zone of this process
    sheet = openpyxl.load_workbook(files[1]).active
    assert sheet is not None
    shown = [["" if v is None else v for v in line] for line in sheet.iter_rows(values_only=True)]
    assert shown[0][0] == "OFFICIAL-SENSITIVE"
    assert shown[2:] == table[2:]
    entries = list(log.entries())
    assert [(e["action"], e["to_whom"], e["counts"]["rows"]) for e in entries] == [
        ("disclosure", "force 36 Norfolk", 2),
        ("disclosure", "force 37 Suffolk", 1),
    ]


def test_a_rerun_writes_and_logs_nothing(rows: DataFrame, tmp_path: Path) -> None:
    log = audit.Audit(tmp_path / "log")
    files = export.write(rows, tmp_path, NIGHT, log)
    before = [(f.read_bytes(), f.stat().st_mtime_ns, f.stat().st_ino) for f in files]
    assert export.write(rows, tmp_path, NIGHT, log) == files
    assert [(f.read_bytes(), f.stat().st_mtime_ns, f.stat().st_ino) for f in files] == before
    assert len(list(log.entries())) == 2


def test_a_force_whose_rows_are_gone_gets_an_empty_file_not_a_stale_one(rows: DataFrame, tmp_path: Path) -> None:
    log = audit.Audit(tmp_path / "log")
    files = export.write(rows, tmp_path, NIGHT, log)
    export.write(rows.where("force = '36'"), tmp_path, NIGHT, log)
    assert [len(_csv(f)) for f in files if f.suffix == ".csv"] == [5, 3]


def test_without_a_log_nothing_is_disclosed(rows: DataFrame, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    with pytest.raises(audit.AuditError):
        export.write(rows, tmp_path / "exports", NIGHT, audit.Audit(tmp_path / "log"))
    assert not (tmp_path / "exports").exists()


@pytest.mark.parametrize("marking", ["SECRET", "TOP SECRET", ""])
def test_what_may_not_be_held_may_not_leave(rows: DataFrame, tmp_path: Path, marking: str) -> None:
    with pytest.raises(ValueError, match="not a marking"):
        export.write(rows, tmp_path, NIGHT, audit.Audit(tmp_path), marking=marking)


def test_a_force_code_cannot_become_a_path(spark: SparkSession, tmp_path: Path) -> None:
    evil = tables.frame(spark, gold.WRITEBACK, _row(1, "../.."))
    with pytest.raises(ValueError, match="cannot be a folder"):
        export.write(evil, tmp_path / "a" / "b" / "exports", NIGHT, audit.Audit(tmp_path / "log"))
    assert not list(tmp_path.rglob("*.csv"))


def test_a_referral_has_its_own_files_and_empties_no_others(
    spark: SparkSession, rows: DataFrame, tmp_path: Path
) -> None:
    log = audit.Audit(tmp_path / "log")
    value = {"kind": "BTC", "value": "=1+1", "told_by": ["+447700900001", "Sam; =2"], "is_repaired": True}
    referred = tables.frame(spark, device.FINANCE_REFERRALS, {"night": NIGHT, "force": "41", **value})
    files = referrals.write(referred, tmp_path, NIGHT, log)
    assert [f.name for f in files] == ["finance-41-2026-03-15.csv", "finance-41-2026-03-15.xlsx"]
    row = dict(zip(*_csv(files[0])[2:4], strict=True))
    assert (row["Value"], row["Told by"]) == ("'=1+1", "'+447700900001, Sam;' =2")
    assert (row["Read with look-alikes"], row["Messages"]) == ("yes", "1")
    before = [f.read_bytes() for f in files]
    assert len(export.write(rows, tmp_path, NIGHT, log)) == 4  # of forces 36 and 37 alone
    assert referrals.write(referred, tmp_path, NIGHT, log) == files
    assert [f.read_bytes() for f in files] == before
    assert [e["operation"] for e in log.entries()] == ["referrals_exported", "writeback_exported", "writeback_exported"]
    referrals.write(referred.where("FALSE"), tmp_path, NIGHT, log)
    assert len(_csv(files[0])) == 3
