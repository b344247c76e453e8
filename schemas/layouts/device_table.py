"""The layout of a telephone's download as a table: which file, what its rows are, and which column says what.

    tables:
      - file: messages*.csv
        holds: messages
        format: csv
        encoding: windows-1252
        times: ["dd/MM/yyyy HH:mm:ss"]
        columns: {at: Date, sender: From, recipient: To, text: Body, direction: Folder}
        joined: {at: [Time]}
        codes: {direction: {Inbox: IN, Sent: OUT}}
        constants: {app: sms}
        ignore: [Status]

Keys and what they take are those of senders' layouts (`schemas.layouts.feed`); the fields are those that follow here.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from schemas.layouts import values
from schemas.validation import Matching, Part

FIELDS: dict[str, tuple[str, ...]] = {
    "messages": (
        "at", "text", "sender", "sender_name", "recipient", "other", "direction", "chat", "chat_name", "app",
        "attachment", "attachment_type", "deleted",
    ),
    "calls": ("at", "party", "party_name", "direction", "status", "duration", "deleted"),
    "contacts": ("name", "surname", "organisation", "phone", "email", "id", "note"),
}  # fmt: skip
REQUIRED = {"messages": ("at", "text"), "calls": ("at", "party"), "contacts": ("phone",)}
CODES = {"direction": ("IN", "OUT"), "status": ("ANSWERED", "MISSED", "REJECTED")}
_LETTERS = re.compile("[yMdHhmsSaXxZ]+")
_IN_QUOTES = re.compile("'[^']*'")


def _of_bytes(value: str) -> str:
    """An encoding in which the bytes of ASCII are themselves, so that a place in the file is one of bytes."""
    if value.startswith(("utf-16", "utf-32", "utf-7")) or bytes(range(32, 127)).decode(value, "replace") != _ASCII:
        raise ValueError("takes an encoding of single bytes or UTF-8: save the table as UTF-8")
    return value


_ASCII = bytes(range(32, 127)).decode("ascii")


def _readable(pattern: str) -> str:
    if pattern in values.EPOCHS:
        return pattern
    unknown = re.sub("[^A-Za-z]", "", _LETTERS.sub("", _IN_QUOTES.sub("", pattern)))
    if unknown:
        raise ValueError(f"{pattern[:60]!r} has letters that are not read here: {unknown[:10]}")
    return pattern


Time = Annotated[values.TimePattern, AfterValidator(_readable)]
Encoding = Annotated[values.Encoding, AfterValidator(_of_bytes)]


class Table(Part):
    """One kind of table of a download."""

    file: Annotated[str, Matching(r"[^/\\\x00]{1,200}", "takes a file's name, with * for any characters")]
    holds: Literal["messages", "calls", "contacts"]
    format: Literal["csv", "xlsx"]
    delimiter: values.Delimiter = ","
    encoding: Encoding = "utf-8"
    times: Annotated[tuple[Time, ...], Field(strict=False)] = ()
    columns: dict[str, values.Word]
    joined: dict[str, Annotated[tuple[values.Word, ...], Field(strict=False)]] = {}
    codes: dict[str, dict[str, values.National]] = {}
    constants: dict[str, values.Word] = {}
    ignore: Annotated[tuple[values.Word, ...], Field(strict=False)] = ()

    @field_validator("codes")
    @classmethod
    def _folded(cls, given: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for name, words in given.items():
            if name not in CODES:
                raise ValueError(f"{name[:40]!r} has no codes; {', '.join(CODES)} have")
            if wrong := sorted({ours for ours in words.values() if ours not in CODES[name]}):
                raise ValueError(f"becomes {wrong[0][:40]!r}, not one of {', '.join(CODES[name])}")
        return {name: {values.folded(theirs): ours for theirs, ours in words.items()} for name, words in given.items()}

    @model_validator(mode="after")
    def _fits(self) -> Table:
        known, given = FIELDS[self.holds], {*self.columns, *self.constants}
        if unknown := sorted(given - set(known)):
            raise ValueError(f"{unknown[0][:40]!r} is not one of our fields here: {', '.join(known)}")
        if missing := [name for name in REQUIRED[self.holds] if name not in self.columns]:
            raise ValueError(f"columns lacks required fields: {', '.join(missing)}")
        if both := sorted(set(self.columns) & set(self.constants)):
            raise ValueError(f"{both[0]!r} has a column and a constant")
        if loose := sorted({*self.joined, *self.codes} - set(self.columns)):
            raise ValueError(f"{loose[0][:40]!r} has no column of its own")
        if wrong := sorted(set(self.constants) - {"app"}):
            raise ValueError(f"{wrong[0]!r} takes a column: only app may be constant")
        return self

    def takes(self, name: str) -> bool:
        """Whether it is the layout of a file or member of this path; case does not count."""
        last = re.split(r"[/\\]", name)[-1]
        return fnmatch.fnmatchcase(last.lower(), self.file.lower())

    @property
    def named(self) -> tuple[str, ...]:
        """Columns that must be there."""
        more = [column for columns in self.joined.values() for column in columns]
        return tuple(dict.fromkeys([*self.columns.values(), *more]))


def layout_of(name: str, tables: Iterable[Table]) -> Table | None:
    """The first layout that takes a file; None where none does."""
    return next((table for table in tables if table.takes(name)), None)
