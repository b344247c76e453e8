"""Reads damaged files for a while, and prints what does not hold; exits with 1 where anything was found.

python -m tests.fuzz --minutes 10 --seed 1
python -m tests.fuzz --conform --minutes 10     values of rows, through the conforming of every feed
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz import readers

ROWS = 1_000  # of each feed, conformed at once


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first file; the next ones count up from it")
    parser.add_argument("--conform", action="store_true", help="damage values of rows, and conform them")
    options = parser.parse_args()
    seed, n_found = options.seed, 0
    ends_at = time.monotonic() + 60 * options.minutes
    if options.conform:
        return _conform(seed, ends_at)
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < ends_at:
            for problem in readers.round_of(seed, Path(folder)):
                print(problem, flush=True)
                n_found += 1
            seed += 1
    print(f"{seed - options.seed} files read, {n_found} problems")
    return int(n_found > 0)


def _conform(seed: int, ends_at: float) -> int:
    from jobs.runtime import spark
    from tests.fuzz import conform

    first, n_found = seed, 0
    with tempfile.TemporaryDirectory() as home:
        session = spark.session(Path(home))
        while time.monotonic() < ends_at:
            for problem in conform.problems(session, seed, ROWS):
                print(problem, flush=True)
                n_found += 1
            seed += 1
    print(f"{(seed - first) * ROWS} damaged rows of each feed conformed, {n_found} problems")
    return int(n_found > 0)


if __name__ == "__main__":
    sys.exit(main())
