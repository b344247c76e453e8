"""The queue `victim_pack`: accounts of children on devices, and the packs that a decision hands out.

The force that handed the device in decides: the material is under its authority. Where a pack goes, its row says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.decisions import standing
from pipelines.device import queue as device_queue
from pipelines.device.packs import accounts, routing, tables
from pipelines.queues import items, settled
from schemas import codes, device

QUEUE = codes.VICTIM_QUEUE
OUTCOME = "REFER"
_ORDER = (accounts.CONFIRMED, accounts.ENQUIRY, accounts.UNRESOLVED)  # who comes first
_WORDS = {
    accounts.CONFIRMED: "address confirmed by two independent sources",
    accounts.ENQUIRY: "something to follow",
    accounts.UNRESOLVED: "nothing to follow yet",
}


def queue_items(
    claims: DataFrame,
    messages: DataFrame,
    submissions: DataFrame,
    decisions: DataFrame,
    capacity: Mapping[str, int],
    night: date,
    *,
    places: routing.Table,
    made_with: items.Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: an account of a child. Confirmed addresses first, then those with most to follow.

    Args:
        claims: silver.device_claims up to the night.
        messages: silver.device_messages up to the night.
        submissions: bronze.device_submissions up to the night.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force code, `*` for forces that are not named.
        places: postcodes and their forces.
    """
    packs = tables.packs_of(tables.readable(claims, messages, decisions), places).withColumnRenamed("force", "to_force")
    joined = packs.join(device_queue.of_submissions(submissions), "submission_id")
    asked = joined.withColumns(
        {
            "queue": F.lit(QUEUE),
            "item_id": items.item_id(F.lit(QUEUE), F.col("account_id")),
            "text_hash": F.col("evidence_hash"),
            "_place": F.array_position(F.array(*map(F.lit, _ORDER)), F.col("status")),
            "n_sources": F.size(F.array_distinct(F.transform("evidence", lambda e: e["source_id"]))),
        }
    )
    source = (device.CLAIMS.path, F.col("account_id"))
    told = F.element_at(F.create_map(*(F.lit(x) for pair in _WORDS.items() for x in pair)), F.col("status"))
    leads = F.transform("leads", lambda lead: items.reason("rule", lead, *source))
    own = F.array(items.reason("rule", told, *source))
    changed = items.flags({items.EVIDENCE_CHANGED: F.col("is_text_changed")}, *source)
    order: list[Column | str] = ["_place", F.size("leads").desc(), F.col("n_sources").desc(), "item_id"]
    return items.unscored(
        items.within_capacity(settled.still_asked(asked, decisions), items.capacity_of(capacity), order),
        night,
        made_with,
        subject_kind=F.lit("device"),
        subject_id=F.col("account_id"),
        stratum=F.upper("status"),
        reasons=items.reasons(own, leads, changed),
        marking=F.lit(codes.MARKINGS[-1]),  # the content of somebody's telephone: never below OFFICIAL-SENSITIVE
        details=items.details(
            {
                "submission_id": F.col("submission_id"),
                "purpose": F.coalesce("purpose", F.lit("")),
                "account": F.concat_ws(": ", F.when(F.col("app") != "", F.col("app")), "party"),
                "status": F.col("status"),
                "to_force": F.col("to_force"),
                "ages": F.concat_ws(", ", "ages"),
                "n_linked": F.size("linked").cast("string"),
                "n_sources": F.col("n_sources").cast("string"),
            }
        ),
        source_rows=device_queue.submission_row(),
    )


def packs(
    decisions: DataFrame,
    claims: DataFrame,
    messages: DataFrame,
    pictures: DataFrame,
    night: date,
    *,
    places: routing.Table,
) -> DataFrame:
    """Rows of gold.VICTIM_PACKS of one night: for each decision that stands, the pack that was decided on.

    What came after the queue was published is not in it. Where what is held is another than what was decided on, there
    is no pack: the queue asks again.

    Args:
        decisions: gold.DECISIONS, any nights.
        claims: silver.device_claims up to the night.
        messages: silver.device_messages up to the night.
        pictures: `tables.known_pictures` up to the night.
        places: postcodes and their forces.
    """
    # Of two decisions on one account the newer counts: a pack goes to one force.
    stand = settled.newest(standing.standing(decisions, QUEUE, OUTCOME, night)).select(
        F.lit(night).alias("night"), "decision_id", F.col("subject_id").alias("account_id"),
        F.col("force").alias("from_force"), "reviewer", "decided_at", F.col("free_text").alias("reason"), "text_hash",
        "queue_night",
    )  # fmt: skip
    nights = F.broadcast(stand.select("queue_night").distinct())
    seen = tables.readable(claims, messages, decisions).join(nights, F.col("night") <= F.col("queue_night"))
    by = F.concat_ws("\x1f", "submission_id", F.col("queue_night").cast("string"))
    made = tables.packs_of(seen.withColumn("_of", by), places, by="_of")
    made = made.withColumn("queue_night", F.element_at(F.split("_by", "\x1f"), -1).cast("date"))
    decided = made.join(F.broadcast(stand), ["account_id", "queue_night"])
    same = decided.where(F.col("text_hash") == F.col("evidence_hash"))
    none = F.array().cast("array<string>")
    met = same.join(pictures, ["submission_id", "app", "party"], how="left")
    whole = met.withColumn("known_pictures", F.coalesce("known_pictures", none)).select(*device.VICTIM_PACKS.names)
    return device.VICTIM_PACKS.conform(tables.with_word(whole, places))
