"""Candidate groups: communities of the network with people named as suspects. Proposed to analysts, never published.

Communities come from the engine; one is kept only where adults named as suspects in CSAE reports are in it.
Children linked to it are set apart: a child in a community is somebody to protect, whatever role a report gave.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipelines.network.edges import graph, links
from schemas import risk

MOST_EVIDENCE = 50


@dataclass(frozen=True)
class Rules:
    """From the settings' section `risk.groups`."""

    min_adults: int
    min_suspects: int  # adults named as suspects in CSAE reports
    max_degree: int  # beyond it an entity is a hub and joins nobody
    removed_share: float  # of the links, taken away to see whether the group stays
    n_removals: int
    stable_from: float
    largest_on_driver: int  # pairs
    engine: str


def network_of(pair: DataFrame, degrees: DataFrame, max_degree: int) -> tuple[DataFrame, DataFrame]:
    """Nodes (entity_id) and pairs (near_id, far_id, strength) without hubs, each pair once."""
    hubs = degrees.where(F.col("degree") > max_degree).select("entity_id")
    kept = pair
    for end in ("near_id", "far_id"):
        kept = kept.join(hubs.withColumnRenamed("entity_id", end), [end], how="left_anti")
    joined = kept.groupBy("near_id", "far_id").agg(links.either(F.col("strength")).alias("strength"))
    ends = joined.select(F.explode(F.array("near_id", "far_id")).alias("entity_id")).distinct()
    return ends, joined


def candidates(
    communities: DataFrame, pairs: DataFrame, entities: DataFrame, seeds: DataFrame, named: DataFrame, rules: Rules
) -> DataFrame:
    """Communities that are candidates, one row per member, adults and children alike.

    Args:
        communities: entity_id, community_id, from an engine.
        pairs: pairs that the communities were found on.
        seeds: gold.risk_seeds of the night.
        named: report_id, entity_id, role: roles people have in any report.

    Returns:
        community_id, entity_id, label, forces, is_child, role (the gravest one), degree_inside, is_seed.
    """
    people = entities.where("kind = 'PERSON'").select("entity_id", "label", "forces", "is_child")
    seed = seeds.select("entity_id", F.lit(True).alias("is_seed"), "is_suspect")
    inside = _inside(communities, pairs)
    own = inside.select(F.explode(F.array("near_id", "far_id")).alias("entity_id"))
    own = own.groupBy("entity_id").agg(F.count("*").cast("int").alias("degree_inside"))
    gravest = F.min(F.when(F.col("role") == "SUSPECT", 0).when(F.col("role") == "VICTIM", 1)
                    .when(F.col("role") == "WITNESS", 2).otherwise(3))  # fmt: skip
    role = named.groupBy("entity_id").agg(
        F.element_at(F.array(*map(F.lit, ("SUSPECT", "VICTIM", "WITNESS", "OTHER"))), gravest + 1).alias("role")
    )
    member = communities.join(people, ["entity_id"], how="inner")
    for more in (seed, own, role):
        member = member.join(more, ["entity_id"], how="left")
    member = member.select(
        "community_id", "entity_id", F.coalesce("label", "entity_id").alias("label"), "forces", "is_child",
        F.coalesce("role", F.lit("NONE")).alias("role"), F.coalesce("degree_inside", F.lit(0)).alias("degree_inside"),
        F.coalesce("is_seed", F.lit(False)).alias("is_seed"), F.coalesce("is_suspect", F.lit(False)).alias("_suspect"),
    )  # fmt: skip
    enough = member.where(~F.col("is_child")).groupBy("community_id").agg(
        F.count("*").alias("_adults"), F.count_if("_suspect").alias("_suspects")
    )  # fmt: skip
    enough = enough.where((F.col("_adults") >= rules.min_adults) & (F.col("_suspects") >= rules.min_suspects))
    return member.join(enough.select("community_id"), ["community_id"], how="left_semi").drop("_suspect")


def _inside(communities: DataFrame, pairs: DataFrame) -> DataFrame:
    """Pairs with both ends in one community: near_id, far_id, community_id."""
    one = communities.select(F.col("entity_id").alias("near_id"), "community_id")
    other = communities.select(F.col("entity_id").alias("far_id"), "community_id")
    return pairs.join(one, ["near_id"], how="inner").join(other, ["far_id", "community_id"], how="inner")


def stabilities(pairs: pd.DataFrame, groups: Mapping[str, Sequence[str]], rules: Rules, seed: int) -> dict[str, float]:
    """How well each group survives the loss of a share of the links: mean of the best overlap (Jaccard) over removals.

    After Hennig (2007), "Cluster-wise assessment of cluster stability": under 0.6 a cluster is not to be trusted, from
    0.75 it is a pattern in the data. `pairs` are those of the graph, near_id, far_id, strength, in order.
    """
    if not groups:
        return {}
    ends = list(zip(pairs["near_id"], pairs["far_id"], strict=True))
    strengths = pairs["strength"].tolist()
    names = sorted({name for pair in ends for name in pair})
    members = {group: set(names) for group, names in groups.items()}
    total = dict.fromkeys(groups, 0.0)
    draw = random.Random(seed)
    for _ in range(rules.n_removals):
        kept = [k for k in range(len(ends)) if draw.random() >= rules.removed_share]
        local = graph.local_graph(names, [ends[k] for k in kept], [strengths[k] for k in kept])
        communities: dict[int, set[str]] = {}
        for name, part in zip(names, graph.leiden(local, draw.randrange(2**31)), strict=True):
            communities.setdefault(part, set()).add(name)
        community_of = {name: part for part, inside in communities.items() for name in inside}
        for group, mine in members.items():
            touched = {community_of[name] for name in mine if name in community_of}
            total[group] += max((_jaccard(mine, communities[part]) for part in touched), default=0.0)
    return {group: round(value / rules.n_removals, 6) for group, value in total.items()}


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def rows(
    members: DataFrame, communities: DataFrame, pair: DataFrame, stability: DataFrame, ocg: DataFrame, night: date,
    engine: str, rules: Rules,
) -> DataFrame:  # fmt: skip
    """Rows of gold.NETWORK_GROUPS.

    Args:
        members: result of `candidates`.
        pair: result of `links.pairs`, for the evidence.
        stability: community_id, stability.
        ocg: ocg_ref, entity_id: the imported list, resolved to entities.
    """
    ours = members.select("entity_id", "community_id")
    inside = _inside(ours, pair)
    cited = inside.groupBy("community_id").agg(
        F.count_distinct("near_id", "far_id").cast("int").alias("n_links"),
        F.slice(
            F.sort_array(F.array_distinct(F.flatten(F.collect_list(
                F.transform("evidence", lambda e: F.concat_ws("|", e["table"], e["id"])))))), 1, MOST_EVIDENCE
        ).alias("evidence_ids"),
    )  # fmt: skip
    member = F.struct("entity_id", "label", "role", "forces", "degree_inside", "is_seed")
    adults = F.sort_array(F.collect_list(F.when(~F.col("is_child"), member)))
    children = F.sort_array(F.collect_list(F.when(F.col("is_child"), F.col("entity_id"))))
    grouped = members.groupBy("community_id").agg(
        adults.alias("members"),
        children.alias("children"),
        F.array_sort(F.array_distinct(F.flatten(F.collect_list("forces")))).alias("forces"),
    )
    ids = F.array_join(F.transform("members", lambda m: m["entity_id"]), "|")
    joined = grouped.join(cited, ["community_id"], how="left").join(stability, ["community_id"], how="left")
    joined = joined.join(_overlap(ours, ocg), ["community_id"], how="left")
    value = F.coalesce("stability", F.lit(0.0))
    return risk.NETWORK_GROUPS.conform(
        joined.select(
            F.lit(night).alias("night"),
            F.substring(F.sha2(ids, 256), 1, 16).alias("group_id"),
            "forces",
            "members",
            "children",
            F.coalesce("n_links", F.lit(0)).alias("n_links"),
            F.coalesce("evidence_ids", F.array().cast("array<string>")).alias("evidence_ids"),
            value.alias("stability"),
            (value >= rules.stable_from).alias("is_stable"),
            "ocg_ref",
            F.coalesce("ocg_overlap", F.lit(0.0)).alias("ocg_overlap"),
            F.lit(engine).alias("engine"),
        )
    )


def _overlap(ours: DataFrame, ocg: DataFrame) -> DataFrame:
    """The imported group that a community holds most of: community_id, ocg_ref, ocg_overlap."""
    sizes = ocg.groupBy("ocg_ref").agg(F.count_distinct("entity_id").alias("_size"))
    pairs = ours.join(ocg, ["entity_id"], how="inner").groupBy("community_id", "ocg_ref")
    shared = pairs.agg(F.count_distinct("entity_id").alias("_n")).join(sizes, ["ocg_ref"], how="inner")
    most = F.max(F.struct(F.round(F.col("_n") / F.col("_size"), 6).alias("share"), "ocg_ref")).alias("_")
    return shared.groupBy("community_id").agg(most).select(
        "community_id", F.col("_.ocg_ref").alias("ocg_ref"), F.col("_.share").alias("ocg_overlap")
    )  # fmt: skip
