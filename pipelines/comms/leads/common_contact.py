"""A number that no record holds and several suspects are in contact with.

How many suspects would be in contact with it by chance follows from how many of the other subjects are (the reference
population) and from how many contacts each suspect has. Evidence: the suspects seen, against that (Poisson, `times` as
many as by chance). Shops and services that everybody calls have as many others as suspects.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.comms.leads import evidence

NAME = "common_contact"


@dataclass(frozen=True)
class Thresholds:
    min_suspects: int
    min_links: int  # events with each suspect
    times: float  # an associate is in contact with so many times more suspects than chance would have it
    max_nats: float


def leads(
    contacts: DataFrame, spans: DataFrame, people: DataFrame, suspects: DataFrame, thresholds: Thresholds
) -> DataFrame:
    """Leads: numbers is the unlisted number, person_ids the suspects.

    Args:
        contacts: `usage.contacts`.
        spans: `usage.spans`.
        people: silver.people as of the night.
        suspects: person_id of every suspect.
    """
    listed = people.where("phone IS NOT NULL").select(F.col("phone").alias("number"), "person_id")
    known = listed.join(suspects.distinct(), ["person_id"], how="left_semi").groupBy("number").agg(
        F.min("person_id").alias("person_id")
    )  # fmt: skip
    marked = contacts.join(F.broadcast(known), ["number"], how="left")
    degree = marked.withColumn("_degree", F.expr("count(*) OVER (PARTITION BY unit)"))
    total = degree.agg(
        F.sum(F.when(F.col("person_id").isNotNull(), 1).otherwise(0)).alias("_links_suspects"),
        F.sum(F.when(F.col("person_id").isNull(), 1).otherwise(0)).alias("_links_others"),
        F.countDistinct("contact").alias("_contacts"),
    )
    close = (F.col("person_id").isNotNull()) & (F.col("n_links") >= thresholds.min_links)
    met = degree.groupBy("contact").agg(
        F.sort_array(F.collect_set(F.when(close, F.col("person_id")))).alias("person_ids"),
        F.sum(F.when(F.col("person_id").isNull(), 1).otherwise(0)).alias("n_others"),
        F.sort_array(F.collect_set(F.when(close, F.col("event_id")))).alias("event_ids"),
        F.sum(F.when(close, F.col("n_links"))).alias("n_events"),
        F.min(F.when(close, F.col("unit"))).alias("unit"),
    )
    enough = met.where(F.size("person_ids") >= thresholds.min_suspects)
    unlisted = enough.join(listed.select(F.col("number").alias("contact")).distinct(), ["contact"], how="left_anti")
    dated = unlisted.join(spans.select("unit", "first_at", "last_at"), ["unit"], how="inner").crossJoin(total)
    chance = F.col("_links_suspects") * (F.col("n_others") + 0.5) / (F.col("_links_others") + 0.5 * F.col("_contacts"))
    k = F.size("person_ids")
    nats = evidence.poisson(k, F.lit(thresholds.times) * chance, chance)
    text = F.format_string("in contact with %d suspects on record and %d other subjects", k, "n_others")
    return evidence.leads(
        dated,
        NAME,
        {
            "numbers": F.array("contact"),
            "person_ids": F.col("person_ids"),
            "factors": F.array(evidence.factor(text, evidence.capped(nats, thresholds.max_nats))),
            "event_ids": F.slice("event_ids", 1, evidence.N_EVENTS),
            "n_events": F.col("n_events"),
            "first_at": F.col("first_at"),
            "last_at": F.col("last_at"),
            "statement": F.concat("contact", F.lit(" is in no nominal record and is "), text, F.lit(".")),
        },
    )
