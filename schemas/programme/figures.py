"""The programme's figures: which rows each counts. A figure is a condition, so that it opens to its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.contract import BOOLEAN, DATE, DOUBLE, INT, LONG, STRING, Column, Table, required
from schemas.programme import codes

CASE_FOOTPRINTS = Table(
    path="gold.case_footprints",
    doc="How far each investigation reaches, from where its own entities are, as of the night.",
    key=("night", "case_id"),
    columns={
        "night": required(DATE, "night"),
        "case_id": required(STRING, "investigation"),
        "threat": required(STRING, "threat that leads it", among=codes.THREATS),
        "is_group_based": Column(BOOLEAN, "several offenders together, as recorded"),
        "is_on_master_list": Column(BOOLEAN, "on the national master list of investigations, as recorded"),
        "is_about_children": Column(BOOLEAN, "about harm to children, as recorded"),
        "n_forces": required(INT, "forces in which its entities are", minimum=0),
        "n_regions": required(INT, "regions of these", minimum=0),
        "n_countries": required(INT, "countries outside the United Kingdom", minimum=0),
        "footprint": required(STRING, "the widest that applies; unknown without any entity", among=codes.FOOTPRINTS),
    },
    partition_by=("night",),
)

SUBJECT_RECOGNITION = Table(
    path="gold.subject_recognition",
    doc=(
        "Whether what an investigation brought to light was on the master list as it stood on that day, with the entry"
        " that comes nearest. Who is not recognised is a question to those who keep the list, not a finding."
    ),
    key=("night", "subject_id"),
    columns={
        "night": required(DATE, "night"),
        "subject_id": required(STRING, "subject"),
        "case_id": required(STRING, "investigation"),
        "kind": required(STRING, "kind of subject", among=codes.SUBJECT_KINDS),
        "identified_on": required(DATE, "day on which it was identified; the list as of that day"),
        "is_recognised": required(BOOLEAN, "an entry of that day has its reference, or its name and no other birth"),
        "entry_id": Column(STRING, "that entry"),
        "nearest_entry_id": Column(STRING, "of who is not recognised: the nearest entry of any day, if any is near"),
        "nearest_likeness": Column(DOUBLE, "share of the letters that agree", minimum=0, maximum=1),
        "nearest_why": Column(
            STRING, "why it is no match", among=("OTHER_NAME", "OTHER_BIRTH", "LISTED_LATER", "REMOVED_BEFORE")
        ),
    },
    partition_by=("night",),
)

PROGRAMME_FIGURES = Table(
    path="gold.programme_figures",
    doc="The programme's figures as of the night. Not for publication: `nightjar programme figures --published` is.",
    key=("night", "figure", "part"),
    columns={
        "night": required(DATE, "night"),
        "figure": required(STRING, "what is counted"),
        "part": required(STRING, "part of it; empty for the whole"),
        "n": required(LONG, "rows", minimum=0),
    },
    partition_by=("night",),
)

QUEUE_OUTCOMES = Table(
    path="gold.queue_outcomes",
    doc="What came of each queue's rows, through their decisions: so many decided, so many with an outcome of a kind.",
    key=("night", "queue", "force", "kind"),
    columns={
        "night": required(DATE, "night"),
        "queue": required(STRING, "queue"),
        "force": required(STRING, "force"),
        "kind": required(STRING, "kind of outcome", among=codes.OUTCOMES),
        "n_decided": required(LONG, "items of the queue that were decided", minimum=0),
        "n_items": required(LONG, "of these, items with such an outcome", minimum=0),
        "n_outcomes": required(LONG, "such outcomes", minimum=0),
    },
    partition_by=("night",),
)

TABLES = (CASE_FOOTPRINTS, SUBJECT_RECOGNITION, PROGRAMME_FIGURES, QUEUE_OUTCOMES)


@dataclass(frozen=True)
class Figure:
    """A figure: of which rows it counts how many, by which column it is parted, and what it says.

    Attributes:
        of: `cases`, `subjects`, `disruptions` or `outcomes`.
        where: SQL over their columns; empty for all.
        by: columns whose values are its parts, each with the whole as a figure of its own.
    """

    of: str
    says: str
    where: str = ""
    by: tuple[str, ...] = ()


_NEW = "NOT is_recognised"
FIGURES: Mapping[str, Figure] = {
    "investigations": Figure("cases", "investigations", by=("threat", "footprint")),
    "about_children": Figure("cases", "investigations about harm to children", "is_about_children"),
    "wider_footprint": Figure(
        "cases", "investigations beyond one force", "footprint IN ('REGIONAL', 'MULTI_REGION', 'INTERNATIONAL')"
    ),
    "csae": Figure("cases", "investigations of child sexual abuse or exploitation", "threat = 'CSAE'", ("footprint",)),
    "csae_group_based": Figure("cases", "of these group-based", "threat = 'CSAE' AND is_group_based"),
    "csae_on_master_list": Figure("cases", "of these on the master list", "threat = 'CSAE' AND is_on_master_list"),
    "ocgs": Figure("subjects", "organised crime groups", "kind = 'OCG'"),
    "priority_individuals": Figure("subjects", "priority individuals", "kind = 'PRIORITY_INDIVIDUAL'"),
    "groups_not_seen_elsewhere": Figure(
        "subjects", "groups and individuals not recognised elsewhere",
        f"kind IN ('OCG', 'PRIORITY_INDIVIDUAL') AND {_NEW}",
    ),
    "vulnerabilities_new": Figure("subjects", "vulnerabilities new to policing", f"kind = 'VULNERABILITY' AND {_NEW}"),
    "reports_not_seen_elsewhere": Figure("subjects", "reports not seen elsewhere", f"kind = 'REPORT' AND {_NEW}"),
    "disruptions": Figure("disruptions", "disruptions over the 4P", by=("pillar", "level")),
    "victims_found": Figure("outcomes", "victims found", "kind = 'VICTIM_FOUND'"),
    "safeguarded": Figure("outcomes", "people safeguarded", "kind = 'SAFEGUARDED'"),
    "arrests": Figure("outcomes", "arrests", "kind = 'ARREST'"),
    "charges": Figure("outcomes", "charges", "kind = 'CHARGE'"),
    "sentences": Figure("outcomes", "sentences", "kind = 'SENTENCE'"),
}  # fmt: skip
IDS = {"cases": "case_id", "subjects": "subject_id", "disruptions": "disruption_id", "outcomes": "outcome_id"}
NEEDS = {  # feeds without which rows of a kind are not known
    "cases": ("case_records", "case_areas"),
    "subjects": ("case_subjects", "master_list"),
    "disruptions": ("disruptions",),
    "outcomes": ("case_outcomes",),
}
