"""The linkage on Spark and on DuckDB: the same records, the same pairs, weights and waterfalls."""

from __future__ import annotations

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from pipelines.network.entities import linkage, nominals

pytestmark = [pytest.mark.spark, pytest.mark.slow]
THRESHOLD = 0.5


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    """Three hundred people, sixty of them twice and spoilt in every way that a level names."""
    rows = []
    for n in range(300):
        forename, surname = f"{'ABCDEFGHJK'[n % 10]}LMN{n % 23:02}".translate(DIGITS), f"QRST{n:03}".translate(DIGITS)
        born_on = f"19{60 + n % 40}-0{1 + n % 9}-1{n % 10}"
        rows.append(
            {
                "record_id": f"36:N{n:03}", "forename": forename, "surname": surname,
                "second_forenames": "GRACE ANN" if n % 3 else None, "born_on": born_on,
                "sex": "FM"[n % 2], "phone": f"+4477009{n:05}", "address": f"{n} HIGH STREET", "postcode": "NR1 1IA",
                "vehicle": None,
            }
        )  # fmt: skip
    spoilt = [{**row, **SPOILT[n % len(SPOILT)](row), "record_id": f"37:N{n:03}"} for n, row in enumerate(rows[:60])]
    found = pd.DataFrame([*rows, *spoilt])
    keys = {"forename_group": "forename", "forename_key": "forename", "surname_key": "surname"}
    found = found.assign(**{key: found[name] for key, name in keys.items()}).astype(object)
    return found.where(found.notna(), None)[[linkage.ID, *nominals.COMPARED]]


DIGITS = str.maketrans("0123456789", "AEIOUYBDGP")
SPOILT = [
    lambda row: {"forename": row["surname"], "surname": row["forename"]},
    lambda row: {"forename": row["forename"][:-1] + "X"},
    lambda row: {"surname": row["surname"] + " SMITH", "phone": None},
    lambda row: {"born_on": None},
    lambda row: {"born_on": row["born_on"][:5] + row["born_on"][8:] + "-" + row["born_on"][5:7]},
    lambda row: {"second_forenames": "ANN", "address": None},
    lambda row: {"second_forenames": "G", "postcode": None},
    lambda row: {"forename": row["forename"][0]},
    lambda row: {"phone": "+447700900999", "vehicle": "AB12IQC", "surname": row["surname"][:-1] + "Z"},
    lambda row: {"forename": "GRACE", "second_forenames": row["forename"]},
]


def _sorted(links: pd.DataFrame) -> pd.DataFrame:
    return links.sort_values(["left_id", "right_id"]).reset_index(drop=True)


def test_one_engine_finds_what_the_other_finds(spark: SparkSession, records: pd.DataFrame) -> None:
    types = ", ".join(f"{name} string" for name in records)
    df = spark.createDataFrame(records.to_dict("records"), types).cache()
    here, there = linkage.Linkage(records), linkage.Linkage(df)
    ours, theirs = _sorted(here.links(THRESHOLD)), _sorted(there.links(THRESHOLD))
    assert len(ours) >= 50
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, atol=1e-4)
    changed = {"37:N003", "36:N017"}
    ours, theirs = _sorted(here.links(THRESHOLD, changed)), _sorted(there.links(THRESHOLD, changed))
    assert len(ours) >= 2
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, atol=1e-4)
    pair = [("36:N001", "36:N002")]
    pd.testing.assert_frame_equal(here.explained(pair), there.explained(pair), check_dtype=False, atol=1e-4)
