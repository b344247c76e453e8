"""Gold: what people use. Each table replaces one night; decisions are append-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypedDict

from schemas import codes, decisions, review, shared_columns, travel
from schemas.contract import BOOLEAN, DATE, DOUBLE, INSTANT, INT, LONG, STRING, Column, Table, array, mapping, required

STRATA = ("NO_TAG", "OTHER_TAG")  # no tag at all; another tag but not CSAE

REASON = shared_columns.REASON
REASON_LIST = array(REASON)
SOURCE_ROW = shared_columns.SOURCE_ROW

REPORT_SCORES = Table(
    path="gold.report_scores",
    doc="Champion's calibrated score of every in-scope report without a CSAE tag, as of the night.",
    key=("night", "report_id"),
    columns={
        "night": required(DATE, "night"),
        "report_id": required(STRING, "report"),
        "force": required(STRING, "force of the report"),
        "stratum": required(STRING, "no tag at all, or another tag", among=STRATA),
        "score": required(DOUBLE, "calibrated probability that the CSAE tag is missing", minimum=0, maximum=1),
        "score_low": required(DOUBLE, "lower end of the calibration interval", minimum=0, maximum=1),
        "score_high": required(DOUBLE, "upper end of the calibration interval", minimum=0, maximum=1),
        "is_out_of_fold": required(BOOLEAN, "the report was in training and its score is out of fold"),
        "reasons": required(array(REASON), "terms that moved the score, strongest first"),
        "text_hash": required(STRING, "hash of the text that was scored"),
        "model_name": required(STRING, "registered model"),
        "model_version": required(STRING, "version in the registry"),
    },
    partition_by=("night",),
)

QUEUE_ITEMS = Table(
    path="gold.queue_items",
    doc="Review queues: one table for all of them. Each row is a reason to look, never a fact about a person.",
    key=("night", "queue", "item_id"),
    columns={
        "night": required(DATE, "night of publication"),
        "queue": required(STRING, "queue", pattern=codes.QUEUE_PATTERN),
        "item_id": required(STRING, "stable: the same question keeps its id", pattern=codes.ITEM_ID_PATTERN),
        "force": required(STRING, "force that reviews it"),
        "rank": required(INT, "place in the force's queue, from 1", minimum=1),
        "subject_kind": required(
            STRING, "kind of subject", among=("report", "person", "location", "comms", "travel", "device")
        ),
        "subject_id": required(STRING, "id of the subject"),
        "person_ids": required(array(STRING), "nominals in scope"),
        "stratum": required(STRING, "stratum of the queue"),
        "score": Column(DOUBLE, "calibrated score; NULL where the row is shown without it", minimum=0, maximum=1),
        "score_low": Column(DOUBLE, "lower end of the interval", minimum=0, maximum=1),
        "score_high": Column(DOUBLE, "upper end of the interval", minimum=0, maximum=1),
        "reasons": required(array(REASON), "at least one, each naming its source and offsets"),
        "marking": required(STRING, "maximum of the inputs' markings", among=codes.MARKINGS),
        "is_text_changed": required(BOOLEAN, "settled on another text or evidence: asked again because it changed"),
        "is_suspected_false": required(BOOLEAN, "an item is graded E"),
        "text_hash": Column(STRING, "hash of the text or evidence that a decision is taken on"),
        "details": required(mapping(STRING), "what a queue adds of its own, for example tags"),
        "source_rows": required(array(SOURCE_ROW), "rows behind the item"),
        "table_versions": required(mapping(LONG), "Delta version of each table read"),
        "model_name": Column(STRING, "registered model"),
        "model_version": Column(STRING, "version in the registry"),
        "code_commit": required(STRING, "commit of the code"),
        "config_hash": required(STRING, "hash of the settings"),
    },
    partition_by=("night", "queue"),
    checks={"has_reason": "size(reasons) >= 1"},
)


class QueueItem(TypedDict):
    """A row of `QUEUE_ITEMS` as read: what may be missing in the table may be None here, the score above all.

    Rows that are shown blind, drawn by chance or read a second time have no score by design.
    """

    night: date
    queue: str
    item_id: str
    force: str
    rank: int
    subject_kind: str
    subject_id: str
    person_ids: list[str]
    stratum: str
    score: float | None
    score_low: float | None
    score_high: float | None
    reasons: list[dict[str, Any]]
    marking: str
    is_text_changed: bool
    is_suspected_false: bool
    text_hash: str | None
    details: dict[str, str]
    source_rows: list[dict[str, Any]]
    table_versions: dict[str, int]
    model_name: str | None
    model_version: str | None
    code_commit: str
    config_hash: str


# What a person hands in, as columns; the night adds when it was taken in and where it stands in the chain.
HANDED_IN = {
    name: Column(
        {str: STRING, float: DOUBLE, bool: BOOLEAN, date: DATE, datetime: INSTANT}[field.kind],
        field.doc,
        nullable=field.nullable,
        among=field.among,
        minimum=field.minimum,
        pattern=field.pattern,
        unit=field.unit,
        is_personal=field.is_personal,
    )
    for name, field in decisions.FIELDS.items()
}

DECISIONS = Table(
    path="gold.decisions",
    doc="What analysts decided. Append-only and hash-chained; each row names a person.",
    key=("decision_id",),
    columns={
        "decision_id": HANDED_IN["decision_id"],
        "night": required(DATE, "night that took the decision in"),
        "sequence": required(LONG, "place in the chain, from 1", minimum=1),
        **HANDED_IN,
        "previous_hash": required(STRING, "hash of the decision before this one in the chain"),
        "hash": required(STRING, "SHA-256 of this decision with the previous hash"),
    },
    partition_by=("night",),
)

WRITEBACK = Table(
    path="gold.writeback",
    doc="What each force is to write into its own system: made only from decisions. No decision, no row.",
    key=("night", "decision_id", "report_id"),  # a decision on a row stands for its near-duplicates as well
    columns={
        "night": required(DATE, "night"),
        "decision_id": required(STRING, "decision behind the row"),
        "force": required(STRING, "force"),
        "report_id": required(STRING, "report"),
        "urn": required(STRING, "URN in the force's own system"),
        "outcome": required(STRING, "outcome", among=("TAG_ADDED",)),
        "tag": required(STRING, "tag to add", among=codes.CSAE_TAGS),
        "local_tag": required(STRING, "the force's own word for the tag; the national one where it has none"),
        "reviewer": required(STRING, "who decided", is_personal=True),
        "decided_at": required(INSTANT, "when"),
        "reason": Column(STRING, "why, in the reviewer's words", is_personal=True),
    },
    partition_by=("night",),
)

ROW_COUNTS = Table(
    path="gold.row_counts",
    doc="Row conservation per feed, sender and night: in = loaded + quarantined + deduplicated + lawfully deleted.",
    key=("night", "sender", "feed"),
    columns={
        "night": required(DATE, "night"),
        "sender": required(STRING, "sender"),
        "feed": required(STRING, "feed"),
        "n_files": required(LONG, "files that arrived", minimum=0),
        "n_in": required(LONG, "rows that arrived (a file refused whole counts as one)", minimum=0),
        "n_loaded": required(LONG, "rows in silver", minimum=0),
        "n_quarantined": required(LONG, "rows in the quarantine", minimum=0),
        "n_deduplicated": required(LONG, "rows of re-sent files, or the same record again in one night", minimum=0),
        "n_deleted": required(LONG, "rows lawfully deleted", minimum=0),
    },
    partition_by=("night",),
)

VALUE_NOTES = {
    "NOTHING": "means nothing: NULL in silver, kept in _rescued",
    "UNREAD": "cannot be read: NULL in silver and kept in _rescued, or the row is in the quarantine",
    "UNKNOWN_CODE": "a code that neither the layout nor the national list names",
    "DANGLING": "names a report or nominal that nothing known has",
    "SHARE_FELL": "a tag that tonight's reports bear more seldom than the fortnight before lets chance make them",
    "SHARE_ROSE": "a field of which far more values than in the fortnight before mean nothing or cannot be read",
}
VALUE_COUNTS = Table(
    path="gold.value_counts",
    doc="Values of a night that silver could not take as they came, per sender, feed and field: what a layout lacks.",
    key=("night", "sender", "feed", "field", "note", "value"),
    columns={
        "night": required(DATE, "night"),
        "sender": required(STRING, "sender"),
        "feed": required(STRING, "feed"),
        "field": required(STRING, "our name of the field"),
        "note": required(STRING, "why the value was not taken", among=tuple(VALUE_NOTES)),
        "value": required(
            STRING,
            "the code or tag; of unknown codes the most frequent; of a share that rose its note; else empty",
            is_personal=True,
        ),
        "becomes": Column(STRING, "what the layout makes of the unknown code; NULL: nothing"),
        "is_new": required(BOOLEAN, "an unknown code that no night before had"),
        "n_rows": required(LONG, "rows with such a value; of a share that fell, all reports of the sender", minimum=1),
    },
    partition_by=("night",),
)

RUN_MANIFEST = Table(
    path="gold.run_manifest",
    doc="One row per night: what ran, on what, with what result.",
    key=("night",),
    columns={
        "night": required(DATE, "night"),
        "code_commit": required(STRING, "commit of the code"),
        "config_hash": required(STRING, "hash of the settings"),
        "model_name": Column(STRING, "champion"),
        "model_version": Column(STRING, "its version"),
        "why_no_model": Column(STRING, "why the night had no classifier, and so an empty queue of reports"),
        "table_versions": required(mapping(LONG), "Delta version of each table after the night"),
        "n_rows_in": required(LONG, "rows that arrived", minimum=0),
        "n_queue_items": required(LONG, "queue rows published", minimum=0),
        "n_decisions": required(LONG, "decisions taken in", minimum=0),
        "log_entries": Column(LONG, "entries of the log of processing when the night was first run to its end"),
        "log_hash": Column(STRING, "hash of the last of them"),
    },
    partition_by=("night",),
)

OOF_SCORES = Table(
    path="gold.oof_scores",
    doc="Out-of-fold calibrated scores of training reports, per model version.",
    key=("model_version", "report_id", "text_hash"),
    columns={
        "model_name": required(STRING, "registered model"),
        "model_version": required(STRING, "version in the registry"),
        "report_id": required(STRING, "training report"),
        "text_hash": required(STRING, "hash of the text trained on"),
        "score": required(DOUBLE, "out-of-fold calibrated probability", minimum=0, maximum=1),
    },
    partition_by=("model_version",),
)

TABLES = (
    *(REPORT_SCORES, QUEUE_ITEMS, DECISIONS, WRITEBACK, ROW_COUNTS, VALUE_COUNTS, RUN_MANIFEST, OOF_SCORES),
    *review.TABLES,
    *travel.GOLD,
)
