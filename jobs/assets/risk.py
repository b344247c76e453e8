"""Risk over the network: seeds, scored subjects, three queues, candidate groups and pointers, in five writes."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import network_groups, network_rules, progress
from jobs.assets import common
from jobs.workplace import Workplace
from pipelines import asof, links, network_queue, network_risk, together
from schemas import gold, network, risk, silver

READ = (
    network.ENTITIES, network.ENTITY_MEMBERS, network.EDGES, silver.REPORTS, silver.REPORT_PEOPLE,
    silver.MISSING_EPISODES, silver.INVESTIGATIONS, gold.DECISIONS,
)  # fmt: skip
QUEUES = dg.AssetKey(["gold", "network_queues"])  # rows of gold.queue_items: the table's own asset is `reclassify`'s


def walked(place: Workplace, night: date) -> Iterator[dg.MaterializeResult]:
    """Walk the network once: score, publish the queues, propose groups, tell operations of each other."""
    known = as_known(place, night)
    with progress.CURRENT.step("risk over the network"):
        walk = network_risk.walk(known, network_rules.rules(place.settings))
        rows, unused = together.at_once(
            lambda: _scored(place, walk), links.refused(known.edges, known.entities, night).collect
        )
        refused = {r.refusal: r.n for r in unused}
    yield common.result(place, risk.RISK_SEEDS, {"refused edges": dg.MetadataValue.json(refused)})
    yield common.result(place, risk.NETWORK_RISK)
    with progress.CURRENT.step("publish the queues of the network"):
        counts = _queued(place, walk, rows)
    yield dg.MaterializeResult(
        asset_key=QUEUES,
        metadata={"rows": sum(counts.values()), "by queue": common.bars(counts or {"none": 0}, "rows per queue")},
    )
    with progress.CURRENT.step("candidate groups, and operations that meet"):
        (n_groups, engine), told = together.at_once(
            lambda: network_groups.propose(place, walk), lambda: network_groups.deconflict(place, walk)
        )
    yield common.result(place, risk.NETWORK_GROUPS, {"groups": n_groups, "engine": engine})
    yield common.result(place, risk.DECONFLICTION, {"told": sum(told.values())})


def _scored(place: Workplace, walk: network_risk.Walk) -> DataFrame:
    """Seeds and scores, written; returns the rows of gold.network_risk, persisted."""
    lake, night = place.lake, walk.known.night
    before = network_risk.newest_before(lake.read(risk.NETWORK_RISK), night).localCheckpoint(eager=False)
    rows = network_risk.rows(walk, before, _otherwise(place, walk, before)).localCheckpoint(eager=False)
    together.at_once(
        lambda: lake.replace(walk.seeds, risk.RISK_SEEDS, {"night": night.isoformat()}),
        lambda: lake.replace(rows, risk.NETWORK_RISK, {"night": night.isoformat()}),
    )
    place.audit.append(
        "combination", "nightjar", f"gold.network_risk {night}: intelligence reports with communications data",
        counts={"subjects": rows.count(), "seeds": walk.seeds.count()},
    )  # fmt: skip
    return rows


def _queued(place: Workplace, walk: network_risk.Walk, rows: DataFrame) -> dict[str, int]:
    """Rows of the three queues, in one commit; how many each."""
    known = walk.known
    shown = network_queue.chosen(rows, known.decisions, network_rules.capacity(place.settings))
    shown = links.settled(network_risk.left_out(walk, links.settled(shown)))
    items = network_queue.queue_items(
        shown,
        known.reports,
        known.night,
        place.provenance((*READ, risk.RISK_SEEDS, risk.NETWORK_RISK)),
    ).localCheckpoint(eager=False)
    place.lake.replace(items, gold.QUEUE_ITEMS, {"night": known.night.isoformat(), "queue": risk.QUEUES})
    return {r.queue: r["count"] for r in items.groupBy("queue").count().orderBy("queue").collect()}


def as_known(place: Workplace, night: date) -> network_risk.Known:
    """Everything the risk reads, as known on `night`."""
    lake, of_night = place.lake, F.col("night") == F.lit(night)
    scores = lake.read(gold.REPORT_SCORES).where(of_night)
    use_scores = place.settings["risk"]["seeds"]["use_unreviewed_scores"]
    return network_risk.Known(
        night=night,
        **{
            name: lake.read(table).where(of_night)
            for name, table in (
                ("entities", network.ENTITIES), ("members", network.ENTITY_MEMBERS), ("edges", network.EDGES),
            )
        },
        **{
            name: asof.current(lake.read(table), table.key, night)
            for name, table in (
                ("reports", silver.REPORTS), ("report_people", silver.REPORT_PEOPLE),
                ("episodes", silver.MISSING_EPISODES),
            )
        },
        decisions=lake.read(gold.DECISIONS).where(F.col("night") <= F.lit(night)),
        scores=scores if use_scores else None,
    )  # fmt: skip


def _otherwise(place: Workplace, walk: network_risk.Walk, before: DataFrame) -> network_risk.Without:
    """Walks the network again only where it could have been otherwise: decisions came in, or settings changed."""
    known, rules = walk.known, walk.rules
    last = before.select("night", "configuration").limit(1).collect()
    if not last:
        return network_risk.Without(None, None)
    is_decided = not known.decisions.where(F.col("night") == F.lit(known.night)).isEmpty()
    is_other = last[0].configuration != rules.configuration
    return network_risk.Without(
        decisions=network_risk.counterfactual(network_risk.undecided(known), rules) if is_decided else None,
        data=network_risk.counterfactual(as_known(place, last[0].night), rules) if is_other else None,
    )


PIECE = common.Piece(
    (
        *(common.spec(table, READ) for table in risk.TABLES),
        dg.AssetSpec(
            QUEUES,
            deps=[common.key(table) for table in (*READ, gold.QUEUE_ITEMS)],
            description="The queues children, people and locations, as rows of gold.queue_items.",
            group_name="gold",
            partitions_def=common.NIGHTS,
            kinds={"delta", "spark"},
        ),
    ),
    walked,
)
