"""A contract's schema, SQL, constraints and projection say the same thing."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from schemas import dictionary, silver
from schemas.contract import DATE, DOUBLE, INT, LONG, STRING, Column, Table, array, required, struct
from tests.support import tables

MENUS = Table(
    path="gold.menus",
    doc="What a canteen's cook offers.",  # a quote, which SQL must not end at
    key=("night", "dish"),
    columns={
        "night": required(DATE, "night"),
        "dish": required(STRING, "it's the name", pattern=r"\w+(?:-\w+)*"),
        "kind": Column(STRING, "kind", among=("SOUP", "CHEF'S", r"A\B")),
        "tags": Column(array(STRING), "tags", among=("HOT", "COLD")),
        "price": Column(DOUBLE, "price", minimum=0, maximum=9.5),
        "n_sold": Column(LONG, "sold", minimum=0),
        "cook": Column(struct(Name=STRING, end=INT), "cook"),
    },
    partition_by=("night",),
    checks={"sold_has_price": "n_sold IS NULL OR price IS NOT NULL"},
)
NIGHT = date(2026, 1, 5)


# --- without Spark ---


def test_struct_is_in_contract_order_with_nullability() -> None:
    found = MENUS.struct()
    assert found.names == MENUS.names == ["night", "dish", "kind", "tags", "price", "n_sold", "cook"]
    assert [field.nullable for field in found] == [False, False, True, True, True, True, True]


@pytest.mark.parametrize("wrong", [{"key": ("nope",)}, {"key": ("a",), "partition_by": ("nope",)}])
def test_a_key_or_partition_that_is_no_column_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="nope"):
        Table(path="gold.x", doc="x", columns={"a": required(STRING, "a")}, **wrong)


def test_constraints_name_each_rule_once() -> None:
    assert list(MENUS.constraints()) == [
        "dish_pattern",
        "kind_among",
        "tags_among",
        "price_minimum",
        "price_maximum",
        "n_sold_minimum",
        "sold_has_price",
    ]


def test_the_script_has_not_null_comments_partition_and_checks() -> None:
    script = MENUS.ddl()
    assert "dish string NOT NULL COMMENT 'it\\'s the name'" in script
    assert "cook struct<Name:string,end:int> COMMENT 'cook'" in script  # the case of a field's name is kept
    assert "PARTITIONED BY (night)" in script
    assert "ADD CONSTRAINT price_maximum CHECK (price IS NULL OR price <= 9.5)" in script
    assert script.count(";") == len(MENUS.statements())


@pytest.mark.parametrize("table", dictionary.TABLES, ids=lambda table: table.path)
def test_every_contract_keeps_the_house_rules(table: Table) -> None:
    assert table.layer in dictionary.LAYERS
    assert table.doc.endswith(".")
    for name, column in table.columns.items():
        assert name == name.lower(), name
        assert column.doc, name
        assert name.startswith(("is_", "has_")) == isinstance(column.type, T.BooleanType), name
        if name.endswith("_at"):
            assert isinstance(column.type, T.TimestampType), name
        if name.endswith("_on"):
            assert isinstance(column.type, T.DateType), name
        if "score" in name.split("_")[0] and name != "score_shown":
            assert (column.minimum, column.maximum) == (0, 1), name
    assert all(not table.columns[name].nullable for name in (*table.key, *table.partition_by))
    assert len({name.lower() for name in table.constraints()}) == len(table.constraints())


def test_paths_are_unique() -> None:
    assert len({table.path for table in dictionary.TABLES}) == len(dictionary.TABLES)


@pytest.mark.parametrize("table", dictionary.TABLES, ids=lambda table: table.path)
def test_columns_that_name_people_are_marked_personal(table: Table) -> None:
    naming = {"raw", "forename", "surname", "born_on", "phone", "address", "postcode", "vehicle", "text", "title"}
    naming |= {"a_number", "b_number", "imei", "imsi", "free_text", "reviewer", "second_reviewer", "originator"}
    for name in naming & set(table.columns):
        assert table.columns[name].is_personal, name


# --- with Spark ---


def menu(spark: SparkSession, **given: Any) -> DataFrame:
    return tables.frame(spark, MENUS, {"night": NIGHT, "dish": "leek-soup", **given})


# Constraint, a row that keeps it, a row that breaks it.
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("dish_pattern", {"dish": "pie-and-mash"}, {"dish": "pie and mash"}),
    ("dish_pattern", {"dish": "pie"}, {"dish": "pie\n"}),  # `$` would let the line end through
    ("kind_among", {"kind": "CHEF'S"}, {"kind": "CHEFS"}),
    ("kind_among", {"kind": r"A\B"}, {"kind": "AB"}),
    ("tags_among", {"tags": ["HOT", "COLD"]}, {"tags": ["HOT", "LUKEWARM"]}),
    ("tags_among", {"tags": []}, {"tags": ["hot"]}),
    ("price_minimum", {"price": 0.0}, {"price": -0.01}),
    ("price_maximum", {"price": 9.5}, {"price": float("nan")}),  # Spark orders NaN above every number
    ("sold_has_price", {"n_sold": 1, "price": 1.0}, {"n_sold": 1}),
]


def test_each_constraint_holds_for_good_values_and_not_for_bad(spark: SparkSession) -> None:
    """All rows in one Spark action: good and bad in turn, and each row's own constraint read from the answer."""
    base = {"night": NIGHT, "dish": "leek-soup"}
    rows = [{**base, **given} for _, good, bad in CASES for given in (good, bad)]
    frame = tables.frame(spark, MENUS, *rows).coalesce(1)  # one partition keeps the order
    found = frame.selectExpr(*(f"{sql} AS {name}" for name, sql in MENUS.constraints().items())).collect()
    for number, (name, good, bad) in enumerate(CASES):
        assert found[2 * number][name] is True, (name, good)
        assert found[2 * number + 1][name] is False, (name, bad)


def test_rules_skip_null(spark: SparkSession) -> None:
    row = menu(spark).selectExpr(*MENUS.constraints().values()).first()
    assert row is not None
    assert all(row)


@pytest.mark.parametrize("table", dictionary.TABLES, ids=lambda table: table.path)
def test_spark_accepts_every_statement_and_evaluates_every_constraint(spark: SparkSession, table: Table) -> None:
    parser = spark._jsparkSession.sessionState().sqlParser()  # type: ignore[attr-defined]
    for statement in table.statements():
        parser.parsePlan(statement)
    texts = {n: "x" for n, c in table.columns.items() if isinstance(c.type, T.StringType) and not c.among}
    row = tables.frame(spark, table, texts).selectExpr("true", *table.constraints().values()).first()
    assert row is not None
    assert None not in row, "a constraint that is NULL for a full row holds for anything"


def test_phones_in_silver_are_e164(spark: SparkSession) -> None:
    expected = {
        "+447700900123": True,
        "07700900123": False,
        "+44": False,
        "+447700900123\n": False,
        "4477009001": False,
    }
    people = tables.frame(spark, silver.PEOPLE, *({"phone": value} for value in expected)).coalesce(1)
    found = people.selectExpr("phone", silver.PEOPLE.constraints()["phone_pattern"]).collect()
    assert dict(map(tuple, found)) == expected


def test_the_statements_make_a_delta_table_that_refuses_a_bad_row(spark: SparkSession, tmp_path: Path) -> None:
    names = ("night", "dish", "price", "cook")  # each constraint is a commit of its own, so few of them
    small = dataclasses.replace(MENUS, columns={name: MENUS.columns[name] for name in names}, checks={})
    create, *alter = small.statements()
    spark.sql("CREATE DATABASE IF NOT EXISTS gold")
    spark.sql(f"{create} LOCATION '{tmp_path / 'menus'}'")
    try:
        for statement in alter:
            spark.sql(statement)
        assert spark.table(MENUS.path).schema["cook"].dataType == MENUS.columns["cook"].type
        row = {"night": NIGHT, "dish": "leek-soup"}
        tables.frame(spark, small, {**row, "price": 2.0}).write.insertInto(MENUS.path)
        with pytest.raises(Exception, match=r"(?i)price_maximum"):
            tables.frame(spark, small, {**row, "price": 10.0}).write.insertInto(MENUS.path)
        assert spark.table(MENUS.path).count() == 1
    finally:
        spark.sql(f"DROP TABLE {MENUS.path}")
        spark.sql("DROP DATABASE gold")


def test_conform_projects_to_the_contract_in_order(spark: SparkSession) -> None:
    wider = menu(spark, kind="SOUP").selectExpr(
        "'extra' AS extra", "cook", "kind", "price", "tags", "dish", "night", "n_sold"
    )
    found = MENUS.conform(wider)
    assert found.columns == MENUS.names
    assert found.first() == menu(spark, kind="SOUP").first()


def test_conform_widens_a_narrower_number(spark: SparkSession) -> None:
    narrow = menu(spark).drop("n_sold").selectExpr("*", "CAST(7 AS INT) AS n_sold")
    assert MENUS.conform(narrow).schema["n_sold"].dataType == LONG
    assert MENUS.conform(narrow).select("n_sold").first() == (7,)


def test_conform_refuses_a_missing_column_instead_of_filling_it_with_null(spark: SparkSession) -> None:
    with pytest.raises(AnalysisException, match="kind"):
        MENUS.conform(menu(spark).drop("kind"))


def test_conform_refuses_a_text_where_a_number_belongs(spark: SparkSession) -> None:
    with pytest.raises(AnalysisException, match="n_sold"):
        MENUS.conform(menu(spark).drop("n_sold").selectExpr("*", "'7' AS n_sold"))


def test_handling_in_silver_is_3x5x2(spark: SparkSession) -> None:
    """C has both an action and a sanitisation code, P has neither."""
    cases = [("P", None, None, True), ("P", "A1", None, False), ("P", None, "S1", False), ("C", "A1", "S2", True)]
    cases += [("C", "A1", None, False), ("C", None, "S1", False), ("C", None, None, False)]
    names = ("handling_code", "action_code", "sanitisation_code")
    reports = tables.frame(spark, silver.REPORTS, *(dict(zip(names, case, strict=False)) for case in cases)).coalesce(1)
    found = reports.selectExpr(f"{silver.REPORTS.checks['handling_codes']} AS holds").collect()
    assert [row.holds for row in found] == [case[3] for case in cases]
