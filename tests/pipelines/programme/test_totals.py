"""The programme's world reprints every published total, as of three nights, through the same functions as a night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from pipelines.common import as_of, concurrency
from pipelines.ingest import conform
from pipelines.programme import recognition, suppression, totals
from pipelines.synthesis.programme import world
from schemas import gold
from schemas.layouts import layouts
from schemas.programme import figures, records
from schemas.programme.published import TOTALS
from tests.support import nights, tables

FIRST = date(2026, 3, 2)
NIGHTS = [FIRST + timedelta(days=n) for n in range(world.N_NIGHTS)]
SOURCES = {world.SENDER: layouts.load_file(world.LAYOUT)}
PLAN = world.plan(3)


def _words(feed: str) -> dict[str, str]:
    """National code by the word of the layout, of the codes that its files hold: another way than conform's."""
    of = SOURCES[world.SENDER].feeds[feed]
    return {word.lower(): code for words in of.codes.values() for word, code in words.items()}


def _silver(spark: SparkSession, feed: str) -> DataFrame:
    """The plan's rows in the shape of the silver table, made without any pipeline."""
    of, table, words = SOURCES[world.SENDER].feeds[feed], records.BY_FEED[feed], _words(feed)
    made = []
    for night, rows in zip(NIGHTS, PLAN.rows[feed], strict=True):
        for row in rows:
            values = {ours: row[theirs].strip() or None for ours, theirs in of.columns.items()}
            given: dict[str, Any] = {"night": night}
            for name, value in values.items():
                if name.endswith("_ref") and name.removesuffix("_ref") + "_id" in table.columns:
                    given[name.removesuffix("_ref") + "_id"] = f"PU:{value}"
                elif name in table.columns and value is not None:
                    given[name] = _typed(name, value, words)
            if feed == "case_areas":
                given |= {"area": values["in_force"] or values["country"], "is_abroad": values["in_force"] is None}
            made.append(given)
    return tables.frame(spark, table, *made)


def _typed(name: str, value: str, words: Mapping[str, str]) -> Any:
    if name.endswith("_on"):
        return date.fromisoformat(value)
    return value == "Y" if name.startswith("is_") else words.get(value.lower(), value)


@pytest.fixture(scope="module")
def silver(spark: SparkSession) -> dict[str, DataFrame]:
    return dict(
        zip(records.BY_FEED, concurrency.materialise(*(_silver(spark, f) for f in records.BY_FEED)), strict=True)
    )


def _rows(silver: Mapping[str, DataFrame], night: date) -> dict[str, DataFrame]:
    known = {feed: as_of.current(df, records.BY_FEED[feed].key, night) for feed, df in silver.items()}
    cases, subjects = concurrency.materialise(
        totals.footprints(known["case_records"], known["case_areas"], night),
        recognition.recognised(known["case_subjects"], known["master_list"], night),
    )
    return {
        "cases": cases,
        "subjects": subjects,
        "disruptions": known["disruptions"],
        "outcomes": known["case_outcomes"],
    }


@pytest.fixture(scope="module")
def last(silver: dict[str, DataFrame]) -> dict[str, DataFrame]:
    return _rows(silver, NIGHTS[-1])


def _figures(rows: Mapping[str, DataFrame], night: date) -> dict[str, int]:
    counted = totals.counted(rows, night)
    assert counted is not None
    return {f"{row.figure} {row.part}".strip(): row.n for row in counted.collect()}


def test_the_plan_is_built_to_the_published_totals():
    assert {name: PLAN.truth[-1][name] for name in TOTALS} == dict(TOTALS)


def test_every_published_total_is_reprinted_and_opens_to_its_rows(last: dict[str, DataFrame]):
    found = _figures(last, NIGHTS[-1])
    assert {name: found[name] for name in TOTALS} == dict(TOTALS)
    assert found["disruptions pillar=PREPARE"] == world.PILLARS["PREPARE"]
    assert sum(n for name, n in found.items() if name.startswith("disruptions pillar=")) == 174
    new = totals.opened(last, "groups_not_seen_elsewhere").collect()
    assert len({row.subject_id for row in new}) == 4
    assert sorted(row.nearest_why for row in new) == ["LISTED_LATER", "OTHER_BIRTH", "OTHER_NAME", "REMOVED_BEFORE"]
    assert {row.case_id for row in totals.opened(last, "victims_found").collect()} == {"PU:INV/0000", "PU:INV/0001"}
    assert totals.opened(last, "disruptions", "pillar=PURSUE").count() == world.PILLARS["PURSUE"]
    with pytest.raises(ValueError, match="no part"):
        totals.opened(last, "disruptions", "threat=CSAE")


@pytest.mark.parametrize("n", range(world.N_NIGHTS - 1))
def test_a_past_night_says_what_was_known_then(silver: dict[str, DataFrame], n: int):
    found = _figures(_rows(silver, NIGHTS[n]), NIGHTS[n])
    assert {name: found[name] for name in TOTALS} == {name: PLAN.truth[n][name] for name in TOTALS}


def test_what_is_published_holds_no_count_under_five_nor_what_tells_one(last: dict[str, DataFrame]):
    made = {of: suppression.published(totals.memberships(last, of).toPandas()) for of in last}
    counts = {name: n for each in made.values() for name, n in each.counts.items()}
    assert all(n is None or n >= 5 for n in counts.values())
    assert counts["groups_not_seen_elsewhere"] is None
    assert counts["disruptions pillar=PREPARE"] is None
    pillars = [counts[f"disruptions pillar={name}"] for name in world.PILLARS]
    assert pillars.count(None) == 2  # one alone would be what is left of 174
    assert counts["investigations"] == 573


def test_counts_agree_with_another_program(last: dict[str, DataFrame]):
    cases = last["cases"].toPandas()
    found = _figures(last, NIGHTS[-1])
    by_threat = cases["threat"].value_counts()
    assert {k: found.get(f"investigations threat={k}") for k in by_threat.index} == by_threat.to_dict()
    wide = cases[(cases["n_forces"] > 1) | (cases["n_countries"] > 0)]
    assert len(wide) == found["wider_footprint"]
    assert isinstance(wide, pd.DataFrame)


RAW = {
    "case_records": [
        {"Investigation": "inv/1", "Threat": "County lines", "Group based": "Y", "Opened": "2026-01-05",
         "Closed": "2026-01-01"},
        {"Investigation": "INV/2", "Threat": "Something", "Opened": "2026-01-05"},
    ],
    "case_areas": [
        {"Investigation": "INV/1", "Force": force, "Country": country}
        for force, country in (("36", ""), ("", "es"), ("", ""), ("99", ""), ("", "Spain"))
    ],
    "case_subjects": [{"Subject": "S1", "Investigation": "INV/1", "Kind": "Priority individual", "Name": "A B",
                       "Born": "1980-02-03", "Identified": "2026-02-01"}],
    "master_list": [{"Entry": "E1", "Kind": "OCG", "Name": "N", "Listed": "2026-02-01", "Removed": "2026-01-01"}],
    "disruptions": [{"Disruption": "D1", "Investigation": "INV/1", "Pillar": "pursue", "Level": "MAJOR",
                     "Date": "2026-02-30"}],
    "case_outcomes": [{"Outcome": "O1", "Investigation": "INV/1", "Kind": "Charge", "Date": "2026-02-01",
                       "Queue item": "0123456789abcdef"},
                      {"Outcome": "O2", "Investigation": "INV/1", "Kind": "Charge", "Date": "2026-02-01",
                       "Queue item": "none"}],
}  # fmt: skip
REASONS = {
    "case_records": [None, "BAD_CODE"],
    "case_areas": [None, None, "MISSING_REQUIRED", "MISSING_REQUIRED", "BAD_CODE"],
    "case_subjects": [None],
    "master_list": [None],
    "disruptions": ["BAD_DATE"],
    "case_outcomes": [None, None],
}


@pytest.mark.parametrize("feed", RAW)
def test_records_come_in_their_senders_words_and_what_is_wrong_is_refused(spark: SparkSession, feed: str):
    raw = nights.raw_rows(spark, world.SENDER, feed, RAW[feed], FIRST)
    judged = conform.validate(raw, feed, SOURCES, FIRST).orderBy("_row_number").collect()
    assert [row.reason for row in judged] == REASONS[feed]
    first = judged[0]
    if feed == "case_records":
        assert (first.case_id, first.threat, first.closed_on) == ("PU:INV/1", "CCE", None)
        assert "2026-01-01" in first._rescued
    if feed == "case_areas":
        assert [(row.area, row.is_abroad) for row in judged[:2]] == [("36", False), ("ES", True)]
    if feed == "case_outcomes":
        assert [row.item_id for row in judged] == ["0123456789abcdef", None]


def test_a_queue_knows_what_came_of_its_rows(spark: SparkSession):
    decided = [
        {"decision_id": f"{n:036d}", "sequence": n, "item_id": item * 16, "queue": "children", "force": "36",
         "outcome": outcome}
        for n, (item, outcome) in enumerate((("a", "REFER"), ("b", "REFER"), ("c", "DEFER")), start=1)
    ]  # fmt: skip
    goes_back = (("a", "SAFEGUARDED"), ("a", "SAFEGUARDED"), ("c", "CHARGE"))
    came = [
        {"outcome_id": f"PU:O{n}", "case_id": "PU:1", "kind": kind, "item_id": item * 16}
        for n, (item, kind) in enumerate(goes_back)
    ]
    outcomes = tables.frame(spark, records.CASE_OUTCOMES, *came, {"outcome_id": "PU:O9", "kind": "CHARGE"})
    rows = totals.queue_outcomes(tables.frame(spark, gold.DECISIONS, *decided), outcomes, FIRST)
    found = {row.kind: (row.n_decided, row.n_items, row.n_outcomes) for row in rows.collect()}
    assert found["SAFEGUARDED"] == (2, 1, 2)
    assert found["CHARGE"] == (2, 0, 0)  # that row was put off, and is not decided
    assert set(found) == {"VICTIM_FOUND", "SAFEGUARDED", "ARREST", "CHARGE", "SENTENCE"}
    assert figures.QUEUE_OUTCOMES.names == rows.columns
