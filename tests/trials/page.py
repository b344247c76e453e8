"""docs/reliability.md: one row per trial, made of what runs of the tests told."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from tests.trials import PROMISES, WITHOUT_A_TEST

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
RESULTS = ROOT / "docs" / "reliability.json"
HEAD = """# Reliability, tried

Written by `make trials`, never by hand. Each promise is tried by tests that bear its number (`@pytest.mark.trial(4)`);
`python -m tests.trials 4 27` runs those of some trials. A figure is what the test measured when it last ran, on the day
in its row, with the code of that day. What is skipped takes hours, or rights that not everybody has: `make trials` runs
it in full. What is not run yet has been written since.

| trial | promise | tests | result | figures |
|---:|---|---|---|---|
"""


def bearers() -> dict[str, set[int]]:
    """Numbers that each test bears, by file and function: read and not run."""
    found: dict[str, set[int]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.trial" not in text:
            continue
        body = ast.parse(text).body
        of_all = set().union(*(_numbers(line) for line in body if isinstance(line, ast.Assign)))
        for line in body:
            numbers = of_all | _numbers(*line.decorator_list) if isinstance(line, ast.FunctionDef) else set()
            if numbers and line.name.startswith("test_"):
                found[f"{path.relative_to(ROOT).as_posix()}::{line.name}"] = numbers
    return found


def _numbers(*marked: ast.AST) -> set[int]:
    calls = (call for each in marked for call in ast.walk(each) if isinstance(call, ast.Call))
    return {
        ast.literal_eval(number)
        for call in calls
        if ast.unparse(call.func) == "pytest.mark.trial"
        for number in call.args
    }


def results() -> dict[str, dict[str, Any]]:
    """What runs told, by test, of tests that still are there and bear a number."""
    told: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    there = bearers()
    return {test: each for test, each in told.items() if test.partition("[")[0] in there}


def render(told: Mapping[str, Mapping[str, Any]]) -> str:
    there = bearers()
    return HEAD + "".join(
        _row(number, told, {test for test, numbers in there.items() if number in numbers}) for number in PROMISES
    )


def _row(number: int, told: Mapping[str, Mapping[str, Any]], there: Set[str]) -> str:
    mine = {test: each for test, each in told.items() if number in each["trials"]}
    if not mine:
        why = WITHOUT_A_TEST.get(number, "not run yet")
        return f"| {number} | {PROMISES[number]} | | {why} | |\n"
    ran = {test.partition("[")[0] for test in mine}
    tests = sorted(ran | there)
    listed = "<br>".join(f"`{path}`: {name.replace('_', ' ')}" for path, _, name in (t.partition("::") for t in tests))
    ended = Counter(each["outcome"] for each in mine.values())
    counts = ", ".join(f"{n} {outcome}" for outcome, n in sorted(ended.items()))
    counts += f", {len(there - ran)} not run yet" if there - ran else ""
    last = max(each["on"] for each in mine.values())
    seconds = sum(each["seconds"] for each in mine.values())
    measured: dict[str, list[object]] = {}
    for each in mine.values():
        for name, value in each["figures"].items():
            measured.setdefault(name, []).append(value)
    figures = "<br>".join(_figure(name, values) for name, values in measured.items())
    return f"| {number} | {PROMISES[number]} | {listed} | {counts} in {seconds:,.0f} s, {last} | {figures} |\n"


def _figure(name: str, values: Sequence[object]) -> str:
    """A figure that one test measured, or the span of one that several did."""
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) < len(values):
        return f"{name}: {', '.join(dict.fromkeys(map(str, values)))}"
    lowest, highest = (f"{number:,}" for number in (min(numbers), max(numbers)))
    return f"{name}: {lowest}" if lowest == highest else f"{name}: {lowest} to {highest}, {len(values)} cases"
