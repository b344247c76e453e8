"""Scoring by a champion of each family: reports a second and core in Spark against the plain pipeline in one process.

`python -m tests.bench.bench_families [reports] [families,...]`; one JSON line a family. Texts are those of
`bench_scoring`, written once and read from Parquet; the plain pipeline gets reports in batches of the same size, read
as the night reads them. Growth is seconds against a tenth of the reports; memory is that of the whole process tree
where `measure.in_process` runs this.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from pyspark.sql import DataFrame, SparkSession

from jobs import spark
from models import artefact, candidates, reading, scoring, training
from tests.bench import bench_scoring

N_TRAIN, CHUNK = 4_000, 50_000
BATCH = 10_000  # Arrow's default rows a batch, and the plain pipeline's


def champions(wanted: list[str]) -> Iterator[tuple[str, artefact.Artefact]]:
    """One trained classifier a family: the first candidate of it in the list."""
    words = bench_scoring.texts(N_TRAIN, 0)
    label = np.array([bench_scoring.word(40) in text for text in words])
    frame = pd.DataFrame(
        {
            "report_id": [str(k) for k in range(N_TRAIN)], "text": words, "text_hash": [str(k) for k in range(N_TRAIN)],
            "label": label, "stratum": "NO_TAG", "force": "36", "person_ids": [[] for _ in words],
            "is_suspected_false": False,
        }
    )  # fmt: skip
    seen = set()
    for candidate in candidates.CANDIDATES:
        if candidate.is_baseline or candidate.family in seen or (wanted and candidate.family not in wanted):
            continue
        seen.add(candidate.family)
        result = training.train(frame, [candidate], seed=1, n_folds=3, capacity=50).results[0]
        blob = skops.io.dumps(result.pipeline)
        made = artefact.Artefact("bench", "1", blob, hashlib.sha256(blob).hexdigest(), result.intervals)
        yield candidate.family, made


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
    wanted = sys.argv[2].split(",") if len(sys.argv) > 2 else []
    cores = os.cpu_count() or 1
    folder = Path(tempfile.mkdtemp(prefix="nightjar-bench-"))
    session = spark.session(folder, cores=str(cores))
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH)
    frame, tenth = written(session, folder, n), written(session, folder, max(1, n // 10))
    plain_texts = bench_scoring.texts(min(n, 2 * CHUNK), 2)  # the plain pipeline's speed does not depend on how many
    for family, made in champions(wanted):
        pipeline = made.load()
        spread_s(tenth.limit(1), made)  # starts the workers
        begun = time.perf_counter()
        for start in range(0, len(plain_texts), BATCH):
            pipeline.predict_proba(reading.texts(plain_texts[start : start + BATCH]))
        plain = len(plain_texts) / (time.perf_counter() - begun)
        small, whole = spread_s(tenth, made), spread_s(frame, made)
        found = {
            "family": family, "n": n, "batch": BATCH, "cores": cores, "plain_per_s": round(plain),
            "spark_per_s_and_core": round(n / whole / cores), "ratio": round(n / whole / cores / plain, 2),
            "seconds": round(whole, 1), "growth": round(whole / small, 1),
            "model_mib": round(len(made.blob) / 2**20, 1),
        }  # fmt: skip
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
