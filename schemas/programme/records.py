"""What the programme records of its investigations: silver tables, one version per night that made it known."""

from __future__ import annotations

from schemas import codes as national
from schemas import shared_columns
from schemas.contract import BOOLEAN, DATE, STRING, Column, Table, required
from schemas.programme import codes

_ID = "force code of the sender, colon, "
_CASE = required(STRING, _ID + "reference of the investigation")

CASE_RECORDS = Table(
    path="silver.case_records",
    doc="Investigations as a whole; who is in scope of one is in silver.investigations.",
    key=("night", "case_id"),
    columns={
        "night": shared_columns.NIGHT,
        "case_id": _CASE,
        "force": required(STRING, "force of the sender", pattern=national.FORCE_PATTERN),
        "operation": Column(STRING, "name of the operation"),
        "threat": required(STRING, "threat that leads it", among=codes.THREATS),
        "is_group_based": Column(BOOLEAN, "several offenders together, as recorded"),
        "is_on_master_list": Column(BOOLEAN, "on the national master list of investigations, as recorded"),
        "is_about_children": Column(BOOLEAN, "about harm to children, as recorded"),
        "opened_on": required(DATE, "first day"),
        "closed_on": Column(DATE, "last day"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

CASE_AREAS = Table(
    path="silver.case_areas",
    doc="Where an investigation's own entities are: forces, and countries outside the United Kingdom.",
    key=("night", "case_id", "area"),
    columns={
        "night": shared_columns.NIGHT,
        "case_id": _CASE,
        "area": required(STRING, "Home Office force code, or country of two letters"),
        "is_abroad": required(BOOLEAN, "a country, not a force"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

CASE_SUBJECTS = Table(
    path="silver.case_subjects",
    doc="What an investigation brought to light: crime groups, priority individuals, vulnerabilities, reports.",
    key=("night", "subject_id"),
    columns={
        "night": shared_columns.NIGHT,
        "subject_id": required(STRING, _ID + "reference of the subject"),
        "case_id": _CASE,
        "kind": required(STRING, "kind of subject", among=codes.SUBJECT_KINDS),
        "name": Column(STRING, "name, as recorded", is_personal=True),
        "born_on": Column(DATE, "date of birth, of a person", is_personal=True),
        "national_ref": Column(STRING, "reference under which others may know it"),
        "identified_on": required(DATE, "day on which the investigation identified it"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

MASTER_LIST = Table(
    path="silver.master_list",
    doc="What is known nationally, and from when to when it stood on the list.",
    key=("night", "entry_id"),
    columns={
        "night": shared_columns.NIGHT,
        "entry_id": required(STRING, _ID + "reference of the entry"),
        "kind": required(STRING, "kind of subject", among=codes.SUBJECT_KINDS),
        "name": Column(STRING, "name, as listed", is_personal=True),
        "born_on": Column(DATE, "date of birth, of a person", is_personal=True),
        "national_ref": Column(STRING, "reference under which it is known"),
        "listed_on": required(DATE, "first day on the list"),
        "removed_on": Column(DATE, "first day that it was no longer on it"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

DISRUPTIONS = Table(
    path="silver.disruptions",
    doc="Disruptions over the 4P, each of one investigation.",
    key=("night", "disruption_id"),
    columns={
        "night": shared_columns.NIGHT,
        "disruption_id": required(STRING, _ID + "reference of the disruption"),
        "case_id": _CASE,
        "pillar": required(STRING, "which of the 4P", among=codes.PILLARS),
        "level": required(STRING, "level as assessed", among=codes.LEVELS),
        "disrupted_on": required(DATE, "day"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

CASE_OUTCOMES = Table(
    path="silver.case_outcomes",
    doc="What came of an investigation, a person each: victims found, safeguarded, arrests, charges, sentences.",
    key=("night", "outcome_id"),
    columns={
        "night": shared_columns.NIGHT,
        "outcome_id": required(STRING, _ID + "reference of the outcome"),
        "case_id": _CASE,
        "kind": required(STRING, "kind of outcome", among=codes.OUTCOMES),
        "happened_on": required(DATE, "day"),
        "person_ref": Column(STRING, "the person's reference in the sender's own system", is_personal=True),
        "item_id": Column(STRING, "queue item that it goes back to", pattern=national.ITEM_ID_PATTERN),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

BY_FEED = {
    "case_records": CASE_RECORDS,
    "case_areas": CASE_AREAS,
    "case_subjects": CASE_SUBJECTS,
    "master_list": MASTER_LIST,
    "disruptions": DISRUPTIONS,
    "case_outcomes": CASE_OUTCOMES,
}
SILVER = tuple(BY_FEED.values())
