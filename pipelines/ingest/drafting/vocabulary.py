"""What shipped layouts call things: words of columns, of numbered items and of codes, where all of them agree."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas import codes
from schemas.layouts import layouts
from schemas.layouts.fields import FIELDS, Field
from schemas.layouts.values import folded

MIN_WORD = 3  # letters: shorter words are anybody's
AGREED = 2  # layouts that give a code one meaning, from which it is sure of a short word
LONG_WORD = 12  # letters from which one layout is enough: nobody means something else by "No apparent risk"
NEAR = 0.75  # likeness of two words (difflib) from which one is a hint to the other
# Fields of reports that take text, and of which a list of national codes says what it may be.
CODED_TEXTS: dict[str, tuple[str, ...]] = {
    "handling_code": tuple(codes.HANDLING_CODES),
    "action_code": tuple(codes.ACTION_CODES),
    "sanitisation_code": tuple(codes.SANITISATION_CODES),
    "provenance_source": tuple(codes.SOURCE_GRADES),
    "provenance_intelligence": tuple(codes.INTELLIGENCE_GRADES),
    "item_source": tuple(codes.SOURCE_GRADES),
    "item_intelligence": tuple(codes.INTELLIGENCE_GRADES),
}


def key(word: str) -> str:
    """A column's name as it is compared: letters and digits in lower case, numbers as {n}."""
    plain = "".join(c for c in word.replace("{n}", "0").casefold() if c.isalnum())
    return re.sub(r"[0-9]+", "{n}", plain)


def template(name: str) -> tuple[str, int] | None:
    """A column's name with {n} for its only number, and the number; None without one, or with several."""
    numbers = re.findall(r"[0-9]+", name)
    if len(numbers) != 1 or numbers[0].startswith("0"):
        return None
    return re.sub(r"[0-9]+", "{n}", name.replace("{", "").replace("}", "")), int(numbers[0])


def among(feed: str, name: str) -> tuple[str, ...]:
    """National codes that a field may hold; empty where no list says."""
    if name in CODED_TEXTS:
        return CODED_TEXTS[name]
    field = FIELDS[feed].get(name, Field("text"))
    if field.kind == "marking":
        return (*codes.MARKINGS, *codes.LEGACY_MARKINGS)
    return ("Y", "N") if field.kind == "boolean" else field.among


@dataclass(frozen=True)
class Vocabulary:
    """Words of shipped layouts of one feed. Each maps to all that layouts say of it: one is agreement."""

    columns: Mapping[str, frozenset[str]]  # key of a column -> our fields
    parts: Mapping[str, frozenset[str]]  # key of an item's column -> item parts
    codes: Mapping[str, Mapping[str, Mapping[str, int]]] = field(
        default_factory=dict
    )  # field -> word -> national -> layouts

    def fields(self, column: str) -> frozenset[str]:
        """Our fields that layouts give a column of that name: exactly one where they agree."""
        return self.columns.get(key(column), frozenset())

    def near(self, column: str) -> dict[str, float]:
        """Our fields whose columns' names are like this one's, with how much; the most like first."""
        own = key(column)
        likeness: dict[str, float] = {}
        for word, names in self.columns.items():
            ratio = difflib.SequenceMatcher(None, own, word).ratio()
            is_within = min(len(own), len(word)) > MIN_WORD and (own in word or word in own)
            ratio = max(ratio, NEAR if is_within else 0.0)
            if ratio >= NEAR:
                likeness |= {name: max(ratio, likeness.get(name, 0.0)) for name in names}
        return dict(sorted(likeness.items(), key=lambda item: (-item[1], item[0])))

    def code(self, name: str, word: str) -> tuple[str | None, bool]:
        """What a layout says that a word of a coded field means, and whether that is sure; None where none says."""
        found = self.codes.get(name, {}).get(folded(word), {})
        if len(found) != 1:
            return None, False
        ((national, n_layouts),) = found.items()
        n_letters = sum(c.isalpha() for c in word)
        return national, n_letters >= LONG_WORD or (n_letters >= MIN_WORD and n_layouts >= AGREED)


def of_feed(feed: str, sources: Mapping[str, layouts.Source]) -> Vocabulary:
    """What the layouts of a feed say; the names of our own fields count as a layout that calls them so."""
    columns: dict[str, set[str]] = {key(name): {name} for name in FIELDS[feed]}
    parts: dict[str, set[str]] = {}
    words: dict[str, dict[str, Counter[str]]] = {}
    for _, layout in layouts.of_feed(sources, feed).values():
        for name, column in layout.columns.items():
            columns.setdefault(key(column), set()).add(name)
        for part, column in layout.items.parts.items() if layout.items else ():
            parts.setdefault(key(column), set()).add(part)
        for name, word, national in _codes(layout):
            words.setdefault(name, {}).setdefault(word, Counter())[national] += 1
    return Vocabulary(_frozen(columns), _frozen(parts), words)


def _codes(layout: layouts.Feed) -> Iterator[tuple[str, str, str]]:
    for name, pairs in layout.codes.items():
        for word, national in pairs.items():
            yield name, word, national


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {word: frozenset(found) for word, found in sets.items()}
