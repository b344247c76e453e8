"""Candidate groups of one night: communities of the network that risk was walked on, by whichever engine fits it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.common import concurrency
from pipelines.network import groups
from pipelines.network.edges import graph
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds

Graph = tuple[DataFrame, DataFrame]  # nodes, pairs


@dataclass(frozen=True)
class Proposed:
    """Rows of gold.network_groups, computed; how many groups they are, and by which engine."""

    rows: DataFrame
    n_groups: int
    engine: str


def propose(
    walk: risk_scores.Walk, ocg: DataFrame, rules: groups.Rules, seed: int, on_disk: Callable[[Graph], Graph]
) -> Proposed:
    """Propose groups, each with how stable it is.

    Args:
        ocg: result of `ocg_members`.
        seed: of the night.
        on_disk: writes the graph and reads it back, where the engine iterates over its inputs.
    """
    known = walk.known
    nodes, pairs = groups.network_of(walk.pair, walk.degrees, rules.max_degree)
    pairs = concurrency.materialise_lazily(pairs)
    n_pairs = pairs.count()
    engine = graph.engine(pairs.sparkSession, rules.engine, n_pairs, rules.largest_on_driver)
    if engine.name == "graphframes":
        nodes, pairs = on_disk((nodes, pairs))
    communities = concurrency.materialise_lazily(engine.communities(nodes, pairs, seed))
    named = seeds.named(known.report_people, known.members, known.edges.limit(0), known.entities)
    members = groups.candidates(communities, pairs, known.entities, walk.seeds, named, rules)
    members = concurrency.materialise_lazily(members)
    members_by_community: dict[str, list[str]] = {}
    for row in members.select("community_id", "entity_id").collect():  # candidates: some dozens a night
        members_by_community.setdefault(row.community_id, []).append(row.entity_id)
    near = pairs if n_pairs <= rules.largest_on_driver else _touching(pairs, members)
    stable: dict[str, float] = {}
    if members_by_community:
        in_order = near.orderBy("near_id", "far_id").toPandas()
        stable = groups.stabilities(in_order, members_by_community, rules, seed)
    stability = pairs.sparkSession.createDataFrame(sorted(stable.items()), "community_id string, stability double")
    rows = groups.rows(members, communities, walk.pair, stability, ocg, known.night, engine.name, rules)
    return Proposed(concurrency.materialise_lazily(rows), len(members_by_community), engine.name)


def ocg_members(listed: DataFrame, members: DataFrame) -> DataFrame:
    """The imported list of organised crime groups, its people resolved: ocg_ref, entity_id; one row each.

    Args:
        listed: silver.ocg_members as of the night.
        members: gold.entity_members of the night.
    """
    of_person = members.where("kind = 'PERSON'").select(F.col("record_id").alias("person_id"), "entity_id")
    return listed.join(of_person, ["person_id"], how="inner").select("ocg_ref", "entity_id").distinct()


def _touching(pairs: DataFrame, members: DataFrame) -> DataFrame:
    """Pairs with an end in a candidate: on a graph that the driver does not hold, stability is judged on these."""
    ids = members.select(F.col("entity_id"))
    near = pairs.join(ids.withColumnRenamed("entity_id", "near_id"), ["near_id"], how="left_semi")
    far = pairs.join(ids.withColumnRenamed("entity_id", "far_id"), ["far_id"], how="left_semi")
    columns = ["near_id", "far_id", "strength"]
    return near.select(*columns).unionByName(far.select(*columns)).distinct()
