"""Two travellers on more flights together than chance explains.

Null model: on each route (from, to) a traveller's journeys fall on its listed flights independently of anybody else's,
in proportion to how many people each flight lists. Two travellers with k and m journeys on a route of flights that list
n_1 ... n_F people, N in all, are then expected on k * m * sum((n_f / N)^2) flights together, and the number over all
routes is nearly Poisson. The family of tests is every subject with everybody who was ever on a flight with them; the
share of false discoveries is held by Benjamini and Hochberg (1995).
"""

from __future__ import annotations

from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.travel import matches as travel_matches
from pipelines.travel.matches import LEG

ROUTE = ("from_airport", "to_airport")


def traveller() -> Column:
    """Who a passenger row is, for counting: the travel document, else name and date of birth, whatever their order."""
    named = F.concat_ws("|", F.array_sort("words"), F.col("born_on").cast("string"))
    return F.coalesce(F.concat(F.lit("document|"), F.col("document_no")), F.concat(F.lit("name|"), named))


def together(matches: DataFrame, crowd: DataFrame, *, published_from: float) -> DataFrame:
    """Each subject with everybody on the same flights: flights shared, flights expected, and the false-discovery rate.

    Args:
        found: result of `travel_matches.best`.
        crowd: result of `travel.listed`.

    Returns:
        subject_id, other (a `traveller`), n_shared, n_one_booking, expected, chance (P of so many or more), rate, with
        the ends of the interval rate_low and rate_high (half and twice as many expected), and the newest shared rows;
        pairs with two shared flights or more.
    """
    everybody = crowd.withColumn("other", traveller())
    flights = everybody.groupBy(*LEG).agg(F.countDistinct("other").alias("n_listed"))
    squares = flights.groupBy(*ROUTE).agg(
        (F.sum(F.col("n_listed") * F.col("n_listed")) / F.pow(F.sum("n_listed"), F.lit(2.0))).alias("_same")
    )
    journeys = everybody.groupBy("other", *ROUTE).agg(F.countDistinct(*LEG).alias("_m"))
    sure = matches.where(F.col("score") >= published_from)
    own = sure.select(
        *LEG,
        "subject_id",
        "booking_ref",
        F.struct("flight_on", "passenger_id", "score").alias("_mine"),
    )
    of_subject = sure.groupBy("subject_id", *ROUTE).agg(F.countDistinct(*LEG).alias("_k"))
    rows = everybody.select(
        *LEG,
        "other",
        F.col("booking_ref").alias("_booking"),
        F.struct("flight_on", "passenger_id", "name").alias("_theirs"),
    )
    selves = sure.join(everybody.select("passenger_id", "other"), ["passenger_id"], how="inner")
    shared = own.join(rows, list(LEG), how="inner").join(
        selves.select("subject_id", "other").distinct(), ["subject_id", "other"], how="left_anti"
    )
    met = shared.groupBy("subject_id", "other").agg(
        F.countDistinct(*LEG).alias("n_shared"),
        F.count_if(F.col("booking_ref") == F.col("_booking")).alias("n_one_booking"),
        F.max("_mine").alias("_mine"),
        F.max("_theirs").alias("_theirs"),
        F.sort_array(F.collect_set("_theirs.passenger_id")).alias("other_ids"),
    )
    met = concurrency.materialise_lazily(met)  # it names the pairs, and carries what they share
    chances = of_subject.join(journeys, list(ROUTE), how="inner").join(squares, list(ROUTE), how="inner")
    chances = chances.join(met.select("subject_id", "other"), ["subject_id", "other"], how="left_semi")
    expected = chances.groupBy("subject_id", "other").agg(F.sum(F.expr("_k * _m * _same")).alias("expected"))
    found_pairs = met.join(expected, ["subject_id", "other"], how="inner")
    n_tests = F.count("*").over(Window.partitionBy(F.lit(0)))
    found_pairs = found_pairs.withColumn("_n", n_tests).where("n_shared >= 2")
    times = {"rate": 1.0, "rate_low": 0.5, "rate_high": 2.0}
    tails = {f"_{name}": _at_least(F.col("n_shared"), F.col("expected") * n) for name, n in times.items()}
    found_pairs = found_pairs.withColumns(tails)
    for name in times:
        found_pairs = _discovery_rate(found_pairs, f"_{name}", name)
    return found_pairs


def rows(matches: DataFrame, pairs: DataFrame, night: date, *, max_false: float, published_from: float) -> DataFrame:
    """Rows of kind PAIR_BEYOND_CHANCE, at most `max_false` of which are expected to be chance.

    Args:
        found: result of `travel_matches.best`.
        pairs: result of `together`.
    """
    sure = pairs.where(F.col("rate") <= max_false)
    about = sure.select(
        *("subject_id", "other", "n_shared", "n_one_booking", "expected", "rate", "rate_low", "rate_high"),
        F.col("_mine.passenger_id").alias("passenger_id"),
        F.col("_theirs.passenger_id").alias("other_id"),
        F.col("_theirs.name").alias("other_name"),
    )
    joined = matches.join(about, ["subject_id", "passenger_id"], how="inner")
    scores = {
        "score_low": F.col("score_low") * (1 - F.greatest("rate_high", "rate")),
        "score_high": F.col("score_high") * (1 - F.least("rate_low", "rate")),
        "score": F.col("score") * (1 - F.col("rate")),
    }
    joined = joined.withColumn("_identity", travel_matches.identity()).withColumns(scores)
    text = F.format_string(
        "%d flights shared where %.2g are expected by chance; of such pairs %.1f%% would be chance",
        "n_shared",
        "expected",
        F.col("rate") * 100,
    )
    booked = F.format_string("%d of them under one booking", "n_one_booking")
    made = joined.withColumns(
        {
            "kind": F.lit("PAIR_BEYOND_CHANCE"),
            "match_id": travel_matches.match_id("PAIR", "subject_id", "other"),
            "reasons": F.array(
                travel_matches.reason("rule", text, "other_id", -F.log2(F.greatest("rate", F.lit(1e-12)))),
                travel_matches.reason("rule", booked, "other_id"),
                F.col("_identity"),
            ),
            "details": travel_matches.details(
                {"n_shared": F.col("n_shared").cast("string"), "expected": F.format_string("%.3g", "expected")}
            ),
            "source_rows": F.array(travel_matches.person_row(), travel_matches.passenger_row()),
        }
    )
    return travel_matches.shaped(made, night, published_from)


def _at_least(n: Column, expected: Column) -> Column:
    """P(a Poisson number with this expectation is `n` or more), by the regularised incomplete gamma function."""

    @F.pandas_udf("double")  # type: ignore[attr-defined, untyped-decorator]  # not exported
    def tail(n: pd.Series, expected: pd.Series) -> pd.Series:
        from scipy import special

        return pd.Series(special.gammainc(n.to_numpy(dtype=float), expected.to_numpy(dtype=float)))

    return tail(n.cast("double"), expected)


def _discovery_rate(pairs: DataFrame, chance: str, name: str) -> DataFrame:
    """`chance` as the least false-discovery rate at which a pair is still taken (Benjamini and Hochberg).

    Pairs with one shared flight count among the `_n` tests and have left the ranking, which can only raise the rate.
    """
    below = Window.partitionBy(F.lit(0)).orderBy(F.col(chance))
    ranked = pairs.withColumn("_rank", F.rank().over(below))
    own = F.least(F.lit(1.0), F.col(chance) * F.col("_n") / F.col("_rank"))
    onwards = Window.partitionBy(F.lit(0)).orderBy(F.col(chance).desc())
    return ranked.withColumn("_own", own).withColumn(name, F.min("_own").over(onwards)).drop("_rank", "_own")
