"""A made-up force in a dialect of its own: the files of Norfolk's synthetic world in other words, dates and formats.

Semicolons, Windows-1252, three lines before the header, dates with dots; nominals come as a workbook below two rows of
title. Some columns and codes have names that other senders use, most do not.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from schemas.layouts import layouts

SENDER, FORCE, NAME = "northmarch", "NM", "Northmarch"
PREAMBLE = "Northmarch Constabulary;;\r\nExtract of the night\r\n\r\n"
# Norfolk's column -> the same here; a column that is not named has the same name, one of None is not exported.
COLUMNS: dict[str, dict[str, str | None]] = {
    "reports": {
        "GSC": "Protective Marking", "Submitted By": "Reporting Officer", "Crime Types": "Subject Matter",
        "Conditions": "Handling Notes", "Print Flag": "Page Count",
        **{f"Item {n} Text": f"Log {n} Narrative" for n in (1, 2, 3)},
        **{f"Item {n} Source": f"Log {n} Reliability" for n in (1, 2, 3)},
        **{f"Item {n} Intel": f"Log {n} Credibility" for n in (1, 2, 3)},
    },
    "nominals": {
        "Nominal No": "Party Number", "First Name": "Christian Name", "Gender": "Sex", "DOB": "Date of Birth",
        "Self Defined Eth": "Ethnicity (self)", "Officer Defined Eth": "Officer's View", "Telephone": "Phone",
        "Address": "Abode", "Postcode": "Postcode", "VRM": "Vehicle Reg",
    },
    "report_links": {"Nominal No": "Party Number", "Involvement": "Capacity"},
    "investigations": {
        "Investigation No": "Case Number", "Nominal No": "Party Number", "Operation": "Op Name",
        "Involvement": "Capacity", "Status": "Case State", "Filed": "Wound Up",
    },
    "missing_episodes": {
        "Misper Ref": "Misper Ref", "Nominal No": "Party Number", "Located": "Came Back", "Risk": "Assessed As",
        "Care": "Looked After By", "Located Postcode": "Where Found",
    },
}  # fmt: skip
_CAPACITY = {"Victim": "Victim", "Subject": "Offender", "Witness": "Onlooker", "Mentioned": "Named"}
# Here's column -> Norfolk's word -> the word here. Others stay.
WORDS: dict[str, dict[str, str]] = {
    "Protective Marking": {"O": "Official", "O-S": "Official - Sensitive"},
    "Handling": {"P": "Permitted", "C": "Conditional"},
    "PII": {"Y": "Yes", "N": "No"},
    "Sex": {"Female": "Woman", "Male": "Man", "Unknown": "U"},
    "Capacity": _CAPACITY,
    "Case State": {"Live": "Running", "Filed": "Shut"},
    "Assessed As": {"No Apparent Risk": "Grade 0", "Low": "Grade 1", "Medium": "Grade 2", "High": "Grade 3"},
    "Looked After By": {
        "Not LAC": "Parents", "LAC": "Council", "Residential": "Care Home", "Foster Care": "Foster Carer",
        "Not Known": "Not Clear",
    },
}  # fmt: skip
_TAGS = {"Drugs": "Drug Supply", "Domestic": "Domestic", "County Lines": "Lines of Supply"}


def write(norfolk: Path, folder: Path) -> None:
    """Every good file of Norfolk's feeds again, in this force's dialect, at `folder/<feed>/<night>/`."""
    for path in sorted(norfolk.glob("*/*/*.csv")):
        feed, night = path.parent.parent.name, path.parent.name
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        if not rows or None in rows[0]:
            continue
        here = [_here(row, feed) for row in rows]
        out = folder / feed / night / (path.stem.replace("norfolk", SENDER) + ".dat")
        out.parent.mkdir(parents=True, exist_ok=True)
        if feed == "nominals":
            out.with_suffix(".xlsx").write_bytes(_workbook(here))
        else:
            out.write_bytes(_csv(here).encode("windows-1252"))


def _here(row: Mapping[str, str], feed: str) -> dict[str, str]:
    told: dict[str, str] = {}
    for column, value in row.items():
        name = COLUMNS[feed].get(column, column)
        if name is not None:
            told[name] = _word(name, value)
    return told


def _word(column: str, value: str) -> str:
    if column == "Subject Matter":
        return "|".join(_TAGS.get(tag, tag) for tag in value.split(";"))
    if column in WORDS:
        return WORDS[column].get(value, value)
    parts = value.split(" ")
    day = parts[0].split("/")
    if len(day) == 3 and len(value) in (10, 16) and all(part.isdigit() for part in day):
        return " ".join([".".join(day), *parts[1:]])
    return value


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    text.write(PREAMBLE)
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _workbook(rows: list[dict[str, str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["Northmarch Constabulary"])
    sheet.append(["Persons of record"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([_cell(column, value) for column, value in row.items()])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _cell(column: str, value: str) -> Any:
    if column == "Date of Birth" and value:
        day, month, year = map(int, value.split("."))
        return dt.date(year, month, day)
    return value or None


# What somebody who knows the force answers, by the key of the layout that the draft names.
_NORFOLK_TAGS = yaml.safe_load((layouts.FOLDER / "norfolk.yaml").read_text(encoding="utf-8"))["feeds"]["reports"][
    "codes"
]["tags"]
_ROLES = {"Offender": "SUSPECT", "Onlooker": "WITNESS", "Named": "OTHER"}
ANSWERS: dict[str, Any] = {
    "force": FORCE,
    "time_zone": "Europe/London",
    "feeds.reports.columns.marking": "Protective Marking",
    "feeds.reports.columns.originator": "Reporting Officer",
    "feeds.reports.columns.tags": "Subject Matter",
    "feeds.reports.lists.tags": "|",
    "feeds.reports.items": {
        "numbered": {
            "text": "Log {n} Narrative", "source": "Log {n} Reliability", "intelligence": "Log {n} Credibility",
            "up_to": 3,
        }
    },
    "feeds.reports.codes.handling_code": {"Permitted": "P", "Conditional": "C"},
    "feeds.reports.codes.tags": {_TAGS.get(word, word): national for word, national in _NORFOLK_TAGS.items()},
    "feeds.reports.unmapped": {"tags": "OTHER"},
    "feeds.reports.ignore": ["Page Count"],
    "feeds.nominals.columns.person_ref": "Party Number",
    "feeds.nominals.columns.forename": "Christian Name",
    "feeds.nominals.columns.address": "Abode",
    "feeds.nominals.columns.officer_defined_ethnicity": "Officer's View",
    "feeds.nominals.codes.sex": {"Man": "M", "Woman": "F"},
    "feeds.report_links.encoding": "windows-1252",
    "feeds.report_links.columns.person_ref": "Party Number",
    "feeds.report_links.columns.role": "Capacity",
    "feeds.report_links.codes.role": _ROLES,
    "feeds.investigations.encoding": "windows-1252",
    "feeds.investigations.columns.investigation_ref": "Case Number",
    "feeds.investigations.columns.person_ref": "Party Number",
    "feeds.investigations.columns.role": "Capacity",
    "feeds.investigations.columns.status": "Case State",
    "feeds.investigations.columns.closed_on": "Wound Up",
    "feeds.investigations.codes.role": _ROLES,
    "feeds.investigations.codes.status": {"Running": "OPEN", "Shut": "CLOSED"},
    "feeds.missing_episodes.encoding": "windows-1252",
    "feeds.missing_episodes.columns.person_ref": "Party Number",
    "feeds.missing_episodes.columns.found_at": "Came Back",
    "feeds.missing_episodes.columns.risk": "Assessed As",
    "feeds.missing_episodes.columns.care_status": "Looked After By",
    "feeds.missing_episodes.columns.found_postcode": "Where Found",
    "feeds.missing_episodes.codes.risk": {
        "Grade 0": "NO_APPARENT", "Grade 1": "LOW", "Grade 2": "MEDIUM", "Grade 3": "HIGH",
    },
    "feeds.missing_episodes.codes.care_status": {
        "Parents": "NOT_IN_CARE", "Council": "LOOKED_AFTER", "Care Home": "CHILDRENS_HOME", "Foster Carer": "FOSTER",
        "Not Clear": "UNKNOWN",
    },
}  # fmt: skip


def answered(text: str) -> str:
    """A draft's YAML with its questions answered: each key that it names is filled."""
    document = yaml.safe_load(text)
    for key, answer in ANSWERS.items():
        *above, last = key.split(".")
        inside = document
        for step in above:
            inside[step] = inside.get(step) or {}
            inside = inside[step]
        if isinstance(answer, dict) and isinstance(inside.get(last), dict):
            inside[last] |= answer
        else:
            inside[last] = answer
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
