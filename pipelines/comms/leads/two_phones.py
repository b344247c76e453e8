"""Two phones that one person carries: they are never seen apart.

Two units are compared where both were seen within the hour. If one person carries both they are together but for the
times one is left behind (`left_behind`). Else they belong to two people: strangers, who meet as often as the place is
frequented (a mast in the centre says little, one in the fields much), or people who share a home or a road to work.
The population of the latter is every pair of units that is often at one place, each as far as it is not one person's
two phones itself; it says for night, working day, the rest and elsewhere how often such people are together when one of
them is out, and how much pairs differ in it: colleagues are always together at work, so that being so says little
there and much at night. Elsewhere is neither where the unit's days end nor its second place: people who share a home or
an office seldom go everywhere together, and pairs differ little in it. The evidence is against the mixture of strangers
and those. When both are at home in one place, that says no more each time than it said once: whether the days of both
end at one place counts once, against the share of the population's pairs of which they do. Where all live about one
mast it says nothing, where few do it says much.

Together is as near as the masts there allow: as far as those around stand in either network, or `together_m`. A block
of some hours counts once, since what happens within it is one journey. Two people who share a life call each other,
and one person cannot speak on two phones at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.comms import positions
from pipelines.comms.leads import evidence as leads_evidence
from pipelines.comms.leads import usage

NAME = "two_phones"
ELSEWHERE = "elsewhere"
SQUARE_M = 1500.0  # reach for which a square of a fiftieth by a thirtieth of a degree is meant


@dataclass(frozen=True)
class Thresholds:
    together_m: float  # cells this near serve one place, and farther ones where the next mast is farther, up to
    max_together_m: float
    speed_kmh: float  # nobody moves faster between two sightings
    min_days: int  # days at one place before a pair is looked at
    max_crowded: int  # units at one place and hour beyond which the place says nothing
    block_hours: int  # sightings of a pair within such a block count once
    left_behind: float  # share of blocks in which one person's two phones are apart
    together_if_two: float  # prior of the share of blocks that people who share a place are together
    pairs_differ: float  # prior of how much pairs differ in that share: 0 all alike, 1 always or never together
    elsewhere_if_two: float  # the same where one of them is at neither of its usual places
    elsewhere_differ: float
    one_person: float  # prior of a pair that is often at one place: so far it is not of the population
    p_associate: float  # prior that a pair of two people shares a home or a road
    prior_blocks: float  # blocks that the prior counts as
    pair_blocks: int  # a pair weighs as its blocks in the population, up to so many
    home_if_one: float  # one person's two phones are put away at one place; else as those of any pair
    home_if_two: float  # prior of the share of the population's pairs of which they do
    prior_pairs: float  # pairs that this prior counts as
    home_nats: float  # that days end at one place or at two says no more: families share a home and a road
    call_if_one: float  # one person's phones call each other
    call_if_two: float  # people who share a life call each other
    max_nats: float


def leads(
    used: DataFrame, contacts: DataFrame, bases: DataFrame, ends: DataFrame, thresholds: Thresholds, zone: str
) -> DataFrame:
    """Leads: numbers are the pair in order. `used`, `contacts`, `bases` and `ends` (`where_days_end`) as of `usage`."""
    # What is used more than once is computed once: both sides of a pair are sightings, and a block is counted two ways.
    seen = concurrency.materialise_lazily(_placed(_presence(used, thresholds), bases, ends, thresholds))
    blocks = _blocks(seen, _candidates(seen, thresholds), thresholds, zone)
    of_pair = evidence(concurrency.materialise_lazily(blocks), thresholds)
    of_pair = with_homes(concurrency.materialise_lazily(of_pair), _homes(seen, ends), thresholds)
    calls = contacts.select(F.col("unit").alias("a"), F.col("contact").alias("_to")).distinct()
    joined = of_pair.join(calls, (of_pair.a == calls.a) & (of_pair.number_b == calls._to), "left").drop(calls.a)
    back = contacts.select(F.col("unit").alias("b"), F.col("contact").alias("_back")).distinct()
    joined = joined.join(back, (joined.b == back.b) & (joined.number_a == back._back), "left").drop(back.b)
    called = F.coalesce("_to", "_back").isNotNull()
    return leads_evidence.leads(joined.withColumn("called", called), NAME, _columns(thresholds))


def _homes(seen: DataFrame, ends: DataFrame) -> DataFrame:
    """Where the days of each unit end, and how far the cells about it reach: unit, latitude, longitude, reach_m."""
    reach = seen.groupBy("unit").agg(F.median("reach_m").alias("reach_m"))
    return ends.join(reach, ["unit"], how="inner").select(
        "unit", F.col("base_latitude").alias("latitude"), F.col("base_longitude").alias("longitude"), "reach_m"
    )


def _presence(used: DataFrame, thresholds: Thresholds) -> DataFrame:
    """One row a unit and hour in which it was seen: the first sighting, and how far its cell reaches (reach_m)."""
    hour = F.floor(F.unix_seconds("started_at") / 3600)
    first = F.min(F.struct("started_at", "event_id", "latitude", "longitude", "spacing_m", "type", "ended_at")).alias(
        "s"
    )
    presence = used.where("latitude IS NOT NULL").withColumn("hour", hour).groupBy("unit", "number", "hour").agg(first)
    spaced = F.coalesce(F.col("s.spacing_m"), F.lit(0.0))
    reach = F.greatest(F.lit(thresholds.together_m), F.least(spaced, F.lit(thresholds.max_together_m)))
    return presence.select("unit", "number", "hour", "s.*", reach.alias("reach_m")).drop("spacing_m")


def _placed(presence: DataFrame, bases: DataFrame, ends: DataFrame, thresholds: Thresholds) -> DataFrame:
    """`presence` with is_base and is_elsewhere (of the unit's places), and how many units frequent the place (share).

    The base of a phone that is never seen at night is where its days end.
    """
    lasts = ends.select("unit", *(F.col(f"base_{c}").alias(f"_{c}") for c in ("latitude", "longitude")))
    based = presence.join(bases, ["unit"], how="left").join(lasts, ["unit"], how="left")
    based = based.withColumns({f"base_{c}": F.coalesce(f"base_{c}", f"_{c}") for c in ("latitude", "longitude")}).drop(
        "_latitude", "_longitude"
    )
    near = 1000 * positions.kilometres("latitude", "longitude", "base_latitude", "base_longitude")
    based = concurrency.materialise_lazily(based.withColumn("is_base", near <= F.col("reach_m")))
    counted = based.where("NOT is_base").groupBy("unit", "latitude", "longitude").agg(
        F.countDistinct(F.floor(F.col("hour") / 24)).alias("n")
    )  # fmt: skip
    second = usage.most_used(counted).select(
        "unit", *(F.col(f"base_{c}").alias(f"second_{c}") for c in ("latitude", "longitude"))
    )
    block = F.struct("unit", F.floor(F.col("hour") / thresholds.block_hours))
    frequented = based.groupBy("latitude", "longitude").agg(F.countDistinct(block).alias("_n"))
    share = F.col("_n") / F.sum("_n").over(Window.partitionBy())
    frequented = frequented.select("latitude", "longitude", share.alias("share"))
    known = based.join(second, ["unit"], how="left").join(
        F.broadcast(frequented), ["latitude", "longitude"], how="inner"
    )
    nearby = 1000 * positions.kilometres("latitude", "longitude", "second_latitude", "second_longitude")
    is_second = F.coalesce(nearby <= F.col("reach_m"), F.lit(False))
    return known.withColumn("is_elsewhere", ~F.col("is_base") & ~is_second).drop(
        "base_latitude", "base_longitude", "second_latitude", "second_longitude"
    )


def _candidates(seen: DataFrame, thresholds: Thresholds) -> DataFrame:
    """Pairs (a < b) of units that were near each other in the same hour on several days.

    Near is in one square, of about twice the cells' reach or, shifted by half, of about four times.
    """
    level = F.ceil(F.log2(F.col("reach_m") / thresholds.together_m))
    grids = F.array(*(F.struct((level + up).alias("level"), F.lit(0.5 * up).alias("shift")) for up in (0, 1)))
    squared = seen.select("unit", "hour", "latitude", "longitude", F.explode(grids).alias("g"))
    side = F.pow(F.lit(2.0), F.col("g.level")) * (thresholds.together_m / SQUARE_M)
    place = squared.select(
        "unit", "hour", "g.level",
        F.floor(F.col("latitude") * 50 / side + F.col("g.shift")).alias("y"),
        F.floor(F.col("longitude") * 30 / side + F.col("g.shift")).alias("x"),
    )  # fmt: skip
    sized = place.withColumn("_n", F.expr("count(*) OVER (PARTITION BY hour, level, y, x)"))
    near = sized.where(F.col("_n").between(2, thresholds.max_crowded)).drop("_n")
    a, b = near.withColumnRenamed("unit", "a"), near.withColumnRenamed("unit", "b")
    met = a.join(b, ["hour", "level", "y", "x"], how="inner").where("a < b")
    days = met.groupBy("a", "b").agg(F.countDistinct(F.floor(F.col("hour") / 24)).alias("n_days"))
    return days.where(F.col("n_days") >= thresholds.min_days).select("a", "b")


def _blocks(seen: DataFrame, candidates: DataFrame, thresholds: Thresholds, zone: str) -> DataFrame:
    """One row a pair and block in which both were seen: is_together, class, one event of each."""
    columns = (
        "number", "hour", "started_at", "event_id", "latitude", "longitude", "type", "ended_at", "reach_m", "is_base",
        "is_elsewhere", "share",
    )  # fmt: skip
    a, b = (seen.select(F.col("unit").alias(s), *(F.col(c).alias(f"{c}_{s}") for c in columns)) for s in "ab")
    wide = candidates.join(a, ["a"], how="inner").withColumn(
        "hour_b", F.explode(F.expr("sequence(hour_a - 1, hour_a + 1)"))
    )
    both = wide.join(b, ["b", "hour_b"], how="inner")
    apart_s = F.abs(F.unix_seconds("started_at_a") - F.unix_seconds("started_at_b"))
    metres = 1000 * positions.kilometres("latitude_a", "longitude_a", "latitude_b", "longitude_b")
    near = (F.col("reach_m_a") + F.col("reach_m_b")) / 2
    far = metres > near + thresholds.speed_kmh / 3.6 * apart_s
    both = both.withColumns({"is_together": metres <= near, "is_apart": far})
    # Both at home, and home is one place: that is no news. Neighbours of one mast are as much together.
    is_telling = ~(F.col("is_base_a") & F.col("is_base_b") & F.col("is_together"))
    local = F.from_utc_timestamp("started_at_a", zone)
    is_night = (F.hour(local) >= 22) | (F.hour(local) < 7)
    is_work = F.hour(local).between(8, 17) & (F.weekday(local) < 5)
    speaks = (F.col("type_a") == "VOICE") & (F.col("type_b") == "VOICE")
    overlap = speaks & (F.col("started_at_a") < F.col("ended_at_b")) & (F.col("started_at_b") < F.col("ended_at_a"))
    rated = both.where((apart_s <= 3600) & (F.col("is_together") | F.col("is_apart")) & is_telling).withColumns(
        {
            "class": F.when(F.col("is_elsewhere_a") | F.col("is_elsewhere_b"), ELSEWHERE)
            .when(is_night, "night")
            .when(is_work, "work")
            .otherwise("other"),
            # Whoever is near another may be served by the mast next to his.
            "by_chance": F.least(2 * F.greatest("share_a", "share_b"), F.lit(0.9)),
            "block": F.floor(F.col("hour_a") / thresholds.block_hours),
            "overlap": overlap.cast("int"),
        }
    )
    return rated.groupBy("a", "b", "number_a", "number_b", "block", "class").agg(
        (F.max(F.col("is_apart").cast("int")) == 0).alias("is_together"),
        F.max("by_chance").alias("by_chance"),
        F.max("overlap").alias("overlap"),
        F.min(F.struct("started_at_a", "event_id_a", "event_id_b")).alias("s"),
        F.max("started_at_a").alias("last_at"),
    )


def evidence(blocks: DataFrame, thresholds: Thresholds) -> DataFrame:
    """One row a pair: how many blocks `k` of `n` it was together, with their `nats` against the reference population.

    `of_two` is the probability that a pair is of two people, as the priors alone have it.
    `blocks` has one row per pair and block in which both were seen, as `_blocks` makes them.
    """
    chance = F.greatest("by_chance", F.lit(1e-4))
    if_met = F.log((1 - thresholds.left_behind) / chance)
    if_apart = F.log(F.lit(thresholds.left_behind) / (1 - chance))
    of_class = blocks.groupBy("a", "b", "number_a", "number_b", "class").agg(
        F.sum(F.col("is_together").cast("int")).alias("k"), F.count("*").alias("n"),
        F.sum(F.when(F.col("is_together"), if_met).otherwise(if_apart)).alias("stranger"),
    )  # fmt: skip
    mean, correlation = _if_two(thresholds)
    own = _with_others(of_class, thresholds)
    nats = leads_evidence.beta_binomial(F.col("k"), F.col("n"), 1 - thresholds.left_behind, mean, correlation)
    kinds = (
        own.withColumn("nats", nats)
        .groupBy("a", "b", "number_a", "number_b")
        .agg(*(F.sum(name).alias(name) for name in ("nats", "stranger", "k", "n")), F.max("_two").alias("of_two"))
    )
    low = F.least("nats", "stranger")
    p = thresholds.p_associate
    mixture = p * F.exp(low - F.col("nats")) + (1 - p) * F.exp(low - F.col("stranger"))
    kinds = kinds.withColumn("nats", low - F.log(mixture)).drop("stranger")
    shown = blocks.groupBy("a", "b").agg(
        F.max("overlap").alias("overlap"),
        F.min("s.started_at_a").alias("first_at"),
        F.max("last_at").alias("last_at"),
        F.slice(
            F.sort_array(F.collect_list(F.when(F.col("is_together"), F.col("s")))), 1, leads_evidence.N_EVENTS // 2
        ).alias("s"),
    )
    return kinds.join(shown, ["a", "b"], how="inner").where("k > 0")


def with_homes(pairs: DataFrame, homes: DataFrame, thresholds: Thresholds) -> DataFrame:
    """`pairs` (of `evidence`) with whether the days of both end within reach (share_home) and what that weighs.

    home_nats is the log likelihood ratio against the share of the other pairs whose days do, each as far as it is not
    one person's two phones (of_two), and drawn to its prior as if that were `prior_pairs` pairs. One person's phones
    are put away at one place (`home_if_one`), or else they are as any pair: where all pairs share a home, that says 0.
    """
    a, b = (homes.select(*(F.col(c).alias(f"_{c}_{s}") for c in homes.columns)) for s in "ab")
    metres = 1000 * positions.kilometres("_latitude_a", "_longitude_a", "_latitude_b", "_longitude_b")
    near = metres <= (F.col("_reach_m_a") + F.col("_reach_m_b")) / 2
    placed = pairs.join(a, F.col("a") == F.col("_unit_a"), "inner").join(b, F.col("b") == F.col("_unit_b"), "inner")
    placed = concurrency.materialise_lazily(placed.withColumn("share_home", near).select(*pairs.columns, "share_home"))
    at_home = F.when(F.col("share_home"), F.col("of_two")).otherwise(0.0)
    total = placed.agg(F.sum("of_two").alias("_w"), F.sum(at_home).alias("_h"))
    prior = F.lit(thresholds.prior_pairs)
    share = (F.greatest(F.col("_h") - at_home, F.lit(0.0)) + thresholds.home_if_two * prior) / (
        F.greatest(F.col("_w") - F.col("of_two"), F.lit(0.0)) + prior
    )
    one = F.lit(thresholds.home_if_one)
    nats = F.when(F.col("share_home"), F.log(one / share + 1 - one)).otherwise(F.log(1 - one))
    weighed = placed.crossJoin(F.broadcast(total)).withColumn(
        "home_nats", leads_evidence.capped(nats, thresholds.home_nats)
    )
    return weighed.drop("_w", "_h")


def _with_others(of_class: DataFrame, thresholds: Thresholds) -> DataFrame:
    """`of_class` with what the other pairs of its class add up to: the population without the pair itself, and of each
    pair what it may be of two people: so that neither a pair nor others like it explain it away."""
    n, prior = F.col("n"), (_prior(thresholds, "if_two"), _prior(thresholds, "differ"))
    alike = leads_evidence.beta_binomial(F.col("k"), n, 1 - thresholds.left_behind, *prior)
    odds = F.log(F.lit(thresholds.one_person / (1 - thresholds.one_person)))
    of_pair = F.sum(alike).over(Window.partitionBy("a", "b")) + odds
    of_two = 1 / (1 + F.exp(F.greatest(F.least(of_pair, F.lit(30.0)), F.lit(-30.0))))
    weighed = of_class.withColumn("_two", of_two)
    weight = F.least(n, F.lit(thresholds.pair_blocks)) * F.col("_two")
    share = F.col("k") / n
    parts = {
        "w": weight, "ww": weight * weight, "p": weight * share, "pp": weight * share * share,
        "r": weight / n, "rr": weight * weight / n,
    }  # fmt: skip
    total = weighed.groupBy("class").agg(*(F.sum(part).alias(f"_{name}") for name, part in parts.items()))
    joined = weighed.join(F.broadcast(total), ["class"], how="inner")
    return joined.withColumns(
        {f"_{name}": F.greatest(F.col(f"_{name}") - part, F.lit(0.0)) for name, part in parts.items()}
    )


def _prior(thresholds: Thresholds, which: str) -> Column:
    """What is taken of two people before the night's data speaks: `if_two` the share, `differ` how pairs differ."""
    usual = {"if_two": thresholds.together_if_two, "differ": thresholds.pairs_differ}[which]
    elsewhere = {"if_two": thresholds.elsewhere_if_two, "differ": thresholds.elsewhere_differ}[which]
    return F.when(F.col("class") == ELSEWHERE, elsewhere).otherwise(usual)


def _if_two(thresholds: Thresholds) -> tuple[Column, Column]:
    """Share of blocks that two people of the population are together, and how much pairs differ in it: intraclass
    correlation, by moments (Kleinman, Journal of the American Statistical Association 68, 1973), each drawn to its
    prior as if that were `prior_blocks` blocks."""
    w, ww, p, pp, r, rr = (F.col(f"_{name}") for name in ("w", "ww", "p", "pp", "r", "rr"))
    prior = F.lit(thresholds.prior_blocks)
    mean = (p + _prior(thresholds, "if_two") * prior) / (w + prior)
    spread = mean * (1 - mean)
    is_some = w > 1e-9
    by_chance = F.when(is_some, r - rr / w).otherwise(0.0)  # of what shares would differ if all pairs were alike
    if_all_differ = F.when(is_some, w - ww / w).otherwise(0.0)
    variance = F.greatest(pp - 2 * mean * p + mean * mean * w - spread * by_chance, F.lit(0.0))
    drawn = variance + _prior(thresholds, "differ") * spread * prior
    correlation = drawn / (spread * (if_all_differ - by_chance + prior))
    return mean, F.least(F.greatest(correlation, F.lit(0.05)), F.lit(0.9))


def _columns(thresholds: Thresholds) -> dict[str, Column]:
    if_called = F.log(F.lit(thresholds.call_if_one / thresholds.call_if_two))
    if_not = F.log(F.lit((1 - thresholds.call_if_one) / (1 - thresholds.call_if_two)))
    seen = F.format_string("together in %d of %d blocks of hours in which both were seen", "k", "n")
    calls = F.when(F.col("called"), "they call each other").otherwise("they do not call each other")
    spoke = F.when(F.col("overlap") == 1, "calls on both at once").otherwise("no calls on both at once")
    homes = F.when(F.col("share_home"), "their days end at one place").otherwise("their days end at two places")
    return {
        "numbers": F.array("number_a", "number_b"),
        "factors": F.array(
            leads_evidence.factor(seen, leads_evidence.capped(F.col("nats"), thresholds.max_nats)),
            leads_evidence.factor(homes, F.col("home_nats")),
            leads_evidence.factor(calls, F.when(F.col("called"), if_called).otherwise(if_not)),
            leads_evidence.factor(spoke, F.when(F.col("overlap") == 1, F.lit(-3.0)).otherwise(F.lit(0.0))),
        ),
        "event_ids": F.concat(F.col("s.event_id_a"), F.col("s.event_id_b")),
        "n_events": F.col("n"),
        "first_at": F.col("first_at"),
        "last_at": F.col("last_at"),
        "statement": F.concat(
            F.lit("One person may carry "), "number_a", F.lit(" and "), "number_b", F.lit(": "), seen, F.lit(", "),
            homes, F.lit(", "), calls, F.lit(", "), spoke, F.lit("."),
        ),
    }  # fmt: skip
