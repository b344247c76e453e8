"""No decision, no row: what a force is asked to write comes from people only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipelines.decisions import writeback
from schemas import codes, gold, silver
from schemas.layouts import layouts as sources
from tests.support import tables

NIGHT = date(2026, 3, 15)
WORDS = {"36": {"CSE_LONE": "Child Sex Exploit - Lone"}}


def _decision(n: int, outcome: str, tag: str | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "decision_id": f"00000000-0000-0000-0000-{n:012d}",
        "night": NIGHT,
        "sequence": n,
        "item_id": "1" * 16,
        "queue": "reclassify",
        "force": "36",
        "subject_id": "36:INT/1",
        "outcome": outcome,
        "tag": tag,
        "reviewer": "a.analyst",
        "decided_at": datetime(2026, 3, 14, 10, n, tzinfo=UTC),
        "free_text": "item 2",
        **changes,
    }


@pytest.fixture(scope="module")
def reports(spark: SparkSession) -> DataFrame:
    rows = [{"report_id": f"{f}:INT/1", "force": f, "urn": "INT/1"} for f in ("36", "37")]
    return tables.frame(spark, silver.REPORTS, *rows).cache()


@pytest.mark.parametrize(
    ("decisions", "tags"),
    [
        ([], []),
        ([_decision(1, "TAG_ADDED", "CSE_LONE")], ["CSE_LONE"]),
        ([_decision(n, o) for n, o in enumerate(codes.OUTCOMES, 1) if o != "TAG_ADDED"], []),
        ([_decision(1, "TAG_ADDED", "IIOC"), _decision(2, "TAG_ADDED", "CSE_LONE")], ["CSE_LONE", "IIOC"]),
        ([_decision(1, "TAG_ADDED", "IIOC"), _decision(2, "NOT_CSAE")], []),  # taken back before the night
        ([_decision(1, "NOT_CSAE"), _decision(2, "TAG_ADDED", "IIOC")], ["IIOC"]),
        ([_decision(1, "TAG_ADDED", "IIOC"), _decision(2, "NOT_CSAE", item_id="2" * 16)], ["IIOC"]),  # another item
        ([_decision(1, "TAG_ADDED", "IIOC", night=date(2026, 3, 14))], []),  # another night's
        ([_decision(1, "TAG_ADDED", "IIOC", queue="network_children")], []),
        ([_decision(1, "TAG_ADDED", "IIOC", subject_id="36:INT/2")], []),  # no longer held
        ([_decision(1, "TAG_ADDED", "IIOC", force="37")], []),  # not that force's report
    ],
)
def test_only_standing_tag_decisions_of_the_night(
    spark: SparkSession, reports: DataFrame, decisions: list[dict[str, Any]], tags: list[str]
) -> None:
    table = tables.frame(spark, gold.DECISIONS, *decisions)
    found = writeback.writeback(table, reports, WORDS, NIGHT).orderBy("tag").collect()
    assert [row["tag"] for row in found] == tags


def test_a_row_speaks_the_words_of_its_force(spark: SparkSession, reports: DataFrame) -> None:
    decided = [
        _decision(1, "TAG_ADDED", "CSE_LONE"),
        _decision(2, "TAG_ADDED", "CSE_LONE", force="37", subject_id="37:INT/1", item_id="2" * 16),
    ]
    found = writeback.writeback(tables.frame(spark, gold.DECISIONS, *decided), reports, WORDS, NIGHT)
    assert found.columns == gold.WRITEBACK.names
    rows = {row["force"]: row for row in found.collect()}
    assert rows["36"]["local_tag"] == "Child Sex Exploit - Lone"
    assert rows["37"]["local_tag"] == "CSE_LONE"  # that force has no word of its own
    assert (rows["36"]["urn"], rows["36"]["reviewer"], rows["36"]["reason"]) == ("INT/1", "a.analyst", "item 2")
    without = writeback.writeback(tables.frame(spark, gold.DECISIONS, *decided), reports, {}, NIGHT)
    assert {row["local_tag"] for row in without.collect()} == {"CSE_LONE"}


def test_words_of_every_shipped_layout_lead_back_to_the_tag() -> None:
    layouts = sources.load()
    words = writeback.local_words(layouts)
    assert words
    for source, feed in sources.of_feed(layouts, "reports").values():
        for tag, word in words[str(source.force)].items():
            assert feed.codes["tags"][word] == tag
