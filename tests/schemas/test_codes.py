"""Code lists: complete, disjoint where they must be, and consistent with each other."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from schemas import codes, dictionary


def test_there_are_43_forces_with_two_character_codes() -> None:
    assert len(codes.FORCES) == 43  # England and Wales, Home Office list
    assert len(set(codes.FORCES.values())) == 43
    assert all(re.fullmatch(codes.FORCE_PATTERN, code) for code in codes.FORCES)


@pytest.mark.parametrize("code", ["36", "BT", "X1"])
def test_extension_codes_are_accepted(code: str) -> None:
    assert re.fullmatch(codes.FORCE_PATTERN, code)


@pytest.mark.parametrize("code", ["", "3", "360", "b1", "1B"])
def test_what_is_no_force_code_is_refused(code: str) -> None:
    assert not re.fullmatch(codes.FORCE_PATTERN, code)


def test_no_marking_is_both_held_and_refused() -> None:
    for first, second in combinations((codes.MARKINGS, codes.REFUSED_MARKINGS, codes.LEGACY_MARKINGS), 2):
        assert not set(first) & set(second)
    assert not any("SECRET" in marking for marking in codes.MARKINGS)


def test_a_tag_is_in_the_csae_family_or_not() -> None:
    assert not set(codes.CSAE_TAGS) & set(codes.OTHER_TAGS)
    assert len(codes.CSAE_TAGS) == 12
    assert len(codes.OTHER_TAGS) == 8
    assert codes.TAGS == codes.CSAE_TAGS + codes.OTHER_TAGS


def test_grades_are_three_by_five_by_two() -> None:
    assert (len(codes.SOURCE_GRADES), len(codes.INTELLIGENCE_GRADES), len(codes.HANDLING_CODES)) == (3, 5, 2)


def test_ethnicity_is_18_plus_1_and_roma_and_migrations_land_in_it() -> None:
    assert len(codes.SELF_DEFINED_ETHNICITIES) == 18 + 1 + 1
    assert set(codes.MIGRATED_ETHNICITIES.values()) <= set(codes.SELF_DEFINED_ETHNICITIES)
    assert not set(codes.MIGRATED_ETHNICITIES) & set(codes.SELF_DEFINED_ETHNICITIES)
    assert not set(codes.UNKNOWN_OFFICER_DEFINED) & set(codes.OFFICER_DEFINED_ETHNICITIES)


def test_outcomes_that_end_or_label_an_item_are_outcomes() -> None:
    assert set(codes.FINAL_OUTCOMES) <= set(codes.OUTCOMES)
    # Only what a person finally settled may teach a model.
    assert set(codes.LABELLING_OUTCOMES) <= set(codes.FINAL_OUTCOMES)


def test_scope_roles_are_roles() -> None:
    assert set(codes.SCOPE_ROLES) <= set(codes.ROLES)


@pytest.mark.parametrize("values", [values for _, _, values in dictionary.CODE_LISTS], ids=lambda v: next(iter(v)))
def test_no_code_appears_twice_in_its_list(values: tuple[str, ...] | dict[str, str]) -> None:
    assert len(set(values)) == len(values)


def test_every_quarantine_reason_says_something_of_its_own() -> None:
    assert all(re.fullmatch(r"[A-Z_]+", code) for code in codes.QUARANTINE_REASONS)
    assert len(set(codes.QUARANTINE_REASONS.values())) == len(codes.QUARANTINE_REASONS)
