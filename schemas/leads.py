"""Leads in communications data: patterns that are a reason to look, with the events behind them."""

from __future__ import annotations

from schemas.contract import DATE, DOUBLE, INSTANT, LONG, STRING, Column, Table, array, required, struct

DETECTORS: dict[str, str] = {
    "deal_line": "bursts of texts to many that are answered at once, from more than one town",
    "successor": "a number that took over when another fell silent",
    "swap": "one handset with several SIMs, or one number in several handsets",
    "two_phones": "two phones that are never seen apart",
    "night_place": "a second place where a phone rests at night, come back to",
    "common_contact": "a number in no record that several suspects are in contact with",
    "missing_overlap": "a child missing when a line is in town",
}
FACTOR = struct(text=STRING, weight=DOUBLE)

COMMS_LEADS = Table(
    path="gold.comms_leads",
    doc="Leads in communications data as of the night. Each is a calculation and a reason to look, never a fact.",
    key=("night", "lead_id"),
    columns={
        "night": required(DATE, "night"),
        "lead_id": required(STRING, "stable: the same question keeps its id", pattern="[0-9a-f]{16}"),
        "detector": required(STRING, "pattern", among=tuple(DETECTORS)),
        "force": required(STRING, "force of the listed people tied to it; the regional unit where there are none"),
        "subject_id": required(STRING, "person and numbers it is about", is_personal=True),
        "numbers": required(array(STRING), "numbers it is about, E.164", is_personal=True),
        "person_ids": required(array(STRING), "listed people it is about"),
        "evidence": required(DOUBLE, "log likelihood ratio against the reference population", unit="nats"),
        "score": required(DOUBLE, "calibrated probability that the pattern is there", minimum=0, maximum=1),
        "score_low": required(DOUBLE, "lower end of the interval", minimum=0, maximum=1),
        "score_high": required(DOUBLE, "upper end of the interval", minimum=0, maximum=1),
        "factors": required(array(FACTOR), "parts of the evidence in words, with their nats", is_personal=True),
        "event_ids": required(array(STRING), "events of silver.comms_events behind it, at most twelve"),
        "n_events": required(LONG, "events or blocks that were counted", minimum=0),
        "first_at": required(INSTANT, "first of what it rests on, UTC"),
        "last_at": required(INSTANT, "last of what it rests on, UTC"),
        "latitude": Column(DOUBLE, "place, WGS 84", minimum=-90, maximum=90, unit="degrees"),
        "longitude": Column(DOUBLE, "place, WGS 84", minimum=-180, maximum=180, unit="degrees"),
        "radius_m": Column(DOUBLE, "the place lies within", minimum=0, unit="metres"),
        "statement": required(STRING, "what a person reads", is_personal=True),
    },
    partition_by=("night",),
    checks={"has_event": "size(event_ids) >= 1"},
)

TABLES = (COMMS_LEADS,)
