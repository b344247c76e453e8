"""What real call records have and tidy ones have not: stray calls, circles that change numbers together, masts seven
kilometres apart, phones that are seen by day only, authorisations that still run."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.runtime import settings
from pipelines.comms import leads
from pipelines.comms.leads import fingerprint, night_place, successor, two_phones, usage
from tests.support import telephony

pytestmark = pytest.mark.spark
GIVEN = leads.Thresholds.of(settings.load().leads.model_dump(), "Europe/London")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Times = dict[str, list[float]]  # days and fractions, by unit


def at(day: float) -> dt.datetime:
    return START + dt.timedelta(days=day)


def _changes(spark: SparkSession, times: Times, until: float) -> dict[str, Any]:
    rows = [(unit, at(day), at(0), at(until)) for unit, days in times.items() for day in days]
    used = spark.createDataFrame(rows, "unit string, started_at timestamp, from_at timestamp, until_at timestamp")
    return {row.unit: row for row in usage.changes(used, GIVEN.successor.leak).collect()}


def test_a_stray_call_moves_neither_the_day_of_a_drop_nor_that_of_a_beginning(spark: SparkSession) -> None:
    daily = [day + hour / 24 for day in range(20) for hour in (9, 13, 19)]
    found = _changes(
        spark,
        {
            "dropped": [*daily, 27.5, 33.5],
            "taken up": [3.5, *(day + 20 for day in daily)],
            "in turn": [*daily[:24], *(day + 16 for day in daily[:24]), *(day + 32 for day in daily[:24])],
            "in use": [*daily, *(day + 20 for day in daily)],
            "twice": [*(day + 7 for day in daily[:24]), *(day + 30 for day in daily[:30])],
        },
        40,
    )
    assert found["dropped"].dropped_at.astimezone(dt.UTC) == at(19 + 19 / 24)
    assert (found["dropped"].n_stray, found["dropped"].drop_nats > 3) == (2, True)
    assert found["taken up"].began_at.astimezone(dt.UTC) == at(20 + 9 / 24)
    assert found["taken up"].begin_nats > 3
    assert found["in turn"].begin_nats < 0  # a SIM that is put away and taken up again was not bought that day
    # Of two stints the first is no stray use before the second, nor the second after the first.
    assert found["twice"].began_at.astimezone(dt.UTC) == at(7 + 9 / 24)
    assert found["twice"].dropped_at.astimezone(dt.UTC) == at(39 + 19 / 24)
    assert found["in use"].drop_nats < 0
    assert found["in use"].dropped_at.astimezone(dt.UTC) == at(39 + 19 / 24)


def test_silence_ends_with_the_last_delivery_and_not_with_the_authorisation(spark: SparkSession) -> None:
    events = [
        telephony.event(f"2026-01-0{n}T10:00:00", telephony.number(1), telephony.number(2), night=dt.date(2026, 1, 5))
        for n in (1, 2, 3)
    ]
    used = usage.usage(
        telephony.usable(spark, events), spark.createDataFrame([], "number string"),
        telephony.cells(spark, {"cell": "A"}), telephony.authorisations(spark), GIVEN.recycling,
    )  # fmt: skip
    (until,) = {row.until_at.date() for row in used.collect()}
    assert until == dt.date(2026, 1, 5)  # it expires at the end of 2026


def _contacts(spark: SparkSession, circles: dict[str, list[str]]) -> DataFrame:
    rows = [(unit, unit, contact, 5, f"{unit}{contact}") for unit, circle in circles.items() for contact in circle]
    return spark.createDataFrame(rows, "unit string, number string, contact string, n_links long, event_id string")


def _spans(spark: SparkSession, units: list[str]) -> DataFrame:
    rows = [(unit, at(0), at(20)) for unit in units]
    return spark.createDataFrame(rows, "unit string, first_at timestamp, last_at timestamp")


def test_a_shop_of_the_town_is_no_service_where_the_town_is_large(spark: SparkSession) -> None:
    """Three contacts that each have 60 units of 400: more than the number that bounds what is made in a small town."""
    circles = {f"u{n}": [f"p{n}", f"q{n}"] for n in range(400)}
    for shop in range(3):
        for n in range(60):
            circles[f"u{n if n < 2 else n + 57 * shop}"].append(f"shop{shop}")
    contacts, spans = _contacts(spark, circles), _spans(spark, list(circles))
    pairs = fingerprint.pairs(contacts, spans, GIVEN.fingerprint).where("a = 'u0' AND b = 'u1'").collect()
    assert [pair.n_shared for pair in pairs] == [3]


def test_contacts_that_changed_number_too_are_read_under_the_old_one(spark: SparkSession) -> None:
    """a, b and c change numbers together; each knows the others and two more. Of a's contacts only two are left."""
    old = {"a": ["b", "c", "x", "y"], "a2": ["b2", "c2", "x", "y"]}
    changed = spark.createDataFrame(
        [(["b", "b2"], 9.0), (["c", "c1"], 8.0), (["c1", "c2"], 8.0), (["z", "b2"], 7.0), (["x", "y"], 1.0)],
        "numbers array<string>, evidence double",
    )
    renamed = successor.renamed(_contacts(spark, old), changed, GIVEN.successor)
    found = {unit: {row.contact for row in renamed.collect() if row.unit == unit} for unit in old}
    assert found == {"a": {"b", "c", "x", "y"}, "a2": {"b", "c", "x", "y"}}


def _used(spark: SparkSession, rows: list[tuple[str, float, float, float]], spacing_m: float | None) -> DataFrame:
    """Use from (unit, day, latitude, longitude)."""
    full = [
        (unit, unit, f"{unit}{day:.4f}", at(day), at(day), "DATA", y, x, None, spacing_m) for unit, day, y, x in rows
    ]
    return spark.createDataFrame(
        full,
        "unit string, number string, event_id string, started_at timestamp, ended_at timestamp, type string, "
        "latitude double, longitude double, azimuth double, spacing_m double",
    )


def _together(spark: SparkSession, spacing_m: float | None) -> dict[tuple[str, str], float]:
    """Two phones of one traveller on two networks whose masts stand 6 km apart, and a colleague; none seen at night."""
    rows = []
    for day in range(20):
        for k, hour in enumerate((9, 12, 15, 18)):
            y, x = (52.0, 0.0) if hour == 9 else (52.0 + (day * 7 + k * 3) % 11 / 10, (day * 5 + k) % 7 / 5)
            rows += [("a", day + hour / 24, y, x), ("b", day + (hour + 0.2) / 24, y + 0.054, x)]
            rows.append(("c", day + (hour + 0.1) / 24, 52.0, 0.0))
    used = _used(spark, rows, spacing_m)
    contacts = spark.createDataFrame([], "unit string, contact string")
    bases = usage.bases(used, GIVEN.zone)
    ends = usage.where_days_end(used, GIVEN.zone, GIVEN.night_place.away_km)
    found = two_phones.leads(used, contacts, bases, ends, GIVEN.two_phones, GIVEN.zone)
    return {tuple(row.numbers): row.evidence for row in found.collect()}


def test_two_phones_by_day_only_are_compared_as_far_as_the_next_mast(spark: SparkSession) -> None:
    wide = _together(spark, 7000.0)
    assert wide["a", "b"] > 10
    assert wide.get(("a", "c"), -30.0) < 0
    assert ("a", "b") not in _together(spark, 2000.0)


def test_masts_around_are_those_of_the_networks_own_table_and_not_the_nearest_alone(spark: SparkSession) -> None:
    """Of a mast with others at 3, 5, 6, 7 and 9 km the fourth; one roof's antennas, another network's do not count."""
    cells = [
        {"cell": "A", "latitude": 52.0, "longitude": 0.0}, {"cell": "A2", "latitude": 52.0005, "longitude": 0.0},
        *({"cell": f"B{km}", "latitude": 52.0 + km / 111.195, "longitude": 0.0} for km in (9, 3, 7, 5, 6)),
        {"cell": "S", "operator": "south", "latitude": 52.01, "longitude": 0.0},
        {"cell": "far", "latitude": 55.0, "longitude": 0.0},
    ]  # fmt: skip
    events = [
        telephony.event(f"2026-01-01T1{n}:00:00", telephony.number(1), telephony.number(2), first_cell=cell)
        for n, cell in enumerate(("A", "far"))
    ]
    used = usage.usage(
        telephony.usable(spark, events), spark.createDataFrame([], "number string"), telephony.cells(spark, *cells),
        telephony.authorisations(spark), GIVEN.recycling,
    )  # fmt: skip
    spacing = {row.latitude: row.spacing_m for row in used.collect()}
    assert spacing[52.0] == pytest.approx(7000, rel=0.01)
    assert spacing[55.0] is None


def test_a_night_is_known_by_the_evening_before_and_the_morning_after(spark: SparkSession) -> None:
    """Ten nights in another town, in none of which the phone is used between 23 and 06; on one it has left by seven."""
    home, town = (51.5, -0.1), (52.6, 1.3)
    rows = []
    for day in range(30):
        is_away = day % 6 < 2
        evening = town if is_away else home
        morning = evening if day != 24 else home
        rows += [("p", day + 20 / 24, *evening), ("p", day + 1 + 7 / 24, *morning)]
        rows += [("p", day + 13 / 24, *home)]
    used = _used(spark, rows, None)
    spans = spark.createDataFrame([("p", at(0), at(30))], "unit string, first_at timestamp, last_at timestamp")
    (found,) = night_place.leads(
        used, spans, usage.where_days_end(used, GIVEN.zone, GIVEN.night_place.away_km), GIVEN.night_place, GIVEN.zone
    ).collect()
    assert found.factors[0].text == "9 nights in 5 separate stays"
    assert (found.latitude, found.longitude) == pytest.approx(town)


def test_nights_served_by_the_masts_around_a_place_are_nights_at_one_place(spark: SparkSession) -> None:
    """Every third night in town, where masts stand 7 km apart: seen by one and by the next in turn."""
    home, town, beside = (51.5, -0.1), (52.6, 1.3), (52.66, 1.3)
    rows = []
    for day in range(30):
        at_night = home if day % 3 else (town if day % 2 else beside)
        rows += [("p", day + 13 / 24, *home), ("p", day + 23.5 / 24, *at_night)]
    spans = spark.createDataFrame([("p", at(0), at(30))], "unit string, first_at timestamp, last_at timestamp")
    found = []
    for spacing_m in (7000.0, None):
        used = _used(spark, rows, spacing_m)
        ends = usage.where_days_end(used, GIVEN.zone, GIVEN.night_place.away_km)
        found.append([row.factors[0].text for row in night_place.leads(
            used, spans, ends, GIVEN.night_place, GIVEN.zone
        ).collect()])  # fmt: skip
    assert found[0] == ["10 nights in 10 separate stays"]
    assert found[1] == ["5 nights in 5 separate stays"] * 2


def test_days_that_end_about_home_are_not_outnumbered_by_one_mast_in_town(spark: SparkSession) -> None:
    """Fifteen days end at one of five masts about home, five in town: more than at any mast about home."""
    rows = [("p", day + 20 / 24, 51.5 + day % 5 / 40, -0.1) for day in range(15)]
    rows += [("p", day + 20 / 24, 52.6, 1.3) for day in range(15, 20)]
    used = _used(spark, [*rows, ("p", 20 + 20 / 24, 51.55, -0.1)], 3000.0)
    (base,) = usage.where_days_end(used, GIVEN.zone, GIVEN.night_place.away_km).collect()
    assert (base.base_latitude, base.base_longitude) == pytest.approx((51.55, -0.1))


def test_the_alternative_counts_a_pair_as_far_as_it_is_of_two_people(spark: SparkSession) -> None:
    """Eight pairs that are together everywhere at all hours are not the population that each is compared with."""
    rows = [(f"p{pair}", kind, True) for pair in range(8) for kind in ("night", "work", "elsewhere") for _ in range(20)]
    named = [(a, "q", a, "q", n, kind, True, 1e-4, 0, (at(n), "e", "f"), at(n)) for n, (a, kind, _) in enumerate(rows)]
    blocks = spark.createDataFrame(
        named,
        "a string, b string, number_a string, number_b string, block int, class string, is_together boolean, "
        "by_chance double, overlap int, s struct<started_at_a:timestamp,event_id_a:string,event_id_b:string>, "
        "last_at timestamp",
    )
    nats = [row.nats for row in two_phones.evidence(blocks, GIVEN.two_phones).collect()]
    assert min(nats) > 8
    crowded = two_phones.evidence(blocks.withColumn("by_chance", F.lit(0.9)), GIVEN.two_phones)
    assert max(row.nats for row in crowded.collect()) < min(nats)


def test_a_home_that_few_pairs_share_tells_and_one_that_all_share_does_not(spark: SparkSession) -> None:
    """Worked by hand: of 1 + 0.5 other pairs of two people 0.5 share a home, drawn to one half by ten pairs."""
    given = dataclasses.replace(GIVEN.two_phones, home_if_one=0.65, home_if_two=0.5, prior_pairs=10.0, home_nats=2.0)
    homes = [("a", 52.0, 0.0), ("b", 52.02, 0.0), ("c", 52.5, 0.0), ("d", 52.01, 0.0)]
    shape = "unit string, latitude double, longitude double, reach_m double"
    placed = spark.createDataFrame([(*home, 2500.0) for home in homes], shape)
    rows = [("a", "b", 1.0), ("a", "c", 1.0), ("b", "d", 0.5)]
    pairs = spark.createDataFrame(rows, "a string, b string, of_two double")
    found = {(row.a, row.b): row for row in two_phones.with_homes(pairs, placed, given).collect()}
    assert {b: row.share_home for (_, b), row in found.items()} == {"b": True, "c": False, "d": True}
    assert found["a", "b"].home_nats == pytest.approx(math.log(0.65 / (5.5 / 11.5) + 0.35))
    assert found["a", "c"].home_nats == pytest.approx(math.log(0.35))
    many = spark.range(3000).selectExpr("'a' AS a", "'b' AS b", "1.0D AS of_two")
    assert abs(two_phones.with_homes(many, placed, given).first().home_nats) < 0.01
    rare = many.withColumn("b", F.lit("c")).unionByName(pairs.limit(1))
    assert two_phones.with_homes(rare, placed, given).agg(F.max("home_nats")).first()[0] == 2.0
