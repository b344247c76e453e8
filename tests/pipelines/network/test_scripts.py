"""Names in other scripts, written in Latin letters: Cyrillic as ICAO Doc 9303's table for passports has it."""

from __future__ import annotations

import re

import pytest

from pipelines.network.entities import scripts

# Cyrillic by ICAO Doc 9303, Greek letter by letter, Arabic by its consonants.
KNOWN = {
    "ХРУЩЕВ": "KHRUSHCHEV", "ЖУКОВ": "ZHUKOV", "ЧАЙКОВСКИЙ": "CHAIKOVSKII", "ЮЛИЯ": "IULIIA", "ЦВЕТАЕВА": "TSVETAEVA",
    "ЇЖАКЕВИЧ": "IZHAKEVICH", "ЄВГЕН": "IEVGEN", "ПАПАДОПУЛОС": "PAPADOPULOS", "ΓΕΩΡΓΙΟΣ": "GEORGIOS",
    "ΆΝΝΑ": "ANNA", "محمد": "MHMD", "حسين": "HSYN", "خالد": "KHALD", "شريف": "SHRYF", "OLGA": "OLGA",
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_a_name_is_written_in_latin_letters(name: str) -> None:
    table = scripts.letters()
    assert "".join(table.get(letter, letter) for letter in name) == KNOWN[name]


def test_every_letter_becomes_capitals_or_nothing_and_is_seen_by_the_pattern() -> None:
    table = scripts.letters()
    assert {letter for letter, latin in table.items() if not re.fullmatch("[A-Z]*", latin)} == set()
    assert {letter for letter in table if not re.match(scripts.OTHER_SCRIPTS, letter)} <= {"ʹ"}
    assert len({"А", "Я", "Ω", "Ά", "ي"} & table.keys()) == 5
