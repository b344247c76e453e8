"""Whether two numbers are one person's, by whom they are in contact with: a log likelihood ratio of contact lists.

For each contact of the first number the second is either in contact with it too or not. If it is the same person, a
contact is kept with probability `kept`, and seen if the time was long enough for one as close as that. Else the second
number belongs to a stranger, who is in contact with popular numbers only; or, with probability `p_associate`, to
somebody of the same circle (family, friends, a partner in crime), who shares each contact with probability `shared`,
and a popular one as often as anybody. How popular a contact is, is counted in the night's data: the reference
population. The evidence is against the mixture of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency


@dataclass(frozen=True)
class Model:
    kept: float  # share of contacts that somebody keeps who changes number
    p_associate: float  # prior that a pair that shares contacts is of one circle
    shared: float  # share of contacts that people of one circle have in common
    max_popular: int  # pairs are made through a contact of so many units, and of more while they are few of all:
    popular_share: float  # of the units of the night, up to
    popular_most: int  # units: what is made through one contact grows with their square
    min_shared: int  # pairs with fewer contacts in common are not looked at
    max_nats: float  # the evidence of contacts is not trusted beyond


def pairs(contacts: DataFrame, spans: DataFrame, model: Model) -> DataFrame:
    """Ordered pairs (a, b) of units that share contacts, with sums over the contacts of a.

    Returns:
        a, b, n_shared, n_contacts_a, n_contacts_b, contact_nats, event_id (first event of b with a shared contact),
        is_concurrent (both in use in the same days).
    """
    busy = spans.select("unit", "first_at", "last_at", (F.datediff("last_at", "first_at") + 1).alias("days"))
    listed = contacts.join(busy, ["unit"], how="inner").withColumn(
        "n_contacts", F.expr("count(*) OVER (PARTITION BY unit)")
    ).withColumn("popularity", F.expr("count(*) OVER (PARTITION BY contact)"))  # fmt: skip
    listed = concurrency.materialise_lazily(listed)  # both sides of a pair, and the totals
    left, right = (_side(listed, side) for side in ("a", "b"))
    # One row a pair and shared contact; what is not shared follows from the sums over all contacts of a.
    total = F.broadcast(
        listed.agg(
            F.count("*").alias("_pairs"),
            F.countDistinct("contact").alias("_contacts"),
            F.countDistinct("unit").alias("_units"),
        )
    )
    relative = F.least(model.popular_share * F.col("_units"), F.lit(float(model.popular_most)))
    bound = F.greatest(relative, F.lit(float(model.max_popular)))
    telling = left.crossJoin(total).where(F.col("popularity_a") <= bound)
    met = (
        telling.where("popularity_a >= 2")
        .join(right, F.col("contact_a") == F.col("contact_b"), how="inner")
        .where("a <> b")
    )
    rated = met.withColumns(_terms(model))
    summed = rated.groupBy("a", "b").agg(
        F.count("*").alias("n_shared"),
        F.first("n_contacts_a").alias("n_contacts_a"),
        F.first("n_contacts_b").alias("n_contacts_b"),
        F.first("days_a").alias("days_a"),
        F.first("days_b").alias("days_b"),
        F.first(F.col("first_at_a") < F.col("last_at_b")).alias("_begins"),
        F.first(F.col("first_at_b") < F.date_sub("last_at_a", 2)).alias("_overlaps"),
        F.sum("_stranger").alias("_stranger"),
        F.sum("_associate").alias("_associate"),
        F.sum(F.log("_seen_kept")).alias("_kept"),
        F.sum(F.log1p(-F.col("_seen_kept"))).alias("_kept_not"),
        F.sum("n_links_a").alias("_links_shared"),
        F.min("event_id_b").alias("event_id"),
    )
    enough = summed.where(F.col("n_shared") >= model.min_shared)
    return _mixed(enough, telling, model)


def _side(listed: DataFrame, side: str) -> DataFrame:
    columns = ("unit", "contact", "n_links", "event_id", "n_contacts", "popularity", "days", "first_at", "last_at")
    return listed.select(*(F.col(c).alias(side if c == "unit" else f"{c}_{side}") for c in columns))


def _seen(n_links: Column, days_a: Column, days_b: Column) -> Column:
    """Probability that a kept contact of so many links shows up again in b's time."""
    return 1 - F.exp(-n_links * days_b / days_a)


def _terms(model: Model) -> dict[str, Column]:
    expected = (F.col("popularity_a") - 2 + 0.5) / (F.col("_pairs") + 0.5 * F.col("_contacts"))
    by_breadth = 1 - F.exp(-F.col("n_contacts_b") * expected)
    by_chance = F.greatest(by_breadth, (F.col("popularity_a") - 1.5) / F.col("_units"))  # shops of the town
    chance = F.greatest(F.least(by_chance, F.lit(0.95)), F.lit(1e-6))
    seen = model.kept * _seen(F.col("n_links_a"), F.col("days_a"), F.col("days_b"))
    of_circle = F.log(F.greatest(chance, F.lit(model.shared)))
    return {
        "_stranger": F.log(chance),
        "_associate": of_circle,
        "_seen_kept": F.least(seen + (1 - model.kept) * chance, F.lit(0.98)),
    }


def _mixed(summed: DataFrame, telling: DataFrame, model: Model) -> DataFrame:
    """Adds the contacts of a that b has not, and puts the two alternatives together."""
    all_of_a = telling.groupBy("a").agg(F.collect_list("n_links_a").alias("_links"))
    joined = summed.join(all_of_a, ["a"], how="inner")

    def missed(probability: float) -> Column:  # sum of log(1 - p * seen) over every contact of a
        return F.aggregate(
            "_links", F.lit(0.0),
            lambda sum_, n: sum_ + F.log1p(-probability * _seen(n, F.col("days_a"), F.col("days_b"))),
        )  # fmt: skip

    concurrent = F.col("_overlaps") & F.col("_begins")
    same = F.col("_kept") + missed(model.kept) - F.col("_kept_not")
    mean_seen = F.least(F.lit(1.0), F.col("days_b") / F.col("days_a"))
    missing = F.size("_links") - F.col("n_shared")
    associate = F.col("_associate") + missing * F.log1p(-F.lit(model.shared) * mean_seen)
    against_stranger, against_associate = same - F.col("_stranger"), same - associate
    # -log((1 - q) e^-x + q e^-y), kept from overflowing by the larger exponent
    low = F.least(against_stranger, against_associate)
    mixture = (1 - model.p_associate) * F.exp(low - against_stranger) + model.p_associate * F.exp(
        low - against_associate
    )
    nats = F.greatest(F.least(low - F.log(mixture), F.lit(model.max_nats)), F.lit(-model.max_nats))
    return joined.select(
        "a", "b", "n_shared", "n_contacts_a", "n_contacts_b", nats.alias("contact_nats"), "event_id",
        concurrent.alias("is_concurrent"),
    )  # fmt: skip
