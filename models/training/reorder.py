"""What is left of a day's queue put in order again after an answer: the champion's own kind, fitted once more.

A night parts reports into folds so that no report is scored by what has learnt its label. Within a day only the rows
that are still open are scored, so they and their near-duplicates are left out of the fit instead: one fit, which takes
hundredths of a second and puts all of them on one scale. Words, weights of words and parameters stay the champion's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from models.text import masking
from models.training import search

WORDS = r"\w"  # what a text must hold to train


class Learner:
    """The champion's kind over the reports that it may learn from, read and vectorised once.

    Args:
        pipeline: the champion, text to calibrated probability.
        reports: report_id, text, text_hash, label, is_suspected_false of every report that is known; as in training,
            items graded E and empty texts teach nothing.

    Raises:
        TypeError: the champion is no pipeline of scikit-learn (a BERT): it is not fitted within seconds.
    """

    def __init__(self, pipeline: Any, reports: pd.DataFrame) -> None:
        if not isinstance(pipeline, Pipeline):
            raise TypeError("this kind of classifier is not fitted again within seconds")
        self._kind = pipeline[-1].estimator
        kept = reports.sort_values("report_id", kind="stable", ignore_index=True)
        teaches = ~kept["is_suspected_false"].astype(bool) & kept["text"].fillna("").str.contains(WORDS)
        self._teaches = teaches.to_numpy(dtype=bool)
        self._label = kept["label"].to_numpy(dtype=bool)
        self._place = {report: n for n, report in enumerate(kept["report_id"])}
        self._hash = kept["text_hash"].to_numpy(dtype=object)
        self._matrix = pipeline[:-1].transform(masking.texts(kept["text"].fillna("")))

    def scores(
        self,
        open_ones: Sequence[str],
        answers: Mapping[tuple[str, str | None], bool],
        left_out: Collection[str] = (),
    ) -> np.ndarray | None:
        """What the reports `open_ones` score once the answers are known: only their order means anything.

        Args:
            open_ones: ids of reports, each known.
            answers: by id and hash of the text that was read, whether it is CSAE; of another text they say nothing.
            left_out: ids of reports that nothing is learnt from: near-duplicates of those that are open.

        Returns:
            Shape (n_open,); None where both classes are not there to learn from.
        """
        label, teaches = self._label.copy(), self._teaches.copy()
        for report in (*open_ones, *left_out):
            if report in self._place:
                teaches[self._place[report]] = False
        for (report, text_hash), is_csae in answers.items():
            place = self._place.get(report)
            if place is not None and self._hash[place] == text_hash:
                label[place], teaches[place] = is_csae, self._teaches[place]
        if len(np.unique(label[teaches])) < 2:
            return None
        classifier = search.fitted(clone(self._kind), self._matrix[teaches], label[teaches])
        return search.raw_score(classifier, self._matrix[[self._place[report] for report in open_ones]])


def places(ranks: Sequence[int], scores: Sequence[float | None]) -> list[int]:
    """New ranks of one force's rows: those with a score share their places by it; the others stay where they are.

    Args:
        ranks: published ranks.
        scores: None for a row that stays: published without a score, or answered.
    """
    moving = [n for n, score in enumerate(scores) if score is not None]
    free = sorted(ranks[n] for n in moving)
    best_first = sorted(moving, key=lambda n: (-(scores[n] or 0.0), ranks[n]))
    placed = list(ranks)
    for rank, n in zip(free, best_first, strict=True):
        placed[n] = rank
    return placed
