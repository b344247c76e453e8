"""Ingest and conform of one night's world: `python -m tests.bench.bench_ingest N_REPORTS` prints one JSON line."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from jobs.runtime import settings
from jobs.runtime.context import RunContext
from jobs.sources import demo
from schemas import gold
from tests.support import whole_nights as nights

NIGHT = date(2026, 1, 5)


def main(n_reports: int) -> None:
    home = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    try:
        made = RunContext(settings.load(home))
        begun = time.monotonic()
        demo.write(made.settings, first_night=NIGHT, n_reports=n_reports, n_nights=1)
        world_s = time.monotonic() - begun
        made.spark.range(1).count()  # start-up is measured by the night's fixed cost, not here
        begun = time.monotonic()
        nights.run_to_silver(made, NIGHT)
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
