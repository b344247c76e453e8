"""A release of privileged messages is in the log with its ids, in the night that takes it in and in no other."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.night.assets import device as assets
from jobs.runtime.audit import id_files
from jobs.runtime.audit.chain import Audit
from schemas import device, gold
from schemas.contract import Table
from tests.pipelines.device import test_privilege as world

pytestmark = pytest.mark.spark


def test_a_release_is_logged_with_who_why_and_which_messages(spark: SparkSession, tmp_path: Path) -> None:
    messages = world.frame(spark, *world.MESSAGES)
    asked = world.queue(spark, messages, world.made(spark, {}))
    decided = ((world.LAWYER, "RELEASE"), (world.PRESS, "WITHHOLD"))
    tables = {device.MESSAGES.path: messages, gold.DECISIONS.path: world.made(spark, asked, *decided)}

    def known(night: date) -> Any:
        def until(table: Table) -> DataFrame:
            return tables[table.path].where(F.col("night") <= F.lit(night))

        def tonight(table: Table) -> DataFrame:
            return until(table).where(F.col("night") == F.lit(night))

        return SimpleNamespace(until=until, tonight=tonight, has_tonight=lambda table: not tonight(table).isEmpty())

    log = Audit(tmp_path)
    ctx: Any = SimpleNamespace(known=known, audit=log)
    assets._log_released(ctx, world.NIGHT)  # before the night that takes the decision in
    assert not list(log.entries())
    assets._log_released(ctx, world.NEXT)
    (entry,) = list(log.entries())
    said = {name: entry[name] for name in ("action", "operation", "who", "why", "counts")}
    assert said == {
        "action": "disclosure", "operation": "privileged_released", "who": "d.director", "why": "counsel's advice",
        "counts": {"messages": 3},
    }  # fmt: skip
    assert asked["36:EX-1", world.LAWYER].item_id in entry["on_what"]
    assert set(id_files.read(tmp_path, entry["ids"]["sha256"])) == {letter * 24 for letter in "bcd"}
