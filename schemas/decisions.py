"""A decision as a person hands it in: its fields and their rules, in plain Python.

`gold.DECISIONS` is derived from these fields, so that what is refused at the door and what the table takes cannot
differ. Nothing here needs Spark: a decision is checked and handed in within a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from schemas import codes

NAMES_OF_KINDS: Mapping[type, str] = {
    str: "string", float: "double", bool: "boolean", date: "date", datetime: "timestamp",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field: its Python type, its meaning, and the rules its values keep. Rules skip None. Instants carry a zone."""

    kind: type
    doc: str
    nullable: bool = True
    among: tuple[str, ...] | None = None
    minimum: float | None = None
    pattern: str | None = None  # regular expression that the whole value matches
    unit: str | None = None
    is_personal: bool = False


def _required(kind: type, doc: str, **rules: object) -> Field:
    return Field(kind, doc, nullable=False, **rules)  # type: ignore[arg-type]


FIELDS: Mapping[str, Field] = {
    "decision_id": _required(str, "name of the inbox file", pattern="[0-9a-f-]{36}"),
    "item_id": _required(str, "queue item"),
    "queue": _required(str, "queue"),
    "queue_night": _required(date, "night of the queue the reviewer saw"),
    "force": _required(str, "force"),
    "subject_id": _required(str, "what was decided on"),
    "text_hash": Field(str, "hash of the text the reviewer saw"),
    "outcome": _required(str, "outcome", among=codes.OUTCOMES),
    "tag": Field(str, "CSAE tag the reviewer added", among=codes.CSAE_TAGS),
    "reason_code": Field(str, "reason code of the force"),
    "free_text": Field(str, "reviewer's words", is_personal=True),
    "reviewer": _required(str, "who decided", is_personal=True),
    "second_reviewer": Field(str, "who checked", is_personal=True),
    "opened_at": Field(datetime, "when the item was opened; NULL where nothing measured it"),
    "decided_at": _required(datetime, "when it was decided"),
    "seconds_open": Field(
        float, "seconds the item was open; NULL where nothing measured it", minimum=0, unit="seconds"
    ),
    "score_shown": Field(float, "score the reviewer saw; NULL where it was not shown"),
    "is_score_hidden": _required(bool, "the score was not shown"),
    "is_override": _required(bool, "the reviewer said no to what the model ranked"),
    "model_version": Field(str, "model behind the item's score, whether or not it was shown"),
    "explanation_shown": Field(str, "JSON of the reasons shown; NULL where none were", is_personal=True),
}
