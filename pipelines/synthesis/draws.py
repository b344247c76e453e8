"""Draws that depend only on (seed, name, key): the same world whatever the chunk size, order or worker.

Each value is a hash of the seed, the draw's name and the key (an index of a report, person, ...), so nothing has to be
kept in memory and any part of the world can be made by itself. Hash: splitmix64 (Steele, Lea, Flood 2014).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
AnyInts = Ints | Keys

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def _mix(x: Keys) -> Keys:
    x = (x ^ (x >> np.uint64(30))) * _M1
    x = (x ^ (x >> np.uint64(27))) * _M2
    return x ^ (x >> np.uint64(31))


@dataclass(frozen=True)
class Draws:
    """Named draws of one seed. Every method takes keys of shape (n,) and returns shape (n,)."""

    seed: int

    def hash(self, name: str, keys: AnyInts) -> Keys:
        """64 uniform bits a key."""
        salt = np.uint64(zlib.crc32(name.encode()) | (zlib.adler32(name.encode()) << 32))
        start = _mix(np.array([np.uint64(self.seed & 0xFFFFFFFFFFFFFFFF) + _GOLDEN], dtype=np.uint64))[0]
        with np.errstate(over="ignore"):
            return _mix(_mix(keys.astype(np.uint64) * _GOLDEN + start) ^ salt)

    def uniform(self, name: str, keys: AnyInts) -> Floats:
        """Uniform in [0, 1)."""
        return (self.hash(name, keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, name: str, keys: AnyInts, bound: int | AnyInts) -> Ints:
        """Uniform integers in [0, bound); `bound` is one number or one a key, at least 1."""
        return (self.uniform(name, keys) * bound).astype(np.int64)

    def chance(self, name: str, keys: AnyInts, p: float | Floats) -> Bools:
        """True with probability `p` (one number or one a key)."""
        return self.uniform(name, keys) < p

    def choice(self, name: str, keys: AnyInts, weights: Sequence[float] | Floats) -> Ints:
        """Index drawn with the given weights: shape (k,) for all, or (n, k) one row a key."""
        w = np.asarray(weights, dtype=np.float64)
        u = self.uniform(name, keys)
        if w.ndim == 1:
            return np.minimum(np.searchsorted(np.cumsum(w) / w.sum(), u, side="right"), len(w) - 1).astype(np.int64)
        edges = np.cumsum(w, axis=1) / w.sum(axis=1, keepdims=True)
        return np.minimum((u[:, None] >= edges).sum(axis=1), w.shape[1] - 1).astype(np.int64)

    def pick(self, name: str, keys: AnyInts, pool: pa.Array) -> pa.Array:
        """Members of `pool`, evenly."""
        return pool.take(pa.array(self.below(name, keys, len(pool))))

    def early(self, name: str, keys: AnyInts, bound: int | AnyInts, skew: float = 2.0) -> Ints:
        """Integers in [0, bound), low ones more often (density of u**skew): a few people recur, most do not."""
        return (self.uniform(name, keys) ** skew * bound).astype(np.int64)
