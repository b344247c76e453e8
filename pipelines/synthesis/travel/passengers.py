"""People on the world's flights: travellers nobody looks for, and planted subjects under the names that lists give.

Travellers are functions of the seed, as everybody in the world. Planted rows are few and made one by one: a subject
under a variant of the name, a look-alike, a companion, a pair, a journey that a phone's silence matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar, names, world
from pipelines.synthesis.reports import cases, people
from pipelines.synthesis.travel import flights

Columns = dict[str, pa.Array]

_LETTERS = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ23456789"))
# Spellings that one name has in other hands. Written for the world, from common transliterations.
SPELLINGS = {
    "Mohammed": ("Muhammad", "Mohamed"), "Ahmed": ("Ahmad",), "Hassan": ("Hasan",), "Hussain": ("Hussein",),
    "Yusuf": ("Yousef",), "Ibrahim": ("Ebrahim",), "Omar": ("Umar",), "Aisha": ("Ayesha",), "Fatima": ("Fatema",),
    "Yasmin": ("Jasmin",), "Chaudhry": ("Choudhary",), "Begum": ("Begam",), "Malik": ("Maleek",), "Kaur": ("Kour",),
    "Iqbal": ("Iqbaal",), "Kowalski": ("Kowalsky",), "Nowak": ("Novak",), "Zofia": ("Sofia",), "Ozturk": ("Oeztuerk",),
    "Rafal": ("Rafael",), "Tomasz": ("Tomas",), "Stephen": ("Steven",), "Philip": ("Phillip",), "Sian": ("Shan",),
    "Zoë": ("Zoe",), "Renée": ("Renee",), "Katherine": ("Catherine",), "Sophie": ("Sofie",), "Byrne": ("Burn",),
}  # fmt: skip
_RULES = (
    *(("ph", "f"), ("ck", "k"), ("ey", "y"), ("ee", "i"), ("ie", "i")),
    *(("ll", "l"), ("tt", "t"), ("y", "i"), ("c", "k")),
)
# Ways in which a subject stands on a list, in the order in which they are planted.
KINDS = tuple(
    """
    exact swapped spelling birth_swapped lookalike_far companion typo birth_digit next_arrival lookalike_near
    middle_name phone_gap document no_birth pair nickname
    """.split()
)
SAME = frozenset(KINDS) - {"lookalike_far", "lookalike_near"}  # kinds in which it is the subject


def _reference(keys: draws.AnyInts) -> pa.Array:
    """Booking references: six letters and digits a key."""
    digits = (np.asarray(keys, dtype=np.uint64)[:, None] >> np.arange(0, 30, 5, dtype=np.uint64)) & np.uint64(31)
    return pa.array(np.ascontiguousarray(_LETTERS[digits.astype(np.int64)]).view("<U6").ravel())


def _seats(place: draws.Ints, flight: draws.Ints) -> pa.Array:
    """Row and letter of a passenger's place on a flight: six abreast, from one of three first rows."""
    number = pa.array(1 + place // 6 * 3 + flight % 3).cast(pa.string())
    return grammar.concat([number, pa.array(np.array(list("ABCDEF"))[place % 6])], len(place))


@dataclass(frozen=True, eq=False)
class Crowd:
    """Travellers nobody looks for: `on` gives their rows on some flights. Families fly together."""

    lists: flights.Flights

    def on(self, flight: draws.Ints) -> pd.DataFrame:
        """One row a passenger: flight (index), forename, surname, born_on, document_no, booking_ref, seat."""
        draw = self.lists.planet.draw
        size = 6 + draw.below("flight/listed", flight, 7)
        row = np.repeat(flight, size)
        place = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
        party = 1 + draw.below("flight/party", row, 3)
        booking = draw.hash("booking", row * 64 + place // party)
        families = max(70, self.lists.n_lines * 130)
        traveller = 3 * draw.below("booking/family", booking, families) + place % party
        family = traveller // 3
        female = draw.chance("traveller/female", traveller, 0.5)
        forename = pc.if_else(
            pa.array(female),
            draw.pick("traveller/f", traveller, names.FEMALE),
            draw.pick("traveller/m", traveller, names.MALE),
        )
        born = self.lists.planet.first_day - 365 - (draw.uniform("traveller/age", traveller) * 75 * 365.25).astype(int)
        absent = draw.chance("passenger/no-birth", booking, 0.05)
        serial = pc.utf8_lpad(pa.array(draw.below("traveller/document", traveller, 10**7)).cast(pa.string()), 7, "0")
        document = pc.if_else(
            pa.array(draw.chance("passenger/no-document", booking, 0.15)),
            pa.scalar(None, pa.string()),
            grammar.concat(["XG", serial], len(row)),
        )
        return pd.DataFrame(
            {
                "flight": row,
                "forename": forename.to_pandas(),
                "surname": draw.pick("family/surname", family, names.SURNAMES).to_pandas(),
                "born": np.where(absent, np.nan, born),
                "document_no": document.to_pandas(),
                "booking_ref": _reference(booking).to_pandas(),
                "seat": _seats(place, row).to_pandas(),
                "is_lawful": ~draw.chance("passenger/unlawful", booking, 0.004),
            }
        )


@dataclass(frozen=True, eq=False)
class Planted:
    """Subjects of open investigations on flights. `rows` are passengers, `truth` says who they are."""

    lists: flights.Flights

    @cached_property
    def rows(self) -> pd.DataFrame:
        """As `Crowd.on`, with kind, person_id (whose row it is about), and is_subject."""
        list_rows = [row for force in self.lists.planet.forces for row in self._of_force(force)]
        return pd.DataFrame(list_rows).sort_values(["flight", "booking_ref", "forename"], ignore_index=True)

    def _of_force(self, force: world.Force) -> Iterator[dict[str, object]]:
        planet = self.lists.planet
        index = force.start(world.SUSPECT) + np.arange(int(force.known(world.SUSPECT, 0)))
        known = pa.table(cases.investigations(planet, force, index, 0)).to_pandas()
        refs = dict(zip(people.refs(force, index).to_pylist(), index, strict=True))
        known = known[(known.status == "OPEN") & (known.role == "SUSPECT")]
        subjects = np.array([refs[ref] for ref in known.person_ref][: max(len(KINDS), force.n_reports // 25)])
        who = people.resolve(planet, force, subjects)
        forenames, surnames = who.forename.to_pylist(), who.surname.to_pylist()
        for place, (person, forename, surname, born) in enumerate(
            zip(subjects, forenames, surnames, who.born, strict=True)
        ):
            key = int(force.keys(np.array([person]))[0])
            subject = {
                "forename": forename,
                "surname": surname,
                "born": float(born),
                "document_no": f"XS{self._below('document', key, 10**7):07d}",
                "person_id": f"{force.code}:{people.refs(force, np.array([person]))[0].as_py()}",
                "seat": f"{1 + place % 30}A",
                "is_lawful": True,
                "number": int(who.number[place]),
            }
            yield from self._plant(KINDS[place % len(KINDS)], subject, key)

    def _below(self, name: str, key: int, bound: int) -> int:
        return int(self.lists.planet.draw.below(f"planted/{name}", np.array([key], dtype=np.uint64), bound)[0])

    def _plant(self, kind: str, subject: dict[str, object], key: int) -> Iterator[dict[str, object]]:
        """The rows of one planted subject."""
        day = flights.HISTORY - self._below("day", key, 25)
        flight = self._flight(day, key, self._below("inbound", key, 2))
        if kind == "next_arrival":
            flight = self._flight(flights.HISTORY, key, 1)
        elif kind == "document":  # an earlier journey under the own name, then one that only the document gives away
            yield self._row("exact", subject, flight - 20 * self.lists.n_lines, key + 1)
        elif kind == "pair":
            for n in range(4):
                on = self._flight(flights.HISTORY - 50 + 12 * n, key, n % 2)
                yield self._row("pair", subject, on, key + 2 * n)
                yield self._row("pair_companion", self._friend(subject, key), on, key + 2 * n + 1)
            return
        elif kind == "phone_gap":
            yield self._row(kind, subject, self._flight(flights.HISTORY - 9, key, 1), key + 1)
            flight = self._flight(flights.HISTORY - 14, key, 0)
        elif kind == "companion":
            yield self._row("companion_of", self._friend(subject, key), flight, key)
        yield self._row(kind, self._listed(kind, subject, key), flight, key)

    def _flight(self, day: int, key: int, inbound: int) -> int:
        """A flight of a day: the subject's own line, out or back."""
        return day * self.lists.n_lines + 2 * self._below("line", key, self.lists.n_lines // 2) + inbound

    def _row(self, kind: str, who: dict[str, object], flight: int, key: int) -> dict[str, object]:
        reference = _reference(np.array([key * 2654435761 % 2**63], dtype=np.uint64))[0].as_py()
        return {**who, "flight": flight, "kind": kind, "booking_ref": reference, "is_subject": kind in SAME}

    def _friend(self, subject: dict[str, object], key: int) -> dict[str, object]:
        other = np.array([key + 7], dtype=np.uint64)
        draw = self.lists.planet.draw
        return {
            **subject,
            "forename": draw.pick("friend/forename", other, names.FEMALE)[0].as_py(),
            "surname": draw.pick("friend/surname", other, names.SURNAMES)[0].as_py(),
            "born": float(self.lists.planet.first_day - 365 * 14 - self._below("friend", key, 900)),
            "document_no": f"XF{self._below('friend/document', key, 10**7):07d}",
            "seat": f"{1 + self._below('friend/seat', key, 30)}B",
        }

    def _listed(self, kind: str, subject: dict[str, object], key: int) -> dict[str, object]:
        """The subject as the list gives them."""
        forename, surname, born = str(subject["forename"]), str(subject["surname"]), int(str(subject["born"])[:-2])
        has_document = self._below("has-document", key, 4) > 0
        document = subject["document_no"] if has_document or kind == "document" else None
        changes: dict[str, object] = {"document_no": document}
        if kind == "swapped":
            changes |= {"forename": surname, "surname": forename}
        elif kind == "spelling":
            changes |= {"forename": _respelt(forename), "surname": _respelt(surname)}
        elif kind == "typo":
            at = 1 + self._below("typo", key, max(1, len(surname) - 2))
            changes |= {"surname": surname[:at] + surname[at + 1 :]}
        elif kind == "nickname":
            changes |= {"forename": names.NICKNAMES.get(forename, forename)}
        elif kind == "middle_name":
            changes |= {"forename": f"{forename} {names.MALE[self._below('middle', key, len(names.MALE))].as_py()}"}
        elif kind == "no_birth":
            changes |= {"born": float("nan")}
        elif kind == "birth_swapped":
            changes |= {"born": float(_swapped(born))}
        elif kind == "birth_digit":
            changes |= {"born": float(_one_digit(born, self._below("digit", key, 3)))}
        elif kind == "document":
            other = names.SURNAMES[self._below("married", key, len(names.SURNAMES))].as_py()
            changes |= {"surname": other, "forename": forename[0]}
        elif kind == "lookalike_far":
            shift = 400 + self._below("far", key, 9000)
            far = born - shift if self._below("far/sign", key, 2) else born + min(shift, 5000)
            changes |= {"born": float(far if _digits_apart(far, born) > 1 else far + 97), "document_no": None}
        elif kind == "lookalike_near":
            changes |= {
                "born": float(_one_digit(born, self._below("near", key, 3))),
                "document_no": f"XL{key % 10**7:07d}",
            }
        return {**subject, **changes}


def _respelt(name: str) -> str:
    if name in SPELLINGS:
        return SPELLINGS[name][0]
    for right, other in _RULES:
        if right in name[1:]:
            return name[0] + name[1:].replace(right, other, 1)
    return name


def _date(day: int) -> pd.Timestamp:
    return pd.Timestamp(day, unit="D")


def _swapped(day: int) -> int:
    """Day and month exchanged; where that is no date or the same one, the month's neighbour."""
    on = _date(day)
    if on.day <= 12 and on.day != on.month:
        on = on.replace(month=on.day, day=on.month)
        return int(on.timestamp() // world.DAY)
    return _one_digit(day, 0)


def _one_digit(day: int, which: int) -> int:
    """A date of birth with one digit wrong: the year's last or tens, or the day's last."""
    on = _date(day)
    year = on.year - 1 if on.year % 10 else on.year + 1
    changed = (year, on.year - 10, on.year)[which]
    last = {1: 2, 10: 11, 20: 21, 30: 20}.get(on.day, on.day - 1)  # one figure apart, and a day of any month
    made = f"{changed}-{on.month:02d}-{(last if which == 2 else min(on.day, 28)):02d}"
    return int(pd.Timestamp(made).timestamp() // world.DAY)


def _digits_apart(one: int, other: int) -> int:
    pair = (_date(day).strftime("%d%m%Y") for day in (one, other))
    return sum(a != b for a, b in zip(*pair, strict=True))
