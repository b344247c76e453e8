"""Silver: tonight's rows as conformed nouns. Each feed is judged once; all refusals are one write."""

from collections.abc import Iterator
from datetime import date
from functools import partial, reduce
from typing import Any

import dagster as dg
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import progress
from jobs.runtime.context import RunContext
from pipelines.common import as_of, concurrency
from pipelines.ingest import conform
from schemas import bronze, gold, silver

FEEDS = tuple(silver.BY_FEED)
# Authorisations come before the events that need them, and airports before flights.
LATER_FEEDS = (*conform.AUTHORISED, "flights")
FIRST_FEEDS = tuple(feed for feed in FEEDS if feed not in LATER_FEEDS)


@dg.multi_asset(
    name="silver",
    specs=[
        *(common.spec(table, [bronze.ROWS]) for table in silver.TABLES),
        common.spec(gold.ROW_COUNTS, [bronze.FILES, bronze.ROWS, bronze.QUARANTINE]),
    ],
)
def conformed_tables(context: dg.AssetExecutionContext, ctx: common.Ctx) -> Iterator[dg.MaterializeResult]:
    """Judge every row of the night; load what is right, quarantine what is not, and count both."""
    night = common.night_of(context, ctx)
    tonight = {"night": night.isoformat()}
    rows = ctx.lake.read(bronze.ROWS).where(F.col("night") == F.lit(night))
    judged: dict[str, DataFrame] = {}
    loaded: dict[str, DataFrame] = {}
    present = {row.feed for row in rows.select("feed").distinct().collect()}  # of a dozen

    def judge(feed: str) -> None:
        table = silver.BY_FEED[feed]
        # One feed is always judged: a night without files has counts.
        is_absent = feed not in present and feed != FEEDS[0]
        if is_absent and ctx.lake.read(table).where(F.col("night") == F.lit(night)).isEmpty():
            progress.CURRENT.skip()
            return  # nothing came, and nothing of an earlier run has to go
        with progress.CURRENT.step(f"silver: {table.noun}"):
            known = (_authorisations(ctx, feed, night), _airports(ctx, feed, night))
            judged[feed] = conform.validate(rows, feed, ctx.sources, night, *known).localCheckpoint(eager=False)
            ctx.lake.replace(conform.accepted(judged[feed], feed), table, tonight)
            loaded[feed] = _loaded(ctx, feed, night).localCheckpoint()

    for feeds in (FIRST_FEEDS, LATER_FEEDS):
        concurrency.run(*(partial(judge, feed) for feed in feeds))
    with progress.CURRENT.step("silver: rejected rows and row counts"):
        refused = reduce(DataFrame.unionByName, (conform.rejected(judged[feed]) for feed in FEEDS if feed in judged))
        counted = reduce(DataFrame.unionByName, (conform.counts(judged[feed]) for feed in FEEDS if feed in judged))
        _, twins = concurrency.run(
            lambda: ctx.lake.replace(refused, bronze.QUARANTINE, {**tonight, "stage": "conform"}),
            counted.localCheckpoint,
        )
        written = reduce(DataFrame.unionByName, loaded.values())
        counts = _row_counts(ctx, night.isoformat(), written, twins).localCheckpoint(eager=False)
        ctx.lake.replace(counts, gold.ROW_COUNTS, tonight)
        n_loaded = {f"{r.sender} {r.feed}": r.n_loaded for r in counts.collect()}  # one row a sender and feed
    said: dict[str, dict[str, Any]] = {gold.ROW_COUNTS.path: {"rows loaded": sum(n_loaded.values())}}
    for feed, table in silver.BY_FEED.items():
        of_feed = {name.split()[0]: n for name, n in sorted(n_loaded.items()) if name.endswith(f" {feed}")}
        said[table.path] = {"by sender": common.bars(of_feed, "rows loaded")}
    yield from common.results(ctx, (*silver.TABLES, gold.ROW_COUNTS), night, said)


def _authorisations(ctx: RunContext, feed: str, night: date) -> DataFrame | None:
    if feed not in conform.AUTHORISED:
        return None
    return as_of.current(ctx.lake.read(silver.COMMS_AUTHORISATIONS), ["auth_urn"], night)


def _airports(ctx: RunContext, feed: str, night: date) -> DataFrame | None:
    if feed != "flights":
        return None
    return as_of.current(ctx.lake.read(silver.BY_FEED["airports"]), ["airport"], night)


def _loaded(ctx: RunContext, feed: str, night: date) -> DataFrame:
    """sender, feed, n_loaded: rows of the night in the feed's silver table as written."""
    of_night = ctx.lake.read(silver.BY_FEED[feed]).where(F.col("night") == F.lit(night))
    by = (F.col("_sender").alias("sender"), F.lit(feed).alias("feed"))
    return of_night.groupBy(*by).agg(F.count("*").alias("n_loaded"))


def _row_counts(ctx: RunContext, night: str, loaded: DataFrame, judged: DataFrame) -> DataFrame:
    """Conservation per sender and feed, counted at three places that do not know of each other: the ledger of files
    (in, re-sent), the quarantine as written, and the silver tables as written; only twins of one night come from the
    judgement itself."""
    of_night = F.col("night") == F.lit(night)
    by = ["sender", "feed"]
    files = ctx.lake.read(bronze.FILES).where(of_night).groupBy(*by)
    arrived = files.agg(
        F.count("*").alias("n_files"),
        # A file that was refused whole has no rows that can be counted: it counts as the one row it is quarantined as.
        F.sum(F.greatest("n_rows", F.col("n_rows_quarantined"))).alias("n_in"),
        F.sum("n_rows_deduplicated").alias("n_resent"),
    )
    refused = ctx.lake.read(bronze.QUARANTINE).where(of_night & F.col("stage").isin("ingest", "conform"))
    refused = refused.groupBy(*by).agg(F.count("*").alias("n_quarantined"))
    twins = judged.select(*by, F.col("n_deduplicated").alias("n_twins"))
    joined = arrived.join(refused, by, how="left").join(loaded, by, how="left").join(twins, by, how="left")

    def count(name: str) -> Column:
        return F.coalesce(F.col(name), F.lit(0)).cast("long")

    return gold.ROW_COUNTS.conform(
        joined.select(
            F.lit(night).cast("date").alias("night"),
            *by,
            count("n_files").alias("n_files"),
            count("n_in").alias("n_in"),
            count("n_loaded").alias("n_loaded"),
            count("n_quarantined").alias("n_quarantined"),
            (count("n_resent") + count("n_twins")).alias("n_deduplicated"),
            F.lit(0).cast("long").alias("n_deleted"),
        )
    )


ALL = [conformed_tables]
