"""Both engines pass the same tests, against union-find and networkx on random graphs."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from pyspark.sql import DataFrame, SparkSession

from pipelines.network.edges import graph

pytestmark = pytest.mark.spark


@pytest.fixture(params=["igraph", "graphframes"])
def engine(request: pytest.FixtureRequest, spark: SparkSession, tmp_path) -> graph.Engine:
    if request.param == "graphframes":
        if not graph.has_graphframes(spark):
            pytest.skip("GraphFrames' jar is not on the class path (jobs/runtime/jars.toml: optional)")
        spark.sparkContext.setCheckpointDir(str(tmp_path / "checkpoints"))
    return graph.engine(spark, request.param, 0, 0)


def random_graph(seed: int, n: int = 40, m: int = 36) -> nx.Graph:
    """Several components, some of one node."""
    draw = random.Random(seed)
    made = nx.Graph()
    made.add_nodes_from(f"n{k:02d}" for k in range(n))
    while made.number_of_edges() < m:
        one, other = draw.sample(sorted(made), 2)
        made.add_edge(one, other, weight=draw.choice([0.2, 0.5, 1.0]))
    return made


def frames(spark: SparkSession, made: nx.Graph, folder) -> tuple[DataFrame, DataFrame]:
    """Nodes and pairs, written to Delta and read back, and a dangling pair that engines must leave out."""
    nodes = spark.createDataFrame([(name,) for name in sorted(made)], "entity_id string")
    rows = [(a, b, w) for a, b, w in made.edges(data="weight")] + [("n00", "nobody", 0.5)]
    pairs = spark.createDataFrame(rows, "near_id string, far_id string, strength double")
    found = []
    for name, frame in (("nodes", nodes), ("pairs", pairs)):
        frame.coalesce(1).write.format("delta").mode("overwrite").save(str(folder / name))
        found.append(spark.read.format("delta").load(str(folder / name)))
    return found[0], found[1]


def union_find(made: nx.Graph) -> dict[str, str]:
    """Each node's component, named by its least node."""
    parent = {name: name for name in made}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for one, other in made.edges:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {name: root(name) for name in made}


def test_components_page_rank_and_triangles(engine: graph.Engine, spark: SparkSession, tmp_path):
    made = random_graph(7)
    nodes, pairs = frames(spark, made, tmp_path)
    found = {r.entity_id: r.component_id for r in engine.components(nodes, pairs).collect()}
    assert found == union_find(made)
    assert len(set(found.values())) == nx.number_connected_components(made) > 1
    ranks = {r.entity_id: r["rank"] for r in engine.page_rank(nodes, pairs).collect()}
    expected = nx.pagerank(made, weight=None, tol=1e-12, max_iter=1000)
    assert ranks == {name: pytest.approx(rank, abs=2e-3) for name, rank in expected.items()}
    start = ["n00", "n05"]
    mine = {r.entity_id: r["rank"] for r in engine.page_rank(nodes, pairs, start).collect()}
    personal = nx.pagerank(made, personalization=dict.fromkeys(start, 0.5), weight=None, tol=1e-12, max_iter=1000)
    assert mine == {name: pytest.approx(rank, abs=2e-2) for name, rank in personal.items()}
    triangles = {tuple(r) for r in engine.triangles(nodes, pairs).collect()}
    assert triangles == {tuple(sorted(c)) for c in nx.enumerate_all_cliques(made) if len(c) == 3}


def test_communities_of_two_cliques_with_one_bridge(engine: graph.Engine, spark: SparkSession, tmp_path):
    made = nx.barbell_graph(6, 0)
    made = nx.relabel_nodes(made, {k: f"n{k:02d}" for k in made})
    nx.set_edge_attributes(made, 1.0, "weight")
    nodes, pairs = frames(spark, made, tmp_path)
    found = {r.entity_id: r.community_id for r in engine.communities(nodes, pairs, 1).collect()}
    assert {name: found[name] for name in sorted(found)[:6]} == dict.fromkeys(sorted(found)[:6], "n00")
    assert {name: found[name] for name in sorted(found)[6:]} == dict.fromkeys(sorted(found)[6:], "n06")
    assert found == {r.entity_id: r.community_id for r in engine.communities(nodes, pairs, 1).collect()}


def test_the_engine_is_chosen_by_setting_size_and_jar(spark: SparkSession, monkeypatch: pytest.MonkeyPatch):
    for has_jar, n_pairs, expected in ((True, 11, "graphframes"), (True, 10, "igraph"), (False, 11, "igraph")):
        monkeypatch.setattr(graph, "has_graphframes", lambda _, has_jar=has_jar: has_jar)
        assert graph.engine(spark, "auto", n_pairs, 10).name == expected
    assert graph.engine(spark, "igraph", 10**9, 10).name == "igraph"
    with pytest.raises(ValueError, match="needs its jar"):
        graph.engine(spark, "graphframes", 1, 10)
    with pytest.raises(ValueError, match="no engine"):
        graph.engine(spark, "neo4j", 11, 10)
