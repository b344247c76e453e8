"""Detectors on use made by hand, and on one planted world against the simple rules that docs/leads.md names."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy import stats

from jobs.evaluation import leads as lead_evaluation
from jobs.runtime import settings
from pipelines.comms import leads
from pipelines.comms.leads import deal_line, evidence, missing_overlap, night_place, successor, two_phones, usage

pytestmark = pytest.mark.spark
GIVEN = leads.Thresholds.of(settings.load().leads.model_dump(), "Europe/London")
DAY_0 = datetime(2026, 1, 1, 12, tzinfo=UTC)


def day(n: float) -> datetime:
    return DAY_0 + timedelta(days=n)


def test_a_kept_handset_speaks_for_a_successor_and_an_unknown_one_says_nothing(spark: SparkSession):
    """Three numbers take over from one, alike in contacts and time: log(0.4 / 0.02), log(0.6 / 0.98), and 0."""
    new = {"b1": ["H1", "H9"], "b2": ["H2"], "b3": None}
    pairs = spark.createDataFrame(
        [("a", b, 8, 10, 3.0, "e1") for b in new],
        "a string, b string, n_shared int, n_contacts_a int, contact_nats double, event_id string",
    )
    used = [("a", day(0), day(20)), *((b, day(21), day(40)) for b in new)]
    spans = spark.createDataFrame(
        [(unit, unit, day(0), day(60), 50) for unit, _, _ in used],
        "unit string, number string, from_at timestamp, until_at timestamp, n_events int",
    )
    changes = spark.createDataFrame(
        [(unit, last, 9.0, 0, first, 9.0) for unit, first, last in used],
        "unit string, dropped_at timestamp, drop_nats double, n_stray int, began_at timestamp, begin_nats double",
    )
    handsets = spark.createDataFrame(
        [("a", ["H1"]), *((b, imeis) for b, imeis in new.items() if imeis)], "unit string, imeis array<string>"
    )
    found = {row.numbers[1]: row for row in successor.leads(pairs, spans, changes, handsets, GIVEN.successor).collect()}
    kept, passed_on = GIVEN.successor.handset_kept, GIVEN.successor.handset_passed_on
    assert found["b1"].evidence - found["b3"].evidence == pytest.approx(math.log(kept / passed_on), abs=1e-4)
    assert found["b2"].evidence - found["b3"].evidence == pytest.approx(
        math.log((1 - kept) / (1 - passed_on)), abs=1e-4
    )
    assert [found[b].factors[2].text for b in new] == [
        "in the handset of the old one", "in another handset", "handset not known",
    ]  # fmt: skip


def test_a_line_arrives_in_the_town_where_most_of_it_is_seen(spark: SparkSession):
    """Five days of seven in the city with one event each; two in town with thirty. The child goes when it comes. The
    number of the first two weeks is another one: alone, neither has more than two visits."""
    city, town = (51.5, -0.1), (52.6, 1.3)
    rows = []
    for k in range(28):
        is_visit = k % 7 in (3, 4)
        at, n = (town, 30) if is_visit else (city, 1)
        number = "old" if k < 14 else "new"
        rows += [(number, number, f"e{k}.{m}", day(k + m / 100), *at) for m in range(n)]
    use = spark.createDataFrame(
        rows, "unit string, number string, event_id string, started_at timestamp, latitude double, longitude double"
    )
    strong = spark.createDataFrame([("old",), ("new",), ("other",)], "number string")
    followed = spark.createDataFrame([(["old", "new"], 9.0)], "numbers array<string>, evidence double")
    lines = missing_overlap.chains(strong, followed)
    assert {tuple(row) for row in lines.collect()} == {("old", "old"), ("new", "old"), ("other", "other")}
    went = [("36:N1", f"M{k}", day(k - 0.1)) for k in (3, 10, 17, 24)] + [("36:N2", f"M9{k}", day(k)) for k in (1, 8)]
    episodes = spark.createDataFrame(
        [(child, episode, begun, begun, begun + timedelta(days=1)) for child, episode, begun in went],
        "person_id string, episode_id string, last_seen_at timestamp, reported_at timestamp, found_at timestamp",
    )
    (found,) = missing_overlap.leads(use, lines, episodes, GIVEN.missing_overlap).collect()
    assert found.numbers == ["old", "new"]
    assert found.person_ids == ["36:N1"]
    assert found.factors[0].text == "4 of 4 episodes began when the line arrived"


def test_a_second_place_is_in_the_town_that_is_visited_and_not_where_days_mostly_end(spark: SparkSession):
    """Of seven days two end in town, seen ten times each night; five end in the city, seen once and not at night."""
    city, town = (51.5, -0.1), (52.6, 1.3)
    rows = []
    for k in range(35):
        is_visit = k % 7 in (3, 4)
        at, seen = (town, [11.5 + m / 10 for m in range(10)]) if is_visit else (city, [8.0])  # hours after noon
        rows += [("line", "line", f"e{k}.{hour}", day(k + hour / 24), *at, None, None) for hour in seen]
        if k % 7 == 0:
            rows.append(("line", "line", f"n{k}", day(k + 0.6), *city, None, None))
    use = spark.createDataFrame(
        rows,
        "unit string, number string, event_id string, started_at timestamp, latitude double, longitude double, "
        "azimuth double, spacing_m double",
    )
    spans = spark.createDataFrame([("line", day(0), day(35))], "unit string, first_at timestamp, last_at timestamp")
    given = GIVEN.night_place
    ends = usage.where_days_end(use, GIVEN.zone, given.away_km)
    (found,) = night_place.leads(use, spans, ends, given, GIVEN.zone).collect()
    assert (found.latitude, found.longitude) == pytest.approx(town)
    assert found.radius_m == given.reach_m
    assert found.factors[0].text == "10 nights in 5 separate stays"


def test_who_delivers_in_other_towns_from_the_morning_on_has_the_base_at_home(spark: SparkSession):
    """At home every evening and before six, from eight on in one town after another, where most is seen."""
    home, towns = (52.6, 1.3), [(52.0 + n / 10, 0.4) for n in range(3)]
    rows = []
    for k in range(21):
        rows += [("driver", f"h{k}.{hour}", day(k + hour / 24), *home) for hour in (8, 17)]  # 20:00 and 05:00
        rows += [("driver", f"d{k}.{hour}", day(k + hour / 24), *towns[0]) for hour in (20, 20.5, 21)]  # 08:00 to 09:00
        rows += [("driver", f"e{k}", day(k + 1 / 24), *towns[1 + k % 2])]
    use = spark.createDataFrame(
        rows, "unit string, event_id string, started_at timestamp, latitude double, longitude double"
    )
    (base,) = usage.where_days_end(use, GIVEN.zone, GIVEN.night_place.away_km).collect()
    assert (base.base_latitude, base.base_longitude) == home


def test_a_first_sighting_is_no_journey(spark: SparkSession):
    """Bursts on six days in the city, one of them in town: there and back are two journeys."""
    city, town = (51.5, -0.1), (52.6, 1.3)
    rows = [
        ("line", f"e{k}.{m:02}", day(k + m / 2000), "SMS", True, f"c{m}", *(town if k == 3 else city))
        for k in range(6)
        for m in range(12)
    ]
    use = spark.createDataFrame(
        rows,
        "unit string, event_id string, started_at timestamp, type string, is_outgoing boolean, contact string, "
        "latitude double, longitude double",
    )
    spans = spark.createDataFrame(
        [("line", "line", day(0), day(6))], "unit string, number string, first_at timestamp, last_at timestamp"
    )
    (found,) = deal_line.leads(use, spans, GIVEN.deal_line).collect()
    assert found.factors[2].text == f"2 journeys of {GIVEN.deal_line.apart_km:.0f} km or more"


def test_a_count_whose_probability_differs_is_weighed_as_scipy_does(spark: SparkSession):
    cases = [(k, n, mean, r) for n in (1, 7, 40) for k in {0, 1, n} for mean in (0.1, 0.5) for r in (0.05, 0.4, 0.9)]
    nats = evidence.beta_binomial(F.col("k"), F.col("n"), 0.95, F.col("mean"), F.col("r"))
    found = spark.createDataFrame(cases, "k long, n long, mean double, r double").select(nats).collect()
    for (k, n, mean, r), (said,) in zip(cases, found, strict=True):
        size = 1 / r - 1
        else_ = stats.betabinom.logpmf(k, n, mean * size, (1 - mean) * size)
        assert said == pytest.approx(stats.binom.logpmf(k, n, 0.95) - else_, abs=1e-9)


def test_a_pair_with_no_other_is_held_against_the_priors_and_not_against_itself(spark: SparkSession):
    given = GIVEN.two_phones
    (found,) = two_phones.evidence(_blocks(spark, [("a", "night", True)] * 12), given).collect()
    size = 1 / given.pairs_differ - 1
    else_ = stats.betabinom.logpmf(12, 12, given.together_if_two * size, (1 - given.together_if_two) * size)
    of_associates = 12 * math.log(1 - given.left_behind) - else_  # that they are strangers is out of the question
    assert found.nats == pytest.approx(of_associates - math.log(given.p_associate))


def test_what_all_pairs_do_by_day_says_less_than_what_one_pair_does_by_night(spark: SparkSession):
    """Colleagues are together in every block at work or in none; nobody is at night. Two pairs, each twelve blocks of
    twelve: at work it is what some pairs do, at night it is one person's two phones."""
    rng = np.random.default_rng(1)
    rows = [(f"p{i:03}", "work", bool(i % 2)) for i in range(60) for _ in range(12)]
    rows += [(f"p{i:03}", "night", bool(rng.random() < 0.1)) for i in range(60) for _ in range(12)]
    rows += [("by day", "work", True)] * 12 + [("by night", "night", True)] * 12
    nats = {row.a: row.nats for row in two_phones.evidence(_blocks(spark, rows), GIVEN.two_phones).collect()}
    assert nats["by day"] + math.log(GIVEN.two_phones.p_associate) < 1
    assert nats["by night"] > 10


def _blocks(spark: SparkSession, rows: list[tuple[str, str, bool]]) -> DataFrame:
    """Blocks of pairs (a, "q") at a place that one in ten thousand frequents: a, class, whether they were together."""
    named = [(a, "q", a, "q", n, kind, is_together, 1e-4, 0, (day(n), "e", "f"), day(n))
             for n, (a, kind, is_together) in enumerate(rows)]  # fmt: skip
    return spark.createDataFrame(
        named,
        "a string, b string, number_a string, number_b string, block int, class string, is_together boolean, "
        "by_chance double, overlap int, s struct<started_at_a:timestamp,event_id_a:string,event_id_b:string>, "
        "last_at timestamp",
    )


@pytest.mark.slow
def test_on_a_planted_world_leads_are_more_often_right_than_the_rules(spark: SparkSession):
    seen = lead_evaluation.look(spark, 3, 2, GIVEN)
    published = seen.candidates[seen.candidates["score"] >= GIVEN.min_score]
    for name in leads.DETECTORS:
        said, truth, rule = set(published.loc[published["detector"] == name, "key"]), seen.truth[name], seen.rules[name]
        right = len(said & truth)
        print(f"{name}: {right} of {len(truth)} found, {len(said)} said; rule {len(rule & truth)}, {len(rule)}")
        if rule:
            assert right * len(rule) >= len(rule & truth) * len(said), f"{name}: the rule is more precise"
    for name, least in (("deal_line", 4), ("swap", 8), ("successor", 5), ("two_phones", 3)):
        assert len(set(published.loc[published["detector"] == name, "key"]) & seen.truth[name]) >= least
