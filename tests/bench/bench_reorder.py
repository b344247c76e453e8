"""What answers change in the order: within a day of 60 rows, and over days that are each read whole.

`python -m tests.bench.bench_reorder ../shared/data` on the public screening set, 30 % of its tags deleted, eight times.
Printed is how many of the deleted come up, as published and once what is left is put in order after every ten answers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from models.candidates import candidates
from models.text import masking
from models.training import reorder, search, vectorisers
from tests.support import label_worlds

SEEDS = range(1, 9)
DAY, STEP, N_PARTS = 60, 10, 5


class Trial:
    """One hiding: who is hidden, and the champion's kind over the records."""

    def __init__(self, folder: Path, seed: int) -> None:
        frame = label_worlds.screening(folder, seed, by_phrasing=False).assign(is_suspected_false=False)
        self.hidden = set(frame.loc[frame["is_csae"] & ~frame["label"], "report_id"])
        self.hash = dict(zip(frame["report_id"], frame["text_hash"], strict=True))
        self.untagged = frame.loc[~frame["label"], "report_id"].tolist()
        self.learner = reorder.Learner(_champion(frame), frame)

    def ordered(self, reports: list[str], read: list[str]) -> list[str]:
        """The reports, best first, once the answers to `read` are known; a fifth at a time is left out of the fit."""
        answers = {(report, self.hash[report]): report in self.hidden for report in read}
        score = np.zeros(len(reports))
        for k in range(N_PARTS):
            score[k::N_PARTS] = self.learner.scores(reports[k::N_PARTS], answers)
        return [reports[n] for n in np.argsort(-score, kind="stable")]

    def found(self, reports: list[str]) -> int:
        return len(self.hidden & set(reports))

    def read(self, rows: list[str], n: int) -> list[str]:
        """The first `n` of `rows` that are read where what is left is put in order after every `STEP` answers."""
        done = rows[:STEP]
        while len(done) < n:
            done += self.ordered([report for report in rows if report not in set(done)], done)[:STEP]
        return done


def _champion(frame: pd.DataFrame) -> Pipeline:
    candidate, label = candidates.TFIDF_LOGISTIC, frame["label"].to_numpy(dtype=bool)
    read = vectorisers.Vectorised(masking.texts(frame["text"]), 1)
    matrix = read.matrix(candidate.vectoriser)
    choice = search.search(candidate, matrix, label, np.arange(len(label)) % 3, 1, n_sets=1)
    return Pipeline(
        [*read.steps(candidate.vectoriser), ("classifier", search.refit(candidate, choice, matrix, label, 1))]
    )


def main() -> None:
    rows = []
    for seed in SEEDS:
        trial = Trial(Path(sys.argv[1]), seed)
        first = trial.ordered(trial.untagged, [])
        day = first[:DAY]
        rows.append(
            {
                "half a day": trial.found(day[: DAY // 2]),
                "half a day, in order again": trial.found(trial.read(day, DAY // 2)),
                "60 rows": trial.found(day),
                "60 rows, learnt after every ten": trial.found(trial.read(first, DAY)),
            }
        )
    print(pd.DataFrame(rows, index=pd.Index(SEEDS, name="hiding")).to_string())
    print(pd.DataFrame(rows).mean().round(2).to_string())


if __name__ == "__main__":
    main()
