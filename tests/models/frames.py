"""Tiny training frames: seeded, plain words, no persons."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

SIGNS = ("parcel collected nightly", "blue lanyard seen", "lift offered again", "harbour cafe visits")
NOISE = (
    "vehicle street shop evening caller noted officer address garden window phone market station road bridge".split()
)


def training_frame(n: int = 240, share: float = 0.2, seed: int = 3, n_people: int = 120) -> pd.DataFrame:
    """Reports of fourteen words; with the label they hold one of four signs nine times in ten, else one in twenty."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < share
    has_sign = np.where(label, rng.random(n) < 0.9, rng.random(n) < 0.05)
    texts = [
        " ".join([*rng.choice(NOISE, 11), rng.choice(SIGNS) if sign else "nothing further known"]) for sign in has_sign
    ]
    people = [[f"36:P{p}"] for p in rng.integers(0, n_people, n)]
    return frame(texts, label, people)


def frame(texts: Sequence[str], label: Sequence[bool] | np.ndarray, people: Sequence[list[str]]) -> pd.DataFrame:
    n = len(texts)
    return pd.DataFrame(
        {
            "report_id": [f"36:{k:05d}" for k in range(n)],
            "text": list(texts),
            "text_hash": [hashlib.sha256(text.encode()).hexdigest() for text in texts],
            "label": np.asarray(label, dtype=bool),
            "stratum": ["NO_TAG" if k % 2 else "OTHER_TAG" for k in range(n)],
            "force": ["36" if k % 3 else "37" for k in range(n)],
            "person_ids": list(people),
            "is_suspected_false": False,
        }
    )
