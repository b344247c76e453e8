"""Leads as rows of gold.comms_leads, and the rows of the queue `comms_leads`."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms import sides
from pipelines.comms.leads import usage
from pipelines.queues import items, settled
from schemas import codes, gold
from schemas import leads as contract

QUEUE = "comms_leads"
EVENTS = "silver.comms_events"


def comms_leads(
    candidates: DataFrame, use: DataFrame, people: DataFrame, night: date, *, min_score: float, unassigned: str
) -> DataFrame:
    """Rows of gold.comms_leads: candidates from `min_score` on, with an id that lasts and the force that looks.

    Args:
        candidates: result of `leads.candidates`.
        use: result of `leads.used`.
        people: silver.people as of the night.
        unassigned: force code where no listed person is tied to the numbers.
    """
    published = candidates.where(F.col("score") >= min_score)
    key = (F.col("detector"), F.col("subject_id"), F.date_format("first_at", "yyyy-MM"))
    named = published.withColumn("lead_id", items.item_id(*key))
    # The same two numbers may have met in two handsets: the stronger lead stands for both.
    strongest = Window.partitionBy("lead_id").orderBy(F.col("evidence").desc(), F.col("first_at"))
    once = concurrency.materialise_lazily(
        named.withColumn("_n", F.row_number().over(strongest)).where("_n = 1").drop("_n")
    )
    return contract.COMMS_LEADS.conform(
        once.join(_forces(once, use, people), ["lead_id"], how="left").withColumns(
            {"night": F.lit(night), "force": F.coalesce("force", F.lit(unassigned))}
        )
    )


def _forces(leads: DataFrame, use: DataFrame, people: DataFrame) -> DataFrame:
    """lead_id and the force of the person named, else of most listed people among the numbers and their contacts."""
    number = leads.select("lead_id", "person_ids", F.explode("numbers").alias("number"))
    pairs = usage.contacts(use).select("number", "contact")
    heard = pairs.select(F.col("contact").alias("number"), F.col("number").alias("contact"))
    around = pairs.unionByName(heard).distinct()
    themselves = number.select("lead_id", F.col("number").alias("phone"), F.lit(100).alias("_weight"))
    reached = number.join(around, ["number"]).select(
        "lead_id", F.col("contact").alias("phone"), F.lit(1).alias("_weight")
    )
    listed = people.where("phone IS NOT NULL").select("phone", "force").distinct()
    votes = themselves.unionByName(reached).join(listed, ["phone"]).select("lead_id", "force", "_weight")
    persons = number.select("lead_id", F.explode("person_ids").alias("person_id")).select(
        "lead_id", F.split("person_id", ":")[0].alias("force"), F.lit(10_000).alias("_weight")
    )
    summed = votes.unionByName(persons).groupBy("lead_id", "force").agg(F.sum("_weight").alias("_votes"))
    most = F.max(F.struct(F.col("_votes"), F.col("force"))).alias("top")
    return summed.groupBy("lead_id").agg(most).select("lead_id", F.col("top.force").alias("force"))


def queue_items(
    leads: DataFrame,
    events: DataFrame,
    decisions: DataFrame,
    night: date,
    *,
    capacity: int,
    made_with: items.Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: per force the strongest leads that nobody has settled.

    Args:
        leads: gold.comms_leads of the night.
        events: usable events as of the night, for the rows behind each lead.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force.
    """
    published = leads.withColumnRenamed("lead_id", "item_id")
    published = published.withColumns({"queue": F.lit(QUEUE), "text_hash": _evidence_hash()})
    order: list[Column | str] = [F.col("score").desc(), F.col("evidence").desc(), "item_id"]
    shown = items.within_capacity(settled.still_asked(published, decisions), F.lit(capacity), order)
    changed = items.flags({items.EVIDENCE_CHANGED: F.col("is_text_changed")}, EVENTS, F.col("event_ids")[0])
    return items.rows(
        shown.join(_rows_behind(shown, events), ["item_id"], how="inner"),
        night,
        made_with,
        subject_kind=F.lit("comms"),
        stratum=F.upper("detector"),
        reasons=items.reasons(_factors(), F.col("event_reasons"), changed),
        marking=F.lit(codes.MARKINGS[-1]),
        details=_details(),
    )


def _evidence_hash() -> Column:
    """What is decided on: the numbers, whom they are tied to, and the events that the lead shows.

    Not its score, factors and counts, which move as the reference population does.
    """
    return items.evidence_hash(*(F.array_sort(name) for name in ("numbers", "person_ids", "event_ids")))


def _factors() -> Column:
    first = F.col("event_ids")[0]
    return F.transform("factors", lambda f: items.reason("rule", f["text"], EVENTS, first, f["weight"]))


def _rows_behind(shown: DataFrame, events: DataFrame) -> DataFrame:
    """item_id, a reason for each of its events, and the rows that these came from."""
    wanted = shown.select("item_id", F.explode("event_ids").alias("event_id")).distinct()
    joined = events.join(F.broadcast(wanted), ["event_id"], how="inner")
    text = F.concat_ws(
        " ",
        F.date_format("started_at", "yyyy-MM-dd HH:mm:ss"),
        F.lit("UTC"),
        F.col("type"),
        F.coalesce("a_number", F.lit("withheld")),
        F.when(F.col("b_number").isNotNull(), F.concat(F.lit("to "), F.col("b_number"))),
        F.concat(F.lit("cell "), "first_cell", F.coalesce(F.concat(F.lit(" of "), sides.own_number()), F.lit(""))),
    )
    reason = items.reason("event", text, EVENTS, F.col("event_id"))
    row = items.source_row(EVENTS, "event_id")
    ordered = F.sort_array(F.collect_list(F.struct("started_at", "event_id", reason.alias("r"), row.alias("s"))))
    return (
        joined.groupBy("item_id")
        .agg(ordered.alias("o"))
        .select(
            "item_id",
            F.col("o.r").cast(gold.REASON_LIST).alias("event_reasons"),
            F.col("o.s").alias("source_rows"),
        )
    )


def _details() -> Column:
    place = F.when(
        F.col("latitude").isNotNull(), F.format_string("%.5f,%.5f,%.0f", "latitude", "longitude", "radius_m")
    )
    said = {
        "title": F.col("statement"),
        "tags": F.lit(""),
        "detector": F.col("detector"),
        "numbers": F.array_join("numbers", ", "),
        "place": F.coalesce(place, F.lit("")),
        "first_at": F.date_format("first_at", "yyyy-MM-dd HH:mm"),
        "last_at": F.date_format("last_at", "yyyy-MM-dd HH:mm"),
        "evidence_nats": F.format_string("%.2f", "evidence"),
    }
    return items.details(said)
