"""Risk on graphs made by hand, each figure worked out in the margin; and Spark against the plain reference."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipelines.network.edges import links
from pipelines.network.risk import paths as risk_paths
from pipelines.network.risk import scores as risk_scores
from tests.support import network_world, risk_reference

pytestmark = pytest.mark.spark
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NO_KINDS = "entity_id string, queue string"
SCHEMA = "near_id string, far_id string, strength double, first_at timestamp, last_at timestamp"


def found_paths(spark: SparkSession, graph: risk_reference.Graph, children: list[str]) -> DataFrame:
    rows = [
        (*sorted((k.one, k.other)), k.strength, EPOCH + timedelta(days=k.first), EPOCH + timedelta(days=k.last))
        for k in graph.links
    ]
    both = links.links(spark.createDataFrame(rows, SCHEMA))
    seeds = [(name, value, value, value, name in graph.places) for name, value in graph.seeds.items()]
    return risk_paths.paths(
        both,
        links.degrees(both).withColumn("is_person", F.col("entity_id").isin(*graph.people)),
        spark.createDataFrame([(c,) for c in children], "child_id string"),
        spark.createDataFrame(
            seeds, "seed_id string, risk double, risk_low double, risk_high double, is_place boolean"
        ),
        risk_paths.Limits(graph.max_hops, graph.floor, graph.free_degree, graph.power, graph.person_power),
    )


def spark_paths(spark: SparkSession, graph: risk_reference.Graph, children: list[str]) -> dict:
    """Paths by Spark: (entities) -> weight."""
    found = found_paths(spark, graph, children).collect()
    return {tuple(e for e in (r.child_id, r.a_id, r.b_id, r.seed_id) if e is not None): r.weight for r in found}


def test_the_worked_example(spark: SparkSession):
    """The figures of docs/network.md.

    child -0.8- friend -0.5- offender (0.9)          0.9 x 0.5 x 0.8              = 0.36
    child -0.6- home (24 links: 12/24 = 0.5) -1.0- offender   0.9 x 1.0 x 0.6 x 0.5 = 0.27
    child -0.8- friend -1.0- cousin -0.5- uncle (0.4)    0.4 x 0.5 x 1.0 x 0.8    = 0.16
    over the friend 0.8 x (1 - 0.55 x 0.8) = 0.448, over the home 0.27; together 1 - 0.552 x 0.73 = 0.59704
    """
    k = risk_reference.Link
    residents = tuple(k("home", f"resident{n}", 0.6) for n in range(22))
    graph = risk_reference.Graph(
        (
            k("child", "friend", 0.8), k("friend", "offender", 0.5), k("child", "home", 0.6),
            k("home", "offender", 1.0), k("friend", "cousin", 1.0), k("cousin", "uncle", 0.5), *residents,
        ),
        {"offender": 0.9, "uncle": 0.4},
        free_degree=12,
        floor=0.01,
    )  # fmt: skip
    found = spark_paths(spark, graph, ["child"])
    assert found[("child", "friend", "offender")] == pytest.approx(0.36)
    assert found[("child", "home", "offender")] == pytest.approx(0.27)
    assert found[("child", "friend", "cousin", "uncle")] == pytest.approx(0.16)
    assert len(found) == 3
    assert graph.indirect("child") == pytest.approx(0.59704)
    of = risk_paths.subjects(found_paths(spark, graph, ["child"]), spark.createDataFrame([], NO_KINDS))
    (row,) = risk_paths.scores(of).collect()
    assert (row.score, row.n_paths, row.n_children) == (pytest.approx(0.59704), 3, 1)
    (left,) = risk_paths.left_out(of).collect()  # without 0.36: 0.8 x 0.2 = 0.16 over the friend, 1 - 0.84 x 0.73
    assert left.score_without == pytest.approx([0.3868, 1 - 0.552, 1 - 0.64 * 0.73])


def test_paths_respect_time_from_the_seed_to_the_child(spark: SparkSession):
    """The offender met the friend on day 50, after the friend last met `early` (day 10), before `late` (60)."""
    k = risk_reference.Link
    graph = risk_reference.Graph(
        (k("early", "friend", 1.0, 0, 10), k("late", "friend", 1.0, 0, 60), k("friend", "offender", 1.0, 50, 55)),
        {"offender": 0.5},
    )
    assert set(spark_paths(spark, graph, ["early", "late"])) == {("late", "friend", "offender")}


def test_spark_finds_what_the_plain_walk_finds(spark: SparkSession):
    """Random graphs with loops of links, parallel edges, several seeds, a place among them, hubs and times."""
    for trial in range(3):
        draw = random.Random(trial)
        names = [f"n{k}" for k in range(14)]
        edges = []
        for _ in range(34):
            one, other = draw.sample(names, 2)
            first = draw.randint(0, 20)
            edges.append(
                risk_reference.Link(one, other, draw.choice([0.2, 0.5, 0.9, 1.0]), first, first + draw.randint(0, 20))
            )
        seeds = {name: draw.choice([0.3, 0.6, 0.9]) for name in draw.sample(names[3:], 3)}
        graph = risk_reference.Graph(
            tuple(edges), seeds, free_degree=4, power=2.0, floor=0.01, places=frozenset([next(iter(seeds))]),
            people=frozenset(names[::2]),
        )  # fmt: skip
        children = [*names[:3], next(iter(seeds))]  # a child may be a seed herself
        plain = {path.entities: path.weight for child in children for path in graph.paths(child)}
        found = spark_paths(spark, graph, children)
        assert found.keys() == plain.keys()
        assert len(found) > 20
        assert all(found[key] == pytest.approx(weight) for key, weight in plain.items())
        of = risk_paths.subjects(found_paths(spark, graph, children), spark.createDataFrame([], NO_KINDS)).persist()
        scores = {row.entity_id: row.score for row in risk_paths.scores(of).collect()}
        assert scores == pytest.approx({child: graph.indirect(child) for child in scores}, abs=1e-6)
        assert all(graph.indirect(child) == 0 for child in set(children) - set(scores))
        for row in risk_paths.left_out(of).collect():
            paths = sorted((p for p in graph.paths(row.entity_id) if p.hops >= 2), key=lambda p: -p.weight)
            rest = [risk_reference.together([*paths[:k], *paths[k + 1 :]]) for k in range(min(3, len(paths)))]
            assert sorted(row.score_without) == pytest.approx(sorted(rest), abs=1e-6)


def test_edges_that_cannot_be_used_are_counted_by_reason(spark: SparkSession):
    world = network_world.Network()
    world.person("adult")
    world.child("child")
    world.tie("adult", "child", 0.5)
    world.tie("adult", "adult", 0.5)  # merged with itself
    world.tie("adult", "nobody", 0.5)
    world.tie("adult", "child", 0.5, evidence=[])
    world.tie("adult", "child", 0.0)
    world.tie("adult", "child", 0.5, until=network_world.NOON - timedelta(days=9))
    world.tie("adult", "child", 0.5, at=datetime(2026, 4, 1, tzinfo=UTC))
    world.tie("adult", "child", 0.5, at=datetime(2001, 1, 1, tzinfo=UTC))  # the child was born in 2011
    known = world.known(spark)
    found = {row.refusal: row.n for row in links.refused(known.edges, known.entities, world.night).collect()}
    assert found == dict.fromkeys(links.REFUSALS, 1)
    assert links.usable(known.edges, known.entities, world.night).count() == 1


def test_a_telephone_of_one_user_is_that_user_and_a_shared_one_is_not(spark: SparkSession):
    """child - own phone - called - his phone - offender is one step: 0.5 x 0.9 x 0.8. The home's phone stays itself."""
    world = network_world.Network()
    for name in ("offender", "staff", "other"):
        world.person(name)
    world.child("child")
    for phone in ("+441", "+442", "+443"):
        world.thing(phone, "PHONE")
    world.tie("child", "+441", 0.9, "USES_PHONE")
    world.tie("offender", "+442", 0.8, "USES_PHONE")
    world.tie("staff", "+443", 0.7, "USES_PHONE")
    world.tie("other", "+443", 0.7, "USES_PHONE")
    world.tie("+441", "+442", 0.5, "CALLED")
    world.tie("+441", "+443", 0.5, "CALLED")
    pairs = links.pairs(links.projected(world.known(spark).edges), world.night)
    found = {(r.near_id, r.far_id): round(r.strength, 6) for r in pairs.collect()}
    assert found == {
        ("child", "offender"): 0.36,
        ("+443", "child"): 0.45,
        ("+443", "staff"): 0.7,
        ("+443", "other"): 0.7,
    }


def test_an_empty_night_and_a_graph_of_one_node_give_empty_queues(spark: SparkSession):
    world = network_world.Network()
    nothing = risk_scores.Without(None, None)
    for n_expected in (0, 1):
        walked = risk_scores.walk(world.known(spark), network_world.RULES)
        rows = risk_scores.rows(walked, spark.createDataFrame([], risk_scores.tables.NETWORK_RISK.struct()), nothing)
        found = rows.collect()
        assert len(found) == n_expected
        assert all(row.score == 0 and row.paths == [] and row.n_paths == 0 for row in found)
        if not n_expected:
            world.child("alone")
