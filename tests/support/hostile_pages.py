"""Every page, with one text in every field that holds text, so that what a text does to a page can be looked at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import nbformat

from jobs.pages import (
    comms_research,
    compare_models,
    markup,
    network_svg,
    queue_health,
    queue_page,
    rendering,
    report_html,
    review_comms_leads,
    review_network_risk,
    review_reclassify,
    subject_network,
    travel,
)  # fmt: skip
from jobs.pages import html as pages_html
from jobs.pages.device import finance_queue, keyword_queue, submission_page
from jobs.profile import html as profile_html
from jobs.profile import model as profile_model
from schemas import silver
from tests.support import deciding, tables

NIGHT = date(2026, 3, 14)
AT = datetime(2026, 3, 10, 21, 30)
LINEAGE = {"_file_hash": "ab" * 32, "_row_number": 7}
SETTINGS = SimpleNamespace(
    exposure=SimpleNamespace(is_text_masked=False, cap_per_reviewer=50),
    schedule=SimpleNamespace(time_zone="Europe/London"),
)


def item(text: str, **changes: Any) -> dict[str, Any]:
    """A row of a queue in which every text is `text`, with reasons of each kind."""
    reason = {"text": text, "source_table": text, "source_id": None, "start": 0, "end": 4}
    made = deciding.item(
        1, force=text, subject_id=text, stratum=text, item_id=text, model_name=text, model_version=text,
        subject_kind=text, code_commit=text, config_hash=text, person_ids=[text],
    )  # fmt: skip
    kinds = [("term", 0.5), ("term", -0.2), ("flag", None), ("rule", None), ("rule", 0.7), (text, 0.1)]
    made |= {
        "reasons": [{**reason, "kind": kind, "weight": weight} for kind, weight in kinds],
        "source_rows": [{"table": text, "id": text, "file": text, "row_number": 1, "file_hash": text}],
        "table_versions": {text: 1},
        "is_text_changed": True,
        "is_suspected_false": True,
        "title": text,
        "tags": [text],
    }
    return {**made, **changes}


def review(page: queue_page.QueuePage, row: dict[str, Any], text: str, *, is_blind: bool = False) -> queue_page.Review:
    """A reviewer before a queue of one row, which is decided, and stands for a near-duplicate."""
    session: Any = SimpleNamespace(ctx=SimpleNamespace(settings=SETTINGS), decide=lambda *args, **given: text,
                                   clear_widget=lambda name: None)  # fmt: skip
    member = {"shown_item_id": text, "item_id": text, "subject_id": text, "similarity": 0.9}
    counts = [{"force": text, "stratum": text, "n": 1}]
    return queue_page.Review(
        page, session, page.queue, NIGHT, None, text, is_blind, [row], counts, [member], {text: text}, set(),
        opened_at=AT,
    )  # fmt: skip


def queue(page: queue_page.QueuePage, row: dict[str, Any], text: str) -> markup.Html:
    """All of a page that is the same in every queue."""
    shown = review(page, row, text)
    return markup.join(
        queue_page.header(shown), queue_page.table(shown, row), queue_page.table(shown, None),
        queue_page.table(review(page, row, text, is_blind=True), row),
        queue_page.decide(shown, row, text), queue_page.decide(shown, row, "REFER"), queue_page.next_steps(shown),
        queue_page.trace(row),
    )  # fmt: skip


def reports(text: str) -> markup.Html:
    row = item(text, reasons=item(text)["reasons"][:3])
    graded = {"text": text, "source": text, "intelligence": text}
    report = tables.row(silver.REPORTS, urn=text, text=f"{text}\n{text}", title=text, originator=text)
    report |= {"items": [{"n": 1, **graded}], "provenance": graded, "tags": [text], "handling_conditions": text}
    report |= {"action_code": text, "sanitisation_code": text, "handling_code": text, "text_hash": row["text_hash"]}
    report |= {"force": text, "scheme": text, "marking": text, "is_immunity_claimed": True}
    changed = {**report, "text_hash": text, "title": None}
    person = {"forename": text, "surname": text, "born_on": NIGHT, "person_id": text, "role": text}
    people = [{**person, "investigations": [text, text]}]
    shown = review(review_reclassify.PAGE, row, text)
    return markup.join(
        queue(review_reclassify.PAGE, row, text), review_reclassify.summary(shown),
        review_reclassify.one_report(shown, row, report, people),
        review_reclassify.one_report(shown, row, changed, []), report_html.people([]),
    )  # fmt: skip


def path(text: str) -> dict[str, Any]:
    ids = [f"{text}{n}" for n in range(3)]
    link = {"kinds": [text], "strength": 0.5, "first_at": AT - timedelta(days=9), "last_at": AT, "n": 2,
            "evidence_ids": [text]}  # fmt: skip
    links = [{**link, "near_id": a, "far_id": b} for a, b in ((ids[0], ids[1]), (ids[1], ids[2]))]
    seed = {"report_id": text, "role": text, "source": text, "intelligence": text, "basis": text, "weight": 0.5}
    return {
        "entity_ids": ids, "labels": [text] * 3, "kinds": [text] * 3, "links": links, "seed_reports": [seed],
        "weight": 0.2, "seed_risk": 0.8, "damping": 0.5,
    }  # fmt: skip


def network(text: str) -> markup.Html:
    names = ("title", "police_risk", "n_episodes_12_months", "degree", "direct", "last_episode_at", "forces", "change",
             "would_change", "score_before")  # fmt: skip
    row = item(text, details=dict.fromkeys(names, text))
    page = review_network_risk.PAGES["children"]
    return markup.join(
        queue(page, row, text), review_network_risk.subject(row, {"paths": [path(text)], "direct_paths": [path(text)]}),
        network_svg.timeline([path(text)], datetime(2026, 3, 14)),
    )  # fmt: skip


def leads(text: str) -> markup.Html:
    names = ("title", "detector", "numbers", "place", "first_at", "last_at", "evidence_nats")
    row = item(text, details=dict.fromkeys(names, text))
    event = {"started_at": AT, "type": text, "a_number": text, "b_number": text, "duration_s": 5.0, "first_cell": text,
             "own_number": text,
             "auth_urn": text, "_file": text, **LINEAGE}  # fmt: skip
    return markup.join(
        queue(review_comms_leads.PAGE, row, text), review_comms_leads.lead(row, [event], ZoneInfo("Europe/London"))
    )


def flights(text: str) -> markup.Html:
    names = ("title", "listed_name", "recorded_name", "person_id", "other_name", "role", "leaves", "lands")
    row = item(text, details={**dict.fromkeys(names, text), "passenger_id": f"{text}1", "other_id": f"{text}2"})
    leg = dict.fromkeys(("name", "document_no", "flight_no", "from_airport", "to_airport", "booking_ref", "seat",
                         "basis", "authority_ref", "_file"), text)  # fmt: skip
    leg |= {"born_on": NIGHT, "flight_on": NIGHT, "score": 0.5, "details": {"direction": text}, **LINEAGE}
    person = {**dict.fromkeys(("forename", "surname", "person_id", "phone", "_file"), text), "born_on": NIGHT}
    passengers = [{**leg, "passenger_id": f"{text}{n}"} for n in (1, 2)]
    shown = review(travel.PAGE, {**row, "stratum": "NEXT_ARRIVAL"}, text)
    return markup.join(
        queue(travel.PAGE, row, text), travel.arrivals(shown),
        travel.match(row, passengers, [{**person, **LINEAGE}], [leg, {**leg, "flight_on": date(2026, 3, 20)}]),
    )  # fmt: skip


def seized_device(text: str) -> markup.Html:
    session: Any = None
    file = {"file": text, "member": text, "status": "READ", "detail": text, "reason": "CUT", "stopped_byte": 7,
            "n_bytes": 9, "n_messages": 1, "n_loaded": 1, "n_duplicate": 0, "n_quarantined": 0}  # fmt: skip
    submission = {**dict.fromkeys(("submission_id", "authority", "purpose", "owner", "refused", "detail"), text),
                  "exhibits": [text]}  # fmt: skip
    opened = submission_page.Device(session, NIGHT, text, submission, [file], 1, 1, 1, 1)
    message = {**dict.fromkeys(("sender", "sender_name", "direction", "file", "member", "text"), text),
               "message_id": "m", "sent_at": AT, "byte_from": 1, "byte_to": 2,
               "attachments": [{"name": text, "type": text}],
               "is_deleted": True, "is_edited": True, "is_forwarded": True}  # fmt: skip
    chat = {"chat_name": text, "chat_id": text, "app": text, "members": [text], "n": 1, "n_deleted": 1, "first_at": AT,
            "last_at": None}  # fmt: skip
    account = {"kind": text, "value": text, "status": text, "is_repaired": True, "n_messages": 1, "names": [text],
               "told_by": [text], "first_file": text, "first_member": text, "first_byte": 1}  # fmt: skip
    names = ("sender", "sent_at", "app", "submission_id", "n_copies", "purpose", "n_people")
    row = item(text, details=dict.fromkeys(names, text))
    return markup.join(
        submission_page.header(opened), submission_page.what_was_read(opened),
        submission_page.conversations_table([chat]), submission_page.accounts_table([account]),
        submission_page.messages_table([message], text),
        submission_page.messages_table([message], opened="m", terms=row["reasons"]),
        queue(keyword_queue.PAGE, row, text), queue(finance_queue.PAGE, row, text),
    )  # fmt: skip


def subject(text: str) -> markup.Html:
    node = {"label": text, "kind": text, "marking": text, "is_seed": True}
    nodes = {f"{text}{n}": {**node, "entity_id": f"{text}{n}", "distance": n} for n in range(2)}
    link = {"kinds": [text], "strength": 0.5, "first_at": AT, "last_at": AT, "n": 2}
    links = [{**link, "near_id": f"{text}0", "far_id": f"{text}1"}]
    entity = {"entity_id": f"{text}0", "label": text, "kind": text, "born_on": NIGHT, "is_child": True,
              "forces": [text], "record_ids": [text], "marking": text}  # fmt: skip
    session: Any = None
    opened = subject_network.Subject(session, NIGHT, text, entity, 1, nodes, links, True)
    return markup.join(
        subject_network.header(opened), subject_network.picture(opened), subject_network.between(opened, f"{text}1"),
        subject_network.between(opened, f"{text}9"),
    )  # fmt: skip


def research(text: str) -> markup.Html:
    other = f"{text}2"
    cell = {"subject": text, "at": AT, "latitude": 52.6, "longitude": 1.3}
    columns = ("subject", "number", "name", "auth_urn", "operators")
    rows: dict[str, list[dict[str, Any]]] = {
        "summary": [{"subject": text, "n": 3}],
        "common_contacts": [{"other": other}],
        "days": [{"subject": text, "day": NIGHT, "n": 3}],
        "hours": [{"weekday": 3, "hour": 21, "n": 3}],
        "routes": [cell, {**cell, "latitude": 52.7}],
        "contacts": [{"subject": text, "other": other, "n": 3}, {"subject": f"{text}1", "other": other, "n": 1}],
        "holders": [dict.fromkeys(columns, text)],
    }
    session: Any = None
    look = comms_research.Look(session, NIGHT, text, [text, f"{text}1"], [text], True, rows)
    return markup.join(
        comms_research.header(look), comms_research.table(look, "holders", dict.fromkeys(columns, text)),
        comms_research.timeline(look), comms_research.heat_map(look), comms_research.route_map(look),
        comms_research.network(look),
    )  # fmt: skip


def comparison(text: str) -> markup.Html:
    figures = {name: 0.5 for name, _, _ in compare_models.FIGURES}
    names = [f"{text}{n}" for n in range(3)]
    candidate = {**figures, "family": text, "ap_is_tie": True, "recorded_average_precision": 0.5,
                 "adjudicated_average_precision": 0.4}  # fmt: skip
    found: dict[str, Any] = {
        "candidates": [{**candidate, "name": name} for name in names],
        "baselines": [names[2]], "lower_is_better": [], "registered": {"version": text, "candidate": names[0]},
        "refusals": [text], "not_installed": {text: text}, "parameters": {names[0]: {text: text}},
        "differences": {"corrected": [{"name": name, "behind": 0.1, "behind_low": -0.1, "behind_high": 0.2,
                                       "is_tie": False} for name in names]},
        "curves": {name: [(0.0, 1.0), (0.5, 0.7), (1.0, 0.1)] for name in names},
        "n_adjudicated": 3, "truth": {name: {} for name in names}, "hidden": {text: 3},
        "by_force": {name: [{"force": text, "positives": 3, "recall": 0.5}] for name in names},
        "spent": [{"candidate": text, "stage": text, "seconds": 1.5}], "refused": {text: [text]},
        "n_excluded": {text: 2}, "n_reports": 5, "n_positives": 2,
        **dict.fromkeys(("night", "data_version", "fold_hash", "code_commit", "config_hash", "seed", "run"), text),
    }  # fmt: skip
    session: Any = None
    compared = compare_models.Compared(session, found, 1)
    parts = (
        compare_models.header, compare_models.table, compare_models.differences, compare_models.curves,
        compare_models.transparency, compare_models.cost, compare_models.flips, compare_models.hidden,
        compare_models.forces, compare_models.spent, compare_models.verdict, compare_models.provenance,
    )  # fmt: skip
    return markup.join(*(part(compared) for part in parts))


def health(text: str) -> markup.Html:
    numbers = dict.fromkeys(
        ("target", "confidence", "recall_at_least", "n_found", "n_found_before", "n_missed_at_most", "n_population",
         "n_decided", "n_drawn", "n_drawn_decided", "n_drawn_found", "n_unknown", "n_later", "n_more_draws"), 1
    )  # fmt: skip
    certificate = {**numbers, "state": "CERTIFIED", "why": text, "frame_on": NIGHT, "night": NIGHT}
    figure = {"value": 0.5, "low": 0.2, "high": None, "n": 3}
    names = ("agreement", "kappa", "decided", "found", "per_find", "median_seconds", "over_cap", "blind_yield")
    figures = [{**figure, "figure": name, "force": text, "reviewer": who} for name in names for who in ("", text)]
    pooled = {**certificate, "force": queue_health.review.POOLED}
    shown = queue_health.Health(NIGHT, text, [pooled, {**certificate, "force": text}], [pooled], figures)
    shown.concerns = [text]
    counts = dict.fromkeys(("n_tagged", "n_untagged", "n_drawn", "n_drawn_csae", "n_other_csae", "times_low"), 3)
    shares = dict.fromkeys(("share", "share_low", "share_high", "times", "times_high", "p_value", "p_adjusted"), 0.01)
    shown.recorded = [{**counts, **shares, "force": text, "family": text, "state": "UNDER_RECORDED"}]
    parts = (queue_health.header, queue_health.certificates, queue_health.history, queue_health.agreement,
             queue_health.unscored, queue_health.recording, queue_health.exposure)  # fmt: skip
    return markup.join(*(part(shown) for part in parts))


def profile(text: str) -> str:
    source = profile_model.Source(text, text, text, 7)
    statement = profile_model.Statement((text, text), (source,), f"{text} {profile_model.CALCULATED}")
    sections = (
        profile_model.Section(text, (text, text), (statement,), text, {text: 3, f"{text}2": 1}),
        profile_model.Section(text, (text,), (), text, {}, text),
    )
    return profile_html.page(profile_model.Profile(text, text, text, text, (text,), sections, (text,), {text: text}))


def notebook(text: str) -> str:
    """A notebook's whole page: a title, an output of ours, what a cell printed and what it returned."""
    book = rendering.parse("# Databricks notebook source\nshow()\n")
    shown = markup.join(pages_html.style(), pages_html.banner(text), pages_html.block(text, pages_html.notice(text)))
    book.cells[0].outputs = [
        nbformat.v4.new_output("display_data", {"text/html": str(shown)}),
        nbformat.v4.new_output("stream", name="stdout", text=text),
        nbformat.v4.new_output("execute_result", {"text/plain": text}),
    ]
    return rendering.to_html(book, text)


PAGES = {
    "reports": reports, "network": network, "leads": leads, "travel": flights, "subject": subject,
    "device": seized_device,
    "research": research, "comparison": comparison, "queue health": health, "profile": profile, "notebook": notebook,
}  # fmt: skip
