"""Words of coded fields: those that are national or that layouts agree on, and those that are asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipelines.ingest.drafting.table import means_something
from pipelines.ingest.drafting.values import is_yes_or_no
from pipelines.ingest.drafting.vocabulary import Vocabulary, among
from schemas.layouts.fields import FIELDS, Field
from schemas.layouts.values import folded

SEPARATORS = (";", "|", ",", "/", "\n", "\t")
_PLAIN = (";", "|", "\n")  # that no word of a tag holds
WRITTEN_FROM = 3  # rows: a word that comes more seldom may be somebody's typing, and is shown, not written down
_RECURRING = 0.8  # share of the parts of a divided value that come again
_LONGEST = 60
_PERSONAL = re.compile(r"[0-9]{5}|@|[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}")


@dataclass
class Words:
    """Words of one coded field: what they mean, and those of which that is asked (with a proposal, where there is one).

    `rare` are asked as well, and not written into a layout: word -> rows.
    """

    known: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str | None] = field(default_factory=dict)
    rare: dict[str, int] = field(default_factory=dict)
    n_native: int = 0  # different words that the reader takes as they are


def words(feed: str, name: str, values: Iterable[str], vocabulary: Vocabulary) -> Words:
    """The words of a coded field, from every value that its column holds (of a list, from each part)."""
    counted = Counter(values)
    found = Words()
    kind = FIELDS[feed].get(name, Field("text")).kind
    told = {v: n for v, n in counted.items() if means_something(kind, v) or is_native(feed, name, v)}
    if kind == "boolean":
        if is_yes_or_no(list(told)):
            found.n_native = len(told)
            return found
        for word, n in told.items():
            _ask(found, word, n, vocabulary.code(name, word)[0])
        return found
    spelt: dict[str, str] = {}
    for word, n in sorted(told.items(), key=lambda item: (-item[1], item[0])):
        if folded(word) in spelt:
            continue
        spelt[folded(word)] = word
        if is_native(feed, name, word):
            found.n_native += 1
            continue
        national, is_sure = vocabulary.code(name, word)
        if national is not None and is_sure:
            found.known[word] = national
        else:
            _ask(found, word, n, national)
    return found


def _ask(found: Words, word: str, n: int, proposal: str | None) -> None:
    if (n >= WRITTEN_FROM or proposal is not None) and len(word) <= _LONGEST and not _PERSONAL.search(word):
        found.asked[word] = proposal
    else:
        found.rare[word] = n


def is_native(feed: str, name: str, word: str) -> bool:
    """Whether a word is a national code of the field as it stands."""
    national = {folded(code) for code in among(feed, name)}
    if FIELDS[feed].get(name, Field("text")).kind == "marking":
        return re.sub(r"[\s_-]+", " ", folded(word)) in {code.replace("-", " ") for code in national}
    return folded(word) in national


def known_share(feed: str, name: str, values: Iterable[str], vocabulary: Vocabulary) -> float:
    """Share of the different words that are national or that layouts agree on."""
    different = {value for value in values if value}
    told = [v for v in different if is_native(feed, name, v) or vocabulary.code(name, v)[0] is not None]
    return len(told) / len(different) if different else 0.0


def separator(
    name: str, feed: str, values: Sequence[str], vocabulary: Vocabulary
) -> tuple[str | None, tuple[str, ...]]:
    """What divides several codes in one text, or None; and, where that is not sure, what may."""
    whole = [v for v in values if not (is_native(feed, name, v) or vocabulary.code(name, v)[0] is not None)]
    candidates = [mark for mark in SEPARATORS if any(mark in value for value in whole)]
    if not candidates:
        return None, ()
    sure = []
    for mark in candidates:
        parts = [part.strip() for value in whole if mark in value for part in value.split(mark)]
        everywhere = Counter(part.strip() for value in values for part in value.split(mark))
        recurring = sum(everywhere[part] > 1 for part in parts) / len(parts)
        is_known = known_share(feed, name, parts, vocabulary) >= 0.5
        if (is_known or (mark in _PLAIN and recurring >= _RECURRING and len(candidates) == 1)) and all(parts):
            sure.append(mark)
    if len(sure) == 1:
        return sure[0], ()
    return None, tuple(candidates)
