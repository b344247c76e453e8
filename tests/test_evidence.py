"""The page of evidence: made of what was measured, and its first line says where ours is behind."""

from __future__ import annotations

import json

from tests.bench import evidence


def row(what: str, ahead: list[float]) -> dict:
    return {"what": what, "ours": [0.5, 0.4, 0.6], "other": "its rule", "theirs": [0.4], "ahead": ahead}


def test_the_committed_page_is_what_was_measured() -> None:
    assert evidence.PAGE.read_text(encoding="utf-8") == evidence.render(evidence.on_record())


def test_the_first_line_says_where_ours_is_behind_and_ties_are_no_wins() -> None:
    each = {"command": "evaluate leads", "minutes": 1.0, "on": "2026-01-05", "note": ""}
    rows = [row("a", [0.1, 0.05, 0.2]), row("b", [-0.1, -0.2, -0.05]), row("c", [0.1, -0.1, 0.2])]
    assert [evidence.standing(r) for r in rows] == ["ahead", "behind", "tie"]
    lines = evidence.render({"leads_second": {**each, "rows": rows}}).splitlines()
    assert lines[2] == "**Where ours is behind: b behind its rule (Leads, second maker's worlds).**"
    good = evidence.render({"leads_second": {**each, "rows": rows[:1]}})
    assert good.splitlines()[2] == "**Nothing below is behind beyond chance.**"
    assert "Not measured yet: Risk, first maker's worlds" in good


def test_risk_stands_beside_the_best_rule_and_the_rival() -> None:
    figure = {"precision": [0.1, 0.0, 0.2], "average_precision": [0.1, 0.0, 0.2]}
    better = {name: [value + 0.1 for value in three] for name, three in figure.items()}
    told = {
        "scorers": {**dict.fromkeys(("network", "police_risk", "episodes", "page_rank"), figure), "degree": better},
        "differences": dict.fromkeys(("police_risk", "episodes", "degree", "page_rank"), figure),
    }
    assert [r["other"] for r in evidence.risk_rows(json.loads(json.dumps(told)))] == ["degree", "page_rank"] * 2
