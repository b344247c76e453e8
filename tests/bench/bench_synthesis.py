"""How long the synthetic world takes to write, `python -m tests.bench.bench_synthesis [reports]`; one JSON line."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from pipelines import synthesis

FIRST_NIGHT = date(2026, 3, 28)


def main() -> None:
    n_reports = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        begun = time.perf_counter()
        summary = synthesis.write(
            Path(folder) / "landing", Path(folder) / "truth", seed=1, first_night=FIRST_NIGHT, n_reports=n_reports
        )
        seconds = time.perf_counter() - begun
        n_bytes = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(json.dumps({"seconds": round(seconds, 1), "n_rows": summary.n_rows, "written_mib": n_bytes >> 20}))


if __name__ == "__main__":
    main()
