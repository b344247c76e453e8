"""Rows of a submission do not depend on the order of its files, on how many workers read them, or on how it was cut."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipelines.device import tables
from schemas import device
from tests.support import device_exports as exports

pytestmark = pytest.mark.spark
NIGHT, ID = date(2026, 3, 14), "36:EX-1"
OWNER = [exports.OWNER, exports.OWNER_NAME]


def read(spark: SparkSession, folder: Path, names: Sequence[str], n_tasks: int) -> dict[str, list[Any]]:
    """Every table of the files, as sorted rows."""
    listed = [(ID, name, str(folder / name), OWNER, "GB", "Europe/London", [], False, None, None) for name in names]
    records = tables.records(spark.createDataFrame(listed, tables.FILES), n_tasks).cache()
    messages = tables.messages(records, NIGHT)
    made = {"messages": messages, "files": tables.files(records, messages, NIGHT)}
    made |= {each.path: tables.others(records, each, NIGHT) for each in (device.CONTACTS, device.CALLS, device.MEDIA)}
    rows = {name: sorted(map(repr, frame.collect())) for name, frame in made.items()}
    rows["content"] = sorted({row.content_key for row in messages.where("NOT is_duplicate").collect()})
    records.unpersist()
    return rows


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
    assert len(calm["messages"]) == 3 * len(lines)
    assert read(spark, tmp_path, list(whole)[::-1], 3) == calm
    split = read(spark, tmp_path, list(parts), 2)
    assert split["content"] == read(spark, tmp_path, ["a.ufdr"], 1)["content"]
    assert len(split["messages"]) == len(lines)
