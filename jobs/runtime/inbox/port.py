"""What an inbox is, whatever lies behind it: people hand in, the night reads, writes its tables, and only then settles.

Killed anywhere in between, a rerun reads the same again, and the night's tables tell which of it they hold. So nothing
is lost or doubled, and what cannot be taken in is kept with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from jobs.runtime.audit import Log, operations
from pipelines.decisions import decision as one
from pipelines.decisions import rules as decision_rules
from schemas.errors import InvalidInputError, UserError

MAX_BYTES = 256 * 1024  # a decision is a few kilobytes; what is larger is not one
TOO_LARGE = "larger than a decision can be"
NOT_JSON = "not a .json file"
_ID = re.compile(r"[0-9a-f-]{36}")


class AlreadySubmittedError(UserError, RuntimeError):
    """What has this id was handed in before; nothing was written."""


class Inbox(Protocol):
    """Where people hand in, and the night takes in. Names are ids with `.json`."""

    def submit(self, name: str, text: str) -> str:
        """Keep `text` under `name`; it is safe when this returns. Returns where it lies, for people.

        Raises:
            AlreadySubmittedError: something of this name was handed in before, taken in since or not.
            OSError: it cannot be written; then it is not recorded.
        """
        ...

    def read(self, night: date) -> Sequence[one.File]:
        """What no other night has settled, by name: what waits, and what `night` itself settled in an earlier run.

        Anything that is there is returned, if only with its problem, so that nothing is passed over in silence.
        """
        ...

    def pending(self) -> Sequence[one.File]:
        """What waits for a night, by name."""
        ...

    def settle(self, night: date, names: Iterable[str]) -> int:
        """Mark what `night` is done with, after its tables are written. Returns how many were not settled before."""
        ...


def hand_in(inbox: Inbox, log: Log, decision: one.Decision) -> str:
    """Log one decision and hand it in; it is safe when this returns. Returns where it lies.

    Raises:
        InvalidInputError: the decision breaks a rule.
        AlreadySubmittedError: this decision was handed in before.
        AuditError: it cannot be logged; then it is not handed in.
    """
    text = decision.to_json()
    problems = decision_rules.problems(json.loads(text), one.NAMES)
    if problems or not _ID.fullmatch(decision.decision_id):
        raise InvalidInputError("the decision is not valid: " + ("; ".join(problems) or "decision_id: not of its form"))
    operations.decision_handed_in(
        log, decision.reviewer, decision.queue_night, decision.queue, decision.item_id, decision.decision_id,
        decision.outcome,
    )  # fmt: skip
    return inbox.submit(f"{decision.decision_id}.json", text)
