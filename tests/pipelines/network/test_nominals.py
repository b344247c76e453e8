"""What is compared of a nominal record: names cleaned, one name's forms together, impossible dates left out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipelines.network.entities import given_names, nominals
from schemas import silver
from tests.support import tables

pytestmark = pytest.mark.spark

PEOPLE = [
    # forename, surname, born_on, expected forename, group, surname, organisation
    ("MOHAMED ALI  HAMZA", "HUSSEIN", date(1990, 2, 3), "MOHAMED", "MOHAMMED", "HUSSEIN", False),
    ("RENÉE ANNE", "O'NEILL-SMITH", date(2030, 1, 1), "RENEE", "RENEE", "ONEILL SMITH", False),
    (None, "ROWAN CHILDREN'S HOME", None, None, None, "ROWAN CHILDRENS HOME", True),
    ("ŁUKASZ", "Zieliński", date(1850, 1, 1), "LUKASZ", "LUKASZ", "ZIELINSKI", False),
    ("", "-", None, None, None, None, False),
    ("Юрій", "Щербак", date(1990, 2, 3), "IURII", "IURII", "SHCHERBAK", False),  # as the passport has it
    ("محمد علي", "حسين", date(1990, 2, 3), "MHMD", "MHMD", "HSYN", False),
    ("李", "王", date(1990, 2, 3), None, None, None, False),
]


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> list[dict[str, Any]]:
    rows = [
        {"person_id": f"36:N{n}", "forename": f, "surname": s, "born_on": b, "address": "12, HIGH STREET;  NORWICH"}
        for n, (f, s, b, *_) in enumerate(PEOPLE)
    ]
    found = nominals.records(tables.frame(spark, silver.PEOPLE, *rows)).orderBy("record_id").collect()
    return [row.asDict() for row in found]


def test_names_are_cleaned_and_grouped(records: list[dict[str, Any]]):
    found = [(r["forename"], r["forename_group"], r["surname"], r["is_organisation"]) for r in records]
    assert found == [tuple(expected) for *_, f, g, s, o in PEOPLE for expected in [(f, g, s, o)]]
    assert {r["address"] for r in records} == {"12 HIGH STREET NORWICH"}


def test_second_forenames_are_read(records: list[dict[str, Any]]):
    assert [r["second_forenames"] for r in records] == ["ALI HAMZA", "ANNE", None, None, None, None, "LY", None]


def test_a_date_of_birth_that_cannot_be_is_not_compared(records: list[dict[str, Any]]):
    assert [r["born_on"] for r in records] == ["1990-02-03", None, None, None, None, *["1990-02-03"] * 3]


def test_spellings_of_one_sound_have_one_skeleton(spark: SparkSession):
    alike = [("HUSSAIN", "HOSSEIN"), ("MUHAMMAD", "MOHAMED"), ("SHAIKH", "SHEIKH"), ("PHILIPS", "FILLIPS")]
    alike += [("MOHAMMED", "MHMD"), ("HUSSAIN", "HSYN"), ("AHMED", "AHMD")]  # from Arabic letters
    unlike = [("HUSSAIN", "HASTINGS"), ("KHAN", "KAUR"), ("SMITH", "SLATER")]
    df = spark.createDataFrame([*alike, *unlike], "a string, b string")
    rows = df.select((nominals.skeleton("a") == nominals.skeleton("b")).alias("same")).collect()
    assert [row.same for row in rows] == [True] * len(alike) + [False] * len(unlike)


def test_a_short_form_of_several_names_is_in_no_group():
    groups = given_names.groups()
    assert "PAT" not in groups
    assert "MEG" not in groups
    assert groups["LIZ"] == "ELIZABETH"
