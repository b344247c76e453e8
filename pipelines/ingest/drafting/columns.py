"""Which column is which of our fields: sure where layouts agree on its name and its values can be of that field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.ingest.drafting import coded, dates, values
from pipelines.ingest.drafting.table import Question, Table
from pipelines.ingest.drafting.vocabulary import MIN_WORD, Vocabulary, among
from schemas.layouts.fields import FIELDS, Field

_TOLD = 4  # columns that are proposed for a field
_KNOWN_WORDS = 0.6  # share of a column's words that are codes of a field, from which it may be that field
_KNOWN_PARTS = 3  # different words of lists, that are tags, from which a column may hold tags
_MAX_REPEATED = 15  # different values of a column that may be one of codes nobody knows
_REPEATED = 0.2  # of its values at most are different
_BY_KIND = ("date", "instant", "phone", "postcode", "vehicle")  # kinds of which values tell something by themselves
_MARKS = re.compile(r"[;|,/\n\t]")


@dataclass
class Columns:
    """Columns that are sure (ours -> theirs), those that are proposed (ours -> [theirs]), and those of nobody."""

    sure: dict[str, str] = field(default_factory=dict)
    proposed: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def mapped(feed: str, table: Table, vocabulary: Vocabulary, taken: Sequence[str] = ()) -> Columns:
    """Our fields of a feed's columns; those in `taken` are others' (numbered items)."""
    fields = FIELDS[feed]
    free = [column for column in table.columns if column not in taken]
    claims: dict[str, list[str]] = {}
    doubted: dict[str, list[str]] = {}
    for column in free:
        agreed = vocabulary.fields(column)
        if len(agreed) != 1:
            continue
        (name,) = agreed
        share = values.fit(fields[name], texts(table, column))
        is_word = sum(c.isalpha() for c in column) >= MIN_WORD
        if not is_word or (share is not None and share < values.FITS):
            doubted.setdefault(name, []).append(column)
        else:
            claims.setdefault(name, []).append(column)
    found = Columns(sure={n: claims[n][0] for n in fields if len(claims.get(n, ())) == 1})
    used = set(found.sure.values())
    for name in fields:
        if name in found.sure:
            continue
        first = [*claims.get(name, ()), *doubted.get(name, ())]
        rest = _likely(feed, name, table, vocabulary, [c for c in free if c not in used and c not in first])
        if first or rest:
            found.proposed[name] = [*first, *rest][:_TOLD]
        if first or rest or (fields[name].is_required and name != "scheme"):  # the scheme in force has a default
            is_needed = fields[name].is_required and name != "scheme"
            found.questions.append(_question(name, is_needed, claims, doubted, found))
    proposed = {column for columns in found.proposed.values() for column in columns}
    found.others = [column for column in free if column not in used and column not in proposed]
    return found


def texts(table: Table, column: str) -> list[str]:
    """Values of a column, or of each element where it holds lists."""
    return table.lists[column] if column in table.lists else table.values(column)


def _question(
    name: str, is_required: bool, claims: dict[str, list[str]], doubted: dict[str, list[str]], found: Columns
) -> Question:
    columns = found.proposed.get(name, [])
    if len(claims.get(name, ())) > 1:
        why = "several columns are named as other senders name it: which is it"
    elif doubted.get(name):
        why = (
            "a column is named as other senders name it, but its values do not look so, or the name is too short to "
            "tell: have columns shifted, or is it"
        )
    elif columns:
        why = "which of these columns is it, if any"
    else:
        why = "no column is like it: which is it, or which value has every row (under constants)"
    must = "It is required" if is_required else "Left out, it stays empty"
    return Question(f"columns.{name}", f"{why}? {must}", tuple(columns), must=is_required)


def _likely(feed: str, name: str, table: Table, vocabulary: Vocabulary, free: Sequence[str]) -> list[str]:
    """Columns that may be the field, the likeliest first: by their names' likeness, their codes, and for a required
    field by what kind of values they hold."""
    ours = FIELDS[feed][name]
    scores: dict[str, float] = {}
    for column in free:
        held = texts(table, column)
        share = values.fit(ours, held)
        if share is not None and share < values.FITS:
            continue
        near = vocabulary.near(column).get(name, 0.0)
        words = _known_words(feed, name, held, vocabulary)
        if near or words:
            scores[column] = near + words
        elif name not in ("amended_at", "scheme") and share is not None and _is_of_kind(ours, held):
            scores[column] = 0.1 + (0.1 * _distinctness(held) if ours.kind == "reference" else 0.0)
    best = [column for column in scores if scores[column] > 0.5]
    return sorted(best or scores, key=lambda column: -scores[column])


def _known_words(feed: str, name: str, held: Sequence[str], vocabulary: Vocabulary) -> float:
    """Share of a column's words that are codes of a field; 0 where too few are to tell."""
    kind = FIELDS[feed][name].kind
    if kind in ("text", "boolean") or not among(feed, name):
        return 0.0
    if kind == "codes":
        parts = {part.strip() for value in held for part in _MARKS.split(value)} - {""}
        share = coded.known_share(feed, name, parts, vocabulary)
        return share if share * len(parts) >= _KNOWN_PARTS else 0.0
    share = coded.known_share(feed, name, held, vocabulary)
    return share if share >= _KNOWN_WORDS and len(set(held)) > 1 else 0.0


def _is_of_kind(ours: Field, held: Sequence[str]) -> bool:
    """Whether values alone make a column one that may be the field: dates, places, numbers, and of required fields keys
    and codes."""
    if ours.kind in _BY_KIND:
        return True
    if not ours.is_required:
        return False
    if ours.kind in ("code", "marking"):
        return len(set(held)) <= _MAX_REPEATED and _distinctness(held) <= _REPEATED and dates.share(held) < values.FITS
    return ours.kind == "reference"


def _distinctness(held: Sequence[str]) -> float:
    return len(set(held)) / max(1, len(held))
