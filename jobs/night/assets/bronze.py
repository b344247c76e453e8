"""Bronze: tonight's files as rows, in three writes."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import dagster as dg

from jobs.night.assets import common
from jobs.runtime import alerts, progress
from jobs.runtime.audit import changes, operations
from jobs.runtime.context import RunContext
from jobs.sources import arrivals, landing, ledger
from pipelines.common import concurrency
from pipelines.ingest import bronze as ingest_bronze
from pipelines.ingest import deliveries
from pipelines.ingest.readers import read
from schemas import bronze

WAITING, AGAIN, CONCERNS = "left for the next night", "sent again with other content", "not as expected"
EXPECTED = dg.AssetCheckSpec(
    "every_sender_is_as_expected",
    asset=common.key(bronze.FILES),
    description="Every feed that is due came, and in about its usual volume (docs/operations.md): a warning.",
)
TABLES = (bronze.FILES, bronze.ROWS, bronze.QUARANTINE)


@dg.multi_asset(
    name="bronze",
    specs=[common.spec(table) for table in TABLES],
    check_specs=[EXPECTED],
)
def files_and_rows(
    context: dg.AssetExecutionContext, ctx: common.Ctx
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Read every file of the night once; keep rows, refusals and the ledger of files."""
    night = common.night_of(context, ctx)
    tonight = {"night": night.isoformat()}
    ctx.begin_registry()  # only now: its database is made with what has just made Dagster's, one at a time
    with progress.CURRENT.step("bronze: read files"):
        arrived, bare = _arrivals(ctx, night)
        # Checkpoints, not caches: their plans are forgotten, and wide plans take longer to write out than to run.
        listed = ingest_bronze.listed(landing.frame(ctx.spark, arrived.files), ctx.lake.read(bronze.FILES), night)
        listed = concurrency.materialise_lazily(listed)
        rows = concurrency.materialise_lazily(read.rows(listed, ctx.sources))
        ctx.lake.replace(ingest_bronze.rows(rows), bronze.ROWS, tonight)
        files = concurrency.materialise_lazily(ingest_bronze.files(rows, listed))
        refused = ingest_bronze.quarantine(rows, files, listed)
        ctx.lake.replace(refused, bronze.QUARANTINE, {**tonight, "stage": "ingest"})
        ctx.lake.replace(files, bronze.FILES, tonight)
        totals = files.groupBy("sender").sum("n_rows_loaded", "n_rows_quarantined").collect()
        concerns = deliveries.joined(ledger.concerns(ctx, night), bare)
    loaded = {row[0]: row[1] for row in sorted(totals)}
    refused_layouts = Counter(file.sender for file in arrived.files if file.reason == "LAYOUT_REFUSED")
    tell_of_refused_layouts(ctx, night, refused_layouts)
    if concerns:
        alerts.send(ctx.settings, night.isoformat(), "not as expected: " + "; ".join(map(str, concerns)))
    operations.files_collected(ctx.audit, night, loaded, (file.file for file in arrived.files))
    said: dict[str, Mapping[str, Any]] = {
        bronze.FILES.path: {
            WAITING: dg.MetadataValue.json([asdict(file) for file in arrived.waiting]),
            AGAIN: dg.MetadataValue.json(arrived.again),
            CONCERNS: dg.MetadataValue.json([asdict(concern) for concern in concerns]),
        },
        bronze.ROWS.path: {"by sender": common.bars(loaded, "rows loaded")},
    }
    yield from common.results(ctx, TABLES, night, said)
    yield dg.AssetCheckResult(
        asset_key=EXPECTED.asset_key,
        check_name=EXPECTED.name,
        passed=not concerns,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={CONCERNS: dg.MetadataValue.json([str(concern) for concern in concerns])},
    )


def _arrivals(ctx: RunContext, night: date) -> tuple[arrivals.Arrivals, list[deliveries.Concern]]:
    """Files of tonight's drop, and of earlier ones those that no night knows, also of nights that did not run; and
    which folders are there and hold none."""
    folder = ctx.settings.landing
    if landing.is_empty(folder):
        raise landing.LandingZoneEmptyError(folder)
    changes.note(ctx.audit, ctx.settings, night)
    limits = ctx.settings.arrivals
    # The one time that this step goes by, read where the night begins.
    door = arrivals.Door(folder, night, time.time(), limits.quiet_s, ctx.sources, ctx.layouts.refused)
    arrived = door.tonight()
    ctx.lake.begin_night()  # after the scan, which needs no Spark while it starts
    first, known = ledger.known(ctx, night, limits.late_nights)
    late = door.late(first, known)
    everything = arrived + late
    senders = {file.sender for file in everything.files}
    progress.CURRENT.say(
        f"         {len(arrived.files)} files and {len(late.files)} late ones from {len(senders)} senders"
    )
    for file in everything.waiting:
        progress.CURRENT.say(f"         left for the next night: {file.file} ({file.why})")
    for name in everything.again:
        progress.CURRENT.say(f"         sent again with other content: {name}")
    return everything, door.bare()


def tell_of_refused_layouts(ctx: RunContext, night: date, n_files: Mapping[str, int]) -> None:
    """An alert that names every layout that cannot be used, and how many files of the night wait for it."""
    told = [
        f"layout of {sender} cannot be used, and {n_files.get(sender, 0)} of its files are quarantined: {error.detail}"
        for sender, error in sorted(ctx.layouts.refused.items())
    ]
    if told:
        alerts.send(ctx.settings, night.isoformat(), "; ".join(told))


ALL = [files_and_rows]
