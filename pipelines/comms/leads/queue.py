"""Leads as rows of gold.comms_leads, and the rows of the queue `comms_leads`."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common.provenance import Provenance
from pipelines.comms import sides
from pipelines.comms.leads import usage
from schemas import codes, gold
from schemas import leads as contract

QUEUE = "comms_leads"


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
    found = candidates.where(F.col("score") >= min_score)
    key = F.concat_ws("|", "detector", "subject_id", F.date_format("first_at", "yyyy-MM"))
    named = found.withColumn("lead_id", F.substring(F.sha2(key, 256), 1, 16))
    # The same two numbers may have met in two handsets: the stronger lead stands for both.
    strongest = Window.partitionBy("lead_id").orderBy(F.col("evidence").desc(), F.col("first_at"))
    once = (
        named.withColumn("_n", F.row_number().over(strongest)).where("_n = 1").drop("_n").localCheckpoint(eager=False)
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
    made_with: Provenance,
) -> DataFrame:
    """Rows of gold.QUEUE_ITEMS: per force the strongest leads that nobody has settled.

    Args:
        leads: gold.comms_leads of the night.
        events: usable events as of the night, for the rows behind each lead.
        decisions: gold.DECISIONS up to the night.
        capacity: rows per force.
    """
    settled = decisions.where((F.col("queue") == QUEUE) & F.col("outcome").isin(*codes.FINAL_OUTCOMES))
    open_ = leads.join(settled.select(F.col("item_id").alias("lead_id")).distinct(), ["lead_id"], how="left_anti")
    order = Window.partitionBy("force").orderBy(F.col("score").desc(), F.col("evidence").desc(), "lead_id")
    shown = open_.withColumn("rank", F.row_number().over(order)).where(F.col("rank") <= capacity)
    rows = shown.join(_rows_behind(shown, events), ["lead_id"], how="inner")
    nothing = F.lit(None).cast("string")
    return gold.QUEUE_ITEMS.conform(
        rows.select(
            F.lit(night).alias("night"),
            F.lit(QUEUE).alias("queue"),
            F.col("lead_id").alias("item_id"),
            "force",
            "rank",
            F.lit("comms").alias("subject_kind"),
            "subject_id",
            "person_ids",
            F.upper("detector").alias("stratum"),
            "score",
            "score_low",
            "score_high",
            F.concat(_factors(), F.col("event_reasons")).alias("reasons"),
            F.lit(codes.MARKINGS[-1]).alias("marking"),
            F.lit(False).alias("is_text_changed"),
            F.lit(False).alias("is_suspected_false"),
            nothing.alias("text_hash"),
            _details().alias("details"),
            "source_rows",
            nothing.alias("model_name"),
            nothing.alias("model_version"),
            *made_with.columns(),
        )
    )


def _factors() -> Column:
    first = F.col("event_ids")[0]
    reasons = F.transform("factors", lambda f: _reason("rule", f["text"], first, f["weight"]))
    return reasons.cast(gold.REASON_LIST)


def _reason(kind: str, text: Column, event_id: Column, weight: Column) -> Column:
    return F.struct(
        F.lit(kind).alias("kind"),
        text.alias("text"),
        F.lit("silver.comms_events").alias("source_table"),
        event_id.alias("source_id"),
        F.lit(None).cast("int").alias("start"),
        F.lit(None).cast("int").alias("end"),
        weight.cast("double").alias("weight"),
    )


def _rows_behind(shown: DataFrame, events: DataFrame) -> DataFrame:
    """lead_id, a reason for each of its events, and the rows that these came from."""
    wanted = shown.select("lead_id", F.explode("event_ids").alias("event_id")).distinct()
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
    reason = _reason("event", text, F.col("event_id"), F.lit(0.0))
    row = F.struct(
        F.lit("silver.comms_events").alias("table"),
        F.col("event_id").alias("id"),
        F.col("_file").alias("file"),
        F.col("_file_hash").alias("file_hash"),
        F.col("_row_number").alias("row_number"),
    )
    ordered = F.sort_array(F.collect_list(F.struct("started_at", "event_id", reason.alias("r"), row.alias("s"))))
    return (
        joined.groupBy("lead_id")
        .agg(ordered.alias("o"))
        .select(
            "lead_id",
            F.col("o.r").cast(gold.REASON_LIST).alias("event_reasons"),
            F.col("o.s").alias("source_rows"),
        )
    )


def _details() -> Column:
    place = F.when(
        F.col("latitude").isNotNull(), F.format_string("%.5f,%.5f,%.0f", "latitude", "longitude", "radius_m")
    )
    shown = {
        "title": F.col("statement"),
        "tags": F.lit(""),
        "detector": F.col("detector"),
        "numbers": F.array_join("numbers", ", "),
        "place": F.coalesce(place, F.lit("")),
        "first_at": F.date_format("first_at", "yyyy-MM-dd HH:mm"),
        "last_at": F.date_format("last_at", "yyyy-MM-dd HH:mm"),
        "evidence_nats": F.format_string("%.2f", "evidence"),
    }
    return F.create_map(*[part for name, value in shown.items() for part in (F.lit(name), value)])
