"""Accounts, wallets, IBANs and cards for whoever can act on them: the queue `finance_referral`, and what leaves.

A value names nobody. Who told it is known, whose it is is not: people and accounts are two counts, and nothing here
joins one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.decisions import standing
from pipelines.device import privilege
from pipelines.device import queue as device_queue
from pipelines.queues import items, settled
from schemas import codes, device

QUEUE = codes.FINANCE_QUEUE
OUTCOME = "REFER"
_PROOF = ("checksum_ok", "no_checksum", "unverifiable", "checksum_bad")  # what is best proved comes first
_BROKEN = "checksum_bad"
_WORDS = {"UK_ACCOUNT": "UK accounts", "IBAN": "IBANs", "CARD": "cards"}


def values(
    identifiers: DataFrame, messages: DataFrame, decisions: DataFrame, by: Sequence[str] = ("submission_id",)
) -> DataFrame:
    """Different values in messages that may be read, each once per `by`.

    Args:
        identifiers: silver.device_identifiers, with whatever else `by` names.
        messages: silver.device_messages.
        decisions: gold.DECISIONS, which say what of the privileged is released.

    Returns:
        `by`, kind, value, status (the best that a checksum says of any writing), is_repaired (it stands nowhere without
        look-alikes), n_messages (different ones), told_by (senders: number or handle, else the name on the device),
        names (those that the device knew them by), first_file, first_member, first_byte.
    """
    told = privilege.readable(messages, decisions)
    told = told.select("night", "message_id", "content_key", "sender", "sender_name")
    states = F.array(*map(F.lit, _PROOF))
    best = F.min(F.array_position(states, F.col("status"))).cast("int")
    return (
        identifiers.join(told, ["night", "message_id"])
        .groupBy(*by, "kind", "value")
        .agg(
            F.element_at(states, best).alias("status"),
            F.min("is_repaired").alias("is_repaired"),
            F.countDistinct("content_key").alias("n_messages"),
            F.sort_array(F.collect_set(F.coalesce("sender", "sender_name"))).alias("told_by"),
            F.sort_array(F.collect_set("sender_name")).alias("names"),
            F.min(F.struct("file", "member", "byte_from")).alias("_first"),
        )
        .withColumns(
            {
                "first_file": F.col("_first.file"),
                "first_member": F.col("_first.member"),
                "first_byte": F.col("_first.byte_from"),
            }
        )
        .drop("_first")
    )


def referable(told: DataFrame) -> DataFrame:
    """Of `values`, those of money that no checksum refuses."""
    return told.where(F.col("kind").isin(*device.FINANCE_KINDS) & (F.col("status") != _BROKEN))


def evidence() -> Column:
    """Hash of the values of a group and of nothing else: a new value asks again, another message with one does not."""
    return items.evidence_hash(F.array_sort(F.col("_values")))


def _collected() -> Column:
    return F.collect_list(F.struct("kind", "value")).alias("_values")


def queue_items(
    identifiers: DataFrame,
    messages: DataFrame,
    submissions: DataFrame,
    decisions: DataFrame,
    capacity: Mapping[str, int],
    night: date,
    *,
    made_with: items.Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: a submission with its accounts and wallets. Those with most of them come first.

    Args:
        identifiers: silver.device_identifiers up to the night.
        messages: silver.device_messages up to the night.
        submissions: bronze.device_submissions up to the night.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force code, `*` for forces that are not named.
    """
    of_money = identifiers.where(F.col("kind").isin(*device.FINANCE_KINDS))
    told, is_broken = values(of_money, messages, decisions), F.col("status") == _BROKEN
    counted = told.groupBy("submission_id").agg(
        F.collect_list(F.when(~is_broken, F.struct("kind", "value"))).alias("_values"),  # a NULL is not collected
        F.size(F.array_distinct(F.flatten(F.collect_list(F.when(~is_broken, F.col("told_by")))))).alias("n_people"),
        F.count_if(~is_broken & (F.size("told_by") == 0)).alias("n_without_teller"),
        F.count_if(is_broken).alias("n_broken"),
    )
    asked = (
        counted.where(F.size("_values") > 0)
        .join(device_queue.of_submissions(submissions), "submission_id")
        .withColumns(
            {
                "queue": F.lit(QUEUE),
                "item_id": items.item_id(F.lit(QUEUE), F.col("submission_id")),
                "text_hash": evidence(),
                "n_values": F.size("_values"),
            }
        )
    )
    changed = items.flags(
        {items.EVIDENCE_CHANGED: F.col("is_text_changed")}, device.IDENTIFIERS.path, F.col("submission_id")
    )
    return items.unscored(
        items.within_capacity(
            settled.still_asked(asked, decisions), items.capacity_of(capacity), [F.col("n_values").desc(), "item_id"]
        ),
        night,
        made_with,
        subject_kind=F.lit("device"),
        subject_id=F.col("submission_id"),
        stratum=F.when(_n_of("UK_ACCOUNT", "IBAN", "CARD") > 0, "ACCOUNTS").otherwise("WALLETS"),
        reasons=items.reasons(*map(_counted, device.FINANCE_KINDS), changed),
        marking=F.lit(codes.MARKINGS[-1]),  # the content of somebody's telephone: never below OFFICIAL-SENSITIVE
        details=items.details(
            {
                "submission_id": F.col("submission_id"),
                "purpose": F.coalesce("purpose", F.lit("")),
                **{
                    name: F.col(name).cast("string")
                    for name in ("n_values", "n_people", "n_without_teller", "n_broken")
                },
            }
        ),
        source_rows=device_queue.submission_row(),
    )


def _n_of(*kinds: str) -> Column:
    return F.size(F.filter("_values", lambda each: each["kind"].isin(*kinds)))


def _counted(kind: str) -> Column:
    """A reason with the number of different values of a kind, where there are any."""
    told = F.concat_ws(" ", _n_of(kind), F.lit(_WORDS.get(kind, f"{kind} wallets")))
    return F.when(_n_of(kind) > 0, F.array(items.reason("rule", told, device.IDENTIFIERS.path, F.col("submission_id"))))


def referrals(decisions: DataFrame, identifiers: DataFrame, messages: DataFrame, night: date) -> DataFrame:
    """Rows of gold.FINANCE_REFERRALS of one night: the values that were decided on, for each decision that stands.

    A value that came after the queue was published is not referred: nobody decided on it. Where what is held is another
    than what was decided on, nothing is: the queue asks again.

    Args:
        decisions: gold.DECISIONS, any nights.
        identifiers: silver.device_identifiers up to the night.
        messages: silver.device_messages up to the night.
    """
    stand = standing.standing(decisions, QUEUE, OUTCOME, night).select(
        F.lit(night).alias("night"), "decision_id", F.col("subject_id").alias("submission_id"), "force", "reviewer",
        "decided_at", F.col("free_text").alias("reason"), "text_hash", "queue_night",
    )  # fmt: skip
    shown = stand.select("decision_id", "submission_id", "queue_night")
    seen = identifiers.join(F.broadcast(shown), "submission_id").where(F.col("night") <= F.col("queue_night"))
    told = referable(values(seen, messages, decisions, by=("decision_id", "submission_id")))
    held = told.groupBy("decision_id").agg(_collected()).select("decision_id", evidence().alias("_held"))
    same = stand.drop("submission_id").join(held, "decision_id").where(F.col("text_hash") == F.col("_held"))
    return device.FINANCE_REFERRALS.conform(told.join(same, "decision_id"))
