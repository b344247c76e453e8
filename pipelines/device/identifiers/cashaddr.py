"""Bitcoin Cash addresses: the CashAddr specification, with the token-aware types of CHIP-2022-02."""

from __future__ import annotations

from pipelines.device.identifiers.segwit import ALPHABET, octets

PREFIX = "bitcoincash"
_VALUES = {c: i for i, c in enumerate(ALPHABET)}
_CHARACTERS = frozenset(ALPHABET)
_GENERATORS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)
_SIZES = (20, 24, 28, 32, 40, 48, 56, 64)  # bytes of the hash, by the version's last three bits


def payload(text: str, prefix: str = PREFIX) -> tuple[int, bytes] | None:
    """Type and hash of an address without its prefix, in lower case; None where the checksum or the length fails."""
    if len(text) < 8 or not _CHARACTERS.issuperset(text):
        return None
    data = [_VALUES[c] for c in text]
    check = 1
    for value in (*(ord(c) & 31 for c in prefix), 0, *data):
        top = check >> 35
        check = (check & 0x07FFFFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            if top >> i & 1:
                check ^= generator
    decoded = octets(data[:-8]) if check == 1 else None
    if not decoded or decoded[0] & 0x80 or len(decoded) - 1 != _SIZES[decoded[0] & 7]:
        return None
    return decoded[0] >> 3 & 15, decoded[1:]


def is_address(text: str) -> bool:
    """Whether `text`, without "bitcoincash:", is an address of a key or a script, of tokens or not."""
    found = payload(text)
    return found is not None and found[0] in (0, 1, 2, 3)
