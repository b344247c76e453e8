"""What one sender splits over two messages: found, but never across what is held back from view and what is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession

from pipelines.device import finds
from schemas import device
from tests.support import tables


@pytest.mark.spark
@pytest.mark.parametrize("held", [(False, False), (True, True), (True, False), (False, True)])
def test_a_privileged_part_is_never_joined_with_a_readable_one(spark: SparkSession, held: tuple[bool, bool]):
    parts = ("Sort code 00-12-34", "account 31234567")
    rows = [
        {
            "message_id": f"{n}" * 24, "submission_id": "36:A", "sender": "+447700900001", "direction": "IN",
            "text": text, "sent_at": datetime(2026, 1, 1, 9, n, tzinfo=UTC), "byte_from": n, "is_privileged": held[n],
        }
        for n, text in enumerate(parts)
    ]  # fmt: skip
    found = finds.identifiers(tables.frame(spark, device.MESSAGES, *rows)).collect()
    told = [(row.message_id, row.continues_in, row.value) for row in found]
    assert told == ([("0" * 24, "1" * 24, "001234 31234567")] if held[0] == held[1] else [])
