"""Bulk research: thousands of identifiers over millions of events, in Spark, pandas and DuckDB, doing the same.

    python -m tests.bench.bench_comms [EVENTS] [IDENTIFIERS] [ENGINE ...]

Each engine is a process of its own, merges both sides of a call, makes contacts, common contacts and weekly indicators,
three times: at once after its start, and until it is warm. Results are compared before a time is printed. `layouts` is
one number's whole picture from a warm session, on each layout on disk.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from jobs.research import comms as research_comms
from jobs.runtime import spark
from pipelines.common import concurrency
from pipelines.comms import calls as comms_calls
from pipelines.comms import identifiers, indicators
from pipelines.comms import research as tables
from schemas import silver
from tests.bench import comms_peers, measure

EVENTS, IDENTIFIERS = 1_000_000, 5_000
ENGINES = ("duckdb", "pandas", "spark")
RUNS = 3  # the last is a warm engine's: by then Java has compiled what it compiles
MEMORY_GIB = 16  # address space of pandas, which would else take the machine's last
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
    every = np.arange(n_numbers)
    parties, equipment = numbers(every), pa.array(np.char.zfill(every.astype(str), 15))
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
        own = equipment.take(pa.array(np.where(incoming, b, a)))
        table = pa.table(
            {
                "event_id": pa.array(np.char.zfill((np.arange(size) + start).astype(str), 12)),
                "a_number": parties.take(pa.array(a)), "b_number": parties.take(pa.array(b)), "type": pa.array(kind),
                "operator": pa.array(np.where(incoming, "south", "north")), "imei": own, "imsi": own,
                "started_at": pa.array(at * 1_000_000, pa.timestamp("us", "UTC")),
                "duration_s": pa.array(np.where(kind == "VOICE", rng.integers(0, 600, size), 0).astype(float)),
                "first_cell": parties.take(pa.array(rng.integers(0, 5000, size))),
                "last_cell": parties.take(pa.array(rng.integers(0, 5000, size))),
                "direction": pa.array(np.where(incoming, "INCOMING", "OUTGOING")),
            }
        )  # fmt: skip
        pq.write_table(table, folder / f"{part:05d}.parquet")


def by_spark(session: SparkSession, path: str, wanted: list[identifiers.Wanted]) -> dict[str, pd.DataFrame]:
    events = research_comms.about(session.read.parquet(path), wanted)
    frame = identifiers.frame(session, wanted)
    legs = comms_calls.of_subjects(comms_calls.legs(comms_calls.calls(events), OPTIONS.zone), wanted)
    legs = legs.localCheckpoint(eager=False)
    contacts = tables.contacts(legs, frame).localCheckpoint(eager=False)
    records = indicators.records(legs)
    made = {
        "top": contacts.where(f"rank <= {comms_peers.TOP}").select(*comms_peers.COLUMNS["top"]),
        "common": tables.common(contacts).select(*comms_peers.COLUMNS["common"]),
        "weeks": indicators.weekly(records, ("contacts",)).select(*comms_peers.COLUMNS["weeks"]),
    }
    return dict(zip(made, concurrency.run(*(df.toPandas for df in made.values())), strict=True))


def layouts(session: SparkSession, source: str, folder: Path) -> dict[str, dict[str, Any]]:
    """One number's whole picture on each layout: seconds of a warm engine, files of the table and files read."""
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
        seconds = [_picture(session, path) for _ in range(RUNS)]
        table = session.read.format("delta").load(path)
        mine = research_comms.about(table, _one())
        n_read = mine.select("_metadata.file_path").distinct().count()
        found[name] = {
            "seconds": round(seconds[-1], 2), "files": len(table.inputFiles()), "files_with_rows": n_read,
            "files_read": len(mine.inputFiles()), "layout_s": round(made, 1),
        }  # fmt: skip
    return found


def _one() -> list[identifiers.Wanted]:
    value = str(numbers(np.array([77]))[0])
    return [identifiers.Wanted(value, "NUMBER", value)]


def _picture(session: SparkSession, path: str) -> float:
    """Every question about one number, as the page asks them."""
    begun = time.perf_counter()
    wanted = _one()
    with spark.interpreted(session):
        frame = identifiers.frame(session, wanted)
        events = research_comms.about(session.read.format("delta").load(path), wanted)
        calls = comms_calls.calls(events)
        legs = comms_calls.of_subjects(comms_calls.legs(calls, OPTIONS.zone), wanted).localCheckpoint(eager=False)
        holders = session.createDataFrame([], silver.COMMS_SUBSCRIBERS.struct())
        cells = session.createDataFrame([], silver.COMMS_CELLS.struct())
        made = research_comms.questions(legs, frame, holders, cells, OPTIONS)
        concurrency.run(*(df.collect for df in made.values()))
    return time.perf_counter() - begun


def one(engine: str, folder: Path, n_ids: int) -> dict[str, Any]:
    """One engine's work in this process: seconds at once after the start and warm, and its tables as files."""
    source = str(folder / "events")
    values = [str(v) for v in numbers(np.arange(n_ids))]
    if engine == "layouts":
        return {"layouts": layouts(spark.session(folder, java_options=measure.JAVA), source, folder)}
    if engine == "pandas":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_GIB << 30, MEMORY_GIB << 30))
    if engine == "spark":
        wanted = [identifiers.Wanted(v, "NUMBER", v) for v in values]
        work = partial(by_spark, spark.session(folder, java_options=measure.JAVA), source, wanted)
    else:
        work = partial(getattr(comms_peers, f"by_{engine}"), source, values)
    seconds = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        try:
            found = work()
        except MemoryError:
            return {"first_s": None, "warm_s": None}
        seconds.append(round(time.perf_counter() - begun, 1))
    for name, df in found.items():
        df.to_parquet(folder / f"{engine}-{name}.parquet")
    return {"first_s": seconds[0], "warm_s": seconds[-1]}


def measured(folder: Path, n: int, n_ids: int, engines: list[str]) -> dict[str, Any]:
    write(folder / "events", n)
    report: dict[str, Any] = {"events": n, "identifiers": n_ids, "at": dt.date.today().isoformat()}
    for engine in engines:
        report[engine] = measure.in_process("tests.bench.bench_comms", "in", str(folder), str(n_ids), engine)
    ended = [each for each in engines if report[each].get("first_s")]
    results = {each: {name: pd.read_parquet(folder / f"{each}-{name}.parquet") for name in comms_peers.COLUMNS}
               for each in ended}  # fmt: skip
    for engine, found in results.items():
        comms_peers.compare(found, next(iter(results.values())), engine)
    report["rows"] = {name: len(df) for name, df in next(iter(results.values()), {}).items()}
    return report


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["in"]:
        print(json.dumps(one(words[3], Path(words[1]), int(words[2]))))
        return
    n = int(words[0]) if words else EVENTS
    n_ids = int(words[1]) if len(words) > 1 else IDENTIFIERS
    with tempfile.TemporaryDirectory(prefix="nightjar-bench-", ignore_cleanup_errors=True) as folder:
        print(json.dumps(measured(Path(folder), n, n_ids, words[2:] or [*ENGINES, "layouts"])))


if __name__ == "__main__":
    main()
