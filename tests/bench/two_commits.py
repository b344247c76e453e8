"""Ingest and conform of an older commit and of this checkout, in turn: whether throughput fell.

    python -m tests.bench.two_commits c8d2caf 100000
    python -m tests.bench.two_commits c8d2caf 1000000 --rounds 3

Each run is a process of its own, with a world of its own commit's maker: figures are per row. Where other work shares
the machine, seconds of the clock tell of that too; seconds of processors much less so. Java has the options that the
settings advise for nights of millions of rows.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from jobs.runtime import settings
from tests.bench import measure

SIDES = ("old", "new")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.two_commits", description=__doc__)
    parser.add_argument("commit", help="the older one")
    parser.add_argument("n_reports", type=int)
    parser.add_argument("--rounds", type=int, default=2, help="of both, in turn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-") as folder:
        old, options_of_java = Path(folder) / "old", Path(folder) / "settings.yaml"
        options_of_java.write_text(f'spark: {{java_options: "{measure.JAVA}"}}', encoding="utf-8")
        os.environ["NIGHTJAR_SETTINGS"] = str(options_of_java)
        _git("worktree", "add", "--detach", "--quiet", str(old), options.commit)
        try:
            (old / ".jars").symlink_to((settings.ROOT / ".jars").resolve())
            runs = [_run(side, old, options.n_reports) for _ in range(options.rounds) for side in SIDES]
        finally:
            _git("worktree", "remove", "--force", str(old))
    per_row = {name: {side: _per_row(runs, side, name) for side in SIDES} for name in ("seconds", "cpu_s")}
    ratios = {name: round(found["new"] / found["old"], 3) for name, found in per_row.items()}
    print(json.dumps({"commit": options.commit, "n_reports": options.n_reports, "ratio_per_row": ratios}))


def _run(side: str, old: Path, n_reports: int) -> dict[str, Any]:
    root = old if side == "old" else settings.ROOT
    found = measure.in_process("tests.bench.bench_ingest", str(n_reports), root=root)
    told = {"side": side, **found}
    print(json.dumps(told), flush=True)
    return told


def _per_row(runs: list[dict[str, Any]], side: str, name: str) -> float:
    """Median over a side's runs."""
    return statistics.median(run[name] / run["n_rows"] for run in runs if run["side"] == side)


def _git(*words: str) -> None:
    subprocess.run(["git", "-C", str(settings.ROOT), *words], check=True, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"})


if __name__ == "__main__":
    main()
