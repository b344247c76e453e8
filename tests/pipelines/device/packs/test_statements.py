"""What a text claims, of whom; and what looks like a claim and is none."""

from __future__ import annotations

import pytest

from pipelines.device.packs import statements
from pipelines.device.packs.statements import NAMED, SELF, YOU


def told(text: str, asked: str | None = None) -> list[tuple[str, str, str]]:
    return [(each.kind, each.value, each.whose) for each in statements.find(text, asked)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("im 13", ("AGE", "13", SELF)), ("I\u2019m only 14 tho", ("AGE", "14", SELF)), ("13f", ("AGE", "13", SELF)),
        ("im in year 9", ("AGE", "year 9", SELF)), ("you're 15 right", ("AGE", "15", YOU)),
        ("i live at 14 Marsh Lane, Hoveton, NR12 8CA", ("ADDRESS", "14|NR12 8CA", SELF)),
        ("my address is flat 2, 14a marsh lane nr128ca", ("ADDRESS", "FLAT 2 14A|NR12 8CA", SELF)),
        ("is your house 14 Marsh Lane NR3 1CA?", ("ADDRESS", "14|NR3 1CA", YOU)),
        ("your postcode is NR3 1CA", ("POSTCODE", "NR3 1CA", YOU)),
        ("@wren.k lives at 14 Marsh Lane NR3 1CA", ("ADDRESS", "14|NR3 1CA", NAMED)),
        ("i live at 14 Marsh Lane", ("STREET", "14 MARSH LANE", SELF)),
        ("I go to St Marys High", ("SCHOOL", "st marys high", SELF)),
        ("we go to priory mount academy", ("SCHOOL", "priory mount academy", SELF)),
        ("i live in norwich with my mum", ("TOWN", "norwich", SELF)),
        ("im from Great Yarmouth", ("TOWN", "great yarmouth", SELF)),
        ("my new number is 07700 900123", ("PHONE", "+447700900123", SELF)),
        ("add me on snap: wren.k09", ("HANDLE", "snapchat:wren.k09", SELF)),
    ],
)  # fmt: skip
def test_a_claim_is_read_with_whose_it_is(text: str, expected: tuple[str, str, str]):
    assert expected in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "im 15 mins away", "im 10 minutes late", "i'm 12 miles off", "im 17% done", "im 18", "im 7", "im not 14",
        "im 130", "im 10.5", "it was 13", "im 11 down", "im 10 out of 10", "i dont live at 14 Marsh Lane NR3 1CA",
        "i used to live at 14 Marsh Lane NR3 1CA", "my address isn't 14 Marsh Lane NR3 1CA",
        "my old address was 14 Marsh Lane NR3 1CA",
        "i live no longer at 14 Marsh Lane NR3 1CA",
        "i moved from 14 Marsh Lane NR3 1CA",
        "see you at 3 Station Road NR1 1CA", "i live for today. meet at 3 Station Road NR1 1CA",
        "your parcel goes to 3 Station Road NR1 1CA", "my address at10 2pm", "lives at 14 Marsh Lane NR3 1CA",
        "@wren.k and @ash.k lives at 14 Marsh Lane NR3 1CA", "i live in the flat", "ring 07700 900123",
        "not my number 07700 900123", "what school do you go to", "High Street", "the high school musical",
    ],
)  # fmt: skip
def test_what_claims_nothing_of_anybody(text: str):
    assert told(text) == []


def test_an_answer_to_where_somebody_lives_is_the_writers():
    answer = "14 marsh lane nr3 1ca"
    assert told(answer, "what's your address?") == [("ADDRESS", "14|NR3 1CA", SELF)]
    assert told(answer, "where do you live") == [("ADDRESS", "14|NR3 1CA", SELF)]
    assert told(answer, "what did he say") == []
    assert told(answer) == []
    assert told("the party is at 14 marsh lane nr3 1ca from eight o'clock", "what's your address?") == []


def test_places_are_characters_of_the_text():
    text = "\N{WAVING HAND SIGN} im 13 and i live at 14 Marsh Lane, NR3 1CA"
    written = {each.kind: text[each.start : each.end] for each in statements.find(text)}
    assert written == {"AGE": "13", "ADDRESS": "14 Marsh Lane, NR3 1CA"}


def test_a_note_of_an_address_book_is_about_its_entry():
    found = statements.note("age 13, 14 Marsh Lane NR3 1CA, Priory Mount School")
    assert [(each.kind, each.value) for each in found] == [
        ("AGE", "13"), ("ADDRESS", "14|NR3 1CA"), ("SCHOOL", "priory mount school"),
    ]  # fmt: skip
    assert statements.note("14yo")[0].value == "14"
    assert statements.note("room 13, call at 14") == []
