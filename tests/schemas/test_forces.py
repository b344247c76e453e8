"""Forces by every name that people give them; none is taken for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codes, forces
from schemas.errors import NotFoundError
from schemas.layouts import layouts


@given(st.sampled_from(sorted(codes.FORCES)), st.sampled_from(["{}", " {} ", "{} Police", "{} Constabulary", "THE {}"]))
def test_each_force_by_its_code_and_its_names(code: str, writing: str) -> None:
    assert forces.code_of(code) == code
    for name in (codes.FORCES[code], codes.FORCES[code].upper(), codes.FORCES[code].replace(" and ", " & ")):
        assert forces.code_of(writing.format(name)) == code


def test_no_two_forces_have_one_name() -> None:
    assert len({forces._key(name) for name in codes.FORCES.values()}) == len(codes.FORCES)


def test_a_sender_with_a_layout_of_its_own() -> None:
    source = layouts.load()["norfolk"].model_copy(update={"sender": "btp", "name": "British Transport", "force": "BT"})
    assert forces.code_of("british transport police", {"btp": source}) == "BT"
    assert forces.code_of("bt", {"btp": source}) == "BT"
    with pytest.raises(NotFoundError):
        forces.code_of("BT")


@pytest.mark.parametrize("text", ["Norflok", "99", "", "police", "36 OR 1=1", "%"])
def test_what_is_no_force_is_refused(text: str) -> None:
    with pytest.raises(NotFoundError, match="No force is named"):
        forces.code_of(text)


def test_a_misspelt_force_is_told_its_neighbours() -> None:
    with pytest.raises(NotFoundError, match=r"Near it: Norfolk \(36\)"):
        forces.code_of("Norflok")
