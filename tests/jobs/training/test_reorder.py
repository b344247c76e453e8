"""Places of a day's rows once answers wait: per force, among rows with a score; and what near-duplicates inherit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np

from jobs.training import reorder

NIGHT = date(2026, 3, 27)


class Learner:
    """Gives each report the score that is written in its id, and keeps what it was told."""

    def scores(
        self, open_ones: Sequence[str], answers: Mapping[Any, bool], left_out: Collection[str] = ()
    ) -> np.ndarray:
        self.told = (list(open_ones), dict(answers), list(left_out))
        return np.array([float(report.split(":")[1]) for report in open_ones])


def row(item: str, force: str, rank: int, report: str, score: float | None = 0.5) -> dict[str, Any]:
    return {"item_id": item, "force": force, "rank": rank, "subject_id": report, "score": score}


def answer(item: str, report: str, outcome: str, text_hash: str = "h") -> Any:
    return SimpleNamespace(
        item_id=item, subject_id=report, outcome=outcome, text_hash=text_hash, queue="reclassify"
    )  # fmt: skip


ROWS = [
    row("a", "36", 1, "36:1"), row("b", "36", 2, "36:9", None), row("c", "36", 3, "36:2"), row("d", "36", 5, "36:3"),
    row("e", "37", 1, "37:1"), row("f", "37", 2, "37:2"),
]  # fmt: skip


def placed(given: list[Any], behind: Mapping[str, Any] | None = None) -> tuple[reorder.Order, Learner]:
    learner = Learner()
    return reorder._order(reorder.Day(learner, behind or {}), ROWS, given), learner


def test_open_rows_share_their_places_and_others_keep_theirs():
    order, learner = placed([answer("c", "36:2", "TAG_ADDED")])
    assert order.ranks == {"a": 5, "b": 2, "c": 3, "d": 1, "e": 2, "f": 1}
    assert learner.told == (["36:1", "36:3", "37:1", "37:2"], {("36:2", "h"): True}, [])
    assert order.why.startswith("1 answer of today ")


def test_near_duplicates_inherit_an_answer_until_one_of_their_own():
    behind = {"c": [("36:20", "x"), ("36:21", "y")], "a": [("36:30", "z")]}
    given = [answer("c", "36:2", "TAG_ADDED"), answer("n", "36:21", "NOT_CSAE", "y")]
    _, learner = placed(given, behind)
    told = {("36:2", "h"): True, ("36:20", "x"): True, ("36:21", "y"): False}
    assert learner.told[1] == told
    assert learner.told[2] == ["36:30"]  # stood for by a row that is open
    _, learner = placed([answer("c", "36:2", "TAG_ADDED"), answer("c", "36:2", "NOT_CSAE")], behind)
    assert set(learner.told[1].values()) == {False}  # the newest counts


def test_only_answers_on_reports_are_learnt():
    other = answer("q", "36:5", "TAG_ADDED")
    other.queue = "travel"
    assert reorder._answers([other, answer("c", "36:2", "NEED_INFO")]) == []
    nothing = SimpleNamespace(settings=SimpleNamespace(review=SimpleNamespace(is_reordered=True)))
    assert reorder.reordered(nothing, NIGHT, None, [other], {}) == reorder.Order()
