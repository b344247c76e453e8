"""Files that come late, half or not at all: through the night's own asset, with Dagster's record as the witness."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest
from pyspark.sql import SparkSession

from jobs.night import run as night_run
from jobs.night.assets import bronze as assets_bronze
from jobs.runtime import lock
from jobs.runtime.context import RunContext
from schemas import bronze
from schemas.layouts import layouts
from tests.support import nights, whole_nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]
FIRST, SECOND, THIRD, FOURTH = (date(2026, 3, 16) + timedelta(days=n) for n in range(4))


def _drop(ctx: RunContext, night: date, name: str, ref: str, *, is_fresh: bool = False) -> Path:
    """A file of one report; without `is_fresh`, one that nobody has written to for long."""
    content = nights.csv_bytes([nights.report(Intel_Ref=ref)])
    path = nights.drop(ctx.settings.landing, "norfolk", "reports", name, content, night)
    if not is_fresh:
        os.utime(path, (0, 0))
    return path


def _run(ctx: RunContext, night: date) -> tuple[dict[str, object], dg.AssetCheckEvaluation]:
    """The night's bronze: what Dagster recorded with the files, and its check of who sent what."""
    with lock.writer(ctx.settings.lakehouse), night_run.instance(ctx.settings.home) as instance:
        done = dg.materialize(
            assets_bronze.ALL,
            partition_key=night.isoformat(),
            instance=instance,
            resources={"ctx": ctx},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    (files,) = (m for m in done.asset_materializations_for_node("bronze") if assets_bronze.WAITING in m.metadata)
    (check,) = done.get_asset_check_evaluations()
    return {name: value.value for name, value in files.metadata.items()}, check


def _refs(ctx: RunContext, night: date) -> list[str]:
    rows = ctx.lake.read(bronze.ROWS).where(f"night = '{night}'").select("raw").collect()
    return sorted(json.loads(row.raw)["Intel Ref"] for row in rows)


def _alerts(ctx: RunContext) -> list[str]:
    path = ctx.settings.log_folder / "alerts.jsonl"
    return [json.loads(line)["message"] for line in path.read_text().splitlines()] if path.exists() else []


def test_late_files_and_nights_that_did_not_run_are_made_up_for(spark: SparkSession, tmp_path: Path):
    ctx = whole_nights.ctx(tmp_path)
    _drop(ctx, FIRST - timedelta(days=1), "history.csv", "BEFORE")
    _drop(ctx, FIRST, "a.csv", "A")
    _run(ctx, FIRST)
    assert _refs(ctx, FIRST) == ["A"]  # drops from before the first night are history: backfill takes them in
    _drop(ctx, FIRST, "late.csv", "LATE")
    _drop(ctx, SECOND, "b.csv", "B")  # its night does not run
    _drop(ctx, THIRD, "c.csv", "C")
    half = _drop(ctx, THIRD, "half.csv", "HALF", is_fresh=True)
    said, _ = _run(ctx, THIRD)
    assert _refs(ctx, THIRD) == ["B", "C", "LATE"]
    (waiting,) = said[assets_bronze.WAITING]
    assert waiting["file"].endswith("half.csv")
    _run(ctx, THIRD)  # once more: as before
    assert _refs(ctx, THIRD) == ["B", "C", "LATE"]
    os.utime(half, (0, 0))
    mended = _drop(ctx, SECOND, "b.csv", "M")  # under the same name, of the same size and the same age
    said, _ = _run(ctx, FOURTH)
    assert _refs(ctx, FOURTH) == ["HALF", "M"]
    assert said[assets_bronze.WAITING] == []
    again = [str(mended.relative_to(ctx.settings.landing))]
    assert said[assets_bronze.AGAIN] == again
    ledger = ctx.lake.read(bronze.FILES).groupBy("file").count().where("count > 1")
    assert [row.file for row in ledger.collect()] == again


def test_a_sender_that_is_due_and_silent_is_named_by_check_and_alert(spark: SparkSession, tmp_path: Path):
    ctx = whole_nights.ctx(tmp_path)
    own = tmp_path / "sources" / "norfolk.yaml"
    own.parent.mkdir()
    shipped = (layouts.FOLDER / "norfolk.yaml").read_text(encoding="utf-8")
    own.write_text(shipped.replace("  reports:\n", "  reports:\n    due: daily\n"), encoding="utf-8")
    _drop(ctx, FIRST, "a.csv", "A")
    said, check = _run(ctx, FIRST)
    assert check.passed
    assert said[assets_bronze.CONCERNS] == []
    assert _alerts(ctx) == []
    for feed in ("reports", "nominals"):  # the first is due anyway
        (ctx.settings.landing / "norfolk" / feed / str(SECOND)).mkdir(parents=True)
    said, check = _run(ctx, SECOND)
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    missing = "norfolk/reports: nothing came; due daily"
    empty = "norfolk/nominals: the folder of its drop is there and holds no file"
    assert check.metadata[assets_bronze.CONCERNS].value == [missing, empty]
    assert _alerts(ctx) == [f"not as expected: {missing}; {empty}"]
