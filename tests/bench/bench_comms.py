"""Bulk research: thousands of identifiers over millions of events, in Spark, pandas and DuckDB, doing the same.

    python -m tests.bench.bench_comms [EVENTS] [IDENTIFIERS] [ENGINE ...]

Each engine merges both sides of a call, makes top contacts, common contacts and weekly indicators; results are compared
before a time is printed. Then one number's whole picture from a warm session, on each layout on disk.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from jobs import comms_research, spark
from pipelines import comms_calls, comms_identifiers, comms_indicators, together
from pipelines import comms_research as tables
from schemas import silver
from tests.bench import comms_peers

EVENTS, IDENTIFIERS = 1_000_000, 5_000
PER_NUMBER = 50  # events a number has on average
CHUNK = 1_000_000
OPTIONS = tables.Options(zone="UTC")  # the peers have no time zones
EPOCH = 1_735_689_600  # 2025-01-01


def numbers(index: np.ndarray) -> pa.Array:
    return pa.array(np.char.add("+44", np.char.zfill(index.astype(str), 10)))


def write(folder: Path, n: int) -> None:
    """Events in the columns of silver.comms_events that research reads; some were recorded by the other side too."""
    folder.mkdir()
    n_numbers = max(IDENTIFIERS * 2, n // PER_NUMBER)
    for part, start in enumerate(range(0, n, CHUNK)):
        rng = np.random.default_rng(part)
        size = min(CHUNK, n - start)
        a = rng.integers(0, n_numbers, size)
        b = (a + 1 + (rng.random(size) ** 3 * 400).astype(np.int64)) % n_numbers  # a few contacts often, many seldom
        kind = rng.choice(np.array(["VOICE", "SMS"]), size, p=(0.5, 0.5))
        at = EPOCH + rng.integers(0, 365 * 86_400, size)
        incoming = np.zeros(size, bool)
        twin = np.flatnonzero(rng.random(size) < 0.1)[::2]
        after = np.minimum(twin + 1, size - 1)
        for values in (a, b, kind):
            values[after] = values[twin]
        at[after], incoming[after] = at[twin] + 2, True
        table = pa.table(
            {
                "event_id": pa.array(np.char.zfill((np.arange(size) + start).astype(str), 12)),
                "a_number": numbers(a), "b_number": numbers(b), "type": pa.array(kind),
                "operator": pa.array(np.where(incoming, "south", "north")),
                "imei": pa.array(np.char.zfill((np.where(incoming, b, a)).astype(str), 15)),
                "imsi": pa.array(np.char.zfill((np.where(incoming, b, a)).astype(str), 15)),
                "started_at": pa.array(at * 1_000_000, pa.timestamp("us", "UTC")),
                "duration_s": pa.array(np.where(kind == "VOICE", rng.integers(0, 600, size), 0).astype(float)),
                "first_cell": numbers(rng.integers(0, 5000, size)), "last_cell": numbers(rng.integers(0, 5000, size)),
                "direction": pa.array(np.where(incoming, "INCOMING", "OUTGOING")),
            }
        )  # fmt: skip
        pq.write_table(table, folder / f"{part:05d}.parquet")


def by_spark(session: SparkSession, path: str, wanted: list[comms_identifiers.Wanted]) -> dict[str, pd.DataFrame]:
    events = comms_research.about(session.read.parquet(path), wanted)
    frame = comms_identifiers.frame(session, wanted)
    legs = comms_calls.of_subjects(comms_calls.legs(comms_calls.calls(events), OPTIONS.zone), frame)
    legs = legs.localCheckpoint(eager=False)
    contacts = tables.contacts(legs, frame).localCheckpoint(eager=False)
    records = comms_indicators.records(legs)
    made = {
        "top": contacts.where(f"rank <= {comms_peers.TOP}").select(*comms_peers.COLUMNS["top"]),
        "common": tables.common(contacts).select(*comms_peers.COLUMNS["common"]),
        "weeks": comms_indicators.weekly(records, ("contacts",)).select(*comms_peers.COLUMNS["weeks"]),
    }
    return dict(zip(made, together.at_once(*(df.toPandas for df in made.values())), strict=True))


def layouts(session: SparkSession, source: str, folder: Path) -> dict[str, dict[str, Any]]:
    """One number's whole picture on each layout: seconds of the third run, files of the table and files read."""
    session.conf.set("spark.databricks.delta.optimize.maxFileSize", str(4 << 20))
    session.conf.set("spark.sql.files.maxRecordsPerFile", "50000")  # as many files as a large table would have
    events = session.read.parquet(source)
    found = {}
    for name, statement in {
        "as it arrived": None,
        "Z-order by a_number": "OPTIMIZE delta.`{path}` ZORDER BY (a_number)",
        "Z-order by a_number, b_number": "OPTIMIZE delta.`{path}` ZORDER BY (a_number, b_number)",
    }.items():
        path = str(folder / name.replace(" ", "_").replace(",", ""))
        events.write.format("delta").save(path)
        begun = time.perf_counter()
        if statement:
            session.sql(statement.format(path=path))
        made = time.perf_counter() - begun
        seconds = [_picture(session, path) for _ in range(3)]
        table = session.read.format("delta").load(path)
        mine = comms_research.about(table, _one())
        n_read = mine.select("_metadata.file_path").distinct().count()
        found[name] = {
            "seconds": round(seconds[-1], 2), "files": len(table.inputFiles()), "files_with_rows": n_read,
            "files_read": len(mine.inputFiles()), "layout_s": round(made, 1),
        }  # fmt: skip
    return found


def _one() -> list[comms_identifiers.Wanted]:
    value = str(numbers(np.array([77]))[0])
    return [comms_identifiers.Wanted(value, "NUMBER", value)]


def _picture(session: SparkSession, path: str) -> float:
    begun = time.perf_counter()
    wanted = _one()
    frame = comms_identifiers.frame(session, wanted)
    events = comms_research.about(session.read.format("delta").load(path), wanted)
    calls = comms_calls.calls(events)
    legs = comms_calls.of_subjects(comms_calls.legs(calls, OPTIONS.zone), frame).localCheckpoint(eager=False)
    holders, cells = (session.createDataFrame([], t.struct()) for t in (silver.COMMS_SUBSCRIBERS, silver.COMMS_CELLS))
    made = comms_research.questions(legs, frame, holders, cells, OPTIONS)
    together.at_once(*(df.collect for df in made.values()))
    return time.perf_counter() - begun


def main() -> None:
    words = sys.argv[1:]
    n = int(words[0]) if words else EVENTS
    n_ids = int(words[1]) if len(words) > 1 else IDENTIFIERS
    engines = words[2:] or ["duckdb", "pandas", "spark", "layouts"]
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-", ignore_cleanup_errors=True) as folder:
        print(json.dumps(measured(Path(folder), n, n_ids, engines)))


def measured(folder: Path, n: int, n_ids: int, engines: list[str]) -> dict[str, Any]:
    write(folder / "events", n)
    source = str(folder / "events")
    values = [str(v) for v in numbers(np.arange(n_ids))]
    wanted = [comms_identifiers.Wanted(v, "NUMBER", v) for v in values]
    report: dict[str, Any] = {"events": n, "identifiers": n_ids, "at": dt.date.today().isoformat()}
    results = {}
    session = spark.session(folder) if {"spark", "layouts"} & set(engines) else None
    for engine in engines:
        if engine == "layouts":
            assert session is not None
            report["layouts"] = layouts(session, source, folder)
            continue
        begun = time.perf_counter()
        if engine == "spark":
            assert session is not None
            results[engine] = by_spark(session, source, wanted)
        else:
            results[engine] = getattr(comms_peers, f"by_{engine}")(source, values)
        report[f"{engine}_s"] = round(time.perf_counter() - begun, 1)
    for engine, found in results.items():
        comms_peers.compare(found, next(iter(results.values())), engine)
    if {"spark", "duckdb"} <= set(results):
        report["spark_to_duckdb"] = round(report["spark_s"] / report["duckdb_s"], 1)
    if {"spark", "pandas"} <= set(results):
        report["spark_to_pandas"] = round(report["spark_s"] / report["pandas_s"], 1)
    report["rows"] = {name: len(df) for name, df in next(iter(results.values()), {}).items()}
    return report


if __name__ == "__main__":
    main()
