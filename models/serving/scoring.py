"""Scoring at scale: functions for `DataFrame.mapInArrow`. The model is verified and parsed once per worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from models.evaluation import metrics
from models.serving import artefact
from models.text import masking

SCORED = "report_id string, text_hash string, score double, score_low double, score_high double"
N_DIGITS = 9  # of a score: the last digits of sums depend on how many reports share a batch
Mapper = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def scores(classifier: Any, texts: Sequence[str]) -> np.ndarray:
    """What a night gives each text as written: read as classifiers read it, calibrated, rounded; shape (n_texts,).

    Raises:
        artefact.SignatureError: `texts` is not a sequence of strings.
        artefact.OutputError: the classifier gave other than a probability per text.
    """
    return _scores(classifier, pa.array(artefact.checked(texts), pa.large_string()))


def _scores(classifier: Any, texts: pa.Array) -> np.ndarray:
    return np.round(artefact.probabilities(classifier, masking.texts(texts)), N_DIGITS)


def scorer(model: artefact.Artefact) -> Mapper:
    """From batches of report_id, text_hash, text to batches of shape SCORED."""

    def scored(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pipeline = None
        for batch in batches:
            pipeline = pipeline or model.load()  # a partition without rows loads nothing
            score = _scores(pipeline, artefact.checked_column(batch.column("text")))
            low, high = metrics.interval_of(score, model.intervals)
            yield pa.RecordBatch.from_arrays(
                [batch.column("report_id"), batch.column("text_hash"), *(pa.array(a) for a in (score, low, high))],
                names=["report_id", "text_hash", "score", "score_low", "score_high"],
            )

    return scored
