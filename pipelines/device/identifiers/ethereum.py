"""Ethereum addresses: 40 hexadecimal figures, whose letters' case is a checksum where both cases occur (EIP-55)."""

from __future__ import annotations

from Crypto.Hash import keccak

from pipelines.device.identifiers.mentions import BAD, NONE, OK


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as before its standardisation, which Ethereum and Monero use."""
    return keccak.new(digest_bits=256, data=data).digest()


def status(digits: str) -> str:
    """What EIP-55 says of 40 hexadecimal figures. One case alone is written by programs that know no checksum."""
    if digits in (digits.lower(), digits.upper()):
        return NONE
    bits = keccak256(digits.lower().encode()).hex()
    cased = "".join(c.upper() if int(bit, 16) >= 8 else c for c, bit in zip(digits.lower(), bits[:40], strict=True))
    return OK if cased == digits else BAD
