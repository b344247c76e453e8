"""One feed of a sender's layout: file format, and how its columns and values map to ours. A class per part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field as Key
from pydantic import ValidationInfo, field_validator, model_validator

from schemas import codes as code_lists
from schemas.documents import Location
from schemas.layouts import values
from schemas.layouts.fields import FIELDS, ITEM_CODES, ITEM_CONSTANTS, ITEM_PARTS, Field
from schemas.validation import Part, refusal

NESTED = ("jsonl", "json", "parquet")  # formats whose columns are paths: dots reach into nested values
MAX_ITEMS = 50
MAX_MORE = 9  # further records in a row
# Keys of a feed that say how its files are read, and those that say how values are written: a feed that reads the rows
# of another has the first of it, and the others unless it says them itself.
OF_FILES = (
    "delimiter", "encoding", "header_rows", "skip_rows", "quoting", "rows_at", "names_at"
)  # fmt: skip
OF_WRITING = ("dates", "times", "durations", "numbers", "region", "clock")
SCHEME = "3x5x2"  # of reports whose layout names none: the scheme in force since about 2016


class _ItemParts(Part):
    text: values.Text = Key(description="the item's text")
    source: values.Text | None = Key(None, description="source grade; with `intelligence`")
    intelligence: values.Text | None = Key(None, description="intelligence grade; with `source`")
    grade: values.Text | None = Key(None, description='both grades as one word, such as "B2"')

    @model_validator(mode="after")
    def _grades(self) -> _ItemParts:
        if self.grade is not None and self.source is not None:
            raise ValueError("takes grade, or source and intelligence, not both")
        if (self.source is None) != (self.intelligence is None):
            raise ValueError("takes source and intelligence together")
        return self


class NumberedItems(_ItemParts):
    """Items in numbered columns: names with `{n}` in them."""

    up_to: int = Key(1, ge=1, le=MAX_ITEMS, description="the last number")

    @model_validator(mode="after")
    def _numbers(self) -> NumberedItems:
        if self.up_to > 1 and not all("{n}" in name for name in _named(self).values()):
            raise ValueError("needs {n} in each name where up_to is over 1")
        return self


class NestedItems(_ItemParts):
    """Items in one array; names are paths within an element of it."""

    path: values.Text = Key(description="path of the array")


class Items(Part):
    """Where a sender keeps a report's numbered items: numbered columns, or one nested array at `path`."""

    numbered: Annotated[NumberedItems | None, values.IsGiven] = Key(None, description="items in numbered columns")
    each: Annotated[NestedItems | None, values.IsGiven] = Key(None, description="items in one array")

    @model_validator(mode="after")
    def _one(self) -> Items:
        if (self.numbered is None) == (self.each is None):
            raise ValueError("takes exactly one of numbered, each")
        return self

    @property
    def parts(self) -> Mapping[str, str]:
        """Item part -> column name template with {n}, or path within an element of the array."""
        return _named(self.numbered or self.each)

    @property
    def up_to(self) -> int:
        return self.numbered.up_to if self.numbered else 1

    @property
    def path(self) -> str | None:
        return self.each.path if self.each else None

    def columns(self) -> list[dict[str, str]]:
        """Column names of each numbered item, in order; empty for a nested array."""
        if self.path is not None:
            return []
        return [{p: name.replace("{n}", str(n)) for p, name in self.parts.items()} for n in range(1, self.up_to + 1)]


class Clock(Part):
    """A column that says which clock a local time was read from, so that the hour that comes twice is told apart."""

    column: values.Text = Key(description="the sender's column that names the clock")
    offsets: dict[str, values.Offset] = Key(description='the sender\'s word -> offset from UTC, such as "+01:00"')

    @field_validator("offsets")
    @classmethod
    def _caseless(cls, offsets: dict[str, str]) -> dict[str, str]:
        return _caseless(offsets)


_Columns = Annotated[dict[str, values.Word], values.NothingIsEmpty]
_Expressions = Annotated[dict[str, values.Expression], values.NothingIsEmpty]
_Patterns = Annotated[tuple[values.DayPattern, ...], Key(strict=False)]


class Feed(Part):
    """One feed. What a key may name depends on the feed, by `schemas.layouts.fields.FIELDS`."""

    # Order matters: the checks of a key may read those above it. `name` comes from the key of the feed, not from it.
    name: str = Key(exclude=True)
    format: Literal["csv", "jsonl", "json", "xlsx", "parquet"] = Key(
        description="of the files; jsonl is one JSON object a line, json one document"
    )
    rows_of: str | None = Key(
        None,
        description="another feed of this sender: the rows of its files are read for this one too, as many as hold its "
        "required fields; the file's own keys are said there",
    )
    due: Literal["daily", "weekdays", "weekly", "irregular"] | None = Key(
        None, description="when it is expected; left out: as it usually comes; irregular: never missed"
    )
    delimiter: values.Delimiter = Key(",", description="csv only")
    encoding: values.Encoding = Key("utf-8", description="csv, jsonl and json")
    dates: _Patterns = Key(
        (),
        description="Spark patterns, or epoch_s, epoch_ms, epoch_days, workbook_days, tried in order; ISO dates are "
        "always accepted",
    )
    times: Annotated[tuple[values.TimePattern, ...], Key(strict=False)] = Key(
        (), description="Spark patterns, or epoch_s, epoch_ms, tried in order; ISO instants are always accepted"
    )
    constants: _Columns = Key({}, description="ours: value, where the sender has no such column")
    file_name: _Expressions = Key({}, description="ours: value that only the file's name tells, as one group")
    columns: _Columns = Key(
        {}, description="ours: theirs; a dotted path reaches into nested JSON", validate_default=True
    )
    joined: dict[str, Annotated[tuple[values.Word, ...], Key(strict=False)]] = Key(
        {}, description="ours: [theirs], columns whose text follows that of the field's own, after a blank"
    )
    more_columns: Annotated[tuple[dict[str, values.Word], ...], Key(strict=False, max_length=MAX_MORE)] = Key(
        (), description="with rows_of: [ours: theirs], further records of the same row, in other columns"
    )
    lists: _Columns = Key({}, description="ours: separator of several values in one text")
    items: Items | None = Key(None, description="reports only", validate_default=True)
    codes: dict[str, dict[str, values.National]] = Key({}, description="ours: {theirs: national}; trimmed, caseless")
    unmapped: _Columns = Key({}, description="what a value that `codes` does not name becomes, else BAD_CODE")
    absent: dict[str, Annotated[tuple[values.Word, ...], Key(strict=False)]] = Key(
        {}, description="ours: [theirs], words of this sender that mean nothing, as well as those that always do"
    )
    ignore: Annotated[tuple[values.Word, ...], Key(strict=False)] = Key((), description="known and deliberately unused")
    header_rows: int = Key(1, ge=1, le=9, description="xlsx: rows that a column's name is spread over")
    skip_rows: int = Key(
        0,
        ge=0,
        le=9,
        description="xlsx: rows before the header; where it is not there, it is found by its columns, as in csv",
    )
    quoting: Literal["doubled", "backslash", "none"] = Key(
        "doubled", description="csv: how a quotation mark within a quoted value is written; none: no value is quoted"
    )
    rows_at: values.Word | None = Key(
        None, description="json: path of the array of rows in the document; left out: the document is the array"
    )
    names_at: values.Word | None = Key(
        None, description="json: path of an array of column names, where each row is an array of as many values"
    )
    durations: Literal["seconds", "minutes", "clock"] = Key(
        "seconds", description="how lengths of time are written: minutes may have decimals; clock is mm:ss or h:mm:ss"
    )
    numbers: Literal["e164", "international", "national", "as_dialled"] = Key(
        "national", description="how telephone numbers are written: with country code first, or as in `region`"
    )
    region: values.Region = Key("GB", description="country, ISO 3166, whose national numbers the sender writes")
    grid: Literal["osgb36"] | None = Key(
        None,
        description="latitude and longitude are written as northing and easting in metres of the British National "
        "Grid, or, where both name one column, as a grid reference (TG 514 131)",
    )
    clock: Annotated[Clock | None, values.IsGiven] = Key(None, description="which clock a local time was read from")
    patterns: _Expressions = Key({}, description="ours: what part of the text is the value, as one group")

    @model_validator(mode="before")
    @classmethod
    def _scheme_in_force(cls, keys: Any) -> Any:
        if not isinstance(keys, Mapping) or keys.get("name") != "reports":
            return keys
        sources = [keys.get(key) or {} for key in ("columns", "constants", "file_name")]
        if any(not isinstance(named, Mapping) or "scheme" in named for named in sources):
            return keys
        return {**keys, "constants": {**sources[1], "scheme": SCHEME}}

    @field_validator("columns", "constants", "file_name", "joined", "lists", "codes", "unmapped", "patterns", "absent")
    @classmethod
    def _names_fields(cls, values: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        known = _nameable(str(info.field_name), info.data)
        _refuse(((name,), f"is not one of our fields here: {', '.join(known)}") for name in values if name not in known)
        return values

    @field_validator("columns")
    @classmethod
    def _is_complete(cls, columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if not {"constants", "file_name"} <= set(info.data):  # they are wrong themselves, and are told
            return columns
        others = {*info.data["constants"], *info.data["file_name"]}
        required = [n for n, f in FIELDS[info.data["name"]].items() if f.is_required]
        missing = [n for n in required if n not in {*columns, *others}]
        _refuse(
            [
                *(
                    ((name,), "has a constant or a pattern of the file's name too")
                    for name in columns
                    if name in others
                ),
                *([((), f"lacks required fields: {', '.join(missing)}")] if missing else []),
            ]
        )
        return columns

    @field_validator("more_columns")
    @classmethod
    def _of_the_same_fields(cls, given: tuple[dict[str, str], ...], info: ValidationInfo) -> tuple[dict[str, str], ...]:
        if given and info.data.get("rows_of") is None:
            raise ValueError("belongs to a feed with rows_of only")
        known = [name for name in info.data.get("columns", {}) if name not in info.data.get("joined", {})]
        wrong = f"has no column of its own under columns: {', '.join(known)}"
        _refuse(((n, name), wrong) for n, each in enumerate(given) for name in each if name not in known)
        return given

    @field_validator("codes")
    @classmethod
    def _national_codes(cls, values: dict[str, dict[str, str]], info: ValidationInfo) -> dict[str, dict[str, str]]:
        fields = FIELDS[info.data["name"]]
        _refuse(
            ((name, theirs), problem)
            for name, pairs in values.items()
            for theirs, national in pairs.items()
            if (problem := _no_national(fields.get(name, _GRADE), national))
        )
        return {name: _caseless(pairs, (name,)) for name, pairs in values.items()}

    @field_validator("unmapped")
    @classmethod
    def _national_rest(cls, values: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        fields = FIELDS[info.data["name"]]
        _refuse(((n,), problem) for n, national in values.items() if (problem := _no_national(fields[n], national)))
        return values

    @field_validator("absent")
    @classmethod
    def _caseless_words(cls, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(" ".join(word.upper().split()) for word in words) for name, words in given.items()}

    @field_validator("header_rows", "skip_rows")
    @classmethod
    def _of_workbooks(cls, value: int, info: ValidationInfo) -> int:
        if value != cls.model_fields[str(info.field_name)].default and info.data.get("format", "xlsx") != "xlsx":
            raise ValueError("belongs to xlsx only")
        return value

    @field_validator("quoting")
    @classmethod
    def _of_csv(cls, value: str, info: ValidationInfo) -> str:
        if value != cls.model_fields[str(info.field_name)].default and info.data.get("format", "csv") != "csv":
            raise ValueError("belongs to csv only")
        return value

    @field_validator("rows_at", "names_at")
    @classmethod
    def _of_json(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("format", "json") != "json":
            raise ValueError("belongs to json only")
        return value

    @field_validator("grid")
    @classmethod
    def _of_places(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not {"latitude", "longitude"} <= set(info.data.get("columns", {})):
            raise ValueError("needs columns for latitude (northing) and longitude (easting)")
        return value

    @field_validator("items")
    @classmethod
    def _of_reports(cls, items: Items | None, info: ValidationInfo) -> Items | None:
        if (info.data["name"] == "reports") != (items is not None):
            raise ValueError("is needed for reports, and only there")
        return items

    def parts(self) -> tuple[Mapping[str, str], ...]:
        """Columns of each record that a row holds: ours to theirs."""
        return (self.columns, *({**self.columns, **more} for more in self.more_columns))

    def required_columns(self) -> list[str]:
        """Sender's columns (dotted paths for nested ones) without which no row of a file could be accepted."""
        fields = FIELDS[self.name]
        names = [name for name, field in fields.items() if field.is_required and name in self.columns]
        required = [column for name in names for column in (self.columns[name], *self.joined.get(name, ()))]
        if self.items is not None:
            required.append(self.items.path or self.items.columns()[0]["text"])
        return required


def _named(parts: _ItemParts | None) -> dict[str, str]:
    return {name: value for name in ITEM_PARTS if (value := getattr(parts, name, None)) is not None}


def _refuse(problems: Iterable[tuple[Location, str]]) -> None:
    told = list(problems)
    if told:
        raise refusal(told)


def _caseless(pairs: Mapping[str, str], at: Location = ()) -> dict[str, str]:
    """The sender's words in the form in which they are compared (see `values.folded`)."""
    words: dict[str, str] = {}
    twice: list[tuple[Location, str]] = []
    for theirs, ours in pairs.items():
        word = values.folded(theirs)
        if word in words:
            twice.append(((*at, theirs), "is named twice (case and spaces do not count)"))
        words[word] = ours
    _refuse(twice)
    return words


_GRADE = Field("text")
_KINDS_OF = {"lists": ("codes",), "unmapped": ("code", "codes", "boolean")}  # kinds of field that a key is about


def _nameable(key: str, data: Mapping[str, Any]) -> list[str]:
    """Our fields that a key of a feed may name, of the keys that were read before it."""
    fields = FIELDS[data["name"]]
    if key in ("patterns", "joined"):
        return list(data.get("columns", fields))
    own = [name for name, field in fields.items() if field.kind in _KINDS_OF.get(key, (field.kind,))]
    of_items = {"constants": ITEM_CONSTANTS, "codes": ITEM_CODES}.get(key, ())
    return [*own, *(of_items if data["name"] == "reports" else ())]


def _no_national(field: Field, national: str) -> str | None:
    """Why a value is no national code of a field; None where it is one, or where the field has no list."""
    among = field.among
    if field.kind == "marking":
        among = (*code_lists.MARKINGS, *code_lists.REFUSED_MARKINGS, *code_lists.LEGACY_MARKINGS)
    elif field.kind == "boolean":
        among = ("Y", "N")
    return f"becomes {national!r}, not one of {', '.join(among)}" if among and national not in among else None


def mapped_columns(feed: Feed) -> set[str]:
    """Top-level sender columns that the layout uses or names in `ignore`; every other column of a file is rescued."""
    names = [column for part in feed.parts() for column in part.values()]
    names += [*(column for more in feed.joined.values() for column in more), *feed.ignore]
    names += [*([feed.clock.column] if feed.clock else []), *_item_columns(feed)]
    return {name.split(".")[0] if feed.format in NESTED else name for name in names}


def is_own_column(feed: Feed, name: str) -> bool:
    """Whether the sender's column of our field `name` is that field's alone, so that all it holds is of the field."""
    columns = [*feed.columns.values(), *(column for more in feed.joined.values() for column in more)]
    return columns.count(feed.columns[name]) == 1


def _item_columns(feed: Feed) -> Iterator[str]:
    if feed.items is not None and feed.items.path is not None:
        yield feed.items.path
    elif feed.items is not None:
        yield from (column for item in feed.items.columns() for column in item.values())


def split_path(feed: Feed, column: str) -> list[str]:
    """A column as a path: dots reach into nested values in JSON and Parquet, and are plain characters elsewhere."""
    return column.split(".") if feed.format in NESTED else [column]
