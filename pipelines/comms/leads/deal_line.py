"""The pattern of a deal line: bursts of texts to many, answered at once, sent from more than one town.

Evidence is the sum of three log likelihood ratios, each of a line against the reference population, which is all units
of the night's data: the number of bursts in the time observed (Poisson), the share of those texted who come back
within the hour (binomial, tempered: customers answer together; the reference is the median of units that text in
bursts), and whether it travels between towns.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms import positions
from pipelines.comms.leads import evidence, usage

NAME = "deal_line"


@dataclass(frozen=True)
class Thresholds:
    pause_s: int  # a longer pause between texts ends a burst
    min_contacts: int  # different people texted in a burst
    min_bursts: int  # fewer are no pattern
    answer_s: int  # an answer comes within this time
    bursts_a_week: float  # of a line
    answered: float  # share of a line's texts that are answered
    journeys_a_week: float  # whoever makes as many travels between towns
    travels: float  # share of lines that do
    apart_km: float  # towns are at least as far apart
    max_nats: float  # of one part of the evidence
    max_texts: int  # texts that count as independent


def leads(used: DataFrame, spans: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Leads, one a unit that texts in bursts. `used` and `spans` as of `usage`."""
    texted = concurrency.materialise_lazily(_in_bursts(used, thresholds))  # each is used more than once
    features = concurrency.materialise_lazily(_features(used, spans, texted, thresholds))
    rates = features.agg(
        ((F.sum("n_bursts") + 1) / (F.sum("weeks") + 1)).alias("_bursts"),
        F.coalesce(
            F.percentile_approx(F.when(F.col("n_texts") > 0, F.col("n_answered") / F.col("n_texts")), 0.5), F.lit(0.1)
        ).alias("_answered"),
        ((F.sum(_travels(thresholds).cast("int")) + 1) / (F.count("*") + 4)).alias("_travels"),
    )
    bursting = features.where(F.col("n_bursts") >= thresholds.min_bursts).crossJoin(F.broadcast(rates))
    ids = usage.first_events(texted, ["unit"], evidence.N_EVENTS)
    return evidence.leads(bursting.join(ids, ["unit"], how="inner"), NAME, _columns(thresholds))


def _in_bursts(used: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Outgoing texts that belong to bursts: unit, burst, contact, started_at, event_id."""
    texts = used.where("is_outgoing AND type IN ('SMS', 'MMS') AND contact IS NOT NULL")
    order = Window.partitionBy("unit").orderBy("started_at", "event_id")
    pause = F.unix_seconds("started_at") - F.unix_seconds(F.lag("started_at").over(order))
    numbered = texts.withColumn("burst", F.sum(F.when(pause > thresholds.pause_s, 1).otherwise(0)).over(order))
    of_burst = numbered.groupBy("unit", "burst").agg(F.countDistinct("contact").alias("_n"))
    wide = of_burst.where(F.col("_n") >= thresholds.min_contacts).select("unit", "burst")
    columns = ("unit", "burst", "contact", "started_at", "event_id")
    return numbered.select(*columns).join(wide, ["unit", "burst"], how="left_semi")


def _features(used: DataFrame, spans: DataFrame, texted: DataFrame, thresholds: Thresholds) -> DataFrame:
    bursts = texted.groupBy("unit").agg(
        F.countDistinct("burst").alias("n_bursts"),
        F.count("*").alias("n_texts"),
        F.countDistinct("contact").alias("n_texted"),
    )
    joined = spans.join(bursts, ["unit"], how="left").join(_answered(used, texted, thresholds), ["unit"], "left")
    joined = joined.join(_journeys(used, thresholds), ["unit"], how="left")
    seconds = F.unix_seconds("last_at") - F.unix_seconds("first_at")
    counts = ("n_bursts", "n_texts", "n_texted", "n_answered", "n_journeys")
    return joined.withColumn("weeks", F.greatest(seconds / (7 * 86_400), F.lit(0.5))).fillna(0, list(counts))


def _answered(used: DataFrame, texted: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Texts of bursts whose recipient called or texted within the time given."""
    back = used.where("NOT is_outgoing").select(
        F.col("unit").alias("_unit"), F.col("contact").alias("_contact"), F.unix_seconds("started_at").alias("_at")
    )
    wait = F.col("_at") - F.unix_seconds("started_at")
    on = (F.col("unit") == F.col("_unit")) & (F.col("contact") == F.col("_contact"))
    answered = texted.join(back, on & wait.between(0, thresholds.answer_s), how="left_semi")
    return answered.groupBy("unit").agg(F.count("*").alias("n_answered"))


def _journeys(used: DataFrame, thresholds: Thresholds) -> DataFrame:
    """How often a unit was next seen farther away than towns are apart."""
    order = Window.partitionBy("unit").orderBy("started_at", "event_id")
    before = {f"_{name}": F.lag(name).over(order) for name in ("latitude", "longitude")}
    moved = used.where("latitude IS NOT NULL").withColumns(before)
    far = positions.kilometres("latitude", "longitude", "_latitude", "_longitude") >= thresholds.apart_km
    return moved.groupBy("unit").agg(F.sum(far.cast("int")).alias("n_journeys"))


def _travels(thresholds: Thresholds) -> Column:
    return F.col("n_journeys") >= thresholds.journeys_a_week * F.col("weeks")


def _columns(thresholds: Thresholds) -> dict[str, Column]:
    bursts = evidence.poisson(
        F.col("n_bursts"), F.lit(thresholds.bursts_a_week) * F.col("weeks"), F.col("_bursts") * F.col("weeks")
    )
    share = F.col("n_answered") / F.greatest("n_texts", F.lit(1))
    n = F.least("n_texts", F.lit(thresholds.max_texts))
    answered = evidence.binomial(
        share * n, n, thresholds.answered, F.greatest(F.least("_answered", F.lit(0.2)), F.lit(0.03))
    )
    journeys = F.when(_travels(thresholds), F.log(thresholds.travels / F.col("_travels"))).otherwise(
        F.log((1 - thresholds.travels) / (1 - F.col("_travels")))
    )
    texts = [
        F.format_string("%d bursts of texts to %d people in %.1f weeks", "n_bursts", "n_texted", "weeks"),
        F.format_string("%d of %d texts answered within the hour", "n_answered", "n_texts"),
        F.format_string("%d journeys of %d km or more", F.col("n_journeys"), F.lit(int(thresholds.apart_km))),
    ]
    weights = [evidence.capped(weight, thresholds.max_nats) for weight in (bursts, answered, journeys)]
    return {
        "numbers": F.array("number"),
        "factors": F.array(*(evidence.factor(text, weight) for text, weight in zip(texts, weights, strict=True))),
        "event_ids": F.col("event_ids"),
        "n_events": F.col("n_texts"),
        "first_at": F.col("first_at"),
        "last_at": F.col("last_at"),
        "statement": F.concat(
            F.lit("Use of "), "number", F.lit(" resembles that of a deal line: "), F.concat_ws("; ", *texts), F.lit(".")
        ),
    }
