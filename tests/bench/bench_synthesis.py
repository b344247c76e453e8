"""How long the synthetic world takes to write, and how much memory: 10,000, 100,000 and with --full 1,000,000 reports.

Goal on 2 cores: 1,000,000 reports in under 300 s, with memory that does not grow with the number of reports. Each size
is written by a process of its own, so that its peak memory is its own.

Run: python -m tests.bench.bench_synthesis [--full] [--json]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from pipelines import synthesis

SIZES, FULL = (10_000, 100_000), 1_000_000
GOAL_S = 300.0  # for the full size, on 2 cores
FIRST_NIGHT = date(2026, 3, 28)


def measure(n_reports: int) -> dict[str, float]:
    """Write a world into a temporary folder in this process: seconds, MiB at the peak, rows, files, MiB written."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        summary = synthesis.write(
            Path(folder) / "landing", Path(folder) / "truth", seed=1, first_night=FIRST_NIGHT, n_reports=n_reports
        )
        seconds = time.perf_counter() - start
        written = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file())
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "n_reports": n_reports,
        "seconds": round(seconds, 1),
        "reports_per_second": round(n_reports / seconds),
        "peak_mib": round(peak_kib / 1024),
        "n_rows": summary.n_rows,
        "n_files": len(summary.files),
        "written_mib": round(written / 2**20),
    }


def in_own_process(n_reports: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_synthesis", "--one", str(n_reports)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help=f"also write {FULL:,} reports")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--one", type=int, metavar="N", help="write N reports in this process and print JSON")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one)))
        return
    results = [in_own_process(n) for n in (*SIZES, *((FULL,) if options.full else ()))]
    growth = results[-1]["seconds"] / results[-2]["seconds"]
    memory = results[-1]["peak_mib"] / results[-2]["peak_mib"]
    answer = {"results": results, "time_growth_last_tenfold": round(growth, 2), "memory_growth": round(memory, 2)}
    if options.full:
        answer["is_goal_met"] = results[-1]["seconds"] < GOAL_S
    if options.json:
        print(json.dumps(answer))
        return
    for r in results:
        print(
            f"{r['n_reports']:>9,.0f} reports  {r['seconds']:>6.1f} s  {r['reports_per_second']:>6,.0f} /s  "
            f"peak {r['peak_mib']:>5,.0f} MiB  {r['n_rows']:>9,.0f} rows in {r['n_files']:.0f} files, "
            f"{r['written_mib']:,.0f} MiB"
        )
    print(f"ten times the reports: {growth:.1f} times the time, {memory:.2f} times the memory")


if __name__ == "__main__":
    main()
