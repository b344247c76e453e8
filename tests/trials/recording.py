"""What a run of the tests tells of the trials: which tests bore which number, how they ended, what they measured.

A test measures with pytest's own `record_property("cells", 12)`. Works the same in one process and in several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

TRIAL = "trial"  # property of a report: numbers of its test's trials


def numbers_of(item: pytest.Item) -> list[int]:
    """Trials that a test bears the number of."""
    return sorted({number for marker in item.iter_markers(TRIAL) for number in marker.args})


def mark(items: Iterable[pytest.Item]) -> None:
    """Let the reports of each test say which trials it bears."""
    for item in items:
        if numbers := numbers_of(item):
            item.user_properties.append((TRIAL, numbers))


class Recorder:
    """Writes what trials told into a file of JSON; of tests that this run left out, what was told before stays."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.told: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if TRIAL not in properties or not (report.when == "call" or report.outcome != "passed"):
            return
        numbers = properties.pop(TRIAL)
        self.told[report.nodeid] = {
            "trials": numbers, "outcome": report.outcome, "seconds": round(report.duration, 1),
            "on": datetime.now(UTC).date().isoformat(), "figures": properties,
        }  # fmt: skip

    def pytest_sessionfinish(self) -> None:
        before = json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else {}
        text = json.dumps({**before, **self.told}, indent=1, sort_keys=True, ensure_ascii=False)
        self.file.write_text(text + "\n", encoding="utf-8")
