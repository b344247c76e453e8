"""People of the world and the nominal records that forces hold of them.

A person is a function of the seed and an index: nothing is stored. A record may be an alias (the same person again, in
the same or another force), a look-alike (another person with the same name and nearly the same date of
birth), misspelt or incomplete. Phone numbers are unique while these drama ranges last (11,600); beyond that a few
people share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar, names, world
from pipelines.synthesis.reports import slips
from schemas import codes

N_MOBILES, N_LANDLINES = 600, 11_000  # drama mobiles from 600 on are kept for the parties of `trails`
# Innocent telephones with hundreds of contacts, the last of the landlines, and what each is in turn.
HUB_NUMBERS = tuple(range(N_MOBILES + N_LANDLINES - 12, N_MOBILES + N_LANDLINES))
HUBS = ("duty social work desk", "care home office", "custody desk", "school switchboard")
ALIAS_ABROAD = 0.6  # aliases that are records of a person of another force
LOOKALIKE = 0.03

# Made for the world: shares are not those of any place. Several forces record far fewer.
_SELF_DEFINED_WEIGHTS = (50, 2, 1, 0.3, 8, 2, 1, 1, 1, 3, 4, 2, 1, 2, 3, 4, 1, 1, 1, 12)
_OFFICER_WEIGHTS = (60, 5, 10, 14, 2, 3, 6)


@dataclass(frozen=True, eq=False)
class Who:
    """People after aliases are resolved, each array of shape (n,): whose record it is."""

    world: world.World
    ordinal: draws.Ints  # force, by its place in the world
    kind: draws.Ints  # world.CHILD, SUSPECT or OTHER
    rank: draws.Ints  # index within the class
    key: draws.Keys

    @cached_property
    def name_key(self) -> draws.Keys:
        """Whose name and date of birth a person has: their own, or for a look-alike another's of their class."""
        draw = self.world.draw
        other = draw.below("lookalike/of", self.key, _class_sizes(self.world)[self.ordinal, self.kind])
        key = _key(self.world, self.ordinal, self.kind, other)
        return np.where(self.is_lookalike, key, self.key)

    @cached_property
    def is_lookalike(self) -> draws.Bools:
        return self.world.draw.chance("lookalike", self.key, LOOKALIKE)

    @cached_property
    def is_female(self) -> draws.Bools:
        p = np.array([0.62, 0.12, 0.52])[self.kind]
        return self.world.draw.chance("female", self.name_key, p)

    @cached_property
    def forename(self) -> pa.Array:
        draw = self.world.draw
        female, male = (
            draw.pick("forename", self.name_key, names.FEMALE),
            draw.pick("forename", self.name_key, names.MALE),
        )
        return pc.if_else(pa.array(self.is_female), female, male)

    @cached_property
    def surname(self) -> pa.Array:
        return self.world.draw.pick("surname", self.name_key, names.SURNAMES)

    @cached_property
    def born(self) -> draws.Ints:
        """Date of birth as days since 1970-01-01."""
        draw, today = self.world.draw, self.world.first_day
        low = np.array([11.0, 18.0, 18.0])[self.kind]
        span = np.array([6.9, 44.0, 74.0])[self.kind]
        age = low + span * draw.uniform("age", self.name_key) ** np.array([0.8, 1.7, 1.2])[self.kind]
        shift = np.array([1, -1, 9, 365])[draw.below("lookalike/born", self.key, 4)]
        return today - (age * 365.25).astype(np.int64) + np.where(self.is_lookalike, shift, 0)

    @cached_property
    def town(self) -> pa.Array:
        at = self.world.draw.below("town", self.key, 8)
        return _towns(self.world).take(pa.array(self.ordinal * 8 + at))

    @cached_property
    def address(self) -> pa.Array:
        draw = self.world.draw
        house = pa.array(draw.below("house", self.key, 180) + 1).cast(pa.string())
        return grammar.concat(
            [house, " ", draw.pick("street", self.key, names.STREET_NAMES), ", ", self.town], len(self.key)
        )

    @cached_property
    def postcode(self) -> pa.Array:
        draw = self.world.draw
        area = _areas(self.world).take(pa.array(self.ordinal))
        district = pa.array(draw.below("district", self.key, 20) + 1).cast(pa.string())
        sector = pa.array(draw.below("sector", self.key, 9) + 1).cast(pa.string())
        inward = draw.pick("inward", self.key, names.NEVER_ISSUED_INWARD)
        return grammar.concat([area, district, " ", sector, inward], len(self.key))

    @cached_property
    def home(self) -> draws.Ints:
        """The children's home of a planted decoy, by the number index of its office; -1 for all others."""
        _, first, size = world.PARTS["decoys"]
        groups = np.array([force.n_groups for force in self.world.forces])
        place = self.rank - first * groups[self.ordinal]
        is_decoy = (self.kind == world.CHILD) & (place >= 0) & (place < size * groups[self.ordinal])
        offices = np.array(HUB_NUMBERS)[HUBS.index("care home office") :: len(HUBS)]
        own = self.world.draw.below("home", place // size * len(groups) + self.ordinal, len(offices))
        return np.where(is_decoy, offices[own], -1)

    @cached_property
    def number(self) -> draws.Ints:
        """Telephone as an index below 11,600 (mobiles first), or -1 for none."""
        return np.where(self.home >= 0, self.home, self._own_number)

    @property
    def _own_number(self) -> draws.Ints:
        draw = self.world.draw
        place = (self.rank * 3 + self.kind) * len(self.world.forces) + self.ordinal
        limit = N_MOBILES + N_LANDLINES
        shared = np.where(draw.chance("phone/shared", self.key, 0.25), draw.below("phone/which", self.key, limit), -1)
        return np.where(draw.chance("phone/none", self.key, 0.12), -1, np.where(place < limit, place, shared))

    @cached_property
    def vehicle(self) -> pa.Array:
        draw = self.world.draw
        has = draw.chance("vehicle", self.key, np.array([0.0, 0.5, 0.35])[self.kind])
        return pc.if_else(pa.array(has), marks(draw, self.key), pa.scalar(None, pa.string()))


def marks(draw: draws.Draws, keys: draws.AnyInts) -> pa.Array:
    """Vehicle registration marks that are never issued, without space."""
    letters = pa.array([a + b for a in "ABCDEFGHKLMNPRSWY" for b in "ABCDEFGHJKLMNPRSTUVWXY"])
    year = pa.array([f"{y:02d}" for y in (*range(8, 26), *range(58, 76))])
    return grammar.concat(
        [
            draw.pick("mark/a", keys, letters),
            draw.pick("mark/y", keys, year),
            draw.pick("mark/z", keys, names.NEVER_ISSUED_MARK),
        ],
        len(keys),
    )


@lru_cache(maxsize=1)
def _national_numbers() -> pa.Array:
    mobiles = [f"07700900{n:03d}" for n in range(N_MOBILES)]
    landlines = [f"{area}4960{n:03d}" for n in range(1000) for area in names.LANDLINE_AREAS]
    return pa.array([*mobiles, *landlines])


def phones(number: draws.Ints) -> pa.Array:
    """National numbers (07700900123) of number indices; NULL where the index is negative."""
    return _national_numbers().take(pa.array(number, mask=number < 0))


def e164(number: draws.Ints) -> pa.Array:
    """International numbers (+447700900123) of number indices; NULL where the index is negative."""
    return pc.replace_substring_regex(phones(number), "^0", "+44")


@lru_cache(maxsize=4)
def _class_sizes(planet: world.World) -> draws.Ints:
    return np.array([[f.n_class(k) for k in range(3)] for f in planet.forces])


@lru_cache(maxsize=4)
def _codes(planet: world.World) -> draws.Keys:
    return np.array([int(f.code, 36) for f in planet.forces], dtype=np.uint64)


@lru_cache(maxsize=4)
def _towns(planet: world.World) -> pa.Array:
    towns: list[str] = []
    for force in planet.forces:
        drawn = planet.draw.hash(f"towns/{force.code}", np.arange(len(names.GENERAL_TOWNS)))
        general = [names.GENERAL_TOWNS[k] for k in np.argsort(drawn)[:8]]
        towns += names.TOWNS.get(force.code, general)
    return pa.array(towns)


@lru_cache(maxsize=4)
def _areas(planet: world.World) -> pa.Array:
    general = names.GENERAL_AREAS
    return pa.array([names.POSTCODE_AREAS.get(f.code, general[int(f.code) % len(general)]) for f in planet.forces])


def towns_of(planet: world.World, force: world.Force) -> pa.Array:
    return _towns(planet).slice(force.ordinal * 8, 8)


def _key(planet: world.World, ordinal: draws.Ints, kind: draws.Ints, rank: draws.Ints) -> draws.Keys:
    sizes = _class_sizes(planet)
    start = np.concatenate([np.zeros((len(sizes), 1), np.int64), np.cumsum(sizes, axis=1)[:, :2]], axis=1)
    return (_codes(planet)[ordinal] << np.uint64(40)) | (start[ordinal, kind] + rank).astype(np.uint64)


def resolve(planet: world.World, force: world.Force, index: draws.Ints) -> Who:
    """Who the force's records are of. `index` is in [0, force.n_people)."""
    is_alias = index >= force.n_base
    starts = np.array([force.start(k) for k in range(3)])
    alias_starts = np.array([force.alias_start(k) for k in range(3)])
    kind = (
        np.where(is_alias, np.searchsorted(alias_starts, index, "right"), np.searchsorted(starts, index, "right")) - 1
    )
    own_key = force.keys(index)
    n_forces = len(planet.forces)
    abroad = is_alias & planet.draw.chance("alias/abroad", own_key, ALIAS_ABROAD) & (n_forces > 1)
    elsewhere = (force.ordinal + 1 + planet.draw.below("alias/force", own_key, max(1, n_forces - 1))) % n_forces
    ordinal = np.where(abroad, elsewhere, force.ordinal)
    target = planet.draw.below("alias/of", own_key, _class_sizes(planet)[ordinal, kind])
    rank = np.where(is_alias, target, index - starts[kind])
    return Who(planet, ordinal, kind, rank, _key(planet, ordinal, kind, rank))


def refs(force: world.Force, index: draws.Ints) -> pa.Array:
    """A force's nominal references."""
    return grammar.concat([f"N{force.code}", pc.utf8_lpad(pa.array(index).cast(pa.string()), 8, "0")], len(index))


def ids(force: world.Force, index: draws.Ints) -> pa.Array:
    """The same as silver names them: force code, colon, reference."""
    return grammar.concat([f"{force.code}:", refs(force, index)], len(index))


def arrivals(force: world.Force, night: int) -> draws.Ints:
    """Indices of the people whose records first arrive in a night."""
    arrivals_by_force: list[draws.Ints] = []
    for kind in range(3):
        before = int(force.known(kind, night - 1)) if night else 0
        arrivals_by_force.append(force.start(kind) + np.arange(before, int(force.known(kind, night))))
    if night == 0:
        arrivals_by_force.append(np.arange(force.n_base, force.n_people))
    return np.concatenate(arrivals_by_force)


def moved(force: world.Force, night: int) -> draws.Ints:
    """Indices of people whose record is sent again in a later night because the address changed."""
    if night == 0:
        return np.empty(0, np.int64)
    at = np.arange(max(1, force.n_base // 200))
    return np.unique(force.draw.below(f"moved/{force.code}/{night}", at, int(force.known(world.CHILD, 0))))


def records(
    planet: world.World, force: world.Force, index: draws.Ints, night: int, has_moved: bool
) -> dict[str, pa.Array]:
    """Nominal records in our names, national codes and typed values: one row an index."""
    who, key, draw = resolve(planet, force, index), force.keys(index), planet.draw
    n = len(index)
    none = pa.scalar(None, pa.string())

    def absent(name: str, p: float, values: pa.Array) -> pa.Array:
        return pc.if_else(pa.array(draw.chance(f"absent/{name}", key, p)), none.cast(values.type), values)

    is_alias = index >= force.n_base
    forename = slips.nicknames(who.forename, is_alias & draw.chance("nickname", key, 0.4))
    upper = pa.array(draw.chance("name/upper", key, 0.3))
    forename = pc.if_else(upper, pc.utf8_upper(forename), forename)
    surname = slips.typos(who.surname, draw.chance("name/typo", key, 0.04), draw, f"name/{force.code}/{night}", key)
    address = slips.typos(who.address, draw.chance("address/typo", key, 0.08), draw, f"addr/{force.code}/{night}", key)
    if has_moved:
        address = grammar.concat([f"Flat {night}, ", address], n)
    swapped = np.where(draw.chance("born/slip", key, 0.01), who.born + 30, who.born)
    born = pa.array(swapped.astype(np.int32)).cast(pa.date32())
    recording = 0.45 + 0.5 * float(draw.uniform("ethnicity/force", np.array([force.ordinal]))[0])
    self_defined = pa.array(codes.SELF_DEFINED_ETHNICITIES).take(
        pa.array(draw.choice("ethnicity/self", who.key, _SELF_DEFINED_WEIGHTS))
    )
    officer = pa.array(codes.OFFICER_DEFINED_ETHNICITIES).take(
        pa.array(draw.choice("ethnicity/officer", key, _OFFICER_WEIGHTS))
    )
    sex = pc.if_else(pa.array(who.is_female), "F", "M")
    return {
        "person_ref": refs(force, index),
        "forename": absent("forename", 0.01, forename),
        "surname": absent("surname", 0.002, surname),
        "born_on": absent("born", 0.08, born),
        "sex": pc.if_else(pa.array(draw.chance("sex/unknown", key, 0.02)), "U", sex),
        "self_defined_ethnicity": absent("self", 1 - recording, self_defined),
        "officer_defined_ethnicity": absent("officer", 0.4, officer),
        "phone": absent("phone", 0.1, spaced(phones(who.number), draw.chance("phone/spaced", key, 0.3))),
        "address": absent("address", 0.1, address),
        "postcode": absent("postcode", 0.12, who.postcode),
        "vehicle": absent("vehicle", 0.05, who.vehicle),
    }


def spaced(national: pa.Array, where: draws.Bools) -> pa.Array:
    """National numbers as people write them: some with a space after the fifth digit."""
    split = grammar.concat(
        [pc.utf8_slice_codeunits(national, 0, 5), " ", pc.utf8_slice_codeunits(national, 5)], len(national)
    )
    return pc.if_else(pa.array(where), split, national)


def truth(planet: world.World, force: world.Force, index: draws.Ints) -> dict[str, pa.Array]:
    """Whose record each is: person_id as silver names it, and the true person."""
    who = resolve(planet, force, index)
    return {
        "person_id": ids(force, index),
        "force": pa.array([force.code] * len(index)),
        "true_person": grammar.concat(["P", pa.array(who.key).cast(pa.string())], len(index)),
        "is_child": pa.array(who.kind == world.CHILD),
        "is_alias": pa.array(index >= force.n_base),
        "is_lookalike": pa.array(who.is_lookalike),
    }
