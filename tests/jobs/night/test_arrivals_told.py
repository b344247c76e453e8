"""What a person reads of senders that did not send what was expected, and of files that are not whole."""

from __future__ import annotations

from datetime import date

from jobs.night import summary
from jobs.pages import queue_health

CONCERN = {"sender": "norfolk", "feed": "reports", "is_missing": True, "why": "nothing came; due daily"}
WAITING = {"file": "norfolk/reports/2026-03-16/a.csv", "why": "written to 5 s before the night began"}
REPORT = {
    "night": "2026-03-16", "senders": [], "refused_layouts": {}, "quarantine": [], "n_queue_items": 0, "model": None,
    "queue": [], "table": "t", "n_decisions": 0, "home": "h", "values": [],
}  # fmt: skip


def test_the_summary_names_who_is_missing_and_what_is_left() -> None:
    said = summary.text({**REPORT, "concerns": [CONCERN], "waiting": [WAITING]})
    assert "not as expected\n  norfolk/reports: nothing came; due daily\n" in said
    assert "left for the next night: not known to be whole\n  norfolk/reports/2026-03-16/a.csv: written to 5 s" in said
    again = summary.text({**REPORT, "again": [WAITING["file"]], "concerns": [{**CONCERN, "feed": ""}]})
    assert "sent again with other content: read as of tonight\n  norfolk/reports/2026-03-16/a.csv\n" in again
    assert "\n  norfolk: nothing came; due daily\n" in again
    assert not {"not as expected", "sent again"} & set(summary.text(REPORT).splitlines())


def test_the_page_of_the_queues_health_names_who_is_missing() -> None:
    health = queue_health.Health(date(2026, 3, 16), "OFFICIAL", [], [], [])
    assert "Not as expected" not in str(queue_health.header(health))
    health.concerns = ["norfolk/reports: nothing came; due daily"]
    assert "Not as expected: norfolk/reports: nothing came; due daily." in str(queue_health.header(health))
