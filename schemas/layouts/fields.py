"""What each feed can carry: our field names, the kind of value each takes, and which are required.

Layouts (`schemas.layouts.layouts`) map senders' columns to these fields; `pipelines.ingest.conform` reads values by
their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas import codes, ties
from schemas.programme import codes as programme


@dataclass(frozen=True)
class Field:
    """One of our fields in a feed: what kind of value it takes and whether a record is refused without it."""

    # text, narrative, name, address, reference, document, code, codes, boolean, date, instant, number, duration,
    # degrees, phone, party, imei, imsi, postcode, vehicle, identifier, marking
    kind: str
    is_required: bool = False
    among: tuple[str, ...] = ()  # national values, for codes
    is_strict: bool = False  # protects somebody, or other values are read by it: unreadable, it refuses the record
    needs_clock: bool = False  # an instant that a day alone does not tell
    is_open: bool = False  # a first day: a date that means nothing is "always so far", not an absent value


def _text(is_required: bool = False) -> Field:
    return Field("text", is_required)


def _reference(is_required: bool = False) -> Field:
    """A key of a sender's own: what other feeds of the same sender name it by."""
    return Field("reference", is_required)


def _code(*among: str, is_required: bool = False, is_strict: bool = False) -> Field:
    return Field("code", is_required, among, is_strict)


_FLAG = Field("boolean")
_AMENDED = Field("instant")  # when the sender last changed the record: of several of one night, the newest holds
_PROTECTING = Field("boolean", is_strict=True)
_NAME, _ADDRESS, _NARRATIVE = Field("name"), Field("address"), Field("narrative")

FIELDS: dict[str, dict[str, Field]] = {
    "reports": {
        "urn": _reference(True),
        "scheme": _code(*codes.SCHEMES, is_required=True),
        "marking": Field("marking", True, codes.MARKINGS),
        "originator": _text(),
        "intelligence_on": Field("date", True),
        "created_at": Field("instant"),
        "title": _NARRATIVE,
        "provenance_text": _NARRATIVE,
        "provenance_source": _text(),
        "provenance_intelligence": _text(),
        "provenance_grade": _text(),
        "handling_code": _text(True),
        "action_code": _text(),
        "sanitisation_code": _text(),
        "handling_conditions": _NARRATIVE,
        "is_immunity_claimed": _PROTECTING,
        "tags": Field("codes", False, codes.TAGS),
        "amended_at": _AMENDED,
    },
    "nominals": {
        "person_ref": _reference(True),
        "forename": _NAME,
        "surname": _NAME,
        "born_on": Field("date"),
        "sex": _code(*codes.SEXES),
        "self_defined_ethnicity": _code(*codes.SELF_DEFINED_ETHNICITIES, *codes.MIGRATED_ETHNICITIES),
        "officer_defined_ethnicity": _code(*codes.OFFICER_DEFINED_ETHNICITIES, *codes.UNKNOWN_OFFICER_DEFINED),
        "phone": Field("phone"),
        "address": _ADDRESS,
        "postcode": Field("postcode"),
        "vehicle": Field("vehicle"),
        "amended_at": _AMENDED,
    },
    "report_links": {
        "urn": _reference(True),
        "person_ref": _reference(True),
        "role": _code(*codes.ROLES, is_required=True),
    },
    "investigations": {
        "investigation_ref": _reference(True),
        "person_ref": _reference(True),
        "operation": _text(),
        "role": _code(*codes.ROLES, is_required=True),
        "status": _code(*codes.INVESTIGATION_STATUSES, is_required=True),
        "opened_on": Field("date", True),
        "closed_on": Field("date"),
        "amended_at": _AMENDED,
    },
    "missing_episodes": {
        "episode_ref": _reference(True),
        "person_ref": _reference(True),
        "reported_at": Field("instant", True),
        "last_seen_at": Field("instant"),
        "found_at": Field("instant"),
        "risk": _code(*codes.MISSING_RISKS, is_required=True),
        "care_status": _code(*codes.CARE_STATUSES),
        "is_cse_flagged": _FLAG,
        "is_cce_flagged": _FLAG,
        "found_postcode": Field("postcode"),
        "is_interview_offered": _FLAG,
        "is_interview_held": _FLAG,
        "amended_at": _AMENDED,
    },
    "associations": {
        "association_ref": _reference(),  # of a sender that has none, it is one by both people, kind and time
        "person_ref": _reference(True),
        "other_person_ref": _reference(True),
        "kind": _code(*ties.ASSOCIATION_KINDS, is_required=True),
        "happened_at": Field("instant"),
        "source_grade": _code(*codes.SOURCE_GRADES),
        "intelligence_grade": _code(*codes.INTELLIGENCE_GRADES),
        "amended_at": _AMENDED,
    },
    "identifiers": {
        "person_ref": _reference(True),
        "kind": _code(*ties.SENT_IDENTIFIER_KINDS, is_required=True),
        "platform": _text(),  # of a handle
        "value": Field("identifier", True),
        "first_at": Field("instant"),
        "last_at": Field("instant"),
        "amended_at": _AMENDED,
    },
    "journey_people": {
        "journey_ref": _reference(True),
        "person_ref": _reference(True),
        "departed_at": Field("instant", True),
    },
    "case_records": {
        "case_ref": _reference(True),
        "operation": _text(),
        "threat": _code(*programme.THREATS, is_required=True),
        "is_group_based": _FLAG,
        "is_on_master_list": _FLAG,
        "is_about_children": _FLAG,
        "opened_on": Field("date", True),
        "closed_on": Field("date"),
        "amended_at": _AMENDED,
    },
    "case_areas": {
        "case_ref": _reference(True),
        "in_force": _code(*codes.FORCES),
        "country": _text(),  # outside the United Kingdom
    },
    "case_subjects": {
        "subject_ref": _reference(True),
        "case_ref": _reference(True),
        "kind": _code(*programme.SUBJECT_KINDS, is_required=True),
        "name": _NAME,
        "born_on": Field("date"),
        "national_ref": _reference(),
        "identified_on": Field("date", True),
        "amended_at": _AMENDED,
    },
    "master_list": {
        "entry_ref": _reference(True),
        "kind": _code(*programme.SUBJECT_KINDS, is_required=True),
        "name": _NAME,
        "born_on": Field("date"),
        "national_ref": _reference(),
        "listed_on": Field("date", True, is_open=True),
        "removed_on": Field("date"),
        "amended_at": _AMENDED,
    },
    "disruptions": {
        "disruption_ref": _reference(True),
        "case_ref": _reference(True),
        "pillar": _code(*programme.PILLARS, is_required=True),
        "level": _code(*programme.LEVELS, is_required=True),
        "disrupted_on": Field("date", True),
        "amended_at": _AMENDED,
    },
    "case_outcomes": {
        "outcome_ref": _reference(True),
        "case_ref": _reference(True),
        "kind": _code(*programme.OUTCOMES, is_required=True),
        "happened_on": Field("date", True),
        "person_ref": _reference(),
        "item_id": _text(),
        "amended_at": _AMENDED,
    },
    "comms_authorisations": {
        "auth_urn": _reference(True),
        "section": _text(),
        "purpose": _code(*codes.COMMS_PURPOSES, is_required=True),
        "kind": _code(*codes.AUTHORISATION_KINDS, is_required=True),
        "granted_at": Field("instant", True),
        "expires_at": Field("instant", True),
        "authoriser": _text(),
        "is_protected_profession": _PROTECTING,
        "is_journalist_source": _PROTECTING,
        "approved_at": Field("instant"),
        "amended_at": _AMENDED,
    },
    "comms_events": {
        "auth_urn": _reference(),  # absent or unknown has a reason of its own: NO_AUTHORISATION
        "a_number": Field("party"),
        "b_number": Field("party"),
        "subject_number": Field("party"),  # of a sender who says whose record it is and with whom, instead of a and b
        "other_number": Field("party"),
        "imei": Field("imei"),
        "imsi": Field("imsi"),
        "type": _code(*codes.COMMS_TYPES, is_required=True),
        "started_at": Field("instant", True, needs_clock=True),
        "duration_s": Field("duration"),
        "first_cell": _reference(),
        "last_cell": _reference(),
        "direction": _code(*codes.DIRECTIONS),
    },
    "comms_subscribers": {
        "auth_urn": _reference(),  # as for events
        "number": Field("party", True),
        "imsi": Field("imsi"),
        "imei": Field("imei"),
        "name": _NAME,
        "address": _ADDRESS,
        "postcode": Field("postcode"),
        "from_on": Field("date", True, is_open=True),
        "to_on": Field("date"),
    },
    "comms_cells": {
        "cell": _reference(True),
        "latitude": Field("degrees", True),
        "longitude": Field("degrees", True),
        "azimuth": Field("degrees"),
        "from_on": Field("date", True, is_open=True),
        "to_on": Field("date"),
    },
    "airports": {
        "airport": _text(True),
        "name": _text(),
        "city": _text(),
        "country": _text(),
        "latitude": Field("degrees"),
        "longitude": Field("degrees"),
        "time_zone": _text(),
    },
    "flight_routes": {
        "carrier": _text(True),
        "from_airport": _text(True),
        "to_airport": _text(True),
    },
    # A schedule gives both ends with a date and clock times, an airport's list its own end only, a carrier instants.
    "flights": {
        "flight_no": _text(True),
        "from_airport": _text(),
        "to_airport": _text(),
        "side": _code(
            *codes.LIST_SIDES, is_strict=True
        ),  # with home_airport, other_airport and listed_at: an airport's own list
        "home_airport": _text(),
        "other_airport": _text(),
        "listed_at": Field("instant"),
        "service_on": Field("date"),  # with departs_time and arrives_time ("HH:mm" or "HHmm"): a schedule
        "departs_time": _text(),
        "arrives_time": _text(),
        "departs_at": Field("instant"),
        "arrives_at": Field("instant"),
        "times_in": _code(*codes.TIMES_IN, is_strict=True),  # AIRPORT: clock times are local to the airport of each end
        "status": _code(*codes.FLIGHT_STATUSES),
    },
    "flight_passengers": {
        "flight_no": _text(True),
        "from_airport": _text(True),
        "to_airport": _text(True),
        "flight_on": Field("date", True),
        "name": _NAME,  # the whole name in one column: SURNAME/GIVEN MR, Surname, Given, or Given Surname
        "forename": _NAME,
        "surname": _NAME,
        "born_on": Field("date"),
        "document_no": Field("document"),
        "booking_ref": _text(),
        "seat": _text(),
        "basis": _code(*codes.PASSENGER_BASES, is_strict=True),  # absent has a reason of its own: NO_LAWFUL_BASIS
        "authority_ref": _text(),
    },
}
ITEM_PARTS = ("text", "source", "intelligence", "grade")
ITEM_CONSTANTS = ("item_source", "item_intelligence")
ITEM_CODES = ("item_source", "item_intelligence", "item_grade")  # grades of items that a sender writes in words
