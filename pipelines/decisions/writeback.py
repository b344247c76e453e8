"""What each force is to write into its own system: made only from decisions. No decision, no row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from pipelines.decisions import standing
from schemas import codes, gold
from schemas.layouts import layouts as sources

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

QUEUE = "reclassify"


def local_words(layouts: Mapping[str, sources.Source]) -> dict[str, dict[str, str]]:
    """Each force's own word for each national tag: force code -> tag -> the first word that its layout maps to it."""
    words: dict[str, dict[str, str]] = {}
    for source, feed in sources.of_feed(layouts, "reports").values():
        for theirs, national in feed.codes.get("tags", {}).items():
            words.setdefault(str(source.force), {}).setdefault(national, theirs)
    return words


def writeback(
    decisions: DataFrame, reports: DataFrame, words: Mapping[str, Mapping[str, str]], night: date
) -> DataFrame:
    """Rows of `gold.WRITEBACK` of one night.

    A tag is written where a decision of this night added it and stands (`standing`).

    Args:
        decisions: `gold.DECISIONS`, any nights, with the near-duplicates that they cover.
        reports: `silver.REPORTS` as of the night, one row per report. A decision on a report that is no longer held
            gives no row.
        words: force -> national tag -> the force's own word; the national tag where there is none.
        night: the night whose decisions are written.
    """
    added = standing.standing(decisions, QUEUE, "TAG_ADDED", night).where(F.col("tag").isin(*codes.CSAE_TAGS))
    held = reports.select(F.col("report_id"), F.col("urn"), F.col("force").alias("_report_force"))
    is_report = (F.col("subject_id") == F.col("report_id")) & (F.col("force") == F.col("_report_force"))
    return gold.WRITEBACK.conform(
        added.join(held, is_report, how="inner")
        .withColumn("local_tag", F.coalesce(_word(words), F.col("tag")))
        .withColumn("reason", F.col("free_text"))
    )


def _word(words: Mapping[str, Mapping[str, str]]) -> Column:
    pairs = {f"{force}:{tag}": word for force, tags in sorted(words.items()) for tag, word in sorted(tags.items())}
    if not pairs:
        return F.lit(None).cast("string")
    literals = [F.lit(part) for pair in pairs.items() for part in pair]
    return F.try_element_at(F.create_map(*literals), F.concat_ws(":", "force", "tag"))
