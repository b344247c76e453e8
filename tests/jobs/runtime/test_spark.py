"""A small night's plans are interpreted and a large one's compiled: both give the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from jobs.runtime import spark as spark_job
from pipelines.network.risk import scores as risk_scores
from schemas import risk
from tests.support.network_world import RULES, Network

pytestmark = pytest.mark.spark


COMPILED = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}


@pytest.fixture
def compiled(spark: SparkSession) -> Iterator[SparkSession]:
    """The session, its plans compiled as a large night's are."""
    with spark_job.configured(spark, COMPILED):
        yield spark


def test_java_maps_the_archive_of_classes_that_set_up_made(spark: SparkSession):
    if not spark_job.ARCHIVE.exists():
        pytest.skip("this environment was not made by `make setup`")
    given = spark._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()
    assert f"-XX:SharedArchiveFile={spark_job.ARCHIVE}" in list(given)
    mapped = Path(f"/proc/{spark._jvm.java.lang.ProcessHandle.current().pid()}/maps")
    if mapped.exists():
        stale = "Java changed since: run `python -m jobs.night.class_archive`"
        assert str(spark_job.ARCHIVE) in mapped.read_text(), stale


def scored(spark: SparkSession) -> list[Row]:
    """Rows of the network's risk: joins, windows, arrays of structs, floating-point products, dates and hashes."""
    made = Network()
    for n in range(6):
        child, friend, adult = made.child(f"child{n}"), made.person(f"friend{n}"), made.person(f"adult{n}")
        made.tie(child, friend, 0.9 - n / 10)
        made.tie(friend, adult, 0.8)
        made.tie(friend, f"friend{n - 1}" if n else adult, 0.5)
        made.report(f"R{n}", {adult: "SUSPECT"}, days_ago=30 * n)
    before = spark.createDataFrame([], risk.NETWORK_RISK.struct())
    walk = risk_scores.walk(made.known(spark), RULES)
    return risk_scores.rows(walk, before, risk_scores.Without(None, None)).orderBy("queue", "entity_id").collect()


def is_a_stage_compiled(spark: SparkSession) -> bool:
    plan = spark.range(10).selectExpr("id * 2 AS twice").where("twice > 4")
    return "*(1)" in plan._jdf.queryExecution().executedPlan().toString()


def test_interpreted_and_compiled_plans_give_the_same_rows(compiled: SparkSession) -> None:
    assert is_a_stage_compiled(compiled)
    made = scored(compiled)
    assert {row.queue for row in made} == {"children", "people"}
    assert sum(row.score > 0 for row in made) > 6
    with spark_job.interpreted(compiled):
        assert not is_a_stage_compiled(compiled)
        assert scored(compiled) == made
    assert is_a_stage_compiled(compiled)


def test_plans_that_were_compiled_once_are_not_compiled_again(compiled: SparkSession):
    """Many different plans in one query, as a research of a list asks them; by default 100 classes are kept."""
    many = reduce(
        DataFrame.union, (compiled.range(k, k + 1, 1, 1).selectExpr(f"id * {k} + {k}") for k in range(2, 132))
    )
    times = compiled._jvm.org.apache.spark.metrics.source.CodegenMetrics.METRIC_COMPILATION_TIME()
    before = times.getCount()
    many.collect()
    once = times.getCount() - before
    many.select("*").collect()
    assert once > 100
    assert times.getCount() - before == once
