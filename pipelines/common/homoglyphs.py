"""Letters of other scripts that look like Latin ones: a subset of the confusables of Unicode Technical Standard 39."""

from __future__ import annotations

import re

_LOOKS = {
    "АВЕКМНОРСТХУІЈЅԁԛԝаеорсухіјѕһ": "ABEKMHOPCTXYIJSdqwaeopcyxijsh",  # Cyrillic  # pragma: allowlist secret
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ": "ABEZHIKMNOPTYXovp",  # Greek  # pragma: allowlist secret
    "ıɡ": "ig",
}
LATIN = {ord(theirs): ours for row, latin in _LOOKS.items() for theirs, ours in zip(row, latin, strict=True)}
"""Code point of a letter that looks Latin -> the Latin letter."""

ANY = re.compile(f"[{''.join(map(chr, LATIN))}]")


def as_latin(text: str) -> str:
    """`text` with its look-alike letters as Latin ones; as many characters as before, each in its place."""
    return text if text.isascii() else text.translate(LATIN)
