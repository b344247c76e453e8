"""A night dies while it reads and searches a seized device, and is run again: the same rows as if nothing had happened.

One folder dies again and again, each time a commit further, until a night comes to its end. From its death on nothing
more of the night is written, as after `kill -9`; the process itself lives, so that no night's start is paid for each
death (`test_kill` ends the process).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.night.assets import device as assets
from jobs.runtime import fault_points, lakehouse
from jobs.runtime.context import RunContext
from schemas import device, gold
from tests.support import device_exports as exports
from tests.support import whole_nights as nights

pytestmark = [
    pytest.mark.spark, pytest.mark.slow,
    pytest.mark.skipif(not nights.IS_FULL, reason="dies over ten times, minutes: NIGHTJAR_TRIALS=all"),
]  # fmt: skip
MIN_DEATHS = 10
MANIFEST = """\
authority: {power: PACE 1984 s.19, reference: WA/9, granted_on: 2026-01-09}
purpose: Investigation
exhibits: [CD/1]
owner: {name: Owner Phone, identifiers: ["+447700900001"]}
keyword_lists: [terms.txt]
privileged: held.csv
"""


class KilledError(Exception):
    """The process is no more."""


def home(folder: Path) -> RunContext:
    made = nights.ctx(folder)
    drop = made.settings.landing / "norfolk" / "device" / nights.FIRST.isoformat() / "EX"
    drop.mkdir(parents=True)
    report = exports.ufed_xml()
    contents = {
        "a.ufdr": exports.ufdr(report), "cut/report.xml": report[: len(report) * 2 // 3],
        "_chat.txt": exports.whatsapp_ios(), "terms.txt": b"thursday\naccount\n", "held.csv": b"term\nThursday\n",
        "submission.yaml": MANIFEST.encode(),
    }  # fmt: skip
    for name, content in contents.items():
        (drop / name).parent.mkdir(exist_ok=True)
        (drop / name).write_bytes(content)
    (drop.parent / "EX.done").touch()
    return made


def die_early(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the process die at the second point that it meets: nothing passes it. Returns the points that were met."""
    met: list[str] = []

    def point(here: str) -> None:
        met.append(here)
        if len(met) > 1:
            raise KilledError(here)

    monkeypatch.setattr(fault_points, "point", point)
    return met


def rows(made: RunContext) -> dict[str, str]:
    tables = (*device.TABLES, gold.QUEUE_ITEMS)
    return {t.path: lakehouse.content_hash(made.lake.read(t).drop("log_entries", "log_hash")) for t in tables}


def test_a_device_that_is_killed_while_it_is_read_gives_the_same_rows(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, killed = home(tmp_path / "calm"), home(tmp_path / "killed")
    nights.materialise(calm, nights.FIRST, assets.ALL)
    assert calm.lake.read(device.MESSAGES).count() > len(exports.CONVERSATION)
    deaths: list[str] = []
    is_dead = True
    while is_dead:
        with monkeypatch.context() as dying:
            met = die_early(dying)
            try:
                nights.materialise(killed, nights.FIRST, assets.ALL)
            except KilledError:
                deaths.append(met[1])
            else:
                is_dead = False
        killed.submissions.clear()
        assert len(deaths) < 40, "a rerun gets no further"
    assert len(deaths) >= MIN_DEATHS, deaths
    nights.materialise(killed, nights.FIRST, assets.ALL)
    assert rows(killed) == rows(calm)
