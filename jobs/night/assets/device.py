"""Seized devices: submissions read into tables, what their messages mention, their queues, and what is referred."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.night.assets import common
from jobs.output import packs as pack_files
from jobs.output import referrals as referral_files
from jobs.runtime import alerts, progress
from jobs.runtime import spark as spark_job
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from jobs.sources import ledger, operator_lists, submissions
from pipelines.common import concurrency
from pipelines.device import finds, known_media, privilege, privilege_queue, referrals, tables
from pipelines.device import queue as device_queue
from pipelines.device.keyword_lists import KeywordList
from pipelines.device.packs import queue as pack_queue
from pipelines.device.packs import routing
from pipelines.device.packs import tables as pack_tables
from pipelines.queues import items as queue_rows
from schemas import bronze, device, gold
from schemas.contract import Table

WAITING = "left for the next night"
CONSERVED = "messages_are_conserved"
QUEUES = common.QueuePart(
    "device_queues",
    (device_queue.QUEUE, referrals.QUEUE, privilege.QUEUE, pack_queue.QUEUE),
    "The queues of key words, accounts, privileged terms and children's accounts on devices",
)
SEARCHED = (device.MESSAGES, device.CONTACTS, device.MEDIA, device.SUBMISSIONS)
DECIDED = (device.MESSAGES, device.SUBMISSIONS, gold.DECISIONS)  # what a queue is made of


@dg.multi_asset(
    name="device_exports",
    specs=[common.spec(table, [bronze.FILES]) for table in device.READ],
    check_specs=[
        dg.AssetCheckSpec(
            CONSERVED,
            asset=common.key(device.FILES),
            blocking=True,
            description="Messages seen = loaded + duplicate + quarantined, and as many are in the tables, per file.",
        )
    ],
)
def device_exports(
    context: dg.AssetExecutionContext, ctx: common.Ctx
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Read every file of the night's submissions once."""
    night = common.night_of(context, ctx)
    arrived = _arrived(ctx, night)
    is_nothing = not arrived.submissions and not ctx.known(night).has_tonight(device.SUBMISSIONS)
    if is_nothing:
        progress.CURRENT.skip()
    else:
        with progress.CURRENT.step("read seized devices"):
            _read(ctx, night, arrived)
    _tell_of_changes(ctx, night, arrived.touched)
    said = {device.SUBMISSIONS.path: {WAITING: dg.MetadataValue.json([vars(each) for each in arrived.waiting])}}
    if is_nothing:
        yield from (common.nothing(table) for table in device.READ)
    else:
        yield from common.results(ctx, device.READ, night, said)
    lost = [] if is_nothing else _lost(ctx, night)
    yield dg.AssetCheckResult(
        asset_key=common.key(device.FILES),
        check_name=CONSERVED,
        passed=not lost,
        metadata={"lost": dg.MetadataValue.json(lost)},
    )


def _arrived(ctx: RunContext, night: date) -> submissions.Arrived:
    limits = ctx.settings.arrivals
    known = ctx.known(night)
    before = known.before(device.SUBMISSIONS).groupBy("folder").agg(F.max("changed_ns").alias("seen"))
    read = before.collect() if known.has_any(device.SUBMISSIONS) else []
    arrived = submissions.arrived(
        ctx.settings.landing,
        night,
        now=time.time(),  # read where the night begins to read them, and only to tell what is still being written
        quiet_s=limits.quiet_s,
        late_nights=limits.late_nights,
        known={row.folder: row.seen for row in read},  # of submissions, of which a force sends a few a night
        sources=ctx.sources,
    )
    for each in arrived.waiting:
        progress.CURRENT.say(f"         left for the next night: {each.file} ({each.why})")
    ctx.submissions[night] = arrived.submissions
    return arrived


def _read(ctx: RunContext, night: date, arrived: submissions.Arrived) -> None:
    tonight = {"night": night.isoformat()}
    ctx.lake.replace(_listed(ctx, night, arrived.submissions), device.SUBMISSIONS, tonight)
    # In the log before a byte is read.
    operations.devices_read(ctx.audit, night, [each.id for each in arrived.submissions], _authorities(arrived))
    files = ctx.spark.createDataFrame(
        [
            (
                each.id, file.file, file.path, each.manifest.owner.identifiers, each.manifest.region,
                each.manifest.time_zone, [table.model_dump_json() for table in each.manifest.tables],
                each.manifest.text_in_pictures, file.reason, file.detail,
            )
            for each in arrived.submissions
            if each.manifest is not None
            for file in each.files
        ],
        tables.FILES,
    )  # fmt: skip
    records = concurrency.materialise_lazily(tables.records(files, _n_tasks(ctx, arrived.submissions)))
    messages = concurrency.materialise_lazily(
        finds.with_privileged(tables.messages(records, night), _privileged(arrived.submissions))
    )
    kept = messages.where("NOT is_duplicate")
    concurrency.run(
        lambda: ctx.lake.replace(kept, device.MESSAGES, tonight),
        lambda: ctx.lake.replace(tables.files(records, messages, night), device.FILES, tonight),
        *(
            partial(ctx.lake.replace, tables.others(records, table, night), table, tonight)
            for table in (device.CONTACTS, device.CALLS, device.MEDIA, device.REFUSALS)
        ),
    )
    _tell(ctx, night, arrived.submissions)


def _n_tasks(ctx: RunContext, arrived: Sequence[submissions.Submitted]) -> int:
    """Several pieces for each core, so that one with a large file does not keep small ones waiting behind it."""
    n_files = sum(len(each.files) for each in arrived)
    return max(1, min(n_files, 8 * spark_job.n_tasks(ctx.spark)))


def _listed(ctx: RunContext, night: date, arrived: Sequence[submissions.Submitted]) -> DataFrame:
    rows = []
    for each in arrived:
        manifest = each.manifest
        rows.append(
            {
                "night": night,
                "submission_id": each.id,
                "force": each.force,
                "folder": each.folder,
                "authority": f"{manifest.authority.power}, {manifest.authority.reference}" if manifest else None,
                "purpose": manifest.purpose if manifest else None,
                "exhibits": list(manifest.exhibits) if manifest else [],
                "owner": manifest.owner.name if manifest else None,
                "owner_identifiers": list(manifest.owner.identifiers) if manifest else [],
                "languages": list(manifest.languages) if manifest else [],
                "keyword_lists": list(manifest.keyword_lists) if manifest else [],
                "privileged": manifest.privileged if manifest else None,
                "manifest_hash": each.manifest_hash,
                "refused": each.refused,
                "detail": each.detail,
                "changed_ns": each.changed_ns,
            }
        )
    return ctx.spark.createDataFrame(rows, device.SUBMISSIONS.struct())


def _authorities(arrived: submissions.Arrived) -> str:
    read = [each.manifest for each in arrived.submissions if each.manifest is not None]
    told = {f"{m.authority.power}, {m.authority.reference}: {m.purpose}" for m in read}
    return "; ".join(sorted(told))


def _privileged(arrived: Sequence[submissions.Submitted]) -> dict[str, KeywordList]:
    return {each.id: each.privileged for each in arrived if each.privileged is not None}


def _tell(ctx: RunContext, night: date, arrived: Sequence[submissions.Submitted]) -> None:
    """An alert for what was refused or not read to its end: by submission and count, never by content."""
    told = [f"{each.id} was refused ({each.refused}): {each.detail}" for each in arrived if each.refused]
    told += [
        f"{each.id}: {n} terms of {name} cannot be looked for" for each in arrived for name, n in each.refused_terms
    ]
    partly = ctx.known(night).tonight(device.FILES).where(F.col("reason").isNotNull())
    counted = partly.groupBy("submission_id", "reason").count().orderBy("submission_id", "reason").collect()
    told += [f"{row.submission_id}: {row['count']} files {row.reason}" for row in counted]
    if told:
        alerts.send(ctx.settings, night.isoformat(), "seized devices not wholly read: " + "; ".join(told))


def _tell_of_changes(ctx: RunContext, night: date, touched: Mapping[str, Mapping[str, str | None]]) -> None:
    """An alert for files of a submission that came or changed after it was taken in: by name, since none is read."""
    if changed := ledger.unlike_read(ctx, night, touched):
        said = f"came or changed after their submission was taken in, and are not read: {', '.join(changed)}"
        progress.CURRENT.say(f"         {said}")
        alerts.send(ctx.settings, night.isoformat(), f"files {said}; the force hands them in under another name")


def _lost(ctx: RunContext, night: date) -> list[dict[str, object]]:
    """Files of which not every message is accounted for, counted in the tables themselves."""
    known, file = ctx.known(night), ["submission_id", "file", "member"]
    loaded = known.tonight(device.MESSAGES).groupBy(*file).agg(F.count("*").alias("n_there"))
    refused = known.tonight(device.REFUSALS).groupBy(*file).agg(F.count("*").alias("n_refused"))
    counted = known.tonight(device.FILES).join(loaded, file, how="full").join(refused, file, how="full")
    there, out = F.coalesce("n_there", F.lit(0)), F.coalesce("n_refused", F.lit(0))
    told = F.coalesce("n_messages", F.lit(-1))
    wrong = (there != F.coalesce("n_loaded", F.lit(-1))) | (out != F.coalesce("n_quarantined", F.lit(-1)))
    rows = counted.where(wrong).select("submission_id", F.sha2("file", 256).alias("file"), told.alias("n_messages"))
    return [row.asDict() for row in rows.limit(20).collect()]


@dg.multi_asset(
    name="device_finds",
    specs=[
        *(common.spec(table, SEARCHED) for table in device.FOUND),
        *(common.spec(table, DECIDED) for table in device.DECIDED),
        common.queue_spec(QUEUES, DECIDED),
    ],
)
def device_finds(context: dg.AssetExecutionContext, ctx: common.Ctx) -> Iterator[dg.MaterializeResult]:
    """Find accounts, wallets, identities and key words in the night's messages; refer what was decided, and publish."""
    night = common.night_of(context, ctx)
    tonight = {"night": night.isoformat()}
    is_nothing = not ctx.known(night).has_tonight(device.SUBMISSIONS)
    if not is_nothing:
        with progress.CURRENT.step("search seized devices"):
            messages = ctx.known(night).tonight(device.MESSAGES)
            submitted = _submitted(ctx, night)
            operators = operator_lists.read(ctx.settings.device.lists)
            lists = {each.id: operator_lists.beside(each.lists, operators) for each in submitted}
            listed = _hash_lists(ctx, submitted, operators)
            media = ctx.known(night).tonight(device.MEDIA)
            read = [each.id for each in submitted if not each.refused]
            concurrency.run(
                lambda: ctx.lake.replace(
                    finds.identifiers(messages, ctx.settings.device.banks), device.IDENTIFIERS, tonight
                ),
                lambda: ctx.lake.replace(finds.keyword_hits(messages, lists), device.KEYWORD_HITS, tonight),
                lambda: ctx.lake.replace(_claims(ctx, night), device.CLAIMS, tonight),
                lambda: ctx.lake.replace(known_media.lists(listed, night, read), device.HASH_LISTS, tonight),
                lambda: ctx.lake.replace(known_media.matches(listed, media), device.KNOWN_MEDIA, tonight),
            )
            _tell_lists(ctx, night, operators)
    else:
        progress.CURRENT.skip()
    with progress.CURRENT.step("queues of seized devices"):
        _log_released(ctx, night)
        places = _places(ctx, night)
        n_files = (_refer(ctx, night), _hand_out(ctx, night, places))
        _publish(ctx, night, places)
    if is_nothing:
        yield from (common.nothing(table) for table in device.FOUND)
    else:
        yield from common.results(ctx, device.FOUND, night, {})
    for table, n in zip(device.DECIDED, n_files, strict=True):
        yield common.nothing(table) if n is None else common.result(ctx, table, night, {"files": n})
    yield common.queue_result(ctx, QUEUES, night)


def _claims(ctx: RunContext, night: date) -> DataFrame:
    known = ctx.known(night)
    messages, contacts, media = map(known.tonight, (device.MESSAGES, device.CONTACTS, device.MEDIA))
    owners = pack_tables.owners_of(known.tonight(device.SUBMISSIONS), night)
    return pack_tables.claims_of(messages, contacts, media, owners)


def _hash_lists(
    ctx: RunContext, submitted: Sequence[submissions.Submitted], operators: operator_lists.OperatorLists
) -> DataFrame:
    """What the lists of known pictures hold, a list per task."""
    rows: list[tuple[str | None, str, str]] = [
        (each.id, Path(file.file).name, file.path) for each in submitted for file in each.hash_lists
    ]
    rows += [(None, name, path) for name, path in operators.pictures]
    files = ctx.spark.createDataFrame(rows, known_media.FILES).repartition(max(1, len(rows)))
    return concurrency.materialise_lazily(known_media.told(files))


def _tell_lists(ctx: RunContext, night: date, operators: operator_lists.OperatorLists) -> None:
    """An alert for lists that were not wholly taken: of known pictures, and the operator's own of any kind."""
    partly = ctx.known(night).tonight(device.HASH_LISTS).where("stopped IS NOT NULL OR n_refused > 0")
    told = [
        f"{row.submission_id} {row.list_name}: {row.n_items} items taken, {row.n_refused} refused"
        + (f", {row.stopped}" if row.stopped else "")
        for row in partly.orderBy("submission_id", "list_name").collect()  # a few lists
    ]
    told += operators.problems
    if told:
        alerts.send(ctx.settings, night.isoformat(), "lists not wholly taken: " + "; ".join(told))


def _submitted(ctx: RunContext, night: date) -> Sequence[submissions.Submitted]:
    """The night's submissions, as the step before listed them, or listed again where this step runs alone."""
    if night not in ctx.submissions:
        _arrived(ctx, night)
    listed: Sequence[submissions.Submitted] = ctx.submissions[night]
    return listed


def _log_released(ctx: RunContext, night: date) -> None:
    """An entry for each release of the night that stands, before anything of it is shown."""
    known = ctx.known(night)
    if not known.has_tonight(gold.DECISIONS):
        return
    is_release = (F.col("queue") == privilege.QUEUE) & (F.col("outcome") == "RELEASE")
    tonight = {
        row.item_id: row for row in known.tonight(gold.DECISIONS).where(is_release).orderBy("sequence").collect()
    }
    if not tonight:
        return
    messages = known.until(device.MESSAGES)
    for row in privilege.released_messages(messages, known.until(gold.DECISIONS)).collect():  # a row per term
        if decided := tonight.get(row.item_id):
            operations.privileged_released(
                ctx.audit, night, decided.reviewer, row.item_id, decided.free_text, len(row.ids), row.ids
            )


def _refer(ctx: RunContext, night: date) -> int | None:
    """Write what was decided to be referred, as a table and as files. Returns how many files; None: nothing was."""
    known, table = ctx.known(night), device.FINANCE_REFERRALS
    if not _is_decided(ctx, night, referrals.QUEUE, table):
        return None
    rows = referrals.referrals(
        known.until(gold.DECISIONS), known.until(device.IDENTIFIERS), known.until(device.MESSAGES), night
    )
    ctx.lake.replace(rows, table, {"night": night.isoformat()})
    return len(referral_files.write(ctx.lake.read(table), ctx.settings.exports, night, ctx.audit))


def _is_decided(ctx: RunContext, night: date, queue: str, table: Table) -> bool:
    """Whether a decision of the night refers an item of the queue, or did when the night ran before."""
    known = ctx.known(night)
    if known.has_tonight(table):
        return True
    is_referred = (F.col("queue") == queue) & (F.col("outcome") == referrals.OUTCOME)
    return known.has_tonight(gold.DECISIONS) and not known.tonight(gold.DECISIONS).where(is_referred).isEmpty()


def _places(ctx: RunContext, night: date) -> routing.Table:
    """Postcodes and their forces. A table that cannot be read is told, and packs go to the national queue."""
    path = ctx.settings.postcodes
    if path is None:
        return {}
    try:
        return routing.load(path)
    except (OSError, ValueError) as error:
        alerts.send(ctx.settings, night.isoformat(), f"packs go to the national queue: {error}")
        return {}


def _hand_out(ctx: RunContext, night: date, places: routing.Table) -> int | None:
    """Write the packs that were decided to be handed out. Returns how many files; None: nothing was decided."""
    known, table = ctx.known(night), device.VICTIM_PACKS
    if not _is_decided(ctx, night, pack_queue.QUEUE, table):
        return None
    messages, decisions = known.until(device.MESSAGES), known.until(gold.DECISIONS)
    pictures = pack_tables.known_pictures(
        privilege.readable(messages, decisions), known.until(device.MEDIA), known.until(device.KNOWN_MEDIA)
    )
    rows = pack_queue.packs(decisions, known.until(device.CLAIMS), messages, pictures, night, places=places)
    ctx.lake.replace(rows, table, {"night": night.isoformat()})
    return len(pack_files.write(ctx.lake.read(table), ctx.settings.exports, night, ctx.audit))


def _publish(ctx: RunContext, night: date, places: routing.Table) -> None:
    if not ctx.known(night).has_any(device.SUBMISSIONS):  # nowhere was a device ever submitted
        if common.queue_counts(ctx, QUEUES.queues, night, by="queue"):
            _replace(ctx, night, dict.fromkeys(QUEUES.queues, queue_rows.none(ctx.spark)))
        return
    made: tuple[tuple[str, Callable[..., DataFrame], tuple[Table, ...]], ...] = (
        (device_queue.QUEUE, device_queue.queue_items, (device.KEYWORD_HITS, *DECIDED)),
        (referrals.QUEUE, referrals.queue_items, (device.IDENTIFIERS, *DECIDED)),
        (privilege.QUEUE, privilege_queue.queue_items, DECIDED),
        (pack_queue.QUEUE, partial(pack_queue.queue_items, places=places), (device.CLAIMS, *DECIDED)),
    )
    _replace(ctx, night, {queue: _items(ctx, night, make, read) for queue, make, read in made})


def _items(ctx: RunContext, night: date, make: Callable[..., DataFrame], read: tuple[Table, ...]) -> DataFrame:
    capacity = ctx.settings.capacity()
    return make(*map(ctx.known(night).until, read), capacity, night, made_with=ctx.provenance(read))


def _replace(ctx: RunContext, night: date, queues: Mapping[str, DataFrame]) -> None:
    parts = {queue: {"night": night.isoformat(), "queue": queue} for queue in queues}
    concurrency.run(
        *(partial(ctx.lake.replace, rows, gold.QUEUE_ITEMS, parts[queue]) for queue, rows in queues.items())
    )


ALL = [device_exports, device_finds]
