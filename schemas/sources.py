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

`constants` may also name `item_source` and `item_intelligence`, the grading of every item of a sender that grades none.
"""

from __future__ import annotations

import codecs
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas import bronze, codes, travel
from schemas.feeds import FIELDS, ITEM_CONSTANTS, ITEM_PARTS, Field

FOLDER = Path(__file__).resolve().parent / "sources"
FORMATS = ("csv", "jsonl", "xlsx", "parquet")
KINDS = ("force", "provider", "travel")  # travel: carriers, airports, border and reference data of flights


class LayoutError(ValueError):
    """A layout that cannot be used; the message names the file, the key and what is wrong."""


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
    names = [*feed.columns.values(), *feed.ignore]
    if feed.items is not None:
        names += [feed.items.path] if feed.items.path else [c for item in feed.items.columns() for c in item.values()]
    nested = feed.format in ("jsonl", "parquet")
    return {name.split(".")[0] if nested else name for name in names}


def split_path(feed: Feed, column: str) -> list[str]:
    """A column as a path: dots reach into nested values in JSON and Parquet, and are plain characters elsewhere."""
    return column.split(".") if feed.format in ("jsonl", "parquet") else [column]


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
    keys = _mapping(document, where)
    _only(keys, where, ("sender", "name", "kind", "force", "time_zone", "feeds"))
    sender = _string(keys, "sender", where)
    _check(re.fullmatch(r"[a-z0-9_]+", sender), f"{where}: sender", "takes lower-case letters, digits and _ only")
    kind = _string(keys, "kind", where)
    _check(kind in KINDS, f"{where}: kind", f"is {kind!r}, not one of {', '.join(KINDS)}")
    force = keys.get("force")
    if kind == "force":
        ok = isinstance(force, str) and re.fullmatch(codes.FORCE_PATTERN, force)
        _check(ok, f"{where}: force", "is needed, as a quoted two-character code")
    else:
        _check(force is None, f"{where}: force", "belongs to forces only")
    zone = _string(keys, "time_zone", where)
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise LayoutError(f"{where}: time_zone: {zone!r} is not a known time zone") from error
    feeds = {}
    for name, body in _mapping(keys.get("feeds"), f"{where}: feeds").items():
        _check(name in bronze.FEEDS, f"{where}: feeds.{name}", f"is not one of {', '.join(bronze.FEEDS)}")
        allowed = _kind_of(name) == kind
        _check(allowed, f"{where}: feeds.{name}", f"is not a feed of a {kind}")
        feeds[name] = _feed(name, _mapping(body, f"{where}: feeds.{name}"), f"{where}: feeds.{name}")
    _check(feeds, f"{where}: feeds", "names no feed")
    return Source(sender, _string(keys, "name", where), kind, zone, feeds, force)


def _kind_of(feed: str) -> str:
    """The kind of sender that a feed belongs to."""
    if feed in travel.FEEDS:
        return "travel"
    return "provider" if feed.startswith("comms_") else "force"


_FEED_KEYS = ("format", "delimiter", "encoding", "dates", "times", "columns", "lists", "items", "codes", "unmapped")


def _feed(name: str, keys: Mapping[str, Any], where: str) -> Feed:
    _only(keys, where, (*_FEED_KEYS, "constants", "ignore"))
    fields = FIELDS[name]
    layout = _string(keys, "format", where)
    _check(layout in FORMATS, f"{where}.format", f"is {layout!r}, not one of {', '.join(FORMATS)}")
    delimiter = str(keys.get("delimiter", ","))
    _check(len(delimiter) == 1 and delimiter not in '"\r\n', f"{where}.delimiter", "takes one character")
    columns = _strings(keys, "columns", where, fields)
    constants = _strings(keys, "constants", where, (*fields, *(ITEM_CONSTANTS if name == "reports" else ())))
    both = sorted(set(columns) & set(constants))
    _check(not both, f"{where}.constants", f"names fields that have a column: {', '.join(both)}")
    missing = [n for n, f in fields.items() if f.is_required and n not in columns and n not in constants]
    if name == "reports" and "scheme" in missing:  # the scheme in force since about 2016
        constants, missing = {**constants, "scheme": "3x5x2"}, [n for n in missing if n != "scheme"]
    _check(not missing, f"{where}.columns", f"lacks required fields: {', '.join(missing)}")
    _check((name == "reports") == ("items" in keys), f"{where}.items", "is needed for reports, and only there")
    return Feed(
        name=name,
        format=layout,
        columns=columns,
        delimiter=delimiter,
        encoding=_encoding(keys, where),
        dates=_patterns(keys, "dates", where),
        times=_patterns(keys, "times", where),
        lists=_strings(keys, "lists", where, [n for n, f in fields.items() if f.kind == "codes"]),
        items=_items(_mapping(keys["items"], f"{where}.items"), f"{where}.items") if name == "reports" else None,
        codes=_codes(keys, where, fields),
        unmapped=_unmapped(keys, where, fields),
        constants=constants,
        ignore=tuple(_list(keys, "ignore", where)),
    )


def _items(keys: Mapping[str, Any], where: str) -> Items:
    _only(keys, where, ("numbered", "each"))
    _check(len(keys) == 1, where, "takes exactly one of numbered, each")
    style, body = next(iter(keys.items()))
    inside = f"{where}.{style}"
    body = _mapping(body, inside)
    extra = "up_to" if style == "numbered" else "path"
    _only(body, inside, (*ITEM_PARTS, extra))
    parts = {p: _string(body, p, inside) for p in ITEM_PARTS if p in body}
    _check("text" in parts, inside, "needs text")
    _check(not ("grade" in parts and "source" in parts), inside, "takes grade, or source and intelligence, not both")
    _check(("source" in parts) == ("intelligence" in parts), inside, "takes source and intelligence together")
    if style == "each":
        return Items(parts, path=_string(body, "path", inside))
    up_to = body.get("up_to", 1)
    _check(isinstance(up_to, int) and 1 <= up_to <= 50, f"{inside}.up_to", "takes a number from 1 to 50")
    _check(
        up_to == 1 or all("{n}" in p for p in parts.values()), inside, "needs {n} in each name where up_to is over 1"
    )
    return Items(parts, up_to=up_to)


def _codes(keys: Mapping[str, Any], where: str, fields: Mapping[str, Field]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, pairs in _mapping(keys.get("codes", {}), f"{where}.codes").items():
        inside = f"{where}.codes.{name}"
        _check(name in fields, inside, "is not a field of this feed")
        found[name] = {}
        for theirs, national in _mapping(pairs, inside).items():
            upper = " ".join(str(theirs).upper().split())
            _check(upper not in found[name], f"{inside}.{theirs}", "is named twice (case and spaces do not count)")
            _national(fields[name], national, f"{inside}.{theirs}")
            found[name][upper] = str(national)
    return found


def _unmapped(keys: Mapping[str, Any], where: str, fields: Mapping[str, Field]) -> dict[str, str]:
    found = _strings(keys, "unmapped", where, [n for n, f in fields.items() if f.kind in ("code", "codes", "boolean")])
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
        _check(str(value) in among, where, f"becomes {value!r}, not one of {', '.join(among)}")


_PATTERN = re.compile(r"(?:[yMLdHhmsSaEXxZzOVkKuDnAN /:.,\-\[\]]|'[^']*')+")


def _patterns(keys: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found = _list(keys, key, where)
    for pattern in found:
        _check(_PATTERN.fullmatch(pattern), f"{where}.{key}", f"{pattern!r} is not a date pattern such as dd/MM/yyyy")
    return tuple(found)


def _encoding(keys: Mapping[str, Any], where: str) -> str:
    name = str(keys.get("encoding", "utf-8"))
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise LayoutError(f"{where}.encoding: {name!r} is not a known encoding") from error


def _check(ok: object, where: str, problem: str) -> None:
    if not ok:
        raise LayoutError(f"{where}: {problem}")


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    _check(isinstance(value, Mapping), where, "takes a mapping")
    return {str(k): v for k, v in value.items()}


def _only(keys: Mapping[str, Any], where: str, known: Sequence[str]) -> None:
    unknown = [k for k in keys if k not in known]
    _check(not unknown, f"{where}", f"unknown key {', '.join(map(repr, unknown))}; known: {', '.join(known)}")


def _string(keys: Mapping[str, Any], key: str, where: str) -> str:
    value = keys.get(key)
    _check(isinstance(value, str) and value.strip(), f"{where}: {key}", "is needed, as text")
    return str(value)


def _strings(keys: Mapping[str, Any], key: str, where: str, known: Any) -> dict[str, str]:
    found = _mapping(keys.get(key) or {}, f"{where}.{key}")
    for name, value in found.items():
        _check(name in known, f"{where}.{key}.{name}", f"is not one of our fields here: {', '.join(known)}")
        _check(isinstance(value, str) and value, f"{where}.{key}.{name}", "takes text (quote numbers and Y/N)")
    return dict(found)


def _list(keys: Mapping[str, Any], key: str, where: str) -> list[str]:
    found = keys.get(key, [])
    ok = isinstance(found, list) and all(isinstance(v, str) and v for v in found)
    _check(ok, f"{where}.{key}", "takes a list of texts")
    return list(found)
