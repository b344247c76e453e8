"""Columns of a queue's page: the kinds that there are, each with the cell that it makes of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.pages import html as pages_html
from jobs.pages import markup

Row = Mapping[str, Any]

N_CHIPS = 4  # reasons in a line of the queue; all of them are shown in the opened item


@dataclass(frozen=True)
class Line:
    """One row of a queue as it is shown to one reviewer.

    Attributes:
        outcome: the outcome that waits for the night, if one does.
        is_covered: the row's words are kept back until it is opened.
        n_near_duplicates: items that the row stands for.
    """

    row: Row
    outcome: str | None
    is_open: bool
    is_covered: bool
    n_near_duplicates: int

    @property
    def state(self) -> str:
        """The class of the line: `open`, `done` where a decision waits, or none."""
        return "open" if self.is_open else "done" if self.outcome else ""


@dataclass(frozen=True)
class Column:
    """A column of a queue: its heading, and the cell that it makes of a line. `is_blind`: shown on a blind page too."""

    heading: str
    cell: Callable[[Line], markup.Html]
    is_blind: bool = False


def number(heading: str, value_of: Callable[[Row], Any]) -> Column:
    """A column of numbers."""
    return Column(heading, lambda line: markup.fill("queue", "number", value=value_of(line.row)))


def words(
    heading: str, words_of: Callable[[Row], str], chips: Callable[[Line], Sequence[str]] = lambda line: ()
) -> Column:
    """A column of a word or two, with chips after them."""
    return Column(heading, lambda line: markup.fill("queue", "words", text=words_of(line.row), chips=chips(line)))


def subject(
    heading: str,
    title: Callable[[Line], str],
    below: Callable[[Row], str],
    chips: Callable[[Line], Sequence[str]] = lambda line: (),
    *,
    is_item_apart: bool = False,
    is_blind: bool = False,
) -> Column:
    """The column that says what a row is about: title, a line below it, the item's number, chips.

    `is_item_apart` puts the item's number on a line of its own.
    """

    def cell(line: Line) -> markup.Html:
        return markup.fill(
            "queue", "subject", title=title(line), below=below(line.row), item_id=line.row["item_id"],
            is_item_apart=is_item_apart, chips=chips(line),
        )  # fmt: skip

    return Column(heading, cell, is_blind)


def reasons(
    is_shown: Callable[[Row], bool] = lambda reason: True, most: int | None = None, *, is_coverable: bool = False
) -> Column:
    """The column of reasons, at most so many of them; `is_coverable`: kept back with the row's words."""

    def cell(line: Line) -> markup.Html:
        kept = [reason for reason in line.row["reasons"] if is_shown(reason)]
        remark = ""
        if line.row["score"] is None:
            kept, remark = [], "not shown for this row"
        elif is_coverable and line.is_covered:
            kept, remark = [], f"{len(kept)} reasons, shown when opened"
        chips = [pages_html.reason_chip(reason) for reason in kept[:most]]
        return markup.fill("queue", "reasons", chips=chips, n_more=len(kept) - len(chips), remark=remark)

    return Column("Why it is here", cell)


RANK = number("Rank", lambda row: row["rank"])
SCORE = Column("Score", lambda line: markup.fill("queue", "score", bar=pages_html.score(line.row)))


def force_and_subject(row: Row) -> str:
    """Whose row it is, and what it is about by its id."""
    return f"{pages_html.force_name(row['force'])} \N{MIDDLE DOT} {row['subject_id']}"


def flags(line: Line) -> list[markup.Html]:
    """Warnings for a reviewer before reading on."""
    shown = []
    if line.row["is_text_changed"]:
        shown.append(pages_html.chip("decided before; the text has changed", "flag"))
    if line.row["is_suspected_false"]:
        shown.append(pages_html.chip("an item is graded E", "flag"))
    if line.outcome:
        shown.append(pages_html.chip(f"{line.outcome}, taken in tonight", "mine"))
    return shown


def decided(line: Line) -> list[markup.Html]:
    """The outcome that waits for the night, if one does."""
    return [pages_html.chip(f"decided: {line.outcome}", "mine")] if line.outcome else []


def warnings(line: Line) -> list[markup.Html]:
    """The row's reasons that are flags, then the outcome that waits for the night, if one does."""
    return [*map(pages_html.reason_chip, filter(is_flag, line.row["reasons"])), *decided(line)]


def is_flag(reason: Row) -> bool:
    return bool(reason["kind"] == "flag")
