"""Silver: tonight's rows as conformed nouns. Each feed is judged once; all refusals are one write."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial, reduce
from typing import Any

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.runtime import alerts, progress
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.ingest import conform, row_counts, tag_shares, value_counts
from schemas import bronze, codes, gold, silver
from schemas.layouts import layouts

FEEDS = tuple(silver.BY_FEED)
# Authorisations come before the events that need them, and airports before flights.
LATER_FEEDS = (*conform.AUTHORISED, "flights")
FIRST_FEEDS = tuple(feed for feed in FEEDS if feed not in LATER_FEEDS)


@dg.multi_asset(
    name="silver",
    specs=[
        *(common.spec(table, [bronze.ROWS]) for table in silver.TABLES),
        common.spec(gold.ROW_COUNTS, [bronze.FILES, bronze.ROWS, bronze.QUARANTINE]),
        common.spec(gold.VALUE_COUNTS, [bronze.ROWS]),
    ],
)
def conformed_tables(context: dg.AssetExecutionContext, ctx: common.Ctx) -> Iterator[dg.MaterializeResult]:
    """Judge every row of the night; load what is right, quarantine what is not, and count both."""
    night = common.night_of(context, ctx)
    tonight = {"night": night.isoformat()}
    rows = ctx.known(night).tonight(bronze.ROWS)
    judged: dict[str, DataFrame] = {}
    loaded: dict[str, DataFrame] = {}
    sent = rows.select("feed", "sender").distinct().collect()  # of some dozens
    present = {row.feed for row in sent}
    # Layouts of those who sent nothing would make plans longer, and take time to analyse.
    sending = {row.sender: ctx.sources[row.sender] for row in sent if row.sender in ctx.sources}
    beside = layouts.beside(ctx.sources)
    present |= {feed for (_, feed), read in beside.items() if read in present}

    def judge(feed: str) -> None:
        table = silver.BY_FEED[feed]
        # One feed is always judged: a night without files has counts.
        is_absent = feed not in present and feed != FEEDS[0]
        if is_absent and not ctx.lake.n_rows((table,), night)[table.path]:
            progress.CURRENT.skip()
            return  # nothing came, and nothing of an earlier run has to go
        with progress.CURRENT.step(f"silver: {table.noun}"):
            known = (_authorisations(ctx, feed, night), _airports(ctx, feed, night))
            sources = sending if layouts.of_feed(sending, feed) else ctx.sources
            judged[feed] = concurrency.materialise_lazily(conform.validate(rows, feed, sources, night, *known))
            ctx.lake.replace(conform.accepted(judged[feed], feed), table, tonight)
            (loaded[feed],) = concurrency.materialise(row_counts.loaded(ctx.known(night).tonight(table), feed))

    for feeds in (FIRST_FEEDS, LATER_FEEDS):
        concurrency.run(*(partial(judge, feed) for feed in feeds))
    with progress.CURRENT.step("silver: rejected rows and row counts"):
        refused = reduce(DataFrame.unionByName, (conform.rejected(judged[feed]) for feed in FEEDS if feed in judged))
        counted = reduce(DataFrame.unionByName, (conform.counts(judged[feed]) for feed in FEEDS if feed in judged))
        _, (twins,) = concurrency.run(
            lambda: ctx.lake.replace(refused, bronze.QUARANTINE, {**tonight, "stage": "conform"}),
            partial(concurrency.materialise, counted),
        )
        written = reduce(DataFrame.unionByName, loaded.values())
        arrived, refusals = (ctx.known(night).tonight(table) for table in (bronze.FILES, bronze.QUARANTINE))
        counts = concurrency.materialise_lazily(row_counts.rows(arrived, refusals, written, twins, night, beside))
        ctx.lake.replace(counts, gold.ROW_COUNTS, tonight)
        n_loaded = {f"{r.sender} {r.feed}": r.n_loaded for r in counts.collect()}  # one row per sender and feed
    with progress.CURRENT.step("silver: values not taken as they came"):
        ctx.lake.replace(_value_counts(ctx, judged, night), gold.VALUE_COUNTS, tonight)
    tell_of_tags(ctx, night)
    said: dict[str, dict[str, Any]] = {gold.ROW_COUNTS.path: {"rows loaded": sum(n_loaded.values())}}
    for feed, table in silver.BY_FEED.items():
        of_feed = {name.split()[0]: n for name, n in sorted(n_loaded.items()) if name.endswith(f" {feed}")}
        said[table.path] = {"by sender": common.bars(of_feed, "rows loaded")}
    yield from common.results(ctx, (*silver.TABLES, gold.ROW_COUNTS, gold.VALUE_COUNTS), night, said)


def _value_counts(ctx: RunContext, judged: dict[str, DataFrame], night: date) -> DataFrame:
    known = [ctx.known(night).until(table) for table in (silver.REPORTS, silver.PEOPLE)]
    links = value_counts.dangling(judged, *known)
    counted = reduce(DataFrame.unionByName, [value_counts.noted(df) for df in judged.values()])
    before, rows = ctx.lake.read(gold.VALUE_COUNTS), ctx.known(night).until(gold.ROW_COUNTS)
    counted = counted.unionByName(value_counts.risen(counted, before, rows, night))
    counted = counted if links is None else counted.unionByName(links)
    counted = counted.unionByName(value_counts.fallen(ctx.spark, _fallen_shares(ctx, night)))
    return concurrency.materialise(value_counts.rows(counted, before, night))[0]


def _fallen_shares(ctx: RunContext, night: date) -> list[tag_shares.Fall]:
    counted = tag_shares.counts(ctx.known(night).until(silver.REPORTS), night)
    return tag_shares.falls(counted.collect())  # one row per sender and tag


def tell_of_tags(ctx: RunContext, night: date) -> None:
    """Alert for unknown tags of abuse or exploitation that no night before had, naming fields and never values, for
    known ones that a sender's reports all but lost, and for fields that are read far more seldom than before.

    Others are a warning of the night's checks, and are printed with it.
    """
    is_new = F.col("is_new") & value_counts.is_of_exploitation()
    has_fallen = (F.col("note") == "SHARE_FELL") & F.col("value").isin(*codes.CSAE_TAGS)
    has_risen = F.col("note") == "SHARE_ROSE"
    told_of = ctx.known(night).tonight(gold.VALUE_COUNTS).where(is_new | has_fallen | has_risen)
    counted = told_of.collect()  # MAX_CODES of a field
    new = Counter((row.sender, row.feed, row.field) for row in counted if row.is_new)
    lost = sorted((row.sender, row.value) for row in counted if row.note == "SHARE_FELL")
    risen = sorted({(row.sender, row.feed, row.field) for row in counted if row.note == "SHARE_ROSE"})
    told = {
        "unknown tags with words of abuse or exploitation appeared, which the layout does not name": [
            f"{n} in {field} of {sender} {feed}" for (sender, feed, field), n in sorted(new.items())
        ],
        "tags that reports bear far more seldom than in the fortnight before, beyond chance": [
            f"{tag} of {sender}" for sender, tag in lost
        ],
        "fields of which far more values than in the fortnight before mean nothing or cannot be read": [
            f"{field} of {sender} {feed}" for sender, feed, field in risen
        ],
    }
    for what, where in told.items():
        if where:
            alerts.send(ctx.settings, night.isoformat(), f"{what}: {'; '.join(where)}", run_id=ctx.run_id)


def _authorisations(ctx: RunContext, feed: str, night: date) -> DataFrame | None:
    if feed not in conform.AUTHORISED:
        return None
    return ctx.known(night).table(silver.COMMS_AUTHORISATIONS)


def _airports(ctx: RunContext, feed: str, night: date) -> DataFrame | None:
    if feed != "flights":
        return None
    return ctx.known(night).table(silver.BY_FEED["airports"])


ALL = [conformed_tables]
