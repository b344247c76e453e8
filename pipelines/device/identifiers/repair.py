"""Characters that recognition of pictures exchanges (O and 0; l, I and 1), put back where an alphabet leaves no doubt.

A repaired value counts only where a checksum proves it; the callers see to that.
"""

from __future__ import annotations

import itertools

FIGURES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "i": "1", "|": "1"})
HEXADECIMAL = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "i": "1"})
BASE58 = str.maketrans({"0": "o", "O": "o", "l": "1", "I": "1"})  # the alphabet has none of the four
_BASE32 = {"1": "l", "i": "l", "o": "0"}  # the alphabet has neither these nor b
_B = ("8", "6")
_MAX_B = 4


def base32(data: str) -> list[str]:
    """Readings of the data part of a bech32 or cashaddr string in lower case: the alphabet has no 1, b, i and o."""
    plain = "".join(_BASE32.get(c, c) for c in data)
    places = [i for i, c in enumerate(plain) if c == "b"]
    if len(places) > _MAX_B:
        return []
    readings = []
    for chosen in itertools.product(_B, repeat=len(places)):
        characters = list(plain)
        for place, figure in zip(places, chosen, strict=True):
            characters[place] = figure
        readings.append("".join(characters))
    return readings
