"""The manifest of a seized device: what it must say, and mistakes by line without a value of evidence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.documents import DocumentError
from schemas.layouts import device_table, submission

RIGHT = """\
authority: {power: PACE 1984 s.19, reference: WA/1, granted_on: 2026-01-09}
purpose: Investigation
exhibits: [AB/1]
"""


def read(folder: Path, text: str) -> submission.Submission:
    (folder / submission.FILE).write_text(text, encoding="utf-8")
    return submission.read(folder / submission.FILE)


def test_a_manifest_says_under_which_authority_and_what_for(tmp_path: Path):
    told = read(tmp_path, RIGHT)
    assert told.authority.granted_on == date(2026, 1, 9)
    assert (told.region, told.time_zone, told.owner.identifiers) == ("GB", "Europe/London", [])
    assert told.lists == ("submission.yaml",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("purpose: x\nexhibits: [a]\n", "authority: is needed"),
        (RIGHT.replace("purpose: Investigation\n", ""), "purpose: is needed"),
        (RIGHT.replace("[AB/1]", "[]"), "exhibits"),
        (RIGHT.replace("2026-01-09", "09/01/2026"), "is no day, such as 2026-01-09"),
        (RIGHT + "keyword_lists: [../terms.csv]\n", "the name of a file that lies beside the manifest"),
        (RIGHT + "hash_lists: [../known.json]\n", "the name of a file that lies beside the manifest"),
        (RIGHT + "privileged: /etc/passwd\n", "the name of a file that lies beside the manifest"),
        (RIGHT + "time_zone: London\n", "not a known time zone"),
        (RIGHT + "languages: [English]\n", "a language as two letters"),
        (RIGHT + "exhibit: [x]\n", "exhibit"),
        (RIGHT + "purpose: twice\n", "twice"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, changed: str, said: str):
    with pytest.raises(DocumentError, match=r"submission\.yaml:\d+") as raised:
        read(tmp_path, changed)
    assert said in str(raised.value)


TABLE = "tables: [{file: m.csv, holds: messages, format: csv, columns: {at: A, text: B}%s}]\n"


def test_layouts_of_tables_take_the_words_of_senders_layouts(tmp_path: Path):
    more = ", encoding: windows-1252, times: [dd/MM/yyyy], codes: {direction: {Sent  Items: OUT}}"
    told = read(tmp_path, RIGHT + TABLE.replace("B}", "B, direction: C}") % more).tables[0]
    assert (told.encoding, told.codes, told.named) == ("cp1252", {"direction": {"SENT ITEMS": "OUT"}}, ("A", "B", "C"))
    assert told.takes("a/b\\M.CSV")
    assert not told.takes("a/m.csv/x")
    assert device_table.Table.model_validate_json(told.model_dump_json()) == told


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (", encoding: utf-16", "save the table as UTF-8"),
        (", times: [dd.MM.yyyy EEE]", "a name of a day of the week cannot be read"),
        (", times: [dd.MM.yyyy HH:mm O]", "letters that are not read here: O"),
        (", codes: {direction: {a: IN}}", "has no column of its own"),
        (", codes: {text: {a: IN}}", "has no codes"),
        (", joined: {sender: [X]}", "has no column of its own"),
        (", constants: {sender: x}", "only app may be constant"),
        (", constants: {imei: x}", "not one of our fields here"),
        (", skip_rows: 2", "skip_rows"),
    ],
)
def test_a_mistake_in_a_layout_of_a_table_is_named(tmp_path: Path, more: str, said: str):
    with pytest.raises(DocumentError) as raised:
        read(tmp_path, RIGHT + TABLE % more)
    assert said in str(raised.value)
