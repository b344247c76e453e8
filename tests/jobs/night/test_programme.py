"""The programme's step of the night: nothing where nothing came, without one Spark action; else its four tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.night.assets import common, programme
from jobs.research import programme as research
from jobs.runtime import audit, context, progress, settings
from jobs.runtime import spark as spark_job
from schemas import gold
from schemas.errors import InvalidInputError, NotFoundError
from schemas.programme import figures, records
from tests.support import notebook_world, tables

pytestmark = pytest.mark.spark


def _context(spark: SparkSession, home: Path) -> context.RunContext:
    ctx = context.RunContext(settings.load(home))
    ctx.__dict__ |= {"spark": spark, "audit": audit.Audit(home / "log")}
    return ctx


def test_a_night_of_a_force_without_a_programme_takes_no_spark_action(spark: SparkSession, tmp_path: Path):
    ctx = _context(spark, tmp_path)
    progress.start(1, quiet=True)
    before = spark_job.n_actions(spark)
    made = list(programme.figures_of_night(ctx, tables.NIGHT))
    assert spark_job.n_actions(spark) == before
    assert [each.metadata[common.ROW_COUNT] for each in made] == [0] * len(figures.TABLES)
    assert not (tmp_path / "lakehouse").exists()
    assert not any(ctx.known(tables.NIGHT).has_tonight(table) for table in (*records.SILVER, *figures.TABLES))


def test_figures_are_of_what_came_and_say_what_did_not(spark: SparkSession, tmp_path: Path):
    ctx, night = _context(spark, tmp_path), notebook_world.NIGHT
    cases = [{"night": night, "case_id": f"PU:{n}", "threat": "CSAE" if n < 6 else "CCE"} for n in range(9)]
    areas = [{"night": night, "case_id": f"PU:{n}", "area": "36", "is_abroad": False} for n in range(8)]
    subject = {"night": night, "subject_id": "PU:S", "kind": "OCG", "name": "N"}
    for table, rows in (
        (records.CASE_RECORDS, cases), (records.CASE_AREAS, areas), (records.CASE_SUBJECTS, [subject]),
        (gold.RUN_MANIFEST, [{"night": night}]),
    ):  # fmt: skip
        notebook_world.save(spark, tmp_path, table, rows)
    progress.start(1, quiet=True)
    list(programme.figures_of_night(ctx, night))
    made = research.figures(ctx, None, "a.analyst", is_published=False)
    found = {(each["figure"], each["part"]): each["n"] for each in made["figures"]}
    assert found["investigations", ""] == 9
    assert found["csae", ""] == 6
    assert found["investigations", "footprint=UNKNOWN"] == 1
    assert made["absent"] == ["master_list", "disruptions", "case_outcomes"]
    assert ("ocgs", "") not in found  # without the list nobody could be recognised: it is not known, and not all
    assert "feeds that never came: master_list" in research.text(made)
    published = research.figures(ctx, None, "a.analyst", is_published=True)
    assert {each["n"] for each in published["figures"] if each["part"] == "threat=CCE"} == {None}
    rows = research.opened(ctx, "csae", "", None, "a.analyst")
    assert [row["case_id"] for row in rows] == [f"PU:{n}" for n in range(6)]
    assert {entry["operation"] for entry in ctx.audit.entries()} == {"rows_viewed"}
    with pytest.raises(NotFoundError, match="case_subjects, master_list"):
        research.opened(ctx, "ocgs", "", None, "a.analyst")
    with pytest.raises(InvalidInputError, match="No figure is named 'cases'"):
        research.opened(ctx, "cases", "", None, "a.analyst")
