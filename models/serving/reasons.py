"""The reasons of a queue row, made for the few reports that are shown: a function for `DataFrame.mapInArrow`.

Terms point into the text as written, though the classifier reads it otherwise (`models.text.masking`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from models.explanation import counterfactual, similar_reports
from models.explanation import terms as explanation_terms
from models.serving import artefact, scoring
from models.text import masking, normalisation

EXPLAINED = (
    "report_id string, reasons array<struct<kind: string, text: string, source_table: string, source_id: string, "
    "start: int, `end`: int, weight: double>>"
)
TABLE = "silver.reports"
_REASON = pa.struct(
    [
        ("kind", pa.string()), ("text", pa.string()), ("source_table", pa.string()), ("source_id", pa.string()),
        ("start", pa.int32()), ("end", pa.int32()), ("weight", pa.float64()),
    ]
)  # fmt: skip
Reason = dict[str, str | int | float | None]


def explainer(model: artefact.Artefact, confirmed: pd.DataFrame) -> scoring.Mapper:
    """From batches of report_id, force, text, score, cutoff to batches of shape EXPLAINED.

    Args:
        confirmed: report_id, force, text of reports that are CSAE by tag or decision; bounded by the caller.
    """

    def explained(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pipeline, known = None, None
        for batch in batches:
            if pipeline is None or known is None:  # a partition without rows loads nothing
                pipeline, known = model.load(), similar_reports.Confirmed(confirmed)
            rows = batch.to_pydict()
            explained_rows = _reasons(pipeline, known, rows) if rows["report_id"] else []
            yield pa.RecordBatch.from_arrays(
                [batch.column("report_id"), pa.array(explained_rows, pa.list_(_REASON))], names=["report_id", "reasons"]
            )

    return explained


def _reasons(pipeline: object, known: similar_reports.Confirmed, rows: dict[str, list]) -> list[list[Reason]]:  # type: ignore[type-arg]
    ids = rows["report_id"]
    readings = [masking.of(text or "") for text in rows["text"]]
    texts = [each.text for each in readings]
    terms = explanation_terms.terms(pipeline, texts)  # type: ignore[arg-type]
    raising = [[term.text for term in listed if term.weight > 0] for listed in terms]
    cutoffs = np.array([np.nan if cutoff is None else cutoff for cutoff in rows["cutoff"]], dtype=float)
    changes = counterfactual.changes(pipeline, texts, raising, np.array(rows["score"], dtype=float), cutoffs)
    alike = known.like(texts, rows["force"], ids)
    return [
        [
            *(_term(term, readings[k], ids[k]) for term in terms[k]),
            *(_match(match) for match in alike[k]),
            *_change(changes[k], ids[k], cutoffs[k]),
        ]
        for k in range(len(ids))
    ]


def _term(term: explanation_terms.Term, read: normalisation.Reading, report_id: str) -> Reason:
    start, end = read.written(term.start, term.end)
    return _reason("term", term.text, report_id, term.weight, start, end)


def _match(match: similar_reports.Match) -> Reason:
    return _reason(
        "similar", f"reads like confirmed report {match.report_id} ({match.similarity:.2f})", match.report_id
    )


def _change(change: counterfactual.Change | None, report_id: str, cutoff: float) -> Sequence[Reason]:
    if change is None or not change.terms:
        return ()
    words = ", ".join(f'"{term}"' for term in change.terms)
    if change.is_out:
        then = f"not in this queue, which ends at {cutoff:.2f}"
    elif np.isfinite(cutoff):
        then = f"still in this queue, which ends at {cutoff:.2f}"
    else:
        then = "still in this queue, which shows every undecided report tonight"
    text = f"without {words} its score would be {change.score:.2f}: {then}"
    return (_reason("whatif", text, report_id),)


def _reason(
    kind: str, text: str, source: str, weight: float = 0.0, start: int | None = None, end: int | None = None
) -> Reason:
    return {
        "kind": kind, "text": text, "source_table": TABLE, "source_id": source,
        "start": start, "end": end, "weight": weight,
    }  # fmt: skip
