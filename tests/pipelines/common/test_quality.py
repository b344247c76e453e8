"""Great Expectations finds every kind of broken rule, says how many rows break it, and quotes none of them."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from typing import Any

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.runtime import lakehouse
from pipelines.common import quality
from schemas import bronze, dictionary, gold, silver
from schemas.contract import DATE, DOUBLE, STRING, Column, Table, array, required
from tests.support import tables

NIGHT = date(2026, 1, 5)
PARCELS = Table(
    path="silver.parcels",
    doc="Parcels.",
    key=("parcel_id",),
    columns={
        "night": required(DATE, "night"),
        "parcel_id": required(STRING, "identifier", pattern="P[0-9]+"),
        "size": Column(STRING, "size", among=("S", "L")),
        "marks": Column(array(STRING), "marks", among=("FRAGILE", "HEAVY")),
        "weight": Column(DOUBLE, "weight", minimum=0, maximum=30, unit="kg"),
        "sender": Column(STRING, "who sent it", is_personal=True),
    },
    partition_by=("night",),
    checks={"large_is_weighed": "size <> 'L' OR weight IS NOT NULL"},
)
GOOD: list[dict[str, Any]] = [
    {"night": NIGHT, "parcel_id": "P1", "size": "S", "sender": "Wilhelmina Quartermaine"},
    {"night": NIGHT, "parcel_id": "P2", "size": "L", "weight": 30.0, "marks": ["HEAVY"]},
    {"night": date(2026, 1, 6), "parcel_id": "P1", "size": "S", "weight": 0.0, "marks": []},  # the key is per night
]
# Rule, kind, a row that breaks this rule and no other.
BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("night_not_null", "not_null", {"night": None, "parcel_id": "P3", "size": "S"}),
    ("parcel_id_pattern", "pattern", {"night": NIGHT, "parcel_id": "P3x", "size": "S"}),
    ("size_among", "among", {"night": NIGHT, "parcel_id": "P3", "size": "XL"}),
    ("marks_among", "among", {"night": NIGHT, "parcel_id": "P3", "size": "S", "marks": ["HEAVY", "LEAKING"]}),
    ("weight_minimum", "minimum", {"night": NIGHT, "parcel_id": "P3", "size": "S", "weight": -1.0}),
    ("weight_maximum", "maximum", {"night": NIGHT, "parcel_id": "P3", "size": "S", "weight": 30.5}),
    ("large_is_weighed", "check", {"night": NIGHT, "parcel_id": "P3", "size": "L"}),
    ("key_unique", "unique", {"night": NIGHT, "parcel_id": "P1", "size": "S"}),
]


def variant(number: int) -> Table:
    """The contract under another path, so that many cases fit into one Spark action."""
    return dataclasses.replace(PARCELS, path=f"silver.parcels_{number}")


def loose(table: Table) -> Table:
    """The contract without NOT NULL, to build rows that break it."""
    columns = {name: dataclasses.replace(column, nullable=True) for name, column in table.columns.items()}
    return dataclasses.replace(table, columns=columns)


def test_each_kind_of_broken_rule_is_found_and_only_it(spark: SparkSession) -> None:
    frames = [
        (tables.frame(spark, loose(PARCELS), *GOOD, row), variant(number)) for number, (_, _, row) in enumerate(BROKEN)
    ]
    results = quality.validate_all([*frames, (tables.frame(spark, loose(PARCELS), *GOOD), PARCELS)])

    *broken, good = results
    assert (good.success, good.n_rows, good.failed) == (True, 3, ())
    for result, (name, kind, _) in zip(broken, BROKEN, strict=True):
        assert not result.success, name
        assert result.n_rows == 4
        assert [(check.rule.name, check.rule.kind, check.n_failed) for check in result.failed] == [(name, kind, 1)]


def test_every_kind_of_rule_has_a_case_above() -> None:
    assert {rule.name for rule in quality.rules(PARCELS)} - {"parcel_id_not_null"} == {name for name, _, _ in BROKEN}


def test_rows_are_counted_not_only_noticed(spark: SparkSession) -> None:
    """Rows with keys P1, P1, P1, P2, P2: 3 are surplus. Weights -1, -1, 31 and two NULL: 2 below, 1 above."""
    rows = [("P1", -1.0), ("P1", -1.0), ("P1", 31.0), ("P2", None), ("P2", None)]
    frame = tables.frame(spark, PARCELS, *({"night": NIGHT, "parcel_id": i, "size": "S", "weight": w} for i, w in rows))
    summary = quality.validate(frame, PARCELS).summary()
    assert summary["failed"] == {"key_unique": 3, "weight_minimum": 2, "weight_maximum": 1}
    assert (summary["success"], summary["n_rows"]) == (False, 5)


def test_no_value_of_a_row_is_in_a_result(spark: SparkSession, capfd: pytest.CaptureFixture[str]) -> None:
    row: dict[str, Any] = {
        "night": NIGHT,
        "parcel_id": "Wilhelmina",
        "size": "Quartermaine",
        "marks": ["Hortensia"],
        "sender": "Peregrine",
    }
    result = quality.validate(tables.frame(spark, PARCELS, row, row), PARCELS)
    assert len(result.failed) == 4
    said = repr(result) + json.dumps(result.summary()) + "".join(capfd.readouterr())
    for value in ("Wilhelmina", "Quartermaine", "Hortensia", "Peregrine"):
        assert value not in said
    assert "%|" not in said, "a progress bar was shown"


def test_an_empty_table_keeps_its_contract(spark: SparkSession) -> None:
    result = quality.validate(spark.createDataFrame([], PARCELS.struct()), PARCELS)
    assert (result.success, result.n_rows) == (True, 0)
    assert len(result.checks) == len(quality.rules(PARCELS))


def test_a_missing_column_is_an_error_not_a_pass(spark: SparkSession) -> None:
    with pytest.raises(AnalysisException, match="weight"):
        quality.validate(tables.frame(spark, PARCELS, *GOOD).drop("weight"), PARCELS)


def test_two_parts_of_a_table_are_judged_each_by_itself(spark: SparkSession) -> None:
    good = tables.frame(spark, PARCELS, *GOOD)
    results = quality.validate_all([(good, PARCELS), (good.unionByName(good), PARCELS)])
    assert [result.success for result in results] == [True, False]  # the second holds each key twice


def test_nothing_to_check_needs_no_spark() -> None:
    assert quality.validate_all([]) == []


@pytest.mark.slow
@pytest.mark.parametrize("table", dictionary.TABLES, ids=lambda table: table.path)
def test_every_contract_becomes_a_suite_with_an_expectation_for_each_rule(table: Table) -> None:
    suite = quality.suite(table)
    named = [expectation.column for expectation in suite.expectations]  # type: ignore[attr-defined]
    required_names = [f"{name}_not_null" for name, column in table.columns.items() if not column.nullable]
    assert named == [*required_names, *table.constraints(), "key_unique"]
    assert len(set(named)) == len(named)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in named)


def test_many_tables_take_two_spark_actions(spark: SparkSession) -> None:
    frames = [(spark.createDataFrame([], table.struct()), table) for table in (*bronze.TABLES, gold.ROW_COUNTS)]
    before = lakehouse.n_actions(spark)
    assert all(result.success for result in quality.validate_all(frames))
    assert lakehouse.n_actions(spark) == before + 2


def test_counting_grows_with_rows_and_not_with_rules(spark: SparkSession) -> None:
    """A silver table of 10,000 rows and 26 rules is read once: the plan has one scan."""
    one = tables.frame(spark, silver.REPORTS, {})
    many = spark.range(10_000).crossJoin(one.drop("report_id")).withColumn("report_id", F.concat(F.lit("36:"), "id"))
    leaves = quality.counted(many, silver.REPORTS)._jdf.queryExecution().optimizedPlan().collectLeaves()
    assert [leaves.apply(n).nodeName() for n in range(leaves.size())].count("Range") == 1
    assert quality.validate(many, silver.REPORTS).n_rows == 10_000


def test_rows_that_break_their_contract_are_not_let_through(spark: SparkSession):
    frame = tables.frame(spark, PARCELS, *GOOD)
    assert quality.demand(frame, PARCELS) is frame
    broken = frame.withColumn("size", F.lit("Wilhelmina")).withColumn("weight", F.lit(1.0))
    with pytest.raises(quality.ContractBrokenError, match=r"silver\.parcels .* size_among \(3 rows\)") as refused:
        quality.demand(broken, PARCELS)
    assert "Wilhelmina" not in str(refused.value)


def test_a_table_that_is_known_to_be_empty_takes_no_action_and_keeps_its_place(spark: SparkSession) -> None:
    rows = tables.frame(spark, PARCELS, *GOOD)
    before = lakehouse.n_actions(spark)
    (first, second) = quality.validate_all([(None, gold.DECISIONS), (None, PARCELS)])
    assert lakehouse.n_actions(spark) == before
    assert (first.table, first.n_rows, first.success) == ("gold.decisions", 0, True)
    assert [check.rule for check in second.checks] == list(quality.rules(PARCELS))
    mixed = quality.validate_all([(None, gold.DECISIONS), (rows, PARCELS)])
    assert [(each.table, each.n_rows) for each in mixed] == [("gold.decisions", 0), ("silver.parcels", len(GOOD))]
