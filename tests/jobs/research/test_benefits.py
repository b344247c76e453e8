"""The report of benefits: from settings, manifests and decisions to text, JSON, a page and files of charts."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from PIL import Image
from pyspark.sql import SparkSession

from jobs.pages.programme import benefits as page
from jobs.pages.programme import pictures
from jobs.research import benefits
from jobs.runtime import audit, context, settings
from pipelines.programme import own
from schemas import gold, review
from tests.support import notebook_world

STATED = """benefits:
  machine_hour: 0.4
  cases_per_year: {form: pert, low: 40, likely: 60, high: 90, why: counted}
  hours_before: {form: lognormal, low: 12, high: 25, why: timed}
  hours_after: {form: triangular, low: 5, likely: 8, high: 12, why: timed}
"""


@pytest.fixture
def stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    (tmp_path / "s.yaml").write_text(STATED, encoding="utf-8")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(tmp_path / "s.yaml"))
    chosen = settings.load(tmp_path)
    chosen.manifests.mkdir()
    for n in (1, 2):
        body = json.dumps({"night": f"2026-01-0{n}", "seconds": 170 + n})
        (chosen.manifests / f"{n}.json").write_text(body, encoding="utf-8")
    (chosen.manifests / "cut.json").write_text('{"night": "2026-01-03', encoding="utf-8")
    return chosen


def test_a_report_keeps_claims_stated_and_measured_apart(stated: settings.Settings):
    made = benefits.stated(stated)
    text = benefits.text(made)
    assert "hours_before: 17.27 hours per case" in text
    assert "cash: unknown, as nobody states external_per_case, other_per_year" in text
    assert "2 runs of 2 nights" in text
    assert "no night has run yet" in text
    told = json.loads(json.dumps(made.plain(), default=str))
    assert [line["line"] for line in told["lines"]] == ["hours"]
    assert told["unknown"]["exposure"] == ["items_before", "items_after"]
    assert not {"uses", "pounds_saved", "share_faster"} & set(told["figures"])  # no claim is an input


@pytest.mark.parametrize(
    ("figure", "problem"),
    [
        ("{form: pert, low: 5, high: 4, likely: 4, why: x}", "high: is below low"),
        ("{form: pert, low: 1, high: 4, why: x}", "likely: is needed for pert"),
        ("{form: lognormal, low: 0, high: 4, why: x}", "high: takes ends above nought"),
        ("{form: uniform, low: 0, high: 4}", "why: is needed"),
        ("{form: gamma, low: 0, high: 4, why: x}", "form: is 'gamma', not one of"),
    ],
)
def test_a_figure_that_means_nothing_is_refused(
    figure: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "s.yaml").write_text(f"benefits: {{hours_after: {figure}}}\n", encoding="utf-8")
    monkeypatch.setenv("NIGHTJAR_SETTINGS", str(tmp_path / "s.yaml"))
    with pytest.raises(settings.SettingsError) as error:
        settings.load(tmp_path)
    assert f"1: benefits.hours_after.{problem}" in str(error.value)


EFFORTS = pd.DataFrame(
    [("36", "SCORED", 400, 200, 400, 48_000.0, 7_000_000.0), ("36", "RANDOM", 500, 25, 500, 60_000.0, 9_000_000.0)],
    columns=list(own.COLUMNS),
)


def test_charts_are_files_that_others_open_and_hold_the_rows_that_they_show(stated: settings.Settings, tmp_path: Path):
    made = benefits.stated(stated)
    made.own = own.figures(EFFORTS, 1)
    (measured,) = (chart for chart in page.charts(made) if chart.name == "benefits_measured")
    files = {path.name: path for path in pictures.write([measured], tmp_path / "out")}
    with Image.open(io.BytesIO(files["benefits_measured.png"].read_bytes())) as picture:
        assert picture.size[0] > 1000
    texts = {e.text for e in ElementTree.parse(files["benefits_measured.svg"]).iter() if e.tag.endswith("text")}
    assert {"Norfolk", "all forces", "hours"} <= texts
    rows = pd.read_csv(files["benefits_measured.csv"])
    in_order = [
        each.value for name in dict.fromkeys(e.name for e in made.own) for each in made.own if each.name == name
    ]
    assert rows["value"].tolist() == pytest.approx(in_order)


def test_a_page_says_what_is_unknown_and_shows_nothing_for_it(stated: settings.Settings):
    made = page.Benefits(benefits.stated(stated))
    shown = "".join((page.header(made), page.stated(made), page.measured(made), page.onboarding(made)))
    assert "cash: unknown, as nobody states external spend avoided, other running costs." in shown
    assert "Nothing was decided yet: gold.decisions is empty." in shown
    assert "No force has a layout" in shown
    assert "17.27" in page.claims(made)


@pytest.fixture(scope="module")
def ran(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a night ran, one row was decided by its score and one by chance, and two reports wait."""
    home, night = tmp_path_factory.mktemp("home"), notebook_world.NIGHT
    decided = [
        {"night": night, "queue_night": night, "queue": "reclassify", "item_id": f"{n}" * 16, "subject_id": f"36:R{n}",
         "force": "36", "decision_id": f"{n:036d}", "sequence": n, "outcome": outcome, "seconds_open": 100.0 + n,
         "reviewer": "a", "text_hash": "f" * 64}
        for n, outcome in ((1, "TAG_ADDED"), (2, "NOT_CSAE"))
    ]  # fmt: skip
    drawn = {"night": night, "queue": "reclassify", "item_id": "2" * 16, "kind": "RANDOM"}
    waiting = [{"night": night, "report_id": f"36:R{n}", "force": "36", "score": 0.25} for n in (3, 4)]
    for table, rows in (
        (gold.RUN_MANIFEST, [{"night": night}]), (gold.DECISIONS, decided), (review.QUEUE_DRAWS, [drawn]),
        (gold.REPORT_SCORES, waiting),
    ):  # fmt: skip
        notebook_world.save(spark, home, table, rows)
    return home


def test_what_is_measured_comes_from_decisions_and_the_look_is_logged(
    spark: SparkSession, ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("NIGHTJAR_SETTINGS", raising=False)
    ctx = context.RunContext(settings.load(ran))
    ctx.__dict__ |= {"spark": spark, "audit": audit.Audit(tmp_path / "log")}
    made = benefits.report(ctx, None, "Norfolk", "a.analyst")
    assert made.night == notebook_world.NIGHT
    of = {each.name: each for each in made.own}
    assert of["items per find, by chance"].n == 1
    assert of["hours saved per find"].value is not None
    (norfolk,) = made.onboarding
    assert (norfolk.n_waiting, norfolk.n_expected, norfolk.next_step) == (2, 0.5, "files")
    assert norfolk.n["timed"] == 2
    (entry,) = ctx.audit.entries()
    assert (entry["action"], entry["who"]) == ("consultation", "a.analyst")
    assert "hours saved" in benefits.text(made)
