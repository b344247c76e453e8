"""PDQ hashes of pictures as somebody else made them: which of two sets are near each other, however turned.

A hash is 256 bits: whether each of 16 by 16 frequencies of a small grey picture lies above their median. No picture is
needed to turn one. Turned by a quarter, rows become columns; mirrored, every odd frequency changes its sign and with it
(nearly) its bit: what that costs is below the threshold of 31 bits (`tests/pipelines/device/test_pdq.py`). Source: the
algorithm's description, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook, 2019.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 31  # bits of 256 that differ; the threshold that the algorithm's authors give
MIN_QUALITY = 50  # below it a picture is too flat for its hash to mean anything
ORIENTATIONS = 8
_BYTES, _BANDS = 32, 16  # 31 bits over 16 bands: in one of them at most one differs
_HEX = re.compile(r"([0-9a-f]{64})(?:\s*,\s*([0-9]{1,3}))?")
_FLIPS = np.array([0, *(1 << bit for bit in range(16))], dtype=np.uint16)
_AT_ONCE = 1 << 20  # pairs that are compared at once

Hashes = NDArray[np.uint8]  # a row of 32 bytes per hash
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # left, right, bits that differ


def parsed(text: str) -> tuple[str, int | None] | None:
    """A hash in lower-case hexadecimal and its quality from 0 to 100, of `hash` or `hash,quality`; None: it is none."""
    found = _HEX.fullmatch(text.strip().lower())
    if not found:
        return None
    quality = int(found[2]) if found[2] else None
    return None if quality is not None and quality > 100 else (found[1], quality)


def packed(hashes: list[str]) -> Hashes:
    """Hashes in hexadecimal as rows of bytes."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), dtype=np.uint8).reshape(-1, _BYTES)


def orientations(hashes: Hashes) -> NDArray[np.uint8]:
    """The eight orientations of each hash, itself first: shape (n, 8, 32)."""
    bits = np.unpackbits(hashes, axis=1).reshape(-1, 16, 16).astype(bool)
    odd = np.arange(16) % 2 == 1  # frequencies run from 16 to 1
    mirrors = (np.zeros((16, 16), bool), np.broadcast_to(odd[:, None], (16, 16)), np.broadcast_to(odd, (16, 16)))
    every = (*mirrors, mirrors[1] ^ mirrors[2])
    forms = [form for mirror in every for form in (bits ^ mirror, (bits ^ mirror).transpose(0, 2, 1))]
    flat = np.stack(forms, axis=1).reshape(len(hashes), ORIENTATIONS, 256)
    return np.packbits(flat, axis=2)


def near(left: Hashes, right: Hashes, max_distance: int = MAX_DISTANCE) -> Pairs:
    """All pairs at most so many bits apart, each once, in order: exact, by bands.

    Raises:
        ValueError: the distance is more than bands can promise.
    """
    if max_distance >= 2 * _BANDS:
        raise ValueError(f"bands of 16 bits promise {2 * _BANDS - 1} bits, and no more")
    found = [np.empty((0, 3), dtype=np.int64)]
    for one, other in _candidates(left, right):
        apart = np.bitwise_count(_words(left)[one] ^ _words(right)[other]).sum(axis=1, dtype=np.int64)
        kept = apart <= max_distance
        found.append(np.stack([one[kept], other[kept], apart[kept]], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1], pairs[:, 2]


def _candidates(left: Hashes, right: Hashes) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of which one band differs in at most one bit, in pieces; a pair may come more than once."""
    if not len(left) or not len(right):
        return
    of_left, of_right = _banded(left), _banded(right)
    for band in range(_BANDS):
        order = np.argsort(of_right[:, band], kind="stable")
        held = of_right[order, band]
        probes = (of_left[:, band, None] ^ _FLIPS).ravel()
        first, last = np.searchsorted(held, probes, "left"), np.searchsorted(held, probes, "right")
        counts = last - first
        ends = np.cumsum(counts)
        start = 0
        while start < len(probes):
            before = int(ends[start - 1]) if start else 0
            end = max(start + 1, int(np.searchsorted(ends, before + _AT_ONCE, "right")))
            some = counts[start:end]
            within = np.arange(some.sum()) - np.repeat(ends[start:end] - some - before, some)
            yield (
                np.repeat(np.arange(start, end) // len(_FLIPS), some),
                order[np.repeat(first[start:end], some) + within],
            )
            start = end


def _banded(hashes: Hashes) -> NDArray[np.uint16]:
    return np.ascontiguousarray(hashes).view(np.uint16)


def _words(hashes: Hashes) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes).view(np.uint64)
