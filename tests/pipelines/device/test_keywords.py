"""Key words: what is a hit, and that its place reads back the original."""

# ruff: noqa: E501

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common.folding import fold
from pipelines.device import keywords
from pipelines.device.keyword_lists import Term, refusal
from pipelines.device.keywords import Compiled, Hit


def hits(terms: dict[str, str], text: str) -> list[tuple[str, str]]:
    """Term and the characters of each hit."""
    listed = [Term(term, None, kind) for term, kind in terms.items()]
    made = keywords.search([None, text], Compiled(listed))
    assert all(hit.index == 1 for hit in made)
    return [(listed[hit.term_index].term, text[hit.start : hit.end]) for hit in made]


@pytest.mark.parametrize(
    ("term", "kind", "text", "written"),
    [
        ("ma\u00f1ana", "WORD", "Hasta MA\u00d1ANA!", ["MA\u00d1ANA"]),
        ("manana", "WORD", "ma\u00f1ana man\u0303ana mananas", ["ma\u00f1ana", "man\u0303ana"]),
        ("cafe", "WORD", "cafe\u0301s cafe\u0301", ["cafe\u0301"]),
        ("hotel", "WORD", "h\u043etel \uff28\uff2f\uff34\uff25\uff2c _hotel_ hotels", ["h\u043etel", "\uff28\uff2f\uff34\uff25\uff2c", "hotel"]),
        ("\u0441\u043e\u0440", "WORD", "\u0441\u043e\u0440 cop", ["\u0441\u043e\u0440"]),
        ("poc", "WORD", "\u0440\u043e\u0441 poc p\u043ec", ["poc", "p\u043ec"]),
        ("\u0434\u043e\u043c", "WORD", "\u0414\u043e\u043c \u0434\u043e\u043c\u0438\u043a", ["\u0414\u043e\u043c"]),
        ("strasse", "WORD", "die Stra\u00dfe", ["Stra\u00dfe"]),
        ("fish", "WORD", "\ufb01sh", ["\ufb01sh"]),
        ("\u6bd2\u54c1", "WORD", "\u6211\u4e70\u6bd2\u54c1\u4e86", ["\u6bd2\u54c1"]),
        ("snow", "WORD", "\u6211snow\u4e86 snowy", ["snow"]),
        ("\u0e22\u0e32", "WORD", "\u0e02\u0e32\u0e22\u0e22\u0e32\u0e1a\u0e49\u0e32", ["\u0e22\u0e32"]),
        ("\uac00", "WORD", "\uac01 \uac00", ["\uac00"]),
        ("\u0623\u062d\u0645\u062f", "WORD", "\u0627\u062d\u0645\u0640\u062f", ["\u0627\u062d\u0645\u0640\u062f"]),
        ("\u0939\u093f\u0902\u0926", "WORD", "\u0939\u093f\u0902\u0926\u0940 \u0939\u093f\u0902\u0926", ["\u0939\u093f\u0902\u0926"]),
        ("two words", "PHRASE", "Two \r\n  words, two\u00a0words twowords", ["Two \r\n  words", "two\u00a0words"]),
        ("esc", "STEM", "escort ESC\u00d3RTS mesc", ["escort", "ESC\u00d3RTS"]),
        ("big esc", "STEM", "big\nescorts", ["big\nescorts"]),
        ("\U0001f355", "WORD", "eat\U0001f355now", ["\U0001f355"]),
        ("c++", "WORD", "c++ c++x", ["c++", "c++"]),
        ("don't", "WORD", "don't", ["don't"]),
        ("colou?r[0-9]+", "REGEX", "COLOR77 colour1", ["COLOR77", "colour1"]),
        ("ma.ana", "REGEX", "\u00e9 MA\u00d1ANA", ["MA\u00d1ANA"]),
        ("^ab", "REGEX", "abab", ["ab"]),
        (r"\bgun\b", "REGEX", "gun guns", ["gun"]),
        ("(ab)+", "REGEX", "xababab ab", ["ababab", "ab"]),
    ],
)  # fmt: skip
def test_hits(term: str, kind: str, text: str, written: list[str]) -> None:
    assert refusal(Term(term, None, kind)) is None
    assert hits({term: kind}, text) == [(term, w) for w in written]


def test_a_term_within_a_longer_one_is_a_hit_too() -> None:
    assert hits({"red line": "PHRASE", "red": "WORD", "line": "WORD", "re": "STEM"}, "a red line") == [
        ("red", "red"),
        ("re", "red"),
        ("red line", "red line"),
        ("line", "line"),
    ]


def test_terms_that_fold_alike_are_both_hit() -> None:
    assert hits({"Caf\u00e9": "WORD", "cafe": "STEM"}, "caf\u00e9") == [
        ("Caf\u00e9", "caf\u00e9"),
        ("cafe", "caf\u00e9"),
    ]


def test_no_hit_reaches_over_two_texts() -> None:
    compiled = Compiled([Term("two words", None, "PHRASE"), Term("words", None, "WORD")])
    assert keywords.search(["two", "words", "two \x00 words"], compiled) == [Hit(1, 1, 0, 5), Hit(2, 1, 6, 11)]
    assert keywords.search([], compiled) == keywords.search(["", None], compiled) == []
    assert keywords.search(["text"], Compiled([])) == []


ALPHABET = "aAbB\u00e1\u00c1\u00f1 \n_1-'"
SIMPLE = {c: unicodedata.normalize("NFD", c.lower())[0] for c in ALPHABET}
WORDS = st.text("ab\u00e1\u00f11-", min_size=1, max_size=3)
TERM = st.one_of(
    st.builds(Term, WORDS, st.none(), st.sampled_from(("WORD", "STEM"))),
    st.builds(
        Term, st.lists(WORDS, min_size=2, max_size=3).map(" ".join), st.none(), st.sampled_from(("PHRASE", "STEM"))
    ),
)


def by_expressions(terms: list[Term], text: str) -> set[Hit]:
    """The same by Python's own expressions and one form for each character."""
    folded = "".join(SIMPLE[c] for c in text)
    made = set()
    for i, term in enumerate(terms):
        words = [re.escape("".join(SIMPLE[c] for c in word)) for word in term.term.split()]
        first = r"(?<![^\W_])" if term.term[0].isalnum() else ""
        last = ("[^\\W_]*" if term.kind == "STEM" else r"(?![^\W_])") if term.term[-1].isalnum() else ""
        pattern = re.compile(first + r"\s+".join(words) + last)
        made |= {Hit(0, i, *m.span()) for at in range(len(text)) if (m := pattern.match(folded, at))}
    return made


@given(st.lists(TERM, min_size=1, max_size=6), st.text(ALPHABET, max_size=25))
def test_hits_are_those_of_plain_expressions(terms: list[Term], text: str) -> None:
    assert set(keywords.search([text], Compiled(terms))) == by_expressions(terms, text)


@given(
    st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4),
    st.lists(st.text(max_size=20), max_size=4),
    st.data(),
)
def test_every_hit_reads_back_its_term(words: list[str], texts: list[str], data: st.DataObject) -> None:
    terms = [term for word in words if refusal(term := Term(word, None, "WORD")) is None]
    planted = [f"{text} {term.term}, {text}" for text in texts for term in terms[:2]]
    made = keywords.search(planted, Compiled(terms))
    for hit in made:
        assert fold(planted[hit.index][hit.start : hit.end]).strip() == fold(terms[hit.term_index].term).strip()


@given(st.lists(st.text("ab1 ", max_size=12), max_size=4))
def test_expressions_are_matched_from_the_left_the_longest_first(texts: list[str]) -> None:
    made = keywords.search(texts, Compiled([Term("ab+1?", None, "REGEX")]))
    expected = [Hit(i, 0, *m.span()) for i, text in enumerate(texts) for m in re.finditer("ab+1?", text)]
    assert made == expected


def test_expressions_have_places_in_characters_wherever_they_begin() -> None:
    compiled = Compiled([Term("b\u00e9+", None, "REGEX"), Term("\u4e2d[ab]", None, "REGEX")])
    text = "\u00e9 b\u00e9\u00e9 \u4e2da \U0001f600b\u00e9 \u4e2db"
    assert [(h.term_index, text[h.start : h.end]) for h in keywords.search([text], compiled)] == [
        (0, "b\u00e9\u00e9"),
        (1, "\u4e2da"),
        (0, "b\u00e9"),
        (1, "\u4e2db"),
    ]


def test_privileged_by_party_and_by_text() -> None:
    listed = keywords.privileged_list(["07700 900123", "@Counsel.X", ""], [Term("legal advice", None, "PHRASE")])
    parties = [["+447700900123", None], ["counsel.x"], ["someone"], [], ["+44 7700 900124"]]
    texts = [None, "hello", "some LEGAL  advice", "illegal advice", ""]
    assert keywords.privileged(parties, texts, listed) == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("character", "is_word", "is_unspaced"),
    [("a", True, False), ("_", False, False), ("\u0902", True, False), ("\u4e2d", True, True), (" ", False, False)],
)
def test_what_words_are_made_of(character: str, is_word: bool, is_unspaced: bool) -> None:
    assert (keywords.is_word(character), keywords.is_unspaced(character)) == (is_word, is_unspaced)
