"""Confirmed reports that a report reads like: what an analyst can hold it against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from models.candidates import candidates
from models.text import masking, vocabulary

LEAST = 0.15  # cosine below which two reports share no more than the way reports are written
N_SHOWN = 3


@dataclass(frozen=True)
class Match:
    """A confirmed report and how alike it is: cosine of TF-IDF vectors, 0 to 1."""

    report_id: str
    similarity: float


class Confirmed:
    """Reports that carry a CSAE tag or were given one, by force: a force is shown its own reports only."""

    def __init__(self, reports: pd.DataFrame) -> None:
        """`reports` has report_id, force, text. Words are weighted among these reports."""
        self._ids = reports["report_id"].to_numpy(dtype=object)
        self._forces = reports["force"].to_numpy(dtype=object)
        self._vectoriser = TfidfVectorizer(
            token_pattern=candidates.TOKEN,
            ngram_range=(1, 2),
            strip_accents="unicode",
            sublinear_tf=True,
            stop_words=list(vocabulary.UNREAD_WORDS),
        )
        try:
            self._matrix = self._vectoriser.fit_transform(masking.texts(reports["text"])) if len(reports) else None
        except ValueError:  # no confirmed report holds a word: nothing reads like them
            self._matrix = None

    def like(self, texts: Sequence[str], forces: Sequence[str], own_ids: Sequence[str]) -> list[list[Match]]:
        """Per text (as read) the most similar confirmed reports of its force, itself left out."""
        if self._matrix is None or not len(texts):
            return [[] for _ in texts]
        alike = sparse.csr_matrix(self._vectoriser.transform(texts) @ self._matrix.T)
        similar = []
        for row, (force, own) in enumerate(zip(forces, own_ids, strict=True)):  # the few reports of a queue
            part = slice(alike.indptr[row], alike.indptr[row + 1])
            columns, values = alike.indices[part], alike.data[part]
            kept = (values >= LEAST) & (self._forces[columns] == force) & (self._ids[columns] != own)
            order = np.lexsort((self._ids[columns[kept]].astype(str), -values[kept]))[:N_SHOWN]
            similar.append([Match(str(self._ids[columns[kept][k]]), float(values[kept][k])) for k in order])
        return similar
