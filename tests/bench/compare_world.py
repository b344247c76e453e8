"""The table of docs/models.md: candidates on a synthetic world of one night, with intervals and the truth.

    python -m tests.bench.compare_world 3000                             all but BERT
    python -m tests.bench.compare_world 3000 --also bert_compact         and a compact BERT made from these reports
    python -m tests.bench.compare_world 20000 --only tfidf_logistic --bert '{"n_layers": 12, "hidden": 768}'
    python -m tests.bench.compare_world 20000 --only tfidf_logistic --pretrain 100000 --bert '{"n_layers": 12, ...}'

`--pretrain N` lets each BERT given read N reports of another world of the same kind first, without their tags.

A world of its own, made without Spark: `nightjar train classifiers` gives the same kind of table for a lakehouse.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.evaluation import hidden_reports
from models.candidates import candidates
from models.text import masking
from models.training import compare
from tests.support import world_frames

NIGHT = date(2026, 1, 5)
OTHER_SEED = 20270101  # of the world whose reports are only read
HEADS = (
    "candidate", "average precision, 95 %", "behind the best, 95 %", "recall, precision, no tag", "calibration error",
    "fidelity", "stability", "ms a report", "fit, s", "hidden found: all", "random", "force", "phrasing",
)  # fmt: skip


def compared(
    n: int, chosen: list[candidates.Candidate], n_folds: int, n_partitions: int
) -> tuple[compare.Comparison, pd.DataFrame]:
    frame, true = world_frames.made(n)
    made = compare.train(
        frame,
        chosen,
        seed=1,
        n_folds=n_folds,
        capacity=50,
        effort=compare.Effort(n_inner=3, n_partitions=n_partitions),
        progress=_teller(time.monotonic()),
    )
    return made, true


def read_first(n: int, folder: Path, *, n_threads: int = 1, **sizes: Any) -> candidates.Candidate:
    """A BERT of these sizes that has read `n` reports of another world, to be fine-tuned."""
    from models.candidates.bert import classifier, pretraining, training_loop

    taken = classifier.BertClassifier(**sizes)
    texts = masking.texts(world_frames.made(n, seed=OTHER_SEED)[0]["text"])
    begun = time.monotonic()
    with training_loop.repeatable(taken.seed, n_threads):
        language = taken.pretrained(texts, progress=_teller(begun))
    weights = folder / f"{taken.n_layers}x{taken.hidden}_read_{n}"
    pretraining.save(language, weights)
    return candidates.fine_tuned(str(weights), n_threads=n_threads, **sizes)


def _teller(begun: float) -> Callable[[str], None]:
    return lambda said: print(f"{time.monotonic() - begun:7.1f} s  {said}", file=sys.stderr, flush=True)


def table(made: compare.Comparison, true: pd.DataFrame) -> str:
    with tempfile.TemporaryDirectory() as folder:
        true[["report_id", "night", "is_csae", "hidden_by"]].to_parquet(Path(folder) / "reports.parquet")
        found, counts = (
            hidden_reports.figures(Path(folder), made, NIGHT),
            hidden_reports.counts(Path(folder), made, NIGHT),
        )
    lines = [f"| {' | '.join(HEADS)} |", f"|---|{'---:|' * (len(HEADS) - 1)}"]
    for row in made.table().to_dict("records"):
        own = found[row["name"]]
        tie = " (tie)" if row["ap_is_tie"] and row["ap_behind"] else ""
        hidden = [
            f"{own.get(k, float('nan')):.2f}" for k in ("truth_recall", *(f"truth_recall_{w}" for w in HEADS[-3:]))
        ]
        cells = [
            row["name"],
            f"{row['average_precision']:.3f} [{row['ap_low']:.3f}, {row['ap_high']:.3f}]",
            f"{row['ap_behind']:.3f} [{row['ap_behind_low']:.3f}, {row['ap_behind_high']:.3f}]{tie}",
            f"{row['recall_no_tag']:.2f}, {row['precision_no_tag']:.2f}",
            f"{row['calibration_error']:.4f}",
            f"{row['deletion_fidelity']:.2f}",
            f"{row['explanation_stability']:.2f}",
            f"{row['ms_per_report']:.2f}",
            f"{row['fit_s']:.2f}",
            *hidden,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    said = ", ".join(f"{n} {how}" for how, n in sorted(counts.items()))
    return "\n".join(
        [*lines, "", f"{len(made.reports):,} reports, {made.reports['label'].sum()} tagged; hidden: {said}."]
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.compare_world")
    parser.add_argument("n_reports", nargs="?", type=int, default=3000)
    parser.add_argument("--only", nargs="*", help="these beside the baselines (default: all but BERT)")
    parser.add_argument("--also", nargs="*", default=[], help="candidates beside those")
    parser.add_argument("--bert", action="append", default=[], type=json.loads, help="a BERT of these sizes, as JSON")
    parser.add_argument("--pretrain", type=int, default=0, metavar="N", help="reports that those of --bert read first")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--partitions", type=int, default=4, help="times that reports are parted into folds")
    given = parser.parse_args()
    names = {c.name for c in candidates.CANDIDATES if c.is_baseline} | set(given.also)
    names |= set(candidates.BAG_OF_WORDS if given.only is None else given.only)
    chosen = [*candidates.named(sorted(names))]
    with tempfile.TemporaryDirectory() as folder:
        for sizes in given.bert:
            chosen.append(
                read_first(given.pretrain, Path(folder), **sizes) if given.pretrain else candidates.fine_tuned(**sizes)
            )
        made, true = compared(given.n_reports, chosen, given.folds, given.partitions)
    print(table(made, true))
    print(made.spent.pivot_table(index="candidate", columns="stage", values="seconds", aggfunc="sum").round(1))


if __name__ == "__main__":
    main()
