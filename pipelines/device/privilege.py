"""Which messages of devices may be read: the one rule, which queues, pages, searches and referrals ask.

A message that no privileged list meets may be read. One that a list meets may be where every term that it meets stands
released: the newest final decision on the term says RELEASE, and the messages that the term holds back are those that
were decided on. Where that is not known, the message is held back.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.queues import items, settled
from schemas import codes

QUEUE = codes.PRIVILEGE_QUEUE
HELD = "is_held"  # added by `judged`


def readable(messages: DataFrame, decisions: DataFrame) -> DataFrame:
    """Messages that may be read.

    Args:
        messages: silver.device_messages, whole nights or submissions of them.
        decisions: gold.DECISIONS up to the night; for a person who looks, as they stand today.
    """
    return judged(messages, decisions).where(f"NOT {HELD}").drop(HELD)


def judged(messages: DataFrame, decisions: DataFrame) -> DataFrame:
    """`messages` with `is_held`: held back from view."""
    known = with_terms(messages)
    released = released_terms(known, decisions).agg(
        F.map_from_entries(F.collect_list(F.struct("item_id", "queue_night"))).alias("_released")
    )

    def is_released(term: Column) -> Column:
        return F.coalesce(
            F.element_at("_released", item_id(F.col("submission_id"), term)) >= F.col("night"), F.lit(False)
        )

    is_free = (F.size("privileged_by") > 0) & F.forall("privileged_by", is_released)
    held = F.col("is_privileged") & ~F.coalesce(is_free, F.lit(False))
    return known.crossJoin(F.broadcast(released)).withColumn(HELD, held).drop("_released")


def by_term(messages: DataFrame) -> DataFrame:
    """Privileged messages once per term that they meet: term, item_id, n_terms beside their own columns."""
    told = with_terms(messages).where("is_privileged AND size(privileged_by) > 0")
    each = told.withColumns({"n_terms": F.size("privileged_by"), "term": F.explode("privileged_by")})
    return each.withColumn("item_id", item_id(F.col("submission_id"), F.col("term")))


def item_id(submission: Column, term: Column) -> Column:
    """Id of the question whether a term of a submission is released."""
    return items.item_id(F.lit(QUEUE), submission, term)


def evidence() -> Column:
    """Hash of the messages of a term, as `text_hash`: another one that is held back asks again."""
    keys = F.array_sort(F.collect_set("content_key"))
    return items.evidence_hash(keys).alias("text_hash")


def released_messages(messages: DataFrame, decisions: DataFrame) -> DataFrame:
    """Terms that stand released with the messages that each names: item_id, ids."""
    named = by_term(messages).join(F.broadcast(released_terms(messages, decisions)), "item_id")
    seen = named.where(F.col("night") <= F.col("queue_night"))
    return seen.groupBy("item_id").agg(F.sort_array(F.collect_set("message_id")).alias("ids"))


def released_terms(messages: DataFrame, decisions: DataFrame) -> DataFrame:
    """Terms that stand released: item_id, and queue_night, up to which their messages are."""
    stands = settled.settled(decisions.where(F.col("queue") == F.lit(QUEUE))).where(F.col("outcome") == "RELEASE")
    named = stands.select("item_id", "queue_night", F.col("text_hash").alias("_decided_on"))
    seen = by_term(messages).join(F.broadcast(named), "item_id").where(F.col("night") <= F.col("queue_night"))
    held = seen.groupBy("item_id", "queue_night", "_decided_on").agg(evidence())
    return held.where(F.col("text_hash") == F.col("_decided_on")).select("item_id", "queue_night")


def with_terms(messages: DataFrame) -> DataFrame:
    """`messages` with `privileged_by`, which a table from before has not: nothing releases those."""
    if "privileged_by" in messages.columns:
        return messages
    return messages.withColumn("privileged_by", F.lit(None).cast("array<string>"))
