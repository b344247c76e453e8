"""Candidate groups and deconfliction of a night: the engine's choice, the writes, and who is told."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.runtime.audit import operations
from jobs.runtime.context import RunContext
from pipelines.common import as_of
from pipelines.network import deconfliction, groups
from pipelines.network.edges import graph, links
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds
from schemas import risk, silver


def propose(ctx: RunContext, walk: risk_scores.Walk) -> tuple[int, str]:
    """Write gold.network_groups of the night; how many, and by which engine."""
    known, section = walk.known, ctx.settings.risk.groups
    rules = groups.Rules(**dict(section))
    nodes, pairs = groups.network_of(walk.pair, walk.degrees, rules.max_degree)
    pairs = pairs.localCheckpoint(eager=False)
    n_pairs = pairs.count()
    engine = graph.engine(ctx.spark, rules.engine, n_pairs, rules.largest_on_driver)
    if engine.name == "graphframes":
        nodes, pairs = _on_disk(ctx, nodes, pairs)
    seed = ctx.settings.night_seed(known.night)
    communities = engine.communities(nodes, pairs, seed).localCheckpoint(eager=False)
    named = seeds.named(known.report_people, known.members, known.edges.limit(0), known.entities)
    members = groups.candidates(communities, pairs, known.entities, walk.seeds, named, rules)
    members = members.localCheckpoint(eager=False)
    found: dict[str, list[str]] = {}
    for row in members.select("community_id", "entity_id").collect():  # candidates: some dozens a night
        found.setdefault(row.community_id, []).append(row.entity_id)
    near = pairs if n_pairs <= rules.largest_on_driver else _touching(pairs, members)
    stable = groups.stabilities(near.orderBy("near_id", "far_id").toPandas(), found, rules, seed) if found else {}
    stability = ctx.spark.createDataFrame(sorted(stable.items()), "community_id string, stability double")
    rows = groups.rows(
        members, communities, walk.pair, stability, ocg(ctx, known), known.night, engine.name, rules
    ).localCheckpoint(eager=False)
    ctx.lake.replace(rows, risk.NETWORK_GROUPS, {"night": known.night.isoformat()})
    return len(found), engine.name


def deconflict(ctx: RunContext, walk: risk_scores.Walk) -> dict[str, int]:
    """Write gold.deconfliction of the night; pointers by force that is told. Telling is a disclosure, and logged."""
    known, section = walk.known, ctx.settings.deconfliction
    lake, night = ctx.lake, known.night
    cases = as_of.current(lake.read(silver.INVESTIGATIONS), silver.INVESTIGATIONS.key, night)
    usable = links.usable(known.edges, known.entities, night)
    interested = deconfliction.interests(cases, known.members, usable)
    before = lake.read(risk.DECONFLICTION)
    rows = deconfliction.pointers(interested, before, night, section.contacts, section.restricted)
    rows = rows.localCheckpoint(eager=False)
    lake.replace(rows, risk.DECONFLICTION, {"night": night.isoformat()})
    told = {r.force: r["count"] for r in rows.groupBy("force").count().orderBy("force").collect()}
    if told:
        operations.deconfliction_told(ctx.audit, night, told)
    return told


def ocg(ctx: RunContext, known: risk_scores.Known) -> DataFrame:
    """The imported list as of the night, its people resolved: ocg_ref, entity_id."""
    listed = as_of.current(ctx.lake.read(risk.OCG_MEMBERS), risk.OCG_MEMBERS.key, known.night)
    of_person = known.members.where("kind = 'PERSON'").select(F.col("record_id").alias("person_id"), "entity_id")
    return listed.join(of_person, ["person_id"], how="inner").select("ocg_ref", "entity_id").distinct()


def _on_disk(ctx: RunContext, nodes: DataFrame, pairs: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The graph written to Delta and read back, checkpoints beside it: GraphFrames has given wrong components on inputs
    that are computed again while it iterates."""
    home = ctx.lake.location(risk.NETWORK_GROUPS)
    if not ctx.lake.catalog:  # a cluster's session names its own checkpoint folder
        ctx.spark.sparkContext.setCheckpointDir(f"{home}_graph/checkpoints")
    found = []
    for name, frame in (("nodes", nodes), ("pairs", pairs)):
        writer = frame.write.format("delta").mode("overwrite")
        if ctx.lake.catalog:
            writer.saveAsTable(f"{home}_{name}")
            found.append(ctx.spark.read.table(f"{home}_{name}"))
        else:
            folder = f"{home}_graph/{name}"
            writer.save(folder)
            found.append(ctx.spark.read.format("delta").load(folder))
    return found[0], found[1]


def _touching(pairs: DataFrame, members: DataFrame) -> DataFrame:
    """Pairs with an end in a candidate: on a graph that the driver does not hold, stability is judged on these."""
    ids = members.select(F.col("entity_id"))
    near = pairs.join(ids.withColumnRenamed("entity_id", "near_id"), ["near_id"], how="left_semi")
    far = pairs.join(ids.withColumnRenamed("entity_id", "far_id"), ["far_id"], how="left_semi")
    columns = ["near_id", "far_id", "strength"]
    return near.select(*columns).unionByName(far.select(*columns)).distinct()
