"""Which texts may hold which identifiers: one pass of Hyperscan over a batch, so that few texts are looked at closely.

Hyperscan reads the batch as bytes of UTF-8 and says where a shape ends; it never says no to a text that holds an
identifier (a test compares it with looking at every text). Offsets are the close look's, in characters.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

import hyperscan

FIGURES, IBAN, WALLET, EMAIL, AT, NINO, APP = 1, 2, 4, 8, 16, 32, 64  # what a text may hold, as bits
ALL = 127

_D = r"[0-9OoIl|]"
_ID = r"(?:user ?name|name|handle|id|account|user|acc)?[ :=@]"  # behind an application's name
_GAP = r"(?:[ \-.()\t\r\n]|\xe2\x80[\x90-\x95]){0,4}"
_WHITE = r"[ \t\r\n]{0,5}"
# Between shapes and their bits: all in bytes, without a start (SOM costs), each with an end that occurs once a run.
SHAPES: tuple[tuple[str, int], ...] = (
    (rf"[0-9]{_GAP}(?:{_D}{_GAP}){{4}}{_D}[^0-9OoIl|]", FIGURES),
    (rf"{_D}{_GAP}(?:{_D}{_GAP}){{4}}[0-9][^0-9OoIl|]", FIGURES),
    (r"[A-Za-z]{2}(?:[0-9][0-9OoIl]|[OoIl][0-9])[ \t\r\n\-]{0,3}[0-9A-Za-z]{2}", IBAN),
    (r"[A-Z]{2}[OoIl]{2}[ \t\r\n\-]{0,3}[0-9A-Z]{4}[ \t\r\n\-]{0,3}[0-9OoIl]", IBAN),
    (rf"[bB][cC][1iIlL](?:{_WHITE}[0-9A-Za-z]){{8}}", WALLET),
    (rf"[lL][tT][cC][1iIlL](?:{_WHITE}[0-9A-Za-z]){{8}}", WALLET),
    (rf"[0Oo][xX](?:{_WHITE}[0-9A-Fa-fOoIli]){{8}}", WALLET),
    (r"[cC][aA][sS][hH] ?: ?[0-9A-Za-z]", WALLET),
    (r"[0-9A-Za-z]{25}[^0-9A-Za-z]", WALLET),
    (r"(?:[0-9][A-Za-z]|[A-Za-z][0-9])[0-9A-Za-z]{2,}[^0-9A-Za-z@]", WALLET),  # a piece of one
    (r"[0-9A-Za-z](?:[0-9][A-Za-z]|[A-Za-z][0-9])[0-9A-Za-z][^0-9A-Za-z@]", WALLET),
    (r"[0-9A-Za-z]{2}(?:[0-9][A-Za-z]|[A-Za-z][0-9])[^0-9A-Za-z@]", WALLET),
    (r"[a-z][A-Z][0-9A-Za-z]{0,12}[a-z][A-Z]", WALLET),
    (r"[0-9A-Za-z](?:[\xc4\xc9\xcd-\xd4][\x80-\xbf]){1,8}[0-9A-Za-z]", WALLET | IBAN),
    (r"[A-Za-z0-9_+\-]@[A-Za-z0-9]", EMAIL),
    (r"[^A-Za-z0-9]@[A-Za-z_]", AT),
    (r"[A-Za-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]", NINO),
    (r"(?i)(?:t|telegram)\.me/", APP),
    (r"(?i)(?:instagram|snapchat|tiktok|facebook|fb|twitter|x)\.com/", APP),
    (rf"(?i)(?:snap|snapchat|insta|instagram|telegram|tiktok|tik tok|kik|discord|wickr|facebook|twitter){_ID}", APP),
    (rf"(?i)[^0-9a-z](?:sc|ig|tg|tt|fb){_ID}", APP),
)


@functools.cache
def _database() -> hyperscan.Database:
    """The compiled shapes, once per process."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[shape.encode("latin-1") for shape, _ in SHAPES],
        ids=list(range(len(SHAPES))),
        elements=len(SHAPES),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(SHAPES),
    )
    return database


_SEPARATOR = b"\n\x00\n"


def scan(texts: Sequence[str | None]) -> dict[int, int]:
    """Texts that may hold something: index -> bits of what."""
    encoded = [b"" if text is None else text.encode("utf-8", "replace") for text in texts]
    ends = list(accumulate(len(text) + len(_SEPARATOR) for text in encoded))
    found: list[tuple[int, int]] = []
    take = found.append

    def on_match(shape: int, start: int, end: int, flags: int, context: object) -> None:
        take((shape, end))

    _database().scan(_SEPARATOR.join((b"", *encoded, b"")), match_event_handler=on_match)
    bits = [bit for _, bit in SHAPES]
    may: dict[int, int] = {}
    for shape, end in found:
        index = bisect_left(ends, end - len(_SEPARATOR))
        may[index] = may.get(index, 0) | bits[shape]
    return may
