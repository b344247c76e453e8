"""Silver: conformed nouns in national codes, UTC and normalised identifiers.

Each silver table keeps every version of a record under the night that made it known (`night`). A correction is a newer
version; the current record *as of* night N is the newest version with `night <= N` (`pipelines.common.as_of.current`).
So a correction supersedes and keeps history, a rerun replaces its own night, and a backfill sees only what was known
then.
"""

from __future__ import annotations

from schemas import codes, shared_columns, ties, travel
from schemas.contract import BOOLEAN, DATE, DOUBLE, INSTANT, INT, STRING, Column, Table, array, required, struct
from schemas.programme import records

PHONE = r"\+[0-9]{7,15}"
IMEI = r"[0-9]{15}"  # 14 digits and the Luhn check digit
IMSI = r"[0-9]{14,15}"
POSTCODE = r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}"

_LINEAGE = shared_columns.LINEAGE
_NIGHT = shared_columns.NIGHT

_EXCESS = "outside what was authorised (window, or entity data only): kept, masked from all scoring"
_PROTECTED = "protected profession or journalist's source: hidden until approved"
# Set when communications data arrives. Only the gate reads them: what holds tonight is the authorisation as it stands.
ARRIVAL_FLAGS = ("is_excess", "is_protected")

ITEM = struct(n=INT, text=STRING, source=STRING, intelligence=STRING)

REPORTS = Table(
    path="silver.reports",
    doc="Intelligence reports, one version per night in which the sender sent or corrected it.",
    key=("night", "report_id"),
    columns={
        "night": _NIGHT,
        "report_id": required(STRING, "force code, colon, URN"),
        "force": required(STRING, "Home Office force code", pattern=codes.FORCE_PATTERN),
        "urn": required(STRING, "unique reference number in the force's own system"),
        "scheme": required(STRING, "grading scheme of the sender", among=codes.SCHEMES),
        "marking": required(STRING, "Government Security Classification", among=codes.MARKINGS),
        "originator": Column(STRING, "who wrote the report", is_personal=True),
        "intelligence_on": required(DATE, "date the intelligence speaks of"),
        "created_at": Column(INSTANT, "when the report was created, UTC"),
        "title": Column(STRING, "title", is_personal=True),
        "text": required(STRING, "title and item texts, each on its own line: what classifiers read", is_personal=True),
        "text_hash": required(STRING, "SHA-256 of `text`: says whether a report's words changed"),
        "items": required(array(ITEM), "numbered items, each graded", is_personal=True),
        "provenance": Column(
            struct(text=STRING, source=STRING, intelligence=STRING), "provenance, graded", is_personal=True
        ),
        "handling_code": required(STRING, "handling", among=tuple(codes.HANDLING_CODES)),
        "action_code": Column(STRING, "action code, with handling C only", among=tuple(codes.ACTION_CODES)),
        "sanitisation_code": Column(
            STRING, "sanitisation, with handling C only", among=tuple(codes.SANITISATION_CODES)
        ),
        "handling_conditions": Column(STRING, "free conditions", is_personal=True),
        "is_immunity_claimed": Column(BOOLEAN, "public-interest immunity flag"),
        "is_suspected_false": required(BOOLEAN, "an item is graded E: never trains a model, flagged wherever shown"),
        "tags": required(array(STRING), "national tags, sorted", among=codes.TAGS),
        "raw_tags": required(array(STRING), "tags in the force's own words"),
        "is_csae": required(BOOLEAN, "a recorded tag is in the CSAE family"),
        **_LINEAGE,
    },
    partition_by=("night",),
    checks={
        "handling_codes": (
            "(handling_code = 'C' AND action_code IS NOT NULL AND sanitisation_code IS NOT NULL)"
            " OR (handling_code = 'P' AND action_code IS NULL AND sanitisation_code IS NULL)"
        )
    },
)

PEOPLE = Table(
    path="silver.people",
    doc="Nominals: people as one force knows them. The same person in two forces is two rows until resolved.",
    key=("night", "person_id"),
    columns={
        "night": _NIGHT,
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "force": required(STRING, "Home Office force code", pattern=codes.FORCE_PATTERN),
        "forename": Column(STRING, "forename as recorded, upper case", is_personal=True),
        "surname": Column(STRING, "surname as recorded, upper case", is_personal=True),
        "born_on": Column(DATE, "date of birth", is_personal=True),
        "sex": Column(STRING, "recorded sex", among=codes.SEXES),
        "self_defined_ethnicity": Column(
            STRING, "18+1, never a model input, never inferred", among=codes.SELF_DEFINED_ETHNICITIES, is_personal=True
        ),
        "officer_defined_ethnicity": Column(
            STRING,
            "officer-defined, never merged with self-defined",
            among=codes.OFFICER_DEFINED_ETHNICITIES,
            is_personal=True,
        ),
        "is_ethnicity_migrated": required(BOOLEAN, "an older or unknown ethnicity code was migrated"),
        "phone": Column(STRING, "E.164", pattern=PHONE, is_personal=True),
        "address": Column(STRING, "address as recorded, upper case", is_personal=True),
        "postcode": Column(STRING, "with one space", pattern=POSTCODE, is_personal=True),
        "vehicle": Column(STRING, "registration mark without spaces", pattern="[A-Z0-9]{2,8}", is_personal=True),
        **_LINEAGE,
    },
    partition_by=("night",),
)

REPORT_PEOPLE = Table(
    path="silver.report_people",
    doc="Who is named in which report, and as what.",
    key=("night", "report_id", "person_id", "role"),
    columns={
        "night": _NIGHT,
        "report_id": required(STRING, "force code, colon, URN"),
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "role": required(STRING, "role in the report", among=codes.ROLES),
        **_LINEAGE,
    },
    partition_by=("night",),
)

INVESTIGATIONS = Table(
    path="silver.investigations",
    doc="Subjects of investigations: one row per investigation and person in scope.",
    key=("night", "investigation_id", "person_id"),
    columns={
        "night": _NIGHT,
        "investigation_id": required(STRING, "force code, colon, reference"),
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "force": required(STRING, "Home Office force code", pattern=codes.FORCE_PATTERN),
        "operation": Column(STRING, "operation name"),
        "role": required(STRING, "role of the person", among=codes.ROLES),
        "status": required(STRING, "status of the investigation", among=codes.INVESTIGATION_STATUSES),
        "opened_on": required(DATE, "opened"),
        "closed_on": Column(DATE, "closed"),
        **_LINEAGE,
    },
    partition_by=("night",),
)

MISSING_EPISODES = Table(
    path="silver.missing_episodes",
    doc="Missing-person episodes.",
    key=("night", "episode_id"),
    columns={
        "night": _NIGHT,
        "episode_id": required(STRING, "force code, colon, reference"),
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "force": required(STRING, "Home Office force code", pattern=codes.FORCE_PATTERN),
        "reported_at": required(INSTANT, "reported missing, UTC"),
        "last_seen_at": Column(INSTANT, "last seen, UTC"),
        "found_at": Column(INSTANT, "found, UTC; NULL while missing"),
        "risk": required(STRING, "police risk level; no score ever replaces it", among=codes.MISSING_RISKS),
        "care_status": Column(STRING, "care status", among=codes.CARE_STATUSES),
        "is_cse_flagged": Column(BOOLEAN, "CSE flag"),
        "is_cce_flagged": Column(BOOLEAN, "CCE flag"),
        "found_postcode": Column(STRING, "where found", pattern=POSTCODE),
        "is_interview_offered": Column(BOOLEAN, "return interview offered"),
        "is_interview_held": Column(BOOLEAN, "return interview held"),
        **_LINEAGE,
    },
    partition_by=("night",),
)

COMMS_AUTHORISATIONS = Table(
    path="silver.comms_authorisations",
    doc="Authorisations under which communications data may be held (IPA 2016 part 3).",
    key=("night", "auth_urn"),
    columns={
        "night": _NIGHT,
        "auth_urn": required(STRING, "authorisation reference"),
        "section": Column(STRING, "section of the Act"),
        "purpose": required(STRING, "statutory purpose", among=codes.COMMS_PURPOSES),
        "kind": required(STRING, "entity or events data", among=codes.AUTHORISATION_KINDS),
        "granted_at": required(INSTANT, "start of the window, UTC"),
        "expires_at": required(INSTANT, "end of the window, UTC"),
        "authoriser": Column(STRING, "who authorised", is_personal=True),
        "is_protected_profession": required(BOOLEAN, "rows hidden until approved"),
        "is_journalist_source": required(BOOLEAN, "to identify a journalist's source: rows hidden until approved"),
        "approved_at": Column(INSTANT, "when the hidden rows were approved for use, UTC; NULL until then"),
        **_LINEAGE,
    },
    partition_by=("night",),
)

COMMS_EVENTS = Table(
    path="silver.comms_events",
    doc="Communications events (never content).",
    key=("night", "event_id"),
    columns={
        "night": _NIGHT,
        "event_id": required(STRING, "SHA-256 of provider, numbers, equipment, type, start, duration and cells"),
        "auth_urn": required(STRING, "authorisation under which it is held"),
        "a_number": Column(STRING, "calling party, E.164 or short code", is_personal=True),
        "b_number": Column(STRING, "called party, E.164 or short code", is_personal=True),
        "operator": required(STRING, "provider that recorded the event"),
        "imei": Column(STRING, "handset of the side whose provider wrote the record", pattern=IMEI, is_personal=True),
        "imsi": Column(STRING, "SIM of the same side", pattern=IMSI, is_personal=True),
        "type": required(STRING, "kind of event", among=codes.COMMS_TYPES),
        "started_at": required(INSTANT, "start, UTC"),
        "duration_s": Column(DOUBLE, "duration", minimum=0, unit="seconds"),
        "first_cell": Column(STRING, "first cell of the same side"),
        "last_cell": Column(STRING, "last cell of the same side"),
        "direction": required(STRING, "direction seen from the side that wrote the record", among=codes.DIRECTIONS),
        "is_excess": required(BOOLEAN, _EXCESS),
        "is_protected": required(BOOLEAN, _PROTECTED),
        **_LINEAGE,
    },
    partition_by=("night",),
)

COMMS_SUBSCRIBERS = Table(
    path="silver.comms_subscribers",
    doc="Who a provider has on record for a number, and when (entity data). A number given out again has two rows.",
    key=("night", "subscriber_id"),
    columns={
        "night": _NIGHT,
        "subscriber_id": required(STRING, "SHA-256 of provider, number and first day"),
        "auth_urn": required(STRING, "authorisation under which it is held"),
        "operator": required(STRING, "provider that holds the record"),
        "number": required(STRING, "E.164", is_personal=True),
        "imsi": Column(STRING, "SIM", pattern=IMSI, is_personal=True),
        "imei": Column(STRING, "handset first used with it", pattern=IMEI, is_personal=True),
        "name": Column(STRING, "name as recorded, upper case; NULL where unregistered", is_personal=True),
        "address": Column(STRING, "address as recorded, upper case", is_personal=True),
        "postcode": Column(STRING, "with one space", pattern=POSTCODE, is_personal=True),
        "from_on": required(DATE, "first day of the record"),
        "to_on": Column(DATE, "last day of the record; NULL while it lasts"),
        "is_excess": required(BOOLEAN, "does not touch the authorised window: kept, masked from all scoring"),
        "is_protected": required(BOOLEAN, _PROTECTED),
        **_LINEAGE,
    },
    partition_by=("night",),
)

COMMS_CELLS = Table(
    path="silver.comms_cells",
    doc="Where a provider's cells stand, and when: a cell that moves has a row for each place. Reference data.",
    key=("night", "operator", "cell", "from_on"),
    columns={
        "night": _NIGHT,
        "operator": required(STRING, "provider of the cell"),
        "cell": required(STRING, "cell id as in the events"),
        "latitude": required(DOUBLE, "WGS 84", minimum=-90, maximum=90, unit="degrees"),
        "longitude": required(DOUBLE, "WGS 84", minimum=-180, maximum=180, unit="degrees"),
        "azimuth": Column(
            DOUBLE,
            "where it points, from north; NULL: all ways, or not told",
            minimum=0,
            maximum=360,
            unit="degrees",
        ),
        "from_on": required(DATE, "first day at this place"),
        "to_on": Column(DATE, "last day at this place; NULL while it stands"),
        **_LINEAGE,
    },
    partition_by=("night",),
)

TABLES = (
    REPORTS,
    PEOPLE,
    REPORT_PEOPLE,
    INVESTIGATIONS,
    MISSING_EPISODES,
    COMMS_AUTHORISATIONS,
    COMMS_EVENTS,
    COMMS_SUBSCRIBERS,
    COMMS_CELLS,
    *ties.SILVER,
    *records.SILVER,
    *travel.SILVER,
)

# Tables that are held under authorisations: read through the gate, never as they are.
GATED = tuple(table for table in TABLES if set(ARRIVAL_FLAGS) <= set(table.columns))

# Which silver table each feed becomes.
BY_FEED = {
    "reports": REPORTS,
    "nominals": PEOPLE,
    "report_links": REPORT_PEOPLE,
    "investigations": INVESTIGATIONS,
    "missing_episodes": MISSING_EPISODES,
    "comms_authorisations": COMMS_AUTHORISATIONS,
    "comms_events": COMMS_EVENTS,
    "comms_subscribers": COMMS_SUBSCRIBERS,
    "comms_cells": COMMS_CELLS,
    **ties.BY_FEED,
    **records.BY_FEED,
    **travel.BY_FEED,
}
