"""Row conservation: in = loaded + quarantined + deduplicated + lawfully deleted, per sender and feed of a night."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from schemas import gold

BY = ["sender", "feed"]


def loaded(written: DataFrame, feed: str) -> DataFrame:
    """sender, feed, n_loaded: rows of the feed's silver table as written, of one night."""
    by = (F.col("_sender").alias("sender"), F.lit(feed).alias("feed"))
    return written.groupBy(*by).agg(F.count("*").alias("n_loaded"))


def rows(
    files: DataFrame,
    quarantine: DataFrame,
    loaded: DataFrame,
    judged: DataFrame,
    night: date,
    beside: Collection[tuple[str, str]] = (),
) -> DataFrame:
    """Rows of gold.ROW_COUNTS.

    Counted at three places that do not know of each other: the ledger of files (in, re-sent), the quarantine as
    written, and the silver tables as written; only twins of one night come from the judgement itself.

    Args:
        files: bronze.FILES of the night.
        quarantine: bronze.QUARANTINE of the night.
        loaded: results of `loaded`, of every feed.
        judged: results of `conform.counts`, of every feed.
        beside: sender and feed of those without files, which read the rows of another: their records count as in, and
            the rows themselves are conserved in their own feed.
    """
    arrived = files.groupBy(*BY).agg(
        F.count("*").alias("n_files"),
        # A file that was refused whole has no rows that can be counted: it counts as the one row it is quarantined as.
        F.sum(F.greatest("n_rows", F.col("n_rows_quarantined"))).alias("n_in"),
        F.sum("n_rows_deduplicated").alias("n_resent"),
    )
    if beside:
        is_beside = F.concat_ws("/", *BY).isin([f"{sender}/{feed}" for sender, feed in beside])
        nothing = F.lit(0).cast("long")
        made = judged.where(is_beside).select(*BY, nothing.alias("n_files"), "n_in", nothing.alias("n_resent"))
        arrived = arrived.unionByName(made)
    refused = quarantine.where(F.col("stage").isin("ingest", "conform")).groupBy(*BY)
    twins = judged.select(*BY, F.col("n_deduplicated").alias("n_twins"))
    counted = (refused.agg(F.count("*").alias("n_quarantined")), loaded, twins)
    joined = arrived
    for part in counted:
        joined = joined.join(part, BY, how="left")
    return gold.ROW_COUNTS.conform(
        joined.select(
            F.lit(night).alias("night"),
            *BY,
            *(_count(name).alias(name) for name in ("n_files", "n_in", "n_loaded", "n_quarantined")),
            (_count("n_resent") + _count("n_twins")).alias("n_deduplicated"),
            F.lit(0).cast("long").alias("n_deleted"),
        )
    )


def _count(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0)).cast("long")
