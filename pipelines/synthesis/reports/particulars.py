"""Values of the slots in phrases: the report's people as its writer calls them, and its places, times and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar, names
from pipelines.synthesis.reports import people, subjects

_DAYS = pa.array(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
_DECADES = pa.array(["twenties", "thirties", "forties", "late twenties", "fifties"])
_CHILD_WORDS = pa.array(["the young person", "the child", "a young female", "YP1", "V1", "the above", "the juvenile"])
_BOY_WORDS = pa.array(["the young person", "the child", "a young male", "YP1", "V1", "the above", "the juvenile"])
_UNKNOWN_SUSPECTS = pa.array(
    ["an unknown male", "a male", "SUS1", "UNSUB", "an unidentified person", "a local male", "a man"]
)
_ADULT_WORDS = pa.array(["the victim", "the IP", "V1", "the complainant", "a resident"])
_DATE_STYLES = ("%d/%m/%y", "%d/%m/%Y", "%d %B", "%d %b %Y", "%d.%m.%y")


@dataclass(frozen=True, eq=False)
class Particulars:
    """Calling it with a slot's name gives that slot's values for the whole chunk, shape (n,); each is made once."""

    latent: subjects.Latent
    _made: dict[str, pa.Array] = field(default_factory=dict)

    def __call__(self, slot: str) -> pa.Array:
        if slot not in self._made:
            self._made[slot] = self._make(slot)
        return self._made[slot]

    @property
    def _draw(self) -> draws.Draws:
        return self.latent.planet.draw

    @property
    def _key(self) -> draws.Keys:
        return self.latent.content

    def _make(self, slot: str) -> pa.Array:
        pick: Callable[[str, pa.Array], pa.Array] = lambda name, pool: self._draw.pick(f"slot/{name}", self._key, pool)  # noqa: E731
        numbers: dict[str, Callable[[], pa.Array]] = {
            "n": lambda: _text(2 + self._draw.below("slot/n", self._key, 8)),
            "n2": lambda: _text(self._draw.below("slot/n2", self._key, 10)),
            "money": lambda: grammar.concat(
                ["£", _text(10 + 5 * self._draw.below("slot/money", self._key, 60))], len(self._key)
            ),
            "time": self._time,
            "date": self._date,
            "phone": self._phone,
            "vrm": lambda: people.marks(self._draw, self._draw.hash("slot/vrm", self._key)),
            "premises": self._premises,
            "town": lambda: self._town("town"),
            "town2": lambda: pick("town2", pa.array(names.GENERAL_TOWNS)),
            "age": lambda: self._age(self.latent.child, 8),
            "sage": lambda: self._age(self.latent.suspect, 18),
        }
        if slot in numbers:
            return numbers[slot]()
        plain = {
            "street": names.STREET_NAMES, "street2": names.STREET_NAMES, "car": names.CARS, "nick": names.ALIASES,
            "op": names.OPERATIONS, "platform": names.PLATFORMS, "dow": _DAYS, "decade": _DECADES, "w": names.WITNESSES,
        }  # fmt: skip
        if slot in plain:
            return pick(slot, plain[slot])
        return self._person(slot)

    def _person(self, slot: str) -> pa.Array:
        latent = self.latent
        if slot in ("v", "vs", "vpos", "vobj"):
            female = self._who(latent.child).is_female
            unnamed = pc.if_else(
                pa.array(female), self._pick("v/unnamed", _CHILD_WORDS), self._pick("v/unnamed", _BOY_WORDS)
            )
            if slot == "v":
                return self._named(latent.child, latent.linked["victim"] & latent.is_about_child, unnamed, "v")
            return _pronoun(female, slot[1:])
        if slot in ("p", "pp", "ppos", "pobj"):
            if slot == "p":
                return self._named(latent.adult, latent.linked["victim"], self._pick("p/unnamed", _ADULT_WORDS), "p")
            return _pronoun(self._who(latent.adult).is_female, {"pp": "s", "ppos": "pos", "pobj": "obj"}[slot])
        if slot == "s":
            return self._named(
                latent.suspect, latent.linked["suspect"], self._pick("s/unnamed", _UNKNOWN_SUSPECTS), "s"
            )
        if slot == "s2":
            return self._named(latent.second, latent.linked["second"], self._pick("s2", names.ALIASES), "s2")
        raise KeyError(f"a phrase uses the unknown slot {slot!r}")

    def _pick(self, name: str, pool: pa.Array) -> pa.Array:
        return self._draw.pick(f"slot/{name}", self._key, pool)

    def _who(self, index: draws.Ints) -> people.Who:
        return people.resolve(self.latent.planet, self.latent.force, index)

    def _named(self, index: draws.Ints, is_linked: draws.Bools, unnamed: pa.Array, name: str) -> pa.Array:
        """A person as the writer names them: in one of four ways if linked to the report, else in general words."""
        who, n = self._who(index), len(index)
        ways = [
            grammar.concat([who.forename, " ", who.surname], n),
            grammar.concat([pc.utf8_upper(who.surname), " ", who.forename], n),
            who.forename,
            unnamed,
        ]
        way = self._draw.choice(f"slot/{name}/way", self._key, (0.45, 0.2, 0.15, 0.2))
        return pc.choose(pa.array(np.where(is_linked, way, 3)), *ways)

    def _age(self, index: draws.Ints, least: int) -> pa.Array:
        years = ((self.latent.spoken_of - self._who(index).born) / 365.25).astype(np.int64)
        return _text(np.maximum(years, least))

    def _time(self) -> pa.Array:
        minutes = self._draw.below("slot/time", self._key, 288) * 5
        hour = pc.utf8_lpad(_text(minutes // 60), 2, "0")
        minute = pc.utf8_lpad(_text(minutes % 60), 2, "0")
        colon = pc.if_else(pa.array(self._draw.chance("slot/time/colon", self._key, 0.5)), ":", "")
        return grammar.concat([hour, colon, minute, pc.if_else(pc.equal(colon, ""), "hrs", "")], len(minutes))

    def _date(self) -> pa.Array:
        back = self._draw.below("slot/date/back", self._key, 12)
        days = pa.array((self.latent.spoken_of - back).astype(np.int32)).cast(pa.date32())
        way = pa.array(self._draw.below("slot/date/style", self._key, len(_DATE_STYLES)))
        return pc.choose(way, *[pc.strftime(days, format=f) for f in _DATE_STYLES])

    def _phone(self) -> pa.Array:
        """A number of the suspect where there is one, or any drama number."""
        own = self._who(self.latent.suspect).number
        anyone = self._draw.below("slot/phone", self._key, people.N_MOBILES + people.N_LANDLINES)
        number = np.where((own >= 0) & self._draw.chance("slot/phone/own", self._key, 0.5), own, anyone)
        return people.spaced(people.phones(number), self._draw.chance("slot/phone/spaced", self._key, 0.5))

    def _premises(self) -> pa.Array:
        """A planted group keeps to one place; other reports name any."""
        group = np.maximum(self.latent.group, 0)
        at_group = self._draw.pick("slot/premises/group", self.latent.force.keys(group), names.PREMISES)
        own = (self.latent.group >= 0) & (self.latent.subject != subjects.WELFARE)
        named = pc.if_else(pa.array(own), at_group, self._pick("premises", names.PREMISES))
        addressed = grammar.concat(
            [_text(1 + self._draw.below("slot/house", self._key, 180)), " ", self("street")], len(own)
        )
        return pc.if_else(pa.array(~own & self._draw.chance("slot/premises/house", self._key, 0.4)), addressed, named)

    def _town(self, name: str) -> pa.Array:
        return self._pick(name, people.towns_of(self.latent.planet, self.latent.force))


def _text(numbers: draws.Ints) -> pa.Array:
    return pa.array(numbers).cast(pa.string())


def _pronoun(is_female: draws.Bools, case: str) -> pa.Array:
    female, male = {"s": ("she", "he"), "pos": ("her", "his"), "obj": ("her", "him")}[case]
    return pc.if_else(pa.array(is_female), female, male)
