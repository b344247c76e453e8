"""Accounts of children: what confirms an address, what does not, and that none is lost or merged away."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.device.packs import accounts, claims, routing
from pipelines.device.packs.accounts import Claim, packs
from pipelines.synthesis.device import children
from schemas import codes
from tests.support import device_claims

KIM, ROWAN, OTHER, OWNER = "+447700900101", "rowan.k", "+447700900102", device_claims.OWNER
ADDRESS = "14|NR3 1CA"
PLACES = {"NR": frozenset({"36"}), "NR34": frozenset({"36", "37"}), "IP": frozenset({"37"})}


def claim(kind: str, value: str, party: str = KIM, **changes: object) -> Claim:
    """A claim of the party's own in WhatsApp, each in words of its own unless said."""
    text = str(changes.get("text_key", f"{kind} {value} {sorted(changes.items())}"))
    own = Claim(kind, value, value, party, "whatsapp", said_by=party, chat_id=party, text_key=text, source_id=text)
    return own._replace(**changes)


def address(value: str = ADDRESS, **changes: object) -> Claim:
    return claim("ADDRESS", value, **changes)


AGE = claim("AGE", "13")
BY_OTHER = {"said_by": OTHER, "chat_id": OTHER}
BOOK = {"said_by": None, "is_said_by_owner": True, "chat_id": None, "app": None, "source": "CONTACT"}


def status(*said: Claim) -> str:
    (made,) = {pack.status for pack in packs([AGE, *said]) if pack.account.party == KIM}
    return made


def test_of_41_planted_accounts_25_are_confirmed_and_16_can_be_followed_with_evidence():
    world = children.make(children.WHOLE)
    made = packs(device_claims.of_world(world))
    assert {tuple(pack.account): pack.status for pack in made} == world.status
    assert Counter(world.status.values()) == {"address_confirmed": 25, "line_of_enquiry": 16}
    for pack in made:
        told = world.postcode[pack.account]
        assert pack.postcodes == ((told,) if told else ())
        assert any(each.kind == "AGE" for each in pack.evidence)
        if pack.status == "address_confirmed":
            (value,) = pack.addresses
            said = [each for each in pack.evidence if each.value == value]
            assert len({each.text_key for each in said}) >= 2
            # The truth's own words: house and postcode stand in what was written.
            assert all(value.split("|")[0] in each.as_written for each in said)
        else:
            assert pack.leads


def test_the_adult_and_whoever_tells_of_a_child_have_no_pack():
    world = children.make(children.WHOLE)
    parties = {pack.account.party for pack in packs(device_claims.of_world(world))}
    assert children.number(99) not in parties
    assert OWNER not in parties
    assert parties == {party for _, party in world.status}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([address(), address(**BY_OTHER)], "address_confirmed"),
        ([address(), address(**BOOK)], "address_confirmed"),
        ([address(), claim("POSTCODE", "NR3 1CA", **BY_OTHER)], "address_confirmed"),  # one of them with the house
        ([claim("POSTCODE", "NR3 1CA"), claim("POSTCODE", "NR3 1CA", **BY_OTHER)], "line_of_enquiry"),
        ([address()], "line_of_enquiry"),
        ([address(source="CAPTION")], "line_of_enquiry"),
        ([address(source="CAPTION"), address(source="CAPTION", **BY_OTHER)], "line_of_enquiry"),
        ([address(source="CAPTION"), address(**BY_OTHER)], "address_confirmed"),
        ([address(), address(source="FORWARDED", **BY_OTHER)], "line_of_enquiry"),
        ([address(text_key="same"), address(text_key="same", **BY_OTHER)], "line_of_enquiry"),
        ([address(), address(said_by=OTHER)], "line_of_enquiry"),  # repeated in the child's own conversation
        ([address(), address(said_by=OWNER, is_said_by_owner=True)], "line_of_enquiry"),
        ([address(), address(chat_id="group")], "line_of_enquiry"),  # the same person in the same application
        ([address(), address(app="signal", chat_id="signal")], "address_confirmed"),
        ([address(), address(app="whatsapp business", chat_id="b")], "line_of_enquiry"),
        ([address(), address(app="", chat_id="unknown")], "line_of_enquiry"),
        ([address(**BOOK), address(said_by=OWNER, is_said_by_owner=True, app="signal")], "line_of_enquiry"),
        ([address("14|NR3 1CA"), address("41|NR3 1CA", **BY_OTHER)], "line_of_enquiry"),  # another house
        ([address(), address(**BY_OTHER), address(is_owner=True, party=OWNER, said_by=OWNER)], "line_of_enquiry"),
        (
            [address(), address(**BY_OTHER), claim("POSTCODE", "NR3 1CA", is_owner=True, party=OWNER, said_by=OWNER)],
            "line_of_enquiry",
        ),
    ],
)
def test_what_confirms_an_address(said: list[Claim], expected: str):
    assert status(*said) == expected


def test_the_owners_own_address_stays_to_be_followed_and_says_why():
    world = children.make(("owners_address",))
    (pack,) = packs(device_claims.of_world(world))
    assert (pack.status, pack.addresses) == ("line_of_enquiry", ())
    assert accounts.OWNERS in pack.gaps
    assert "address 3, NR1 1CA" in pack.leads


def test_an_account_with_nothing_to_follow_is_unresolved_and_still_has_a_pack():
    (pack,) = packs([claim("AGE", "13", ROWAN, app="kik", said_by=ROWAN)])
    assert (pack.status, pack.leads, pack.postcodes) == ("unresolved", (), ())
    assert routing.route(pack.postcodes, PLACES) == codes.NATIONAL


def test_an_age_in_a_forwarded_text_makes_nobody_a_child():
    assert packs([AGE._replace(source="FORWARDED"), address()]) == []


def test_accounts_of_two_applications_are_joined_by_a_handle_a_number_and_a_picture():
    snap = {"app": "snapchat", "said_by": ROWAN, "chat_id": ROWAN}
    age = claim("AGE", "13", ROWAN, **snap)
    handle = [AGE, age, claim("HANDLE", f"snapchat:{ROWAN}")]
    told = [AGE, age, claim("PHONE", KIM, ROWAN, **snap)]
    same_number = [AGE, claim("AGE", "13", app="signal")]
    picture = {"kind": "PICTURE", "value": "sha256:1", "said_by": None, "chat_id": None, "source": "PICTURE"}
    seen = [AGE, age, AGE._replace(**picture), age._replace(**picture)]
    for said, ground in (
        (handle, "a handle that is told"), (told, "a number that is told"), (same_number, "the same number"),
        (seen, "the same profile picture"),
    ):  # fmt: skip
        made = packs(said)
        assert [len(pack.linked) for pack in made] == [1, 1], ground
        assert {why for pack in made for _, why in pack.linked} == {ground}
    third = claim("AGE", "13", "third", app="kik", said_by="third")
    assert [len(pack.linked) for pack in packs([*seen, third, third._replace(**picture)])] == [0, 0, 0]
    same_app = [each._replace(app="whatsapp") for each in seen]
    assert [len(pack.linked) for pack in packs(same_app)] == [0, 0]


def test_a_handle_in_a_forwarded_text_or_told_by_somebody_else_joins_nothing():
    age = claim("AGE", "13", ROWAN, app="snapchat", said_by=ROWAN)
    handle = claim("HANDLE", f"snapchat:{ROWAN}")
    for other in (handle._replace(source="FORWARDED"), handle._replace(said_by=OTHER)):
        assert [pack.linked for pack in packs([AGE, age, other])] == [(), ()]


def test_a_name_that_two_applications_know_is_nobodys():
    ages = [claim("AGE", "13", ROWAN, app=app, said_by=ROWAN) for app in ("snapchat", "kik")]
    told = address(party=f"@{ROWAN}", app=None, **BY_OTHER)
    assert [len(pack.evidence) for pack in packs([*ages, told])] == [1, 1]
    assert [len(pack.evidence) for pack in packs([ages[0], told])] == [2]


def test_you_is_somebody_where_two_talk_and_nobody_in_a_group():
    def said(text: str, sender: str, parties: tuple[str, ...], direction: str) -> list[tuple[str, bool]]:
        made = claims.of_message(
            text, app="whatsapp", sender=sender, direction=direction, parties=parties, owners=device_claims.OWNERS
        )
        return [(each.party, each.is_owner) for each in made]

    assert said("you're 13", OWNER, (OWNER, KIM), "OUT") == [(KIM, False)]
    assert said("you're 13", OWNER, (OWNER, KIM, OTHER), "OUT") == []
    assert said("you're 13", KIM, (OWNER, KIM, OTHER), "IN") == []
    assert said("your house is 14 Marsh Lane NR3 1CA", KIM, (OWNER, KIM), "IN") == [(KIM, True)]
    assert said("im 13", KIM, (OWNER, KIM, OTHER), "IN") == [(KIM, False)]
    assert said("im 13", OWNER, (OWNER, KIM), "OUT") == [(OWNER, True)]
    assert said("im 13", "Device Owner", ("Device Owner", KIM), "IN") == [("Device Owner", True)]
    assert said("im 13", KIM, (OWNER, KIM), "SYSTEM") == []


def test_two_children_of_one_school_or_who_tell_the_same_number_are_two():
    school = [claim("SCHOOL", "priory mount high school", who, said_by=who) for who in (KIM, OTHER)]
    mother = [claim("PHONE", "+447700900199", who, said_by=who) for who in (KIM, OTHER)]
    made = packs([AGE, claim("AGE", "12", OTHER, said_by=OTHER), *school, *mother])
    assert [pack.linked for pack in made] == [(), ()]


def test_a_child_is_never_among_those_who_told_of_another():
    told_by_child = address(said_by=ROWAN, chat_id="group")
    told_by_adult = claim("TOWN", "thetford", said_by=OTHER, chat_id="x")
    rowan = claim("AGE", "13", ROWAN, app="kik", said_by=ROWAN)
    made = {pack.account.party: pack for pack in packs([AGE, told_by_child, told_by_adult, address(), rowan])}
    assert made[KIM].status == "address_confirmed"
    assert made[KIM].told_by == (OTHER,)
    whole = packs(device_claims.of_world(children.make(children.WHOLE)))
    everybody = {pack.account.party for pack in whole}
    assert not {who for pack in whole for who in pack.told_by} & everybody


def test_a_text_that_is_passed_on_is_the_same_text():
    text = "i live at 14 Marsh Lane NR3 1CA"
    for other in (
        f"Fwd: {text}",
        f"FW: {text}!",
        text.upper(),
        f"  {text} \N{WAVING HAND SIGN}",
        f"Forwarded message: {text}",
    ):
        assert claims.text_key(other) == claims.text_key(text), other
    assert claims.text_key("fwiw " + text) != claims.text_key(text)
    assert claims.text_key(text + " now") != claims.text_key(text)


PARTIES = (KIM, OTHER, "+447700900103", ROWAN, "Sam.Reed", "@sam.reed")
anything = st.builds(
    claim,
    st.sampled_from(("AGE", "ADDRESS", "POSTCODE", "HANDLE", "PHONE", "PICTURE", "TOWN")),
    st.sampled_from((ADDRESS, "9|IP1 1CA", "NR3 1CA", KIM, "kik:sam.reed", f"snapchat:{ROWAN}", "sha256:1", "13")),
    st.sampled_from(PARTIES),
    app=st.sampled_from((None, "whatsapp", "snapchat", "kik")),
    said_by=st.sampled_from((None, *PARTIES)),
    chat_id=st.sampled_from((None, "a", "b")),
    source=st.sampled_from(("MESSAGE", "CAPTION", "FORWARDED", "CONTACT", "PICTURE")),
    is_owner=st.booleans(),
    text_key=st.sampled_from("xyz"),
)


@given(st.lists(anything, max_size=14), st.randoms(use_true_random=False))
def test_every_account_of_a_child_is_in_one_pack_and_goes_to_one_force(said: list[Claim], shuffle: random.Random):
    made = packs(said)
    there = [pack.account for pack in made]
    assert len(set(there)) == len(there)
    # An account that a message of its application gives an age is never lost, whatever else is said.
    aged = {
        (each.app, each.party.casefold())
        for each in said
        if each.kind == "AGE" and each.app and not each.is_owner and each.source != "FORWARDED"
    }
    assert aged <= {tuple(account) for account in there}
    # Whoever is held to be the same person's is so from both sides, and shares what is known.
    by_account = {pack.account: pack for pack in made}
    for pack in made:
        for other, _ in pack.linked:
            assert pack.account in {account for account, _ in by_account[other].linked}
            assert by_account[other].evidence == pack.evidence
    routed = [routing.route(pack.postcodes, PLACES) for pack in made]
    assert len(routed) == len(made)
    assert set(routed) <= {"36", "37", codes.NATIONAL}
    for pack in made:
        assert (pack.status == "address_confirmed") == (pack.basis is not None) == bool(pack.addresses)
        assert not any(each.is_owner for each in pack.evidence)
    shuffle.shuffle(said)
    assert packs(said) == made


def test_evidence_is_the_same_when_a_claim_is_said_again_in_another_place():
    first = [AGE, address()]
    again = address()._replace(byte_from=900, source_id="later")
    one, two = (packs(said)[0] for said in (first, [*first, again]))
    assert one.status == two.status
    assert len(two.evidence) == len(one.evidence) + 1
    assert replace(two, evidence=()) == replace(one, evidence=())
