"""Key words in texts: folded on both sides, with the original's own characters as the place of each hit.

Words and phrases end where words end, in any script; between Chinese, Japanese, Thai, Lao, Khmer and Burmese letters
there are no ends, and none are asked for. A term within a longer one is a hit as well. Expressions are matched on the
original text in linear time (Hyperscan); of matches that begin at one place the longest is a hit, of nested ones the
outer.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from pipelines.common import phones
from pipelines.common.folding import Origins, fold, joined
from pipelines.common.homoglyphs import LATIN
from pipelines.device.keyword_lists import REGEX, STEM, Term, database

_SEPARATOR = "\x00"  # in no folded term
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3040, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


class Hit(NamedTuple):
    """A term in a text: characters [start, end) of `texts[index]`, as the text has them."""

    index: int  # type: ignore[assignment]  # the name that rows have; a tuple has a method of it
    term_index: int
    start: int
    end: int


class Compiled:
    """Terms ready to be searched for. Built once per process; it is not pickled, the terms are.

    Args:
        terms: none of which `keyword_lists.refusal` refuses.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        by_text: dict[str, list[int]] = {}
        for i, term in enumerate(self.terms):
            if term.kind != REGEX:
                by_text.setdefault(fold(term.term).strip(), []).append(i)
        self.folded = tuple(by_text)
        self.of_folded = tuple(by_text.values())
        self.automaton = AhoCorasick(self.folded, matchkind=MatchKind.Standard) if by_text else None
        self.expressions = [i for i, term in enumerate(self.terms) if term.kind == REGEX]
        self.database = database(*(self.terms[i].term for i in self.expressions)) if self.expressions else None


def search(texts: Sequence[str | None], compiled: Compiled) -> list[Hit]:
    """Hits in a batch of texts, by text, place and term."""
    hits = [*_terms(texts, compiled), *_expressions(texts, compiled)]
    return sorted(set(hits), key=lambda hit: (hit.index, hit.start, hit.end, hit.term_index))


def _terms(texts: Sequence[str | None], compiled: Compiled) -> Iterator[Hit]:
    if compiled.automaton is None:
        return
    folded = [fold(text).replace(_SEPARATOR, " ") if text else "" for text in texts]
    block, starts = joined(folded, _SEPARATOR)
    origins: tuple[int, Origins] | None = None
    for pattern, start, end in compiled.automaton.find_matches_as_indexes(block, overlapping=True):
        if not _begins_word(block, start):
            continue
        is_end = _ends_word(block, end)
        chosen = [i for i in compiled.of_folded[pattern] if is_end or compiled.terms[i].kind == STEM]
        if not chosen:
            continue
        index = bisect_right(starts, start) - 1
        text = texts[index] or ""
        if origins is None or origins[0] != index:
            origins = index, Origins(text)
        for i in chosen:
            last = end if is_end else _end_of_word(block, end)
            span = origins[1].span(start - starts[index], last - starts[index])
            if span and _is_of_script(compiled.folded[pattern], compiled.terms[i].term, text[span[0] : span[1]]):
                yield Hit(index, i, *span)


def is_word(character: str) -> bool:
    """Whether a character belongs to words: letters, figures, and the marks that stand on them; not the underscore."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that puts no space between words."""
    code = ord(character)
    return code >= _UNSPACED[0][0] and any(low <= code <= high for low, high in _UNSPACED)


def _is_boundary(before: str, after: str) -> bool:
    return not (is_word(before) and is_word(after)) or is_unspaced(before) or is_unspaced(after)


def _begins_word(block: str, start: int) -> bool:
    return start == 0 or _is_boundary(block[start - 1], block[start])


def _ends_word(block: str, end: int) -> bool:
    return end == len(block) or _is_boundary(block[end - 1], block[end])


def _end_of_word(block: str, end: int) -> int:
    while not _ends_word(block, end):
        end += 1
    return end


def _is_of_script(folded: str, term: str, written: str) -> bool:
    """Whether a hit by look-alike letters is one: some letter of it is of the term's own script.

    A Latin word with a Cyrillic letter in it is that word; a Cyrillic word that looks like it throughout is not.
    """
    if not any(ord(c) in LATIN for c in written + term):
        return True
    return not _scripts(term) or not _scripts(written) or bool(_scripts(term) & _scripts(written))


def _scripts(text: str) -> set[str]:
    return {unicodedata.name(c, "?").split(" ")[0] for c in text if c.isalpha()}


def _expressions(texts: Sequence[str | None], compiled: Compiled) -> Iterator[Hit]:
    if compiled.database is None:
        return
    for index, text in enumerate(texts):
        if not text:
            continue
        encoded = text.encode("utf-8", "replace")
        longest: dict[tuple[int, int], int] = {}
        compiled.database.scan(encoded, match_event_handler=_keep_longest(longest))
        done, n_characters = 0, 0
        for expression, start, end in _outer(longest):
            n_characters += len(encoded[done:start].decode())
            done = start
            last = n_characters + len(encoded[start:end].decode())
            yield Hit(index, compiled.expressions[expression], n_characters, last)


def _keep_longest(longest: dict[tuple[int, int], int]) -> Callable[[int, int, int, int, object], None]:
    def on_match(expression: int, start: int, end: int, flags: int, context: object) -> None:
        longest[expression, start] = max(end, longest.get((expression, start), 0))

    return on_match


def _outer(longest: dict[tuple[int, int], int]) -> Iterator[tuple[int, int, int]]:
    """Matches by where they begin; of each expression from the left, none of which overlap."""
    free_from: dict[int, int] = {}
    for (expression, start), end in sorted(longest.items(), key=lambda item: item[0][1]):
        if start >= free_from.get(expression, 0):
            free_from[expression] = end
            yield expression, start, end


class Privileged(NamedTuple):
    """Who and what is privileged by a submission's list: lawyers, journalists, members of parliament."""

    identifiers: frozenset[str]
    compiled: Compiled


def privileged_list(identifiers: Sequence[str], terms: Sequence[Term]) -> Privileged:
    """A list made ready. Numbers are compared in E.164, other identifiers folded."""
    return Privileged(frozenset(map(_party, identifiers)) - {""}, Compiled(terms))


def _party(identifier: str) -> str:
    return phones.e164(identifier) or fold(identifier).strip().lstrip("@")


def privileged(parties: Sequence[Sequence[str | None]], texts: Sequence[str | None], listed: Privileged) -> list[bool]:
    """Whether each message is privileged: a party of it is listed, or its text has a listed term.

    Args:
        parties: sender, recipients and members of each message.
        texts: text of each message, in the same order.
    """
    by_text = {hit.index for hit in search(texts, listed.compiled)}
    return [
        index in by_text or any(party and _party(party) in listed.identifiers for party in own)
        for index, own in enumerate(parties)
    ]
