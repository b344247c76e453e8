"""An analyst takes back a merge or a split: what is asked, whether it can be, and what it means from then on.

A request is one JSON file, as a decision is. It becomes an UNDO event of the night that takes it in, and each later
night reads what stands: of two undos about the same records the newer one, and an undo that was itself undone not at
all. People write these, some a week: all of it fits the driver.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.decisions import intake
from pipelines.decisions import rules as decision_rules
from pipelines.network.entities.clustering import Apart, Rulings
from schemas import bronze
from schemas.errors import InvalidInputError

NAMESPACE = uuid.UUID("0f3f5d6a-2f65-5a60-8f4e-2d1a4c9e7b21")  # of request ids; any constant serves
SENDER, FEED, STAGE = "inbox", "undo", "entities"  # in the quarantine
_FIELDS = ("request_id", "event_id", "reviewer", "why", "decided_at")


@dataclass(frozen=True)
class Request:
    """One person's wish to take back one event of `gold.entity_events`. `decided_at` carries a time zone."""

    request_id: str
    event_id: str
    reviewer: str
    why: str
    decided_at: datetime

    def to_json(self) -> str:
        plain = {**asdict(self), "decided_at": self.decided_at.astimezone(UTC).isoformat()}
        return json.dumps(plain, indent=1, sort_keys=True)


def request(event_id: str, *, reviewer: str, why: str, decided_at: datetime) -> Request:
    """The request; made twice with the same words it is one.

    Raises:
        InvalidInputError: nobody is named, no reason is given, or the event's id is not one.
    """
    key = json.dumps([event_id, reviewer, why, decided_at.astimezone(UTC).isoformat()])
    made = Request(str(uuid.uuid5(NAMESPACE, key)), event_id, reviewer.strip(), why.strip(), decided_at)
    _, problem = parsed(intake.File(f"{made.request_id}.json", made.to_json()))
    if problem:
        raise InvalidInputError(f"the undo is not valid: {problem}")
    return made


def parsed(file: intake.File) -> tuple[Request | None, str | None]:
    """The request in a file, or why there is none. The reason holds no personal data."""
    if file.problem is not None:
        return None, file.problem
    record, why = decision_rules.parsed(file.text)
    if record is None:
        return None, why
    if set(record) != set(_FIELDS):
        return None, f"fields: not {', '.join(_FIELDS)}"
    if not all(isinstance(record[name], str) and record[name].strip() for name in _FIELDS):
        return None, "every field is text and none is empty"
    if file.name != f"{record['request_id']}.json":
        return None, "request_id: not the name of the file"
    if len(record["event_id"]) != 16 or len(record["why"]) > 10_000:
        return None, "event_id: not of its form, or why: longer than 10,000 characters"
    try:
        at = decision_rules.instant(record["decided_at"])
    except ValueError:
        return None, "decided_at: not an instant with a time zone"
    return Request(**{**record, "decided_at": at}), None


def refusal(file: intake.File, why: str, night: Any) -> tuple[Any, ...]:
    """A row of bronze.quarantine for a request that cannot be."""
    row = intake.refusal_of(file, why, night)
    named = dict(zip(bronze.QUARANTINE.names, row, strict=True))
    return tuple({**named, "stage": STAGE, "feed": FEED, "reason": "UNDO_INVALID"}.values())


def standing(events: Sequence[Mapping[str, Any]]) -> Rulings:
    """What analysts' undos come to.

    Args:
        events: every UNDO of gold.ENTITY_EVENTS up to the night, and the events that they undo, in any order.
    """
    by_id = {event["event_id"]: event for event in events}
    newest_first = sorted(
        (e for e in events if e["kind"] == "UNDO"), key=lambda e: (e["decided_at"], e["event_id"]), reverse=True
    )
    void: set[str] = set()
    apart: list[Apart] = []
    together: list[tuple[str, str]] = []
    for undo in newest_first:
        event = by_id.get(undo["undoes"])
        if undo["event_id"] in void or event is None:
            continue
        left, right = frozenset(event["left_records"]), frozenset(event["right_records"])
        pair = (event["left_record"], event["right_record"])
        if event["kind"] == "UNDO":
            void.add(event["event_id"])
        elif event["kind"] == "MERGE" and not any(_crosses(p, left, right) for p in together):
            apart.append(Apart(left, right))
        elif event["kind"] == "SPLIT" and not any(_crosses(pair, a.left, a.right) for a in apart):
            together.append(pair)
    return Rulings(tuple(apart), tuple(together))


def _crosses(pair: tuple[str, str], left: frozenset[str], right: frozenset[str]) -> bool:
    a, b = pair
    return (a in left and b in right) or (a in right and b in left)
