"""The rules that one decision keeps before it may enter the table. A file is foreign until it has passed here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pyspark.sql import types as T

from schemas import codes, gold, risk

OVERRIDES = ("NOT_CSAE",)  # outcomes that say no to what the model ranked
MAX_TEXT = 10_000  # characters of a text field: a page of reasons, not a file
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ITEM = re.compile(str(gold.QUEUE_ITEMS.columns["item_id"].pattern))
_QUEUE = re.compile(str(gold.QUEUE_ITEMS.columns["queue"].pattern))
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
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_MESSAGES[0])
    return found


def _refuse(_: str) -> Any:
    raise ValueError(_MESSAGES[1])


def problems(record: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """What is wrong with a decision, as `column: rule`, without any of its values. Empty where it is valid."""
    missing = [name for name in names if name not in record]
    unknown = len([name for name in record if name not in names])
    found = [f"{name}: absent" for name in missing] + (["columns that no rule knows"] if unknown else [])
    if found:
        return found
    found = [f"{name}: {why}" for name in names for why in _column_problems(name, record[name])]
    return found or _joint_problems(record)


def _column_problems(name: str, value: Any) -> list[str]:
    """Type and rules of one column, from the contract."""
    column = gold.DECISIONS.columns[name]
    if value is None:
        return [] if column.nullable else ["absent"]
    if not _is_of(column.type, value):
        return [f"not {column.type.simpleString()}"]
    if column.among is not None and value not in column.among:
        return ["not in its list"]
    if column.pattern is not None and not re.fullmatch(column.pattern, value):
        return ["not of its form"]
    if column.minimum is not None and value < column.minimum:
        return ["below its minimum"]
    if isinstance(value, str) and not column.nullable and not value.strip():
        return ["empty"]
    return _own_problems(name, value)


def _own_problems(name: str, value: Any) -> list[str]:
    """Rules that the contract of the table of decisions leaves to the tables that the columns come from."""
    if isinstance(value, str) and len(value) > MAX_TEXT and name != "explanation_shown":
        return [f"longer than {MAX_TEXT} characters"]
    if isinstance(value, str) and _CONTROL.search(value):
        return ["a control character or half of a pair"]
    form = {"item_id": _ITEM, "queue": _QUEUE, "force": re.compile(codes.FORCE_PATTERN)}.get(name)
    if form is not None and not form.fullmatch(value):
        return ["not of its form"]
    if name == "score_shown" and not 0 <= value <= 1:
        return ["not between 0 and 1"]
    return []


def _joint_problems(record: Mapping[str, Any]) -> list[str]:
    """Rules over several columns."""
    added, hidden = record["outcome"] == "TAG_ADDED", record["is_score_hidden"]
    opened, decided = instant(record["opened_at"]), instant(record["decided_at"])
    rules = {
        "tag: needed with TAG_ADDED, and only there": added == (record["tag"] is not None),
        "tag: a tag is added to a report, not to a person or place": not (added and record["queue"] in risk.QUEUES),
        "is_override: not what the outcome says": record["is_override"] == (record["outcome"] in OVERRIDES),
        "score_shown: shown and hidden at once, or neither": hidden == (record["score_shown"] is None),
        "decided_at: before opened_at": decided >= opened,
        "seconds_open: longer than from opened_at to decided_at": (
            timedelta(seconds=min(record["seconds_open"], 1e9)) <= decided - opened + timedelta(seconds=1)
        ),
        "second_reviewer: the same person": _same(record["second_reviewer"]) != _same(record["reviewer"]),
    }
    return [why for why, holds in rules.items() if not holds]


def _same(person: str | None) -> str:
    return " ".join((person or "").casefold().split())


def _is_of(kind: T.DataType, value: Any) -> bool:
    if isinstance(kind, T.BooleanType):
        return isinstance(value, bool)
    if isinstance(kind, T.DoubleType):
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and abs(value) < 1e15
            and math.isfinite(value)
        )
    if isinstance(kind, T.DateType):
        return _reads(date.fromisoformat, value) and bool(_DATE.fullmatch(value))
    if isinstance(kind, T.TimestampType):
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
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("an instant names its offset")
    if not 1970 < found.year < 9999:
        raise ValueError("an instant outside the years that tables hold")
    return found
