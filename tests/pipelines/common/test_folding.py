"""Folding for searches, and the way back to the original's characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common import homoglyphs
from pipelines.common.folding import Origins, fold, joined

ODD = st.sampled_from(
    "\ufb01\u1e9e\u00df\u00e9e\u0301\u0130\u0131\u0141\ud55c\uac01\uff21\uff41\u00a0\u3000\u0640\u0623\u0649\u200b\u200d"
    "\U0001f468\U0001f469 \n\t\x1c\x85ab\u0430\u0422\u0939\u093f\u0e01\u0e33\ufdfa\u00bd\x00\ud800"
)
TEXTS = st.text(st.one_of(ODD, st.characters()), max_size=12)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("MA\u00d1ANA", "manana"),
        ("man\u0303ana", "manana"),
        ("Stra\u00dfe STRA\u1e9eE", "strasse strasse"),
        ("\ufb01sh", "fish"),
        ("\uff28\uff4f\uff54\uff45\uff4c", "hotel"),
        ("h\u043etel", "hotel"),  # Cyrillic
        ("\u0623\u062d\u0645\u0640\u0640\u062f", "\u0627\u062d\u0645\u062f"),
        ("\u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f", "\u0645\u062d\u0645\u062f"),
        ("a \t\r\n b\u00a0\u3000c", "a b c"),
        ("zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"),
        ("\u0e01\u0e33", "\u0e01\u0e4d\u0e32"),  # Thai keeps its vowels
        ("\u0939\u093f\u0902\u0926\u0940", "\u0939\u093f\u0902\u0926\u0940"),  # so does Hindi
        ("\u0130stanbul \u0131", "istanbul i"),
    ],
)
def test_one_form_of_what_a_person_reads_as_one(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS, st.data())
def test_a_place_in_the_folded_text_reads_back_the_originals_own_characters(text: str, data: st.DataObject) -> None:
    folded, origins = fold(text), Origins(text)
    start = data.draw(st.integers(0, len(folded)))
    end = data.draw(st.integers(start, len(folded)))
    if start == end or folded[start] == " " or folded[end - 1] == " ":
        return
    if span := origins.span(start, end):
        assert fold(text[slice(*span)]) == folded[start:end]


@given(TEXTS, TEXTS, TEXTS)
def test_every_part_is_found_again_in_its_place(before: str, part: str, after: str) -> None:
    text, folded = before + part + after, fold(part)
    if not folded or folded[0] == " " or folded[-1] == " ":
        return
    start = len(fold(before))
    if fold(before).endswith(" ") or not fold(text).startswith(fold(before) + folded):
        return
    span = Origins(text).span(start, start + len(folded))
    assert span is not None
    assert fold(text[slice(*span)]) == folded


def test_a_place_within_one_characters_form_is_none() -> None:
    assert Origins("\ufb01sh").span(1, 4) is None
    assert Origins("\ufb01sh").span(0, 4) == (0, 3)
    assert Origins("\uac01").span(0, 2) is None  # a syllable that begins like another
    assert Origins("cafe\u0301 x").span(0, 4) == (0, 5)


def test_texts_joined() -> None:
    assert joined(["ab", "", "c"], "|") == ("ab||c|", [0, 3, 4, 6])


@given(st.text())
def test_look_alikes_keep_their_places(text: str) -> None:
    assert len(homoglyphs.as_latin(text)) == len(text)
    assert bool(homoglyphs.ANY.search(text)) == (homoglyphs.as_latin(text) != text)
