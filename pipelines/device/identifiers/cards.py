"""Payment cards: an issuer's range, its length and Luhn's checksum. Their numbers leave this module masked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.device.identifiers.mentions import BAD, OK, Candidate, is_labelled, is_something_else
from pipelines.device.identifiers.repair import FIGURES

_SHOWN = 4
_CARD = re.compile(
    r"(?<![0-9A-Za-z_+])(?<![0-9][ -])"
    r"(?:[0-9OIl]{14,19}"
    r"|[0-9OIl]{4}(?P<gap>[ -])[0-9OIl]{4}(?P=gap)[0-9OIl]{4}(?P=gap)[0-9OIl]{4}(?:(?P=gap)[0-9OIl]{3})?"
    r"|[0-9OIl]{4}(?P<short>[ -])[0-9OIl]{6}(?P=short)[0-9OIl]{4,5})"
    r"(?![0-9A-Za-z_])(?![ -][0-9])"
)
# First figures from, to (as many figures), lengths.
_ISSUERS = (
    ("4", "4", (16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("300", "305", (14,)),
    ("36", "36", (14,)),
    ("38", "39", (14,)),
    ("3528", "3589", (16,)),
    ("6011", "6011", (16, 19)),
    ("644", "659", (16, 19)),
    ("62", "62", (16, 17, 18, 19)),
    ("5018", "5018", (16, 18, 19)),
    ("5020", "5020", (16, 18, 19)),
    ("5038", "5038", (16, 18, 19)),
    ("6304", "6304", (16, 18, 19)),
    ("6759", "6763", (16, 18, 19)),
)
_LABEL = re.compile(
    r"\b(?:card|visa|mastercard|amex|debit|credit)\b\W{0,4}(?:no|num|number|is)?\W{0,4}$", re.IGNORECASE
)
_MIN_FIGURES = 10  # of a number whose other characters may be misread figures


def find(text: str) -> Iterator[Candidate]:
    """Card numbers in `text`; one that fails Luhn's checksum only behind a word that says what it is."""
    for found in _CARD.finditer(text):
        written = re.sub("[ -]", "", found[0])
        number = written.translate(FIGURES)
        if not _is_issued(number) or sum(c.isdigit() for c in written) < _MIN_FIGURES:
            continue
        is_card = is_labelled(text, found.start(), _LABEL)
        if luhn(number) and (is_card or not is_something_else(text, found.start())):
            yield Candidate("CARD", masked(number), OK, number != written, *found.span())
        elif is_card and number == written:
            yield Candidate("CARD", masked(number), BAD, False, *found.span())


def _is_issued(number: str) -> bool:
    return any(low <= number[: len(low)] <= high and len(number) in lengths for low, high, lengths in _ISSUERS)


def luhn(number: str) -> bool:
    """ISO/IEC 7812-1: every second figure from the right doubled, the sum of all figures a multiple of ten."""
    doubled = [int(c) * 2 for c in number[-2::-2]]
    return (sum(map(int, number[-1::-2])) + sum(d // 10 + d % 10 for d in doubled)) % 10 == 0


def masked(written: str) -> str:
    """A number as written with all of its figures but the last four hidden, as many characters as before."""
    n_hidden = sum(c.isalnum() for c in written) - _SHOWN
    characters = []
    for c in written:
        is_hidden = c.isalnum() and n_hidden > 0
        n_hidden -= c.isalnum()
        characters.append("*" if is_hidden else c)
    return "".join(characters)
