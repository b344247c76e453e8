"""Numbers of persons: National Insurance (HMRC NIM39110) and NHS (the last figure is a checksum by 11)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.device.identifiers.mentions import BAD, NONE, OK, Candidate, is_labelled, is_something_else

_NINO = re.compile(
    r"(?<![0-9A-Za-z_])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?P<gap> ?)[0-9]{2}(?P=gap)[0-9]{2}"
    r"(?P=gap)[0-9]{2}(?P=gap)[A-D](?![0-9A-Za-z_])",
    re.IGNORECASE,
)
_NINO_LABEL = re.compile(
    r"\b(?:nino|ni|nat(?:ional)?\W{0,2}ins(?:urance)?)\b\W{0,3}(?:no|num|number|is)?\W{0,4}(?:is)?\W{0,2}$",
    re.IGNORECASE,
)
_NHS = re.compile(
    r"(?<![0-9A-Za-z_+£$€])(?<![0-9][ -])(?:[0-9]{3}(?P<gap>[ -])[0-9]{3}(?P=gap)[0-9]{4}|[0-9]{10})"
    r"(?![0-9A-Za-z_])(?![ -][0-9])"
)
_NHS_LABEL = re.compile(r"\bnhs\b\W{0,3}(?:no|num|number|id|is)?\W{0,4}(?:is)?\W{0,2}$", re.IGNORECASE)
_ISSUED = ("4", "6", "7")  # first figures in England and Wales, of a number that no label names


def find_ninos(text: str) -> Iterator[Candidate]:
    """National Insurance numbers with their suffix, in capitals; in small letters behind a label only."""
    for found in _NINO.finditer(text):
        is_capital = found[0] == found[0].upper() and not is_something_else(text, found.start())
        if is_capital or is_labelled(text, found.start(), _NINO_LABEL):
            yield Candidate("NINO", found[0].replace(" ", "").upper(), NONE, False, *found.span())


def find_nhs_numbers(text: str) -> Iterator[Candidate]:
    """NHS numbers behind a label, right or wrong; others in their own spacing (3-3-4) where the checksum is right."""
    for found in _NHS.finditer(text):
        number = re.sub("[ -]", "", found[0])
        is_right = mod11(number)
        if is_labelled(text, found.start(), _NHS_LABEL):
            yield Candidate("NHS_NUMBER", number, OK if is_right else BAD, False, *found.span())
        elif (
            is_right
            and found["gap"] == " "
            and number.startswith(_ISSUED)
            and not is_something_else(text, found.start())
        ):
            yield Candidate("NHS_NUMBER", number, OK, False, *found.span())


def mod11(number: str) -> bool:
    """The NHS data dictionary's check of ten figures: weights ten to two, 11 less the remainder, 11 as 0."""
    rest = 11 - sum(int(c) * weight for c, weight in zip(number[:9], range(10, 1, -1), strict=True)) % 11
    return rest % 11 == int(number[9]) and len(set(number)) > 1
