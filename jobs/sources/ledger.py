"""The ledgers of files (bronze.files, bronze.device_files), as far as they tell what has arrived before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from jobs.runtime.context import RunContext
from jobs.sources.arrivals import Known
from pipelines.ingest import deliveries
from schemas import bronze, device
from schemas.layouts import submission


def drop() -> Column:
    """The night in whose drop a file of the ledger lies, from its path: late files are taken in by another."""
    return F.element_at(F.split("file", "/"), 3).try_cast("date")


def known(ctx: RunContext, night: date, late_nights: int) -> tuple[date, dict[str, Known]]:
    """Files of the last `late_nights` drops before `night` that other nights have had, by name; and the first drop.

    Drops before the first night that ever ran are history, which `nightjar backfill` takes in: they are not late.
    What `night` itself took in does not count, so that running it again takes it in again.
    """
    files = ctx.lake.read(bronze.FILES)
    if "changed_ns" not in files.columns:  # a table from before the column: what it has is compared by its content
        files = files.withColumn("changed_ns", F.lit(None).cast("long"))
    others = files.where(F.col("night") != F.lit(night))
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


def concerns(ctx: RunContext, night: date) -> list[deliveries.Concern]:
    """Who did not send what was expected of `night`'s drop, or unusually much or little, as that night knew it."""
    limits = ctx.settings.arrivals
    rules = deliveries.Rules(
        limits.usual_nights, limits.usual_at_least, limits.volume_factor, min_rows=limits.volume_rows
    )
    first = night - timedelta(days=rules.nights)
    known = ctx.known(night).until(bronze.FILES).withColumn("drop", drop())
    rows = F.when(F.col("status") != "DUPLICATE", F.col("n_rows")).otherwise(0)
    sums = known.where(F.col("drop").between(F.lit(first), F.lit(night))).groupBy("sender", "feed", "drop")
    drops: dict[deliveries.Feed, dict[date, int]] = {}
    for row in sums.agg(F.sum(rows).alias("n_rows")).collect():
        drops.setdefault((row.sender, row.feed), {})[row["drop"]] = row.n_rows
    due = {(source.sender, feed.name): feed.due for source in ctx.sources.values() for feed in source.feeds.values()}
    return deliveries.concerns(drops, due, night, rules)
