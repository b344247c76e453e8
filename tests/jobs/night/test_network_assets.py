"""The network's assets over two nights: written, kept, undone by an analyst, logged, and the same when run again."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from pyspark.sql import SparkSession

from jobs.night.assets import network as network_assets
from jobs.research import entity_events
from jobs.runtime import lakehouse
from jobs.runtime.context import RunContext
from schemas import bronze, network, silver
from tests.support import notebook_world, tables
from tests.support import whole_nights as nights

pytestmark = [pytest.mark.spark, pytest.mark.slow]

FIRST = tables.NIGHT
SECOND, THIRD = FIRST + timedelta(days=1), FIRST + timedelta(days=2)
AT = datetime(2026, 1, 5, 15, tzinfo=UTC)


def person(person_id: str, night: date = FIRST, **given: Any) -> dict[str, Any]:
    ella = {"forename": "ELLA", "surname": "ASHWORTH", "born_on": date(2011, 5, 4), "phone": "+447700900001"}
    return {"night": night, "person_id": person_id, "force": person_id[:2], **ella, "postcode": "NR1 1IA", **given}


def materialise(ctx: RunContext, night: date) -> dg.ExecuteInProcessResult:
    resource = dg.ResourceDefinition.hardcoded_resource(ctx)
    return dg.materialize(network_assets.ALL, resources={"ctx": resource}, partition_key=night.isoformat())


@pytest.fixture(scope="module")
def ctx(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    made = nights.ctx(tmp_path_factory.mktemp("network"))
    other = {"forename": "DEAN", "surname": "PIKE", "born_on": date(1988, 1, 9), "phone": "+447700900009"}
    people = [person("36:N1"), person("37:N7", forename="ELLIE"), person("36:N2", **other), person("36:N3", SECOND)]
    report = {"night": FIRST, "report_id": "36:R1", "text_hash": "0" * 64, "items": [(1, "t", "1", "A")],
              "created_at": AT, "intelligence_on": FIRST, "provenance": ("", "1", "A"),
              "handling_code": "P"}  # fmt: skip
    links = [{"night": FIRST, "report_id": "36:R1", "person_id": p, "role": r}
             for p, r in (("36:N1", "VICTIM"), ("36:N2", "SUSPECT"), ("36:NOBODY", "WITNESS"))]  # fmt: skip
    home = made.settings.home
    for table, rows in ((silver.PEOPLE, people), (silver.REPORTS, [report]), (silver.REPORT_PEOPLE, links)):
        notebook_world.save(spark, home, table, rows)
    assert materialise(made, FIRST).success
    return made


def read(ctx: RunContext, table: Any, night: date) -> list[dict[str, Any]]:
    rows = ctx.lake.read(table).where(f"night = '{night}'").collect()
    return [row.asDict(recursive=True) for row in rows]


def ids(ctx: RunContext, night: date) -> dict[str, str]:
    return {r["record_id"]: r["entity_id"] for r in read(ctx, network.ENTITY_MEMBERS, night) if r["kind"] == "PERSON"}


def test_the_network_of_a_night(ctx: RunContext):
    found = ids(ctx, FIRST)
    assert found["36:N1"] == found["37:N7"] != found["36:N2"]
    entities = {r["entity_id"]: r for r in read(ctx, network.ENTITIES, FIRST)}
    ella = entities[found["36:N1"]]
    assert (ella["forces"], ella["n_records"], ella["is_child"]) == (["36", "37"], 2, True)
    edges = read(ctx, network.EDGES, FIRST)
    named = [e for e in edges if e["kind"] == "NAMED_TOGETHER"]
    assert [e["strength"] for e in named] == [pytest.approx(0.6)]
    assert {e["from_id"] for e in edges} | {e["to_id"] for e in edges} <= set(entities)
    logged = [json.loads(line) for line in (ctx.settings.log_folder / "processing.jsonl").read_text().splitlines()]
    combined = [entry for entry in logged if entry["action"] == "combination"]
    assert len(combined) == 2
    assert combined[0]["counts"]["events_merge"] == 1
    assert combined[1]["counts"]["NAMED_TOGETHER DANGLING"] == 2


def test_a_night_run_again_is_the_same_night(ctx: RunContext):
    before = {t.path: (lakehouse.content_hash(ctx.lake.read(t)), ctx.lake.version(t)) for t in network.NIGHTLY}
    assert materialise(ctx, FIRST).success
    after = {t.path: (lakehouse.content_hash(ctx.lake.read(t)), ctx.lake.version(t)) for t in network.NIGHTLY}
    assert after == before


def test_an_analyst_takes_a_merge_back_and_it_stays_so(ctx: RunContext):
    (merge,) = entity_events.listed(ctx, FIRST, None, 10, "a.analyst")
    assert "match weight" in entity_events.text([merge])
    entity_events.undo(ctx, merge["event_id"], reviewer="a.analyst", why="two sisters", decided_at=AT)
    (ctx.settings.undo / "broken.json").write_text("{")
    assert materialise(ctx, SECOND).success
    first, second = ids(ctx, FIRST), ids(ctx, SECOND)
    assert second["36:N1"] == first["36:N1"] != second["37:N7"]
    assert second["36:N2"] == first["36:N2"]
    kinds = sorted(r["kind"] for r in read(ctx, network.ENTITY_EVENTS, SECOND))
    assert kinds == ["MERGE", "SPLIT", "UNDO"]  # the new record joins one of them
    refused = ctx.lake.read(bronze.QUARANTINE).where("stage = 'entities'").collect()
    assert [r.reason for r in refused] == ["UNDO_INVALID"]
    assert not list(ctx.settings.undo.glob("*.json"))
    assert materialise(ctx, SECOND).success  # a rerun finds what it took
    assert ids(ctx, SECOND) == second
    assert ids(ctx, FIRST) == first  # the graph of the past night is as it was known then


def test_an_undo_of_what_never_happened_is_refused(ctx: RunContext):
    with pytest.raises(LookupError):
        entity_events.undo(ctx, "f" * 16, reviewer="a.analyst", why="x", decided_at=AT)
