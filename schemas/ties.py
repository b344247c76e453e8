"""Ties between people that a force records as such: associations, further identifiers, journeys.

A force's system may hold any of these, or none; `pipelines.network.edges` makes edges of what comes.
"""

from __future__ import annotations

from schemas import codes, shared_columns
from schemas.contract import INSTANT, STRING, Column, Table, required

# Kinds of association, each an edge of the same name.
STATES = ("FAMILY", "LIVES_WITH", "KNOWS")  # hold over time; others happen at one
ASSOCIATION_KINDS = (*STATES, "SEEN_WITH", "ARRESTED_WITH")
# What a sender may call an identifier. An e-mail address is kept as a handle of the platform `email`.
IDENTIFIER_KINDS = ("PHONE", "VEHICLE", "HANDLE", "ACCOUNT")
SENT_IDENTIFIER_KINDS = (*IDENTIFIER_KINDS, "EMAIL")

ASSOCIATIONS = Table(
    path="silver.associations",
    doc="Two people of one force's records who are family, live together, know each other, or were seen or arrested "
    "together.",
    key=("night", "association_id"),
    columns={
        "night": shared_columns.NIGHT,
        "association_id": required(
            STRING, "force code, colon, reference; where the sender has none, a digest of both people, kind and time"
        ),
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "other_person_id": required(STRING, "force code, colon, nominal reference"),
        "kind": required(STRING, "what ties them", among=ASSOCIATION_KINDS),
        "happened_at": Column(INSTANT, "when, UTC; NULL for a state, and where it is not known"),
        "source_grade": Column(STRING, "source, where graded", among=tuple(codes.SOURCE_GRADES)),
        "intelligence_grade": Column(STRING, "intelligence, where graded", among=tuple(codes.INTELLIGENCE_GRADES)),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

IDENTIFIERS = Table(
    path="silver.identifiers",
    doc="Further identifiers of people: online handles, e-mail addresses, accounts, more telephones and vehicles.",
    key=("night", "person_id", "kind", "value"),
    columns={
        "night": shared_columns.NIGHT,
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "kind": required(STRING, "kind of identifier", among=IDENTIFIER_KINDS),
        "value": required(
            STRING,
            "normalised value: E.164; a mark without spaces; platform:name in lower case, email:address; a sort code "
            "and account as uk:code-number, an IBAN as iban:number, a wallet as wallet:address",
            is_personal=True,
        ),
        "first_at": Column(INSTANT, "first known in use, UTC"),
        "last_at": Column(INSTANT, "last known in use, UTC"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

JOURNEY_PEOPLE = Table(
    path="silver.journey_people",
    doc="Who was on which journey.",
    key=("night", "journey_id", "person_id"),
    columns={
        "night": shared_columns.NIGHT,
        "journey_id": required(STRING, "force code, colon, reference of one journey of one vehicle, train or flight"),
        "person_id": required(STRING, "force code, colon, nominal reference"),
        "departed_at": required(INSTANT, "departure, UTC"),
        **shared_columns.LINEAGE,
    },
    partition_by=("night",),
)

BY_FEED = {
    "associations": ASSOCIATIONS,
    "identifiers": IDENTIFIERS,
    "journey_people": JOURNEY_PEOPLE,
}
SILVER = tuple(BY_FEED.values())
