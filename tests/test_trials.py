"""Every trial has a test that bears its number, or a reason why not; and the page of trials is what runs told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.trials import PROMISES, WITHOUT_A_TEST, guard_list, guards, page

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parent


def test_each_trial_has_a_test_or_a_reason():
    borne = {number for numbers in page.bearers().values() for number in numbers}
    assert list(PROMISES) == list(range(1, 31))
    assert borne | set(WITHOUT_A_TEST) == set(PROMISES)
    assert not borne & set(WITHOUT_A_TEST), "a trial that has a test needs no excuse"
    assert all(WITHOUT_A_TEST.values())


def test_the_page_is_what_runs_told():
    assert page.PAGE.read_text(encoding="utf-8") == page.render(page.results()), "python -m tests.trials writes it"


def test_guards_to_be_broken_are_where_the_list_of_them_says():
    """`python -m tests.trials.guards` breaks them; a guard that moved is a guard that nobody breaks any more."""
    for guard in guard_list.GUARDS:
        assert guards.place(guard) > 0
        assert guard.without != guard.code
        assert (guards.ROOT / guard.tests).is_file()
        assert guard.trial in PROMISES


TOLD = """
import pytest

@pytest.mark.trial(4)
@pytest.mark.parametrize("case", ["a", "b"])
def test_measured(case, record_property):
    record_property("kills", 10)
    assert case == "a"

@pytest.mark.trial(3)
def test_other():
    pass

def test_of_no_trial():
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["one process", "two"])
def test_a_run_tells_outcome_and_figures(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, processes: list[str]
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT.parent))
    pytester.makeconftest((ROOT / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(TOLD)
    results = pytester.path / "told.json"
    pytester.runpytest_subprocess("--trial", "4", "--trials", str(results), *processes)
    told = json.loads(results.read_text(encoding="utf-8"))
    assert {test.rpartition("[")[2]: each["outcome"] for test, each in told.items()} == {"a]": "passed", "b]": "failed"}
    assert all(each["figures"] == {"kills": 10} and each["trials"] == [4] for each in told.values())
    said = page.render(told)
    assert "1 failed, 1 passed" in said
    assert "kills: 10 |" in said


def test_a_figure_of_several_cases_is_their_span():
    told = {f"tests/test_trials.py::t[{n}]": {"trials": [16], "outcome": "passed", "seconds": 1, "on": "2026-01-05",
                                              "figures": {"ms": n, "found": f"{n} of 9"}} for n in (3, 12)}  # fmt: skip
    said = page.render(told)
    assert "ms: 3 to 12, 2 cases<br>found: 3 of 9, 12 of 9" in said
