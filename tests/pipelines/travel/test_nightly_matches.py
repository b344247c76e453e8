"""All matches of a night from hand-made tables, without a lakehouse."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipelines.travel import nightly_matches
from schemas import silver
from schemas import travel as contract
from tests.pipelines.travel.test_travel import CHOSEN, crowd_of, passenger, person
from tests.support import nights, tables

pytestmark = pytest.mark.spark
NIGHT = nights.NIGHT
RULES = nightly_matches.Rules.of(CHOSEN)


def known(spark: SparkSession, passengers: list[dict[str, Any]]) -> nightly_matches.Known:
    """One subject of an open investigation, and who is on the lists."""
    return nightly_matches.Known(
        passengers=tables.frame(spark, contract.PASSENGERS, *passengers),
        flights=tables.frame(spark, contract.FLIGHTS),
        people=tables.frame(spark, silver.PEOPLE, person(1, "OSCAR", "PELHAM")),
        investigations=tables.frame(
            spark, silver.INVESTIGATIONS, {"person_id": "36:N1", "role": "SUSPECT", "status": "OPEN"}
        ),
        episodes=tables.frame(spark, silver.MISSING_EPISODES),
        events=tables.frame(spark, silver.COMMS_EVENTS).drop(*silver.ARRIVAL_FLAGS),
        resolved=spark.createDataFrame([("36:N1", "entity one")], "person_id string, subject_id string"),
    )


def test_a_subject_and_who_shares_the_booking_are_matched_under_the_resolved_person(spark: SparkSession):
    lists = [
        passenger(1, "OSCAR", "PELHAM", booking_ref="B1", _sender="bluewing"),
        passenger(2, "FAY", "WREN", dt.date(2012, 5, 1), booking_ref="B1", _sender="bluewing"),
        *crowd_of(),
    ]
    matches = nightly_matches.rows(known(spark, lists), RULES, NIGHT).collect()
    published = {(row.kind, row.subject_id, row.passenger_id, row.other_id) for row in matches if row.is_published}
    assert published == {
        ("SUBJECT_ON_FLIGHT", "entity one", f"{1:032x}", None),
        ("CO_TRAVELLER", "entity one", f"{1:032x}", f"{2:032x}"),
    }


def test_flights_of_long_ago_are_not_compared_and_no_list_gives_no_match(spark: SparkSession):
    lists = [passenger(1, "OSCAR", "PELHAM"), *crowd_of(50)]
    later = NIGHT + dt.timedelta(days=RULES.history_days + 1)
    for night, rows in ((later, lists), (NIGHT, [])):
        found = nightly_matches.rows(known(spark, rows), RULES, night)
        assert found.schema.names == contract.MATCHES.names
        assert found.isEmpty()
    assert not nightly_matches.rows(known(spark, lists), replace(RULES, kept_from=0.0), NIGHT).isEmpty()
