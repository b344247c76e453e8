"""Addresses in base 58: version, hash, and four bytes of checksum. The version says which coin it is."""

from __future__ import annotations

import hashlib

import base58

from pipelines.device.identifiers.ethereum import keccak256

# First character -> coin and version bytes. Scripts of Litecoin that begin with 3 cannot be told from Bitcoin's.
COINS = {
    "1": ("BTC", (0x00,)),
    "3": ("BTC", (0x05,)),
    "L": ("LTC", (0x30,)),
    "M": ("LTC", (0x32,)),
    "D": ("DOGE", (0x1E,)),
    "9": ("DOGE", (0x16,)),
    "A": ("DOGE", (0x16,)),
    "T": ("TRON", (0x41,)),
    "r": ("XRP", (0x00,)),
    "4": ("XMR", (18, 19)),
    "8": ("XMR", (42,)),
}
_HASH = 20  # bytes
LENGTHS = {"XMR": (95, 106)} | dict.fromkeys(("BTC", "LTC", "DOGE", "TRON", "XRP"), tuple(range(25, 36)))
"""Characters that an address of a coin may have."""

_ALPHABETS = {"XRP": base58.XRP_ALPHABET}
_FIGURES = {c: i for i, c in enumerate(base58.BITCOIN_ALPHABET.decode())}
_BLOCK_BYTES = {2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}  # Monero: characters of a block -> bytes
_BLOCK = 11


def coin_of(text: str) -> str | None:
    """The coin that an address with this first character is of."""
    coin = COINS.get(text[:1])
    return coin[0] if coin else None


def is_address(text: str) -> bool:
    """Whether `text` is an address of the main network of the coin that its first character names."""
    coin, versions = COINS[text[0]]
    if len(text) not in LENGTHS[coin]:
        return False
    if coin == "XMR":
        decoded = _monero(text)
        return decoded is not None and decoded[0] in versions and decoded[-4:] == keccak256(decoded[:-4])[:4]
    try:
        decoded = base58.b58decode(text, alphabet=_ALPHABETS.get(coin, base58.BITCOIN_ALPHABET))
    except ValueError:
        return False
    if len(decoded) != 1 + _HASH + 4 or decoded[0] not in versions:
        return False
    return decoded[-4:] == hashlib.sha256(hashlib.sha256(decoded[:-4]).digest()).digest()[:4]


def _monero(text: str) -> bytes | None:
    """Base 58 by blocks of eight bytes, as Monero writes it."""
    made = b""
    for i in range(0, len(text), _BLOCK):
        block, number = text[i : i + _BLOCK], 0
        for character in block:
            if (figure := _FIGURES.get(character)) is None:
                return None
            number = number * 58 + figure
        n_bytes = _BLOCK_BYTES.get(len(block))
        if n_bytes is None or number >> 8 * n_bytes:
            return None
        made += number.to_bytes(n_bytes, "big")
    return made
