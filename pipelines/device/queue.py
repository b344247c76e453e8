"""The queue `keyword_hits`: messages of seized devices that hold words that were looked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.device import privilege
from pipelines.queues import items, settled
from schemas import codes, device, gold

QUEUE = "keyword_hits"


def queue_items(
    hits: DataFrame,
    messages: DataFrame,
    submissions: DataFrame,
    decisions: DataFrame,
    capacity: Mapping[str, int],
    night: date,
    *,
    made_with: items.Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: a message of a submission with its terms, once however many devices hold it.

    Privileged messages are not shown unless released. Those with most different terms come first, deleted ones before
    others.

    Args:
        hits: gold.device_keyword_hits up to the night.
        messages: silver.device_messages up to the night.
        submissions: bronze.device_submissions up to the night.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force code, `*` for forces that are not named.
    """
    readable = privilege.readable(messages, decisions).drop("privileged_by")
    terms = hits.groupBy("message_id").agg(
        F.sort_array(F.collect_set(F.struct("start", "end", "term", "list_name"))).alias("terms"),
        F.size(F.collect_set("term")).alias("n_terms"),
    )
    joined = readable.drop("night").join(terms, "message_id")
    joined = joined.join(of_submissions(submissions).drop("folder"), "submission_id")
    copies = Window.partitionBy("submission_id", "content_key")
    first = copies.orderBy("is_deleted", "file", "member", "byte_from")
    one = joined.withColumns({"n_copies": F.count("*").over(copies), "_n": F.row_number().over(first)}).where("_n = 1")
    asked = one.withColumns(
        {
            "queue": F.lit(QUEUE),
            "item_id": items.item_id(F.lit(QUEUE), F.col("submission_id"), F.col("content_key")),
            "text_hash": items.evidence_hash(F.col("text"), F.array_sort(F.transform("terms", lambda t: t["term"]))),
        }
    )
    open_ = settled.still_asked(asked, decisions)
    order: list[Column | str] = [
        F.col("n_terms").desc(), F.col("is_deleted").desc(), F.col("sent_at").desc_nulls_last(), "item_id",
    ]  # fmt: skip
    changed = items.flags(
        {items.EVIDENCE_CHANGED: F.col("is_text_changed"), "deleted on the device": F.col("is_deleted")},
        device.MESSAGES.path,
        F.col("message_id"),
    )
    return items.unscored(
        items.within_capacity(open_, items.capacity_of(capacity), order),
        night,
        made_with,
        subject_kind=F.lit("device"),
        subject_id=F.col("message_id"),
        stratum=F.when(F.col("n_terms") > 1, "SEVERAL_TERMS").otherwise("ONE_TERM"),
        reasons=items.reasons(_terms(), changed),
        marking=F.lit(codes.MARKINGS[-1]),  # the content of somebody's telephone: never below OFFICIAL-SENSITIVE
        details=_details(),
        source_rows=F.array(
            F.struct(
                F.lit(device.MESSAGES.path).alias("table"),
                F.col("message_id").alias("id"),
                "file",
                F.lit(None).cast("string").alias("file_hash"),
                F.col("byte_from").alias("row_number"),
            )
        ),
    )


def of_submissions(submissions: DataFrame) -> DataFrame:
    """Force, purpose and newest folder of each submission, once however often it came."""
    return submissions.groupBy("submission_id").agg(
        *(F.max(name).alias(name) for name in ("force", "purpose", "folder"))
    )


def submission_row() -> Column:
    """The submission that a row of a queue comes of, as its `source_rows`: of rows joined with `of_submissions`."""
    return F.array(
        F.struct(
            F.lit(device.SUBMISSIONS.path).alias("table"),
            F.col("submission_id").alias("id"),
            F.col("folder").alias("file"),
            F.lit(None).cast("string").alias("file_hash"),
            F.lit(None).cast("long").alias("row_number"),
        )
    )


def _terms() -> Column:
    """A reason for each place of a term, with its offsets in the message's text."""
    reason = F.transform(
        "terms",
        lambda t: F.struct(
            F.lit("term").alias("kind"),
            t["term"].alias("text"),
            F.lit(device.MESSAGES.path).alias("source_table"),
            F.col("message_id").alias("source_id"),
            t["start"].alias("start"),
            t["end"].alias("end"),
            F.lit(0.0).alias("weight"),
        ),
    )
    return reason.cast(gold.REASON_LIST)


def _details() -> Column:
    return items.details(
        {
            "submission_id": F.col("submission_id"),
            "purpose": F.coalesce("purpose", F.lit("")),
            "app": F.coalesce("app", F.lit("")),
            "chat_id": F.coalesce("chat_id", F.lit("")),
            "sender": F.coalesce("sender_name", "sender", F.lit("")),
            "direction": F.coalesce("direction", F.lit("")),
            "sent_at": F.coalesce(F.date_format("sent_at", "yyyy-MM-dd HH:mm:ss"), F.lit("")),
            "n_copies": F.col("n_copies").cast("string"),
            "lists": F.concat_ws(", ", F.array_distinct(F.transform("terms", lambda t: t["list_name"]))),
        }
    )
