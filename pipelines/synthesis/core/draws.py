"""Draws that depend only on (seed, name, key): the same world whatever the chunk size, order or worker.

Each value is a hash of the seed, the draw's name and the key (an index of a report, person, ...), so nothing has to be
kept in memory and any part of the world can be made by itself. Hash: splitmix64 (Steele, Lea and Flood, 2014).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
AnyInts = Ints | Keys

_GOLDEN = 0x9E3779B97F4A7C15
_M1, _M2 = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


@lru_cache(maxsize=100_000)
def _start(seed: int, name: str) -> np.uint64:
    """Where the named draw's sequence begins: 64 bits of SHA-256."""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def _mixed(x: Keys) -> Keys:
    """The finaliser of splitmix64, in place."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(_M1)
    x ^= x >> np.uint64(27)
    x *= np.uint64(_M2)
    x ^= x >> np.uint64(31)
    return x


@dataclass(frozen=True)
class Draws:
    """Named draws of one seed. Every method takes keys of shape (n,) and returns shape (n,)."""

    seed: int

    def hash(self, name: str, keys: AnyInts) -> Keys:
        """64 uniform bits a key."""
        x = keys.astype(np.uint64)
        x *= np.uint64(_GOLDEN)
        x += _start(self.seed, name)
        return _mixed(x)

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
        """Index drawn with the given weights: shape (k,) for all, or (n, k) one row per key."""
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
