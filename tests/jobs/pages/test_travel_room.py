"""What people see of travel and of leads: listing search, reading rooms, the profile. Logged before shown, masked data
never."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import docx
import pytest
from pyspark.sql import SparkSession

from jobs.pages import notebook, queue_page, review_comms_leads
from jobs.pages import travel as pages_travel
from jobs.profile import profile
from jobs.research import flights
from jobs.runtime import audit, context, settings
from tests.support import travel_rows

SEARCH = {"origin": None, "destination": None, "carrier": None, "night": None, "limit": 10, "reviewer": "a.analyst"}


class Session(notebook.NotebookSession):
    """A session whose page is kept instead of shown."""


@pytest.fixture(scope="module")
def home(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("travel")
    travel_rows.write(spark, folder)
    return folder


@pytest.fixture
def ctx(spark: SparkSession, home: Path, tmp_path: Path) -> context.RunContext:
    made = context.RunContext(settings.load(home))
    made.__dict__["spark"] = spark
    made.__dict__["audit"] = audit.Audit(tmp_path / "log")
    return made


def _logged(ctx: context.RunContext) -> list[tuple[str, str]]:
    return [(entry["action"], entry["on_what"]) for entry in ctx.audit.entries()]


def test_search_is_in_uk_local_time_and_logged(ctx: context.RunContext) -> None:
    # It lands at 01:30 UTC on 29 March, which is 02:30 by the clock that went forward half an hour before.
    day = dt.date(2026, 3, 29)
    (row,) = flights.search(ctx, **{**SEARCH, "destination": "nwi"}, first=day, last=day)
    assert row["lands"] == "2026-03-29 02:30"
    assert row["leaves"] == "2026-03-28 22:40"
    assert "2026-03-29 02:30" in flights.text([row])
    assert _logged(ctx)[0][0] == "consultation"
    assert not flights.search(ctx, **{**SEARCH, "carrier": "Z3"}, first=day, last=day)


def test_search_refuses_what_is_no_code(ctx: context.RunContext) -> None:
    day = dt.date(2026, 3, 29)
    with pytest.raises(ValueError, match="IATA"):
        flights.search(ctx, **{**SEARCH, "origin": "' OR 1=1"}, first=day, last=day)
    with pytest.raises(ValueError, match="before"):
        flights.search(ctx, **SEARCH, first=day, last=day - dt.timedelta(days=1))
    assert not flights.search(ctx, **{**SEARCH, "carrier": "' OR '1'='1"}, first=day, last=day)


def test_the_reading_room_shows_names_as_text(ctx: context.RunContext) -> None:
    session = Session("test", ctx)
    opened = pages_travel.open_queue(session, night="", force="", reviewer="a.analyst")
    item = opened.pick()
    page = "".join(
        (queue_page.header(opened), pages_travel.arrivals(opened), queue_page.table(opened, item),
         pages_travel.open_match(opened, item), queue_page.next_steps(opened))
    )  # fmt: skip
    assert "<img" not in page
    assert "&lt;img" in page
    assert "Sun 29 Mar 2026 02:30" in page
    assert opened.opened_at is not None
    assert sum(action == "consultation" for action, _ in _logged(ctx)) >= 4


def test_a_lead_is_shown_with_the_events_behind_it_and_no_masked_one(ctx: context.RunContext) -> None:
    opened = review_comms_leads.open_queue(Session("test", ctx), night="", force="", reviewer="a.analyst")
    item = opened.pick(travel_rows.LEAD)
    table, lead = queue_page.table(opened, item), review_comms_leads.open_lead(opened, item)
    page = queue_page.header(opened) + table + lead + queue_page.next_steps(opened)
    assert "<img" not in page
    assert "&lt;img" in table
    assert "deal line" in table
    assert "+4.50" in lead
    assert lead.count("<title>") == 2  # one for each of the two events
    assert "Sat 07 Mar 21:00 VOICE +447700900123 to +447700900456" in lead
    assert "+447700900888" not in page  # excess
    assert "+447700900999" not in page  # a protected profession
    assert opened.opened_at is not None
    assert any(what.endswith(f"of lead {travel_rows.LEAD}") for _, what in _logged(ctx))


def test_events_are_placed_by_the_clock_on_the_wall() -> None:
    """01:30 UTC on 29 March 2026 is 02:30 in London, where the clocks went forward half an hour before."""
    event = {"started_at": dt.datetime(2026, 3, 29, 1, 30), "type": "SMS", "a_number": None, "b_number": "<b>"}
    picture = review_comms_leads.events_picture([event], ZoneInfo("Europe/London"))
    assert "Sun 29 Mar 02:30 SMS withheld to &lt;b&gt;" in picture
    assert "no event is held" in review_comms_leads.events_picture([], ZoneInfo("Europe/London"))


def test_a_profile_is_logged_then_written_without_masked_data(ctx: context.RunContext, tmp_path: Path) -> None:
    files = profile.write(
        ctx, travel_rows.SUBJECT, night=None, reader="a.analyst", whom="DS Hale", why="meeting", out=tmp_path / "out"
    )
    assert [action for action, _ in _logged(ctx)] == ["consultation", "combination", "disclosure"]
    page = files[0].read_text(encoding="utf-8")
    opened = docx.Document(io.BytesIO(files[1].read_bytes()))
    words = page + " ".join(cell.text for table in opened.tables for row in table.rows for cell in row.cells)
    assert "+447700900456" in words
    assert "events between their telephones" in words  # the child's episode overlaps a call
    for masked in ("+447700900888", "+447700900999", "event-3", "event-4"):
        assert masked not in words
    assert "<img" not in page
    again = profile.write(
        ctx, travel_rows.SUBJECT, night=None, reader="b.other", whom="DS Hale", why="", out=tmp_path / "again"
    )
    assert [f.read_bytes() for f in files] == [f.read_bytes() for f in again]


def test_no_log_no_profile(ctx: context.RunContext, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("a file where the log's folder should be")
    ctx.__dict__["audit"] = audit.Audit(broken / "log")
    with pytest.raises(audit.AuditError):
        profile.write(ctx, travel_rows.SUBJECT, night=None, reader="a", whom="b", why="", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nobody_of_that_id(ctx: context.RunContext, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="No record"):
        profile.write(ctx, "36:N404", night=None, reader="a", whom="b", why="", out=tmp_path)
    assert json.dumps(_logged(ctx)).count("consultation") == 1  # the question is logged, though nothing was found
