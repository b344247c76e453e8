"""A night with one layout that is wrong: one sender waits, everybody else is served, and people are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.night import summary
from schemas import bronze, gold, silver
from schemas.layouts import layouts
from tests.support import whole_nights as nights


@pytest.mark.spark
@pytest.mark.slow
def test_a_night_runs_without_the_one_sender_and_with_it_once_the_layout_is_mended(spark: SparkSession, tmp_path: Path):
    ctx = nights.world(tmp_path, n_reports=300, n_nights=1, without=nights.NOT_FORCES)
    own = ctx.settings.own_sources / "suffolk.yaml"
    good = (layouts.FOLDER / "suffolk.yaml").read_text(encoding="utf-8")
    own.write_text(good.replace("    delimiter:", "    delimitre:", 1), encoding="utf-8")
    told = "suffolk.yaml:11: feeds.reports.delimitre: is not a key here; did you mean delimiter?"
    assert told.split(":")[1] == str(good.splitlines().index('    delimiter: "|"') + 1)

    nights.run_to_silver(ctx, nights.FIRST)
    n_files = sum(path.is_file() for path in (ctx.settings.landing / "suffolk").rglob("*"))
    waiting = ctx.lake.read(bronze.QUARANTINE).where("reason = 'LAYOUT_REFUSED'").collect()
    assert n_files == len(waiting) > 0
    assert {(row.sender, row.detail) for row in waiting} == {("suffolk", told)}
    forces = {row.force for row in ctx.lake.read(silver.REPORTS).select("force").distinct().collect()}
    assert forces == {"36", "47", "45", "22"}
    _assert_rows_are_conserved(ctx)
    (alert,) = (ctx.settings.log_folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(alert)["message"] == (
        f"layout of suffolk cannot be used, and {n_files} of its files are quarantined: {told}"
    )
    report = {"refused_layouts": {name: str(error) for name, error in ctx.layouts.refused.items()}}
    assert summary.refused_layouts_text(report["refused_layouts"])[2:] == ["  suffolk", f"    {told}"]

    own.write_text(good, encoding="utf-8")
    mended = nights.ctx(tmp_path)
    nights.run_to_silver(mended, nights.FIRST)
    assert mended.lake.read(bronze.QUARANTINE).where("reason = 'LAYOUT_REFUSED'").isEmpty()
    assert not mended.lake.read(silver.REPORTS).where("force = '37'").isEmpty()
    _assert_rows_are_conserved(mended)
    assert len((ctx.settings.log_folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def _assert_rows_are_conserved(ctx) -> None:
    parts = ("n_loaded", "n_quarantined", "n_deduplicated", "n_deleted")
    counts = ctx.lake.read(gold.ROW_COUNTS).where(F.col("night") == F.lit(nights.FIRST))
    assert counts.where(F.col("n_in") != sum((F.col(part) for part in parts), F.lit(0))).isEmpty()
    assert {row.sender for row in counts.select("sender").distinct().collect()} >= {"suffolk", "norfolk"}
