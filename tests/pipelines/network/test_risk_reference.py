"""Properties of the risk, on the plain reference that the Spark joins are compared with elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.runtime import settings as job_settings
from pipelines.network.risk import paths as risk_paths
from tests.support.risk_reference import Graph, Link, either, together

NAMES = "abcdefgh"
STRENGTHS = st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0])
PROFILE = settings(max_examples=60)


@st.composite
def links(draw: st.DrawFn) -> Link:
    one, other = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True))
    first = draw(st.integers(0, 6))
    return Link(one, other, draw(STRENGTHS), first, first + draw(st.integers(0, 4)))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    found = draw(st.lists(links(), min_size=1, max_size=14))
    seeds = draw(st.dictionaries(st.sampled_from(NAMES[1:]), st.sampled_from([0.2, 0.5, 0.9]), max_size=3))
    return Graph(tuple(found), seeds, free_degree=3, floor=0.0)


@PROFILE
@given(graphs(), st.data())
def test_stronger_or_more_evidence_on_an_existing_link_never_lowers_a_risk(graph: Graph, data: st.DataObject):
    at = data.draw(st.integers(0, len(graph.links) - 1))
    link = graph.links[at]
    stronger = replace(link, strength=min(1.0, link.strength * 1.5))
    more = replace(link, first=link.first - data.draw(st.integers(0, 3)), last=link.last + data.draw(st.integers(0, 3)))
    for changed in (
        (*graph.links[:at], stronger, *graph.links[at + 1 :]),  # the same evidence, better graded
        (*graph.links, more),  # more evidence between the same two, before and after
    ):
        assert replace(graph, links=changed).indirect("a") >= graph.indirect("a") - 1e-12


@pytest.mark.slow
@PROFILE
@given(graphs(), st.sampled_from(NAMES[1:]))
def test_more_evidence_on_a_seed_never_lowers_a_risk(graph: Graph, seed: str):
    more = {**graph.seeds, seed: min(0.99, graph.seeds.get(seed, 0.0) + 0.3)}
    assert replace(graph, seeds=more).indirect("a") >= graph.indirect("a") - 1e-12


@PROFILE
@given(graphs(), st.permutations(NAMES))
def test_renaming_ids_changes_nothing(graph: Graph, names: list[str]):
    to = dict(zip(NAMES, names, strict=True))
    renamed = replace(
        graph,
        links=tuple(replace(link, one=to[link.one], other=to[link.other]) for link in graph.links),
        seeds={to[seed]: value for seed, value in graph.seeds.items()},
    )
    assert renamed.indirect(to["a"]) == pytest.approx(graph.indirect("a"), abs=1e-12)


@pytest.mark.slow
@PROFILE
@given(graphs(), st.sampled_from(NAMES[1:]))
def test_withdrawing_a_seed_takes_away_its_paths_and_nothing_else(graph: Graph, seed: str):
    without = replace(graph, seeds={k: v for k, v in graph.seeds.items() if k != seed})
    kept = [path for path in graph.paths("a") if path.entities[-1] != seed]
    assert sorted(kept, key=repr) == sorted(without.paths("a"), key=repr)


@pytest.mark.slow
@PROFILE
@given(graphs())
def test_what_passes_over_one_step_is_never_more_than_that_step(graph: Graph):
    """Whatever lies beyond: more seeds and more ways behind a first step do not make it stronger than it is."""
    paths = [path for path in graph.paths("a") if path.hops >= 2]
    firsts = sorted({path.entities[1] for path in paths})
    for first in firsts:
        over = [path for path in paths if path.entities[1] == first]
        assert max(p.weight for p in over) - 1e-12 <= together(over) <= over[0].steps[0] + 1e-12
    assert graph.indirect("a") <= either(path.weight for path in paths) + 1e-12


@settings(max_examples=20)
@given(st.integers(200, 260), st.floats(0.5, 1.0), st.floats(0.1, 1.0))
def test_a_hub_of_two_hundred_links_moves_no_decoy_above_a_modest_real_tie(n: int, near: float, tie: float):
    """Real: two steps of 0.3 and `tie` to a seed of 0.9. Decoys hang on the hub, which is tied to the seed as well."""
    real = (Link("real", "friend", 0.3), Link("friend", "seed", tie))
    hub = (Link("hub", "seed", tie), *(Link(f"decoy{k}", "hub", near) for k in range(n)))
    graph = Graph((*real, *hub), {"seed": 0.9}, floor=0.0)
    assert graph.indirect("real") > max(graph.indirect(f"decoy{k}") for k in (0, n // 2, n - 1))


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(30, 120), st.integers(20, 100), st.floats(0.1, 0.25))
def test_a_home_that_many_offenders_call_moves_no_decoy_above_a_modest_real_tie(n: int, n_decoys: int, call: float):
    """As the settings ship. Each offender's way through the home is weak, and many of them do not make up for it."""
    limits = risk_paths.Limits(**dict(job_settings.load().risk.paths))
    others = (Link(f"other{k}", "home", 0.25) for k in range(100))
    callers = (Link(f"offender{k}", "home", call) for k in range(n))
    decoys = (Link(f"decoy{k}", "home", 0.8) for k in range(n_decoys))
    real = (Link("real", "friend", 0.5), Link("friend", "offender0", 0.5))
    seeds = {f"offender{k}": 0.6 for k in range(n)}
    graph = Graph((*real, *others, *callers, *decoys), seeds, limits.free_degree, limits.damping_power, floor=0.0)
    assert graph.indirect("real") > graph.indirect("decoy0")
