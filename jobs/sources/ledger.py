"""The ledgers of files (bronze.files, bronze.device_files), as far as they tell what has arrived before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from jobs.runtime.context import RunContext
from jobs.sources.arrivals import Known
from pipelines.ingest import deliveries
from schemas import bronze, device
from schemas.layouts import layouts, submission
from schemas.layouts.feed import NESTED


def drop() -> Column:
    """The night in whose drop a file of the ledger lies, from its path: late files are taken in by another."""
    return F.element_at(F.split("file", "/"), 3).try_cast("date")


def known(ctx: RunContext, night: date, late_nights: int) -> tuple[date, dict[str, Known]]:
    """Files of the last `late_nights` drops before `night` that other nights have had, by name; and the first drop.

    Drops before the first night that ever ran are history, which `nightjar backfill` takes in: they are not late.
    What `night` itself took in does not count, so that running it again takes it in again.
    """
    others = ctx.lake.read(bronze.FILES).where(F.col("night") != F.lit(night))
    begun = others.agg(F.min("night")).first()
    first = max(night - timedelta(days=late_nights), begun[0] if begun and begun[0] else night)
    had = others.where((drop() >= F.lit(first)) & (drop() < F.lit(night)))
    told = F.struct("n_bytes", "reason", "file_hash", "changed_ns")
    newest = had.groupBy("file").agg(F.max_by(told, "night").alias("newest"))
    return first, {row.file: Known(*row.newest) for row in newest.collect()}


def unlike_read(ctx: RunContext, night: date, touched: Mapping[str, Mapping[str, str | None]]) -> list[str]:
    """Files of submissions whose content is not what a night before `night` read under their name, in order.

    Args:
        touched: SHA-256 by file, by submission's folder (`submissions.Arrived`).
    """
    if not touched:
        return []
    known = ctx.known(night)
    before = known.before(device.SUBMISSIONS).where(F.col("folder").isin(*touched))
    evidence = known.before(device.FILES).where("member = ''").join(before, ["night", "submission_id"])
    manifests = before.select(F.concat("folder", F.lit(f"/{submission.FILE}")), "manifest_hash")
    read = {row[0]: row[1] for row in evidence.select("file", "sha256").unionAll(manifests).collect()}
    return sorted(
        name for files in touched.values() for name, sha in files.items() if sha is None or read.get(name) != sha
    )


@dataclass
class Drops:
    """What the ledger remembers of senders' drops: rows, and how columns differed from the layouts'."""

    n_rows: dict[deliveries.Feed, dict[date, int]] = field(default_factory=dict)
    columns: dict[deliveries.Feed, dict[date, deliveries.Columns]] = field(default_factory=dict)

    def add(self, feed: deliveries.Feed, day: date, n_rows: int, unnamed: Iterable[str], absent: Iterable[str]) -> None:
        """One drop, by lists of columns' names as the ledger has them."""
        self.n_rows.setdefault(feed, {})[day] = n_rows
        told = deliveries.Columns(*(frozenset(_split(lists)) for lists in (unnamed, absent)))
        self.columns.setdefault(feed, {})[day] = told

    def changed_columns(
        self, sources: Mapping[str, layouts.Source], night: date, usual: deliveries.Rules
    ) -> list[deliveries.Concern]:
        """What is new of the columns of `night`'s drops, and what is gone."""
        small = {feed for feed, rows in self.n_rows.items() if rows.get(night, 0) < usual.min_rows}
        sparse = {
            (sender, feed)
            for sender, feed in small
            if sender in sources and feed in sources[sender].feeds and sources[sender].feeds[feed].format in NESTED
        }
        return deliveries.changed_columns(self.columns, night, usual, sparse)


def _split(lists: Iterable[str]) -> Iterable[str]:
    return (name for names in lists for name in names.split(",") if name)


def rules(ctx: RunContext) -> deliveries.Rules:
    """What is usual, by the settings."""
    limits = ctx.settings.arrivals
    return deliveries.Rules(
        limits.usual_nights, limits.usual_at_least, limits.volume_factor, min_rows=limits.volume_rows
    )


def drops(files: DataFrame, first: date, last: date) -> Drops:
    """Drops from `first` to `last`, of bronze.files: a row for each sender, feed and drop, in one action."""
    named = files.withColumn("drop", drop())
    rows = F.when(F.col("status") != "DUPLICATE", F.col("n_rows")).otherwise(0)
    sums = named.where(F.col("drop").between(F.lit(first), F.lit(last))).groupBy("sender", "feed", "drop")
    is_read = F.col("status") == "LOADED"
    lists = [F.collect_set(F.when(is_read, F.col(name))).alias(name) for name in ("rescued_columns", "absent_columns")]
    remembered = Drops()
    found: list[Row] = sums.agg(F.sum(rows).alias("n_rows"), *lists).collect()
    for row in found:
        feed = (row.sender, row.feed)
        remembered.add(feed, row["drop"], row.n_rows, row.rescued_columns, row.absent_columns)
    return remembered


def remembered(ctx: RunContext, sender: str, night: date) -> Drops:
    """A sender's drops of the last nights before `night`; none where no night ever ran."""
    if not ctx.lake.exists(bronze.FILES):
        return Drops()
    first = night - timedelta(days=rules(ctx).nights)
    files = ctx.known(night).before(bronze.FILES).where(F.col("sender") == sender)
    return drops(files, first, night - timedelta(days=1))


def concerns(ctx: RunContext, night: date) -> list[deliveries.Concern]:
    """What is not as expected of `night`'s drop, as that night knew it: who sent nothing, or unusually much or little,
    or other columns than before."""
    usual = rules(ctx)
    remembered = drops(ctx.known(night).until(bronze.FILES), night - timedelta(days=usual.nights), night)
    due = {
        (source.sender, feed.name): feed.due
        for source in ctx.sources.values()
        for feed in source.feeds.values()
        if feed.rows_of is None
    }
    found = deliveries.concerns(remembered.n_rows, due, night, usual)
    return found + remembered.changed_columns(ctx.sources, night, usual)
