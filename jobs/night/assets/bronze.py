"""Bronze: tonight's files as rows, in three writes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg

from jobs.night.assets import common
from jobs.runtime import alerts, progress
from jobs.runtime.audit import changes, operations
from jobs.runtime.context import RunContext
from jobs.sources import landing
from pipelines.common import concurrency
from pipelines.ingest import bronze as ingest_bronze
from pipelines.ingest.readers import read
from schemas import bronze

TABLES = (bronze.FILES, bronze.ROWS, bronze.QUARANTINE)


@dg.multi_asset(
    name="bronze",
    specs=[common.spec(table) for table in TABLES],
)
def files_and_rows(context: dg.AssetExecutionContext, ctx: common.Ctx) -> Iterator[dg.MaterializeResult]:
    """Read every file of the night once; keep rows, refusals and the ledger of files."""
    night = common.night_of(context, ctx)
    tonight = {"night": night.isoformat()}
    ctx.begin_registry()  # only now: its database is made with what has just made Dagster's, one at a time
    with progress.CURRENT.step("bronze: read files"):
        if landing.is_empty(ctx.settings.landing):
            raise landing.LandingZoneEmptyError(ctx.settings.landing)
        changes.note(ctx.audit, ctx.settings, night)
        found = landing.scan(ctx.settings.landing, night, ctx.sources, ctx.layouts.refused)
        progress.CURRENT.say(f"         {len(found)} files from {len({file.sender for file in found})} senders")
        ctx.lake.begin_night()  # after the scan, which needs no Spark while it starts
        # Checkpoints, not caches: their plans are forgotten, and wide plans take longer to write out than to run.
        listed = ingest_bronze.listed(landing.frame(ctx.spark, found), ctx.lake.read(bronze.FILES), night)
        listed = concurrency.materialise_lazily(listed)
        rows = concurrency.materialise_lazily(read.rows(listed, ctx.sources))
        ctx.lake.replace(ingest_bronze.rows(rows), bronze.ROWS, tonight)
        ledger = concurrency.materialise_lazily(ingest_bronze.files(rows, listed))
        refused = ingest_bronze.quarantine(rows, ledger, listed)
        ctx.lake.replace(refused, bronze.QUARANTINE, {**tonight, "stage": "ingest"})
        ctx.lake.replace(ledger, bronze.FILES, tonight)
        totals = ledger.groupBy("sender").sum("n_rows_loaded", "n_rows_quarantined").collect()
    loaded = {row[0]: row[1] for row in sorted(totals)}
    tell_of_refused_layouts(ctx, night, Counter(file.sender for file in found if file.reason == "LAYOUT_REFUSED"))
    operations.files_collected(ctx.audit, night, loaded, (file.file for file in found))
    said = {bronze.ROWS.path: {"by sender": common.bars(loaded, "rows loaded")}}
    yield from common.results(ctx, TABLES, night, said)


def tell_of_refused_layouts(ctx: RunContext, night: date, n_files: Mapping[str, int]) -> None:
    """An alert that names every layout that cannot be used, and how many files of the night wait for it."""
    told = [
        f"layout of {sender} cannot be used, and {n_files.get(sender, 0)} of its files are quarantined: {error.detail}"
        for sender, error in sorted(ctx.layouts.refused.items())
    ]
    if told:
        alerts.send(ctx.settings, night.isoformat(), "; ".join(told))


ALL = [files_and_rows]
