"""One decision: made from a queue item, written as JSON, read again. Needs no Spark, so that deciding is quick."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any

from pipelines.decisions import rules as decision_rules
from schemas.errors import InvalidInputError

NAMESPACE = uuid.UUID("5d0f0a5c-6c1e-5b55-9f39-6f0f6b1d7c11")  # of decision ids; any constant serves


@dataclass(frozen=True)
class Decision:
    """One decision of one person on one queue item. Fields as in `schemas.decisions`; instants carry a time zone."""

    decision_id: str
    item_id: str
    queue: str
    queue_night: date
    force: str
    subject_id: str
    text_hash: str | None
    outcome: str
    tag: str | None
    reason_code: str | None
    free_text: str | None
    reviewer: str
    second_reviewer: str | None
    opened_at: datetime | None
    decided_at: datetime
    seconds_open: float | None
    score_shown: float | None
    is_score_hidden: bool
    is_override: bool
    model_version: str | None
    explanation_shown: str | None

    def to_json(self) -> str:
        """The decision as one JSON object: what a file in the inbox holds."""
        return json.dumps({k: plain(v) for k, v in asdict(self).items()}, indent=1, sort_keys=True, allow_nan=False)


NAMES = tuple(field.name for field in fields(Decision))


@dataclass(frozen=True)
class File:
    """A decision as it was handed in: the name of its file, its text, and what was wrong before it could be read."""

    name: str
    text: str
    problem: str | None = None


def of_item(
    item: Mapping[str, Any],
    *,
    reviewer: str,
    outcome: str,
    opened_at: datetime | None,
    decided_at: datetime,
    seconds_open: float | None = None,
    tag: str | None = None,
    reason_code: str | None = None,
    free_text: str | None = None,
    second_reviewer: str | None = None,
    is_score_hidden: bool = False,
) -> Decision:
    """The decision of `reviewer` on `item`: a row of `gold.queue_items`, or what the index of published items holds.

    Its id follows from what was decided, by whom, on what and when opened (when decided, where nothing measured the
    opening): the same call made twice is one decision.

    Args:
        opened_at: when the item was opened, or None where nothing measured it; then seconds are not known either.
        is_score_hidden: neither score nor reasons were shown. So it is, too, where the row was published without them.

    Raises:
        InvalidInputError: the decision breaks a rule; the message names each.
    """
    is_score_hidden = is_score_hidden or item["score"] is None
    if seconds_open is None and opened_at is not None:
        seconds_open = (decided_at - opened_at).total_seconds()
    decision = Decision(
        decision_id="",
        item_id=item["item_id"],
        queue=item["queue"],
        queue_night=item["night"],
        force=item["force"],
        subject_id=item["subject_id"],
        text_hash=item["text_hash"],
        outcome=outcome,
        tag=tag or None,
        reason_code=reason_code or None,
        free_text=free_text or None,
        reviewer=reviewer,
        second_reviewer=second_reviewer or None,
        opened_at=opened_at,
        decided_at=decided_at,
        seconds_open=None if seconds_open is None else float(seconds_open),
        score_shown=None if is_score_hidden else float(item["score"]),
        is_score_hidden=is_score_hidden,
        is_override=outcome in decision_rules.OVERRIDES,
        model_version=item["model_version"],
        explanation_shown=None if is_score_hidden else _explanation(item),
    )
    decision = replace(decision, decision_id=_identity(decision))
    problems = decision_rules.problems(json.loads(decision.to_json()), NAMES)
    if problems:
        raise InvalidInputError("the decision is not valid: " + "; ".join(problems))
    return decision


def _explanation(item: Mapping[str, Any]) -> str:
    shown = [{k: r[k] for k in ("kind", "text", "start", "end", "weight")} for r in map(_mapping, item["reasons"])]
    return json.dumps(shown, sort_keys=True)


def _identity(decision: Decision) -> str:
    measured = ("decided_at", "seconds_open") if decision.opened_at is not None else ("seconds_open",)
    content = {name: plain(value) for name, value in asdict(decision).items() if name not in measured}
    return str(uuid.uuid5(NAMESPACE, json.dumps(content, sort_keys=True)))


def readable(files: Sequence[File]) -> list[Decision]:
    """The valid decisions among `files`."""
    return [decision for decision, _ in map(parsed, files) if decision is not None]


def parsed(file: File) -> tuple[Decision | None, str | None]:
    """The decision in a file, or why there is none. The reason holds no personal data."""
    if file.problem is not None:
        return None, file.problem
    record, why = decision_rules.parsed(file.text)
    if record is None:
        return None, why
    problems = decision_rules.problems(record, NAMES)
    if not problems and file.name != f"{record['decision_id']}.json":
        problems = ["decision_id: not the name of the file"]
    if problems:
        return None, "; ".join(problems)
    instants = {n: _instant(record[n]) for n in ("opened_at", "decided_at")}
    numbers = {n: None if record[n] is None else float(record[n]) for n in ("seconds_open", "score_shown")}
    night = {"queue_night": date.fromisoformat(record["queue_night"])}
    return Decision(**{**record, **instants, **numbers, **night}), None


def _instant(value: str | None) -> datetime | None:
    return None if value is None else decision_rules.instant(value)


def plain(value: Any) -> Any:
    """A value as JSON and the chain's digest write it: dates and UTC instants in ISO."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date) else value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else value.asDict()
