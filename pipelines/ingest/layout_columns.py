"""Layouts as Spark expressions: what a sender calls a field, looked up by the row's `sender`.

All senders of a feed are conformed in one pass: layouts are literals in the expressions, so the plan has one scan
however many senders there are, and a new sender adds entries to literals, not branches to the plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from pipelines.ingest import look_alikes
from schemas import codes
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS
from schemas.layouts.values import DAY_NUMBERS, EPOCHS, folded

_SPACE = " \t\r\n\u00a0\u200b\ufeff"  # what senders pad values with; byte order marks come with pasted text
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
_UNIVERSAL = {"UTC": "+00:00", "Z": "+00:00"}  # clocks that no layout has to name
_ISO_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_SCIENTIFIC = r"^([0-9])\.([0-9]+)[eE]([+]?)([0-9]{1,2})$"  # programs write all digits; spreadsheets round, with a sign
_ROUNDED = r"^[0-9](?:\.[0-9]+)?[eE][+][0-9]{1,2}$|^[0-9]\.[0-9]+[eE][0-9]{1,2}$"
_UNFOLDED = r"[\u2010-\u2015\u2212]|^\s|\s$|\s\s|[^\S ]| [-/]|[-/] "
_STRUCTURE = r"^(?s:\{\".*\}|\[[\[{\"].*\]|\{\}|\[\])$"
# Capitals of the Greek and Cyrillic alphabets that look like Latin ones.
_LOOK_ALIKE_LETTERS = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405",
    "ABEZHIKMNOPTYXABEKMHOPCTYXIJS",
)
IDENTIFIERS = ("reference", "document", "imei", "imsi")  # kinds of digits that programs take for numbers
PART = "_part"  # column: which of the records that a row holds it stands for, from 0
_ZEROS_LEFT_OUT = 2  # that are taken for a program's: more are digits that were lost

_SHAPES: dict[type, str] = {str: "string", list: "array<string>", dict: "map<string,string>"}


def of_sender(values: Mapping[str, Any]) -> Column:
    """The entry of `values` (sender to text, list or dictionary of texts) of the row's sender, or NULL.

    Layouts are literals given as one JSON text, which Spark folds to a map while it plans: a map built column by column
    has a node per code, and seconds of analysis per night.
    """
    kind = _SHAPES[type(next(iter(values.values())))]
    folded = F.from_json(F.lit(json.dumps(values, ensure_ascii=False)), f"map<string,{kind}>")
    return F.try_element_at(folded, F.col("sender"))


def lookup(values: Mapping[str, str]) -> Column:
    """The entry of `values` (sender to text) of the row's sender, or NULL."""
    if not values:
        return F.expr("CAST(NULL AS STRING)")
    return of_sender(values)


def by_literal(values: Mapping[str, Sequence[str]]) -> list[tuple[str, list[str]]]:
    """Distinct texts of `values` in the order in which senders try them, each with the senders that do."""
    by_field: list[tuple[str, list[str]]] = []
    for position in range(max((len(v) for v in values.values()), default=0)):
        at: dict[str, list[str]] = {}
        for sender, texts in values.items():
            if position < len(texts):
                at.setdefault(texts[position], []).append(sender)
        by_field += at.items()
    return by_field


def clean(value: Column) -> Column:
    """Text without padding; empty text is NULL."""
    return F.nullif(F.btrim(value, F.lit(_SPACE)), F.lit(""))


def whole_number(text: Column) -> Column:
    """An identifier that a program wrote as a number with a decimal point or an exponent, as its digits.

    `352099001761481.0` and `3.52099001761481E14` are the same handset. Where an exponent says that digits were lost
    (3.52099E+14) the text stays as it is, and is no identifier (`is_rounded`).
    """
    exponent = F.regexp_extract(text, _SCIENTIFIC, 4).try_cast("int")
    digits = F.concat(F.regexp_extract(text, _SCIENTIFIC, 1), F.regexp_extract(text, _SCIENTIFIC, 2))
    n_lost = exponent + 1 - F.length(digits)
    most = F.when(F.regexp_extract(text, _SCIENTIFIC, 3) == "", _ZEROS_LEFT_OUT).otherwise(0)
    is_whole = text.rlike(_SCIENTIFIC) & n_lost.between(0, most)
    spelt = F.when(text.rlike(r"^[0-9]+\.0+$"), F.substring_index(text, ".", 1)).otherwise(text)
    return F.when(is_whole, F.rpad(digits, exponent + 1, F.lit("0"))).otherwise(spelt)


def is_rounded(text: Column) -> Column:
    """Whether an identifier is a number that lost digits: others that lost them are spelt the same."""
    return text.rlike(_ROUNDED)


def is_structure(text: Column) -> Column:
    """Whether a text is an object or an array of JSON, where one value belongs."""
    return text.rlike(_STRUCTURE)


class Extract:
    """A feed's fields as expressions over one row's JSON, parsed as a map of the sender's top-level columns.

    Args:
        sources: every layout.
        feed: name of the feed.
        row: map<string,string> of the row; nested values are their JSON text.
    """

    def __init__(self, sources: Mapping[str, layouts.Source], feed: str, row: Column) -> None:
        self.feed, self.row = feed, row
        self.senders = layouts.of_feed(sources, feed)
        self.fields = FIELDS[feed]
        self.n_parts = max((len(own.parts()) for _, own in self.senders.values()), default=1)

    def layouts(self) -> list[tuple[str, layouts.Feed]]:
        """The feed's layout of each sender, in order of name."""
        return [(sender, feed) for sender, (_, feed) in self.senders.items()]

    def text(self, name: str) -> Column:
        """The field as the sender wrote it, without padding; NULL where absent, empty or JSON null."""
        text = clean(self._from_file_name(name, self._part(name, self._joined(name, self._written(name)))))
        return whole_number(text) if self.fields[name].kind in IDENTIFIERS else text

    def _written(self, name: str, senders: Collection[str] = ()) -> Column:
        """The text at the sender's column, of the record that the row stands for (`PART`) where rows hold several."""
        layout_of = {s: feed for s, (_, feed) in self.senders.items() if name in feed.columns and s in (senders or [s])}
        value = self._read({s: feed.columns[name] for s, feed in layout_of.items()}, name)
        for n in range(1, self.n_parts):
            others = {s: feed.parts()[n][name] for s, feed in layout_of.items() if len(feed.parts()) > n}
            if others:
                value = F.when(F.col(PART) == n, self._read(others, name)).otherwise(value)
        return value

    def _joined(self, name: str, value: Column) -> Column:
        """The text with that of the further columns after it, of the senders that spread the field over several."""
        for sender, (_, feed) in self.senders.items():
            if name in feed.joined:
                more = [clean(at(self.row, {sender: layouts.split_path(feed, each)})) for each in feed.joined[name]]
                value = F.when(F.col("sender") == sender, F.concat_ws(" ", clean(value), *more)).otherwise(value)
        return value

    def _part(self, name: str, value: Column) -> Column:
        """What a sender's pattern names as the value, of the senders that have one for the field.

        A text that the pattern does not fit stays as it is where its column is this field's alone: it is not the value,
        and not absent (see `unfit`).
        """
        for sender, (_, feed) in self.senders.items():
            if name in feed.patterns:
                part = F.regexp_extract(value, feed.patterns[name], 1)
                if name in feed.columns and layouts.is_own_column(feed, name):
                    part = F.when(value.rlike(feed.patterns[name]), part).otherwise(value)
                value = F.when(F.col("sender") == sender, part).otherwise(value)
        return value

    def unfit(self, name: str) -> Column | None:
        """Whether a text is there that its sender's pattern does not fit; None where no layout has such a pattern."""
        found = None
        for sender, (_, feed) in self.senders.items():
            if name in feed.patterns and name in feed.columns and layouts.is_own_column(feed, name):
                written = self._joined(name, self._written(name, (sender,)))
                is_one = (F.col("sender") == sender) & clean(written).isNotNull() & ~written.rlike(feed.patterns[name])
                found = is_one if found is None else found | is_one
        return None if found is None else F.coalesce(found, F.lit(False))

    def _from_file_name(self, name: str, value: Column) -> Column:
        """The value that only the file's name tells, of the senders that tell it so."""
        for sender, (_, feed) in self.senders.items():
            if name in feed.file_name:
                part = F.regexp_extract(F.substring_index("file", "/", -1), feed.file_name[name], 1)
                value = F.when(F.col("sender") == sender, part).otherwise(value)
        return value

    def _read(self, columns: Mapping[str, str], name: str = "") -> Column:
        paths = {s: layouts.split_path(self.senders[s][1], column) for s, column in columns.items()}
        value = at(self.row, paths)
        constants = {s: f.constants[name] for s, (_, f) in self.senders.items() if name in f.constants}
        return F.coalesce(lookup(constants), value) if constants else value

    def nested(self, columns: Mapping[str, str]) -> Column:
        """Text at each sender's column or dotted path; `columns` is sender to column."""
        return clean(self._read(columns))

    def top_level(self, name: str) -> Column:
        """Array of the sender's top-level columns that hold the field, or NULL for a constant."""
        columns = {
            s: [
                layouts.split_path(f, each)[0]
                for each in (*(part[name] for part in f.parts()), *f.joined.get(name, ()))
            ]
            for s, (_, f) in self.senders.items()
            if name in f.columns
        }
        return of_sender(columns) if columns else F.lit(None).cast("array<string>")

    def known_columns(self) -> Column:
        """Array of the sender's top-level columns that the layout names."""
        return of_sender({s: sorted(layouts.mapped_columns(feed)) for s, (_, feed) in self.senders.items()})

    def national(self, name: str, value: Column | None = None, is_strict: bool = False) -> Column:
        """The field (or `value`) in national codes: mapped, or national already, or what `unmapped` says; else NULL.

        With `is_strict`, what `unmapped` says does not count: NULL is then a code that the layout does not name. It
        never counts for a tag with a word of sexual abuse or exploitation in it: none such becomes OTHER.
        """
        field = self.fields[name]
        value = self.text(name) if value is None else value
        named = self.named(name, value)
        mapped = [] if named is None else [named]
        passed = _among(_key(value), field.among) if field.among and field.kind != "marking" else value
        unmapped = {s: f.unmapped[name] for s, (_, f) in self.senders.items() if name in f.unmapped}
        is_let_through = value.isNotNull() if field.kind != "codes" else ~is_of_exploitation(value)
        rest = [F.when(is_let_through, lookup(unmapped))] if unmapped and not is_strict else []
        codes_found = F.coalesce(*mapped, passed, *rest)
        return _marking(codes_found) if field.kind == "marking" else codes_found

    def named(self, name: str, value: Column) -> Column | None:
        """What the sender's layout says that a code of the field is, or NULL; None where no layout has codes for it."""
        codes_of = {s: feed.codes[name] for s, (_, feed) in self.senders.items() if feed.codes.get(name)}
        pairs = {s: _as_values(own) for s, own in codes_of.items()}
        return F.try_element_at(of_sender(pairs), _key(value)) if pairs else None

    def _zone(self) -> Column:
        """Zone of the row's local times: its clock column's, else its sender's; NULL for a word that is no clock."""
        clocks = {s: feed.clock for s, (_, feed) in self.senders.items() if feed.clock is not None}
        if not clocks:
            return self.time_zone()
        word = _key(self.nested({s: clock.column for s, clock in clocks.items()}))
        offsets = {s: {**_UNIVERSAL, **_as_values(clock.offsets)} for s, clock in clocks.items()}
        return F.when(word.isNull(), self.time_zone()).otherwise(F.try_element_at(of_sender(offsets), word))

    def units(self, unit: str) -> Column:
        """Whether the row's sender writes durations in `unit`."""
        return F.col("sender").isin([s for s, (_, feed) in self.senders.items() if feed.durations == unit])

    def reference(self, value: Column) -> Column:
        """A sender's own key in its one form, the same from every feed of the sender ("int/b18 /1" is "INT/B18/1").

        Case and blanks at separators do not count, unless the layout says that keys are exact; letters of other
        alphabets that look like ours are ours. Zeros count: INT/1 and INT/01 are two.
        """
        marked = F.regexp_replace(value, r"""^=?["']+(.*?)["']*$""", "$1")
        exact = [sender for sender, (source, _) in self.senders.items() if source.references == "exact"]
        spelt = F.translate(_key(marked), *_LOOK_ALIKE_LETTERS)
        return clean(F.when(F.col("sender").isin(exact), marked).otherwise(spelt) if exact else spelt)

    def numbers(self) -> Column:
        """How the row's sender writes telephone numbers, as a rule of `pipelines.common.phones`."""
        return lookup({s: f"{feed.numbers}:{feed.region}" for s, (_, feed) in self.senders.items()})

    def time_zone(self) -> Column:
        return lookup({sender: source.time_zone for sender, (source, _) in self.senders.items()})

    def force(self) -> Column:
        return lookup({sender: source.force for sender, (source, _) in self.senders.items() if source.force})

    def date(self, value: Column) -> Column:
        """Text as a date by the sender's patterns, then ISO; NULL where none fits.

        An instant with an offset is the day of the sender's own clock: a program that keeps days as midnights writes
        those of summer as 23:00 of the day before in UTC.
        """
        patterns = by_literal({sender: feed.dates for sender, (_, feed) in self.senders.items()})
        tried = [F.when(F.col("sender").isin(s), self._day(value, p)) for p, s in patterns]
        iso = F.when(
            value.rlike(r"^\d{4}-\d{2}-\d{2}(?:[T ].*)?$"), F.try_to_date(F.substring(value, 1, 10), "yyyy-MM-dd")
        )
        local = F.to_date(F.from_utc_timestamp(_with_offset(value), self.time_zone()))
        return F.coalesce(*tried, local, iso)

    def _day(self, value: Column, pattern: str) -> Column:
        if pattern in DAY_NUMBERS:
            return _numbered_day(value, pattern)
        if pattern in EPOCHS:
            size = _since_1970(F.ltrim(value, F.lit("-")), EPOCHS[pattern])  # who is over fifty was born before 1970
            before = F.timestamp_micros(-F.unix_micros(size))
            at = F.when(value.startswith("-"), before).otherwise(size)
            return F.to_date(F.from_utc_timestamp(at, self.time_zone()))
        return F.try_to_date(value, pattern)

    def instant(self, value: Column, needs_clock: bool = False) -> Column:
        """Text as an instant: ISO with offset, else the sender's patterns in its own time zone, else ISO in that zone.

        Local times are read as if UTC and then shifted, so the session's time zone does not matter. Of the hour that
        occurs twice in autumn the first (summer time) is taken, unless a clock column says which; a time in the hour
        that spring skips moves on by one. A day alone, of a workbook's cell that shows no clock, is its midnight; with
        `needs_clock` it does not count, nor do patterns that tell no more.
        """
        zone = self._zone()
        tried = []
        for pattern, senders in by_literal({sender: feed.times for sender, (_, feed) in self.senders.items()}):
            if pattern in EPOCHS:
                tried.append(F.when(F.col("sender").isin(senders), _since_1970(value, EPOCHS[pattern])))
                continue
            letters = re.sub(r"'[^']*'", "", pattern)
            if needs_clock and not re.search("[HhKk]", letters):
                continue
            if re.search(r"[XxZzVO]", letters):
                read = F.try_to_timestamp(value, F.lit(pattern))
            else:
                as_utc = F.try_to_timestamp(F.concat(value, F.lit("Z")), F.lit(pattern + "XXX"))
                read = F.to_utc_timestamp(as_utc, zone)
            read = _until_midnight(value, read) if "k" in letters else read
            tried.append(F.when(F.col("sender").isin(senders), read))
        local = F.to_utc_timestamp(F.concat(value, F.lit("Z")).try_cast("timestamp"), zone)
        found = [_with_offset(value), *tried, F.when(value.rlike(_ISO_TIME + "$"), local)]
        workbooks = [sender for sender, (_, feed) in self.senders.items() if feed.format == "xlsx"]
        if workbooks and not needs_clock:
            midnight = F.concat(value, F.lit("T00:00:00Z")).try_cast("timestamp")
            is_day = F.col("sender").isin(workbooks) & value.rlike(r"^\d{4}-\d{2}-\d{2}$")
            found.append(F.when(is_day, F.to_utc_timestamp(midnight, zone)))
        return F.coalesce(*found)


def _with_offset(value: Column) -> Column:
    """An ISO instant that says its offset; NULL for any other text."""
    spelt = F.regexp_replace(value, r"([+-]\d{2})(\d{2})$", "$1:$2")
    return F.when(value.rlike(_ISO_TIME + _OFFSET), spelt.try_cast("timestamp"))


def _since_1970(value: Column, micros: int) -> Column:
    """A number of units of `micros` microseconds since 1970 as an instant; NULL for what is no such number."""
    number = F.when(value.rlike(r"^[0-9]{1,15}(?:\.[0-9]{1,6})?$"), value.try_cast("decimal(22,6)"))
    return F.timestamp_micros((number * F.lit(micros).cast("decimal(8,0)")).try_cast("bigint"))


def _numbered_day(value: Column, counted: str) -> Column:
    """A number of days as the day; NULL for what is none. A part of a day is a time; the first 60 days of a workbook
    are two numbers each, as a workbook takes 1900 for a leap year."""
    number = F.when(value.rlike(r"^-?[0-9]{1,6}(?:\.[0-9]{1,12})?$"), value.try_cast("double"))
    number = F.when(number > 60, number) if counted == "workbook_days" else number
    return F.date_add(F.lit(DAY_NUMBERS[counted]).cast("date"), F.floor(number).cast("int"))


def _until_midnight(value: Column, read: Column) -> Column:
    """`read` by a pattern whose hours run from 1 to 24: 24:00 ends its day, and 24:01 is no time."""
    ends = F.when(value.rlike(r"[ T]24[:.]?00(?:[:.]?00)?\b"), read + F.expr("INTERVAL 1 DAY"))
    return F.when(value.rlike(r"[ T]24[:.]?[0-5][0-9]"), ends).otherwise(read)


_EXPLOITATION = r"(?:^|[^A-Z])(?:" + "|".join(codes.EXPLOITATION_WORDS) + ")"


def is_of_exploitation(code: Column) -> Column:
    """Whether a code holds a word of sexual abuse or of exploitation, also one whose letters stand apart ("C.S.E.");
    NULL for none."""
    together = F.regexp_replace(F.upper(code), r"(?<=\b[A-Z])[. ]+(?=[A-Z]\b)", "")
    return F.upper(code).rlike(_EXPLOITATION) | together.rlike(_EXPLOITATION)


def _as_values(words: Mapping[str, str]) -> dict[str, str]:
    """A sender's words, in the form in which its values arrive, with what each means."""
    return {folded(look_alikes.plain(theirs)): ours for theirs, ours in words.items()}


def _key(value: Column) -> Column:
    """A code as `schemas.layouts.values.folded` compares it."""
    upper = F.upper(value)
    dashed = F.regexp_replace(upper, "[\u2010-\u2015\u2212]", "-")
    spelt = F.regexp_replace(F.btrim(F.regexp_replace(dashed, r"\s+", " ")), r" ?([-/]) ?", "$1")
    return F.when(upper.rlike(_UNFOLDED), spelt).otherwise(upper)  # most codes are in this form


def _among(key: Column, among: Sequence[str]) -> Column:
    """The national value that `key` (in upper case) spells, or NULL."""
    upper = [value for value in among if value == folded(value)]
    others = {folded(value): value for value in among if value not in upper}
    cases = [F.when(key.isin(upper), key)] if upper else []
    return F.coalesce(*cases, *[F.when(key == spelt, F.lit(value)) for spelt, value in others.items()])


def at(row: Column, paths: Mapping[str, Sequence[str]]) -> Column:
    """Value of a map<string,string> at each sender's path; beyond the first step the value is JSON text."""
    if not paths:
        return F.lit(None).cast("string")
    first = F.try_element_at(row, lookup({sender: path[0] for sender, path in paths.items()}))
    nested: dict[str, list[str]] = {}
    for sender, path in paths.items():
        if len(path) > 1:
            nested.setdefault("$" + "".join(f"['{step}']" for step in path[1:]), []).append(sender)
    value = first
    for path, senders in nested.items():
        value = F.when(F.col("sender").isin(senders), F.get_json_object(first, path)).otherwise(value)
    return value


def _marking(value: Column) -> Column:
    """A marking as the national list spells it: dashes and spaces vary."""
    spelt = F.upper(F.btrim(F.regexp_replace(value, r"[\s\u2010-\u2015_-]+", " ")))
    return F.regexp_replace(spelt, "^OFFICIAL SENSITIVE$", "OFFICIAL-SENSITIVE")


def is_refused_marking(marking: Column) -> Column:
    """Whether a national marking is SECRET or above, with or without a caveat such as UK EYES ONLY."""
    return F.coalesce(marking.rlike(r"\b(?:" + "|".join(codes.REFUSED_MARKINGS) + r")\b"), F.lit(False))
