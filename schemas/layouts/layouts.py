"""Senders' layouts: one YAML per force or provider says how its columns, codes, dates and time zone become ours.

Adding a sender is one YAML in `schemas/sources/` and no code. The grammar, by example:

    sender: norfolk              # folder in the landing zone
    name: Norfolk Constabulary
    kind: force                  # force | provider | travel
    force: "36"                  # forces only
    time_zone: Europe/London     # of times that carry no offset
    feeds:
      reports:
        format: csv              # csv | jsonl | xlsx | parquet
        delimiter: ","           # csv only
        encoding: utf-8          # csv and jsonl
        dates: ["dd/MM/yyyy"]    # Spark patterns, tried in order; ISO dates are always accepted
        times: ["dd/MM/yyyy HH:mm"]
        columns: {urn: Intel Ref}                 # ours: theirs; a dotted path reaches into nested JSON
        lists: {tags: ";"}                        # ours: separator of several values in one text
        items:                                    # reports only, one of `numbered` and `each`
          numbered: {text: "Item {n} Text", source: "Item {n} Source", intelligence: "Item {n} Intel", up_to: 3}
          each: {path: entries, text: body, grade: grading}
        codes: {tags: {"Child Sex Exploit": CSE_LONE}}   # ours: {theirs: national}; compared trimmed, caseless
        unmapped: {tags: OTHER}                   # what a value that `codes` does not name becomes, else BAD_CODE
        constants: {scheme: 3x5x2}                # ours: value, where the sender has no such column
        ignore: [Print Flag]                      # known and deliberately unused
        header_rows: 3           # xlsx: a column's name is spread over these rows, joined by " / "
        skip_rows: 1             # xlsx: rows with a title before the header
        durations: seconds       # seconds | minutes (decimal) | clock (mm:ss or h:mm:ss)
        clock: {column: Zone, offsets: {BST: "+01:00", GMT: "+00:00"}}  # which clock a local time was read from
        patterns: {first_cell: "^([^@]+)"}        # ours: what part of the text is the value, as one group
        file_name: {subject_number: "_([0-9]+)[.]csv$"}   # ours: value that only the file's name tells, as one group

`constants` may also name `item_source` and `item_intelligence`, the grading of every item of a sender that grades none.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas import bronze, codes, travel
from schemas.layouts import validation as keys_of
from schemas.layouts.fields import FIELDS, ITEM_CONSTANTS, ITEM_PARTS, Field

FOLDER = Path(__file__).resolve().parent.parent / "sources"
FORMATS = ("csv", "jsonl", "xlsx", "parquet")
KINDS = ("force", "provider", "travel")  # travel: carriers, airports, border and reference data of flights
DURATIONS = keys_of.DURATIONS
LayoutError = keys_of.LayoutError
Clock = keys_of.Clock


@dataclass(frozen=True)
class Items:
    """Where a sender keeps a report's numbered items: numbered columns, or one nested array at `path`."""

    parts: Mapping[str, str]  # item part -> column name template with {n}, or path within an element of the array
    up_to: int = 1
    path: str | None = None

    def columns(self) -> list[dict[str, str]]:
        """Column names of each numbered item, in order; empty for a nested array."""
        if self.path is not None:
            return []
        return [{p: name.replace("{n}", str(n)) for p, name in self.parts.items()} for n in range(1, self.up_to + 1)]


@dataclass(frozen=True)
class Feed:
    """One feed of a sender: file format, and how its columns and values map to ours."""

    name: str
    format: str
    columns: Mapping[str, str]  # ours -> theirs
    delimiter: str = ","
    encoding: str = "utf-8"
    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    items: Items | None = None
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # ours -> {THEIRS in upper case: national}
    unmapped: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    header_rows: int = 1
    skip_rows: int = 0
    durations: str = "seconds"
    clock: keys_of.Clock | None = None
    patterns: Mapping[str, str] = field(default_factory=dict)
    file_name: Mapping[str, str] = field(default_factory=dict)

    def required_columns(self) -> list[str]:
        """Sender's columns (dotted paths for nested ones) without which no row of a file could be accepted."""
        fields = FIELDS[self.name]
        found = [self.columns[name] for name, f in fields.items() if f.is_required and name in self.columns]
        if self.items is not None:
            found.append(self.items.path or self.items.columns()[0]["text"])
        return found


@dataclass(frozen=True)
class Source:
    """A sender: its name, kind, time zone and feeds."""

    sender: str
    name: str
    kind: str
    time_zone: str
    feeds: Mapping[str, Feed]
    force: str | None = None


def mapped_columns(feed: Feed) -> set[str]:
    """Top-level sender columns that the layout uses or names in `ignore`; every other column of a file is rescued."""
    names = [*feed.columns.values(), *feed.ignore, *([feed.clock.column] if feed.clock else [])]
    if feed.items is not None:
        names += [feed.items.path] if feed.items.path else [c for item in feed.items.columns() for c in item.values()]
    nested = feed.format in ("jsonl", "parquet")
    return {name.split(".")[0] if nested else name for name in names}


def split_path(feed: Feed, column: str) -> list[str]:
    """A column as a path: dots reach into nested values in JSON and Parquet, and are plain characters elsewhere."""
    return column.split(".") if feed.format in ("jsonl", "parquet") else [column]


def nearest(paths: Set[tuple[str, ...]], feed: str, sources: Mapping[str, Source]) -> tuple[str, list[str]] | None:
    """Of the layouts of `feed`, the one that names most of a file's columns, and its required columns that are absent.

    Args:
        paths: every column of the file as a path.

    Returns:
        None where no layout names any of the columns. Of equals, the one with fewer absent, then the first by name.
    """
    found = []
    for sender, (_, layout) in of_feed(sources, feed).items():
        named = {tuple(split_path(layout, column)) for column in layout.columns.values()}
        absent = [c for c in layout.required_columns() if tuple(split_path(layout, c)) not in paths]
        found.append((-len(named & paths), len(absent), sender, absent))
    if not found or min(found)[0] == 0:
        return None
    _, _, sender, absent = min(found)
    return sender, absent


def of_feed(sources: Mapping[str, Source], feed: str) -> dict[str, tuple[Source, Feed]]:
    """Senders that send `feed`, with its layout, in order of name."""
    return {name: (sources[name], sources[name].feeds[feed]) for name in sorted(sources) if feed in sources[name].feeds}


def load(folder: Path | None = None) -> dict[str, Source]:
    """Every layout in `folder` (default: those shipped beside this module), by sender's name.

    Raises:
        LayoutError: a layout is not valid; the message names the file and the key.
    """
    found: dict[str, Source] = {}
    for path in sorted((folder or FOLDER).glob("*.yaml")):
        source = load_file(path)
        if source.sender in found:
            raise LayoutError(f"{path.name}: sender: {source.sender!r} has another layout already")
        found[source.sender] = source
    return found


def load_file(path: Path) -> Source:
    """One sender's layout.

    Raises:
        LayoutError: the file cannot be parsed or breaks the grammar.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LayoutError(f"{path.name}: cannot be read as YAML ({type(error).__name__})") from error
    return parse(document, path.name)


def parse(document: Any, where: str = "layout") -> Source:
    """The layout that a parsed YAML document describes; `where` names it in errors."""
    keys = keys_of.mapping(document, where)
    keys_of.only(keys, where, ("sender", "name", "kind", "force", "time_zone", "feeds"))
    sender = keys_of.string(keys, "sender", where)
    keys_of.check(
        re.fullmatch(r"[a-z0-9_]+", sender), f"{where}: sender", "takes lower-case letters, digits and _ only"
    )
    kind = keys_of.string(keys, "kind", where)
    keys_of.check(kind in KINDS, f"{where}: kind", f"is {kind!r}, not one of {', '.join(KINDS)}")
    force = keys.get("force")
    if kind == "force":
        ok = isinstance(force, str) and re.fullmatch(codes.FORCE_PATTERN, force)
        keys_of.check(ok, f"{where}: force", "is needed, as a quoted two-character code")
    else:
        keys_of.check(force is None, f"{where}: force", "belongs to forces only")
    zone = keys_of.string(keys, "time_zone", where)
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise LayoutError(f"{where}: time_zone: {zone!r} is not a known time zone") from error
    feeds = {}
    for name, body in keys_of.mapping(keys.get("feeds"), f"{where}: feeds").items():
        keys_of.check(name in bronze.FEEDS, f"{where}: feeds.{name}", f"is not one of {', '.join(bronze.FEEDS)}")
        keys_of.check(_kind_of(name) == kind, f"{where}: feeds.{name}", f"is not a feed of a {kind}")
        feeds[name] = _feed(name, keys_of.mapping(body, f"{where}: feeds.{name}"), f"{where}: feeds.{name}")
    keys_of.check(feeds, f"{where}: feeds", "names no feed")
    return Source(sender, keys_of.string(keys, "name", where), kind, zone, feeds, force)


def _kind_of(feed: str) -> str:
    """The kind of sender that a feed belongs to."""
    if feed in travel.FEEDS:
        return "travel"
    return "provider" if feed.startswith("comms_") else "force"


_FEED_KEYS = ("format", "delimiter", "encoding", "dates", "times", "columns", "lists", "items", "codes", "unmapped")
_MORE_KEYS = ("constants", "ignore", "header_rows", "skip_rows", "durations", "clock", "patterns", "file_name")


def _feed(name: str, keys: Mapping[str, Any], where: str) -> Feed:
    keys_of.only(keys, where, (*_FEED_KEYS, *_MORE_KEYS))
    fields = FIELDS[name]
    layout = keys_of.string(keys, "format", where)
    keys_of.check(layout in FORMATS, f"{where}.format", f"is {layout!r}, not one of {', '.join(FORMATS)}")
    delimiter = str(keys.get("delimiter", ","))
    keys_of.check(len(delimiter) == 1 and delimiter not in '"\r\n', f"{where}.delimiter", "takes one character")
    columns = keys_of.strings(keys, "columns", where, fields)
    constants = keys_of.strings(keys, "constants", where, (*fields, *(ITEM_CONSTANTS if name == "reports" else ())))
    named = keys_of.expressions(keys, "file_name", where, fields)
    both = sorted(set(columns) & {*constants, *named})
    keys_of.check(not both, f"{where}.constants", f"names fields that have a column: {', '.join(both)}")
    missing = [n for n, f in fields.items() if f.is_required and n not in {*columns, *constants, *named}]
    if name == "reports" and "scheme" in missing:  # the scheme in force since about 2016
        constants, missing = {**constants, "scheme": "3x5x2"}, [n for n in missing if n != "scheme"]
    keys_of.check(not missing, f"{where}.columns", f"lacks required fields: {', '.join(missing)}")
    keys_of.check((name == "reports") == ("items" in keys), f"{where}.items", "is needed for reports, and only there")
    return Feed(
        name=name,
        format=layout,
        columns=columns,
        delimiter=delimiter,
        encoding=keys_of.encoding(keys, where),
        dates=keys_of.patterns(keys, "dates", where),
        times=keys_of.patterns(keys, "times", where),
        lists=keys_of.strings(keys, "lists", where, [n for n, f in fields.items() if f.kind == "codes"]),
        items=_items(keys_of.mapping(keys["items"], f"{where}.items"), f"{where}.items") if name == "reports" else None,
        codes=_codes(keys, where, fields),
        unmapped=_unmapped(keys, where, fields),
        constants=constants,
        ignore=tuple(keys_of.texts(keys, "ignore", where)),
        header_rows=keys_of.count(keys, "header_rows", where, 1),
        skip_rows=keys_of.count(keys, "skip_rows", where, 0),
        durations=keys_of.durations(keys, where),
        clock=keys_of.clock(keys_of.mapping(keys["clock"], f"{where}.clock"), f"{where}.clock")
        if "clock" in keys
        else None,
        patterns=keys_of.expressions(keys, "patterns", where, columns),
        file_name=named,
    )


def _items(keys: Mapping[str, Any], where: str) -> Items:
    keys_of.only(keys, where, ("numbered", "each"))
    keys_of.check(len(keys) == 1, where, "takes exactly one of numbered, each")
    style, body = next(iter(keys.items()))
    inside = f"{where}.{style}"
    body = keys_of.mapping(body, inside)
    extra = "up_to" if style == "numbered" else "path"
    keys_of.only(body, inside, (*ITEM_PARTS, extra))
    parts = {p: keys_of.string(body, p, inside) for p in ITEM_PARTS if p in body}
    keys_of.check("text" in parts, inside, "needs text")
    keys_of.check(
        not ("grade" in parts and "source" in parts), inside, "takes grade, or source and intelligence, not both"
    )
    keys_of.check(("source" in parts) == ("intelligence" in parts), inside, "takes source and intelligence together")
    if style == "each":
        return Items(parts, path=keys_of.string(body, "path", inside))
    up_to = body.get("up_to", 1)
    keys_of.check(isinstance(up_to, int) and 1 <= up_to <= 50, f"{inside}.up_to", "takes a number from 1 to 50")
    keys_of.check(
        up_to == 1 or all("{n}" in p for p in parts.values()), inside, "needs {n} in each name where up_to is over 1"
    )
    return Items(parts, up_to=up_to)


def _codes(keys: Mapping[str, Any], where: str, fields: Mapping[str, Field]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, pairs in keys_of.mapping(keys.get("codes", {}), f"{where}.codes").items():
        inside = f"{where}.codes.{name}"
        keys_of.check(name in fields, inside, "is not a field of this feed")
        found[name] = {}
        for theirs, national in keys_of.mapping(pairs, inside).items():
            upper = " ".join(str(theirs).upper().split())
            keys_of.check(
                upper not in found[name], f"{inside}.{theirs}", "is named twice (case and spaces do not count)"
            )
            _national(fields[name], national, f"{inside}.{theirs}")
            found[name][upper] = str(national)
    return found


def _unmapped(keys: Mapping[str, Any], where: str, fields: Mapping[str, Field]) -> dict[str, str]:
    found = keys_of.strings(
        keys, "unmapped", where, [n for n, f in fields.items() if f.kind in ("code", "codes", "boolean")]
    )
    for name, national in found.items():
        _national(fields[name], national, f"{where}.unmapped.{name}")
    return found


def _national(kind: Field, value: Any, where: str) -> None:
    among = kind.among
    if kind.kind == "marking":
        among = (*codes.MARKINGS, *codes.REFUSED_MARKINGS, *codes.LEGACY_MARKINGS)
    elif kind.kind == "boolean":
        among = ("Y", "N")
    if among:
        keys_of.check(str(value) in among, where, f"becomes {value!r}, not one of {', '.join(among)}")
