"""Accounts, cards and identities in texts, decoys that are none, and a planted world counted exactly."""

# ruff: noqa: E501

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as stdnum_iban
from stdnum import luhn as stdnum_luhn
from stdnum.gb import nhs as stdnum_nhs

from pipelines.device.identifiers import cards, finding, ibans, mentions, person_numbers, prefilter
from pipelines.device.identifiers.mentions import BAD, NONE, OK, UNVERIFIABLE, Mention
from schemas.device import IDENTIFIER_KINDS, IDENTIFIER_STATES
from tests.support import identifier_world


def found(text: str, table: bool = False) -> list[Mention]:
    made = finding.find([text], identifier_world.TABLE if table else None)
    for mention in made:
        assert mention.kind in IDENTIFIER_KINDS
        assert mention.status in IDENTIFIER_STATES
        written = text[mention.start : mention.end]
        assert mention.as_written == (cards.masked(written) if mention.kind == "CARD" else written)
    return made


def said(text: str, table: bool = False) -> list[tuple[str, str, str]]:
    return [(m.kind, m.value, m.status) for m in found(text, table)]


@pytest.mark.parametrize(
    "text",
    [
        "sort code 12-34-56 account 12345678",
        "12-34-56 12345678",
        "12 34 56 12345678",
        "12\u201334\u201356 / 1234 5678",
        "Sort Code: 123456\nAccount No: 12345678",
        "acc no. 1234 5678 s/c 12 34 56",
        "account number is 12345678 and the sort code is 12-34-56 thanks",
        "sc 123456 acc 12345678",
        "my sort code 123456 is with the number 12345678",
        "123456 12345678",
        "name\n123456 12345678\nthanks",
        "| sort code | account |\n| 12-34-56 | 12345678 |",
        "12-34-56 a/c 12345678",
    ],
)
def test_sort_code_and_account(text: str) -> None:
    assert said(text) == [("UK_ACCOUNT", "123456 12345678", UNVERIFIABLE)]


def test_a_pair_that_may_be_a_date_needs_a_label_or_a_bank() -> None:
    assert said("20-11-02 12345678") == []
    assert said("sort code 20-11-02 12345678") == [("UK_ACCOUNT", "201102 12345678", UNVERIFIABLE)]
    assert said("Barclays 20-11-02 12345678") == [("UK_ACCOUNT", "201102 12345678", UNVERIFIABLE)]


def test_shorter_accounts_are_filled_up_behind_a_label_only() -> None:
    assert said("sort 12-34-56 acc 1234567") == [("UK_ACCOUNT", "123456 01234567", UNVERIFIABLE)]
    assert said("12-34-56 1234567") == []


def test_the_banks_table_says_right_or_wrong_and_proves_repairs() -> None:
    sort_code, account = (
        "912345",
        next(a for n in range(99) if identifier_world.TABLE.status("912345", a := f"10{n:06}") == OK),
    )
    wrong = account[:-1] + str((int(account[-1]) + 1) % 10)
    pair = f"{sort_code[:2]}-{sort_code[2:4]}-{sort_code[4:]}"
    assert said(f"{pair} {account}", table=True) == [("UK_ACCOUNT", f"{sort_code} {account}", OK)]
    assert said(f"{pair} {wrong}", table=True) == [("UK_ACCOUNT", f"{sort_code} {wrong}", BAD)]
    damaged = account.replace("0", "O").replace("1", "l")
    assert damaged != account
    (mention,) = found(f"acc {damaged} sort {pair}", table=True)
    assert (mention.value, mention.is_repaired, mention.status) == (f"{sort_code} {account}", True, OK)
    assert found(f"acc {damaged} sort {pair}") == []
    assert found(f"{sort_code} {account} is mine", table=True)[0].status == OK, "six figures together, proved"


@pytest.mark.parametrize(
    ("text", "value", "is_repaired"),
    [
        ("GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819", False),
        ("GB29NWBK60161331926819.", "GB29NWBK60161331926819", False),
        ("gb29nwbk60161331926819", "GB29NWBK60161331926819", False),
        ("GB29 NWBK 6016\n1331 9268 19", "GB29NWBK60161331926819", False),
        ("GB29NWBK60161331 926819", "GB29NWBK60161331926819", False),
        ("GB29-NWBK-6016-1331-9268-19", "GB29NWBK60161331926819", False),
        ("GB29 NWBK 6Ol6 l33l 9268 l9", "GB29NWBK60161331926819", True),
        ("DE89 3704 0044 0532 0130 00 danke", "DE89370400440532013000", False),
        ("DE89 37O4 OO44 0532 0130 00", "DE89370400440532013000", True),
        ("RO49 AAAA 1B31 0075 9384 0000", "RO49AAAA1B31007593840000", False),
    ],
)
def test_ibans(text: str, value: str, is_repaired: bool) -> None:
    (mention,) = found(text)
    assert (mention.kind, mention.value, mention.status, mention.is_repaired) == ("IBAN", value, OK, is_repaired)


def test_an_iban_that_fails_is_told_behind_its_name_only() -> None:
    assert said("IBAN: GB29NWBK60161331926818") == [("IBAN", "GB29NWBK60161331926818", BAD)]
    assert said("GB29NWBK60161331926818") == []
    assert said("GB29NWBK60161331926819X") == [], "part of something longer"
    assert "IBAN" not in {m.kind for m in found("sc 92 11 32 acc 80665254 pay you please")}, "words, by chance right"


def test_an_iban_has_its_countrys_own_pattern() -> None:
    own = next(own for n in range(97) if ibans.remainder(own := f"GB5012345678{n:02}90123456") == 1)
    assert said(own) == [], "figures where a British IBAN has the bank's letters"


def test_lengths_of_ibans_are_those_of_another_library() -> None:
    for country, length in ibans.LENGTHS.items():
        info = stdnum_iban._ibandb.info(country + "00" + "0" * 30)[0][1]
        parts = re.findall(r"(\d+)!?[nac]", info.get("bban", ""))
        assert not parts or sum(map(int, parts)) + 4 == length, country


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("4111 1111 1111 1111", "1111"),
        ("5555555555554444", "4444"),
        ("3782 822463 10005", "0005"),
        ("my card is 4242-4242-4242-4242 ok", "4242"),
        ("4lll llll 1111 1111", ""),
        ("4111 1l11 11l1 1111", "1111"),
    ],
)
def test_cards_are_masked(text: str, last: str) -> None:
    made = found(text)
    assert [m.value[-4:] for m in made] == ([last] if last else [])
    for mention in made:
        assert set(mention.value[:-4]) == {"*"}
        assert sum(c.isdigit() for c in mention.as_written) == 4
        assert len(mention.as_written) == mention.end - mention.start


def test_a_card_that_fails_is_told_behind_its_name_only() -> None:
    assert said("card number 4111 1111 1111 1112") == [("CARD", "************1112", BAD)]
    assert said("4111 1111 1111 1112") == []
    assert said("order number 4111111111111111") == []


@given(st.text(string.digits, min_size=12, max_size=19))
def test_luhn_and_masking(number: str) -> None:
    assert cards.luhn(number) == stdnum_luhn.is_valid(number)
    assert cards.masked(number) == "*" * (len(number) - 4) + number[-4:]


@given(st.text(string.digits, min_size=10, max_size=10))
def test_nhs_numbers_as_another_library_reads_them(number: str) -> None:
    assert person_numbers.mod11(number) == (stdnum_nhs.is_valid(number) and len(set(number)) > 1)


@given(st.text(string.digits, min_size=18, max_size=18), st.sampled_from(("GB", "DE", "FR", "NL")))
def test_remainders_as_another_library_has_them(digits: str, country: str) -> None:
    iban = (country + digits)[: ibans.LENGTHS[country]]
    expected = int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97
    assert ibans.remainder(iban) in (0, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NHS number 943 476 5919", [("NHS_NUMBER", "9434765919", OK)]),
        ("NHS no: 9434765918", [("NHS_NUMBER", "9434765918", BAD)]),
        ("he is 401 023 2137", [("NHS_NUMBER", "4010232137", OK)]),
        ("401 023 2138", []),
        ("4010232137", []),
        ("NI number AB 12 34 56 C", [("NINO", "AB123456C", NONE)]),
        ("AB123456C", [("NINO", "AB123456C", NONE)]),
        ("nino: ab123456c", [("NINO", "AB123456C", NONE)]),
        ("ab123456c", []),
        ("GB123456C", []),
        ("QQ123456C", []),
        ("ring 07700 900123", [("PHONE", "+447700900123", NONE)]),
        ("+44 (0)7700 900123 or 0161 496 0123", [("PHONE", "+447700900123", NONE), ("PHONE", "+441614960123", NONE)]),
        ("(020) 7946 0958", [("PHONE", "+442079460958", NONE)]),
        ("0040 721 234 567", [("PHONE", "+40721234567", NONE)]),
        ("+40 721 234 567", [("PHONE", "+40721234567", NONE)]),
        ("order 01234567890", []),
        ("+500 51234", [("PHONE", "+50051234", NONE)]),
        ("A.B@Example.com!", [("EMAIL", "a.b@example.com", NONE)]),
        ("447700900123@s.whatsapp.net 1234-567@g.us icon@2x.png", []),
        ("status@broadcast user@talk.kik.com", []),
        ("hi @some.one, see you @home", [("HANDLE", "@some.one", NONE)]),
        ("snap: foo_bar9", [("HANDLE", "snapchat:foo_bar9", NONE)]),
        ("insta is jo.doe", [("HANDLE", "instagram:jo.doe", NONE)]),
        ("insta is down, snap later", []),
        ("https://t.me/someone_x?start=1", [("HANDLE", "telegram:someone_x", NONE)]),
        ("www.instagram.com/someone.x/", [("HANDLE", "instagram:someone.x", NONE)]),
        ("instagram.com/reel/abc", []),
        ("tiktok.com/@someone", [("HANDLE", "tiktok:someone", NONE)]),
    ],
)
def test_identities(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "12345678",
        "order 12345678",
        "order 123456 12345678",
        "case 42/12345678/26",
        "01-02-24 12345678",
        "01/02/2024 10:30 12345678",
        "2024-01-02 12:34:56",
        "call 12345678",
        "ref 12-34-56 12345678",
        "tracking number 4111111111111111",
        "d41d8cd98f00b204e9800998ecf8427e",  # pragma: allowlist secret
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "1700000000000",
        "IMEI 490154203237518",
        "\u00a3123456 12345678",
        "123e4567-e89b-12d3-a456-426614174000",
        "51.507351, -0.127758",
        "192.168.100.200",
        "crime ref 06/12345/26 log 1234 of 12 May",
        "lol lol lol looool",
        "500000 12-34-56",
        "978-3-16-148410-0",
        "123456 20240102",
        "123456 02012024",
        "0800 1111",
        "numbers 02 14 23 31 40 49 07",
        "GB29 NW BK 60 16 13 31 92 68 19",
    ],
)
def test_decoys(text: str) -> None:
    assert found(text) == []


def test_places_overlap_nowhere_and_the_surer_has_the_place() -> None:
    text = "GB29 NWBK 6016 1331 9268 19 and 60-16-13 31926819"
    assert [m.kind for m in found(text)] == ["IBAN", "UK_ACCOUNT"]
    places = mentions.Places()
    places.take(5, 9)
    assert [places.is_free(*p) for p in ((0, 5), (9, 12), (0, 6), (8, 9), (4, 12), (5, 9))] == [True, True] + [
        False
    ] * 4


def test_a_planted_world_is_counted_exactly() -> None:
    world = identifier_world.build(seed=26, n_accounts=400, n_wallets=126, n_decoys=40)
    made = finding.find(world.texts, identifier_world.TABLE)
    by_kind: dict[str, set[str]] = {}
    for mention in made:
        assert world.texts[mention.index][mention.start : mention.end] == mention.as_written
        if mention.status in (OK, NONE):
            by_kind.setdefault(mention.kind, set()).add(mention.value)
    assert by_kind == world.planted
    assert sum(len(values) for kind, values in by_kind.items() if kind != "UK_ACCOUNT") == 126
    repaired = {m.value for m in made if m.is_repaired and m.kind == "UK_ACCOUNT"}
    assert repaired == world.repaired_accounts
    bad = {m.kind for m in made if m.status == BAD}
    assert bad == set(), "no decoy passes for a broken one of its kind"


def test_without_the_banks_table_nothing_is_called_right_and_nothing_is_repaired() -> None:
    world = identifier_world.build(seed=27, n_accounts=100, n_wallets=0, n_decoys=10)
    made = finding.find(world.texts)
    assert {m.value for m in made} == world.planted["UK_ACCOUNT"] - world.repaired_accounts
    assert {m.status for m in made} == {UNVERIFIABLE}


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ("my sort code is 12-34-56", "12345678 thanks", "123456 12345678"),
        ("sort 123456", "acc 12345678", "123456 12345678"),
        ("acc 12345678", "and 12-34-56 the sort", "123456 12345678"),
        ("send it to 1A1zP1eP5QGefi2D", "MPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("GB29 NWBK 6016", "1331 9268 19 ok", "GB29NWBK60161331926819"),
        (
            "x " * 300 + "bc1qw508d6qejxtdg4y5r",
            "3zarvary0c5xw7kv8f3t4" + " y" * 300,
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",  # pragma: allowlist secret
        ),
    ],
)
def test_what_two_texts_hold_together(first: str, second: str, value: str) -> None:
    assert value not in {m.value for m in finding.find([first, second])}
    (mention,) = finding.find_across([(None, first), (first, second)])
    assert (mention.index, mention.value) == (1, value)
    assert mention.as_written == f"{first[mention.start :]}\n{second[: mention.end]}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("123456", "12345678"),  # a code, a number
        ("12-34-56 12345678", "87654321"),
        ("12-34-56", "65-43-21 12345678"),
        ("ok", "12-34-56 12345678"),
        ("order 12-34-56", "12345678"),
        ("", "12345678"),
    ],
)
def test_what_two_texts_do_not_hold_together(first: str, second: str) -> None:
    assert finding.find_across([(first, second), (first, None), (None, second)]) == []


PIECES = st.sampled_from(
    [
        "sort code ", "12-34-56", "90-12-34", " ", "\n", "12345678", "acc ", "07700 900123", "+40721234567", "GB29NWBK",
        "60161331926819", "GB29 NWBK 6Ol6 l33l 9268 l9", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bciq",  # pragma: allowlist secret
        "w508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1A1zP1eP5QGefi2D", "MPTfTL5SLmv7DivfNa", "l", "O", "\u0410",
        "0x5aAeb6053F3E94C9b9A0", "9f33669435E7Ef1BeAed", "Ox5aAeb6O53F3E94C9b9A0", "rP3DVaCaoGegwdz4", "XgFCwVWPUmLafNNra9",
        "\u00e9", "\U0001f600", "a@example.com", "@name", "snap:", "snapid ", "foo_1", "t.me/abcd", "NHS 943 476 5919",
        "AB123456C", "4111 1111 1111 1111", "bitcoincash:", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", ",", "-", "\x00",
        "ltc1q", "\ud800",
    ]
)  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=8).map("".join) | st.none(), max_size=5))
def test_the_prefilter_leaves_nothing_out(texts: list[str | None]) -> None:
    made = finding.find(texts, identifier_world.TABLE)
    assert made == finding.find_closely(texts, identifier_world.TABLE)
    for mention in made:
        if mention.kind != "CARD":
            assert (texts[mention.index] or "")[mention.start : mention.end] == mention.as_written


@given(st.lists(PIECES, max_size=6).map("".join), st.lists(PIECES, max_size=6).map("".join))
def test_what_is_found_across_reads_back(first: str, second: str) -> None:
    for mention in finding.find_across([(first, second)], identifier_world.TABLE):
        if mention.kind != "CARD":
            assert mention.as_written == f"{first[mention.start :]}\n{second[: mention.end]}"


@given(st.lists(st.text(), max_size=4))
def test_any_text_is_looked_at_without_error(texts: list[str]) -> None:
    assert finding.find(texts) == finding.find_closely(texts)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("12 34 56", prefilter.FIGURES),
        ("O1 2l 45", prefilter.FIGURES),
        ("GB29 NWBK", prefilter.IBAN),
        ("GBOl NWBK 6", prefilter.IBAN),
        ("bci q w5 08d6qe", prefilter.WALLET),
        ("ltc1\nq w508d6qe", prefilter.WALLET),
        ("Ox5a aeb6 05", prefilter.WALLET),
        ("BitcoinCash: q", prefilter.WALLET),
        ("q" * 42, prefilter.WALLET),
        ("1A1z", prefilter.WALLET),
        ("aQzBqqC", prefilter.WALLET),
        ("1A\u0410z", prefilter.WALLET | prefilter.IBAN),
        ("a_@example.com", prefilter.EMAIL),
        ("@_a", prefilter.AT),
        ("AB12 34 56 C", prefilter.NINO),
        ("T.me/x", prefilter.APP),
        ("X.com/x", prefilter.APP),
        ("Snap x", prefilter.APP),
        ("ig:x", prefilter.APP),
    ],
)
def test_shapes_of_the_prefilter(text: str, bits: int) -> None:
    assert prefilter.scan(["", text, "nothing here"]).get(1, 0) & bits == bits
    assert set(prefilter.scan(["", text, "nothing here"])) == {1}


def test_a_batch_is_what_its_texts_are() -> None:
    wallet = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    texts = ["", None, "12-34-56", "12345678", wallet, None]
    assert [(m.index, m.value) for m in finding.find(texts)] == [(4, wallet)]
    assert finding.find([]) == []
    assert prefilter.scan(["", None]) == {}
