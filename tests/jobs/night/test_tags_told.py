"""Tags of abuse or exploitation that a layout does not name, or that went missing, are told; others are not."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.night.assets import silver
from schemas import gold
from tests.support import notebook_world
from tests.support import whole_nights as nights

NIGHT = date(2026, 3, 14)


@pytest.mark.spark
def test_tags_of_abuse_are_told_by_where_they_stand(spark: SparkSession, tmp_path: Path) -> None:
    ctx = nights.ctx(tmp_path)
    ctx.__dict__["spark"] = spark
    tag = {"night": NIGHT, "sender": "norfolk", "feed": "reports", "field": "tags", "n_rows": 3, "is_new": False}
    unknown, fell = {**tag, "note": "UNKNOWN_CODE"}, {**tag, "note": "SHARE_FELL"}
    rows = [
        {**unknown, "value": "CSE - Lone Offender", "is_new": True},
        {**unknown, "value": "Grooming online", "is_new": True},
        {**unknown, "value": "Sexual exploitation (child)"},  # a night before had it
        {**unknown, "value": "Cattle Rustling", "is_new": True},
        {**fell, "value": "CSE_LONE"},
        {**fell, "value": "DRUGS"},
        {**tag, "feed": "nominals", "field": "born_on", "note": "SHARE_ROSE", "value": "UNREAD"},
    ]
    notebook_world.save(spark, tmp_path, gold.VALUE_COUNTS, rows)
    silver.tell_of_tags(ctx, NIGHT)
    alerts = (ctx.settings.log_folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    unknown_told, fell_told, rose_told = (json.loads(line)["message"] for line in alerts)
    assert unknown_told.endswith("does not name: 2 in tags of norfolk reports")
    assert "Offender" not in unknown_told  # what a code says may be personal: it stands in the table
    assert rose_told.endswith("cannot be read: born_on of norfolk nominals")
    assert fell_told.endswith("beyond chance: CSE_LONE of norfolk")
