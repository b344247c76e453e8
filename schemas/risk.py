"""Gold tables of the network's risk: seeds, scored subjects with paths, candidate groups, pointers between forces.

Nothing here is a finding about anybody. A score is a reason to look; a group is a proposal that no queue publishes.
"""

from __future__ import annotations

from schemas import codes
from schemas.contract import BOOLEAN, DATE, DOUBLE, INSTANT, INT, STRING, Column, Table, array, required, struct

QUEUES = codes.RISK_QUEUES

SEED_REPORT = struct(report_id=STRING, role=STRING, weight=DOUBLE, basis=STRING, source=STRING, intelligence=STRING)
# One step of a path, from the subject's end; every kind of edge between the two counts as one link.
LINK = struct(
    near_id=STRING,
    far_id=STRING,
    kinds=array(STRING),
    strength=DOUBLE,
    first_at=INSTANT,
    last_at=INSTANT,
    n=INT,
    evidence_ids=array(STRING),  # table and id of each record, for example silver.reports|36:INT/26/0001
)
PATH = struct(
    weight=DOUBLE,  # seed risk x strengths x damping
    hops=INT,
    entity_ids=array(STRING),  # from the child to the seed
    labels=array(STRING),
    kinds=array(STRING),
    links=array(LINK),
    damping=DOUBLE,  # of the entities in between
    seed_risk=DOUBLE,
    seed_reports=array(SEED_REPORT),
)

RISK_SEEDS = Table(
    path="gold.risk_seeds",
    doc="People and places tied to CSAE reports as of the night, weighted by role, grading and age of the reports.",
    key=("night", "entity_id"),
    columns={
        "night": required(DATE, "night"),
        "entity_id": required(STRING, "entity"),
        "kind": required(STRING, "kind of entity"),
        "risk": required(DOUBLE, "one minus the product over reports of (1 - weight)", minimum=0, maximum=1),
        "risk_low": required(DOUBLE, "with every grading at the low end of its weight", minimum=0, maximum=1),
        "risk_high": required(DOUBLE, "with every grading at the high end of its weight", minimum=0, maximum=1),
        "is_suspect": required(BOOLEAN, "named as suspect in such a report"),
        "is_suspected_false": required(BOOLEAN, "an item of a report behind it is graded E (that item counts nothing)"),
        "n_reports": required(INT, "reports behind it", minimum=1),
        "reports": required(array(SEED_REPORT), "the heaviest reports, at most ten"),
        "marking": required(STRING, "highest marking of the reports", among=codes.MARKINGS),
    },
    partition_by=("night",),
    checks={"risk_in_interval": "risk_low <= risk AND risk <= risk_high"},
)

NETWORK_RISK = Table(
    path="gold.network_risk",
    doc="Every scored subject of the three network queues, as of the night, with its strongest paths and what changed.",
    key=("night", "queue", "entity_id"),
    columns={
        "night": required(DATE, "night"),
        "queue": required(STRING, "queue that the subject belongs to", among=QUEUES),
        "entity_id": required(STRING, "entity"),
        "label": required(STRING, "what a person reads", is_personal=True),
        "force": required(STRING, "force that reviews it"),
        "forces": required(array(STRING), "forces that hold records of it"),
        "record_ids": required(array(STRING), "records that make the entity"),
        "stratum": required(STRING, "kind of row", among=("SAFEGUARDING", "DIRECT", "MISSING", "PERSON", "LOCATION")),
        "score": required(
            DOUBLE, "indirect risk; of people and places, over the children they lead to", minimum=0, maximum=1
        ),
        "score_low": required(DOUBLE, "gradings at their low end", minimum=0, maximum=1),
        "score_high": required(DOUBLE, "gradings at their high end", minimum=0, maximum=1),
        "direct": required(
            DOUBLE, "risk over direct links, shown apart; 0 for people and places", minimum=0, maximum=1
        ),
        "n_direct_suspects": Column(INT, "people named as suspects among a child's own links", minimum=0),
        "n_paths": required(INT, "paths above the floor", minimum=0),
        "n_children": required(INT, "missing children the paths belong to", minimum=0),
        "paths": required(array(PATH), "strongest paths, at most three", is_personal=True),
        "direct_paths": Column(
            array(PATH), "a child's strongest direct links to seeds, at most three", is_personal=True
        ),
        "is_age_known": Column(BOOLEAN, "a date of birth says that it is a child; NULL for people and places"),
        "police_risk": Column(
            STRING, "risk level of the newest episode; the score never replaces it", among=codes.MISSING_RISKS
        ),
        "n_episodes": required(INT, "missing episodes in the 12 months before the night", minimum=0),
        "last_episode_at": Column(INSTANT, "when last reported missing"),
        "degree": required(INT, "distinct neighbours", minimum=0),
        "is_seed": required(BOOLEAN, "itself tied to a CSAE report"),
        "is_suspect": required(BOOLEAN, "named as suspect in a CSAE report"),
        "is_suspected_false": required(BOOLEAN, "a report behind it has an item graded E"),
        "marking": required(STRING, "highest marking of entity and reports", among=codes.MARKINGS),
        "evidence_hash": required(STRING, "hash of the paths shown: says whether what was decided on changed"),
        "score_before": Column(DOUBLE, "score of the night before; NULL where there was none", minimum=0, maximum=1),
        "change_data": required(DOUBLE, "part of the change from new data and from age"),
        "change_decision": required(DOUBLE, "part of the change from decisions taken in tonight"),
        "change_configuration": required(DOUBLE, "part of the change from other weights and limits"),
        "configuration": required(STRING, "hash of the weights and limits used"),
    },
    partition_by=("night",),
    checks={"score_in_interval": "score_low <= score AND score <= score_high"},
)

MEMBER = struct(entity_id=STRING, label=STRING, role=STRING, forces=array(STRING), degree_inside=INT, is_seed=BOOLEAN)
NETWORK_GROUPS = Table(
    path="gold.network_groups",
    doc="Candidate groups: communities with people named as suspects. Proposed, never published by themselves.",
    key=("night", "group_id"),
    columns={
        "night": required(DATE, "night"),
        "group_id": required(STRING, "stable while the members stay", pattern="[0-9a-f]{16}"),
        "forces": required(array(STRING), "forces that hold records of members"),
        "members": required(array(MEMBER), "adults, with their part in the group", is_personal=True),
        "children": required(array(STRING), "entity ids of children linked to members: set apart, never members"),
        "n_links": required(INT, "links between members", minimum=0),
        "evidence_ids": required(array(STRING), "records behind the links, at most fifty"),
        "stability": required(
            DOUBLE, "mean overlap with the group found when 5 % of the links are taken away", minimum=0, maximum=1
        ),
        "is_stable": required(BOOLEAN, "the overlap is over the limit; others are to be read with care"),
        "ocg_ref": Column(STRING, "imported organised crime group with the largest overlap"),
        "ocg_overlap": required(DOUBLE, "share of that group's resolved members found here", minimum=0, maximum=1),
        "engine": required(STRING, "engine that found it"),
    },
    partition_by=("night",),
)

DECONFLICTION = Table(
    path="gold.deconfliction",
    doc="Two operations are interested in one entity: each owner is told whom to call, and nothing else.",
    key=("night", "pointer_id"),
    columns={
        "night": required(DATE, "night"),
        "pointer_id": required(STRING, "stable: the same pair keeps its id", pattern="[0-9a-f]{16}"),
        "force": required(STRING, "force that is told"),
        "operation": required(STRING, "its own operation"),
        "own_record_id": required(STRING, "its own record that the other is interested in too"),
        "entity_kind": required(STRING, "kind of entity"),
        "other_force": required(STRING, "force to call"),
        "other_contact": required(STRING, "whom to call there"),
        "is_restricted": required(BOOLEAN, "the operation told is restricted: the other owner is not told"),
        "first_told_on": required(DATE, "night in which the pair was first told"),
    },
    partition_by=("night",),
)

# A reference list that a deployment imports (`nightjar network import-ocg`). Where there is none, nothing is compared.
OCG_MEMBERS = Table(
    path="silver.ocg_members",
    doc="Members of organised crime groups as mapped by forces: reference, imported, never computed.",
    key=("night", "ocg_ref", "person_id"),
    columns={
        "night": required(DATE, "night that made this version known"),
        "ocg_ref": required(STRING, "reference of the group in the list", pattern="[A-Za-z0-9/:_-]{1,40}"),
        "person_id": required(STRING, "force code, colon, nominal reference"),
    },
    partition_by=("night",),
)

TABLES = (RISK_SEEDS, NETWORK_RISK, NETWORK_GROUPS, DECONFLICTION)
