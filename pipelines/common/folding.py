"""Text as searches compare it: without case, accents, width and look-alike letters, and the way back to the original.

Each character is folded by itself: NFKD, case folded, marks of Latin, Greek, Cyrillic, Hebrew and Arabic dropped,
Cyrillic and Greek letters that look Latin as Latin ones, forms of Arabic letters as one. White space is one space. So
the folded text of a part is the part of the folded text, but for white space at its edges.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from pipelines.common.homoglyphs import LATIN

_SPACES = re.compile(r"\s+")
# Nonspacing marks that a writer may leave out. Those of other scripts are vowels, and stay.
_MARKS = (
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05BD), (0x05BF, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F),
    (0x0670, 0x0670), (0x06D6, 0x06ED), (0x08D3, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip
_ARABIC = {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0671": "\u0627", "\u0640": ""}
_OTHER = {"\u0131": "i", "\u0142": "l", "\u00f8": "o", "\u0111": "d"}  # letters with a stroke are of one part


def _is_dropped(character: str) -> bool:
    code = ord(character)
    return any(low <= code <= high for low, high in _MARKS) or unicodedata.category(character) == "Cf"


def _folded(character: str) -> str:
    """One character's folded form: none, one, or several characters."""
    if character.isspace():
        return " "
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    kept = "".join(c for c in decomposed if not _is_dropped(c))
    kept = "".join(_ARABIC.get(c, _OTHER.get(c, c)) for c in kept)
    return "".join(" " if c.isspace() else c for c in kept.translate(LATIN)).casefold()


class _Table(dict[int, str]):
    """Code point -> folded form, made at first need."""

    def __missing__(self, code: int) -> str:
        self[code] = made = _folded(chr(code))
        return made


_TABLE = _Table()


def fold(text: str) -> str:
    """`text` as searches compare it; `fold(fold(text)) == fold(text)`."""
    if text.isascii():
        folded = text.lower()
        return folded if text.isprintable() and "  " not in text else _SPACES.sub(" ", folded)
    folded = text.translate(_TABLE)  # which has spaces for all white space
    return _SPACES.sub(" ", folded) if "  " in folded else folded


class Origins:
    """Where the characters of a folded text came from."""

    def __init__(self, text: str) -> None:
        self._text, self._length = text, len(text)
        self._ends: Sequence[int] = range(1, self._length + 1)  # of each original character in the folded text
        if text.isascii() and text.isprintable() and "  " not in text:
            return
        forms = [_TABLE[ord(character)] for character in text]
        if "  " not in "".join(forms):
            self._ends = list(accumulate(map(len, forms)))
            return
        self._ends = ends = []
        at, was_space = 0, False
        for form in forms:
            for c in form:
                is_space = c == " "
                at += not (is_space and was_space)
                was_space = is_space
            ends.append(at)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original characters of the folded [start, end); None where it begins or ends within a character's form."""
        first = bisect_right(self._ends, start)
        begin = self._ends[first - 1] if first else 0
        last = first
        while last < self._length and self._ends[last] < end:
            last += 1
        if begin != start or last >= self._length or self._ends[last] != end:
            return None
        last += 1
        while last < self._length and self._ends[last] == end and unicodedata.category(self._text[last])[0] == "M":
            last += 1  # marks on the last letter
        return first, last


def joined(texts: Sequence[str], separator: str) -> tuple[str, list[int]]:
    """Texts as one, with `separator` after each, and where each begins."""
    starts = [0, *accumulate(len(text) + len(separator) for text in texts)]
    return separator.join((*texts, "")), starts
