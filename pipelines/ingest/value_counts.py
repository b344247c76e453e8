"""Counts of the values that silver could not take as they came: unknown codes, dangling links, what means nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from pipelines.ingest import layout_columns, tag_shares
from schemas import gold

BY = ["sender", "feed", "field", "note", "value"]
MIN_ROSE, MIN_BEFORE, MANY_TIMES = 10, 50, 5  # values and rows without which nothing rose, and by how much it did
MAX_CODES = 100  # unknown codes of a field that are told apart: a column of names mapped as codes has a million
# Feed -> its columns that name a record of another feed.
LINKS: dict[str, dict[str, str]] = {
    "report_links": {"report_id": "urn", "person_id": "person_ref"},
    "investigations": {"person_id": "person_ref"},
    "missing_episodes": {"person_id": "person_ref"},
    "associations": {"person_id": "person_ref", "other_person_id": "other_person_ref"},
    "identifiers": {"person_id": "person_ref"},
    "journey_people": {"person_id": "person_ref"},
}


def noted(judged: DataFrame) -> DataFrame:
    """sender, feed, field, note, value, becomes, n_rows: the notes of judged records (`conform.records`), counted."""
    each = judged.select(
        F.col("_sender").alias("sender"), F.col("_feed").alias("feed"), F.explode("notes").alias("said")
    ).select("sender", "feed", "said.*")
    counted = each.groupBy(*BY).agg(F.max("becomes").alias("becomes"), F.count("*").alias("n_rows"))
    often = Window.partitionBy("sender", "feed", "field", "note").orderBy(F.col("n_rows").desc(), "value")
    return counted.withColumn("_n", F.row_number().over(often)).where(F.col("_n") <= MAX_CODES).drop("_n")


def dangling(judged: Mapping[str, DataFrame], reports: DataFrame, people: DataFrame) -> DataFrame | None:
    """The same of links that lead nowhere; None where tonight has no links.

    Args:
        judged: tonight's judged records, by feed.
        reports: silver.REPORTS of the nights up to this one.
        people: silver.PEOPLE of the nights up to this one.
    """
    known = reports.select(F.lit("report_id").alias("_to"), F.col("report_id").alias("_id"))
    known = known.unionByName(people.select(F.lit("person_id").alias("_to"), F.col("person_id").alias("_id")))
    found = None
    for feed, links in LINKS.items():
        for column, field in links.items():
            if feed not in judged:
                continue
            named = judged[feed].where(F.col("reason").isNull() & ~F.col("is_superseded")).select(
                F.col("_sender").alias("sender"), F.lit(feed).alias("feed"), F.lit(field).alias("field"),
                F.lit(column).alias("_to"), F.col(column).alias("_id"),
            )  # fmt: skip
            found = named if found is None else found.unionByName(named)
    if found is None:
        return None
    nowhere = found.join(known, ["_to", "_id"], how="left_anti")
    return nowhere.groupBy("sender", "feed", "field").agg(F.count("*").alias("n_rows")).select(
        "sender", "feed", "field", F.lit("DANGLING").alias("note"), F.lit("").alias("value"),
        F.lit(None).cast("string").alias("becomes"), "n_rows",
    )  # fmt: skip


def fallen(spark: SparkSession, falls: Iterable[tag_shares.Fall]) -> DataFrame:
    """The same of tags whose share fell."""
    rows = [(fall.sender, "reports", "tags", "SHARE_FELL", fall.tag, None, fall.n_reports) for fall in falls]
    return spark.createDataFrame(rows, ", ".join([*(f"{name} string" for name in (*BY, "becomes")), "n_rows long"]))


def risen(counted: DataFrame, before: DataFrame, row_counts: DataFrame, night: date) -> DataFrame:
    """The same of fields of which far more values than in the fortnight before mean nothing or cannot be read: dates
    that are written in another order, a column that another system fills.

    Told is what nobody has to count to see: at least MIN_ROSE values, a tenth of the rows, and MANY_TIMES the share of
    the nights before, of which MIN_BEFORE rows are known.

    Args:
        counted: results of `noted`, of tonight.
        before: gold.VALUE_COUNTS of earlier nights.
        row_counts: gold.ROW_COUNTS of this night and of those before it.
        night: the night.
    """
    since = F.col("night").between(F.lit(night - timedelta(days=tag_shares.DAYS)), F.lit(night - timedelta(days=1)))
    noted_as = F.col("note").isin("NOTHING", "UNREAD")
    usual = before.where(since & noted_as).groupBy(*BY[:4]).agg(F.sum("n_rows").alias("k_before"))
    n_of = [F.sum(F.when(F.col("night") == F.lit(night), F.col("n_in"))).alias("n"),
            F.sum(F.when(since, F.col("n_in"))).alias("n_before")]  # fmt: skip
    of_feed = row_counts.groupBy("sender", "feed").agg(*n_of)
    k, n, n_before = F.col("n_rows"), F.col("n"), F.col("n_before")
    k_before = F.coalesce("k_before", F.lit(0))
    has_risen = (k >= MIN_ROSE) & (k >= n / 10) & (n_before >= MIN_BEFORE) & (k * n_before >= MANY_TIMES * k_before * n)
    joined = counted.where(noted_as).join(F.broadcast(usual), BY[:4], how="left")
    joined = joined.join(F.broadcast(of_feed), ["sender", "feed"])
    return joined.where(has_risen).select(
        "sender", "feed", "field", F.lit("SHARE_ROSE").alias("note"), F.col("note").alias("value"),
        F.lit(None).cast("string").alias("becomes"), "n_rows",
    )  # fmt: skip


def is_of_exploitation() -> Column:
    """Whether a counted value is an unknown code with a word of abuse or exploitation in it."""
    named = F.coalesce(layout_columns.is_of_exploitation(F.col("value")), F.lit(False))
    return (F.col("note") == "UNKNOWN_CODE") & named


def rows(counted: DataFrame, before: DataFrame, night: date) -> DataFrame:
    """Rows of gold.VALUE_COUNTS.

    Args:
        counted: results of `noted` and `dangling`.
        before: gold.VALUE_COUNTS of earlier nights; an unknown code that none of them has is new.
        night: the night.
    """
    codes = before.where((F.col("note") == "UNKNOWN_CODE") & (F.col("night") < F.lit(night))).select(*BY).distinct()
    joined = counted.join(F.broadcast(codes.withColumn("_was_there", F.lit(True))), BY, how="left")
    is_new = (F.col("note") == "UNKNOWN_CODE") & F.col("_was_there").isNull()
    return gold.VALUE_COUNTS.conform(joined.withColumns({"night": F.lit(night), "is_new": is_new}))
