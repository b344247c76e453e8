"""Indicators of telephone use per number and week, for every number at once.

Definitions are those of bandicoot (de Montjoye, Rocher and Pentland, Journal of Machine Learning Research 17, 2016), on
whose own records the tests compare them. Weeks are ISO weeks of the wall clock; standard deviations are those of a
population; entropies are natural. What a week has no record for is NULL.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

WEEK = ("number", "week")
NIGHT_FROM_S, NIGHT_TO_S = 19 * 3600, 7 * 3600  # seconds of the day, both ends inside
CONVERSATION_S = 3600
PARETO = 0.8
BIN_S = 1800
KINDS = ("call", "text")
PARTS = ("contacts", "conversations", "antennas")


def records(legs: DataFrame) -> DataFrame:
    """What indicators count: calls and texts with a known other party. `number`, `other`, `is_out`, `kind`, `local_at`,
    `duration_s`, `cell`, `record_id`. Legs as `comms_calls.legs` makes them."""
    kind = F.when(F.col("type") == "VOICE", "call").when(F.col("type").isin("SMS", "MMS"), "text")
    movements = legs.withColumn("kind", kind).where("kind IS NOT NULL AND other IS NOT NULL AND number IS NOT NULL")
    return movements.select(
        "number", "other", "is_out", "kind", "local_at", "duration_s",
        F.col("first_cell").alias("cell"), F.col("call_id").alias("record_id"),
    )  # fmt: skip


def weekly(records: DataFrame, parts: Sequence[str] = PARTS) -> DataFrame:
    """One row a number and week: `number`, `week` (its Monday), and the indicators.

    Args:
        records: as `records` makes them.
        parts: which of PARTS to work out, beside how much and when.
    """
    # One exchange serves every window and group below: they are all within a number.
    base = records.withColumns({"week": F.to_date(F.date_trunc("week", "local_at")), "_s": F.unix_seconds("local_at")})
    base = base.repartition("number")
    weeks = _use(base)
    makers = {"contacts": _contacts, "conversations": _conversations, "antennas": _antennas}
    for name in parts:
        weeks = weeks.join(makers[name](base), on=list(WEEK), how="left")
    if "conversations" not in parts:
        return weeks
    filled = {name: F.coalesce(name, F.lit(0.0)) for name in ("percent_initiated_conversations", "response_rate_text")}
    return weeks.withColumns(filled)


def _of(kind: str, value: Column | str) -> Column:
    return F.when(F.col("kind") == kind, F.col(value) if isinstance(value, str) else value)


def _ratio(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole)


def _use(base: DataFrame) -> DataFrame:
    """How much, when, and how far apart."""
    of_kind = Window.partitionBy(*WEEK, "kind").orderBy("_s", "record_id", "is_out")
    second = F.col("_s") % 86_400
    is_night = (second >= NIGHT_FROM_S) | (second <= NIGHT_TO_S)
    base = base.withColumns({"_gap": F.col("_s") - F.lag("_s").over(of_kind), "_night": is_night})
    columns = [
        F.countDistinct(F.to_date("local_at")).alias("active_days"),
        F.avg(_of("call", "duration_s")).alias("call_duration_mean"),
        F.stddev_pop(_of("call", "duration_s")).alias("call_duration_std"),
    ]
    for kind in KINDS:
        n, n_out = F.count_if(F.col("kind") == kind), F.count_if((F.col("kind") == kind) & F.col("is_out"))
        columns += [
            F.when(n > 0, n).alias(f"number_of_interactions_{kind}"),
            F.when(n > 0, n_out).alias(f"number_of_interaction_out_{kind}"),
            F.when(n > 0, n - n_out).alias(f"number_of_interaction_in_{kind}"),
            _ratio(F.count_if((F.col("kind") == kind) & F.col("_night")), n).alias(f"percent_nocturnal_{kind}"),
            F.avg(_of(kind, "_gap")).alias(f"interevent_time_{kind}_mean"),
            F.stddev_pop(_of(kind, "_gap")).alias(f"interevent_time_{kind}_std"),
        ]
        if kind == "call":
            columns.append(_ratio(n_out, n).alias("percent_initiated_interactions"))
    return base.groupBy(*WEEK).agg(*columns)


def _contacts(base: DataFrame) -> DataFrame:
    """With how many, how evenly, and how much with the most frequent."""
    each = base.groupBy(*WEEK, "kind", "other").agg(
        F.count("*").alias("n"), F.count_if("is_out").alias("n_out"), F.sum("duration_s").alias("talk")
    )
    of_kind = Window.partitionBy(*WEEK, "kind")
    total = F.sum("n").over(of_kind)
    each = each.withColumns({"_total": total, "_p": F.col("n") / total})
    each = each.withColumns(
        {
            "_top": _needed("n", F.sum("n").over(of_kind), of_kind),
            "_top_talk": _needed("talk", F.sum("talk").over(of_kind), of_kind),
        }
    )
    columns = []
    for kind in KINDS:
        n = F.count_if(F.col("kind") == kind)
        columns += [
            F.when(n > 0, n).alias(f"number_of_contacts_{kind}"),
            F.sum(_of(kind, -F.col("_p") * F.log("_p"))).alias(f"entropy_of_contacts_{kind}"),
            F.avg(_of(kind, "n")).alias(f"interactions_per_contact_{kind}_mean"),
            F.stddev_pop(_of(kind, "n")).alias(f"interactions_per_contact_{kind}_std"),
            F.avg(_of(kind, F.col("n_out") / F.col("_total"))).alias(f"balance_of_contacts_{kind}_mean"),
            F.stddev_pop(_of(kind, F.col("n_out") / F.col("_total"))).alias(f"balance_of_contacts_{kind}_std"),
            _ratio(F.count_if((F.col("kind") == kind) & F.col("_top")), n).alias(f"percent_pareto_interactions_{kind}"),
        ]
        if kind == "call":
            columns.append(
                _ratio(F.count_if((F.col("kind") == kind) & F.col("_top_talk")), n).alias("percent_pareto_durations")
            )
    return each.groupBy(*WEEK).agg(*columns)


def _needed(name: str, total: Column, within: WindowSpec) -> Column:
    """Whether a row is among the largest that are needed to reach PARETO of the total."""
    order = within.orderBy(F.col(name).desc(), "other").rowsBetween(Window.unboundedPreceding, -1)
    before = F.coalesce(F.sum(name).over(order), F.lit(0))
    return before < F.ceil(total * PARETO)


def _conversations(base: DataFrame) -> DataFrame:
    """Who begins, who answers, and how soon. A conversation is a run of texts with one contact, each within an hour of
    the record before it; a call ends it."""
    with_one = Window.partitionBy(*WEEK, "other").orderBy("_s", "record_id", "is_out")
    last_kind, last_s = F.lag("kind").over(with_one), F.lag("_s").over(with_one)
    is_start = last_kind.isNull() | (last_kind == "call") | (F.col("_s") - last_s >= CONVERSATION_S)
    marked = base.withColumns(
        {"_new": is_start.cast("int"), "_last_out": F.lag("is_out").over(with_one), "_last": last_s}
    )
    run = F.sum("_new").over(with_one.rowsBetween(Window.unboundedPreceding, 0))
    texts = marked.withColumn("_run", run).where(F.col("kind") == "text")
    answers = (F.col("_new") == 0) & F.col("is_out") & ~F.col("_last_out") & (F.col("_s") > F.col("_last"))
    texts = texts.withColumn("_delay", F.when(answers, F.col("_s") - F.col("_last")))
    each = texts.groupBy(*WEEK, "other", "_run").agg(
        F.max(F.when(F.col("_new") == 1, F.col("is_out"))).alias("_begun"),
        F.bool_or("is_out").alias("_answered"),
        F.sum("_delay").alias("_d"),
        F.sum(F.col("_delay") * F.col("_delay")).alias("_dd"),
        F.count("_delay").alias("_n"),
    )
    n = F.sum("_n")
    mean = F.when(n > 0, F.sum("_d") / n)
    received = F.count_if(~F.col("_begun"))
    return each.groupBy(*WEEK).agg(
        (F.count_if("_begun") / F.count("*")).alias("percent_initiated_conversations"),
        _ratio(F.count_if(~F.col("_begun") & F.col("_answered")), received).alias("response_rate_text"),
        mean.alias("response_delay_text_mean"),
        F.when(n > 0, F.sqrt(F.greatest(F.sum("_dd") / n - mean * mean, F.lit(0.0)))).alias("response_delay_text_std"),
    )


def _antennas(base: DataFrame) -> DataFrame:
    """Where: each half hour counts once, at the cell that most of its records name (the first of equals)."""
    at = F.floor(F.col("_s") / BIN_S)
    second = F.col("_s") % 86_400
    located = base.where("cell IS NOT NULL").withColumns(
        {"_bin": at, "_night": (second >= NIGHT_FROM_S) | (second <= NIGHT_TO_S)}
    )
    home = _home(located.where("_night"))
    each = _binned(located).groupBy(*WEEK, "cell").agg(F.count("*").alias("n"))
    each = each.join(home, on="number", how="left")
    of_week = Window.partitionBy(*WEEK)
    total = F.sum("n").over(of_week)
    order = of_week.orderBy(F.col("n").desc(), "cell").rowsBetween(Window.unboundedPreceding, -1)
    is_frequent = F.coalesce(F.sum("n").over(order), F.lit(0)) < F.ceil(total * PARETO)
    each = each.withColumns({"_p": F.col("n") / total, "_frequent": is_frequent})
    at_home = F.sum(F.when(F.col("cell") == F.col("home"), F.col("n")).otherwise(0))
    return each.groupBy(*WEEK).agg(
        F.count("*").alias("number_of_antennas"),
        F.sum(-F.col("_p") * F.log("_p")).alias("entropy_of_antennas"),
        F.when(F.max("home").isNotNull(), at_home / F.sum("n")).alias("percent_at_home"),
        F.count_if("_frequent").alias("frequent_antennas"),
    )


def _binned(located: DataFrame) -> DataFrame:
    """One row a number, week and half hour with its `cell`, and `_first` (second of the first record)."""
    each = located.groupBy(*WEEK, "_bin", "cell").agg(F.count("*").alias("n"), F.min("_s").alias("_first"))
    return each.groupBy(*WEEK, "_bin").agg(
        F.max_by("cell", F.struct("n", -F.col("_first"), "cell")).alias("cell"), F.min("_first").alias("_first")
    )


def _home(by_night: DataFrame) -> DataFrame:
    """A number's cell of most half hours by night, over all its records; the first seen of equals."""
    each = _binned(by_night).groupBy("number", "cell").agg(F.count("*").alias("n"), F.min("_first").alias("_first"))
    return each.groupBy("number").agg(F.max_by("cell", F.struct("n", -F.col("_first"), "cell")).alias("home"))
