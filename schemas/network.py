"""The network: who and what is one and the same, and what ties them, as known on each night.

Each table holds the whole network of every night in the night's own partition, so that the graph of any past night is
read as it was known then. Entity ids persist from night to night; `gold.entity_events` says where one changed, and why.
"""

from __future__ import annotations

from schemas import codes
from schemas.contract import BOOLEAN, DATE, DOUBLE, INSTANT, LONG, STRING, Column, Table, array, required, struct

ENTITY_ID = "[0-9a-f]{16}"

# What an entity is. People are resolved across records and forces; everything else is one by its normalised value.
ENTITY_KINDS: dict[str, str] = {
    "PERSON": "a person, from the nominal records of any force",
    "PHONE": "a telephone number, E.164",
    "VEHICLE": "a registration mark without spaces",
    "ADDRESS": "an address with its postcode, or a postcode alone where no more is known",
    "HANDLE": "an online handle, with its platform",
    "ACCOUNT": "a bank account or wallet",
}

# What ties two entities. How each is made from which table is declared in `pipelines.network.edges.kinds`.
EDGE_KINDS: dict[str, str] = {
    "NAMED_TOGETHER": "two people named in one report, with their roles and its grading",
    "LIVES_AT": "a person's recorded address, or its postcode",
    "USES_PHONE": "a person's recorded telephone",
    "USES_VEHICLE": "a person's recorded vehicle",
    "USES_HANDLE": "a person's online handle",
    "USES_ACCOUNT": "a person's bank account or wallet",
    "CALLED": "one telephone called or texted another, within its authorisation",
    "SEEN_WITH": "two people seen together",
    "MISSING_FROM": "where a missing person went missing from",
    "FOUND_AT": "where a missing person was found",
    "FOUND_WITH": "two missing people were found at one place that is home to neither, at whatever time",
    "TRAVELLED_WITH": "two people on one journey",
    "ARRESTED_WITH": "two people arrested together",
    "FAMILY": "two people of one family",
    "LIVES_WITH": "two people recorded as living together",
    "KNOWS": "two people recorded as knowing each other",
}

ENTITY_EVENT_KINDS: dict[str, str] = {
    "MERGE": "records that were apart, or new, are now one entity",
    "SPLIT": "records that were one entity are now apart",
    "UNDO": "an analyst took back a merge, a split or an undo; it is respected from then on",
}

LINK = struct(record_id=STRING, match_weight=DOUBLE, match_probability=DOUBLE)
EVIDENCE = struct(table=STRING, id=STRING, at=INSTANT, weight=DOUBLE)
EVIDENCE_LIST = array(EVIDENCE)

_NIGHT = required(DATE, "night as of which this was known")

ENTITIES = Table(
    path="gold.entities",
    doc="People across forces, phones, vehicles, addresses, handles and accounts, as of the night.",
    key=("night", "entity_id"),
    columns={
        "night": _NIGHT,
        "entity_id": required(STRING, "persists from night to night", pattern=ENTITY_ID),
        "kind": required(STRING, "what it is", among=tuple(ENTITY_KINDS)),
        "label": Column(STRING, "name or value as a person reads it", is_personal=True),
        "forces": required(array(STRING), "forces that hold a record of it, in order"),
        "n_records": required(LONG, "records that are this entity", minimum=1),
        "born_on": Column(DATE, "date of birth that most of its records give", is_personal=True),
        "is_child": required(BOOLEAN, "under 18 on the night; false where the date of birth is unknown"),
        "record_ids": required(
            array(STRING), "its records in order: person ids, or the normalised value", is_personal=True
        ),
        "marking": required(STRING, "maximum of the inputs' markings", among=codes.MARKINGS),
    },
    partition_by=("night",),
    checks={"child_is_a_person": "kind = 'PERSON' OR NOT is_child"},
)

ENTITY_MEMBERS = Table(
    path="gold.entity_members",
    doc="Which record is which entity, as of the night.",
    key=("night", "kind", "record_id"),
    columns={
        "night": _NIGHT,
        "entity_id": required(STRING, "entity", pattern=ENTITY_ID),
        "kind": required(STRING, "what it is", among=tuple(ENTITY_KINDS)),
        "record_id": required(STRING, "person id of silver.people, or the normalised value", is_personal=True),
        "force": Column(STRING, "force of the record; NULL for a value that several forces may hold"),
        "record_hash": Column(STRING, "SHA-256 of what the record was compared by; NULL for a value"),
        "links": required(array(LINK), "accepted links to other records of the entity, strongest first"),
    },
    partition_by=("night",),
)

ENTITY_EVENTS = Table(
    path="gold.entity_events",
    doc="Every merge and split of people, with its evidence, and every undo by an analyst.",
    key=("night", "event_id"),
    columns={
        "night": required(DATE, "night in which it happened"),
        "event_id": required(STRING, "event", pattern=ENTITY_ID),
        "kind": required(STRING, "what happened", among=tuple(ENTITY_EVENT_KINDS)),
        "entities_before": required(array(STRING), "entity ids before; a record that is new has none"),
        "entities_after": required(array(STRING), "entity ids after"),
        "left_record": required(STRING, "record on one side of the deciding link"),
        "right_record": required(STRING, "record on the other side"),
        "left_records": required(array(STRING), "all records on its side at that time"),
        "right_records": required(array(STRING), "all records on the other side"),
        "match_weight": Column(DOUBLE, "log2 of the odds that both are one person; NULL where no model said so"),
        "match_probability": Column(DOUBLE, "probability that both are one person", minimum=0, maximum=1),
        "waterfall": Column(
            STRING, "JSON: prior, then each comparison's level and match weight, adding up to match_weight"
        ),
        "reason": required(STRING, "why, in words"),
        "undoes": Column(STRING, "event that an undo takes back", pattern=ENTITY_ID),
        "reviewer": Column(STRING, "who undid it", is_personal=True),
        "decided_at": Column(INSTANT, "when it was undone"),
    },
    partition_by=("night",),
    checks={"undo_names_a_person": "kind <> 'UNDO' OR (undoes IS NOT NULL AND reviewer IS NOT NULL)"},
)

EDGES = Table(
    path="gold.edges",
    doc="What ties two entities, as of the night: one row per pair and kind, with its evidence.",
    key=("night", "edge_id"),
    columns={
        "night": _NIGHT,
        "edge_id": required(STRING, "follows from kind and both ends", pattern=ENTITY_ID),
        "from_id": required(STRING, "entity; the lesser id where both ends are alike", pattern=ENTITY_ID),
        "to_id": required(STRING, "entity", pattern=ENTITY_ID),
        "kind": required(STRING, "kind of tie", among=tuple(EDGE_KINDS)),
        "is_directed": required(BOOLEAN, "from and to mean something: who called whom"),
        "is_lasting": required(
            BOOLEAN, "a state that was recorded (lives at, uses, family), not an event at a time: it may be older"
        ),
        "is_current": required(BOOLEAN, "an event, or a state that the newest version of a record still gives"),
        "first_at": required(INSTANT, "first evidence, UTC"),
        "last_at": required(INSTANT, "newest evidence, UTC"),
        "n": required(LONG, "pieces of evidence", minimum=1),
        "n_suspected_false": required(LONG, "of them graded E: they add nothing to the strength", minimum=0),
        "strength": required(DOUBLE, "one minus the product over evidence of (1 - weight)", minimum=0, maximum=1),
        "roles": required(array(STRING), "roles of from and to where named together, such as SUSPECT-VICTIM"),
        "evidence": required(EVIDENCE_LIST, "newest first, at most ten; n says how many there are"),
    },
    partition_by=("night",),
    checks={
        "no_loop": "from_id <> to_id",
        "has_strength": "strength > 0",
        "has_evidence": "size(evidence) >= 1 AND n >= size(evidence)",
        "in_order": "first_at <= last_at",
    },
)

ENTITY_PARAMETERS = Table(
    path="gold.entity_parameters",
    doc="What the linkage of people was trained to, on the nights that trained it. A night uses the newest up to it.",
    key=("night",),
    columns={
        "night": required(DATE, "night that trained it"),
        "settings_hash": required(STRING, "hash of the settings it was trained under: others need another training"),
        "model": required(STRING, "JSON of Splink's settings with the estimated probabilities; no personal data"),
        "n_records": required(LONG, "records it was trained on", minimum=0),
    },
    partition_by=("night",),
)

NIGHTLY = (ENTITIES, ENTITY_MEMBERS, ENTITY_EVENTS, EDGES)
TABLES = (*NIGHTLY, ENTITY_PARAMETERS)
