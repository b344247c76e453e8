"""Pictures that are alike: `python -m tests.bench.device.alike N_PICTURES N_ITEMS` prints one JSON line.

CPU seconds to find the pairs of hashes near each other by bands, each picture in eight orientations, and by comparing
every pair with numpy, over a share of the pictures. Half of the pictures are items with up to 31 bits flipped.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from pipelines.device import pdq

SHARE = 20  # of the pictures one in so many is compared with every item


def main(n_pictures: int, n_items: int) -> None:
    drawn = np.random.default_rng(7)
    items = drawn.integers(0, 256, (n_items, 32), dtype=np.uint8)
    bits = np.unpackbits(items[:n_pictures], axis=1)
    for row in bits[::2]:
        row[drawn.choice(256, size=drawn.integers(0, 32), replace=False)] ^= 1
    bits[1::2] = drawn.integers(0, 2, bits[1::2].shape)
    turned = pdq.orientations(np.packbits(bits, axis=1)).reshape(-1, 32)
    begun = time.process_time()
    left, _, _ = pdq.near(turned, items)
    banded_s = time.process_time() - begun
    words, some = items.view(np.uint64), turned.view(np.uint64)[: len(turned) // SHARE]
    begun = time.process_time()
    n_found = sum(int((np.bitwise_count(words ^ one).sum(axis=1) <= pdq.MAX_DISTANCE).sum()) for one in some)
    every_s = (time.process_time() - begun) * SHARE
    if n_found != (left < len(some)).sum():
        raise SystemExit(f"{n_found} pairs, and {(left < len(some)).sum()} by bands")
    told = {"n_pictures": n_pictures, "n_items": n_items, "n_pairs": len(left)}
    print(json.dumps({**told, "banded_cpu_s": round(banded_s, 2), "every_pair_cpu_s": round(every_s, 1)}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
