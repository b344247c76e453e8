"""An invented world is for a home in which nothing ever ran: whatever a night leaves tells that one did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs.runtime import audit, settings
from jobs.runtime.audit import marks, operations
from jobs.runtime.settings import Settings
from jobs.sources import arrivals, demo, landing
from schemas.layouts import layouts
from schemas.programme.figures import FIGURES
from schemas.programme.published import TOTALS
from tests.support import changed_settings

NIGHT = date(2026, 3, 14)


def a_table(chosen: Settings) -> None:
    (chosen.lakehouse / "gold" / "queue_items" / "_delta_log").mkdir(parents=True)


def an_entry(chosen: Settings) -> None:
    operations.people_resolved(audit.Audit(chosen.log_folder), NIGHT, {"records": 7})


def a_manifest(chosen: Settings) -> None:
    marks.note_manifest(audit.Audit(chosen.log_folder), chosen.manifests, NIGHT, "run", {})


def an_anchor_of_a_home_that_is_gone(chosen: Settings) -> None:
    """As where NIGHTJAR_HOME is a disk that is not mounted tonight."""
    assert chosen.anchor is not None
    log = audit.Audit(chosen.anchor.with_name("other"))
    operations.people_resolved(log, NIGHT, {"records": 7})
    marks.anchor(log, chosen.anchor, "a night")


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "anchors").mkdir()
    return changed_settings.changed(settings.load(tmp_path / "home"), log={"anchor": str(tmp_path / "anchors")})


def test_a_new_home_is_given_a_world(chosen: Settings) -> None:
    assert demo.is_due(chosen, is_asked_for=False)


@pytest.mark.parametrize("left", [a_table, an_entry, a_manifest, an_anchor_of_a_home_that_is_gone])
def test_a_home_in_which_a_night_ran_is_not(chosen: Settings, left: Callable[[Settings], None]) -> None:
    left(chosen)
    with pytest.raises(landing.LandingZoneEmptyError):
        demo.is_due(chosen, is_asked_for=False)
    assert demo.is_due(chosen, is_asked_for=True)


def test_the_programmes_own_records_come_with_their_layout_and_what_they_are_built_to(tmp_path: Path):
    chosen = settings.load(tmp_path)
    written = demo.write_programme(chosen, first_night=NIGHT)
    again = {path: path.read_bytes() for path in sorted(chosen.landing.rglob("*.csv"))}
    assert written["n_files"] == len(again) == 16  # the list comes whole on the first night
    door = arrivals.Door(chosen.landing, NIGHT, time.time(), chosen.arrivals.quiet_s, {}, {})
    assert not door.tonight().waiting  # what has just been written would be left for the next night
    assert layouts.load_file(chosen.own_sources / "programme.yaml").sender == "programme"
    told = json.loads((chosen.truth / "programme.json").read_text(encoding="utf-8"))
    assert list(told) == [(NIGHT + timedelta(days=n)).isoformat() for n in range(3)]
    assert {name: told[max(told)][name] for name in TOTALS} == dict(TOTALS)
    assert set(TOTALS) <= set(FIGURES)
    demo.write_programme(chosen, first_night=NIGHT)
    assert {path: path.read_bytes() for path in sorted(chosen.landing.rglob("*.csv"))} == again
