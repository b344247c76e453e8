"""Scoring by a champion of each family: reports a second and core in Spark against the plain pipeline in one process.

`python -m tests.bench.bench_families [reports] [family]`; one JSON line. Texts are those of `bench_scoring`, read from
Parquet; the plain pipeline gets reports in batches of the same size, read as the night reads them. Growth is seconds
against a tenth of the reports.
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

import pandas as pd
import skops.io
from pyspark.sql import DataFrame, SparkSession

from jobs import spark
from models import artefact, candidates, reading, scoring, training
from tests.bench import bench_scoring

N_TRAIN, CHUNK = 4_000, 50_000
BATCH = 10_000  # Arrow's default rows a batch, and the plain pipeline's


def champion(family: str) -> artefact.Artefact:
    """A trained classifier of the family: the first candidate of it in the list."""
    candidate = next(each for each in candidates.CANDIDATES if each.family == family and not each.is_baseline)
    result = training.train(bench_scoring.frame(N_TRAIN), [candidate], seed=1, n_folds=3, capacity=50).results[0]
    blob = skops.io.dumps(result.pipeline)
    return artefact.Artefact("bench", "1", blob, hashlib.sha256(blob).hexdigest(), result.intervals)


def written(session: SparkSession, folder: Path, n: int) -> DataFrame:
    """`n` texts as Parquet, made a chunk at a time so that making them takes no memory."""
    path = str(folder / f"texts{n}")
    for start in range(0, n, CHUNK):
        texts = bench_scoring.texts(min(CHUNK, n - start), 2 + start)
        ids = [str(start + k) for k in range(len(texts))]
        part = session.createDataFrame(pd.DataFrame({"report_id": ids, "text_hash": "0", "text": texts}))
        part.write.mode("append").parquet(path)
    return session.read.parquet(path)


def spread_s(frame: DataFrame, made: artefact.Artefact) -> float:
    begun = time.perf_counter()
    frame.mapInArrow(scoring.scorer(made), scoring.SCORED).write.format("noop").mode("overwrite").save()
    return time.perf_counter() - begun


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    made = champion(sys.argv[2] if len(sys.argv) > 2 else "logistic")
    cores = os.cpu_count() or 1
    folder = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    session = spark.session(folder, cores=str(cores))
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH)
    frame, tenth = written(session, folder, n), written(session, folder, max(1, n // 10))
    plain_texts = bench_scoring.texts(min(n, 2 * CHUNK), 2)  # the plain pipeline's speed does not depend on how many
    pipeline = made.load()
    spread_s(tenth.limit(1), made)  # starts the workers
    begun = time.perf_counter()
    for start in range(0, len(plain_texts), BATCH):
        pipeline.predict_proba(reading.texts(plain_texts[start : start + BATCH]))
    plain = len(plain_texts) / (time.perf_counter() - begun)
    small, whole = spread_s(tenth, made), spread_s(frame, made)
    found = {
        "n": n, "batch": BATCH, "cores": cores, "plain_per_s": round(plain),
        "spark_per_s_and_core": round(n / whole / cores), "ratio": round(n / whole / cores / plain, 2),
        "seconds": round(whole, 1), "growth": round(whole / small, 1), "model_mib": round(len(made.blob) / 2**20, 1),
    }  # fmt: skip
    print(json.dumps(found))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
