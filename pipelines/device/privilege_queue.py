"""The queue `privileged_release`: terms of privileged lists, and how many messages each holds back.

A decision releases one term of one submission (`pipelines.device.privilege`). The queue shows counts, and no content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.device import privilege
from pipelines.device import queue as device_queue
from pipelines.queues import items, settled
from schemas import codes, device

QUEUE = privilege.QUEUE


def queue_items(
    messages: DataFrame,
    submissions: DataFrame,
    decisions: DataFrame,
    capacity: Mapping[str, int],
    night: date,
    *,
    made_with: items.Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: a term of a submission's privileged list, with how many messages it holds back.

    Nothing of a message is in a row. Terms that hold back most come first.

    Args:
        messages: silver.device_messages up to the night.
        submissions: bronze.device_submissions up to the night.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force code, `*` for forces that are not named.
    """
    counted = (
        privilege.by_term(messages)
        .groupBy("submission_id", "term", "item_id")
        .agg(
            privilege.evidence(),
            F.countDistinct("content_key").alias("n_messages"),
            F.countDistinct(F.when(F.col("n_terms") > 1, F.col("content_key"))).alias("n_with_others"),
            F.countDistinct("file", "member").alias("n_files"),
        )
    )
    asked = counted.join(device_queue.of_submissions(submissions), "submission_id").withColumn("queue", F.lit(QUEUE))
    order: list[Column | str] = [F.col("n_messages").desc(), "item_id"]
    open_ = items.within_capacity(settled.still_asked(asked, decisions), items.capacity_of(capacity), order)
    subject = F.col("submission_id")
    changed = items.flags({items.EVIDENCE_CHANGED: F.col("is_text_changed")}, device.MESSAGES.path, subject)
    words = F.concat_ws(" ", "n_messages", F.when(F.col("n_messages") == 1, "message").otherwise("messages"))
    counts = ("n_messages", "n_with_others", "n_files")
    return items.unscored(
        open_,
        night,
        made_with,
        subject_kind=F.lit("device"),
        subject_id=subject,
        stratum=F.lit("PRIVILEGED"),
        reasons=items.reasons(F.array(items.reason("rule", words, device.MESSAGES.path, subject)), changed),
        marking=F.lit(codes.MARKINGS[-1]),
        details=items.details(
            {
                "submission_id": subject,
                "purpose": F.coalesce("purpose", F.lit("")),
                "term": F.col("term"),
                **{name: F.col(name).cast("string") for name in counts},
            }
        ),
        source_rows=device_queue.submission_row(),
    )
