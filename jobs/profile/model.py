"""What a subject profile is made of: statements, each with its sources and its grading. Nothing is read or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas import codes

RECORD = "recorded by the force, not graded"
DATA = "communications data as the provider sent it"
LISTED = "as the carrier's list has it"
CALCULATED = "calculation, not fact"

CAUTION = (
    "This profile was put together by a computer from what is recorded. It is for intelligence only. Nothing in it is "
    "a finding about anybody: check each statement at its source before anything is done. What is marked “calculation, "
    "not fact” was computed here and is in nobody's record."
)


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: a row of a table, and the file that it arrived in, where that is known."""

    table: str
    id: str
    file: str | None = None
    row: int | None = None


@dataclass(frozen=True)
class Score:
    """A calibrated score with the ends of its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class QueueRow:
    """A row of gold.queue_items as a profile takes it.

    Rows that chance drew, blind ones and second readings have no score: naming one would tell the draw.
    """

    queue: str
    item_id: str
    stratum: str
    marking: str
    reasons: tuple[str, ...]
    score: Score | None

    @staticmethod
    def of(row: Mapping[str, Any]) -> QueueRow:
        ends = (row["score"], row["score_low"], row["score_high"])
        score = None if any(end is None for end in ends) else Score(*ends)
        reasons = tuple(reason["text"] for reason in row["reasons"])
        return QueueRow(row["queue"], row["item_id"], row["stratum"], row["marking"], reasons, score)


@dataclass(frozen=True)
class Calculation:
    """A queue row that a profile may name, and its score."""

    row: QueueRow
    score: Score


def calculations(rows: Iterable[QueueRow]) -> list[Calculation]:
    """The rows that are shown with their score, by queue, the highest first; the others are left out."""
    scored = [Calculation(row, row.score) for row in rows if row.score is not None]
    return sorted(scored, key=lambda c: (c.row.queue, -c.score.value, c.row.item_id))


@dataclass(frozen=True)
class Statement:
    """One thing that is said, the rows it rests on, and how far it is to be trusted.

    `cells` are the values, under the headings of its section.
    """

    cells: tuple[str, ...]
    sources: tuple[Source, ...]
    grading: str

    def __post_init__(self) -> None:
        if not self.sources or not self.grading:
            raise ValueError("a statement of a profile names its sources and its grading")


@dataclass(frozen=True)
class Section:
    """A part of the profile. `note` says what it shows and what it cannot; `chart` is counts by label, or nothing."""

    title: str
    headings: tuple[str, ...]
    statements: tuple[Statement, ...]
    note: str = ""
    chart: Mapping[str, int] = field(default_factory=dict)
    empty: str = "Nothing is held."


@dataclass(frozen=True)
class Profile:
    """A subject as known in a night."""

    subject: str
    name: str
    night: str
    marking: str
    person_ids: tuple[str, ...]
    sections: tuple[Section, ...]
    gaps: tuple[str, ...]
    provenance: Mapping[str, Any]

    def sources(self) -> dict[Source, int]:
        """Every source, numbered in the order in which the profile first names it."""
        counted: dict[Source, int] = {}
        for section in self.sections:
            for statement in section.statements:
                for source in statement.sources:
                    counted.setdefault(source, len(counted) + 1)
        return counted


def of_row(table: str, ids: str, row: Mapping[str, Any]) -> Source:
    """The source that a row with its lineage is."""
    return Source(table, str(row[ids]), row.get("_file"), row.get("_row_number"))


def grading(items: Iterable[Mapping[str, Any]], handling: str | None = None, conditions: Sequence[str] = ()) -> str:
    """A report's gradings in 3x5x2, the distinct ones of its items, and its handling."""
    pairs = sorted({(str(item["source"] or "–"), str(item["intelligence"] or "–")) for item in items})
    words = []
    for source, known in pairs:
        meaning = ", ".join(
            filter(None, (codes.SOURCE_GRADES.get(source), codes.INTELLIGENCE_GRADES.get(known)))
        )  # fmt: skip
        words.append(f"{source}{known} ({meaning})" if meaning else f"{source}{known}")
    text = "; ".join(words) or "not graded"
    return f"{text}; handling {' '.join(filter(None, (handling, *conditions)))}" if handling else text


def highest(markings: Iterable[str]) -> str:
    """The marking of what is made from these: the highest, and never below OFFICIAL-SENSITIVE, as it names a person."""
    return max((*markings, codes.MARKINGS[-1]), key=codes.MARKINGS.index)
