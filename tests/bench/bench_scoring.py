"""Scoring: Spark over all cores against the plain scikit-learn pipeline in one process, same texts, same run."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io

from jobs import spark
from models import artefact, candidates, scoring, training

N_TRAIN, N_SCORE, ROUNDS = 4_000, 400_000, 3


def word(k: int) -> str:
    """The k-th word. Of letters: folds take texts that differ in figures only for the same text."""
    return "w" + "".join(chr(ord("a") + k // 26**place % 26) for place in range(4))


def texts(n: int, seed: int) -> np.ndarray:
    """Report-like texts of about 60 words over a vocabulary of Zipf's shape."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array([word(k) for k in range(20_000)], dtype=object)
    draws = np.minimum(rng.zipf(1.3, size=(n, 60)), len(vocabulary)) - 1
    return np.array([" ".join(row) for row in vocabulary[draws]], dtype=object)


def frame(n: int) -> pd.DataFrame:
    """Reports to train on; one word decides which are positive."""
    words = texts(n, 0)
    columns = {"report_id": [str(k) for k in range(n)], "text": words, "text_hash": [str(k) for k in range(n)]}
    label = np.array([word(40) in text for text in words])
    persons: list[list[str]] = [[] for _ in words]
    return pd.DataFrame(columns).assign(
        label=label, stratum="NO_TAG", force="36", person_ids=persons, is_suspected_false=False
    )


def model() -> artefact.Artefact:
    result = training.train(frame(N_TRAIN), [candidates.TFIDF_LOGISTIC], seed=1, n_folds=3, capacity=50).results[0]
    blob = skops.io.dumps(result.pipeline)
    return artefact.Artefact("bench", "1", blob, hashlib.sha256(blob).hexdigest(), result.intervals)


def main() -> None:
    made = model()
    batch = texts(N_SCORE, 2)
    cores = os.cpu_count() or 1
    folder = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    session = spark.session(folder, cores=str(cores))
    reports = pd.DataFrame({"report_id": [str(k) for k in range(N_SCORE)], "text_hash": "0", "text": batch})
    session.createDataFrame(reports).repartition(cores * 2).write.parquet(str(folder / "texts"))
    pipeline = made.load()
    plain, spread = [], []
    for _ in range(ROUNDS):  # in turns, so that a machine that slows down slows both
        begun = time.perf_counter()
        pipeline.predict_proba(batch)
        plain.append(N_SCORE / (time.perf_counter() - begun))
        begun = time.perf_counter()
        scored = session.read.parquet(str(folder / "texts")).mapInArrow(scoring.scorer(made), scoring.SCORED)
        scored.write.format("noop").mode("overwrite").save()
        spread.append(N_SCORE / (time.perf_counter() - begun) / cores)
    ratios = sorted(s / p for s, p in zip(spread, plain, strict=True))
    print(
        json.dumps(
            {
                "n": N_SCORE,
                "plain_per_s": round(float(np.median(plain))),
                "spark_per_s_and_core": round(float(np.median(spread))),
                "ratio": round(ratios[len(ratios) // 2], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
