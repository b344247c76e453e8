"""The notebook session: logged before shown, one file here and on a cluster, a page that needs nothing from outside."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import SparkSession

from jobs.night import decisions
from jobs.pages import notebook, queue_page, rendering, review_reclassify
from jobs.runtime import audit, context, lakehouse, settings
from jobs.runtime.inbox import port
from pipelines.decisions import decision as one
from schemas import bronze, codes, gold
from tests.support import notebook_world

NOTEBOOK = settings.ROOT / "notebooks" / "10_review_reclassify.py"


@pytest.fixture(scope="module")
def home(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    notebook_world.write(spark, folder)
    return folder


class Session(notebook.NotebookSession):
    """A session whose page is kept instead of shown."""

    page = ""

    def show(self, *parts: str) -> None:
        self.page += "".join(parts)


@pytest.fixture
def session(spark: SparkSession, home: Path, tmp_path: Path) -> Session:
    chosen = settings.load(home)
    ctx = context.RunContext(chosen)
    ctx.__dict__["spark"] = spark
    ctx.__dict__["audit"] = audit.Audit(tmp_path / "log")
    return Session("test", ctx)


@pytest.fixture(scope="module")
def night(spark: SparkSession, home: Path, tmp_path_factory: pytest.TempPathFactory) -> queue_page.Review:
    """The queue opened once; tests that change it work on what they made of it."""
    ctx = context.RunContext(settings.load(home))
    ctx.__dict__["spark"] = spark
    ctx.__dict__["audit"] = audit.Audit(tmp_path_factory.mktemp("log"))
    return review_reclassify.open_queue(
        Session("test", ctx), night=notebook_world.NIGHT.isoformat(), reviewer="a.analyst"
    )


def test_the_queue_comes_with_titles_in_order_and_every_look_is_logged(night: queue_page.Review) -> None:
    assert [(r["force"], r["rank"]) for r in night.rows] == [
        ("36", 1),
        ("36", 2),
        ("36", 3),
        ("37", 1),
        ("37", 2),
        ("45", 1),
    ]
    assert night.rows[0]["title"] == "Concern for 14-year-old at the retail park"
    assert night.marking == "OFFICIAL-SENSITIVE"
    assert sum(r["n"] for r in night.counts) == 6
    log = night.session.ctx.audit
    entries = list(log.entries())
    assert {(e["action"], e["who"]) for e in entries} == {("consultation", "a.analyst")}
    assert any(e["on_what"].startswith("gold.queue_items queue=reclassify night=2026-03-14") for e in entries)
    assert log.verify() is None


def test_the_report_is_shown_by_item_with_its_reasons_where_they_stand(night: queue_page.Review) -> None:
    page = review_reclassify.open_report(night, night.pick())
    assert ">older male</mark>" in page
    assert '<mark class="down" title="lowers the score: drug dealing -0.22">drug dealing</mark>' in page
    assert '<span class="chip flag">item 2: 2 untested · E suspected to be false</span>' in page
    assert "ELLA ASHWORTH" in page
    assert "OP KINGFISHER victim open" in page
    assert night.opened_at is not None


def test_the_table_says_what_a_reviewer_must_know(night: queue_page.Review) -> None:
    page = queue_page.table(night, night.pick())
    assert page.count('<tr class="open">') == 1
    assert "decided before; the text has changed" in page
    assert "an item is graded E" in page
    assert "0.72 to 0.88" in page


def test_an_item_that_the_queue_does_not_hold_is_not_opened(night: queue_page.Review) -> None:
    with pytest.raises(LookupError, match="does not hold"):
        night.pick("f" * 16)
    assert night.pick("0" * 15 + "4") == night.rows[4]


def test_a_blind_page_gives_nothing_of_the_score_away(session: Session) -> None:
    blind = review_reclassify.open_queue(session, night="", reviewer="a", is_blind=True, force="36")
    item = blind.pick()
    page = (
        queue_page.header(blind)
        + review_reclassify.summary(blind)
        + queue_page.table(blind, item)
        + review_reclassify.open_report(blind, item)
    )
    assert [r["item_id"] for r in blind.rows] == sorted(r["item_id"] for r in blind.rows)
    for given_away in ("0.81", "0.72", "<mark", "chip up", "raises", "<svg", "Rank"):
        assert given_away not in page


def test_where_the_look_cannot_be_logged_nothing_is_returned(session: Session, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")
    session.ctx.__dict__["audit"] = audit.Audit(tmp_path / "blocked")
    with pytest.raises(audit.AuditError):
        session.read_logged(session.table("silver.people"), "silver.people", "a")
    with pytest.raises(audit.AuditError):
        review_reclassify.open_queue(session, reviewer="a")
    assert session.page == ""


def test_a_decision_goes_to_the_inbox_and_the_page_says_so(night: queue_page.Review) -> None:
    item = night.pick("0" * 15 + "1")
    assert "no outcome is chosen" in queue_page.decide(night, item, "").lower()
    night.opened_at = None
    assert "Open the item first" in queue_page.decide(night, item, "NOT_CSAE")
    night.opened_at = datetime.now(UTC)
    assert "tag: needed with TAG_ADDED" in queue_page.decide(night, item, "TAG_ADDED")
    inbox = night.session.ctx.inbox
    assert inbox.pending() == []
    assert "Recorded: TAG_ADDED" in queue_page.decide(
        night, item, "TAG_ADDED", tag="IIOC", free_text="pictures asked for"
    )
    assert "recorded before" in queue_page.decide(night, item, "TAG_ADDED", tag="IIOC", free_text="pictures asked for")
    (decision,) = one.readable(inbox.pending())
    assert (decision.outcome, decision.tag, decision.reviewer) == ("TAG_ADDED", "IIOC", "a.analyst")
    assert decision.item_id == "0" * 15 + "1"
    assert [(d.item_id, d.outcome) for d in night.session.waiting()] == [(decision.item_id, "TAG_ADDED")]
    assert "TAG_ADDED, taken in tonight" in queue_page.table(night, None)


def test_on_a_cluster_the_notebook_uses_what_databricks_gives(
    session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, night: queue_page.Review
) -> None:
    """The same calls with Databricks' names present: widgets, displayHTML, signed-in user, Delta in place of files."""
    values: dict[str, str] = {}
    shown: list[str] = []
    widgets = SimpleNamespace(
        text=lambda name, default, label: values.setdefault(name, default),
        dropdown=lambda name, default, choices, label: values.setdefault(name, default),
        get=lambda name: values[name],
        remove=lambda name: values.pop(name),
    )
    shell = SimpleNamespace(
        user_ns={"dbutils": SimpleNamespace(widgets=widgets), "displayHTML": shown.append}, execution_count=1
    )
    monkeypatch.setitem(sys.modules, "IPython.core.getipython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    cluster = notebook.NotebookSession("test", session.ctx)
    published = session.ctx.lake.read(gold.QUEUE_ITEMS)
    cluster.ctx.__dict__["lake"] = lakehouse.Lakehouse(session.ctx.spark, tmp_path / "lakehouse")
    cluster.ctx.lake.append(published, gold.QUEUE_ITEMS)
    values["outcome"] = " DEFER "
    assert cluster.widget("outcome", "", "Outcome", ("", *codes.OUTCOMES)) == "DEFER"
    assert cluster.widget("night") == ""
    cluster.clear_widget("outcome")
    assert "outcome" not in values
    cluster.banner("OFFICIAL")
    assert shown[0].startswith("<style>")
    assert cluster.user("somebody.else") != "somebody.else"
    given = {"reviewer": "a", "opened_at": datetime(2026, 3, 14, 9, tzinfo=UTC)}
    decision_id = cluster.decide(night.rows[0], "DEFER", **given)  # type: ignore[arg-type]
    with pytest.raises(port.AlreadySubmittedError):
        cluster.decide(night.rows[0], "DEFER", **given)  # type: ignore[arg-type]
    (row,) = cluster.ctx.lake.read(bronze.INBOX).collect()
    assert row["file"] == f"{decision_id}.json"
    assert [(d.item_id, d.outcome) for d in cluster.waiting()] == [(night.rows[0]["item_id"], "DEFER")]
    taken = decisions.take_in(cluster.ctx, notebook_world.NIGHT + timedelta(days=1))
    assert (taken.n_accepted, taken.n_refused) == (1, 0)
    assert [row.decision_id for row in cluster.table("gold.decisions").collect()] == [decision_id]
    assert cluster.waiting() == []


def test_a_local_widget_takes_only_its_choices(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(rendering.PARAMETERS, json.dumps({"score": "hidden", "force": "<b>"}))
    given = notebook.NotebookSession("test", session.ctx)
    assert given.widget("score", "shown", "", ("shown", "hidden")) == "hidden"
    assert given.widget("night", "2026-03-14") == "2026-03-14"
    with pytest.raises(ValueError, match="widget force"):
        given.widget("force", "", "", ("", *codes.FORCES))


def test_parsing_gives_the_cells_of_a_databricks_notebook() -> None:
    source = (
        "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n# MAGIC\n# MAGIC Text\n\n# COMMAND ----------\n\n"
    )
    source += "# DBTITLE 1,Name\nx = 1\ny = '# COMMAND'\n"
    cells = rendering.parse(source).cells
    assert [(c.cell_type, c.source) for c in cells] == [
        ("markdown", "# Title\n\nText"),
        ("code", "x = 1\ny = '# COMMAND'"),
    ]
    assert cells[1].metadata["name"] == "Name"


@pytest.mark.parametrize("source", ["x = 1\n", "# Databricks notebook source\n# MAGIC %sh\n# MAGIC ls\n"])
def test_what_would_not_run_everywhere_is_refused(source: str) -> None:
    with pytest.raises(rendering.NotebookError):
        rendering.parse(source)


@pytest.mark.slow
def test_every_notebook_renders_without_running_and_without_anything_from_outside(tmp_path: Path) -> None:
    for source in sorted((settings.ROOT / "notebooks").glob("*.py")):
        page = notebook.render(source, tmp_path / "page.html", execute=False).read_text(encoding="utf-8")
        assert "default-src 'none'" in page
        assert "://" not in page
        assert "<script" not in page
        assert compile(source.read_text(encoding="utf-8"), str(source), "exec")


@pytest.mark.slow
def test_a_cell_that_fails_leaves_the_old_page_and_says_which(tmp_path: Path) -> None:
    source = tmp_path / "broken.py"
    source.write_text("# Databricks notebook source\nraise RuntimeError('no queue')\n")
    (tmp_path / "page.html").write_text("old")
    with pytest.raises(rendering.NotebookError, match=r"broken\.py: a cell failed: RuntimeError: no queue"):
        notebook.render(source, tmp_path / "page.html", home=tmp_path, timeout_s=60)
    assert (tmp_path / "page.html").read_text() == "old"


def test_a_notebook_holds_no_logic() -> None:
    """Import, call, show: no loops, functions, conditions or SQL of its own."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for word in ("def ", "for ", "while ", "if ", "spark.sql", "select(", ".where("):
        assert word not in code
