"""Candidate groups and deconfliction of a night: the engine's choice, the writes, and who is told."""

from __future__ import annotations

from pyspark.sql import DataFrame

from jobs.runtime import spark as spark_job
from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import concurrency
from pipelines.network import deconfliction, group_proposals, groups
from pipelines.network.edges import links
from pipelines.network.risk import scores as risk_scores
from schemas import risk, silver


def propose(ctx: RunContext, walk: risk_scores.Walk) -> tuple[int, str]:
    """Write gold.network_groups of the night; how many, and by which engine."""
    known, rules = walk.known, groups.Rules(**dict(ctx.settings.risk.groups))
    listed = ctx.known(known.night).table(risk.OCG_MEMBERS)
    ocg = group_proposals.ocg_members(listed, known.members)
    proposed = group_proposals.propose(
        walk, ocg, rules, ctx.settings.night_seed(known.night), lambda graph: _on_disk(ctx, *graph)
    )
    ctx.lake.replace(proposed.rows, risk.NETWORK_GROUPS, {"night": known.night.isoformat()})
    return proposed.n_groups, proposed.engine


def deconflict(ctx: RunContext, walk: risk_scores.Walk) -> dict[str, int]:
    """Write gold.deconfliction of the night; pointers by force that is told. Telling is a disclosure, and logged."""
    known, section = walk.known, ctx.settings.deconfliction
    lake, night = ctx.lake, known.night
    cases = ctx.known(night).table(silver.INVESTIGATIONS)
    usable = links.usable(known.edges, known.entities, night)
    interested = deconfliction.interests(cases, known.members, usable)
    before = lake.read(risk.DECONFLICTION)
    rows = deconfliction.pointers(interested, before, night, section.contacts, section.restricted)
    rows = concurrency.materialise_lazily(rows)
    lake.replace(rows, risk.DECONFLICTION, {"night": night.isoformat()})
    told = {r.force: r["count"] for r in rows.groupBy("force").count().orderBy("force").collect()}
    if told:
        operations.deconfliction_told(ctx.audit, night, told)
    return told


def _on_disk(ctx: RunContext, nodes: DataFrame, pairs: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The graph written to Delta and read back, checkpoints beside it: GraphFrames has given wrong components on inputs
    that are computed again while it iterates."""
    home = ctx.lake.location(risk.NETWORK_GROUPS)
    if not ctx.lake.catalog:  # a cluster's session names its own checkpoint folder
        spark_job.checkpoint_in(ctx.spark, f"{home}_graph/checkpoints")
    written = []
    for name, frame in (("nodes", nodes), ("pairs", pairs)):
        writer = frame.write.format("delta").mode("overwrite")
        if ctx.lake.catalog:
            writer.saveAsTable(f"{home}_{name}")
            written.append(ctx.spark.read.table(f"{home}_{name}"))
        else:
            folder = f"{home}_graph/{name}"
            writer.save(folder)
            written.append(ctx.spark.read.format("delta").load(folder))
    return written[0], written[1]
