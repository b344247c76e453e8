"""Names, places, dates and numbers are blanked out; what a report is about, and ages, stay."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import masking, names, normalisation
from pipelines.network.entities import given_names


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Seen with Freddie Rook at the hotel", "Seen with at the hotel"),
        ("Oyelaran Ditchburn hides drugs. Ditchburn was with her.", "hides drugs was with her"),  # on no list
        ("The caller spoke to DITCHBURN Freddie about it", "The caller spoke to about it"),
        ("he met joseph thompson and aisha", "he met and"),  # written small
        ("SEEN WITH JOSEPH THOMPSON AT THE HOTEL", "SEEN WITH AT THE HOTEL"),
        ("mr oyelaran lives there, Mrs. Ditchburn too", "mr lives there Mrs too"),
        ("Lives at 27 Quillcroft Close, Lewes, BN7 2ZZ.", "Lives at"),
        ("O’Brien’s car, and Smith-Jones's van", "car and van"),
        ("Return on 08.12.23 at 14:05 or 0540hrs, from 10 November to 6 apr", "Return on at or from to"),
        ("ring 07700 900123, case 36:INT/26/0001, £75, 26 28 times", "ring case INT times"),
        ("Vehicle AB12 CDE seen, VRM HP09GQH, M25", "Vehicle seen VRM"),
        ("mail someone@example.com or @someone, see https://example.com/a?b=1", "mail or see"),
    ],
)
def test_what_identifies_is_blanked_out(written: str, kept: str):
    assert words(masking.masked(written)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "Young person at risk of child sexual exploitation. Will not say more; may return.",
        "Concern: CSE risk assessment by PNC and BWV, Snapchat and Instagram used on Friday",
        "a 14yo girl, aged 13, under 16, her sister 12 years old, 14-15 year olds (13)",
        "Price of a gram. Grant applied for. The victim said so, a foster home, long black hair in may",
        "SUS1 met VIC2 and V1 at the hotel",
        "Missing Person Report\nVulnerable child, Sexual offences",
    ],
)
def test_what_a_report_is_about_stays(text: str):
    assert masking.masked(text) == text


def test_ages_next_to_a_name_are_read_and_other_numbers_are_not():
    assert (
        words(masking.masked("Chloe, 14, and Evie (13) aged 15 at number 14, flat 2"))
        == "14 and 13 aged 15 at number flat"
    )


def test_every_given_name_that_linkage_knows_is_known_here():
    known = {word.lower() for form in given_names.groups().items() for word in form}
    assert {name for name in known if len(name) > 2} <= names.GIVEN


@given(st.lists(st.text("aAzZ019 .,-'’@(\n_éß", max_size=40) | st.none(), max_size=5))
def test_places_stay_and_a_batch_is_read_as_its_texts_are(written: list[str | None]):
    singles = [masking.of(text or "").text for text in written]
    assert list(masking.texts(written)) == singles
    assert list(masking.texts(pa.array(written, pa.string()))) == singles  # as a worker gets it
    for text, read in zip(written, singles, strict=True):
        normal = normalisation.of(text or "").text
        assert len(read) == len(normal)
        assert all(after in (before, " ") for before, after in zip(normal, read, strict=True))


def test_a_span_leads_back_to_what_was_written():
    read = masking.of("Freddie Rook at a h\u200bo\u200btel in Lewes")
    start = read.text.index("hotel")
    assert read.written(start, start + 5) == (18, 25)
    assert "Freddie" not in read.text
    assert "Lewes" not in read.text


def test_no_figure_of_an_identifier_is_left(shared_data: Path):
    """Texts and places of telephones, addresses of mail and wallets are Presidio's own."""
    lines = (shared_data / "identifiers" / "presidio_vectors.jsonl").read_text().splitlines()
    cases = [case for case in map(json.loads, lines) if case.get("expected_positions")]
    spans = [(case["text"], *span) for case in cases for span in case["expected_positions"]]
    assert len(spans) > 30
    assert [text for text, start, end in spans if re.search(r"\d|@", masking.masked(text)[start:end])] == []
