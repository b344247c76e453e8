"""Scoring by a champion of each family: reports a second and core in Spark against the plain pipeline in one process.

`python -m tests.bench.bench_scoring [reports] [family]`; one JSON line. Texts are read from Parquet; the plain pipeline
gets them in batches of the same size, read as the night reads them, before, between and after Spark's two turns.
Growth is seconds against a tenth of the reports.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from jobs.runtime import spark
from models.candidates import candidates
from models.serving import artefact, scoring
from models.text import masking
from models.training import compare
from tests.bench import measure

N_TRAIN, CHUNK = 4_000, 50_000
BATCH = 10_000  # Arrow's default rows a batch, and the plain pipeline's


def word(k: int) -> str:
    """The k-th word. Of letters: folds take texts that differ in figures only for the same text."""
    return "w" + "".join(chr(ord("a") + k // 26**ctx % 26) for ctx in range(4))


def texts(n: int, seed: int) -> np.ndarray:
    """Report-like texts of about 60 words over a vocabulary of Zipf's shape."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array([word(k) for k in range(20_000)], dtype=object)
    draws = np.minimum(rng.zipf(1.3, size=(n, 60)), len(vocabulary)) - 1
    return np.array([" ".join(row) for row in vocabulary[draws]], dtype=object)


def champion(family: str) -> artefact.Artefact:
    """A trained classifier of the family: the first candidate of it in the list. One word decides what is positive."""
    n = N_TRAIN if family != "bert" else N_TRAIN // 5  # what it learnt does not change how long it reads
    words, ids = texts(n, 0), [str(k) for k in range(n)]
    persons: list[list[str]] = [[] for _ in words]
    reports = pd.DataFrame({"report_id": ids, "text": words, "text_hash": ids, "person_ids": persons}).assign(
        label=[word(40) in text for text in words], stratum="NO_TAG", force="36", is_suspected_false=False
    )
    candidate = next(each for each in candidates.CANDIDATES if each.family == family and not each.is_baseline)
    result = compare.train(reports, [candidate], seed=1, n_folds=3, capacity=50).results[0]
    form, blob = artefact.dumps(result.pipeline)
    return artefact.Artefact("bench", "1", blob, hashlib.sha256(blob).hexdigest(), result.intervals, form=form)


def written(session: SparkSession, folder: Path, n: int) -> DataFrame:
    """`n` texts as Parquet, made a chunk at a time so that making them takes no memory."""
    path = str(folder / f"texts{n}")
    for start in range(0, n, CHUNK):
        some = texts(min(CHUNK, n - start), 2 + start)
        ids = [str(start + k) for k in range(len(some))]
        part = session.createDataFrame(pd.DataFrame({"report_id": ids, "text_hash": "0", "text": some}))
        part.write.mode("append").parquet(path)
    return session.read.parquet(path)


def spread_s(frame: DataFrame, made: artefact.Artefact) -> float:
    begun = time.perf_counter()
    frame.mapInArrow(scoring.scorer(made), scoring.SCORED).write.format("noop").mode("overwrite").save()
    return time.perf_counter() - begun


def plain_s(pipeline: Any, some: np.ndarray) -> float:
    begun = time.perf_counter()
    for start in range(0, len(some), BATCH):
        pipeline.predict_proba(masking.texts(some[start : start + BATCH]))
    return time.perf_counter() - begun


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    made = champion(sys.argv[2] if len(sys.argv) > 2 else "logistic")
    cores = os.cpu_count() or 1
    folder = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    session = spark.session(folder, cores=str(cores), java_options=measure.JAVA)
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH)
    frame, tenth = written(session, folder, n), written(session, folder, max(1, n // 10))
    some, pipeline = texts(min(n, 2 * CHUNK), 2), made.load()  # the plain pipeline's speed does not depend on how many
    spread_s(tenth.limit(1), made)  # starts the workers
    small = spread_s(tenth, made)
    alone, spread = [plain_s(pipeline, some)], []
    for _ in range(2):
        spread.append(spread_s(frame, made))
        alone.append(plain_s(pipeline, some))
    plain, whole = len(some) / float(np.mean(alone)), float(np.mean(spread))
    found = {
        "n": n, "batch": BATCH, "cores": cores, "plain_per_s": round(plain),
        "spark_per_s_and_core": round(n / whole / cores), "ratio": round(n / whole / cores / plain, 2),
        "seconds": round(whole, 1), "growth": round(whole / small, 1), "model_mib": round(len(made.blob) / 2**20, 1),
    }  # fmt: skip
    print(json.dumps(found))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
