"""Encodings: sure where only one reading is no nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.drafting import encodings

TEXT = "Renée saw O’Brien at the café – “later”, £50, Zoë, Łódź"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_and_valid_utf_8_are_sure(encoding: str) -> None:
    (name,) = encodings.sniff(TEXT.encode(encoding)).names
    assert TEXT.encode(encoding).decode(name).removeprefix("\ufeff") == TEXT


@pytest.mark.parametrize("encoding", ["windows-1252", "cp850", "mac-roman"])
def test_one_byte_a_character_is_told_by_what_makes_sense(encoding: str) -> None:
    text = "Renée and Zoë at the café, £50, FRANÇOIS, garçon"
    assert encodings.sniff(text.encode(encoding)).names == (encoding,)


def test_plain_ascii_is_no_evidence() -> None:
    assert encodings.sniff(b"Ref;Name\n1;Smith\n") == encodings.Encoding(("utf-8",), is_plain=True)


def test_bytes_that_make_sense_twice_are_a_question() -> None:
    assert len(encodings.sniff(b"\xe9lan").names) > 1  # élan, and Úlan of another code page


def test_wide_characters_without_a_mark_are_told_by_their_zeros() -> None:
    assert encodings.sniff("Ref;Name\r\n1;Smith\r\n".encode("utf-16-le")).names == ("utf-16-le",)


def test_bytes_of_no_encoding_are_none() -> None:
    assert encodings.sniff(bytes(range(128, 256)) * 3).names == ()


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["Renée", "Zoë", "café", "O’Brien", "£50", "Núñez", "Müller", "plain", "–", "ÉMILE"])),
    st.sampled_from(["utf-8", "windows-1252", "cp850", "mac-roman"]),
)  # fmt: skip
def test_an_encoding_that_is_sure_gives_the_text_that_was_written(words: list[str], encoding: str) -> None:
    text = " ".join(words).encode(encoding, "ignore").decode(encoding)
    names = encodings.sniff(text.encode(encoding)).names
    if len(names) == 1:
        assert text.encode(encoding).decode(names[0]) == text
    else:
        assert text in {text.encode(encoding).decode(name) for name in names}
