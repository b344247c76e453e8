"""What finding gives, and what the words before a number say about it."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from typing import NamedTuple

OK, BAD, NONE, UNVERIFIABLE = "checksum_ok", "checksum_bad", "no_checksum", "unverifiable"


class Mention(NamedTuple):
    """An identifier in a text, as silver.device_identifiers describes its fields.

    `texts[index][start:end]` is `as_written`; of a card's number only the last four figures are shown in both forms.
    """

    index: int  # type: ignore[assignment]  # the name that rows have; a tuple has a method of it
    kind: str
    value: str
    as_written: str
    status: str
    is_repaired: bool
    start: int
    end: int


class Candidate(NamedTuple):
    """A mention before its text is known: `kind`, normal form, status, whether repaired, characters [start, end)."""

    kind: str
    value: str
    status: str
    is_repaired: bool
    start: int
    end: int


# Words that say that the number after them is something else.
_OTHER = re.compile(
    r"\b(?:(?:order|ref(?:erence)?|case|invoice|inv|tracking|consignment|booking|policy|ticket|crime|incident|serial|imei"
    r"|imsi|iccid|sku|urn|cad|barcode|id|dob|born|dated)\W{0,3}(?:no|num|number|nr|id|code|is)?"
    r"|(?:parcel|licen[cs]e|part|item|job|quote|claim|log|batch|version|receipt|transaction|delivery|customer|membership"
    r"|member|student|employee|payroll)\W{0,3}(?:no|num|number|nr|id|code))\W{0,4}$",
    re.IGNORECASE,
)
_BEFORE = 32  # characters: "consignment number is: " and some


def is_something_else(text: str, start: int) -> bool:
    """Whether the words before `start` say that the number there is an order's, a case's, a date."""
    return bool(_OTHER.search(text[max(0, start - _BEFORE) : start]))


def is_labelled(text: str, start: int, label: re.Pattern[str]) -> bool:
    """Whether the text before `start` ends in `label`, a pattern that ends in `$`."""
    return bool(label.search(text[max(0, start - _BEFORE) : start]))


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether [start, end) is no part of a longer string of letters and figures."""
    return not (start > 0 and _continues(text[start - 1])) and not (end < len(text) and _continues(text[end]))


def _continues(character: str) -> bool:
    return character.isalnum() or character in "_+@"


class Places:
    """Places of a text that are taken, none overlapping."""

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing of [start, end) is taken."""
        after = bisect_left(self._taken, (end, 0))
        return after == 0 or self._taken[after - 1][1] <= start

    def take(self, start: int, end: int) -> None:
        """Take a free place."""
        insort(self._taken, (start, end))
