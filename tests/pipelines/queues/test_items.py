"""The one maker of queue rows: ids that last, places within capacity, and rows that are the contract's."""

from __future__ import annotations

import hashlib
import types
import typing
from datetime import date

import pytest
from pyspark.errors import AnalysisException
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from pipelines.common.provenance import Provenance
from pipelines.queues import items
from schemas import gold
from tests.support import tables

pytestmark = pytest.mark.spark
NIGHT = date(2026, 3, 20)
MADE_WITH = Provenance({"silver.reports": 4}, "abc", "def")


def test_an_item_keeps_the_id_that_published_rows_have(spark: SparkSession):
    made = spark.range(1).select(items.item_id(F.lit("reclassify"), F.lit("36:INT/1")).alias("id")).collect()[0].id
    assert made == hashlib.sha256(b"reclassify|36:INT/1").hexdigest()[:16] == "e98a597705248f80"


def test_rows_are_the_contracts_and_take_the_rest_by_name(spark: SparkSession):
    said = {"queue": "travel", "item_id": "0" * 16, "rank": 2, "score": 0.5, "subject_id": "36:P1", "text_hash": "a"}
    shown = tables.frame(spark, gold.QUEUE_ITEMS, said).drop("night", *items.TRACE, *items.UNSAID)
    made = items.rows(shown, NIGHT, MADE_WITH, stratum=F.lit("NEXT_ARRIVAL"))
    assert made.schema.names == gold.QUEUE_ITEMS.names
    row = made.collect()[0]
    assert {name: row[name] for name in said} == said
    assert (row.night, row.stratum, row.is_suspected_false, row.model_name) == (NIGHT, "NEXT_ARRIVAL", False, None)
    assert (row.table_versions, row.code_commit, row.config_hash) == ({"silver.reports": 4}, "abc", "def")


@pytest.mark.parametrize("name", ["night", "code_commit", "explanation"])
def test_a_queue_cannot_fill_what_is_not_its_own(spark: SparkSession, name: str):
    with pytest.raises(ValueError, match=name):
        items.rows(tables.frame(spark, gold.QUEUE_ITEMS), NIGHT, MADE_WITH, **{name: F.lit("x")})


def test_a_row_without_a_column_of_the_contract_is_an_error(spark: SparkSession):
    with pytest.raises(AnalysisException, match="marking"):
        items.rows(tables.frame(spark, gold.QUEUE_ITEMS).drop("marking"), NIGHT, MADE_WITH)


def test_each_queue_and_force_has_its_own_places_up_to_its_capacity(spark: SparkSession):
    asked = spark.createDataFrame(
        [(queue, force, n / 10) for queue in ("people", "locations") for force in ("36", "37") for n in range(4)],
        "queue string, force string, score double",
    )
    capacity = items.capacity_of({"*": 3, "37": 1})
    shown = items.within_capacity(asked, capacity, [F.col("score").desc()]).collect()
    places = sorted((row.queue, row.force, row["rank"], row.score) for row in shown)
    of_36, of_37 = [(1, 0.3), (2, 0.2), (3, 0.1)], [(1, 0.3)]
    expected = [(queue, "36", *place) for queue in ("locations", "people") for place in of_36]
    assert places == sorted(expected + [(queue, "37", *place) for queue in ("locations", "people") for place in of_37])


def test_flags_that_do_not_hold_and_lists_that_are_absent_add_no_reason(spark: SparkSession):
    given = spark.createDataFrame([("36:INT/1", True, None)], "id string, is_so boolean, is_other boolean")
    said = items.flags({"so": F.col("is_so"), "other": F.col("is_other"), "not": ~F.col("is_so")}, "t", F.col("id"))
    absent = F.lit(None).cast(gold.REASON_LIST)
    reasons = given.select(items.reasons(absent, said).alias("reasons")).collect()[0].reasons
    assert [reason.asDict() for reason in reasons] == [
        Row(kind="flag", text="so", source_table="t", source_id="36:INT/1", start=None, end=None, weight=0.0).asDict()
    ]


def test_evidence_is_another_where_a_part_of_it_is_absent(spark: SparkSession):
    given = spark.createDataFrame([("a", None), (None, "a"), ("a", "a")], "one string, other string")
    hashes = given.select(items.evidence_hash(F.col("one"), F.col("other")).alias("hash")).collect()
    assert len({row.hash for row in hashes}) == 3


def test_the_typed_row_says_what_the_contract_says():
    """A page or job that takes a missing score for a number is a type error, because this type is the contract's."""
    hints = typing.get_type_hints(gold.QueueItem)
    assert list(hints) == gold.QUEUE_ITEMS.names
    for name, column in gold.QUEUE_ITEMS.columns.items():
        may_be_missing = isinstance(hints[name], types.UnionType) and type(None) in hints[name].__args__
        assert may_be_missing == column.nullable, name
