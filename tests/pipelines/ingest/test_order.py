"""Which of several records of one key holds: the one amended last, else the last by number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipelines.ingest import conform
from pipelines.ingest.conform import judgement
from schemas.layouts import layouts
from tests.support import nights

pytestmark = pytest.mark.spark


def _versions(spark: SparkSession, files: list[str], amended: list[str] | None = None) -> list[str]:
    """Surnames that hold, of one nominal in several files of a night; each file's surname is its own name."""
    known = layouts.load()
    norfolk = known["norfolk"]
    columns = {**norfolk.feeds["nominals"].columns, "amended_at": "Changed"}
    feed = norfolk.feeds["nominals"].model_copy(update={"columns": columns, "times": ("dd/MM/yyyy HH:mm",)})
    own = norfolk.model_copy(update={"feeds": {**norfolk.feeds, "nominals": feed}})
    rows = [{"Nominal No": "N1", "Surname": file, "Changed": at}
            for file, at in zip(files, amended or [""] * len(files), strict=True)]  # fmt: skip
    raw = nights.raw_rows(spark, "norfolk", "nominals", rows)
    raw = raw.withColumn("file", F.get_json_object("raw", "$.Surname"))
    judged = nights.judged(raw, "nominals", layouts={**known, "norfolk": own})
    return [row.surname for row in conform.accepted(judged, "nominals").collect()]


def test_part_ten_comes_after_part_nine(spark: SparkSession) -> None:
    assert _versions(spark, ["x/part10.csv", "x/part9.csv", "x/part1.csv"]) == ["X/PART10.CSV"]
    assert _versions(spark, ["x/2026-3-14_9.csv", "x/2026-3-9_10.csv"]) == ["X/2026-3-14_9.CSV"]


def test_a_records_own_time_of_amendment_comes_first(spark: SparkSession) -> None:
    files = ["x/1.csv", "x/2.csv", "x/3.csv"]
    assert _versions(spark, files, ["12/03/2026 10:00", "11/03/2026 10:00", ""]) == ["X/1.CSV"]


@given(st.lists(st.tuples(st.sampled_from(["a", "b_", "part"]), st.integers(0, 10**17)), min_size=50, max_size=50))
@settings(max_examples=1)
def test_names_sort_by_their_numbers(spark: SparkSession, names: list[tuple[str, int]]) -> None:
    df = spark.createDataFrame([(f"{word}{n}.csv", word, n) for word, n in names], "name string, word string, n long")
    found = df.orderBy(judgement.by_number(F.col("name"))).select("word", "n").collect()
    assert [tuple(row) for row in found] == sorted(names)
