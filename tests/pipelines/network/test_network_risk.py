"""From what was known on a night to rows of the three queues: seeds, safeguarding, intervals, what changed and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from pipelines.common import provenance
from pipelines.network import queue as network_queue
from pipelines.network.risk import scores as risk_scores
from pipelines.network.risk import seeds
from schemas import codes, gold, risk
from tests.support import network_world, tables

pytestmark = pytest.mark.spark
NOTHING = risk_scores.Without(None, None)
PEOPLE = ("ella", "tara", "dean")


def rows(spark: SparkSession, world: network_world.Network, before: Any = None, without: Any = NOTHING) -> dict:
    """queue and entity -> row of gold.network_risk."""
    empty = spark.createDataFrame([], risk.NETWORK_RISK.struct())
    walked = risk_scores.walk(world.known(spark), network_world.RULES)
    found = risk_scores.rows(walked, empty if before is None else before, without)
    return {(r.queue, r.entity_id): r for r in found.collect()}


def a_world() -> network_world.Network:
    """ella -0.5- tara -0.5- dean, who is a suspect: seed 0.8 x 1.0 x 1.0 = 0.8, path 0.8 x 0.5 x 0.5 = 0.2."""
    world = network_world.Network()
    world.child("ella", police_risk="MEDIUM")
    world.missing("ella", days_ago=100)
    world.child("tara", is_missing=False)
    world.person("dean")
    world.tie("ella", "tara", 0.5)
    world.tie("tara", "dean", 0.5)
    world.report("R1", {"dean": "SUSPECT"})
    return world


@pytest.fixture(scope="module")
def clean(spark: SparkSession) -> dict:
    return rows(spark, a_world())


def test_a_child_two_steps_from_a_suspect_is_scored_with_path_interval_and_incumbents(spark: SparkSession):
    """Low: source 0.8 x intelligence 0.9 x role 0.8 = 0.576, path 0.576 / 4 = 0.144. High as used: 0.2."""
    found = rows(spark, a_world())
    ella = found["children", "ella"]
    assert (ella.score, ella.score_low, ella.score_high) == (0.2, 0.144, 0.2)
    assert (ella.police_risk, ella.n_episodes, ella.degree, ella.direct) == ("MEDIUM", 2, 1, 0.0)
    assert ella.stratum == "MISSING"
    (path,) = ella.paths
    assert path.entity_ids == path.labels == ["ella", "tara", "dean"]
    assert [(k.near_id, k.far_id, k.strength) for k in path.links] == [("ella", "tara", 0.5), ("tara", "dean", 0.5)]
    assert path.links[0].evidence_ids == ["silver.reports|36:E0"]
    assert [r.report_id for r in path.seed_reports] == ["36:R1"]
    assert ella.marking == "OFFICIAL-SENSITIVE"  # the report's, above the entity's
    dean = found["people", "dean"]
    assert (dean.score, dean.n_children, dean.stratum) == (0.2, 1, "PERSON")
    assert ("people", "tara") not in found  # a child is never listed among people


def test_grading_and_age_weigh_and_graded_e_never_in_silence(spark: SparkSession):
    """3C: 0.2 x 0.5 = 0.1; a year old: half. An item graded E counts nothing, a report of E alone is no seed."""
    world = a_world()
    world.reports.clear()
    world.named.clear()
    world.report("OLD", {"dean": "SUSPECT"}, grades=("3C",), days_ago=365)  # 0.1 x 0.5 x 0.8 = 0.04
    world.report("MIXED", {"tara": "VICTIM"}, grades=("1E", "2B"))  # 0.5 x 0.9 x 0.4 = 0.18
    world.report("FALSE", {"ella": "SUSPECT"}, grades=("1E",))
    known = world.known(spark)
    weighed = seeds.report_weights(known.reports, known.decisions, world.night, network_world.WEIGHTS)
    assert {r.report_id for r in weighed.collect()} == {"36:OLD", "36:MIXED"}
    found = {
        r.entity_id: (r.risk, r.is_suspected_false)
        for r in risk_scores.walk(known, network_world.RULES).seeds.collect()
    }
    assert found == {"dean": (0.04, False), "tara": (0.18, True)}


def test_decisions_make_and_unmake_seeds_and_unreviewed_scores_only_where_a_setting_says_so(spark: SparkSession):
    world = a_world()
    world.report("ADDED", {"tara": "VICTIM"}, is_csae=False)
    world.report("SCORED", {"ella": "VICTIM"}, is_csae=False)
    world.decide("36:ADDED", "NOT_CSAE")
    world.decide("36:ADDED", "TAG_ADDED", text_hash="of an older text")  # an added tag holds whatever the text became
    world.decide("36:R1", "NOT_CSAE")
    known = world.known(spark)
    score = tables.frame(spark, gold.REPORT_SCORES, {"report_id": "36:SCORED", "score": 0.9})
    for use, expected in ((False, {"36:ADDED": "DECISION"}), (True, {"36:ADDED": "DECISION", "36:SCORED": "SCORE"})):
        weights = replace(network_world.WEIGHTS, use_unreviewed_scores=use)
        found = seeds.report_weights(known.reports, known.decisions, world.night, weights, score)
        assert {r.report_id: r.basis for r in found.collect()} == expected
    world.decisions[-1]["text_hash"] = "of an older text"  # refused on another text: the recorded tag counts again
    again = world.known(spark)
    found = seeds.report_weights(again.reports, again.decisions, world.night, network_world.WEIGHTS)
    assert {r.report_id: r.basis for r in found.collect()} == {"36:ADDED": "DECISION", "36:R1": "TAG"}


def test_a_child_named_as_suspect_goes_to_safeguarding_first_and_never_among_people(spark: SparkSession):
    world = a_world()
    world.child("jay", is_missing=False)
    world.report("R2", {"jay": "SUSPECT"})
    world.tie("ella", "jay", 0.9)
    walked = risk_scores.walk(world.known(spark), network_world.RULES)
    risks = risk_scores.rows(walked, spark.createDataFrame([], risk.NETWORK_RISK.struct()), NOTHING).persist()
    known = world.known(spark)
    shown = risk_scores.left_out(walked, network_queue.chosen(risks, known.decisions, {"*": 10}, **network_world.ORDER))
    items = network_queue.queue_items(
        shown, known.reports, world.night, provenance.Provenance({"gold.edges": 3}, "c", "h")
    ).collect()
    order = [(i.subject_id, i.stratum) for i in sorted(items, key=lambda i: i["rank"]) if i.queue == "children"]
    assert order == [("jay", "SAFEGUARDING"), ("ella", "DIRECT")]
    assert not {i.subject_id for i in items if i.queue == "people"} & {"jay", "ella", "tara"}
    texts = {i.subject_id: [r.text for r in i.reasons] for i in items if i.queue == "children"}
    assert "a child who is also named as a suspect: safeguarding first" in texts["jay"]
    assert texts["ella"][1] == "ella – named together – tara – named together – dean"
    ella = next(i for i in items if i.subject_id == "ella")
    assert ella.reasons[1].kind == "path"
    assert ella.reasons[1].source_id == "36:R1"
    assert ella.details["police_risk"] == "MEDIUM"
    assert ella.details["would_change"] == "without the strongest path: 0.000 instead of 0.200"
    assert [s.id for s in ella.source_rows] == ["36:R1", "36:R2"]  # of the path, and of the direct link to jay
    assert all(i.reasons for i in items)
    risks.unpersist()


def the_queue(spark: SparkSession, world: network_world.Network, n: int) -> list[Any]:
    """Rows of `children` of force 36 in order, of whom `n` are shown."""
    known = world.known(spark)
    walked = risk_scores.walk(known, network_world.RULES)
    risks = risk_scores.rows(walked, spark.createDataFrame([], risk.NETWORK_RISK.struct()), NOTHING)
    chosen = network_queue.chosen(risks, known.decisions, {"*": n}, **network_world.ORDER)
    shown = risk_scores.left_out(walked, chosen)
    made_with = provenance.Provenance({"gold.edges": 3}, "c", "h")
    items = network_queue.queue_items(shown, known.reports, world.night, made_with)
    return items.where("queue = 'children'").orderBy("rank").collect()


def with_suspects_among_contacts(n_others: int) -> network_world.Network:
    """zoe called by eight suspects, and by none on a path; kim linked to one suspect weakly; vic to a victim alone;
    others two steps from a suspect, each by another associate."""
    world = network_world.Network()
    for name in ("zoe", "kim", "vic"):
        world.child(name)
    world.child("known_victim", is_missing=False)
    suspects = [world.person(f"suspect{k}") for k in range(8)]
    world.report("R1", dict.fromkeys(suspects, "SUSPECT"), grades=("2C",))
    world.report("R2", {"known_victim": "VICTIM"})
    for name in suspects:
        world.tie("zoe", name, 0.25, "CALLED")
    world.tie("kim", suspects[0], 0.1, "CALLED")
    world.tie("vic", "known_victim", 0.9)
    dean = world.person("dean")
    world.report("R3", {"dean": "SUSPECT"})
    for k in range(n_others):
        world.child(f"other{k}")
        world.person(f"associate{k}")
        world.tie(f"other{k}", f"associate{k}", 0.9)
        world.tie(f"associate{k}", dean, 0.9)
    return world


def test_a_missing_child_whose_contacts_are_suspects_is_shown_and_says_why(spark: SparkSession):
    """Before there was such a stratum zoe stood behind all others, whose paths score and whose direct links do not."""
    items = the_queue(spark, with_suspects_among_contacts(12), 5)
    assert [(i.subject_id, i.stratum) for i in items[:2]] == [("zoe", "DIRECT"), ("other0", "MISSING")]
    assert [i.stratum for i in items] == ["DIRECT"] + ["MISSING"] * 4
    texts = [r.text for r in items[0].reasons]
    assert texts[0] == "linked directly to people named as suspects: 8 (its own share of the queue)"
    assert sum(text.startswith("direct link: zoe \N{EN DASH} called \N{EN DASH} suspect") for text in texts) == 3
    assert [s.id for s in items[0].source_rows] == ["36:R1"]
    everybody = {i.subject_id: i.stratum for i in the_queue(spark, with_suspects_among_contacts(1), 50)}
    assert {name: everybody[name] for name in ("zoe", "kim", "vic", "other0")} == {
        "zoe": "DIRECT", "kim": "MISSING", "vic": "MISSING", "other0": "MISSING",
    }  # fmt: skip


def test_direct_links_have_their_share_of_the_queue_and_no_more(spark: SparkSession):
    """Of ten rows three are theirs; safeguarding stands before them; who is left competes by score."""
    world = with_suspects_among_contacts(12)
    for k in range(6):
        world.child(f"zed{k}")
        for n in range(8):
            world.tie(f"zed{k}", f"suspect{n}", 0.2, "CALLED")
    world.child("jay", is_missing=False)
    world.report("R4", {"jay": "SUSPECT"})
    items = the_queue(spark, world, 10)
    assert [i.stratum for i in items] == ["SAFEGUARDING"] + ["DIRECT"] * 3 + ["MISSING"] * 6
    assert items[1].subject_id == "zoe"


def test_new_direct_evidence_asks_again_about_who_was_settled(spark: SparkSession):
    world = with_suspects_among_contacts(1)
    (zoe,) = [i for i in the_queue(spark, world, 50) if i.subject_id == "zoe"]
    world.decide("zoe", "NOT_CSAE", queue="children", item_id=zoe.item_id, text_hash=zoe.text_hash)
    assert "zoe" not in {i.subject_id for i in the_queue(spark, world, 50)}
    new = world.person("suspect9")
    world.report("R9", {new: "SUSPECT"})
    world.tie("zoe", new, 0.9, "CALLED")
    assert "zoe" in {i.subject_id for i in the_queue(spark, world, 50)}


def test_a_child_of_known_age_stands_before_somebody_of_unknown_age_on_equal_evidence(spark: SparkSession):
    world = with_suspects_among_contacts(2)
    world._entity("aaa_nobody_knows", "PERSON", ["36:aaa_nobody_knows"], "36", born_on=None, is_child=False)
    world.missing("aaa_nobody_knows")
    world.person("associate9")
    world.tie("aaa_nobody_knows", "associate9", 0.9)
    world.tie("associate9", "dean", 0.9)
    items = the_queue(spark, world, 50)
    order = [i.subject_id for i in items]
    assert order.index("aaa_nobody_knows") > max(order.index("other0"), order.index("other1"))
    texts = {i.subject_id: [r.text for r in i.reasons] for i in items}
    said = "no date of birth: somebody who is reported missing counts as a child"
    assert said in texts["aaa_nobody_knows"]
    assert said not in texts["other0"]


def test_the_change_is_told_apart_and_adds_up(spark: SparkSession):
    """Last night 0.2. Tonight a decision adds a second report on dean (0.8: 1 - 0.2 x 0.2 = 0.96, path 0.24), and a new
    link from ella to a place of his adds a path. The rules are other rules too."""
    world = a_world()
    last_night = world.night - timedelta(days=1)
    before = rows(spark, replace(world, night=world.night))["children", "ella"].asDict(recursive=True)
    before |= {"night": last_night, "score": 0.15, "configuration": "other rules"}
    earlier = spark.createDataFrame([tuple(before[n] for n in risk.NETWORK_RISK.names)], risk.NETWORK_RISK.struct())
    old = risk_scores.counterfactual(world.known(spark), network_world.RULES)  # last night's data, tonight's rules: 0.2
    world.report("R2", {"dean": "SUSPECT"}, is_csae=False)
    world.decide("36:R2", "TAG_ADDED")
    world.thing("1 High Street", "ADDRESS")
    world.tie("ella", "1 High Street", 0.5, "LIVES_AT")
    world.tie("dean", "1 High Street", 0.4, "LIVES_AT")
    undecided = risk_scores.counterfactual(risk_scores.undecided(world.known(spark)), network_world.RULES)
    ella = rows(spark, world, earlier, risk_scores.Without(undecided, old))["children", "ella"]
    # paths 0.8 x 0.25 = 0.2 and 0.8 x 0.2 = 0.16 -> 0.328; with the decision 0.24 and 0.192 -> 0.38592
    assert ella.score == pytest.approx(0.38592)
    assert ella.change_configuration == pytest.approx(0.05)
    assert ella.change_data == pytest.approx(0.128)
    assert ella.change_decision == pytest.approx(0.05792)
    parts = ella.change_data + ella.change_decision + ella.change_configuration
    assert parts == pytest.approx(ella.score - ella.score_before)


def test_withdrawing_a_report_removes_exactly_its_influence(spark: SparkSession, clean: dict):
    world = a_world()
    world.report("R9", {"tara": "SUSPECT", "dean": "SUSPECT"})
    assert rows(spark, world)["children", "ella"].score > clean["children", "ella"].score
    world.decide("36:R9", "NOT_CSAE")
    assert rows(spark, world) == clean


@settings(max_examples=2, derandomize=True)
@given(
    st.lists(
        st.tuples(st.permutations(PEOPLE), st.integers(1, 400), st.sampled_from([0.2, 1.0])), min_size=3, max_size=9
    )
)
def test_a_future_edge_never_changes_a_past_night(
    spark: SparkSession, clean: dict, later: list[tuple[list[str], int, float]]
):
    """Edges first seen after the night, of any kind of strength, between anybody: as if they were not there."""
    world = a_world()
    for (one, other, _), days, strength in later:
        world.tie(one, other, strength, at=datetime.combine(world.night, datetime.min.time(), UTC) + timedelta(days))
    assert rows(spark, world) == clean


def test_markings_rise_in_the_order_that_their_maximum_is_taken_in():
    assert tuple(sorted(codes.MARKINGS)) == codes.MARKINGS
