"""What every noun's conforming shares: typed values by the kind of field, reasons, rescued values, the last of a night.

A field that is required, or coded, refuses the record when it cannot be read. Any other value that cannot be read
becomes NULL and its column is kept in `_rescued`: a nominal is not lost for a telephone number "n/k".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipelines.common import devices, phones
from pipelines.ingest import layout_columns
from schemas import codes
from schemas.contract import Table
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS, Field

FORGIVING = ("date", "instant", "phone", "postcode", "vehicle", "imei", "imsi")  # unreadable: NULL, kept in `_rescued`
YES, NO = ("Y", "YES", "TRUE", "T", "1"), ("N", "NO", "FALSE", "F", "0")
EARLIEST = date(1900, 1, 1)
AHEAD = timedelta(days=1)  # a night's drop may be dated the next day
FAR_AHEAD = timedelta(days=3660)  # authorisations end, and flights are planned, in the future
_FUTURE = ("expires_at", "departs_at", "arrives_at", "listed_at", "service_on", "flight_on")
KEPT_RAW = 100_000  # characters of a refused row that are kept
_LINEAGE = {"_sender": "sender", "_file": "file", "_file_hash": "file_hash", "_row_number": "row_number"}
JUDGEMENT = ("_feed", "reason", "detail", "raw", "is_superseded")  # columns of a judged record beyond its contract


@dataclass(frozen=True)
class Problem:
    """A condition under which a record is refused. NULL counts as false."""

    condition: Column
    reason: str
    detail: str  # what was wrong, without personal data


@dataclass(frozen=True)
class Record:
    """A feed's rows with one typed column per field (named as the field).

    `df` also holds the row's own columns, `_m` (map of the sender's top-level columns), `_t_<field>` (as written) and
    `_wrong`: the first problem that follows from the kinds of fields alone, judged before a noun changes any column.
    """

    df: DataFrame
    extract: layout_columns.Extract
    night: date

    def with_columns(self, columns: Mapping[str, Column]) -> Record:
        return replace(self, df=self.df.withColumns(dict(columns)))


def parsed(
    rows: DataFrame, feed: str, sources: Mapping[str, layouts.Source]
) -> tuple[DataFrame, layout_columns.Extract]:
    """Rows of `feed` from senders that have a layout for it, with `_m` and the fields' texts `_t_<field>`."""
    senders = list(layouts.of_feed(sources, feed))
    mine = rows.filter((F.col("feed") == feed) & F.col("sender").isin(senders))
    extract = layout_columns.Extract(sources, feed, F.col("_m"))
    texts = {f"_t_{name}": extract.text(name) for name in FIELDS[feed]}
    for name, field in FIELDS[feed].items():
        if field.kind == "party":  # a withheld number is an absent one
            text = texts[f"_t_{name}"]
            texts[f"_t_{name}"] = F.when(~F.upper(text).isin(*phones.WITHHELD), text)
    return mine.withColumn("_m", F.from_json("raw", "map<string,string>")).withColumns(texts), extract


def read(rows: DataFrame, feed: str, sources: Mapping[str, layouts.Source], night: date) -> Record:
    """Typed values of every field of `feed`, and what is wrong with them."""
    df, extract = parsed(rows, feed, sources)
    fields = FIELDS[feed]
    df = df.withColumns({name: _value(extract, name, field, night) for name, field in fields.items()})
    missing = [
        Problem(F.col(f"_t_{name}").isNull(), "MISSING_REQUIRED", name) for name, f in fields.items() if f.is_required
    ]
    return Record(df.withColumn("_wrong", _first((*missing, *_unreadable(fields)))), extract, night)


_REASONS = {"date": "BAD_DATE", "instant": "BAD_DATE", "code": "BAD_CODE", "boolean": "BAD_CODE", "marking": "BAD_CODE"}


def _unreadable(fields: Mapping[str, Field]) -> list[Problem]:
    """Problems of values that are there and cannot be read, for the fields that refuse a record."""
    found = []
    for name, field in fields.items():
        is_bad = F.col(f"_t_{name}").isNotNull() & F.col(name).isNull()
        if field.kind == "marking":
            is_bad = F.col(f"_t_{name}").isNotNull() & ~F.coalesce(F.col(name).isin(*codes.MARKINGS), F.lit(False))
        if field.kind == "codes":
            found.append(Problem(F.exists(name, F.isnull), "BAD_CODE", f"{name}: a code that the layout does not name"))
        elif field.kind in ("party", "number", "duration", "degrees"):
            found.append(Problem(is_bad, "BAD_NUMBER", f"{name}: cannot be read"))
        elif field.kind in ("code", "boolean", "marking"):
            found.append(Problem(is_bad, "BAD_CODE", f"{name}: a code that the layout does not name"))
        elif field.is_required and field.kind in _REASONS:
            detail = f"{name}: not in the layout's formats, or outside the possible"
            found.append(Problem(is_bad, _REASONS[field.kind], detail))
    return found


def _value(extract: layout_columns.Extract, name: str, field: Field, night: date) -> Column:
    """The typed value of a field, from its text `_t_<name>`; NULL where it is absent or cannot be read."""
    text = F.col(f"_t_{name}")
    is_coded = any(feed.codes.get(name) for _, feed in extract.senders.values())
    ahead = FAR_AHEAD if name in _FUTURE else AHEAD
    kinds = {
        "text": lambda: extract.national(name, text) if is_coded else text,
        "code": lambda: extract.national(name, text),
        "marking": lambda: extract.national(name, text),
        "codes": lambda: F.transform(raw_list(extract, name), lambda value: extract.national(name, value)),
        "date": lambda: within(extract.date(text), F.lit(EARLIEST), F.lit(night + ahead)),
        "instant": lambda: within(extract.instant(text), instant_of(EARLIEST), instant_of(night + ahead + AHEAD)),
        "boolean": lambda: boolean(extract.national(name, text)),
        "number": lambda: number(text),
        "duration": lambda: duration(extract, text),
        "degrees": lambda: degrees(text),
        "phone": lambda: phones.e164_of(text),
        "party": lambda: phones.party_of(text),
        "imei": lambda: devices.imei_of(text),
        "imsi": lambda: devices.imsi_of(text),
        "postcode": lambda: postcode(text),
        "vehicle": lambda: vehicle(text),
    }
    return kinds[field.kind]()


def raw_list(extract: layout_columns.Extract, name: str) -> Column:
    """Values of a field that holds several, as written: a JSON array, or text split at the sender's separator."""
    text = F.col(f"_t_{name}")
    separators = {s: feed.lists[name] for s, (_, feed) in extract.senders.items() if name in feed.lists}
    split = F.array(text)
    for separator in sorted(set(separators.values())):
        senders = [s for s, own in separators.items() if own == separator]
        split = F.when(F.col("sender").isin(senders), F.split(text, _quoted(separator))).otherwise(split)
    array = F.when(text.startswith("["), F.from_json(text, "array<string>"))
    cleaned = F.transform(F.coalesce(array, split), layout_columns.clean)
    return F.when(text.isNull(), F.array().cast("array<string>")).otherwise(F.filter(cleaned, F.isnotnull))


def _quoted(separator: str) -> str:
    return "\\Q" + separator + "\\E"


def instant_of(day: date) -> Column:
    """Midnight UTC of `day`, whatever the session's time zone."""
    return F.lit(f"{day.isoformat()}T00:00:00Z").cast("timestamp")


def within(value: Column, earliest: Column, latest: Column) -> Column:
    """`value` where it lies in the possible, else NULL."""
    return F.when(value.between(earliest, latest), value)


def boolean(text: Column) -> Column:
    """Y/N, Yes/No, True/False, T/F, 1/0 in any case; NULL for anything else."""
    upper = F.upper(text)
    return F.when(upper.isin(*YES), F.lit(True)).when(upper.isin(*NO), F.lit(False))


def number(text: Column) -> Column:
    """A number of 0 or more, thousands commas allowed; NULL for anything else, also for NaN and infinities."""
    plain = F.when(text.rlike(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d+(?:\.\d+)?(?:[eE][+]?\d{1,2})?$"), text)
    return F.regexp_replace(plain, ",", "").try_cast("double")


def duration(extract: layout_columns.Extract, text: Column) -> Column:
    """Seconds, of 0 or more. Decimal minutes are rounded to whole seconds, which two decimals tell apart; mm:ss and
    h:mm:ss may run over 59 minutes."""
    parts = F.transform(F.split(text, ":"), lambda part: part.try_cast("double"))
    is_clock = text.rlike(r"^(?:\d{1,3}:)?\d{1,4}:[0-5]\d$")
    seconds = F.aggregate(parts, F.lit(0.0), lambda total, part: total * 60 + part)
    by_clock = F.when(extract.units("clock"), F.when(is_clock, seconds))
    by_minutes = F.when(extract.units("minutes"), F.round(number(text) * 60))
    return F.coalesce(by_clock, by_minutes, F.when(extract.units("seconds"), number(text)))


def degrees(text: Column) -> Column:
    """An angle in decimal degrees, signed, from -180 to 360; NULL for anything else."""
    value = F.when(text.rlike(r"^[+-]?\d{1,3}(?:\.\d+)?$"), text).try_cast("double")
    return F.when(value.between(-180, 360), value)


def postcode(text: Column) -> Column:
    """A UK postcode with one space ("nr13aa" -> "NR1 3AA"), or NULL."""
    packed = F.regexp_replace(F.upper(text), r"[\s.\-]", "")
    is_valid = packed.rlike(r"^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}$")
    return F.when(is_valid, F.regexp_replace(packed, r"^(.+)(.{3})$", "$1 $2"))


def vehicle(text: Column) -> Column:
    """A registration mark without spaces, 2 to 8 letters and digits, or NULL."""
    packed = F.regexp_replace(F.upper(text), r"[\s.\-]", "")
    return F.when(packed.rlike(r"^(?=.*[0-9])[A-Z0-9]{2,8}$"), packed)


def local_id(extract: layout_columns.Extract, reference: Column) -> Column:
    """A force's reference as an id: "<force>:<reference>"."""
    return F.concat(extract.force(), F.lit(":"), reference)


def finish(
    record: Record, table: Table, feed: str, first: Sequence[Problem] = (), then: Sequence[Problem] = ()
) -> DataFrame:
    """The judged records: the contract's columns, and the columns of JUDGEMENT.

    Problems in `first` come before those of the kinds of fields, problems in `then` after them.

    `reason` is the first problem's, or NULL for an accepted record. Of several accepted records of one key the last by
    file and row is current; the others are `is_superseded`.
    """
    df = record.df.withColumn("_rescued", _rescued(record.extract))
    df = df.withColumn("_why", F.coalesce(*_each(first), F.col("_wrong"), *_each(then)))
    df = df.withColumns(
        {
            "night": F.lit(record.night),
            "_feed": F.lit(feed),
            "reason": F.col("_why.reason"),
            "detail": F.col("_why.detail"),
            **{ours: F.col(theirs) for ours, theirs in _LINEAGE.items()},
        }
    )
    kept = (F.col("reason") != "MARKING_REFUSED") & F.col("reason").isNotNull()
    df = df.withColumn("raw", F.when(kept, F.substring("raw", 1, KEPT_RAW)))
    df = df.select(*table.names, *JUDGEMENT[:-1])
    natural = [name for name in table.key if name != "night"]
    is_accepted = F.col("reason").isNull()
    latest = Window.partitionBy(*natural, is_accepted).orderBy(F.col("_file").desc(), F.col("_row_number").desc())
    return df.withColumn("is_superseded", is_accepted & (F.row_number().over(latest) > 1))


def _first(problems: Sequence[Problem]) -> Column:
    """The first problem that applies, as a struct of reason and detail; NULL where none does."""
    return F.coalesce(*_each(problems))


def _each(problems: Sequence[Problem]) -> list[Column]:
    def why(problem: Problem) -> Column:
        return F.struct(F.lit(problem.reason).alias("reason"), F.lit(problem.detail).alias("detail"))

    return [F.when(problem.condition, why(problem)) for problem in problems]


def _rescued(extract: layout_columns.Extract) -> Column:
    """JSON of the sender's columns that no mapping names, and of those whose value could not be read; or NULL."""
    forgiving = [n for n, f in extract.fields.items() if f.kind in FORGIVING]
    lost = [F.when(F.col(f"_t_{n}").isNotNull() & F.col(n).isNull(), extract.top_level(n)) for n in forgiving]
    unread = F.array_compact(F.array(*lost)) if lost else F.array().cast("array<string>")
    known = F.array_except(extract.known_columns(), unread)
    kept = F.map_filter("_m", lambda name, value: value.isNotNull() & ~F.array_contains(known, name))
    return F.when(F.size(kept) > 0, F.to_json(kept))
