"""Addresses of wallets that nobody holds the key of: encoders of published forms, apart from what reads them.

Sources: base58check (Bitcoin), BIP-173 and BIP-350 (segregated witness), EIP-55 (mixed-case checksum).
"""

from __future__ import annotations

import hashlib

import base58
from Crypto.Hash import keccak

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"  # pragma: allowlist secret  # the alphabet of BIP-173
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32, _BECH32M = 1, 0x2BC830A3


def _bytes(seed: str, n: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(n)


def bitcoin(seed: str) -> str:
    """A pay-to-public-key-hash address."""
    return base58.b58encode_check(b"\x00" + _bytes(seed, 20)).decode()


def bitcoin_witness(seed: str, version: int = 0) -> str:
    """A segregated-witness address: version 0 (bech32) or 1 (bech32m)."""
    program = _fives(_bytes(seed, 20 if version == 0 else 32))
    data = [version, *program]
    expanded = [3, 3, 0, 2, 3]  # of "bc"
    check = _polymod([*expanded, *data, *[0] * 6]) ^ (_BECH32 if version == 0 else _BECH32M)
    return "bc1" + "".join(_CHARSET[d] for d in [*data, *((check >> 5 * (5 - i)) & 31 for i in range(6))])


def ethereum(seed: str) -> str:
    """An address with the checksum in its capitals."""
    plain = _bytes(seed, 20).hex()
    digest = keccak.new(digest_bits=256, data=plain.encode()).hexdigest()
    return "0x" + "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(plain, digest, strict=False))


def _fives(data: bytes) -> list[int]:
    """Bytes as groups of five bits, the last one filled with zeros."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return [int(bits[k : k + 5], 2) for k in range(0, len(bits), 5)]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for k, factor in enumerate(_GENERATOR):
            check ^= factor if (top >> k) & 1 else 0
    return check
