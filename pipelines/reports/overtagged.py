"""The other side of label issues: recorded CSAE tags that look wrong. A queue of its own, off unless a setting says so.

A tag that is wrong costs less than one that is missing, and asking analysts to doubt tags has a price: so it is small,
apart, and asks for a reading only. Nothing is written back from it.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common.provenance import Provenance
from pipelines.queues import near_duplicates
from pipelines.reports import queue as reports_queue
from schemas import codes, gold

QUEUE = "overtagged"
KEY = ["report_id"]


def chosen(tagged: DataFrame, out_of_fold: DataFrame, decisions: DataFrame, capacity: int) -> DataFrame:
    """Per force the reports whose recorded tag is the least likely by their words, never decided here on this text.

    Args:
        tagged: result of `reclassify.in_scope_tagged`.
        out_of_fold: gold.OOF_SCORES of the model: only reports that trained, scored by a model that did not see them.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force.

    Returns:
        The columns of `tagged`; tag_score (out of fold), score (one minus it) with its ends, rank, item_id, kind.
    """
    final = decisions.where((F.col("queue") == QUEUE) & F.col("outcome").isin(*codes.FINAL_OUTCOMES))
    settled = near_duplicates.newest(final).select(F.col("subject_id").alias("report_id"), "text_hash")
    scores = out_of_fold.select("report_id", "text_hash", F.col("score").alias("tag_score"))
    scored = tagged.drop("night").join(scores, [*KEY, "text_hash"], how="inner")
    asked = scored.join(settled, [*KEY, "text_hash"], how="left_anti")
    lowest = Window.partitionBy("force").orderBy("tag_score", "report_id")
    ranked = asked.withColumn("rank", F.row_number().over(lowest)).where(F.col("rank") <= capacity)
    doubt = 1 - F.col("tag_score")
    extra = dict.fromkeys(("score", "score_low", "score_high"), doubt)
    extra |= {"item_id": reports_queue.item_id(QUEUE), "kind": F.lit(None).cast("string")}
    extra |= {"is_text_changed": F.lit(False), "is_out_of_fold": F.lit(True)}
    return ranked.withColumns(extra)


def queue_items(
    shown: DataFrame, explained: DataFrame, night: date, made_with: Provenance, *, model: tuple[str, str]
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS. The terms are those of the tag's score: what lowers it speaks against the tag."""
    says = F.struct(
        F.lit("rule").alias("kind"),
        F.concat(
            F.lit("carries a CSAE tag, but reads unlike reports that do: "),
            F.format_number("tag_score", 2),
            F.lit(" out of fold"),
        ).alias("text"),
        F.lit("silver.reports").alias("source_table"),
        F.col("report_id").alias("source_id"),
        F.lit(None).cast("int").alias("start"),
        F.lit(None).cast("int").alias("end"),
        F.lit(0.0).alias("weight"),
    )
    none = F.array().cast(gold.REASON_LIST)
    spoken = shown.select("report_id", "tag_score").join(explained, KEY, how="left")
    reasons = F.concat(F.array(says), F.coalesce("reasons", none)).cast(gold.REASON_LIST)
    spoken = spoken.select("report_id", reasons.alias("reasons"))
    named = shown.withColumns({"model_name": F.lit(model[0]), "model_version": F.lit(model[1])})
    return reports_queue.queue_items(named, spoken, night, made_with, queue=QUEUE)
