"""Training: the bag-of-words candidates on a synthetic world, five folds, search included, with where the time goes.

`python -m tests.bench.bench_training 3000` for a small one; 20,000 reports by default.
"""

from __future__ import annotations

import json
import sys
import time

from models.candidates import candidates
from models.training import compare
from tests.support import world_frames

N_REPORTS = 20_000


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else N_REPORTS
    frame, _ = world_frames.made(n)
    begun, spent = time.perf_counter(), time.process_time()
    made = compare.train(
        frame,
        candidates.named(list(candidates.BAG_OF_WORDS)),
        seed=1,
        n_folds=5,
        capacity=50,
        effort=compare.Effort(n_inner=3, n_partitions=4),
        progress=lambda said: print(f"{time.perf_counter() - begun:7.1f} s  {said}", file=sys.stderr, flush=True),
    )
    wall, cpu = time.perf_counter() - begun, time.process_time() - spent
    table = made.spent.pivot_table(index="candidate", columns="stage", values="seconds", aggfunc="sum").fillna(0.0)
    table = table.assign(all=table.sum(axis=1)).sort_values("all", ascending=False).round(1)
    print(table.to_string(), file=sys.stderr)
    print(
        json.dumps(
            {
                "n": n,
                "n_reports": len(made.reports),
                "seconds": round(wall, 1),
                "cpu_seconds": round(cpu, 1),
                "spent": {name: row.to_dict() for name, row in table.iterrows()},
            }
        )
    )


if __name__ == "__main__":
    main()
