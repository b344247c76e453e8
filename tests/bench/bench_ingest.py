"""Ingest and conform of one night's world: `python -m tests.bench.bench_ingest N_REPORTS` prints one JSON line."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from dagster import AssetSelection, materialize

from jobs import demo, lock, nightly, settings
from jobs.assets import bronze, silver
from jobs.workplace import Workplace
from schemas import gold

NIGHT = date(2026, 1, 5)


def main(n_reports: int) -> None:
    home = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    try:
        made = Workplace(settings.load(home))
        begun = time.monotonic()
        demo.write(made.settings, first_night=NIGHT, n_reports=n_reports, n_nights=1)
        world_s = time.monotonic() - begun
        import os

        os.environ["NIGHTJAR_HOME"] = str(home)
        with nightly.instance(home) as instance, lock.writer(made.settings.lakehouse):
            made.spark.range(1).count()  # start-up is measured by the night's fixed cost, not here
            begun = time.monotonic()
            materialize(
                [*bronze.ALL, *silver.ALL],
                selection=AssetSelection.all(include_sources=False),
                partition_key=NIGHT.isoformat(),
                resources={"place": made},
                instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
            seconds = time.monotonic() - begun
        rows = made.lake.read(gold.ROW_COUNTS).selectExpr("sum(n_in)").collect()[0][0]
        print(
            json.dumps(
                {"n_reports": n_reports, "n_rows": rows, "world_s": round(world_s, 1), "seconds": round(seconds, 1)}
            )
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
