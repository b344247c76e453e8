"""Scoring at scale: functions for `DataFrame.mapInArrow`. The model is verified and parsed once per worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from models import artefact, explain, metrics

SCORED = "report_id string, text_hash string, score double, score_low double, score_high double"
EXPLAINED = (
    "report_id string, reasons array<struct<kind: string, text: string, source_table: string, source_id: string, "
    "start: int, `end`: int, weight: double>>"
)
_REASON = pa.struct(
    [
        ("kind", pa.string()), ("text", pa.string()), ("source_table", pa.string()), ("source_id", pa.string()),
        ("start", pa.int32()), ("end", pa.int32()), ("weight", pa.float64()),
    ]
)  # fmt: skip
Mapper = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def scorer(model: artefact.Artefact) -> Mapper:
    """From batches of report_id, text_hash, text to batches of shape SCORED."""

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pipeline = model.load()
        for batch in batches:
            found = artefact.probabilities(pipeline, batch.column("text").to_numpy(zero_copy_only=False))
            low, high = metrics.interval_of(found, model.intervals)
            yield pa.RecordBatch.from_arrays(
                [batch.column("report_id"), batch.column("text_hash"), *(pa.array(a) for a in (found, low, high))],
                names=["report_id", "text_hash", "score", "score_low", "score_high"],
            )

    return score


def explainer(model: artefact.Artefact) -> Mapper:
    """From batches of report_id, text to batches of shape EXPLAINED. For the reports that are shown, not for all."""

    def reasons(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pipeline = model.load()
        for batch in batches:
            ids = batch.column("report_id").to_pylist()
            found = explain.terms(pipeline, batch.column("text").to_pylist()) if ids else []
            rows = [
                [
                    {
                        "kind": "term", "text": term.text, "source_table": "silver.reports", "source_id": report,
                        "start": term.start, "end": term.end, "weight": term.weight,
                    }
                    for term in terms
                ]
                for report, terms in zip(ids, found, strict=True)
            ]  # fmt: skip
            yield pa.RecordBatch.from_arrays(
                [batch.column("report_id"), pa.array(rows, pa.list_(_REASON))], names=["report_id", "reasons"]
            )

    return reasons
