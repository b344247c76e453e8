"""Two phones that one person carries: they are never seen apart.

Two units are compared where both were seen within the hour. If one person carries both they are together but for the
times one is left behind (`left_behind`). Else they belong to two people, who may share a home or a road to work: the
reference population is every pair of units that is often at one place, and it says for night, working day and the rest
how often such people are together when one of them is out, and how much pairs differ in it: colleagues are always
together at work, so that being so says little there and much at night. When both are at home in one place, that says
nothing. A block of some hours counts once, since what happens within it is one journey. Two people who share a life
call each other, and one person cannot speak on two phones at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms import positions
from pipelines.comms.leads import evidence as leads_evidence

NAME = "two_phones"


@dataclass(frozen=True)
class Thresholds:
    together_m: float  # cells this near serve one place
    speed_kmh: float  # nobody moves faster between two sightings
    min_days: int  # days at one place before a pair is looked at
    max_crowded: int  # units at one place and hour beyond which the place says nothing
    block_hours: int  # sightings of a pair within such a block count once
    left_behind: float  # share of blocks in which one person's two phones are apart
    together_if_two: float  # prior of the share of blocks that people who share a place are together
    pairs_differ: float  # prior of how much pairs differ in that share: 0 all alike, 1 always or never together
    prior_blocks: float  # blocks that the prior counts as
    pair_blocks: int  # a pair weighs as its blocks in the population, up to so many
    call_if_one: float  # one person's phones call each other
    call_if_two: float  # people who share a life call each other
    max_nats: float


def leads(used: DataFrame, contacts: DataFrame, bases: DataFrame, thresholds: Thresholds, zone: str) -> DataFrame:
    """Leads: numbers are the pair in order. `used`, `contacts` and `bases` as of `usage`."""
    # What is used more than once is computed once: both sides of a pair are sightings, and a block is counted two ways.
    seen = concurrency.materialise_lazily(_presence(used).join(bases, ["unit"], how="left"))
    blocks = _blocks(seen.where("base_latitude IS NOT NULL"), _candidates(seen, thresholds), thresholds, zone)
    of_pair = evidence(concurrency.materialise_lazily(blocks), thresholds)
    calls = contacts.select(F.col("unit").alias("a"), F.col("contact").alias("_to")).distinct()
    joined = of_pair.join(calls, (of_pair.a == calls.a) & (of_pair.number_b == calls._to), "left").drop(calls.a)
    back = contacts.select(F.col("unit").alias("b"), F.col("contact").alias("_back")).distinct()
    joined = joined.join(back, (joined.b == back.b) & (joined.number_a == back._back), "left").drop(back.b)
    called = F.coalesce("_to", "_back").isNotNull()
    return leads_evidence.leads(joined.withColumn("called", called), NAME, _columns(thresholds))


def _presence(used: DataFrame) -> DataFrame:
    """One row a unit and hour in which it was seen: the first sighting."""
    hour = F.floor(F.unix_seconds("started_at") / 3600)
    first = F.min(F.struct("started_at", "event_id", "latitude", "longitude", "type", "ended_at")).alias("s")
    presence = used.where("latitude IS NOT NULL").withColumn("hour", hour).groupBy("unit", "number", "hour").agg(first)
    return presence.select("unit", "number", "hour", "s.*")


def _candidates(seen: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Pairs (a < b) of units that were in the same two kilometres in the same hour on several days."""
    place = seen.select(
        "unit", "hour", F.round(F.col("latitude") * 50).alias("y"), F.round(F.col("longitude") * 30).alias("x")
    )
    sized = place.withColumn("_n", F.expr("count(*) OVER (PARTITION BY hour, y, x)"))
    near = sized.where(F.col("_n").between(2, thresholds.max_crowded)).drop("_n")
    a, b = near.withColumnRenamed("unit", "a"), near.withColumnRenamed("unit", "b")
    met = a.join(b, ["hour", "y", "x"], how="inner").where("a < b")
    days = met.groupBy("a", "b").agg(F.countDistinct(F.floor(F.col("hour") / 24)).alias("n_days"))
    return days.where(F.col("n_days") >= thresholds.min_days).select("a", "b")


def _blocks(seen: DataFrame, candidates: DataFrame, thresholds: Thresholds, zone: str) -> DataFrame:
    """One row a pair and block in which both were seen: is_together, class, one event of each."""
    columns = (
        "number", "hour", "started_at", "event_id", "latitude", "longitude", "type", "ended_at", "base_latitude",
        "base_longitude",
    )  # fmt: skip
    a, b = (seen.select(F.col("unit").alias(s), *(F.col(c).alias(f"{c}_{s}") for c in columns)) for s in "ab")
    wide = candidates.join(a, ["a"], how="inner").withColumn(
        "hour_b", F.explode(F.expr("sequence(hour_a - 1, hour_a + 1)"))
    )
    both = wide.join(b, ["b", "hour_b"], how="inner")
    apart_s = F.abs(F.unix_seconds("started_at_a") - F.unix_seconds("started_at_b"))
    metres = 1000 * positions.kilometres("latitude_a", "longitude_a", "latitude_b", "longitude_b")
    far = metres > thresholds.together_m + thresholds.speed_kmh / 3.6 * apart_s
    both = both.withColumns({"is_together": metres <= thresholds.together_m, "is_apart": far})
    at_base = [
        1000 * positions.kilometres(f"latitude_{s}", f"longitude_{s}", f"base_latitude_{s}", f"base_longitude_{s}")
        <= thresholds.together_m
        for s in "ab"
    ]
    # Both at home, and home is one place: that is no news. Neighbours of one mast are as much together.
    is_telling = ~(at_base[0] & at_base[1] & F.col("is_together"))
    local = F.from_utc_timestamp("started_at_a", zone)
    is_night = (F.hour(local) >= 22) | (F.hour(local) < 7)
    is_work = F.hour(local).between(8, 17) & (F.weekday(local) < 5)
    speaks = (F.col("type_a") == "VOICE") & (F.col("type_b") == "VOICE")
    overlap = speaks & (F.col("started_at_a") < F.col("ended_at_b")) & (F.col("started_at_b") < F.col("ended_at_a"))
    rated = both.where((apart_s <= 3600) & (F.col("is_together") | F.col("is_apart")) & is_telling).withColumns(
        {
            "class": F.when(is_night, "night").when(is_work, "work").otherwise("other"),
            "block": F.floor(F.col("hour_a") / thresholds.block_hours),
            "overlap": overlap.cast("int"),
        }
    )
    return rated.groupBy("a", "b", "number_a", "number_b", "block", "class").agg(
        (F.max(F.col("is_apart").cast("int")) == 0).alias("is_together"),
        F.max("overlap").alias("overlap"),
        F.min(F.struct("started_at_a", "event_id_a", "event_id_b")).alias("s"),
        F.max("started_at_a").alias("last_at"),
    )


def evidence(blocks: DataFrame, thresholds: Thresholds) -> DataFrame:
    """One row a pair: how many blocks `k` of `n` it was together, with their `nats` against the reference population.

    `blocks` has one row per pair and block in which both were seen, as `_blocks` makes them.
    """
    of_class = blocks.groupBy("a", "b", "number_a", "number_b", "class").agg(
        F.sum(F.col("is_together").cast("int")).alias("k"), F.count("*").alias("n")
    )
    mean, correlation = _if_two(thresholds)
    own = _with_others(of_class, thresholds.pair_blocks)
    nats = leads_evidence.beta_binomial(F.col("k"), F.col("n"), 1 - thresholds.left_behind, mean, correlation)
    kinds = (
        own.withColumn("nats", nats)
        .groupBy("a", "b", "number_a", "number_b")
        .agg(F.sum("nats").alias("nats"), F.sum("k").alias("k"), F.sum("n").alias("n"))
    )
    shown = blocks.groupBy("a", "b").agg(
        F.max("overlap").alias("overlap"),
        F.min("s.started_at_a").alias("first_at"),
        F.max("last_at").alias("last_at"),
        F.slice(
            F.sort_array(F.collect_list(F.when(F.col("is_together"), F.col("s")))), 1, leads_evidence.N_EVENTS // 2
        ).alias("s"),
    )
    return kinds.join(shown, ["a", "b"], how="inner").where("k > 0")


def _with_others(of_class: DataFrame, pair_blocks: int) -> DataFrame:
    """`of_class` with what the other pairs of its class add up to: the population without the pair itself, so that no
    pair explains itself away."""
    n = F.col("n")
    weight = F.least(n, F.lit(pair_blocks))
    share = F.col("k") / n
    parts = {
        "w": weight, "ww": weight * weight, "p": weight * share, "pp": weight * share * share,
        "r": weight / n, "rr": weight * weight / n,
    }  # fmt: skip
    total = of_class.groupBy("class").agg(*(F.sum(part).alias(f"_{name}") for name, part in parts.items()))
    joined = of_class.join(F.broadcast(total), ["class"], how="inner")
    return joined.withColumns({f"_{name}": F.col(f"_{name}") - part for name, part in parts.items()})


def _if_two(thresholds: Thresholds) -> tuple[Column, Column]:
    """Share of blocks that two people of the population are together, and how much pairs differ in it: intraclass
    correlation, by moments (Kleinman, Journal of the American Statistical Association 68, 1973), each drawn to its
    prior as if that were `prior_blocks` blocks."""
    w, ww, p, pp, r, rr = (F.col(f"_{name}") for name in ("w", "ww", "p", "pp", "r", "rr"))
    prior = F.lit(thresholds.prior_blocks)
    mean = (p + thresholds.together_if_two * prior) / (w + prior)
    spread = mean * (1 - mean)
    is_some = w > 0
    by_chance = F.when(is_some, r - rr / w).otherwise(0.0)  # of what shares would differ if all pairs were alike
    if_all_differ = F.when(is_some, w - ww / w).otherwise(0.0)
    variance = F.greatest(pp - 2 * mean * p + mean * mean * w - spread * by_chance, F.lit(0.0))
    drawn = variance + thresholds.pairs_differ * spread * prior
    correlation = drawn / (spread * (if_all_differ - by_chance + prior))
    return mean, F.least(F.greatest(correlation, F.lit(0.05)), F.lit(0.9))


def _columns(thresholds: Thresholds) -> dict[str, Column]:
    if_called = F.log(F.lit(thresholds.call_if_one / thresholds.call_if_two))
    if_not = F.log(F.lit((1 - thresholds.call_if_one) / (1 - thresholds.call_if_two)))
    seen = F.format_string("together in %d of %d blocks of hours in which both were seen", "k", "n")
    calls = F.when(F.col("called"), "they call each other").otherwise("they do not call each other")
    spoke = F.when(F.col("overlap") == 1, "calls on both at once").otherwise("no calls on both at once")
    return {
        "numbers": F.array("number_a", "number_b"),
        "factors": F.array(
            leads_evidence.factor(seen, leads_evidence.capped(F.col("nats"), thresholds.max_nats)),
            leads_evidence.factor(calls, F.when(F.col("called"), if_called).otherwise(if_not)),
            leads_evidence.factor(spoke, F.when(F.col("overlap") == 1, F.lit(-3.0)).otherwise(F.lit(0.0))),
        ),
        "event_ids": F.concat(F.col("s.event_id_a"), F.col("s.event_id_b")),
        "n_events": F.col("n"),
        "first_at": F.col("first_at"),
        "last_at": F.col("last_at"),
        "statement": F.concat(
            F.lit("One person may carry "), "number_a", F.lit(" and "), "number_b", F.lit(": "), seen, F.lit(", "),
            calls, F.lit(", "), spoke, F.lit("."),
        ),
    }  # fmt: skip
