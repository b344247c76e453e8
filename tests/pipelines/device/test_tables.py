"""Rows of a submission do not depend on the order of its files, on how many workers read them, or on how it was cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession

from pipelines.device import tables
from tests.support import device_exports as exports

pytestmark = pytest.mark.spark
NIGHT, ID = date(2026, 3, 14), "36:EX-1"
OWNER = [exports.OWNER, exports.OWNER_NAME]


def read(spark: SparkSession, folder: Path, names: Sequence[str], n_tasks: int) -> DataFrame:
    listed = [(ID, name, str(folder / name), OWNER, "GB", "Europe/London", [], False, None, None) for name in names]
    return tables.records(spark.createDataFrame(listed, tables.FILES), n_tasks)


def keys(rows: Iterable[Row]) -> set[str]:
    """Messages by what they say; one that says nothing, or not when, is known by its place alone."""
    return {row.content_key for row in rows if row.content_key != row.message_id}


def test_the_same_rows_in_any_order_of_files_and_out_of_split_reports(spark: SparkSession, tmp_path: Path) -> None:
    whole = {
        "a.ufdr": exports.ufdr(exports.ufed_xml()), "_chat.txt": exports.whatsapp_ios(),
        "whatsApp.json": exports.leapp_json(), "IMG_1.jpg": b"\xff\xd8\xff nothing",
    }  # fmt: skip
    lines = exports.CONVERSATION
    parts = {f"part{n}.xml": exports.ufed_xml(lines[n::2]) for n in range(2)}
    for name, content in (whole | parts).items():
        (tmp_path / name).write_bytes(content)
    calm = read(spark, tmp_path, list(whole), 1)
    shuffled = read(spark, tmp_path, list(whole)[::-1], 3)
    assert sorted(map(repr, shuffled.collect())) == sorted(map(repr, calm.collect()))
    messages = tables.messages(calm, NIGHT).collect()
    assert sorted(map(repr, tables.messages(shuffled, NIGHT).collect())) == sorted(map(repr, messages))
    assert len(messages) == 3 * len(lines)
    split = tables.messages(read(spark, tmp_path, list(parts), 2), NIGHT).collect()
    of_report = [row for row in messages if row.file == "a.ufdr"]
    assert len(split) == len(of_report) == len(lines)
    assert keys(split) == keys(of_report)
    assert len(keys(split)) > len(lines) / 2
