"""The text as classifiers read it: what hides a word from a word list is undone, before training and before scoring.

Whoever writes `h o t e l`, `hоtel` with a Cyrillic letter, or puts a zero-width space into it, by design or because a
system mangled it, means the same word. Undone are: characters without width (Unicode category Cf), compatibility forms
(full width, mathematical, ligatures; NFKC), letters of other scripts that look Latin (a subset of Unicode Technical
Standard 39) in words that are otherwise Latin, letters spaced out one by one, and figures that stand for letters inside
a word of small letters. The same function serves both sides and stands outside the logged model, which holds nothing of
ours. Each step is linear in the text's length, whatever the text.

Reasons must point into the text as written: `of` keeps where each character came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Edit = tuple[int, str]  # place of one character, what stands there instead

_LOOKS = {
    "АВЕКМНОРСТХУІЈЅԁԛԝаеорсухіјѕһкмт": "ABEKMHOPCTXYIJSdqwaeopcyxijshkmt",  # Cyrillic  # pragma: allowlist secret
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρεικτυχ": "ABEZHIKMNOPTYXoavpeiktux",  # Greek  # pragma: allowlist secret
    "ıɑɡɩʀᴀᴄᴇɢʜɪᴊᴋʟᴍɴᴏᴘᴛᴜᴠᴡᴢ": "iagiraceghijklmnoptuvwz",  # Latin, without the dot or as small capitals
}
LOOKALIKES = {ord(theirs): ours for row, latin in _LOOKS.items() for theirs, ours in zip(row, latin, strict=True)}
_LOOKALIKE = re.compile(f"[{''.join(map(chr, LOOKALIKES))}]")
_LOOKALIKE_SET = frozenset(map(chr, LOOKALIKES))
_WORD = re.compile(r"[^\W\d_]+")
_BEYOND_LATIN_1 = re.compile("[\u00ad\u0100-\U0010ffff]")  # the soft hyphen is the one of Latin-1 without width
# Four or more single letters with the same mark between each. One letter a step: there is one way to match it.
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_]([ .\-_*/|~])[^\W\d_](?:\1[^\W\d_]){2,}(?![^\W_])")
_FIGURES = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "$": "s", "@": "a"}
_FIGURE = re.compile(r"(?<=[a-z])[013457$@]{1,3}(?=[a-z])")
_MAIL = re.compile(r"@[\w-]{1,63}\.\w")
# Whatever a step may change has one of these. Looked for by RE2 in a whole batch at once: nearly every text has none.
_SUSPECT = r"[^\x00-\x7F]|[a-z][013457$@]{1,3}[a-z]|(?:^|[^A-Za-z0-9])[A-Za-z](?:[ .\-_*/|~][A-Za-z]){3}"


@dataclass(frozen=True)
class Reading:
    """A text as read.

    Attributes:
        text: what classifiers get.
        origin: position in the text as written of each character of `text`, and of its end; None where nothing changed.
    """

    text: str
    origin: np.ndarray | None

    def written(self, start: int | None, end: int | None) -> tuple[int | None, int | None]:
        """Where a span of the text as read stands in the text as written."""
        if start is None or end is None or self.origin is None:
            return start, end
        last = int(self.origin[end - 1]) + 1 if end > start else int(self.origin[start])
        return int(self.origin[start]), last


def of(text: str) -> Reading:
    """The reading of one text, with the way back to what was written."""
    origin: np.ndarray | None = None
    for step in _STEPS:
        edits = step(text)
        if edits:
            origin = _origin(np.arange(len(text) + 1) if origin is None else origin, edits)
            text = _applied(text, edits)
    return Reading(text, origin)


def texts(written: Iterable[str | None] | pa.Array) -> np.ndarray:
    """Readings of many texts, as an object array of strings. An absent text reads as empty."""
    written_array = (
        written.cast(pa.large_string()) if isinstance(written, pa.Array) else pa.array(written, pa.large_string())
    )
    written_array = written_array.fill_null("")
    normalised = np.array(written_array, dtype=object)
    for place in np.flatnonzero(pc.match_substring_regex(written_array, _SUSPECT)):
        normalised[place] = _read(normalised[place])
    return normalised


def _read(text: str) -> str:
    for step in _STEPS:
        edits = step(text)
        if edits:
            text = _applied(text, edits)
    return text


def _without_width_and_compatible(text: str) -> list[Edit]:
    if text.isascii():
        return []
    return [
        (match.start(), plain)
        for match in _BEYOND_LATIN_1.finditer(text)
        if (plain := _plain(match.group())) != match.group()
    ]


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if unicodedata.category(character) == "Cf" or character in "\u034f\u115f\u1160\u3164\ufe0e\ufe0f":
        return ""
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if compatible.isascii() and compatible.isalnum() else character


def _latin(text: str) -> list[Edit]:
    """Letters that look Latin: in words with Latin letters, and in words of nothing else where the text is Latin."""
    if text.isascii() or not _LOOKALIKE.search(text):
        return []
    words = list(_WORD.finditer(text))
    n_latin = sum(match.group().isascii() for match in words)
    is_latin = 2 * n_latin >= len(words)
    edits = []
    for match in words:
        word = match.group()
        if word.isascii():
            continue
        others = {character for character in word if not character.isascii() and character not in _LOOKALIKE_SET}
        has_latin = any(character.isascii() for character in word)
        if has_latin or (is_latin and not others):
            for place, character in enumerate(word, start=match.start()):
                if character in _LOOKALIKE_SET:
                    edits.append((place, LOOKALIKES[ord(character)]))
    return edits


def _joined(text: str) -> list[Edit]:
    """The marks between letters that are spaced out."""
    return [(place, "") for match in _SPACED.finditer(text) for place in range(match.start() + 1, match.end() - 1, 2)]


def _lettered(text: str) -> list[Edit]:
    return [
        (place, _FIGURES[text[place]])
        for match in _FIGURE.finditer(text)
        if not (match.group() == "@" and _MAIL.match(text, match.start()))
        for place in range(match.start(), match.end())
    ]


_STEPS = (_without_width_and_compatible, _latin, _joined, _lettered)


def _applied(text: str, edits: Sequence[Edit]) -> str:
    characters = list(text)
    for place, plain in edits:
        characters[place] = plain
    return "".join(characters)


def _origin(origin: np.ndarray, edits: Sequence[Edit]) -> np.ndarray:
    """`origin` after the edits: what replaces a character comes from its place."""
    counts = np.ones(len(origin), dtype=np.int64)
    counts[[place for place, _ in edits]] = [len(plain) for _, plain in edits]
    return np.repeat(origin, counts)
