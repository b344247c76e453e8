"""Planted lines and their bystanders: what must be true of the world for the leads' figures to mean anything."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.synthesis.comms import bystanders, planted, trails
from pipelines.synthesis.core import world

FORCES = ("36", "37", "47", "45", "22")


@pytest.fixture(scope="module")
def planet() -> world.World:
    return world.make(7, date(2026, 1, 5), 3, 3000, FORCES)


@pytest.fixture(scope="module")
def events(planet: world.World) -> pd.DataFrame:
    columns = planted.events(planted.Line(planet, 0))
    frame = pd.DataFrame({name: column.to_pandas() for name, column in columns.items()})
    frame["number"] = frame["a_number"].where(frame["direction"] != "INCOMING", frame["b_number"])
    return frame


def test_a_line_is_the_same_whenever_it_is_made(planet: world.World, events: pd.DataFrame) -> None:
    planted._trails.cache_clear()
    again = planted.events(planted.Line(world.make(7, date(2026, 1, 5), 3, 3000, FORCES), 0))
    assert again["started_at"].to_pandas().equals(events["started_at"])
    assert again["b_number"].to_pandas().equals(events["b_number"])


def test_nothing_comes_from_the_future_and_some_is_excess(planet: world.World, events: pd.DataFrame) -> None:
    line = planted.Line(planet, 0)
    assert events["started_at"].max() < pd.Timestamp(planet.first_night)
    late = events["started_at"] >= pd.Timestamp(line.last * trails.DAY, unit="s")
    assert 0.005 < late.mean() < 0.03


def test_the_line_is_dropped_and_its_successor_keeps_most_customers(planet: world.World, events: pd.DataFrame) -> None:
    line = planted.Line(planet, 0)
    inside = events[events["started_at"] < pd.Timestamp(line.last * trails.DAY, unit="s")]
    old, new = (inside[inside["number"] == planted.e164(line.mobile(k))] for k in (0, 1))
    assert old["started_at"].max() < new["started_at"].min() + pd.Timedelta(days=1)
    customers = [set(each.loc[each["direction"] == "OUTGOING", "b_number"].dropna()) for each in (old, new)]
    assert len(customers[0] & customers[1]) > 0.6 * len(customers[0])


def test_bystanders_share_no_number_with_the_guilty(planet: world.World) -> None:
    for n in range(planted.n_lines(planet)):
        line = planted.Line(planet, n)
        guilty = {lead.a for lead in planted.lines.leads(line) if lead.detector != "missing_overlap"}
        assert not guilty & set(bystanders.whose(line))


def test_a_world_without_lines_has_bystanders_only(planet: world.World) -> None:
    line = planted.Line(planet, 0)
    innocent = set(planted.trails_by_number(line, has_line=False))
    assert line.mobile(0) not in innocent
    assert set(map(str, line.shops[:4])) <= innocent
    leads, _ = planted.truth([line], has_line=False)
    assert set(leads["detector"].to_pylist()) == {"successor"}, "a brother's new number, lawfully"


def test_places_follow_the_calendar() -> None:
    """Two stays of an hour; at home before, between and after."""
    stays = np.array([(100, 200, 5), (300, 400, 6)])
    at = trails.Places(1, stays).at(np.array([0, 100, 199, 200, 250, 399, 400]))
    assert at.tolist() == [1, 5, 5, 1, 1, 6, 1]
    visits = np.array([(150, 320, 9)])  # touches both stays, which fall away
    assert trails.Places(1, stays).with_visits(visits).at(np.array([120, 200, 350])).tolist() == [1, 9, 1]
