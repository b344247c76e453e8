"""Scoring at scale: functions for `DataFrame.mapInArrow`. The model is verified and parsed once per worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from models.evaluation import metrics
from models.serving import artefact
from models.text import normalisation

SCORED = "report_id string, text_hash string, score double, score_low double, score_high double"
N_DIGITS = 9  # of a score: the last digits of sums depend on how many reports share a batch
Mapper = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def scorer(model: artefact.Artefact) -> Mapper:
    """From batches of report_id, text_hash, text to batches of shape SCORED."""

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pipeline = None
        for batch in batches:
            pipeline = pipeline or model.load()  # a partition without rows loads nothing
            texts = normalisation.texts(artefact.checked_column(batch.column("text")))
            found = np.round(artefact.probabilities(pipeline, texts), N_DIGITS)
            low, high = metrics.interval_of(found, model.intervals)
            yield pa.RecordBatch.from_arrays(
                [batch.column("report_id"), batch.column("text_hash"), *(pa.array(a) for a in (found, low, high))],
                names=["report_id", "text_hash", "score", "score_low", "score_high"],
            )

    return score
