"""A JSON document value by value: the same values as the standard library's whole reading, whatever the blocks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.common.json_stream import CUT, MORE, NO_JSON, TOO_LONG, JsonStream, JsonStreamError

UNTIMED = settings(deadline=None)  # for other work on the machine
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))

DOCUMENTS = st.dictionaries(st.text(), st.lists(VALUES, max_size=5), max_size=4)


def blocks(text: str, n: int) -> Callable[[int], tuple[str, bool]]:
    at = 0

    def read(_: int) -> tuple[str, bool]:
        nonlocal at
        block, at = text[at : at + n], at + n
        return block, not block

    return read


def taken(text: str, n: int, passed: list[str] | None = None, max_value: int = 1 << 20) -> dict[str, list[Any]]:
    """An object of arrays, taken element by element."""
    stream = JsonStream(blocks(text, n), max_value, passed=passed.append if passed is not None else None)
    told: dict[str, list[Any]] = {}
    for key in stream.members():
        told[key] = [stream.value().value for _ in stream.elements()]
    stream.end()
    return told


@UNTIMED
@given(
    st.dictionaries(st.text(), st.lists(VALUES, max_size=5), max_size=4), st.integers(1, 9), st.sampled_from([None, 1])
)
def test_values_are_those_of_the_whole_and_every_character_is_passed(
    document: dict[str, list[Any]], n: int, indent: int | None
) -> None:
    text = json.dumps(document, indent=indent)
    passed: list[str] = []
    assert taken(text, n, passed) == json.loads(text)
    assert "".join(passed) == text


@UNTIMED
@given(DOCUMENTS, st.integers(1, 9), st.data())
def test_no_cut_is_taken_for_the_end(document: dict[str, list[Any]], n: int, data: st.DataObject) -> None:
    text = json.dumps(document)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(JsonStreamError) as raised:
        taken(cut, n)
    assert raised.value.kind == CUT


LATER = ", ".join(str(number) for number in range(100))


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("", CUT, None),
        ("[1]", NO_JSON, "{"),
        ('{"a": [1]} {', MORE, None),
        ('{"a": {}}', NO_JSON, "["),
        ('{"a": [1 2]}', NO_JSON, ","),
        ("{1: []}", NO_JSON, None),
        ('{"a" []}', NO_JSON, ":"),
        ('{"a": [tru, ' + LATER + "]}", NO_JSON, None),
        ('{"a": [["' + "x" * 300 + '"]]}', TOO_LONG, None),
        ('{"a": [["' + "x" * 300, TOO_LONG, None),
    ],
)
def test_failures_have_their_kind(text: str, kind: str, wanted: str | None) -> None:
    for n in (1, 7, 100_000):
        with pytest.raises(JsonStreamError) as raised:
            taken(text, n, max_value=200)
        assert (raised.value.kind, raised.value.wanted) == (kind, wanted)


def test_arrays_within_arrays_without_end_are_no_json_that_can_be_held() -> None:
    with pytest.raises(JsonStreamError) as raised:
        taken('{"a": [' + "[" * 100_000, 50_000)
    assert raised.value.kind in (NO_JSON, CUT)


@pytest.mark.parametrize("number", ["12345", "0.5", "-1.25e+10", "1E5", "1e-07"])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_number_is_not_cut_by_a_block(number: str, n: int) -> None:
    assert JsonStream(blocks(number + " ", n), 100).value() == (number, json.loads(number))
