"""The data dictionary: every table, column, rule and code list as one Markdown page, made from the contracts.

`python -m schemas.dictionary` writes `docs/data-dictionary.md`; a test fails where the page is not what they say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schemas import bronze, catalogue, codes, device, leads, network, review
from schemas.contract import Column, Table
from schemas.programme import codes as programme

PAGE = Path(__file__).resolve().parent.parent / "docs" / "data-dictionary.md"
TABLES = catalogue.TABLES
LAYERS = {
    "bronze": "What arrived, as it arrived.",
    "silver": "The same facts in national codes, UTC and normalised identifiers.",
    "gold": "What people use: scores, queues, decisions, and the record of each night.",
}
# Title, source, values. An explicit list: what is not here is not a list that the tables use.
CODE_LISTS: tuple[tuple[str, str, Mapping[str, str] | Sequence[str]], ...] = (
    ("Feeds", "this system: folders of the landing zone", bronze.FEEDS),
    ("Forces", "Home Office, Police Force Areas", codes.FORCES),
    ("Source grades", "College of Policing, 3x5x2", codes.SOURCE_GRADES),
    ("Intelligence grades", "College of Policing, 3x5x2", codes.INTELLIGENCE_GRADES),
    ("Handling codes", "College of Policing, 3x5x2", codes.HANDLING_CODES),
    ("Action codes", "College of Policing, 3x5x2", codes.ACTION_CODES),
    ("Sanitisation codes", "College of Policing, 3x5x2", codes.SANITISATION_CODES),
    ("Markings held", "Cabinet Office, Government Security Classifications", codes.MARKINGS),
    ("Markings refused", "Cabinet Office, Government Security Classifications", codes.REFUSED_MARKINGS),
    ("Markings for review", "legacy scheme, never mapped automatically", codes.LEGACY_MARKINGS),
    ("Tags in the CSAE family", "programme list", codes.CSAE_TAGS),
    ("Other tags", "programme list", codes.OTHER_TAGS),
    ("Roles", "programme list", codes.ROLES),
    ("Risk of missing people", "as commonly used; a force's layout maps its own", codes.MISSING_RISKS),
    ("Care status", "programme list; a force's layout maps its own", codes.CARE_STATUSES),
    ("Self-defined ethnicity", "18+1, with W4 Roma accepted", codes.SELF_DEFINED_ETHNICITIES),
    ("Officer-defined ethnicity", "IC codes", codes.OFFICER_DEFINED_ETHNICITIES),
    ("Types of communications event", "Investigatory Powers Act 2016 part 3", codes.COMMS_TYPES),
    ("Purposes of communications data", "Investigatory Powers Act 2016 s.60A(7), shortened", codes.COMMS_PURPOSES),
    ("Directions of flights", "seen from the United Kingdom", codes.FLIGHT_DIRECTIONS),
    ("Statuses of flights", "programme list; a sender's layout maps its own", codes.FLIGHT_STATUSES),
    ("Lawful bases of passenger rows", "statutes as named; to be confirmed per force", codes.PASSENGER_BASES),
    ("Outcomes of a decision", "review procedure; Data Protection Act 2018 ss.50A-50D", codes.OUTCOMES),
    ("Actions in the processing log", "Data Protection Act 2018 s.62", codes.LOG_ACTIONS),
    ("Operations in the processing log", "this system", codes.LOG_OPERATIONS),
    ("Why a file of a device was not wholly read", "this system", device.FILE_REASONS),
    ("Kinds of account and wallet on devices", "this system", device.FINANCE_KINDS),
    (
        "Other kinds of identifier on devices",
        "this system",
        tuple(kind for kind in device.IDENTIFIER_KINDS if kind not in device.FINANCE_KINDS),
    ),
    ("What is said of accounts on devices", "this system", device.CLAIM_KINDS),
    ("Threats of investigations", "programme list; a sender's layout maps its own", programme.THREATS),
    ("Subjects of investigations", "programme list", programme.SUBJECT_KINDS),
    ("Pillars of disruptions", "the 4P of the strategies against serious and organised crime", programme.PILLARS),
    ("Levels of disruptions", "programme list; a sender's layout maps its own", programme.LEVELS),
    ("Outcomes of investigations", "programme list", programme.OUTCOMES),
    ("Footprints of investigations", "this system", programme.FOOTPRINTS),
    ("Patterns of leads", "this system", leads.DETECTORS),
    ("Kinds of entity", "this system", network.ENTITY_KINDS),
    ("Kinds of edge", "this system", network.EDGE_KINDS),
    ("Events of entities", "this system", network.ENTITY_EVENT_KINDS),
    ("Figures about the reviewing", "this system", review.FIGURES),
    ("Reasons for quarantine", "this system", codes.QUARANTINE_REASONS),
)


def markdown(tables: Sequence[Table]) -> str:
    """The page for `tables`, in their order, with the code lists after them. Ends in one newline."""
    lines = [
        "# Data dictionary",
        "",
        "Made from the contracts in `schemas/` by `make dictionary`; a test keeps it true, so do not edit it by hand.",
        "A personal column can name or describe a person: it never reaches logs, metadata or check results.",
        "Every instant is UTC. Rules skip NULL.",
    ]
    for layer in dict.fromkeys(table.layer for table in tables):
        lines += ["", f"## {layer}", "", LAYERS.get(layer, "")]
        for table in tables:
            if table.layer == layer:
                lines += ["", *_table(table)]
    lines += ["", "## Code lists"]
    for title, source, values in CODE_LISTS:
        lines += ["", *_code_list(title, source, values)]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.path}"
    yield ""
    yield table.doc
    yield ""
    yield f"Key: {_names(table.key)}." + (
        f" Partitioned by: {_names(table.partition_by)}." if table.partition_by else ""
    )
    yield ""
    yield "| column | type | required | personal | meaning | rules |"
    yield "|---|---|---|---|---|---|"
    for name, column in table.columns.items():
        cells = (
            f"`{name}`",
            f"`{column.type.simpleString()}`",
            "" if column.nullable else "yes",
            "yes" if column.is_personal else "",
            column.doc + (f" ({column.unit})" if column.unit else ""),
            "; ".join(_rules(column)),
        )
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"
    if table.checks:
        yield ""
        yield "Over several columns: " + "; ".join(f"{name}: `{sql}`" for name, sql in table.checks.items()) + "."


def _rules(column: Column) -> Iterator[str]:
    if column.among is not None:
        few = len(column.among) <= 8
        yield "one of " + ", ".join(column.among) if few else f"one of {len(column.among)} codes, listed below"
    if column.minimum is not None:
        yield f"at least {column.minimum:g}"
    if column.maximum is not None:
        yield f"at most {column.maximum:g}"
    if column.pattern is not None:
        yield f"matches `{column.pattern}`"


def _code_list(title: str, source: str, values: Mapping[str, str] | Sequence[str]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield f"Source: {source}."
    yield ""
    if isinstance(values, Mapping):
        yield "| code | meaning |"
        yield "|---|---|"
        yield from (f"| `{code}` | {_cell(meaning)} |" for code, meaning in values.items())
    else:
        yield ", ".join(f"`{value}`" for value in values) + "."


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def _cell(text: str) -> str:
    """Text for a Markdown table: a bar would end the cell, also inside code."""
    return text.replace("|", "\\|").replace("\n", " ")


def main(page: Path = PAGE) -> None:
    """Write the page."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(markdown(TABLES), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
