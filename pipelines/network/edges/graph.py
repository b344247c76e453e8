"""Whole-graph algorithms behind one interface: igraph on the driver, GraphFrames where the graph is too large for it.

The only module that knows GraphFrames' `id`, `src`, `dst`, and the only one that imports either library. Both engines
take and give the same frames and pass the same tests. Path search is not here: it is plain joins, in
`pipelines.network.risk.paths`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

DAMPING = 0.85  # of PageRank, as in Brin and Page (1998)
MAX_ITERATIONS = 20  # of the engines that iterate over Spark
ENDS = ["near_id", "far_id"]


class Engine(Protocol):
    """Algorithms over an undirected graph.

    `nodes` has entity_id; `pairs` has near_id, far_id and strength, each pair once, in any direction. Ends that are not
    among the nodes are left out.
    """

    name: str

    def components(self, nodes: DataFrame, pairs: DataFrame) -> DataFrame:
        """entity_id, component_id: the least entity id of the connected component."""

    def page_rank(self, nodes: DataFrame, pairs: DataFrame, start: Sequence[str] = ()) -> DataFrame:
        """entity_id, rank: adds up to one. With `start`, walks begin again there only (personalised)."""

    def communities(self, nodes: DataFrame, pairs: DataFrame, seed: int) -> DataFrame:
        """entity_id, community_id: the least entity id of the community."""

    def triangles(self, nodes: DataFrame, pairs: DataFrame) -> DataFrame:
        """a_id < b_id < c_id: every three entities that are all linked, found as a motif."""


def has_graphframes(spark: SparkSession) -> bool:
    """Whether GraphFrames' jar is on the class path."""
    jvm: Any = getattr(spark, "_jvm", None)
    if jvm is None:
        return False
    try:
        jvm.java.lang.Class.forName(
            "org.graphframes.GraphFrame", False, jvm.java.lang.Thread.currentThread().getContextClassLoader()
        )
    except Exception as error:
        if "ClassNotFoundException" not in str(error):
            raise
        return False
    return True


def engine(spark: SparkSession, setting: str, n_pairs: int, largest: int) -> Engine:
    """The engine that `setting` names: `igraph`, `graphframes`, or `auto`: GraphFrames where the graph has more than
    `largest` pairs and its jar is there.

    Raises:
        ValueError: no such engine, or GraphFrames is asked for and its jar is not there.
    """
    if setting == "igraph" or (setting == "auto" and (n_pairs <= largest or not has_graphframes(spark))):
        return OnDriver()
    if setting not in ("auto", "graphframes"):
        raise ValueError(f"there is no engine {setting!r}: auto, igraph or graphframes")
    if not has_graphframes(spark):
        raise ValueError("the engine graphframes needs its jar on Spark's class path: see jobs/runtime/jars.toml")
    return OnSpark()


class OnDriver:
    """igraph: half a million pairs in a fraction of a second, in the driver's memory."""

    name = "igraph"

    def components(self, nodes: DataFrame, pairs: DataFrame) -> DataFrame:
        names, graph = _local(nodes, pairs)
        return _labelled(nodes.sparkSession, names, graph.connected_components().membership, "component_id")

    def page_rank(self, nodes: DataFrame, pairs: DataFrame, start: Sequence[str] = ()) -> DataFrame:
        names, graph = _local(nodes, pairs)
        if not names:
            return nodes.sparkSession.createDataFrame([], "entity_id string, rank double")
        if start:
            at = [k for k, name in enumerate(names) if name in set(start)]
            ranks = graph.personalized_pagerank(damping=DAMPING, directed=False, reset_vertices=at)
        else:
            ranks = graph.pagerank(damping=DAMPING, directed=False)
        ranked = pd.DataFrame({"entity_id": names, "rank": ranks})
        return nodes.sparkSession.createDataFrame(ranked, "entity_id string, rank double")

    def communities(self, nodes: DataFrame, pairs: DataFrame, seed: int) -> DataFrame:
        """By Leiden (Traag, Waltman, van Eck 2019) on modularity, weighted by strength."""
        names, graph = _local(nodes, pairs)
        membership = leiden(graph, seed) if names else []
        return _labelled(nodes.sparkSession, names, membership, "community_id")

    def triangles(self, nodes: DataFrame, pairs: DataFrame) -> DataFrame:
        names, graph = _local(nodes, pairs)
        corners = [tuple(sorted(names[k] for k in three)) for three in graph.cliques(min=3, max=3)]
        return nodes.sparkSession.createDataFrame(corners, "a_id string, b_id string, c_id string")


class OnSpark:
    """GraphFrames. The graph must be read from a table: recomputed inputs have given wrong components."""

    name = "graphframes"

    def components(self, nodes: DataFrame, pairs: DataFrame) -> DataFrame:
        connected = _frame(nodes, pairs).connectedComponents()
        return _least(
            connected.select(F.col("id").alias("entity_id"), F.col("component").alias("_label")), "component_id"
        )

    def page_rank(self, nodes: DataFrame, pairs: DataFrame, start: Sequence[str] = ()) -> DataFrame:
        graph = _frame(nodes, pairs, both_ways=True)
        if start:
            ranked = graph.parallelPersonalizedPageRank(
                resetProbability=1 - DAMPING, sourceIds=list(start), maxIter=MAX_ITERATIONS
            )
            from pyspark.ml.functions import vector_to_array

            value = F.aggregate(vector_to_array(F.col("pageranks")), F.lit(0.0), lambda a, x: a + x)
            ranks = ranked.vertices.select(F.col("id").alias("entity_id"), value.alias("_rank"))
        else:
            ranked = graph.pageRank(resetProbability=1 - DAMPING, maxIter=MAX_ITERATIONS)
            ranks = ranked.vertices.select(F.col("id").alias("entity_id"), F.col("pagerank").alias("_rank"))
        total = ranks.agg(F.sum("_rank").alias("_total"))
        return ranks.crossJoin(total).select("entity_id", (F.col("_rank") / F.col("_total")).alias("rank"))

    def communities(self, nodes: DataFrame, pairs: DataFrame, seed: int) -> DataFrame:
        """By label propagation (Raghavan, Albert, Kumara 2007); the seed is not used."""
        labelled = _frame(nodes, pairs, both_ways=True).labelPropagation(maxIter=MAX_ITERATIONS)
        return _least(labelled.select(F.col("id").alias("entity_id"), F.col("label").alias("_label")), "community_id")

    def triangles(self, nodes: DataFrame, pairs: DataFrame) -> DataFrame:
        motifs = _frame(nodes, pairs, both_ways=True).find("(a)-[]->(b); (b)-[]->(c); (c)-[]->(a)")
        in_order = (F.col("a.id") < F.col("b.id")) & (F.col("b.id") < F.col("c.id"))
        return motifs.where(in_order).select(
            F.col("a.id").alias("a_id"), F.col("b.id").alias("b_id"), F.col("c.id").alias("c_id")
        )


def _local(nodes: DataFrame, pairs: DataFrame) -> tuple[list[str], Any]:
    """Names in order, and the igraph of their links. In the driver's memory: `engine` keeps to what fits."""
    import igraph  # a tenth of a second that other pipelines need not spend

    names = sorted(nodes.select("entity_id").distinct().toPandas()["entity_id"].tolist())
    at = {name: k for k, name in enumerate(names)}
    rows = pairs.select(*ENDS, "strength").toPandas().sort_values(ENDS)
    known = rows[rows["near_id"].isin(at) & rows["far_id"].isin(at)]
    ends = list(zip(known["near_id"].map(at), known["far_id"].map(at), strict=True))
    graph = igraph.Graph(len(names), ends)
    graph.es["weight"] = known["strength"].tolist()
    return names, graph


def local_graph(names: Sequence[str], ends: Sequence[tuple[str, str]], weights: Sequence[float]) -> Any:
    """An igraph of few enough pairs, from names in order."""
    import igraph

    at = {name: k for k, name in enumerate(names)}
    graph = igraph.Graph(len(names), [(at[a], at[b]) for a, b in ends])
    graph.es["weight"] = list(weights)
    return graph


def leiden(graph: Any, seed: int) -> list[int]:
    """Community of each node. The same seed gives the same communities."""
    import igraph

    igraph.set_random_number_generator(random.Random(seed))
    partition = graph.community_leiden(objective_function="modularity", weights="weight", n_iterations=5)
    membership: list[int] = partition.membership
    return membership


def _labelled(spark: SparkSession, names: Sequence[str], membership: Sequence[int], column: str) -> DataFrame:
    """The least name of each part as its label. `names` are in order."""
    first: dict[int, str] = {}
    for name, part in zip(names, membership, strict=True):
        first.setdefault(part, name)
    rows = pd.DataFrame({"entity_id": list(names), column: [first[part] for part in membership]}, dtype="str")
    return spark.createDataFrame(rows, f"entity_id string, {column} string")


def _least(labelled: DataFrame, column: str) -> DataFrame:
    least = labelled.groupBy("_label").agg(F.min("entity_id").alias(column))
    return labelled.join(least, ["_label"], how="inner").select("entity_id", column)


def _frame(nodes: DataFrame, pairs: DataFrame, *, both_ways: bool = False) -> Any:
    from graphframes import GraphFrame

    edges = pairs.select(F.col("near_id").alias("src"), F.col("far_id").alias("dst"))
    if both_ways:
        edges = edges.unionByName(edges.select(F.col("dst").alias("src"), F.col("src").alias("dst")))
    vertices = nodes.select(F.col("entity_id").alias("id")).distinct()
    for end in ("src", "dst"):
        edges = edges.join(vertices.withColumnRenamed("id", end), [end], how="left_semi")
    return GraphFrame(vertices, edges.select("src", "dst"))
