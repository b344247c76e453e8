"""Accounts of children on the telephone: who tells where a child lives, how surely, and what only looks like it.

Numbers are those kept for drama, postcodes end in letters that are never issued, roads and schools are invented. What
is written is what a report would quote: ages, addresses, schools, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

WHATSAPP, SNAPCHAT = "WhatsApp", "Snapchat"
OWN_ADDRESS = "3 Ferry Loke, Norwich NR1 1CA"  # of the device's owner
BORDER = "NR34"  # a district of two forces
PLACES = (("NR", "36"), (BORDER, "36"), (BORDER, "37"))  # postcodes and their forces

_ROADS = ("Marsh Lane", "Heron Close", "Tower Road", "Saltings Way", "Beacon Hill", "Priory Street", "Sluice Road")
_INWARD = ("CA", "IB", "KD", "ME", "OF", "VG", "CH")
_SCHOOL = "Priory Mount High School"


@dataclass(frozen=True)
class Said:
    """One message. `by`: the party, or "" for the device's owner."""

    by: str
    text: str
    is_forwarded: bool = False
    picture: str | None = None  # name of what hangs on it


@dataclass(frozen=True)
class Conversation:
    """A conversation with one party in one application, and what the address book says of the party."""

    app: str
    party: str
    messages: tuple[Said, ...]
    note: str | None = None


@dataclass(frozen=True)
class Planted:
    """Conversations, and the truth by application (in lower case) and party.

    Attributes:
        status: what the account comes out as.
        postcode: that is told of it; None where none is.
    """

    conversations: tuple[Conversation, ...]
    status: dict[tuple[str, str], str]
    postcode: dict[tuple[str, str], str | None]


def make(kinds: tuple[str, ...], shift: int = 0) -> Planted:
    """Children of the kinds named in `CONFIRMED` and `ENQUIRY`, in their order, and an adult who is none.

    Args:
        shift: moves them to other houses and postcodes.
    """
    conversations: list[Conversation] = []
    status: dict[tuple[str, str], str] = {}
    postcode: dict[tuple[str, str], str | None] = {}
    for n, kind in enumerate(kinds):
        child = _Child(n, shift)
        own, others = (CONFIRMED | ENQUIRY)[kind](child)
        conversations += [*own, *others]
        told = {"owners_address": OWN_ADDRESS[-7:], "border": f"{BORDER} {child.inward}"}.get(kind, child.postcode)
        for each in own:
            key = (each.app.lower(), each.party)
            status[key] = "address_confirmed" if kind in CONFIRMED else "line_of_enquiry"
            postcode[key] = None if kind in ("town", "school_of_two_towns", "handle") else told
    adult = number(99)
    arrived = (Said(adult, "I'm 15 mins away"), Said(adult, f"I live at 90 Quay Street, NR2 9{_INWARD[0]}"))
    conversations.append(Conversation(WHATSAPP, adult, (Said("", f"Come to mine, {OWN_ADDRESS}"), *arrived)))
    return Planted(tuple(conversations), status, postcode)


def number(n: int) -> str:
    """A number kept for drama that nobody else on the device has."""
    return f"+447700900{100 + n}"


class _Child:
    """What is the same of a child in whatever kind."""

    def __init__(self, n: int, shift: int) -> None:
        self.n, place = n, n + shift
        self.number, self.handle = number(n), f"wren.k{n:02d}"
        self.inward = f"{1 + place % 8}{_INWARD[place % len(_INWARD)]}"
        self.postcode = f"NR{1 + place % 20} {self.inward}"
        self.house = f"{11 + 2 * place} {_ROADS[place % len(_ROADS)]}"
        self.national = f"0{self.number[3:7]} {self.number[7:]}"

    def whatsapp(self, *texts: str, note: str | None = None) -> Conversation:
        age = f"im {12 + self.n % 4}"
        return Conversation(WHATSAPP, self.number, tuple(Said(self.number, text) for text in (age, *texts)), note)

    def snapchat(self, *said: Said, age: str | None = None) -> Conversation:
        return Conversation(
            SNAPCHAT, self.handle, (Said(self.handle, age or f"I'm {12 + self.n % 4} btw"), *said)
        )  # fmt: skip

    def snap(self, text: str) -> Said:
        return Said(self.handle, text)

    def told_by(self, k: int, text: str) -> Conversation:
        """A conversation of somebody else, who tells of the child."""
        party = number(300 + 2 * self.n + k)
        return Conversation(WHATSAPP, party, (Said("", "who is it"), Said(party, text)))


_Made = tuple[list[Conversation], list[Conversation]]  # the child's own, and others'


def _third_person(child: _Child) -> _Made:
    own = child.whatsapp(f"i live at {child.house}, Norwich {child.postcode}")
    return [own], [child.told_by(0, f"{child.national} lives at {child.house} {child.postcode.lower()}, near the bus")]


def _address_book(child: _Child) -> _Made:
    asked = child.whatsapp(note=f"{child.house}, {child.postcode}")
    answer = (Said("", "what's your address?"), Said(child.number, f"{child.house.lower()} {child.postcode.lower()}"))
    return [Conversation(asked.app, asked.party, (*asked.messages, *answer), asked.note)], []


def _two_apps(child: _Child) -> _Made:
    first = child.whatsapp(f"my snap is {child.handle}", f"my address is {child.house} {child.postcode}")
    other = child.snapchat(child.snap(f"i live at {child.house}, {child.postcode}, the one with the blue door"))
    return [first, other], []


def _one_caption(child: _Child) -> _Made:
    caption = Said(child.handle, f"my house, {child.house} {child.postcode}", picture=f"snap-{child.n}.jpg")
    return [child.snapchat(caption)], []


def _forwarded(child: _Child) -> _Made:
    text = f"@{child.handle} lives at {child.house} {child.postcode}"
    return [child.snapchat()], [child.told_by(0, text), child.told_by(1, f"Fwd: {text}")]


def _owners_address(child: _Child) -> _Made:
    own = child.whatsapp(f"i live at {OWN_ADDRESS}")
    return [own], [child.told_by(0, f"{child.national} lives at {OWN_ADDRESS} now, did you know")]


def _school_of_two_towns(child: _Child) -> _Made:
    own = child.snapchat(child.snap(f"I go to {_SCHOOL}"))
    towns = ("Thetford", "Ludlow")
    return [own], [child.told_by(k, f"@{child.handle} says her school is {_SCHOOL} in {towns[k]}") for k in range(2)]


def _told_once(child: _Child) -> _Made:
    return [
        child.whatsapp(f"my address is {child.house} {child.postcode}", f"see you at 8 Station Road NR9 9{_INWARD[1]}")
    ], []


def _town(child: _Child) -> _Made:
    return [child.snapchat(child.snap("im from Thetford"))], []


def _handle(child: _Child) -> _Made:
    return [child.whatsapp(f"add me on snapchat: {child.handle}"), child.snapchat()], []


def _border(child: _Child) -> _Made:
    return [child.snapchat(child.snap(f"i live at {child.house}, {BORDER} {child.inward}"))], []


# How an account comes out, by the kind of child.
CONFIRMED: dict[str, Callable[[_Child], _Made]] = {
    "third_person": _third_person, "address_book": _address_book, "two_apps": _two_apps,
}  # fmt: skip
ENQUIRY: dict[str, Callable[[_Child], _Made]] = {
    "one_caption": _one_caption, "forwarded": _forwarded, "owners_address": _owners_address,
    "school_of_two_towns": _school_of_two_towns, "told_once": _told_once, "town": _town, "handle": _handle,
    "border": _border,
}  # fmt: skip
SMALL = ("third_person", "address_book", "address_book", "two_apps", "one_caption", "school_of_two_towns", "border")
WHOLE = (  # 25 accounts with a confirmed address, and 16 with something to follow
    *("third_person",) * 9, *("address_book",) * 8, *("two_apps",) * 4, *("one_caption",) * 3, *("forwarded",) * 3,
    *("owners_address",) * 2, *("school_of_two_towns",) * 2, *("told_once",) * 2, "town", "handle", "border",
)  # fmt: skip
