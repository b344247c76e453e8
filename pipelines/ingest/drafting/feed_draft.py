"""The draft of one feed, from its files: keys of its layout that are sure, and what is asked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.ingest.drafting import coded, columns, dates, items, probe, values
from pipelines.ingest.drafting.coded import Words
from pipelines.ingest.drafting.columns import Columns
from pipelines.ingest.drafting.table import Question, Table
from pipelines.ingest.drafting.vocabulary import CODED_TEXTS, Vocabulary, among
from schemas.layouts.fields import FIELDS

ORDER = (
    "format", "delimiter", "encoding", "quoting", "rows_at", "names_at", "skip_rows", "header_rows", "dates", "times",
    "numbers",
)  # fmt: skip  # keys before the columns
_DIALECT = ORDER[:8]
_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{1,2}")


@dataclass
class FeedDraft:
    """A feed's layout as far as its files tell it. `refused`: file -> why it cannot be read."""

    name: str
    keys: dict[str, Any] = field(default_factory=dict)
    columns: Columns = field(default_factory=Columns)
    lists: dict[str, str] = field(default_factory=dict)
    items: dict[str, Any] | None = None
    codes: dict[str, Words] = field(default_factory=dict)  # of columns that are sure
    proposed_codes: dict[str, Words] = field(default_factory=dict)  # of columns that are asked
    questions: list[Question] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    refused_rows: Counter[str] = field(default_factory=Counter)
    is_plain: bool = False  # its files are plain ASCII: what encoding a later one has, they do not say
    table: Table = field(default_factory=Table)


def draft(feed: str, paths: Sequence[Path], vocabulary: Vocabulary) -> FeedDraft:
    """The draft of `feed` from its files."""
    made = FeedDraft(feed)
    _read(made, paths)
    if not made.table.rows:
        return made
    if feed == "reports":
        found = items.sniff(made.table, vocabulary)
        made.items = found.keys
        made.questions += [found.question] if found.question else []
        taken = found.columns
    else:
        found, taken = None, []
    made.columns = columns.mapped(feed, made.table, vocabulary, taken)
    made.questions += made.columns.questions
    _dates(made)
    _numbers(made)
    _codes(made, vocabulary)
    for name, held in (found.values if found else {}).items():
        _words(made, name, held, vocabulary, is_sure=made.items is not None)
    _keys(made)
    if feed == "reports" and "scheme" not in made.columns.sure:
        made.questions.append(
            Question(
                "constants", "no column names the grading scheme: grades are read as 3x5x2", ("{scheme: 5x5x5}",), False
            )
        )
    _digits_lost(made)
    _rest(made)
    return made


def _digits_lost(made: FeedDraft) -> None:
    """Tells columns of which a spreadsheet has rounded numbers: keys and telephone numbers do not come back."""
    rounded = [column for column in made.table.columns if any(map(_ROUNDED.fullmatch, _held(made, column)))]
    if rounded:
        text = (
            f"a spreadsheet has written numbers of {', '.join(rounded)} as 3.52E+14: their last digits are lost. Ask "
            "the sender for the export as it left the system"
        )
        made.questions.append(Question("", text, must=False))


def _rest(made: FeedDraft) -> None:
    """Tells the columns that are like no field, next to the fields that no column is like."""
    others = made.columns.others
    if not others and not made.columns.proposed:
        return
    told = "; ".join(f"{name} {values.described(_held(made, name))}" for name in others) or "none"
    named = {*made.columns.sure, *made.columns.proposed, "scheme", "amended_at"}
    free = ", ".join(name for name in FIELDS[made.name] if name not in named)
    text = f"columns like no field of ours: {told}. " + (f"Fields of ours without a column: {free}. " if free else "")
    text += "Which belong together? Columns meant to stay unused are named here"
    made.questions.append(Question("ignore", text, (items.flow(others),) if others else (), must=False))


def _read(made: FeedDraft, paths: Sequence[Path]) -> None:
    """Reads the feed's files. The first says how they are written; where others differ it is asked."""
    first: dict[str, Any] | None = None
    for path in paths:
        probed = probe.probe(path)
        if probed.refused:
            made.refused[path.name] = probed.refused
            continue
        made.files.append(path.name)
        made.table.extend(probed.table)
        made.refused_rows += probed.refused_rows
        dialect = {name: probed.keys.get(name) for name in _DIALECT}
        if first is None:
            first, made.keys, made.questions = dialect, dict(probed.keys), list(probed.questions)
            made.is_plain = probed.is_plain
            continue
        is_known, made.is_plain = not made.is_plain, made.is_plain and probed.is_plain
        if probed.is_plain and is_known:
            dialect["encoding"] = first["encoding"]
        elif not probed.is_plain and not is_known and "encoding" in probed.keys:
            first["encoding"] = made.keys["encoding"] = probed.keys["encoding"]
        for name in _DIALECT:
            if dialect[name] != first[name]:
                made.keys.pop(name, None)
                asked = tuple(json.dumps(value) for value in (first[name], dialect[name]) if value is not None)
                made.questions = [q for q in made.questions if q.key != name]
                made.questions.append(Question(name, "files of the feed are written in different ways", asked))
    if not made.table.rows and paths:
        reasons = "; ".join(dict.fromkeys(made.refused.values()))
        made.keys = {}
        made.questions = [Question("format", f"none of the files can be read: {reasons}")]


def _held(made: FeedDraft, column: str) -> list[str]:
    return columns.texts(made.table, column)


# -- dates ------------------------------------------------------------------------------------------------------------


def _dates(made: FeedDraft) -> None:
    """`dates` and `times`, from columns of such fields, and from others that hold dates alone: they may become some."""
    fields = FIELDS[made.name]
    kinds = {column: fields[name].kind for name, column in made.columns.sure.items()}
    has_days = any(f.kind == "date" for f in fields.values())
    has_times = any(f.kind == "instant" for n, f in fields.items() if n != "amended_at" or n in made.columns.sure)
    days: dict[str, list[str]] = {}
    times: dict[str, list[str]] = {}
    for column in made.table.columns:
        held = _held(made, column)
        kind = kinds.get(column)
        if kind is None and dates.share(held) >= values.FITS:
            has_clock = any(":" in value or "T" in value for value in held)
            kind = "instant" if has_times and (has_clock or not has_days) else "date"
        if kind == "date":
            days[column] = held
        elif kind == "instant":
            times[column] = held
    for clock in [column for column in made.columns.others if _is_clock(_held(made, column))]:
        _ask_joined(made, clock, times)
    for name, held_by in (("dates", days), ("times", times)):
        verdict = dates.sniff(held_by, is_instant=name == "times")
        if verdict.is_sure:
            made.keys |= {name: list(verdict.patterns)} if verdict.patterns else {}
            continue
        options = [items.flow(list(option)) for option in verdict.options if option]
        options += ["[epoch_s]", "[epoch_ms]"] if name == "times" and _are_numbers(held_by) else []
        told = ", ".join(held_by)
        made.questions.append(Question(name, f"{verdict.why} (columns {told})", tuple(options)))


def _is_clock(held: Sequence[str]) -> bool:
    return bool(held) and sum(map(dates.is_clock, held)) >= values.FITS * len(held)


def _are_numbers(held_by: dict[str, list[str]]) -> bool:
    return any(held and all(v.replace(".", "", 1).isdigit() for v in held) for held in held_by.values())


def _ask_joined(made: FeedDraft, clock: str, times: dict[str, list[str]]) -> None:
    """Asks to which day a column of times of day belongs, and adds the joined values to those that patterns are for."""
    fields = FIELDS[made.name]
    alone = [column for column, held in times.items() if held and not any(":" in value for value in held)]
    ours = {column: name for name, column in made.columns.sure.items() if fields[name].kind == "instant"}
    options = []
    for column in alone:
        joined = [f"{row[column]} {row[clock]}" for row in made.table.rows if column in row and clock in row]
        times[f"{column} {clock}"] = joined
        if column in ours:
            options.append(items.flow({ours[column]: [clock]}))
    if alone:
        text = f"{clock} holds times of day: with which field's day does it belong? Without it times are midnight"
        made.questions.append(Question("joined", text, tuple(options)))


# -- numbers, codes, keys ---------------------------------------------------------------------------------------------


def _numbers(made: FeedDraft) -> None:
    column = made.columns.sure.get("phone") or next(iter(made.columns.proposed.get("phone", [])), None)
    if column is None:
        return
    readings = values.number_styles(_held(made, column))
    if len(readings) < 2:
        return
    n_read = {style: sum(number is not None for number in read) for style, read in readings.items()}
    told = ", ".join(f"{style} reads {n} of {len(readings[style])}" for style, n in n_read.items())
    text = f"{column}: numbers without + or 0 in front are read in several ways ({told}), and as different numbers"
    made.questions.append(Question("numbers", text, tuple(sorted(readings, key=lambda style: -n_read[style]))))


def _codes(made: FeedDraft, vocabulary: Vocabulary) -> None:
    fields = FIELDS[made.name]
    names = [n for n, f in fields.items() if among(made.name, n) or (made.name == "reports" and n in CODED_TEXTS)]
    for name in names:
        is_sure = name in made.columns.sure
        column = made.columns.sure[name] if is_sure else next(iter(made.columns.proposed.get(name, [])), None)
        if column is None:
            continue
        held = _held(made, column)
        if fields[name].kind == "codes" and column not in made.table.lists:
            held = _divided(made, name, held, vocabulary, is_sure)
        _words(made, name, held, vocabulary, is_sure)


def _divided(made: FeedDraft, name: str, held: list[str], vocabulary: Vocabulary, is_sure: bool) -> list[str]:
    """Single codes of a field that holds several in one text."""
    mark, options = coded.separator(name, made.name, held, vocabulary)
    if options:
        text = "several codes may stand in one text: what divides them?"
        made.questions.append(Question(f"lists.{name}", text, tuple(map(json.dumps, options)), must=is_sure))
        mark = options[0]
    elif mark is not None and is_sure:
        made.lists[name] = mark
    elif mark is not None:
        text = "several codes stand in one text"
        made.questions.append(Question(f"lists.{name}", text, (json.dumps(mark),), must=False))
    return [part for value in held for text in value.split(mark) if (part := text.strip())] if mark else held


def _words(made: FeedDraft, name: str, held: Sequence[str], vocabulary: Vocabulary, is_sure: bool) -> None:
    found = coded.words(made.name, name, held, vocabulary)
    if found.known or found.asked or found.rare:
        (made.codes if is_sure else made.proposed_codes)[name] = found


def _keys(made: FeedDraft) -> None:
    """Asks about keys that only case tells apart: a layout says whether case counts."""
    for name, column in made.columns.sure.items():
        if FIELDS[made.name][name].kind != "reference":
            continue
        spelt = set(_held(made, column))
        if len({value.upper() for value in spelt}) < len(spelt):
            text = f"{column} has keys that differ by case alone: does case count? Without this key it does not"
            made.questions.append(Question("references", text, ("exact",), must=False))
