"""The other side of label issues: recorded CSAE tags that look wrong. A queue of its own, off unless a setting says so.

A tag that is wrong costs less than one that is missing, and asking analysts to doubt tags has a price: so it is small,
apart, and asks for a reading only. Nothing is written back from it.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.queues import items, settled
from pipelines.reports import queue as reports_queue

QUEUE = "overtagged"
KEY = ["report_id"]


def chosen(tagged: DataFrame, out_of_fold: DataFrame, decisions: DataFrame, capacity: int) -> DataFrame:
    """Per force the reports whose recorded tag is the least likely by their words, not settled here on this text.

    Args:
        tagged: result of `queue.in_scope_tagged`.
        out_of_fold: gold.OOF_SCORES of the model: only reports that trained, scored by a model that did not see them.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force.

    Returns:
        The columns of `tagged`; tag_score (out of fold), score (one minus it) with its ends, rank, item_id, kind,
        is_text_changed.
    """
    scores = out_of_fold.select("report_id", "text_hash", F.col("score").alias("tag_score"))
    scored = tagged.drop("night").join(scores, [*KEY, "text_hash"], how="inner")
    asked = settled.still_asked(scored.select("*", *reports_queue.asked_as(QUEUE)), decisions)
    shown = items.within_capacity(asked, F.lit(capacity), ["tag_score", "report_id"])
    doubt = 1 - F.col("tag_score")
    extra = dict.fromkeys(("score", "score_low", "score_high"), doubt)
    return shown.withColumns(extra | {"kind": F.lit(None).cast("string"), "is_out_of_fold": F.lit(True)})


def queue_items(
    shown: DataFrame, explained: DataFrame, night: date, made_with: items.Provenance, *, model: tuple[str, str]
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS. The terms are those of the tag's score: what lowers it speaks against the tag."""
    text = F.concat(
        F.lit("carries a CSAE tag, but reads unlike reports that do: "),
        F.format_number("tag_score", 2),
        F.lit(" out of fold"),
    )
    terms = shown.select("report_id", "tag_score").join(explained, KEY, how="left")
    doubts = items.reasons(F.array(reports_queue.said("rule", text)), F.col("reasons"))
    named = shown.withColumns({"model_name": F.lit(model[0]), "model_version": F.lit(model[1])})
    explained = terms.select("report_id", doubts.alias("reasons"))
    return reports_queue.queue_items(named, explained, night, made_with, queue=QUEUE)
