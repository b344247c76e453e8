"""The page of the programme's figures: what may be published beside what is, and what is missing by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from jobs.pages.programme import figures, pictures

MADE = {
    "night": date(2026, 3, 4), "absent": [], "is_published": False,
    "figures": [
        {"figure": "investigations", "part": "", "n": 573, "says": "investigations", "why": ""},
        {"figure": "investigations", "part": "threat=CSAE", "n": 107, "says": "investigations", "why": ""},
        {"figure": "investigations", "part": "threat=OTHER", "n": 3, "says": "investigations", "why": ""},
        {"figure": "about_children", "part": "", "n": 191, "says": "about children", "why": ""},
    ],
}  # fmt: skip
PUBLISHED = {
    **MADE,
    "figures": [{**each, "n": None, "why": "SMALL"} if each["n"] < 5 else each for each in MADE["figures"]],
}
NEW = {
    "subject_id": "PU:<b>S1</b>", "kind": "OCG", "case_id": "PU:INV/1", "identified_on": date(2026, 1, 5),
    "nearest_entry_id": "PU:E1", "nearest_why": "LISTED_LATER", "nearest_likeness": 1.0,
}  # fmt: skip


def test_small_counts_are_shown_apart_from_what_may_be_published():
    page = figures.Figures(MADE, PUBLISHED, [NEW], [])
    shown = figures.table(page)
    assert "<td>3</td><td>withheld: under five</td>" in shown
    assert "nightjar programme open investigations --part threat=CSAE" in shown
    assert "573" in figures.header(page)
    told = figures.recognition(page)
    assert "listed after that day" in told
    assert "<b>S1" not in told
    assert "No outcome names a queue item yet" in figures.outcomes(page)


def test_shares_have_wilsons_intervals_and_are_files(tmp_path: Path):
    page = figures.Figures(MADE, PUBLISHED, [], [])
    (shares, parts) = figures.charts(page)
    (row,) = (row for row in shares.rows if row["figure"] == "about_children")
    assert round(row["share"], 3) == 0.333
    assert (round(row["low"], 3), round(row["high"], 3)) == (0.296, 0.373)
    files = pictures.write([parts], tmp_path)
    assert pd.read_csv(next(path for path in files if path.suffix == ".csv"))["n"].tolist() == [107, 3]


def test_a_page_without_feeds_names_them_and_holds_no_figure():
    nothing = {**MADE, "figures": [], "absent": ["case_records", "master_list"]}
    page = figures.Figures(nothing, nothing, [], [])
    assert "Never came: case_records, master_list." in figures.header(page)
    assert "None" not in figures.table(page)
    assert "No figure is known" in figures.table(page)
    assert figures.charts(page) == []
