"""What every noun's conforming shares: typed values by the kind of field, reasons, rescued values, the last of a night.

A value that cannot be read becomes NULL and its column is kept in `_rescued`: a nominal is not lost for a telephone
number "n/k", nor an event for its other party. Refused is a record without a required value, or with one of those that
are strict (`schemas.layouts.fields`): flags that protect somebody, and what other values are read by.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipelines.common import devices, phones
from pipelines.ingest import absent, layout_columns, look_alikes
from pipelines.ingest.conform import grid, identifiers, judgement, values
from schemas.layouts import absent as meaningless
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS, Field

CODED = ("code", "codes", "boolean")  # kinds of fields whose values are codes; markings are judged by their own rules
EARLIEST = date(1900, 1, 1)
LATE = date(2000, 1, 1)  # a day that means nothing before it stands for "always so far", after it for "for ever"
AHEAD = timedelta(days=1)  # a night's drop may be dated the next day
FAR_AHEAD = timedelta(days=3660)  # authorisations end, and flights are planned, in the future
_FUTURE = ("to_on", "expires_at", "departs_at", "arrives_at", "listed_at", "service_on", "flight_on")
_SEPARATORS = r"[,;|\n\t]|\s/\s"  # of several codes in one text, where a sender's own does not divide it
PLACE = ("latitude", "longitude")  # or northing and easting, of a sender on the national grid
_SINGLE = ("name", "address", "reference", "document")  # kinds that take any text, of which one value is text alone
MAX_CODE = 80  # characters of an unknown code that are kept


def parsed(
    rows: DataFrame, feed: str, sources: Mapping[str, layouts.Source]
) -> tuple[DataFrame, layout_columns.Extract]:
    """Rows of `feed` from senders that have a layout for it, with `_m`, the fields' texts `_t_<field>` (in lists
    `_l_<field>` where a field holds several values) and `_void`.

    Text that means nothing is NULL, and its field is named in `_void`.
    """
    senders = list(layouts.of_feed(sources, feed))
    read_beside = {sender: other for (sender, own), other in layouts.beside(sources).items() if own == feed}
    extract = layout_columns.Extract(sources, feed, F.col("_m"))
    is_mine = (F.col("feed") == feed) & F.col("sender").isin(senders)
    for sender, other in read_beside.items():
        is_mine = is_mine | ((F.col("feed") == other) & (F.col("sender") == sender))
    df = rows.filter(is_mine).withColumn("_m", F.from_json(look_alikes.rows(F.col("raw")), "map<string,string>"))
    df = _own_parts(df, extract) if read_beside else df
    df = df.withColumns({f"_t_{name}": extract.text(name) for name in FIELDS[feed]})
    void = [F.when(_is_void_text(extract, name, field), F.lit(name)) for name, field in FIELDS[feed].items()]
    df = df.withColumn("_void", F.array_compact(F.array(*void)))
    df = df.withColumns({f"_t_{name}": _unless_void(name, f"_t_{name}") for name in FIELDS[feed]})
    several = {f"_l_{name}": _listed(extract, name) for name, field in FIELDS[feed].items() if field.kind == "codes"}
    df = df.withColumns(several) if several else df  # Spark Connect takes no empty list
    return df.filter(_is_there(extract, list(read_beside))) if read_beside else df, extract


def _own_parts(df: DataFrame, extract: layout_columns.Extract) -> DataFrame:
    """Rows of another feed's files as rows of this one: once for each record that they hold, with its columns alone."""
    is_beside = F.col("feed") != extract.feed
    named = extract.known_columns()
    df = df.withColumn(
        "_m", F.when(is_beside, F.map_filter("_m", lambda n, _: F.array_contains(named, n))).otherwise(F.col("_m"))
    )
    df = df.withColumn("raw", F.when(is_beside, F.to_json("_m")).otherwise(F.col("raw")))
    counts = layout_columns.of_sender({s: str(len(feed.parts())) for s, feed in extract.layouts()}).cast("int")
    return df.withColumn(layout_columns.PART, F.explode(F.sequence(F.lit(0), counts - 1)))


def _is_there(extract: layout_columns.Extract, beside: list[str]) -> Column:
    """Whether a row of another feed's files holds a record of this one: all that a record must have."""
    named = {s: feed for s, feed in extract.layouts() if s in beside}
    needed = [
        F.col(f"_t_{name}").isNotNull()
        | ~F.col("sender").isin([s for s, feed in named.items() if name in feed.columns])
        for name, field in extract.fields.items()
        if field.is_required
    ]
    return ~F.col("sender").isin(beside) | reduce(Column.__and__, needed, F.lit(True))


def _is_void_text(extract: layout_columns.Extract, name: str, field: Field) -> Column:
    """Whether the field's text means nothing: never where the layout or the national list names it as a code."""
    text = F.col(f"_t_{name}")
    if field.is_strict:
        return F.lit(False)
    is_void = absent.by_text(extract, name, text)
    return (
        is_void & _code(extract, name, text).isNull() if field.kind in CODED else is_void & _is_unnamed(extract, name)
    )


def _is_unnamed(extract: layout_columns.Extract, name: str) -> Column:
    named = extract.named(name, F.col(f"_t_{name}"))
    return F.lit(True) if named is None else named.isNull()


def _code(extract: layout_columns.Extract, name: str, value: Column) -> Column:
    """The national code that a layout or the national list gives for `value`; NULL for one that neither names."""
    code = extract.national(name, value, is_strict=True)
    return values.boolean(code) if extract.fields[name].kind == "boolean" else code


def _unless_void(name: str, column: str) -> Column:
    return F.when(~F.array_contains("_void", name), F.col(column))


def read(rows: DataFrame, feed: str, sources: Mapping[str, layouts.Source], night: date) -> judgement.Record:
    """Typed values of every field of `feed`, and what is wrong with them."""
    df, extract = parsed(rows, feed, sources)
    fields = FIELDS[feed]
    df = df.withColumns({name: _value(extract, name, field) for name, field in fields.items()})
    void = {name: _is_void_value(extract, name, field) for name, field in fields.items()}
    found = F.array(*[F.when(v, F.lit(name)) for name, v in void.items() if v is not None]).cast("array<string>")
    df = df.withColumn("_void", F.concat("_void", F.array_compact(found)))
    df = df.withColumns({name: _possible(name, field, night) for name, field in fields.items()})
    df = df.withColumns({f"_t_{name}": _unless_void(name, f"_t_{name}") for name in fields})
    unread = [F.when(judgement.is_unread(name, field), F.lit(name)) for name, field in fields.items()]
    df = df.withColumn("_unread", F.array_compact(F.array(*unread)))
    df = df.withColumn("_notes", _notes(extract, fields))
    missing = [
        judgement.Problem(F.col(f"_t_{name}").isNull(), "MISSING_REQUIRED", name)
        for name, field in fields.items()
        if field.is_required
    ]
    wrong = judgement.first((*missing, *_unreadable(extract, fields)))
    return judgement.Record(df.withColumn("_wrong", wrong), extract, night)


def _is_void_value(extract: layout_columns.Extract, name: str, field: Field) -> Column | None:
    """Whether the field's value, as read, means nothing; None for kinds of which no value does."""
    value = F.col(name)
    if field.kind == "date":  # a first day that is none is always so far
        return absent.is_no_day(value) & (value >= LATE) if field.is_open else absent.is_no_day(value)
    if field.kind == "instant":
        return absent.is_no_instant(value, extract.time_zone())
    return absent.by_value(field.kind, value) if field.kind in meaningless.VALUES else None


def _notes(extract: layout_columns.Extract, fields: Mapping[str, Field]) -> Column:
    """What is counted of a row (array of NOTES): values that mean nothing or cannot be read, codes that are unknown."""

    def noted(names: Column, note: str) -> Column:
        return F.transform(names, lambda name: _note(name, note, F.lit(""), F.lit(None).cast("string"))).cast(
            judgement.NOTES
        )

    coded = F.array(*[F.lit(name) for name, field in fields.items() if field.kind in CODED]).cast("array<string>")
    parts = [noted(F.col("_void"), "NOTHING"), noted(F.array_except("_unread", coded), "UNREAD")]
    parts += [_unknown_if_unread(extract, name) for name, field in fields.items() if field.kind in CODED]
    return F.concat(*parts).cast(judgement.NOTES)


def _note(field: Column, note: str, value: Column, becomes: Column) -> Column:
    return F.struct(field.alias("field"), F.lit(note).alias("note"), value.alias("value"), becomes.alias("becomes"))


def _unknown_if_unread(extract: layout_columns.Extract, name: str) -> Column:
    """The same of a field whose value was read: where it was, and nothing stands in for codes that are unknown, there
    are none to look for."""
    lets_through = [sender for sender, feed in extract.layouts() if name in feed.unmapped]
    is_read = F.col(name).isNotNull() & ~F.col("sender").isin(lets_through)
    if extract.fields[name].kind == "codes":
        is_read = ~F.exists(name, F.isnull) & ~F.col("sender").isin(lets_through)
    none = F.array().cast(judgement.NOTES)
    return F.when(is_read | F.col(f"_t_{name}").isNull(), none).otherwise(unknown_codes(extract, name))


def unknown_codes(extract: layout_columns.Extract, name: str) -> Column:
    """Codes of a coded field that neither the layout nor the national list names (array of NOTES)."""
    kind = extract.fields[name].kind
    written = raw_list(name) if kind == "codes" else F.array_compact(F.array(F.col(f"_t_{name}")))
    unknown = F.filter(written, lambda value: _code(extract, name, value).isNull())

    def told(value: Column) -> Column:
        becomes = extract.national(name, value)
        if kind == "boolean":
            becomes = F.when(values.boolean(becomes).isNotNull(), becomes)
        return _note(F.lit(name), "UNKNOWN_CODE", F.substring(value, 1, MAX_CODE), becomes)

    return F.transform(unknown, told).cast(judgement.NOTES)


def _possible(name: str, field: Field, night: date) -> Column:
    """The field's value where it means something and lies in the possible, else NULL; a list stays one, if empty."""
    if field.kind == "codes":
        return F.col(name)
    value = _unless_void(name, name)
    ahead = FAR_AHEAD if name in _FUTURE else AHEAD
    if field.kind == "date":
        bounded = values.within(value, F.lit(EARLIEST), F.lit(night + ahead))
        return F.when(absent.is_no_day(value), F.lit(EARLIEST)).otherwise(bounded) if field.is_open else bounded
    if field.kind == "instant":
        latest = values.instant_of(night + ahead + AHEAD)
        return values.within(value, values.instant_of(EARLIEST), latest)
    return value


_REASONS = {
    **dict.fromkeys(("date", "instant"), "BAD_DATE"),
    **dict.fromkeys(("code", "boolean", "marking", "codes"), "BAD_CODE"),
    **dict.fromkeys(("party", "number", "duration", "degrees", "identifier", "reference"), "BAD_NUMBER"),
}
_DETAILS = {
    "BAD_DATE": "not in the layout's formats, or outside the possible",
    "BAD_CODE": "a code that the layout does not name",
    "BAD_NUMBER": "cannot be read",
}


def _unreadable(extract: layout_columns.Extract, fields: Mapping[str, Field]) -> list[judgement.Problem]:
    """Problems of values that are there and cannot be read, for the fields that refuse a record."""
    found = []
    for name, field in fields.items():
        is_bad = F.array_contains("_unread", name)
        if field.kind == "codes":  # a sender that says what other codes become loses none
            is_bad = is_bad & ~F.col("sender").isin([s for s, f in extract.layouts() if name in f.unmapped])
        elif not (field.is_required or field.is_strict):
            continue
        if field.kind in _REASONS:
            reason = _REASONS[field.kind]
            found.append(judgement.Problem(is_bad, reason, f"{name}: {_DETAILS[reason]}"))
    return found


def _value(extract: layout_columns.Extract, name: str, field: Field) -> Column:
    """The typed value of a field, from its text `_t_<name>`; NULL where it is absent or cannot be read."""
    text = F.col(f"_t_{name}")
    is_coded = any(feed.codes.get(name) for _, feed in extract.senders.values())
    kinds = {
        "reference": lambda: F.when(~layout_columns.is_rounded(text), extract.reference(text)),
        "document": lambda: F.when(~layout_columns.is_rounded(text), text),
        "code": lambda: extract.national(name, text),
        "marking": lambda: extract.national(name, text),
        "codes": lambda: F.transform(raw_list(name), lambda value: extract.national(name, value)),
        "date": lambda: extract.date(text),
        "instant": lambda: extract.instant(text, field.needs_clock),
        "boolean": lambda: values.boolean(extract.national(name, text)),
        "number": lambda: values.number(text),
        "duration": lambda: values.duration(extract, text),
        "degrees": lambda: _degrees(extract, name, text),
        "phone": lambda: phones.e164_of(text, extract.numbers()),
        "party": lambda: phones.party_of(text, extract.numbers()),
        "imei": lambda: devices.imei_of(text),
        "imsi": lambda: devices.imsi_of(text),
        "postcode": lambda: values.postcode(text),
        "vehicle": lambda: values.vehicle(text),
        "identifier": lambda: _identifier(extract, text),
    }
    as_written = lambda: extract.national(name, text) if is_coded else text  # noqa: E731
    value = kinds.get(field.kind, as_written)()
    if field.kind in _SINGLE:
        value = F.when(~layout_columns.is_structure(text), value)
    unfit = extract.unfit(name) if field.kind != "codes" else None  # of a list each code is judged, and told
    return value if unfit is None else F.when(~unfit, value)


def _identifier(extract: layout_columns.Extract, text: Column) -> Column:
    """An identifier as its kind is written, which the record's field `kind` says."""
    kind = extract.national("kind", F.col("_t_kind"))
    return (
        F.when(kind == "PHONE", phones.e164_of(text, extract.numbers()))
        .when(kind == "VEHICLE", values.vehicle(text))
        .when(kind == "HANDLE", identifiers.handle(text, F.col("_t_platform")))
        .when(kind == "EMAIL", identifiers.email(text))
        .when(kind == "ACCOUNT", identifiers.account(text))
    )


def _degrees(extract: layout_columns.Extract, name: str, text: Column) -> Column:
    """Degrees as written, or of a place on the British National Grid, of the senders that write such."""
    on_grid = {sender: feed for sender, feed in extract.layouts() if feed.grid is not None}
    if not on_grid or name not in PLACE:
        return values.degrees(text)
    northing, easting = (grid.metres(F.col(f"_t_{each}")) for each in PLACE)
    by_reference = [s for s, feed in on_grid.items() if feed.columns[PLACE[0]] == feed.columns[PLACE[1]]]
    if by_reference:
        is_reference = F.col("sender").isin(by_reference)
        east, north = grid.of_reference(text)
        easting, northing = (F.when(is_reference, a).otherwise(b) for a, b in ((east, easting), (north, northing)))
    found = grid.degrees(easting, northing)[name]
    return F.when(F.col("sender").isin(list(on_grid)), found).otherwise(values.degrees(text))


def raw_list(name: str) -> Column:
    """Values, as written, of a field that holds several; those that mean nothing are left out."""
    return F.col(f"_l_{name}")


def _listed(extract: layout_columns.Extract, name: str) -> Column:
    """Values of a field that holds several, as written: a JSON array, or text split at the sender's separator.

    A part that is no code is split at other separators as well, where one of what they divide is a code: a system
    whose separator changed does not lose its tags.
    """
    text = F.col(f"_t_{name}")
    separators = {s: feed.lists[name] for s, feed in extract.layouts() if name in feed.lists}
    split = F.array(text)
    for separator in sorted(set(separators.values())):
        senders = [s for s, own in separators.items() if own == separator]
        split = F.when(F.col("sender").isin(senders), F.split(text, _quoted(separator))).otherwise(split)
    array = F.when(text.startswith("["), F.from_json(text, "array<string>"))

    def divided(part: Column) -> Column:
        parts = F.transform(F.split(part, _SEPARATORS), layout_columns.clean)
        has_code = F.exists(parts, lambda code: _code(extract, name, code).isNotNull())
        is_several = part.rlike(_SEPARATORS) & _code(extract, name, part).isNull() & has_code
        return F.when(is_several, parts).otherwise(F.array(part))

    def means_something(value: Column) -> Column:
        is_void = absent.by_text(extract, name, value) & _code(extract, name, value).isNull()
        return value.isNotNull() & ~is_void

    cleaned = F.flatten(F.transform(F.transform(F.coalesce(array, split), layout_columns.clean), divided))
    return F.when(text.isNull(), F.array().cast("array<string>")).otherwise(F.filter(cleaned, means_something))


def _quoted(separator: str) -> str:
    return "\\Q" + separator + "\\E"


def local_id(extract: layout_columns.Extract, reference: Column) -> Column:
    """A force's reference as an id: "<force>:<reference>"."""
    return F.concat(extract.force(), F.lit(":"), reference)
