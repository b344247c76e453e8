"""Segregated-witness addresses: bech32 (BIP-173) for version 0 and bech32m (BIP-350) for the others."""

from __future__ import annotations

from collections.abc import Sequence

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # pragma: allowlist secret
_VALUES = {c: i for i, c in enumerate(ALPHABET)}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32, _BECH32M = 1, 0x2BC830A3
_MAX_LENGTH = 90
_MAX_VERSION = 16


def _checksum(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            if top >> i & 1:
                check ^= generator
    return check


def octets(values: Sequence[int]) -> bytes | None:
    """Groups of five bits as bytes; None where more than the padding is left, or the padding is not zero."""
    accumulated, n_bits, made = 0, 0, bytearray()
    for value in values:
        accumulated, n_bits = accumulated << 5 | value, n_bits + 5
        if n_bits >= 8:
            n_bits -= 8
            made.append(accumulated >> n_bits & 0xFF)
            accumulated &= (1 << n_bits) - 1
    return None if n_bits >= 5 or accumulated else bytes(made)


def is_address(text: str, prefix: str) -> bool:
    """Whether `text` is a segregated-witness address of the network with this human-readable part (bc, ltc)."""
    if text != text.lower() and text != text.upper():
        return False
    text = text.lower()
    if not text.startswith(f"{prefix}1") or len(text) > _MAX_LENGTH:
        return False
    data = [_VALUES.get(c, -1) for c in text[len(prefix) + 1 :]]
    if len(data) < 7 or min(data) < 0 or data[0] > _MAX_VERSION:
        return False
    expanded = [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix), *data]
    if _checksum(expanded) != (_BECH32M if data[0] else _BECH32):
        return False
    program = octets(data[1:-6])
    return program is not None and 2 <= len(program) <= 40 and (data[0] > 0 or len(program) in (20, 32))
