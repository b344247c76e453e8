"""Senders' layouts: one YAML per force or provider says how its columns, codes, dates and time zone become ours.

Adding a sender is one YAML in `schemas/sources/` and no code. The grammar, by example:

    sender: norfolk              # folder in the landing zone
    name: Norfolk Constabulary
    kind: force                  # force | provider | travel
    force: "36"                  # forces only
    time_zone: Europe/London     # of times that carry no offset
    references: caseless         # caseless | exact: whether case counts in the sender's own keys
    feeds:
      reports:
        format: csv              # csv | jsonl | json (one document) | xlsx | parquet
        due: daily               # daily | weekdays | weekly | irregular; left out: as it usually comes
        delimiter: ","           # csv only
        quoting: doubled         # csv: doubled | backslash | none: how a quotation mark within a value is written
        encoding: utf-8          # csv, jsonl and json
        rows_at: data.records    # json: path of the array of rows; left out: the document is the array
        names_at: data.fields    # json: path of the columns' names, where each row is an array of values
        dates: ["dd/MM/yyyy"]    # Spark patterns, tried in order; ISO dates are always accepted
        times: ["dd/MM/yyyy HH:mm"]   # also epoch_s and epoch_ms: numbers since 1970
        columns: {urn: Intel Ref}                 # ours: theirs; a dotted path reaches into nested JSON
        rows_of: comms_events    # another feed: its files' rows are read for this one too (cells in rows of events)
        more_columns: [{cell: Last Cell}]         # with rows_of: further records of the same row
        joined: {created_at: [Time]}              # ours: [theirs], columns whose text follows, after a blank
        lists: {tags: ";"}                        # ours: separator of several values in one text
        items:                                    # reports only, one of `numbered` and `each`
          numbered: {text: "Item {n} Text", source: "Item {n} Source", intelligence: "Item {n} Intel", up_to: 3}
          each: {path: entries, text: body, grade: grading}
        codes: {tags: {"Child Sex Exploit": CSE_LONE}}   # ours: {theirs: national}; compared trimmed, caseless
        unmapped: {tags: OTHER}                   # what a value that `codes` does not name becomes, else BAD_CODE
        constants: {scheme: 3x5x2}                # ours: value, where the sender has no such column
        absent: {forename: [Baby]}                # ours: [theirs] that mean nothing, besides those of `absent`
        ignore: [Print Flag]                      # known and deliberately unused
        header_rows: 3           # xlsx: a column's name is spread over these rows, joined by " / "
        skip_rows: 1             # xlsx: rows with a title before the header
        durations: seconds       # seconds | minutes (decimal) | clock (mm:ss or h:mm:ss)
        numbers: national        # e164 | international | national | as_dialled: how telephone numbers are written
        region: GB               # whose national numbers
        grid: osgb36             # latitude: northing, longitude: easting, in metres; or both one grid reference
        clock: {column: Zone, offsets: {BST: "+01:00", GMT: "+00:00"}}  # which clock a local time was read from
        patterns: {first_cell: "^([^@]+)"}        # ours: what part of the text is the value, as one group
        file_name: {subject_number: "_([0-9]+)[.]csv$"}   # ours: value that only the file's name tells, as one group

A layout that cannot be used stops its own sender and no other; its file is named as its sender is.

`codes` may name any field whose values are words, and `item_source`, `item_intelligence` and `item_grade`, the grades
of a report's items ("2 - Untested": 2). `constants` may also name `item_source` and `item_intelligence`, the grading of
every item of a sender that grades none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field as Key
from pydantic import ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, field_validator

from schemas import bronze, documents, travel, validation
from schemas.documents import Document, DocumentError, Location, Problem
from schemas.layouts import rows_of as beside_rules
from schemas.layouts import values
from schemas.layouts.feed import Clock, Feed, Items, is_own_column, mapped_columns, split_path
from schemas.layouts.fields import FIELDS, ITEM_CONSTANTS, ITEM_PARTS, Field
from schemas.validation import Part

__all__ = (
    "FIELDS", "FOLDER", "ITEM_CONSTANTS", "ITEM_PARTS", "Clock", "Feed", "Field", "Items", "LayoutError", "Layouts",
    "Source", "beside", "is_own_column", "load", "load_all", "load_file", "mapped_columns", "nearest", "of_feed",
    "parse", "split_path",
)  # fmt: skip
FOLDER = Path(__file__).resolve().parent.parent / "sources"
_Kind = Literal["force", "provider", "travel"]  # travel: carriers, airports, border and reference data of flights


class LayoutError(DocumentError):
    """A layout that cannot be used; the message names the file, the line, the key and what is wrong, a line each."""

    def __init__(self, problems: list[Problem], sender: str | None = None) -> None:
        super().__init__(problems)
        self.sender = sender  # what the file calls its sender, where it can be read so far

    @property
    def detail(self) -> str:
        """The same on one line, for a table."""
        return "; ".join(str(self).splitlines())


class Source(Part):
    """A sender: its name, kind, time zone and feeds."""

    sender: values.Sender = Key(description="folder in the landing zone, and name of this file without .yaml")
    name: values.Text = Key(description="as people call it")
    kind: _Kind = Key(description="which feeds it may send")
    force: values.Force | None = Key(
        None, description='forces only: two-character code, quoted ("36")', validate_default=True
    )
    time_zone: values.TimeZone = Key(description="of times that carry no offset, such as Europe/London")
    references: Literal["caseless", "exact"] = Key(
        "caseless",
        description="whether case counts in the sender's own keys, by which its feeds name each other's rows",
    )
    feeds: dict[str, Feed] = Key(description="by name of the feed, each as below")

    @field_validator("sender")
    @classmethod
    def _is_named_as_its_file(cls, sender: str, info: ValidationInfo) -> str:
        stem = (info.context or {}).get("stem", sender)
        if sender != stem:
            raise ValueError(f"is {sender!r}, and the file is {stem}.yaml: a layout's file is named as its sender is")
        return sender

    @field_validator("force")
    @classmethod
    def _of_forces(cls, force: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind")
        if kind == "force" and force is None:
            raise ValueError('is needed, as a quoted two-character code, such as "36"')
        if kind not in (None, "force") and force is not None:
            raise ValueError("belongs to forces only")
        return force

    @field_validator("feeds", mode="wrap")
    @classmethod
    def _name_feeds(cls, feeds: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Tell each feed its own name, which is what its other keys depend on."""
        if not isinstance(feeds, Mapping):
            return handler(feeds)
        if not feeds:
            raise ValueError("names no feed")
        problems = dict(_misplaced(feeds, info.data.get("kind")))
        told = {name: beside_rules.told(name, body, feeds) for name, body in feeds.items() if (name,) not in problems}
        try:
            made = beside_rules.known(handler(told))
        except ValidationError as error:
            raise validation.refusal(problems.items(), error) from error
        if problems:
            raise validation.refusal(problems.items())
        return made


def _misplaced(feeds: Mapping[str, Any], kind: str | None) -> Iterator[tuple[Location, str]]:
    """Feeds that are none, or none of such a sender, and keys of theirs that look like defaults to a model."""
    for name, body in feeds.items():
        if name not in bronze.FEEDS:
            yield (name,), f"is not one of {', '.join(bronze.FEEDS)}"
        elif kind not in (None, _kind_of(name)):
            yield (name,), f"is not a feed of a {kind}"
        elif isinstance(body, Mapping):
            if "name" in body:
                yield (name, "name"), "is not a key here"
            if body.get("rows_of") is not None:
                yield from beside_rules.why_not(name, body, feeds)
            if body.get("items", ()) is None:
                yield (name, "items"), "takes a mapping, not nothing"


def _kind_of(feed: str) -> str:
    """The kind of sender that a feed belongs to."""
    if feed in travel.FEEDS:
        return "travel"
    return "provider" if feed.startswith("comms_") else "force"


def nearest(paths: Set[tuple[str, ...]], feed: str, sources: Mapping[str, Source]) -> tuple[str, list[str]] | None:
    """Of the layouts of `feed`, the one that names most of a file's columns, and its required columns that are absent.

    Args:
        paths: every column of the file as a path.

    Returns:
        None where no layout names any of the columns. Of equals, the one with fewer absent, then the first by name.
    """
    distances = []
    for sender, (_, layout) in of_feed(sources, feed).items():
        named = {tuple(split_path(layout, column)) for column in layout.columns.values()}
        absent = [c for c in layout.required_columns() if tuple(split_path(layout, c)) not in paths]
        distances.append((-len(named & paths), len(absent), sender, absent))
    if not distances or min(distances)[0] == 0:
        return None
    _, _, sender, absent = min(distances)
    return sender, absent


def beside(sources: Mapping[str, Source]) -> dict[tuple[str, str], str]:
    """Sender and feed of each feed that has no files of its own, with the feed whose rows it reads."""
    named = ((source.sender, feed) for source in sources.values() for feed in source.feeds.values())
    return {(sender, feed.name): feed.rows_of for sender, feed in named if feed.rows_of is not None}


def of_feed(sources: Mapping[str, Source], feed: str) -> dict[str, tuple[Source, Feed]]:
    """Senders that send `feed`, with its layout, in order of name."""
    return {name: (sources[name], sources[name].feeds[feed]) for name in sorted(sources) if feed in sources[name].feeds}


@dataclass(frozen=True)
class Layouts:
    """Layouts by sender: those that can be used, and why others cannot."""

    sources: dict[str, Source]
    refused: dict[str, LayoutError] = field(default_factory=dict)


def load_all(*folders: Path) -> Layouts:
    """Every layout in `folders`; of a sender with a layout in several, the last holds, also where it is wrong.

    A file whose sender cannot be read is of the sender that the file is named after. Where it names another, who has no
    layout, that one is refused too: its files wait for the layout to be mended.
    """
    sources: dict[str, Source] = {}
    refused: dict[str, LayoutError] = {}
    for path in (path for folder in folders for path in _files(folder)):
        sender = documents.printable(path.stem)
        try:
            sources[sender] = load_file(path)
            refused.pop(sender, None)
        except LayoutError as error:
            sources.pop(sender, None)
            refused[sender] = error
    named = {error.sender: error for error in refused.values() if error.sender is not None}
    return Layouts(sources, {**{s: e for s, e in named.items() if s not in sources}, **refused})


def load(folder: Path | None = None) -> dict[str, Source]:
    """Every layout in `folder` (default: those that ship), by sender's name.

    Raises:
        LayoutError: a layout is not valid; tells every mistake of every file.
    """
    layouts = load_all(folder or FOLDER)
    if layouts.refused:
        raise LayoutError([problem for error in layouts.refused.values() for problem in error.problems])
    return layouts.sources


def load_file(path: Path) -> Source:
    """One sender's layout.

    Raises:
        LayoutError: the file cannot be read, or breaks the grammar.
    """
    try:
        document = documents.read(path)
    except DocumentError as error:
        raise LayoutError(list(error.problems)) from error
    return _source(document, {"stem": documents.printable(path.stem)})


def parse(document: Any, where: str = "layout") -> Source:
    """The layout that a parsed YAML document describes; `where` names it in errors.

    Raises:
        LayoutError: it breaks the grammar.
    """
    return _source(Document(where, document), {})


def _source(document: Document, context: Mapping[str, str]) -> Source:
    source, problems = validation.checked(document, Source, context)
    if source is None or problems:
        sender = document.values.get("sender") if isinstance(document.values, Mapping) else None
        raise LayoutError(problems, sender if isinstance(sender, str) else None)
    return source


def _files(folder: Path) -> list[Path]:
    """The layouts of a folder; editors' own files begin with a dot."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))
