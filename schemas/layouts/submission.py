"""The manifest of a seized device's submission, `submission.yaml`: under which authority it comes, and whose it is.

    authority: {power: PACE 1984 s.19, reference: WA/0417, granted_on: "2026-01-09"}
    purpose: Investigation of child criminal exploitation
    exhibits: [AB/1, AB/2]
    owner: {name: A Person, identifiers: ["+447700900691"]}   # numbers and handles: they give messages a direction
    languages: [en, ro]               # ISO 639-1, where known
    keyword_lists: [terms.csv]        # files of the submission: CSV, XLSX or TXT
    hash_lists: [known.json]          # lists of known pictures: VICS 2.0 and 1.3, CAID
    text_in_pictures: true            # pictures are read for text by Tesseract, where it is installed; left out: not
    privileged: solicitors.csv        # numbers, handles and words whose messages are held back from view
    tables: [...]                     # downloads as CSV or XLSX: `schemas.layouts.device_table`
    region: GB                        # whose national numbers
    time_zone: Europe/London          # of times without a zone

Without an authority and a purpose nothing of a submission is read.
"""

from __future__ import annotations

import zoneinfo
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from schemas import documents, validation
from schemas.documents import Document, DocumentError
from schemas.layouts import device_table
from schemas.validation import Matching, Part

FILE = "submission.yaml"


def _day(value: object) -> object:
    """A day as written in the file; YAML reads an unquoted one as text here."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value[:40]!r} is no day, such as 2026-01-09") from error


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value[:60]!r} is not a known time zone, such as Europe/London") from error
    return value


Words = Annotated[str, Field(min_length=1, max_length=500)]
Day = Annotated[date, BeforeValidator(_day)]
Beside = Annotated[
    str, Matching(r"(?!\.)[^/\\\x00]{1,200}", "takes the name of a file that lies beside the manifest")
]  # fmt: skip
Language = Annotated[str, Matching("[a-z]{2}", "takes a language as two letters, such as ro")]


class Authority(Part):
    """What allows the examination."""

    power: Words
    reference: Words
    granted_on: Day
    expires_on: Day | None = None


class Owner(Part):
    """Whose device it is, as far as it is known."""

    name: Words | None = None
    identifiers: list[Words] = Field(default_factory=list, max_length=200)


class Submission(Part):
    """What a submission says of itself."""

    authority: Authority
    purpose: Words
    exhibits: list[Words] = Field(min_length=1, max_length=500)
    owner: Owner = Owner()
    languages: list[Language] = Field(default_factory=list, max_length=50)
    keyword_lists: list[Beside] = Field(default_factory=list, max_length=50)
    hash_lists: list[Beside] = Field(default_factory=list, max_length=50)
    text_in_pictures: bool = False
    privileged: Beside | None = None
    tables: list[device_table.Table] = Field(default_factory=list, max_length=50)
    region: Annotated[str, Matching("[A-Z]{2}", "takes a country as two capitals, such as GB")] = "GB"
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/London"

    @property
    def lists(self) -> tuple[str, ...]:
        """Files of the submission that are not evidence."""
        return (FILE, *self.keyword_lists, *self.hash_lists, *([self.privileged] if self.privileged else []))


def read(path: Path) -> Submission:
    """The manifest at `path`.

    Raises:
        DocumentError: it cannot be used; names line, key and what is wrong, never a value of evidence.
    """
    return parsed(documents.read(path, FILE))


def parsed(document: Document) -> Submission:
    """A manifest that was read.

    Raises:
        DocumentError: as `read`.
    """
    submission, problems = validation.checked(document, Submission)
    if submission is None or problems:
        raise DocumentError(problems)
    return submission
