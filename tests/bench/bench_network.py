"""The risk on a made network: `python -m tests.bench.bench_network ENTITIES [--rivals]`.

Five edges an entity with a power-law of degrees and hubs, one supernode of up to 50,000 contacts, a hundredth of the
entities missing children, a fiftieth seeds, three hops; preparation (joining edges to links, degrees) included. With
`--rivals` also networkx and plain SQL without pruning, on the same graph, and the results compared.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.runtime import risk_rules, settings
from jobs.runtime import spark as spark_job
from pipelines.network.edges import links
from pipelines.network.risk import paths as risk_paths

SUPERNODE = 50_000
CHUNK = 1_000_000  # edges whose ids are written out at a time


def edges(n: int, folder: Path, seed: int = 1) -> None:
    """Writes from_id, to_id, strength, first_at, last_at of a power-law graph, as made by preferential attachment."""
    draw = np.random.default_rng(seed)
    m = 5 * n
    popular = (n * draw.random(m) ** 2.2).astype(np.int64)  # low numbers are hubs
    other = draw.integers(0, n, m)
    contacts = draw.choice(n, min(SUPERNODE, n // 2), replace=False)
    one, two = np.concatenate([popular, np.zeros(len(contacts), np.int64)]), np.concatenate([other, contacts])
    first = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(draw.integers(0, 300, len(one)), "D")
    found = pd.DataFrame(
        {
            "from_id": one, "to_id": two, "strength": draw.uniform(0.05, 0.9, len(one)),
            "first_at": first, "last_at": first + pd.to_timedelta(draw.integers(0, 200, len(one)), "D"),
        }
    )  # fmt: skip
    found = found[found["from_id"] != found["to_id"]]
    for start in range(0, len(found), CHUNK):
        part = found.iloc[start : start + CHUNK].copy()
        for end in ("from_id", "to_id"):
            part[end] = part[end].map("{:016x}".format)  # ids are as long as the pipeline's own
        part.to_parquet(folder / f"edges{start:09d}.parquet", coerce_timestamps="us")


def people(n: int, share: int, seed: int) -> list[str]:
    drawn = np.random.default_rng(seed).choice(np.arange(n // 100, n), n // share, replace=False)
    return [f"{k:016x}" for k in sorted(drawn)]


def walk(spark: SparkSession, folder: Path, n: int, limits: risk_paths.Limits) -> tuple[DataFrame, dict[str, Any]]:
    begun = time.monotonic()
    pair = spark.read.parquet(str(folder)).select(
        F.least("from_id", "to_id").alias("near_id"), F.greatest("from_id", "to_id").alias("far_id"),
        "strength", "first_at", "last_at",
    )  # fmt: skip
    both = links.links(pair).persist()
    degrees = links.degrees(both).withColumn("is_person", F.lit(False)).persist()
    n_links, largest = both.count(), degrees.agg(F.max("degree")).collect()[0][0]
    prepared = time.monotonic()
    children = spark.createDataFrame([(c,) for c in people(n, 100, 2)], "child_id string")
    seeds = spark.createDataFrame(
        [(s, 0.6, 0.5, 0.7, False) for s in people(n, 50, 3)],
        "seed_id string, risk double, risk_low double, risk_high double, is_place boolean",
    )
    found = risk_paths.paths(both, degrees, children, seeds, limits).persist()
    n_paths = found.count()
    kinds = spark.createDataFrame([], "entity_id string, queue string")
    n_scored = risk_paths.scores(risk_paths.subjects(found, kinds)).count()
    done = time.monotonic()
    return found, {
        "n_links": n_links // 2, "largest_degree": largest, "n_paths": n_paths, "n_scored": n_scored,
        "prepare_s": round(prepared - begun, 1), "paths_s": round(done - prepared, 1),
        "seconds": round(done - begun, 1),
    }  # fmt: skip


def rivals(spark: SparkSession, folder: Path, n: int, limits: risk_paths.Limits, found: DataFrame) -> dict[str, Any]:
    """networkx, one path after the other, and plain SQL without pruning: seconds, and whether the weights agree."""
    import networkx as nx

    own = {
        tuple(e for e in r[:4] if e): r.weight
        for r in found.select("child_id", "a_id", "b_id", "seed_id", "weight").collect()
    }
    rows = links.links(
        spark.read.parquet(str(folder)).select(
            F.least("from_id", "to_id").alias("near_id"), F.greatest("from_id", "to_id").alias("far_id"),
            "strength", "first_at", "last_at",
        )
    ).where("near_id < far_id").toPandas()  # fmt: skip
    begun = time.monotonic()
    graph = nx.Graph()
    for row in rows.itertuples():
        graph.add_edge(row.near_id, row.far_id, s=row.strength, f=row.first_at, l=row.last_at)
    plain = _by_networkx(graph, people(n, 100, 2), set(people(n, 50, 3)), limits)
    networkx_s = round(time.monotonic() - begun, 1)
    begun = time.monotonic()
    unpruned = _by_sql(spark, rows, n, limits)
    sql_s = round(time.monotonic() - begun, 1)

    def agree(other: dict[tuple[str, ...], float]) -> bool:
        return own.keys() == other.keys() and all(abs(own[k] - w) < 1e-9 for k, w in other.items())

    return {"networkx_s": networkx_s, "sql_s": sql_s, "networkx_agrees": agree(plain), "sql_agrees": agree(unpruned)}


def _by_networkx(
    graph: Any, children: list[str], seeds: set[str], limits: risk_paths.Limits
) -> dict[tuple[str, ...], float]:
    found = {}
    damp = {v: min(1.0, limits.free_degree / d) ** limits.damping_power for v, d in graph.degree}
    for child in children:
        if child not in graph:
            continue
        stack = [((child,), 1.0, ())]
        while stack:
            way, weight, times = stack.pop()
            for far, tie in graph[way[-1]].items():
                if far in way:
                    continue
                # Under the floor already: the rest of the way has factors of at most one.
                reached = weight * tie["s"] * (damp[way[-1]] if len(way) > 1 else 1.0)
                if reached < limits.floor:
                    continue
                held = (*times, (tie["f"], tie["l"]))
                if far in seeds and reached * 0.6 >= limits.floor and _in_time(held):
                    found[(*way, far)] = reached * 0.6
                if len(way) < limits.max_hops:
                    stack.append(((*way, far), reached, held))
    return found


def _in_time(times: tuple[Any, ...]) -> bool:
    now = times[-1][0]
    for first, last in reversed(times):
        now = max(now, first)
        if now > last:
            return False
    return True


def _by_sql(spark: SparkSession, rows: pd.DataFrame, n: int, limits: risk_paths.Limits) -> dict[tuple[str, ...], float]:
    """Every path of up to three hops first, weights afterwards."""
    back = rows.rename(columns={"near_id": "far_id", "far_id": "near_id"})
    spark.createDataFrame(pd.concat([rows, back], ignore_index=True)).createOrReplaceTempView("l")
    spark.createDataFrame([(c,) for c in people(n, 100, 2)], "c string").createOrReplaceTempView("children")
    spark.createDataFrame([(s,) for s in people(n, 50, 3)], "s string").createOrReplaceTempView("seeds")
    free, power = float(limits.free_degree), limits.damping_power
    spark.sql(
        f"SELECT near_id AS v, least(1D, pow({free}D / count(*), {power}D)) AS d FROM l GROUP BY near_id"
    ).createOrReplaceTempView("damp")
    one = """SELECT c, NULL AS a, NULL AS b, s, 0.6D * x.strength AS w FROM children
        JOIN l x ON x.near_id = c JOIN seeds ON s = x.far_id"""
    two = """SELECT c, x.far_id AS a, NULL AS b, s, 0.6D * x.strength * y.strength * da.d AS w FROM children
        JOIN l x ON x.near_id = c JOIN damp da ON da.v = x.far_id JOIN l y ON y.near_id = x.far_id
        JOIN seeds ON s = y.far_id
        WHERE s <> c AND y.first_at <= x.last_at"""
    three = """SELECT c, x.far_id AS a, y.far_id AS b, s, 0.6D * x.strength * y.strength * z.strength * da.d * db.d AS w
        FROM children JOIN l x ON x.near_id = c JOIN damp da ON da.v = x.far_id JOIN l y ON y.near_id = x.far_id
        JOIN damp db ON db.v = y.far_id JOIN l z ON z.near_id = y.far_id JOIN seeds ON s = z.far_id
        WHERE y.far_id <> c AND s <> c AND s <> x.far_id AND z.first_at <= y.last_at
        AND greatest(z.first_at, y.first_at) <= x.last_at"""
    found = spark.sql(f"SELECT * FROM ({one} UNION ALL {two} UNION ALL {three}) WHERE w >= {limits.floor}D")
    return {tuple(e for e in r[:4] if e): r.w for r in found.collect()}


def main() -> None:
    n = int(sys.argv[1])
    limits = risk_rules.rules(settings.load()).limits
    with tempfile.TemporaryDirectory() as scratch:
        spark = spark_job.session(Path(scratch) / "spark", cores="2")
        folder = Path(scratch) / "edges"
        folder.mkdir()
        edges(n, folder)
        found, figures = walk(spark, folder, n, limits)
        if "--rivals" in sys.argv:
            figures |= rivals(spark, folder, n, limits, found)
        spark.stop()
    print(json.dumps({"n_entities": n, **figures}))


if __name__ == "__main__":
    main()
