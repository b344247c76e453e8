"""One page for all queues: what a queue declares is what is shown, and nothing else differs."""

from __future__ import annotations

import dataclasses
import re

import pytest

from jobs.pages import queue_page, review_comms_leads, review_network_risk, review_reclassify, travel
from jobs.pages.device import finance_queue, keyword_queue, pack_queue
from tests.support import hostile_pages

PAGES = [review_reclassify.PAGE, travel.PAGE, review_comms_leads.PAGE, *review_network_risk.PAGES.values()]
OF_DEVICES = [keyword_queue.PAGE, finance_queue.PAGE, pack_queue.PAGE]  # a decision of theirs may need words
DETAILS = (
    "account",
    "app",
    "n_copies",
    "n_people",
    "n_sources",
    "purpose",
    "sender",
    "sent_at",
    "status",
    "submission_id",
    "to_force",
    "title",
    "police_risk",
    "listed_name",
    "recorded_name",
    "person_id",
    "role",
    "first_at",
    "last_at",
    "detector",
)


def _review(page: queue_page.QueuePage, *, is_blind: bool = False, **changes: object) -> queue_page.Review:
    row = hostile_pages.item("a word", details=dict.fromkeys(DETAILS, "a detail"), **changes)
    return hostile_pages.review(page, row, "a word", is_blind=is_blind)


def _headings(shown: str) -> list[str]:
    return re.findall(r"<th>([^<]*)</th>", shown)


@pytest.mark.parametrize("page", [*PAGES, *OF_DEVICES], ids=lambda page: page.queue)
def test_the_columns_stand_in_the_order_in_which_they_are_declared(page: queue_page.QueuePage) -> None:
    shown = queue_page.table(_review(page), None)
    assert _headings(shown) == [column.heading for column in page.columns]
    turned = dataclasses.replace(page, columns=page.columns[::-1])
    again = queue_page.table(_review(turned), None)
    assert _headings(again) == [column.heading for column in page.columns][::-1]
    assert sorted(re.findall(r"<td.*?</td>", again)) == sorted(re.findall(r"<td.*?</td>", shown))


@pytest.mark.parametrize("page", [*PAGES, *OF_DEVICES], ids=lambda page: page.queue)
def test_a_row_says_what_it_is_by_its_item_number_and_what_was_decided(page: queue_page.QueuePage) -> None:
    review = _review(page)
    shown = queue_page.table(review, None)
    assert shown.count('item <span class="mono">a word</span>') == 1
    assert '<tr class="done">' in shown
    assert '<span class="chip mine">' in shown
    assert '<tr class="open">' in queue_page.table(review, review.rows[0])
    review.rows.clear()
    assert "Nothing is queued" in queue_page.table(review, None)


def test_a_blind_page_has_the_columns_that_tell_no_score() -> None:
    shown = queue_page.table(_review(review_reclassify.PAGE, is_blind=True), None)
    assert _headings(shown) == ["Report", "Stratum"]
    assert "score" not in shown
    assert "chip up" not in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.queue)
def test_only_an_outcome_of_the_queue_is_taken(page: queue_page.QueuePage) -> None:
    review = _review(page)
    for outcome in page.outcomes:
        assert f"Recorded: {outcome}" in queue_page.decide(review, review.rows[0], outcome)
    assert "no outcome of this queue" in queue_page.decide(review, review.rows[0], "AGREED")
    is_about_reports = page.queue not in review_network_risk.PAGES
    assert ("TAG_ADDED" in page.outcomes) == is_about_reports  # no tag can be added to a person or place
    assert review.rows[0]["item_id"] in review.handed_in


def test_words_that_are_kept_back_come_with_the_opened_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile_pages.SETTINGS.exposure, "is_text_masked", True)
    review = _review(review_reclassify.PAGE)
    review.waiting.clear()
    covered, opened = queue_page.table(review, None), queue_page.table(review, review.rows[0])
    assert "(shown when opened)" in covered
    assert "reasons, shown when opened" in covered
    assert "(shown when opened)" not in opened
    assert "chip up" not in covered
    assert "chip up" in opened
