"""Associations, further identifiers and journeys of a force: from its own words to the edges of the network."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F
from stdnum import iban as published
from stdnum.iso7064 import mod_97_10

from pipelines.ingest import conform
from pipelines.ingest.conform import identifiers
from pipelines.network.edges import edges
from pipelines.network.entities import ids
from schemas import ties
from tests.support import nights

pytestmark = pytest.mark.spark


def _judged(spark: SparkSession, feed: str, rows: list[dict[str, Any]]) -> list[Row]:
    judged = nights.judged(nights.raw_rows(spark, "norfolk", feed, rows), feed)
    return sorted(judged.collect(), key=lambda row: row._row_number)


def _tie(first: str, other: str, kind: str, when: str = "", **more: str) -> dict[str, str]:
    row = {"Nominal No": first, "Associate No": other, "Relationship": kind, "Date Time": when}
    return {**row, "Assoc No": "", "Source": "", "Intel": "", **more}


def test_associations_in_a_forces_words(spark: SparkSession) -> None:
    found = _judged(
        spark,
        "associations",
        [
            _tie("n1", "N2", "Parent of", "01/02/2026 10:00"),  # when it was recorded, not when it began
            _tie("N3", "N1", "Seen with", "01/02/2026 10:00", Source="1 - Reliable", Intel="B"),
            _tie("N1", "N3", "seen  with", "01/02/2026 10:00"),  # the other way round: the same occasion
            _tie("N1", "N3", "Seen with", "02/02/2026 10:00"),
            _tie("N1", "N4", "Neighbour"),
            _tie("N1", "", "Sibling"),
            _tie("N1", "N5", "Co-defendant", "31/02/2026 10:00"),
        ],
    )
    assert [row.reason for row in found] == [None] * 4 + ["BAD_CODE", "MISSING_REQUIRED", None]
    assert [(row.person_id, row.other_person_id, row.kind) for row in found[:2]] == [
        ("36:N1", "36:N2", "FAMILY"),
        ("36:N3", "36:N1", "SEEN_WITH"),
    ]
    assert found[0].happened_at is None
    assert "01/02/2026 10:00" in found[0]._rescued
    assert (found[1].source_grade, found[1].intelligence_grade) == ("1", "B")
    assert found[1].association_id == found[2].association_id
    assert [row.is_superseded for row in found[1:4]] == [True, False, False]
    assert found[6].happened_at is None
    assert "31/02/2026" in found[6]._rescued


IDENTIFIERS = [  # type, site, as written, as held; None: it identifies nobody
    ("Mobile", "", "07700 900123", ("PHONE", "+447700900123")),
    ("Mobile", "", "07700XXXXXX", None),
    ("Mobile", "", "00000000000", None),
    ("VRM", "", "ab12 cde", ("VEHICLE", "AB12CDE")),
    ("VRM", "", "Audi A3", None),
    ("Username", "Snap Chat", "@Kestrel_99", ("HANDLE", "snapchat:kestrel_99")),
    ("Username", "", "snapchat: kestrel_99", ("HANDLE", "snapchat:kestrel_99")),
    ("Username", "", "https://www.instagram.com/Kestrel_99/", ("HANDLE", "instagram:kestrel_99")),
    ("Username", "", "kestrel_99", None),  # on which site? another's there is somebody else
    ("Username", "Facebook", "https://www.facebook.com/profile.php", None),
    ("Username", "Instagram", "not known", None),
    ("Username", "Instagram", "two words", None),
    ("E-mail", "", "Kestrel@Example.org", ("HANDLE", "email:kestrel@example.org")),
    ("E-mail", "", "mailto:kestrel@example.org", ("HANDLE", "email:kestrel@example.org")),
    ("E-mail", "", "kestrel@", None),
    ("Bank", "", "60-16-13 31926819", ("ACCOUNT", "uk:601613-31926819")),
    ("Bank", "", "GB29 NWBK 6016 1331 9268 19", ("ACCOUNT", "uk:601613-31926819")),  # one account, written twice
    ("Bank", "", "GB28 NWBK 6016 1331 9268 19", None),
    ("Bank", "", "31926819", None),  # without a sort code: of a bank each
    ("Bank", "", "DE89 3704 0044 0532 0130 00", ("ACCOUNT", "iban:DE89370400440532013000")),
    (
        "Bank",
        "",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        ("ACCOUNT", "wallet:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    ),
    ("Passport", "", "123456789", None),
]


def test_identifiers_by_their_kind(spark: SparkSession) -> None:
    rows = [{"Nominal No": "N1", "Type": kind, "Site": site, "Value": text} for kind, site, text, _ in IDENTIFIERS]
    found = _judged(spark, "identifiers", rows)
    held = [None if row.reason else (row.kind, row.value) for row in found]
    assert held == [expected for *_, expected in IDENTIFIERS]
    assert all(row.raw for row in found if row.reason)  # what is refused is kept as it came


def test_account_numbers_agree_with_a_published_check(spark: SparkSession) -> None:
    """Right IBANs of eleven countries, and each with an error in it; python-stdnum is the witness."""
    right = [
        "GB29NWBK60161331926819", "DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300",
        "RO49AAAA1B31007593840000", "PL61109010140000071219812874", "IE29AIBK93115212345678",
        "ES9121000418450200051332", "IT60X0542811101000000123456", "BE68539007547034",
        "MT84MALT011000012345MTLCAST001S",
    ]  # fmt: skip
    draw = random.Random(11)
    texts = list(right)
    for text in right * 12:
        place = draw.randrange(4, len(text) - 1)
        changed = draw.choice([c for c in "0123456789" if c != text[place]])
        texts.append(text[:place] + changed + text[place + 1 :])
        texts.append(text[:place] + text[place + 1] + text[place] + text[place + 2 :])
    df = spark.createDataFrame([(text,) for text in texts], "text string")
    found = {
        row.text: row.held for row in df.select("text", identifiers.account(F.col("text")).alias("held")).collect()
    }
    # Our door asks for the check digits alone; the published one also for each country's shape.
    assert all(found[text] for text in right)
    assert {t for t in texts if published.is_valid(t, check_country=False)} <= {t for t, held in found.items() if held}
    checked = {t for t in texts if mod_97_10.is_valid(t[4:] + t[:4])}
    assert checked == {t for t, held in found.items() if held}
    assert len(checked) < len(set(texts)) / 2


def test_edges_are_made_of_what_a_force_sends(spark: SparkSession) -> None:
    """A lives with B by the force's word, and A's handle is one with B's by what each record says."""
    night = nights.NIGHT
    sent = {
        "associations": [_tie("N1", "N2", "Cohabits"), _tie("N1", "N1", "Sibling")],
        "identifiers": [
            {"Nominal No": "N1", "Type": "Username", "Site": "Snapchat", "Value": "Kestrel_99"},
            {"Nominal No": "N3", "Type": "Username", "Site": "", "Value": "snapchat: @kestrel_99"},
        ],
        "journey_people": [
            {"Journey No": "T1", "Nominal No": person, "Departed": "01/03/2026 09:00"} for person in ("N2", "N3")
        ],
    }  # fmt: skip
    frames = {
        table.path: conform.accepted(nights.judged(nights.raw_rows(spark, "norfolk", feed, sent[feed]), feed), feed)
        for feed, table in ties.BY_FEED.items()
    }
    people = {f"36:N{n}": f"{n}" * 16 for n in (1, 2, 3)}
    members = spark.createDataFrame(list(people.items()), "record_id string, entity_id string")
    nobody = spark.createDataFrame([], "entity_id string, born_on date")
    pieces = edges.judged(edges.evidence(frames, night), members, nobody, night).collect()
    handle = ids.new_id("HANDLE", "snapchat:kestrel_99")
    n1, n2, n3 = people.values()
    made = {(p.kind, p.first_id, p.second_id) for p in pieces if p.refusal is None}
    assert made == {
        ("LIVES_WITH", n1, n2),
        ("USES_HANDLE", n1, handle),
        ("USES_HANDLE", n3, handle),
        ("TRAVELLED_WITH", n2, n3),
    }
    assert {p.refusal for p in pieces} == {None, "SAME_ENTITY"}
