"""Accounts of children on a device, what is known of where they are, and what can be followed.

An account is a child's where the writer, or whoever writes to it, tells an age under eighteen. Accounts that a number,
a handle, an address-book entry or a profile picture joins are one person's, and share what is known. Each account is
one pack: none is merged away, none is left out.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

CONFIRMED, ENQUIRY, UNRESOLVED = "address_confirmed", "line_of_enquiry", "unresolved"
TWO_SOURCES, BY_PERSON = "two independent sources", "a person's word"
CAPTION, FORWARDED, CONTACT, PICTURE = "CAPTION", "FORWARDED", "CONTACT", "PICTURE"
OWNERS = "The address is also the device owner's own: whether the child lives with the owner is not known."
_LEADS = {
    "ADDRESS": "address", "POSTCODE": "postcode", "STREET": "road", "SCHOOL": "school", "TOWN": "town",
    "PHONE": "telephone number", "HANDLE": "handle elsewhere",
}  # fmt: skip


class Claim(NamedTuple):
    """A claim about an account, as schemas.device.CLAIMS describes its columns."""

    kind: str
    value: str
    as_written: str
    party: str
    app: str | None = None
    is_owner: bool = False
    said_by: str | None = None
    is_said_by_owner: bool = False
    chat_id: str | None = None
    source: str = "MESSAGE"
    source_id: str = ""
    file: str = ""
    member: str = ""
    byte_from: int = 0
    text_key: str = ""


class Account(NamedTuple):
    """An application and whom it knows there; no application: known from an address book alone."""

    app: str
    party: str

    def __str__(self) -> str:
        return f"{self.app or 'address book'}: {self.party}"


@dataclass(frozen=True)
class Pack:
    """What is known of one account of a child.

    Attributes:
        linked: accounts that are held to be the same person's, and on what ground.
        addresses: confirmed ones, as house, a bar, postcode.
        postcodes: those by which it is routed, whole.
        leads: what can be followed, in words.
        gaps: what is missing or in doubt, in words.
        told_by: who, of those that are no child's account, told something of the child; never the child itself.
        evidence: claims about the child, in the order of the export.
    """

    account: Account
    linked: tuple[tuple[Account, str], ...]
    status: str
    basis: str | None
    ages: tuple[str, ...]
    addresses: tuple[str, ...]
    postcodes: tuple[str, ...]
    leads: tuple[str, ...]
    gaps: tuple[str, ...]
    told_by: tuple[str, ...]
    evidence: tuple[Claim, ...]

    def account_id(self, submission_id: str) -> str:
        """Id of the account: the same from night to night, and it names nobody."""
        whole = "\x1f".join((submission_id, self.account.app, self.account.party))
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def packs(claims: Sequence[Claim]) -> list[Pack]:
    """A pack per account of a child in the claims of one submission, by account.

    The order of the claims says nothing: equal claims give equal packs.
    """
    claims = sorted(set(claims), key=_place)
    about = _by_account([c for c in claims if not c.is_owner])
    owners = {c.value for c in claims if c.is_owner and c.kind in ("ADDRESS", "POSTCODE") and c.source != FORWARDED}
    made = []
    grounds = _links(about)
    people = _components(about, grounds)
    children = [who for who in people if any(c.kind == "AGE" and c.source != FORWARDED for a in who for c in about[a])]
    of_children = {account for who in children for account in who}
    for who in children:
        evidence = tuple(sorted({c for account in who for c in about[account]}, key=_place))
        joined = {pair: why for pair, why in grounds.items() if pair[0] in who}
        made += [_pack(account, who, evidence, owners, of_children, joined) for account in who]
    return sorted(made, key=lambda pack: pack.account)


def _place(claim: Claim) -> tuple[str, ...]:
    return (claim.file, claim.member, f"{claim.byte_from:020d}", *(repr(part) for part in claim))


def _key(app: str | None, party: str) -> Account:
    return Account(app or "", party.strip().casefold())


def _by_account(claims: Sequence[Claim]) -> dict[Account, list[Claim]]:
    """Claims by the account they are about. One about a number or name of no application is about it in each.

    A name that stands for several accounts of different people is nobody's.
    """
    made: dict[Account, list[Claim]] = defaultdict(list)
    of_party: dict[str, list[Account]] = defaultdict(list)
    for claim in claims:
        if claim.app is not None:
            account = _key(claim.app, claim.party)
            if account not in made:
                of_party[account.party].append(account)
            made[account].append(claim)
    for claim in claims:
        if claim.app is None:
            name = claim.party.strip().casefold().removeprefix("@")
            is_named = claim.party.startswith("@")
            there = of_party.get(name, [])
            if is_named and len(there) != 1:
                continue
            for account in there or [Account("", name)]:
                made[account].append(claim)
    return dict(made)


def _links(about: Mapping[Account, Sequence[Claim]]) -> dict[tuple[Account, Account], str]:
    """Pairs of accounts that are one person's, with the ground; the first account of a pair is the lesser."""
    made: dict[tuple[Account, Account], str] = {}

    def join(one: Account, other: Account, why: str) -> None:
        if one != other:
            made.setdefault((min(one, other), max(one, other)), why)

    of_party: dict[str, list[Account]] = defaultdict(list)
    for account in about:
        of_party[account.party].append(account)
    for same in of_party.values():
        if same[0].party.startswith("+"):
            for one, other in combinations(sorted(same), 2):
                join(one, other, "the same number")
    for account, claims in about.items():
        for claim in claims:
            is_own = claim.source == CONTACT or (claim.said_by is not None and _is_said_by(claim, account))
            if claim.source in (FORWARDED, CAPTION) or not is_own:
                continue
            if claim.kind == "PHONE":
                for other in of_party.get(claim.value, []):
                    join(account, other, "a number that is told")
            elif claim.kind == "HANDLE":
                app, _, handle = claim.value.rpartition(":")
                if (named := Account(app, handle)) in about:
                    join(account, named, "a handle that is told")
    used: dict[str, set[Account]] = defaultdict(set)
    for account, claims in about.items():
        for claim in claims:
            if claim.kind == PICTURE:
                used[claim.value].add(account)
    for users in used.values():
        # A picture of three is one that goes around, and two of one application are two people.
        if len(users) == 2 and len({account.app for account in users}) == 2:
            join(min(users), max(users), "the same profile picture")
    return made


def _is_said_by(claim: Claim, account: Account) -> bool:
    return (claim.said_by or "").strip().casefold() == account.party


def _components(about: Iterable[Account], links: Iterable[tuple[Account, Account]]) -> list[tuple[Account, ...]]:
    head = {account: account for account in about}

    def top(account: Account) -> Account:
        while head[account] != account:
            head[account] = head[head[account]]
            account = head[account]
        return account

    for one, other in links:
        low, high = sorted((top(one), top(other)))
        head[high] = low
    groups: dict[Account, list[Account]] = defaultdict(list)
    for account in head:
        groups[top(account)].append(account)
    return [tuple(sorted(group)) for _, group in sorted(groups.items())]


def _pack(
    account: Account, who: tuple[Account, ...], evidence: tuple[Claim, ...], owners: set[str],
    of_children: set[Account], grounds: Mapping[tuple[Account, Account], str],
) -> Pack:  # fmt: skip
    own = {each.party for each in who}
    confirmed = confirmed_addresses(evidence, own, owners)
    told = {c.value.rpartition("|")[2] for c in evidence if c.kind in ("ADDRESS", "POSTCODE") and c.source != FORWARDED}
    postcodes = {value.rpartition("|")[2] for value in confirmed} or told
    linked = tuple((other, _ground(account, other, grounds)) for other in who if other != account)
    leads = tuple(_leads(who, evidence, linked))
    status = CONFIRMED if confirmed else ENQUIRY if leads else UNRESOLVED
    children = {each.party for each in of_children}
    told_by = {c.said_by for c in evidence if c.said_by and c.said_by.strip().casefold() not in children}
    return Pack(
        account, linked, status, TWO_SOURCES if confirmed else None,
        tuple(sorted({c.value for c in evidence if c.kind == "AGE"})),
        tuple(sorted(confirmed)), tuple(sorted(postcodes)), leads,
        tuple(_gaps(evidence, confirmed, owners, own, postcodes, grounds)), tuple(sorted(told_by)), evidence,
    )  # fmt: skip


def _ground(account: Account, other: Account, grounds: Mapping[tuple[Account, Account], str]) -> str:
    return grounds.get((min(account, other), max(account, other)), "through another account")


def confirmed_addresses(evidence: Iterable[Claim], own: set[str], owners: set[str]) -> set[str]:
    """Addresses that two independent sources tell, one of them with the house. Never the device owner's own.

    Args:
        evidence: claims about one child.
        own: parties of the child's accounts, folded.
        owners: addresses of the device's owner, and postcodes where no house is told.
    """
    claims = [c for c in evidence if c.kind in ("ADDRESS", "POSTCODE") and c.source != FORWARDED]
    made = set()
    for value in {c.value for c in claims if c.kind == "ADDRESS"}:
        postcode = value.rpartition("|")[2]
        if {value, postcode} & owners:
            continue
        # The same text of the same teller in the same conversation is one, however often it stands there.
        support = {
            (c.text_key, c.app, c.chat_id, c.source == CAPTION, _teller(c, own)): c
            for c in claims
            if c.value in (value, postcode)
        }.values()
        if any(_are_independent(one, other, own) for one, other in combinations(support, 2)):
            made.add(value)
    return made


def _are_independent(one: Claim, other: Claim, own: set[str]) -> bool:
    """Whether two claims are two sources: other words, another conversation, and another person or application.

    A conversation repeats what was said in it, and a text that is passed on is the same text. The device's owner is one
    source however many applications and entries the owner wrote it in.
    """
    if one.text_key == other.text_key or (one.app, one.chat_id) == (other.app, other.chat_id):
        return False
    if CAPTION in (one.source, other.source) and one.source == other.source:
        return False
    tellers = _teller(one, own), _teller(other, own)
    if ("child", "") in tellers and tellers[0][0] == tellers[1][0]:
        return False  # which application it was is not known
    return tellers[0] != tellers[1]


def _teller(claim: Claim, own: set[str]) -> tuple[str, ...]:
    if claim.is_said_by_owner or claim.said_by is None:  # an address book is its owner's word
        return ("owner",)
    said_by = claim.said_by.strip().casefold()
    # Exports name one application in several ways: whatsapp, whatsapp business, whatsapp messenger.
    return ("child", (claim.app or "").partition(" ")[0]) if said_by in own else ("other", said_by)


def _leads(
    who: Sequence[Account], evidence: Sequence[Claim], linked: Sequence[tuple[Account, str]]
) -> Iterator[str]:  # fmt: skip
    numbers = {each.party for each in who if each.party.startswith("+")}
    yield from (f"telephone number {number}" for number in sorted(numbers))
    seen = set()
    for c in evidence:
        if c.kind in _LEADS and c.value not in numbers and (c.kind, c.value) not in seen:
            seen.add((c.kind, c.value))
            passed_on = " (in a forwarded text)" if c.source == FORWARDED else ""
            yield f"{_LEADS[c.kind]} {c.value.replace('|', ', ')}{passed_on}"
    yield from (f"account {other} ({why})" for other, why in linked)


def _gaps(
    evidence: Sequence[Claim], confirmed: set[str], owners: set[str], own: set[str], postcodes: set[str],
    grounds: Mapping[tuple[Account, Account], str],
) -> Iterator[str]:  # fmt: skip
    ages = {c.value for c in evidence if c.kind == "AGE"}
    told = {c.value for c in evidence if c.kind == "ADDRESS"}
    yield "Age rests on what messages say; no record was compared."
    if len(ages) > 1:
        yield f"Different ages are told: {', '.join(sorted(ages))}."
    own_too = {value for value in told if {value, value.rpartition("|")[2]} & owners}
    if own_too:
        yield OWNERS
    for value in sorted(told - confirmed - own_too):
        yield f"Address {value.replace('|', ', ')} rests on one source."
    if len(confirmed) > 1:
        yield "Several addresses are confirmed: which is current is not known."
    if not told and postcodes:
        yield "A postcode without a house: some fifteen households share one."
    if not postcodes:
        yield "No postcode is told: the force is not known."
    if any(c.kind == "SCHOOL" for c in evidence) and not any(c.kind == "TOWN" for c in evidence):
        yield "A school is named without its town: several may have the name."
    if len({c.value for c in evidence if c.kind == "TOWN"}) > 1:
        yield "Several towns are named."
    if any(c.source == FORWARDED for c in evidence):
        yield "Forwarded text is shown, and is no source."
    if "the same profile picture" in grounds.values():
        yield "Accounts are joined by a profile picture: anybody may use one."
    if any(_teller(c, own) == ("owner",) for c in evidence if c.value in confirmed):
        yield "One source is the device's owner, who may have it from the child."
