"""The notebooks of the network, over a small lakehouse: what they show, and that each look is logged first."""

from __future__ import annotations

import html
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs.pages import notebook, queue_page, review_network_risk, subject_network
from jobs.runtime import settings
from jobs.runtime.context import RunContext
from jobs.sources import ocg_list
from pipelines.common import provenance
from pipelines.network import queue as network_queue
from pipelines.network.risk import scores as risk_scores
from schemas import gold, network, risk
from tests.support import network_world, tables

pytestmark = pytest.mark.spark
HOSTILE = "<script>x</script>"


@pytest.fixture(scope="module")
def session(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> notebook.NotebookSession:
    """ella - <script> - dean, and the queue of the night, as the night would have written them."""
    home = tmp_path_factory.mktemp("rooms")
    world = network_world.Network()
    world.child("ella", police_risk="HIGH")
    world.person(HOSTILE)
    world.person("dean")
    world.tie("ella", HOSTILE, 0.5)
    world.tie(HOSTILE, "dean", 0.5)
    world.report("R1", {"dean": "SUSPECT"})
    known = world.known(spark)
    walk = risk_scores.walk(known, network_world.RULES)
    nothing = spark.createDataFrame([], risk.NETWORK_RISK.struct())
    rows = risk_scores.rows(walk, nothing, risk_scores.Without(None, None)).persist()
    chosen = network_queue.chosen(rows, known.decisions, {"*": 10}, **network_world.ORDER)
    items = network_queue.queue_items(
        risk_scores.left_out(walk, chosen), known.reports, world.night,
        provenance.Provenance({"gold.edges": 1}, "c", "h"),
    )  # fmt: skip
    event = tables.frame(
        spark, network.ENTITY_EVENTS,
        {"night": world.night, "kind": "MERGE", "entities_after": ["dean"], "left_record": "36:dean",
         "right_record": "37:deane", "match_weight": 9.5, "waterfall": '{"name": 5.0, "born_on": 4.5}',
         "reason": "one person"},
    )  # fmt: skip
    ctx = RunContext(settings.load(home))
    ctx.__dict__["spark"] = spark
    for table, frame in (
        (network.ENTITIES, known.entities), (network.EDGES, known.edges), (risk.RISK_SEEDS, walk.seeds),
        (risk.NETWORK_RISK, rows), (gold.QUEUE_ITEMS, items), (network.ENTITY_EVENTS, event),
    ):  # fmt: skip
        folder = home / "lakehouse" / table.layer / table.noun
        table.conform(frame).coalesce(1).write.format("delta").save(str(folder))
    return notebook.NotebookSession("test", ctx)


def test_a_childs_paths_timeline_and_what_would_change_it(session: notebook.NotebookSession):
    shown = review_network_risk.open_queue(session, "children", reviewer="analyst")
    item = shown.pick()
    assert item is not None
    assert item["subject_id"] == "ella"
    page = queue_page.header(shown) + queue_page.table(shown, item)
    page += review_network_risk.open_subject(shown, item) + review_network_risk.timeline(shown, item)
    what_if = review_network_risk.what_if(shown, item)
    assert "HIGH" in page
    assert "path 1: 0.200 = seed 0.80" in html.unescape(page)
    assert "36:R1" in page
    assert "0.000" in what_if
    assert "<script" not in page + what_if
    actions = [e["on_what"] for e in session.ctx.audit.entries() if e["action"] == "consultation"]
    assert any(what.startswith("gold.network_risk children ella") for what in actions)
    refused = queue_page.decide(shown, item, "TAG_ADDED")
    assert "is no outcome of this queue" in refused
    assert "Recorded: REFER" in queue_page.decide(shown, item, "REFER", free_text="strategy meeting")
    assert len(list(session.ctx.inbox.pending())) == 1


def test_a_subject_its_neighbourhood_ways_and_merges(session: notebook.NotebookSession):
    opened = subject_network.open_subject(session, "dean", who="analyst", depth=2)
    assert opened is not None
    assert {name: node["distance"] for name, node in opened.nodes.items()} == {"dean": 0, HOSTILE: 1, "ella": 2}
    page = (
        subject_network.header(opened)
        + subject_network.picture(opened)
        + subject_network.between(opened, "ella")
        + subject_network.events(opened)
    )
    assert "<script" not in page
    assert "0.250" in page  # the way dean - x - ella: 0.5 x 0.5
    assert "name +5.0" in page
    first = subject_network.open_subject(session, "", who="analyst")
    assert first is not None
    assert first.entity_id == "ella"  # the first of the queue of children
    with pytest.raises(LookupError, match="no entity"):
        subject_network.open_subject(session, "nobody", who="analyst")
    with pytest.raises(ValueError, match="depth"):
        subject_network.open_subject(session, "dean", who="analyst", depth=4)


def test_a_list_of_groups_is_imported_and_bad_rows_are_refused(session: notebook.NotebookSession, tmp_path: Path):
    file = tmp_path / "ocg.csv"
    file.write_text(
        "ocg_ref,person_id\nOCG/1,36:N1\nOCG/1,36:N1\n=cmd(),36:N2\nOCG/2,nobody\nOCG/2,37:N3\n", encoding="utf-8"
    )
    found = ocg_list.load(session.ctx, file, date(2026, 3, 14))
    assert found == {"loaded": 2, "groups": 2, "refused": 3}
    file.write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no columns"):
        ocg_list.load(session.ctx, file, date(2026, 3, 14))
