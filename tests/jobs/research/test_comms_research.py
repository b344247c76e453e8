"""Bulk research as people run it: logged first, a workbook that is safe to open, a page that runs nothing."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyspark.sql import SparkSession

from jobs.pages import comms_research as pages_comms_research
from jobs.pages import comms_svg, notebook
from jobs.research import comms as research_comms
from jobs.runtime import audit, context, settings
from pipelines.comms import access, identifiers
from schemas import silver
from tests.support import telephony

NIGHT = dt.date(2026, 1, 5)
N = telephony.number
HOSTILE = '=HYPERLINK("http://x","y")'


@pytest.fixture(scope="module")
def ctx(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> context.RunContext:
    """A lakehouse of a few calls between numbers 1, 2 and 3, and one that may not be shown."""
    home = tmp_path_factory.mktemp("home")
    made = context.RunContext(settings.load(home))
    made.__dict__["spark"] = spark
    rows = [
        telephony.event("2025-12-01T10:00:00", N(1), N(2), first_cell="A"),
        telephony.event("2025-12-02T11:00:00", N(1), N(3), type="SMS", first_cell="B"),
        telephony.event("2025-12-03T12:00:00", N(2), N(3), first_cell="A"),
        telephony.event("2025-12-03T12:30:00", N(1), N(666), is_excess=True),
    ]
    tonight = {"night": NIGHT.isoformat()}
    made.lake.replace(telephony.events(spark, rows), silver.COMMS_EVENTS, tonight)
    made.lake.replace(telephony.authorisations(spark), silver.COMMS_AUTHORISATIONS, tonight)
    holder = {"number": N(1), "name": HOSTILE, "from_on": dt.date(2024, 1, 1)}
    made.lake.replace(telephony.subscribers(spark, holder), silver.COMMS_SUBSCRIBERS, tonight)
    cells = [{"cell": "A", "latitude": 52.6, "longitude": 1.3}, {"cell": "B", "latitude": 52.7, "longitude": 1.3}]
    made.lake.replace(telephony.cells(spark, *cells), silver.COMMS_CELLS, tonight)
    return made


def logged(ctx: context.RunContext) -> list[dict[str, Any]]:
    lines = [
        line
        for path in sorted(ctx.settings.log_folder.glob("processing.jsonl"))
        for line in path.read_text().splitlines()
    ]
    return [json.loads(line) for line in lines]


def test_a_list_becomes_tables_and_a_workbook(ctx: context.RunContext) -> None:
    ctx.__dict__["audit"] = audit.Audit(ctx.settings.log_folder)
    found = research_comms.run(ctx, [N(1), N(2), "nobody?!"], NIGHT, who="a.analyst", why="Op Trial")
    assert (found.n_identifiers, found.unread, found.n_events) == (2, 1, 3)
    assert set(found.rows) == set(research_comms.TABLES)
    assert (found.rows["summary"], found.rows["common_contacts"], found.rows["holders"]) == (2, 1, 1)
    tables = {path.stem for path in found.folder.glob("*.parquet")}
    assert tables == set(research_comms.TABLES)
    entries = logged(ctx)
    assert [e["action"] for e in entries] == ["consultation", "combination", "disclosure"]
    assert {e["why"] for e in entries} == {"Op Trial"}
    assert found.workbook is not None
    book = openpyxl.load_workbook(found.workbook)
    assert book.sheetnames == list(research_comms.TABLES)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert HOSTILE in {cell.value for cell in cells}
    assert N(666) not in str([cell.value for cell in cells])
    assert {sheet["A1"].value for sheet in book} == {"OFFICIAL-SENSITIVE"}
    again = research_comms.run(ctx, [N(2), N(1)], NIGHT, who="a.analyst", why="Op Trial")
    assert again.folder == found.folder


def test_nothing_is_read_where_the_look_cannot_be_logged(ctx: context.RunContext, tmp_path: Path) -> None:
    class Refusing:
        def append(self, *_: Any, **__: Any) -> None:
            raise audit.AuditError("the log cannot be written")

    ctx.__dict__["audit"] = Refusing()
    with pytest.raises(audit.AuditError):
        research_comms.run(ctx, [N(1)], NIGHT, who="a.analyst", why="x", out=tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(LookupError, match="no number"):
        research_comms.run(ctx, ["??"], NIGHT, who="a.analyst", why="x", out=tmp_path)


class Session(notebook.NotebookSession):
    """A session whose page is kept instead of shown."""

    page = ""

    def show(self, *parts: str) -> None:
        self.page += "".join(parts)


def test_the_page_shows_a_few_identifiers(ctx: context.RunContext, tmp_path: Path) -> None:
    ctx.__dict__["audit"] = audit.Audit(tmp_path / "log")
    session = Session("test", ctx)
    look = pages_comms_research.open_list(session, identifiers=f"{N(1)}, {N(2)}", reviewer="a.analyst", why="Op Trial")
    assert look.night == NIGHT
    assert look.subjects == [N(1), N(2)]
    session.show(
        pages_comms_research.header(look),
        pages_comms_research.timeline(look),
        pages_comms_research.heat_map(look),
        pages_comms_research.network(look),
    )
    session.show(pages_comms_research.route_map(look), pages_comms_research.table(look, "holders", {"name": "Holder"}))
    assert session.page.count("<svg") == 4
    assert N(3) in session.page
    assert N(666) not in session.page
    assert "=HYPERLINK(&#34;" in session.page
    suggested = pages_comms_research.open_list(session, reviewer="a.analyst")
    assert suggested.is_suggested
    assert suggested.subjects[0] == N(1)


def test_a_shared_contact_is_drawn_however_seldom_it_is_called(
    ctx: context.RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx.__dict__["audit"] = audit.Audit(tmp_path / "log")
    monkeypatch.setattr(pages_comms_research, "TOP", 0)
    look = pages_comms_research.open_list(
        Session("test", ctx), identifiers=f"{N(1)}, {N(2)}", reviewer="a.analyst", why="Op Trial"
    )
    assert {(row["subject"], row["other"]) for row in look.rows["contacts"]} == {
        (N(1), N(2)), (N(2), N(1)), (N(1), N(3)), (N(2), N(3)),
    }  # fmt: skip
    assert N(3) in pages_comms_research.network(look)


def test_pictures_escape_what_they_show() -> None:
    bad = "<script>alert(1)</script>"
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    pictures = [
        comms_svg.timeline([{"subject": bad, "day": dt.date(2026, 1, 1), "n": 3}], [bad]),
        comms_svg.route_map([{"subject": bad, "at": at, "latitude": 52.0, "longitude": 1.0}], [bad]),
        comms_svg.network([{"subject": s, "other": bad + "2", "n": 1} for s in (bad, "b")], [bad, "b"]),
        comms_svg.heat_map([{"weekday": 1, "hour": 3, "n": 2}]),
    ]  # fmt: skip
    assert all("<script" not in picture and picture.startswith("<svg") for picture in pictures)
    assert "alert(1)&lt;/script&gt;" in pictures[0]


def test_a_handset_that_a_later_version_corrected_is_not_found_by_the_old_one(spark: SparkSession) -> None:
    wrong, right = "490154203237518", "356938035643809"
    first = telephony.event("2025-12-01T12:00:00", N(8), N(9), imei=wrong, night=NIGHT)
    corrected = {**first, "imei": right, "night": NIGHT + dt.timedelta(days=1)}
    table, granted = telephony.events(spark, [first, corrected]), telephony.authorisations(spark)
    wanted, _ = identifiers.read([wrong])
    (before,) = access.usable(research_comms.about(table, wanted), granted, NIGHT).collect()
    (since,) = access.usable(research_comms.about(table, wanted), granted, corrected["night"]).collect()
    assert (before.imei, since.imei) == (wrong, right)


def test_a_long_list_finds_what_a_short_one_finds(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    handset, sim = "490154203237518", "001010123456789"
    rows = [
        telephony.event("2025-12-01T10:00:00", N(1), N(2)),
        telephony.event("2025-12-01T11:00:00", N(8), N(1)),
        telephony.event("2025-12-01T12:00:00", N(8), N(9), imei=handset),
        telephony.event("2025-12-01T13:00:00", N(8), N(9), imsi=sim),
        telephony.event("2025-12-01T14:00:00", N(1), N(2), imei=handset, imsi=sim),  # named four times
        telephony.event("2025-12-01T15:00:00", N(8), N(9)),
        telephony.event("2025-12-01T16:00:00", None, N(9)),
    ]
    events = telephony.events(spark, rows)
    wanted, _ = identifiers.read([N(1), N(2), handset, f"imsi:{sim}"])
    short = sorted(research_comms.about(events, wanted).collect())
    monkeypatch.setattr(research_comms, "SHORT", 3)
    found = research_comms.about(events, wanted)
    assert found.columns == events.columns
    assert sorted(found.collect()) == short
    assert {row.started_at.hour for row in short} == {10, 11, 12, 13, 14}
