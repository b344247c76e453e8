"""Test equipment codes of the world's telephones: IMEI 00..., IMSI 00101..."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar


def codes(draw: draws.Draws, name: str, prefix: str, number: draws.Ints, width: int) -> pa.Array:
    """Test equipment codes: one a telephone number."""
    serial = pa.array(draw.below(name, number, 10**width)).cast(pa.string())
    return grammar.concat([prefix, pc.utf8_lpad(serial, width, "0")], len(number))


def checked(bodies: pa.Array) -> pa.Array:
    """IMEIs of 14 digits with their Luhn check digit."""
    digits = np.frombuffer("".join(bodies.to_pylist()).encode(), np.uint8).reshape(-1, 14).astype(np.int64) - 48
    digits[:, 1::2] *= 2
    check = -(digits // 10 + digits % 10).sum(axis=1) % 10
    return grammar.concat([bodies, pa.array(check).cast(pa.string())], len(bodies))
