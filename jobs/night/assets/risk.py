"""Risk over the network: seeds, scored subjects, three queues, candidate groups and pointers, in five writes."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
from pyspark.sql import DataFrame

from jobs.night.assets import common, groups
from jobs.runtime import progress, risk_rules
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.network import queue as network_queue
from pipelines.network.edges import links
from pipelines.network.risk import scores as risk_scores
from schemas import gold, network, risk, silver

READ = (
    network.ENTITIES, network.ENTITY_MEMBERS, network.EDGES, silver.REPORTS, silver.REPORT_PEOPLE,
    silver.MISSING_EPISODES, silver.INVESTIGATIONS, gold.DECISIONS,
)  # fmt: skip
QUEUES = common.QueuePart("network_queues", risk.QUEUES, "The queues children, people and locations")


def network_risk(ctx: RunContext, night: date) -> Iterator[dg.MaterializeResult]:
    """Walk the network once: score, publish the queues, propose groups, tell operations of each other."""
    known = ctx.known(night).risk()
    with progress.CURRENT.step("score network risk"):
        walk = risk_scores.walk(known, risk_rules.rules(ctx.settings))
        rows, unused = concurrency.run(
            lambda: _scored(ctx, walk), links.refused(known.edges, known.entities, night).collect
        )
        refused = {r.refusal: r.n for r in unused}
    said = {risk.RISK_SEEDS.path: {"refused edges": dg.MetadataValue.json(refused)}}
    yield from common.results(ctx, (risk.RISK_SEEDS, risk.NETWORK_RISK), night, said)
    with progress.CURRENT.step("publish network queues"):
        _publish(ctx, walk, rows)
    yield common.queue_result(ctx, QUEUES, night)
    with progress.CURRENT.step("candidate groups and deconfliction"):
        (n_groups, engine), told = concurrency.run(
            lambda: groups.propose(ctx, walk), lambda: groups.deconflict(ctx, walk)
        )
    said = {
        risk.NETWORK_GROUPS.path: {"groups": n_groups, "engine": engine},
        risk.DECONFLICTION.path: {"told": sum(told.values())},
    }
    yield from common.results(ctx, (risk.NETWORK_GROUPS, risk.DECONFLICTION), night, said)


def _scored(ctx: RunContext, walk: risk_scores.Walk) -> DataFrame:
    """Seeds and scores, written; returns the rows of gold.network_risk, persisted."""
    lake, night = ctx.lake, walk.known.night
    before = concurrency.materialise_lazily(risk_scores.newest_before(lake.read(risk.NETWORK_RISK), night))
    rows = concurrency.materialise_lazily(risk_scores.rows(walk, before, _otherwise(ctx, walk, before)))
    concurrency.run(
        lambda: lake.replace(walk.seeds, risk.RISK_SEEDS, {"night": night.isoformat()}),
        lambda: lake.replace(rows, risk.NETWORK_RISK, {"night": night.isoformat()}),
    )
    n_rows = lake.n_rows((risk.NETWORK_RISK, risk.RISK_SEEDS), night)
    counts = {"subjects": n_rows[risk.NETWORK_RISK.path], "seeds": n_rows[risk.RISK_SEEDS.path]}
    operations.network_scored(ctx.audit, night, counts)
    return rows


def _publish(ctx: RunContext, walk: risk_scores.Walk, rows: DataFrame) -> None:
    """Rows of the three queues, in one commit."""
    known = walk.known
    section = ctx.settings.risk
    shown = network_queue.chosen(
        rows,
        known.decisions,
        risk_rules.capacity(ctx.settings),
        direct_share=section.direct_share,
        unknown_age=section.unknown_age,
    )
    shown = concurrency.materialise_lazily(risk_scores.left_out(walk, concurrency.materialise_lazily(shown)))
    items = network_queue.queue_items(
        shown,
        known.reports,
        known.night,
        ctx.provenance((*READ, risk.RISK_SEEDS, risk.NETWORK_RISK)),
    )
    ctx.lake.replace(items, gold.QUEUE_ITEMS, {"night": known.night.isoformat(), "queue": risk.QUEUES})


def _otherwise(ctx: RunContext, walk: risk_scores.Walk, before: DataFrame) -> risk_scores.Without:
    """Walks the network again only where it could have been otherwise: decisions came in, or settings changed."""
    known, rules = walk.known, walk.rules
    last = before.select("night", "configuration").limit(1).collect()
    if not last:
        return risk_scores.Without(None, None)
    is_decided = ctx.known(known.night).has_tonight(gold.DECISIONS)
    is_other = last[0].configuration != rules.configuration
    return risk_scores.Without(
        decisions=risk_scores.counterfactual(risk_scores.undecided(known), rules) if is_decided else None,
        data=risk_scores.counterfactual(ctx.known(last[0].night).risk(), rules) if is_other else None,
    )


PIECE = common.Piece(
    (
        *(common.spec(table, READ) for table in risk.TABLES),
        common.queue_spec(QUEUES, READ),
    ),
    network_risk,
)
