"""Trial 7: eight threads that write one table at once leave what they leave one after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.runtime import lakehouse
from schemas import silver
from tests.support import tables

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.trial(7)]

N_THREADS = 8
PEOPLE = silver.PEOPLE


def people(spark: SparkSession, thread: int) -> DataFrame:
    """Ten people, of whom the next thread has five as well."""
    rows = [{"person_id": f"36:{5 * thread + k}", "surname": f"N{5 * thread + k}"} for k in range(10)]
    return tables.frame(spark, PEOPLE, *rows).coalesce(1)


def at_once(work: Callable[[int], int]) -> list[int]:
    """What eight threads give that begin together."""
    together = Barrier(N_THREADS)

    def begun(thread: int) -> int:
        together.wait()
        return work(thread)

    with ThreadPoolExecutor(N_THREADS) as pool:
        return list(pool.map(begun, range(N_THREADS)))


@pytest.mark.parametrize("n_lakes", [1, N_THREADS], ids=["one lakehouse", "a lakehouse each"])
def test_eight_threads_that_merge_give_the_serial_result(
    spark: SparkSession, tmp_path: Path, n_lakes: int, record_property: Callable[[str, object], None]
):
    serial = lakehouse.Lakehouse(spark, tmp_path / "serial")
    n_serial = [serial.append_new(people(spark, thread), PEOPLE) for thread in range(N_THREADS)]
    made = lakehouse.Lakehouse(spark, tmp_path / "at_once")
    made.append_new(people(spark, 0).limit(0), PEOPLE)  # Delta cannot settle who of two makes a table
    lakes = [made, *(lakehouse.Lakehouse(spark, tmp_path / "at_once") for _ in range(n_lakes - 1))]
    n_new = at_once(lambda thread: lakes[thread % n_lakes].append_new(people(spark, thread), PEOPLE))
    n_keys = made.read(PEOPLE).select("person_id").distinct().count()
    assert sum(n_new) == sum(n_serial) == n_keys == made.read(PEOPLE).count() == 5 * (N_THREADS + 1)
    assert lakehouse.content_hash(made.read(PEOPLE)) == lakehouse.content_hash(serial.read(PEOPLE))
    record_property("keys of eight threads lost or doubled", f"0 of {n_keys}")


def test_eight_threads_that_replace_their_nights_give_the_serial_result(spark: SparkSession, tmp_path: Path):
    def night(lake: lakehouse.Lakehouse, thread: int) -> int:
        day = tables.NIGHT + timedelta(days=thread)
        frame = tables.frame(spark, PEOPLE, *({"night": day, "person_id": f"36:{k}"} for k in range(thread + 1)))
        lake.replace(frame.coalesce(1), PEOPLE, {"night": str(day)})
        return int(lake.replace(frame, PEOPLE, {"night": str(day)}))

    serial, made = (lakehouse.Lakehouse(spark, tmp_path / name) for name in ("serial", "at_once"))
    for thread in range(N_THREADS):
        night(serial, thread)
    assert at_once(lambda thread: night(made, thread)) == [0] * N_THREADS  # the second time nothing is written
    assert made.version(PEOPLE) == serial.version(PEOPLE) == N_THREADS
    assert lakehouse.content_hash(made.read(PEOPLE)) == lakehouse.content_hash(serial.read(PEOPLE))
