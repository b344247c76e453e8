"""Candidate groups and deconfliction, on worlds made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from pyspark.sql import SparkSession

from pipelines.network import deconfliction, groups
from pipelines.network.edges import graph
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds
from schemas import risk, silver
from tests.support import network_world, tables

pytestmark = pytest.mark.spark
RULES = groups.Rules(3, 2, 60, 0.05, 10, 0.75, 1000, "igraph")


def test_a_candidate_group_has_roles_forces_evidence_and_children_set_apart(spark: SparkSession):
    """Four adults who are all linked, two of them suspects in a CSAE report; a child linked to two; a loose pair."""
    world = network_world.Network()
    for name, force in (("dean", "36"), ("carl", "37"), ("lee", "36"), ("sam", "36"), ("ann", "36"), ("bob", "36")):
        world.person(name, force=force)
    world.child("ella")
    gang = ("carl", "dean", "lee", "sam")
    for k, one in enumerate(gang):
        for other in gang[k + 1 :]:
            world.tie(one, other, 0.8)
    world.tie("ella", "dean", 0.6)
    world.tie("ella", "carl", 0.6)
    world.tie("ann", "bob", 0.9)
    world.report("R1", {"dean": "SUSPECT", "ella": "VICTIM"})
    world.named.append({"night": world.night, "report_id": "36:R1", "person_id": "37:carl", "role": "SUSPECT"})
    known = world.known(spark)
    walk = risk_scores.walk(known, network_world.RULES)
    nodes, pairs = groups.network_of(walk.pair, walk.degrees, RULES.max_degree)
    communities = graph.OnDriver().communities(nodes, pairs, 1)
    named = seeds.named(known.report_people, known.members, known.edges.limit(0), known.entities)
    members = groups.candidates(communities, pairs, known.entities, walk.seeds, named, RULES)
    found: dict[str, list[str]] = {}
    for row in members.collect():
        found.setdefault(row.community_id, []).append(row.entity_id)
    local = pairs.orderBy("near_id", "far_id").toPandas()
    stable = groups.stabilities(local, found, RULES, 7)
    assert stable == groups.stabilities(local, found, RULES, 7)
    stability = spark.createDataFrame(list(stable.items()), "community_id string, stability double")
    ocg = spark.createDataFrame(
        [("OCG/1", "dean"), ("OCG/1", "carl"), ("OCG/1", "gone"), ("OCG/2", "ann")], "ocg_ref string, entity_id string"
    )
    (row,) = groups.rows(members, communities, walk.pair, stability, ocg, world.night, "igraph", RULES).collect()
    assert [(m.entity_id, m.role, m.is_seed) for m in row.members] == [
        ("carl", "SUSPECT", True), ("dean", "SUSPECT", True), ("lee", "NONE", False), ("sam", "NONE", False),
    ]  # fmt: skip
    assert row.children == ["ella"]
    assert row.forces == ["36", "37"]
    assert row.n_links == 8
    assert len(row.evidence_ids) == 8
    assert row.is_stable
    assert (row.ocg_ref, row.ocg_overlap) == ("OCG/1", pytest.approx(2 / 3))


def test_a_group_that_hangs_on_single_links_is_marked_unstable():
    """A ring has no community to speak of: with links taken away it falls apart elsewhere each time."""
    import pandas as pd

    ends = [(f"n{k:02d}", f"n{(k + 1) % 60:02d}", 1.0) for k in range(60)]
    pairs = pd.DataFrame(ends, columns=["near_id", "far_id", "strength"])
    stable = groups.stabilities(pairs, {"g": [f"n{k:02d}" for k in range(10)]}, replace(RULES, removed_share=0.2), 3)
    assert stable["g"] < RULES.stable_from


def test_operations_are_told_whom_to_call_and_restricted_ones_are_told_alone(spark: SparkSession):
    """Norfolk's KINGFISHER and Suffolk's HERON hold one man under two spellings; Sussex's OTTER is restricted."""
    world = network_world.Network()
    world.person("dean")
    for record, force in (("37:deane", "37"), ("47:dean p", "47")):
        world.members.append(
            {"night": world.night, "entity_id": "dean", "kind": "PERSON", "record_id": record, "force": force}
        )
    world.person("ann")
    known = world.known(spark)

    def case(n: int, force: str, person: str, name: str, **more: object) -> dict[str, object]:
        return {"night": world.night, "investigation_id": f"{force}:I{n}", "person_id": person, "force": force,
                "operation": name, "status": "OPEN", **more}  # fmt: skip

    cases = tables.frame(
        spark, silver.INVESTIGATIONS,
        case(1, "36", "36:dean", "Op. Kingfisher"),
        case(2, "36", "36:dean", "OPERATION KINGFISHER"),  # the same operation, told once and not about itself
        case(3, "37", "37:deane", "Operation Heron"),
        case(4, "47", "47:dean p", "Operation Otter"),
        case(5, "36", "36:ann", "Operation Wren"),
        case(6, "37", "37:deane", "Operation Closed", status="CLOSED"),
    )  # fmt: skip
    interested = deconfliction.interests(cases, known.members, known.edges)
    nothing = spark.createDataFrame([], risk.DECONFLICTION.struct())
    contacts = {"*": "desk of {force}", "37": "desk in Suffolk"}
    told = deconfliction.pointers(interested, nothing, world.night, contacts, ["47:OTTER"]).persist()
    rows = {(r.force, r.operation, r.other_force, r.other_contact, r.own_record_id) for r in told.collect()}
    assert rows == {
        ("36", "KINGFISHER", "37", "desk in Suffolk", "36:dean"),
        ("37", "HERON", "36", "desk of 36", "37:deane"),
        ("47", "OTTER", "36", "desk of 36", "47:dean p"),
        ("47", "OTTER", "37", "desk in Suffolk", "47:dean p"),
    }
    assert {r.operation for r in told.collect() if r.is_restricted} == {"OTTER"}
    of_others = str(told.where("force = '36'").drop("operation").collect()).upper()
    assert not any(name in of_others for name in ("HERON", "OTTER", "DEANE"))
    later = deconfliction.pointers(interested, told, date(2026, 3, 15), contacts, ["47:OTTER"]).collect()
    assert {r.first_told_on for r in later} == {world.night}
