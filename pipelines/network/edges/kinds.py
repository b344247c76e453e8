"""How each kind of edge is made: its ends, its times, its evidence and what one piece of it is worth, declared once.

`pipelines.network.edges.edges` reads these declarations and nothing else, so a new kind, or a new table behind a kind,
is an entry here. Base strengths are judgements, written down to be argued with: what one such piece of evidence alone
says about the chance that the two ends truly have to do with each other. More evidence adds up as
1 - product of (1 - weight).
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas import network, silver, ties, travel
from schemas.contract import Table

# What a grading leaves of the base strength. E leaves nothing: a report with an item suspected to be false is listed
# with the evidence and counted apart, and adds no strength. Ungraded counts as untested and known indirectly.
SOURCE_FACTORS = {"1": 1.0, "2": 0.8, "3": 0.5}
INTELLIGENCE_FACTORS = {"A": 1.0, "B": 0.9, "C": 0.7, "D": 0.5, "E": 0.0}
UNGRADED = 0.56  # 0.8 x 0.7

# What a role leaves: witnesses are named with everybody, and mostly have to do with nobody.
ROLE_FACTORS = {"VICTIM": 1.0, "SUSPECT": 1.0, "OTHER": 0.6, "WITNESS": 0.3}

MAX_NAMED = 30  # a report that names more people is a list, not a tie between any two of them
MAX_FOUND = 12  # where more missing people were found is a station, a hospital or a home, and no place that they share


@dataclass(frozen=True)
class Source:
    """One table that gives edges of one kind: SQL expressions over its columns, as of a night.

    Of a table that is held under authorisations (`silver.GATED`) the rows are those that may be used.

    An end that is a person is a person id, any other the normalised value. `at` NULL means: when it became known.
    `unit` is what counts once however often it is told: the record that says so, or the day of a call.
    """

    table: Table
    first: str
    second: str
    at: str
    evidence: str  # id that a reader can follow in `table`
    strength: float  # of one piece of evidence, in (0, 1]
    where: str = "true"
    unit: str = ""  # default: the evidence id
    grade: str = "CAST(1.0 AS DOUBLE)"  # factor in [0, 1]; 0 for what is suspected to be false
    needs: Table | None = None  # a second table, joined as of the night: on the columns `on`,
    on: tuple[str, ...] = ()
    same: tuple[tuple[str, str], ...] = ()  # or where each of these expressions, of this table and of that, are equal
    pairs_by: str | None = None  # pairs of this table's own rows that share this column; `second` is of the other row
    most: int = MAX_NAMED  # what more people share ties nobody
    keeps_versions: bool = False  # every version of a record is evidence of its time, not the newest alone


@dataclass(frozen=True)
class EdgeKind:
    """A kind of edge: the kinds of its ends and where it comes from."""

    name: str
    ends: tuple[str, str]  # kinds of entity
    sources: tuple[Source, ...]
    is_directed: bool = False
    is_lasting: bool = False  # a state that was recorded, not an event at a time

    def __post_init__(self) -> None:
        if self.name not in network.EDGE_KINDS or not set(self.ends) <= set(network.ENTITY_KINDS):
            raise ValueError(f"{self.name} {self.ends}: not kinds of schemas.network")


# An address is one by its text and postcode, exactly; the postcode alone is a place too, of some fifteen households.
ADDRESS = "concat(btrim(regexp_replace(address, '[^A-Z0-9]+', ' ')), ', ', postcode)"
_GRADED = " ".join(
    f"WHEN '{source}{letter}' THEN {round(a * b, 4)}D"
    for source, a in SOURCE_FACTORS.items()
    for letter, b in INTELLIGENCE_FACTORS.items()
)
GRADE = f"CASE concat(source_grade, intelligence_grade) {_GRADED} ELSE {UNGRADED}D END"
# Of a report, the best graded item; nothing where any item is suspected to be false, since names are not tied to items.
REPORT_GRADE = (
    "CASE WHEN is_suspected_false THEN 0D ELSE coalesce(array_max(transform(items, i -> "
    f"CASE concat(i.source, i.intelligence) {_GRADED} ELSE {UNGRADED}D END)), {UNGRADED}D) END"
)


def _recorded(value: str, strength: float) -> Source:
    """A column of the nominal record."""
    return Source(
        silver.PEOPLE, "person_id", value, "NULL", "person_id", strength, where=f"{value} IS NOT NULL",
        keeps_versions=True,
    )  # fmt: skip


def _identifier(kind: str, strength: float) -> Source:
    return Source(
        ties.IDENTIFIERS, "person_id", "value", "coalesce(last_at, first_at)", "person_id", strength,
        where=f"kind = '{kind}'", unit="concat(person_id, value)",
    )  # fmt: skip


def _association(kind: str, strength: float) -> Source:
    return Source(
        ties.ASSOCIATIONS, "person_id", "other_person_id", "happened_at", "association_id", strength,
        where=f"kind = '{kind}'", grade=GRADE,
    )  # fmt: skip


def _episode(value: str, at: str) -> Source:
    """A missing episode, with the nominal record of the missing person beside it."""
    return Source(
        silver.MISSING_EPISODES, "person_id", value, at, "episode_id", 0.5, where=f"{value} IS NOT NULL",
        needs=silver.PEOPLE, on=("person_id",),
    )  # fmt: skip


KINDS = (
    EdgeKind(
        "NAMED_TOGETHER",
        ("PERSON", "PERSON"),
        (
            Source(
                silver.REPORT_PEOPLE, "person_id", "person_id",
                "coalesce(CAST(intelligence_on AS TIMESTAMP), created_at)",
                "report_id", 0.6, where="text_hash IS NOT NULL", grade=REPORT_GRADE, needs=silver.REPORTS,
                on=("report_id",), pairs_by="report_id",
            ),
        ),
    ),
    EdgeKind(
        "LIVES_AT", ("PERSON", "ADDRESS"), (_recorded(ADDRESS, 0.8), _recorded("postcode", 0.2)), is_lasting=True
    ),
    EdgeKind(
        "USES_PHONE",
        ("PERSON", "PHONE"),
        (
            _recorded("phone", 0.8),
            _identifier("PHONE", 0.8),
            Source(
                silver.COMMS_SUBSCRIBERS, "person_id", "number", "CAST(from_on AS TIMESTAMP)", "subscriber_id", 0.6,
                needs=silver.PEOPLE, same=(("name", "forename || ' ' || surname"), ("postcode", "postcode")),
            ),
        ),
        is_lasting=True,
    ),
    EdgeKind(
        "USES_VEHICLE", ("PERSON", "VEHICLE"), (_recorded("vehicle", 0.7), _identifier("VEHICLE", 0.7)),
        is_lasting=True,
    ),
    EdgeKind("USES_HANDLE", ("PERSON", "HANDLE"), (_identifier("HANDLE", 0.8),), is_lasting=True),
    EdgeKind("USES_ACCOUNT", ("PERSON", "ACCOUNT"), (_identifier("ACCOUNT", 0.8),), is_lasting=True),
    EdgeKind(
        "CALLED",
        ("PHONE", "PHONE"),
        (
            Source(
                silver.COMMS_EVENTS, "a_number", "b_number", "started_at", "event_id", 0.25,
                unit="CAST(CAST(started_at AS DATE) AS STRING)",
            ),
        ),
        is_directed=True,
    ),
    EdgeKind("SEEN_WITH", ("PERSON", "PERSON"), (_association("SEEN_WITH", 0.6),)),
    EdgeKind("MISSING_FROM", ("PERSON", "ADDRESS"), (_episode(ADDRESS, "coalesce(last_seen_at, reported_at)"),)),
    EdgeKind("FOUND_AT", ("PERSON", "ADDRESS"), (_episode("found_postcode", "found_at"),)),
    EdgeKind(
        "FOUND_WITH",
        ("PERSON", "PERSON"),
        (
            Source(
                silver.MISSING_EPISODES, "person_id", "person_id", "found_at", "episode_id", 0.5,
                where="found_postcode IS NOT NULL AND found_postcode IS DISTINCT FROM postcode", unit="found_postcode",
                needs=silver.PEOPLE, on=("person_id",), pairs_by="found_postcode", most=MAX_FOUND,
            ),
        ),
    ),
    EdgeKind(
        "TRAVELLED_WITH",
        ("PERSON", "PERSON"),
        (
            Source(
                ties.JOURNEY_PEOPLE, "person_id", "person_id", "departed_at", "journey_id", 0.5,
                pairs_by="journey_id",
            ),
            Source(
                travel.PASSENGERS, "person_id", "person_id", "CAST(flight_on AS TIMESTAMP)", "passenger_id", 0.5,
                where="booking_ref IS NOT NULL", unit="concat_ws('|', flight_no, flight_on)", needs=silver.PEOPLE,
                same=tuple((name, name) for name in ("forename", "surname", "born_on")),
                pairs_by="concat_ws('|', flight_no, flight_on, booking_ref)",
            ),
        ),
    ),
    EdgeKind("ARRESTED_WITH", ("PERSON", "PERSON"), (_association("ARRESTED_WITH", 0.8),)),
    EdgeKind("FAMILY", ("PERSON", "PERSON"), (_association("FAMILY", 0.7),), is_lasting=True),
    EdgeKind("LIVES_WITH", ("PERSON", "PERSON"), (_association("LIVES_WITH", 0.7),), is_lasting=True),
    EdgeKind("KNOWS", ("PERSON", "PERSON"), (_association("KNOWS", 0.4),), is_lasting=True),
)  # fmt: skip

# Every table that an edge may need.
TABLES: tuple[Table, ...] = tuple(
    {t.path: t for kind in KINDS for source in kind.sources for t in (source.table, source.needs) if t}.values()
)
