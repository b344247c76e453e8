"""The rules that one decision keeps before it may enter the table. A file is foreign until it has passed here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from schemas import codes
from schemas.decisions import FIELDS, NAMES_OF_KINDS, Field

OVERRIDES = ("NOT_CSAE",)  # outcomes that say no to what the model ranked
MAX_TEXT = 10_000  # characters of a text field: a page of reasons, not a file
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FORMS = {
    "item_id": re.compile(codes.ITEM_ID_PATTERN),
    "queue": re.compile(codes.QUEUE_PATTERN),
    "force": re.compile(codes.FORCE_PATTERN),
}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parsed(text: str) -> tuple[dict[str, Any] | None, str]:
    """The JSON object in `text`, or None and why. Names given twice, NaN and infinities are refused."""
    try:
        record = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        known = error.args[0] if error.args and error.args[0] in _MESSAGES else "not JSON"
        return None, str(known)
    return (record, "") if isinstance(record, dict) else (None, "not a JSON object")


_MESSAGES = ("a name is given twice", "a number is not finite")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError(_MESSAGES[0])
    return unique


def _refuse(_: str) -> Any:
    raise ValueError(_MESSAGES[1])


def problems(record: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """What is wrong with a decision, as `column: rule`, without any of its values. Empty where it is valid."""
    missing = [name for name in names if name not in record]
    unknown = len([name for name in record if name not in names])
    complaints = [f"{name}: absent" for name in missing] + (["columns that no rule knows"] if unknown else [])
    if complaints:
        return complaints
    complaints = [f"{name}: {why}" for name in names for why in _column_problems(name, record[name])]
    return complaints or _joint_problems(record)


def _column_problems(name: str, value: Any) -> list[str]:
    """What is wrong with one field, by its type and rules."""
    field = FIELDS[name]
    if value is None:
        return [] if field.nullable else ["absent"]
    if not _is_of(field, value):
        return [f"not {NAMES_OF_KINDS[field.kind]}"]
    if field.among is not None and value not in field.among:
        return ["not in its list"]
    if field.pattern is not None and not re.fullmatch(field.pattern, value):
        return ["not of its form"]
    if field.minimum is not None and value < field.minimum:
        return ["below its minimum"]
    if isinstance(value, str) and not field.nullable and not value.strip():
        return ["empty"]
    return _own_problems(name, value)


def _own_problems(name: str, value: Any) -> list[str]:
    """Rules that the fields of a decision leave to the tables that their values come from."""
    if isinstance(value, str) and len(value) > MAX_TEXT and name != "explanation_shown":
        return [f"longer than {MAX_TEXT} characters"]
    if isinstance(value, str) and _CONTROL.search(value):
        return ["a control character or half of a pair"]
    form = _FORMS.get(name)
    if form is not None and not form.fullmatch(value):
        return ["not of its form"]
    if name == "score_shown" and not 0 <= value <= 1:
        return ["not between 0 and 1"]
    return []


def _joint_problems(record: Mapping[str, Any]) -> list[str]:
    """Rules over several columns."""
    added, hidden = record["outcome"] == "TAG_ADDED", record["is_score_hidden"]
    decided, seconds = instant(record["decided_at"]), record["seconds_open"]
    opened = None if record["opened_at"] is None else instant(record["opened_at"])
    rules = {
        "tag: needed with TAG_ADDED, and only there": added == (record["tag"] is not None),
        "tag: a tag is added to a report, not to a person or place": not (
            added and record["queue"] in codes.RISK_QUEUES
        ),
        "free_text: a referral of accounts says to whom": not (
            record["queue"] == codes.FINANCE_QUEUE
            and record["outcome"] == "REFER"
            and not (record["free_text"] or "").strip()
        ),
        "is_override: not what the outcome says": record["is_override"] == (record["outcome"] in OVERRIDES),
        "score_shown: shown and hidden at once, or neither": hidden == (record["score_shown"] is None),
        "seconds_open: measured without opened_at, or the other way round": (opened is None) == (seconds is None),
        "decided_at: before opened_at": opened is None or decided >= opened,
        "seconds_open: longer than from opened_at to decided_at": (
            opened is None
            or seconds is None
            or timedelta(seconds=min(seconds, 1e9)) <= decided - opened + timedelta(seconds=1)
        ),
        "explanation_shown: shown without the score": not (hidden and record["explanation_shown"] is not None),
        "second_reviewer: the same person": _same(record["second_reviewer"]) != _same(record["reviewer"]),
    }
    return [why for why, holds in rules.items() if not holds]


def _same(person: str | None) -> str:
    return " ".join((person or "").casefold().split())


def _is_of(field: Field, value: Any) -> bool:
    if field.kind is bool:
        return isinstance(value, bool)
    if field.kind is float:
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and abs(value) < 1e15
            and math.isfinite(value)
        )
    if field.kind is date:
        return _reads(date.fromisoformat, value) and bool(_DATE.fullmatch(value))
    if field.kind is datetime:
        return _reads(instant, value)
    return isinstance(value, str)


def _reads(parse: Any, value: Any) -> bool:
    try:
        parse(value)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def instant(value: str) -> datetime:
    """An instant in ISO form, with its offset.

    Raises:
        ValueError: not an instant, or one without an offset, or outside the years that tables hold.
    """
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("an instant names its offset")
    if not 1970 < moment.year < 9999:
        raise ValueError("an instant outside the years that tables hold")
    return moment
