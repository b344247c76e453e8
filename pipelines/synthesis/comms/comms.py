"""Communications data of providers: authorisations, and the events held under them. Never content.

Each authorisation is about one telephone for a window of weeks. A planted tie by calls is visible as child to associate
and associate to offender. Some telephones (a duty desk, a care home) have hundreds of contacts and are innocent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.comms import devices, network
from pipelines.synthesis.core import draws, grammar, names, world
from pipelines.synthesis.reports import people
from schemas import codes

Columns = dict[str, pa.Array]

EVENTS_PER_AUTHORISATION = 40
# What stands for the 0 of 07700900123, by provider.
NUMBER_PREFIX = {
    "telco_north": "+44",
    "telco_south": "0",
    "telco_west": "0",
    "telco_east": "+44",
    "telco_coast": "44",
    "telco_isle": "0044",
}
_SHORT_CODES = pa.array(["60777", "61016", "80088", "84888"])
_NONE = pa.scalar(None, pa.string())


@dataclass(frozen=True, eq=False)
class Provider:
    """A provider's authorisations, numbered from 0; each belongs to a force and a planted group or to any suspect."""

    planet: world.World
    sender: str

    @property
    def n(self) -> int:
        return max(12, self.planet.n_reports // 200)

    def keys(self, index: draws.Ints) -> draws.Keys:
        return self.planet.draw.hash(f"provider/{self.sender}", index)

    def night(self, index: draws.Ints) -> draws.Ints:
        """Night in which authorisation and events arrive: most in the first."""
        n_nights = self.planet.n_nights
        later = 1 + self.planet.draw.below("auth/night", self.keys(index), max(1, n_nights - 1))
        is_later = self.planet.draw.chance("auth/later", self.keys(index), 0.3) & (n_nights > 1)
        return np.where(is_later, later, 0)

    def arriving(self, night: int) -> draws.Ints:
        index = np.arange(self.n)
        return index[self.night(index) == night]

    def window(self, index: draws.Ints) -> tuple[draws.Ints, draws.Ints]:
        """Start and end in seconds since 1970, UTC.

        Windows lie in the year before the first night: together they span both clock changes and hold no future.
        """
        key, draw = self.keys(index), self.planet.draw
        day = self.planet.first_day - 85 - draw.below("auth/start", key, 300)
        return day * world.DAY + 9 * 3600, (day + 28 + draw.below("auth/length", key, 33)) * world.DAY + 9 * 3600

    def urns(self, index: draws.Ints) -> pa.Array:
        prefix = "CD/" + self.sender[-5:].upper() + "/"
        return grammar.concat([prefix, pc.utf8_lpad(pa.array(index).cast(pa.string()), 6, "0")], len(index))

    @cached_property
    def network(self) -> network.Network:
        return network.Network(self.planet, self.sender)

    def ordinal(self, index: draws.Ints) -> draws.Ints:
        """Force of each authorisation, by its place in the world."""
        return self.planet.draw.below("auth/force", self.keys(index), len(self.planet.forces))

    def imei(self, number: draws.Ints) -> pa.Array:
        """Handset of each telephone number: a test code of 14 digits, and the check digit."""
        return devices.checked(devices.codes(self.planet.draw, "imei", "0044", number, 10))

    def imsi(self, number: draws.Ints) -> pa.Array:
        return devices.codes(self.planet.draw, "imsi", "00101", number, 10)

    def is_open(self, index: draws.Ints) -> draws.Bools:
        """Whether an authorisation is for events and hides nobody."""
        key, draw = self.keys(index), self.planet.draw
        hides = draw.chance("auth/protected", key, 0.02) | draw.chance("auth/journalist", key, 0.002)
        return (draw.choice("auth/kind", key, (0.95, 0.05)) == 0) & ~hides

    def authorisations(self, index: draws.Ints) -> Columns:
        key, draw, n = self.keys(index), self.planet.draw, len(index)
        granted, expires = self.window(index)
        signer = draw.pick("auth/signer", key, names.SURNAMES)
        section = pa.array(["s.60A", "s.61", "s.61A"])
        return {
            "auth_urn": self.urns(index),
            "section": draw.pick("auth/section", key, section),
            "purpose": pa.array(codes.COMMS_PURPOSES).take(
                pa.array(draw.choice("auth/purpose", key, (0.85, 0.13, 0.02)))
            ),
            "kind": pa.array(["EVENTS", "ENTITY"]).take(pa.array(draw.choice("auth/kind", key, (0.95, 0.05)))),
            "granted_at": pa.array(granted).cast(pa.timestamp("s")),
            "expires_at": pa.array(expires).cast(pa.timestamp("s")),
            "authoriser": grammar.concat(["OCDA ", signer], n),
            "is_protected_profession": pa.array(draw.chance("auth/protected", key, 0.02)),
            "is_journalist_source": pa.array(draw.chance("auth/journalist", key, 0.002)),
            "approved_at": pa.array(granted + world.DAY, mask=~draw.chance("auth/approved", key, 0.3)).cast(
                pa.timestamp("s")
            ),
        }

    def subscribers(self, index: draws.Ints) -> Columns:
        """Who holds each authorisation's number, as far as it is registered; and for every tenth number, who held it
        before it was given out again."""
        draw, key = self.planet.draw, self.keys(index)
        number, names_, addresses, postcodes = self._holders(index)
        start, _ = self.window(index)
        begun = start // world.DAY - 30 - draw.below("holder/from", key, 700)
        is_anonymous = draw.chance("holder/prepaid", key, 0.3)
        before = np.flatnonzero(draw.chance("holder/before", key, 0.1))
        order = np.concatenate([np.arange(len(index)), before])
        is_old = np.arange(len(order)) >= len(index)
        unknown = pa.array(is_anonymous[order])
        mine, other = pa.array(order), pa.array(np.roll(order, 1))  # an earlier holder is somebody else
        swapped = pa.array(is_old)

        def held(values: pa.Array) -> pa.Array:
            return pc.if_else(unknown, _NONE, pc.if_else(swapped, values.take(other), values.take(mine)))

        ended = np.where(is_old, begun[order] - 60, 0).astype(np.int32)
        return {
            "auth_urn": self.urns(index[order]),
            "number": self.as_sent(people.phones(number[order])),
            "imsi": pc.if_else(swapped, _NONE, self.imsi(number[order])),
            "imei": pc.if_else(swapped, _NONE, self.imei(number[order])),
            "name": held(names_),
            "address": held(addresses),
            "postcode": held(postcodes),
            "from_on": pa.array((begun[order] - np.where(is_old, 900, 0)).astype(np.int32)).cast(pa.date32()),
            "to_on": pa.array(ended, mask=~is_old).cast(pa.date32()),
        }

    def _holders(self, index: draws.Ints) -> tuple[draws.Ints, pa.Array, pa.Array, pa.Array]:
        """Number, name, address and postcode of the subject of each authorisation."""
        planet, key = self.planet, self.keys(index)
        number = np.full(len(index), -1, dtype=np.int64)
        parts: list[list[pa.Array]] = [[], [], []]
        order: list[draws.Ints] = []
        for force in planet.forces:
            at = np.flatnonzero(self.ordinal(index) == force.ordinal)
            who = people.resolve(planet, force, subject(planet, force, key[at]))
            number[at] = who.number
            order.append(at)
            parts[0].append(grammar.concat([who.forename, " ", who.surname], len(at)))
            parts[1].append(who.address)
            parts[2].append(who.postcode)
        back = pa.array(np.argsort(np.concatenate(order), kind="stable"))
        joined = [pa.concat_arrays([p.cast(pa.string()) for p in part]).take(back) for part in parts]
        drawn = planet.draw.below("auth/number", key, people.N_MOBILES + people.N_LANDLINES)
        return np.where(number < 0, drawn, number), joined[0], joined[1], joined[2]

    def as_sent(self, national: pa.Array) -> pa.Array:
        """Numbers as this provider writes them; short codes stay."""
        return pc.replace_substring_regex(national, "^0", NUMBER_PREFIX[self.sender])

    def events(self, index: draws.Ints) -> Columns:
        """All events under these authorisations, and a few that no authorisation covers."""
        return Events(self, np.repeat(index, EVENTS_PER_AUTHORISATION)).rows()


@dataclass(frozen=True, eq=False)
class Events:
    """Events of a provider; `auth` is the authorisation of each, with its events side by side."""

    provider: Provider
    auth: draws.Ints

    @cached_property
    def key(self) -> draws.Keys:
        place = np.arange(len(self.auth)) % EVENTS_PER_AUTHORISATION
        return self.provider.planet.draw.hash("event", self.provider.keys(self.auth) + place.astype(np.uint64))

    @cached_property
    def ordinal(self) -> draws.Ints:
        """Force of each event's authorisation, by its place in the world."""
        return self.provider.ordinal(self.auth)

    @cached_property
    def _parties(self) -> tuple[draws.Ints, draws.Ints]:
        """Numbers of the subject of the authorisation and of the other party, as number indices."""
        planet, draw = self.provider.planet, self.provider.planet.draw
        auth_key = self.provider.keys(self.auth)
        subject = np.full(len(self.auth), -1, dtype=np.int64)
        other = np.full(len(self.auth), -1, dtype=np.int64)
        for force in planet.forces:
            at = np.flatnonzero(self.ordinal == force.ordinal)
            a, b = _within(planet, force, auth_key[at], self.key[at])
            subject[at], other[at] = a, b
        limit = people.N_MOBILES + people.N_LANDLINES
        subject = np.where(subject < 0, draw.below("auth/number", auth_key, limit), subject)
        return subject, np.where(other < 0, draw.below("event/number", self.key, limit), other)

    @cached_property
    def started(self) -> draws.Ints:
        """Seconds since 1970, UTC: mostly inside the window, 3 % outside. Evenings are busier."""
        draw = self.provider.planet.draw
        start, end = self.provider.window(self.auth)
        day = start // world.DAY + draw.below("event/day", self.key, (end - start) // world.DAY)
        second = (draw.uniform("event/second", self.key) ** 0.7 * world.DAY).astype(np.int64)
        inside = np.clip(day * world.DAY + second, start, end - 1)
        outside = end + 3600 + draw.below("event/after", self.key, 20 * world.DAY)
        return np.where(draw.chance("event/outside", self.key, 0.03), outside, inside)

    @cached_property
    def is_outgoing(self) -> draws.Bools:
        return self.provider.planet.draw.chance("event/outgoing", self.key, 0.55)

    @cached_property
    def kind(self) -> draws.Ints:
        """Index into codes.COMMS_TYPES."""
        return self.provider.planet.draw.choice("event/type", self.key, (0.4, 0.35, 0.03, 0.22))

    @property
    def is_data(self) -> draws.Bools:
        return self.kind == codes.COMMS_TYPES.index("DATA")

    @property
    def is_short(self) -> draws.Bools:
        """Called is a short code of a service: 2 % of outgoing calls and texts."""
        drawn = self.provider.planet.draw.chance("event/short", self.key, 0.02)
        return drawn & self.is_outgoing & ~self.is_data

    @property
    def is_lost(self) -> draws.Bools:
        """0.4 % name no authorisation, or one that nobody knows."""
        return self.provider.planet.draw.chance("event/no-auth", self.key, 0.004)

    def _called(self, numbers: pa.Array) -> pa.Array:
        code = self.provider.planet.draw.pick("event/code", self.key, _SHORT_CODES)
        return pc.if_else(pa.array(self.is_short), code, numbers)

    def _authorised(self) -> pa.Array:
        """The authorisation's URN, where it was not lost."""
        draw, urns, lost = self.provider.planet.draw, self.provider.urns(self.auth), self.is_lost
        unknown = lost & draw.chance("event/unknown-auth", self.key, 0.3)
        wrong = pc.if_else(pa.array(unknown), grammar.concat([urns, "X"], len(urns)), _NONE)
        return pc.if_else(pa.array(lost), wrong, urns)

    def rows(self) -> Columns:
        draw, key = self.provider.planet.draw, self.key
        subject, other = self._parties
        outgoing, kind, is_data = self.is_outgoing, self.kind, self.is_data
        is_voice = kind == codes.COMMS_TYPES.index("VOICE")
        seconds = np.where(is_voice, (-90 * np.log1p(-draw.uniform("event/length", key))).astype(np.int64), 0)
        seconds = np.where(is_data, 30 + draw.below("event/session", key, 3600), seconds)
        a, b = np.where(outgoing | is_data, subject, other), np.where(outgoing | is_data, other, subject)
        called = self._called(people.phones(np.where(is_data, -1, b)))
        place = network.whereabouts(self.provider.planet, subject, key, self.started % world.DAY)
        first = self.provider.network.ids(self.ordinal, place)
        moves = draw.chance("event/moves", key, 0.3)
        end = np.where(moves, network.beside(self.provider.planet, place, key), place)
        direction = pc.if_else(pa.array(outgoing), "OUTGOING", "INCOMING")
        return {
            "auth_urn": self._authorised(),
            "a_number": self.provider.as_sent(people.phones(a)),
            "b_number": self.provider.as_sent(called),
            "imei": self.provider.imei(subject),
            "imsi": self.provider.imsi(subject),
            "type": pa.array(codes.COMMS_TYPES).take(pa.array(kind)),
            "started_at": pa.array(self.started).cast(pa.timestamp("s")),
            "duration_s": pa.array(seconds),
            "first_cell": first,
            "last_cell": self.provider.network.ids(self.ordinal, end),
            "first_azimuth": self.provider.network.azimuths(place),
            "last_azimuth": self.provider.network.azimuths(end),
            "direction": pc.if_else(pa.array(is_data), _NONE, direction),
        }


def _within(
    planet: world.World, force: world.Force, auth_key: draws.Keys, key: draws.Keys
) -> tuple[draws.Ints, draws.Ints]:
    """Number indices of subject and other party for events of one force's authorisations; -1 where there is none."""
    draw = planet.draw
    number = people.resolve(planet, force, _other(planet, force, auth_key, key)).number
    hub = np.array(people.HUB_NUMBERS)[draw.below("event/hub", key, len(people.HUB_NUMBERS))]
    number = np.where(_is_hub(draw, key), hub, number)
    return people.resolve(planet, force, subject(planet, force, auth_key)).number, number


def _is_hub(draw: draws.Draws, key: draws.Keys) -> draws.Bools:
    return draw.chance("event/is-hub", key, 0.06)


def _other(planet: world.World, force: world.Force, auth_key: draws.Keys, key: draws.Keys) -> draws.Ints:
    """The person at the other end, by index."""
    draw = planet.draw
    group = draw.below("auth/group", auth_key, force.n_groups)
    is_planted = draw.chance("auth/planted", auth_key, 0.5)
    of_associate = draw.chance("auth/of-associate", auth_key, 0.5)
    child = force.member("edge", group, "event/edge", key)
    known = force.member("children", group, "event/known", key)
    to_offender = force.member("offenders", group, "event/offender", key)
    to_associate = force.member("associates", group, "event/associate", key)
    friend = force.start(world.OTHER) + draw.early("event/friend", key, force.n_class(world.OTHER))
    contact = np.where(
        of_associate,
        np.where(draw.chance("event/child", key, 0.5), child, to_offender),
        np.where(draw.chance("event/known2", key, 0.4), known, to_associate),
    )
    return np.where(is_planted & draw.chance("event/inside", key, 0.35), contact, friend)


def contacts(planet: world.World, force: world.Force, sender: str) -> tuple[draws.Ints, draws.Ints, draws.Ints]:
    """Events of one force's authorisations at one provider that may be used and that name two people.

    Returns:
        subject and other party by index within the force, and day since 1970.
    """
    provider = Provider(planet, sender)
    index = np.arange(provider.n)
    mine = index[(provider.ordinal(index) == force.ordinal) & provider.is_open(index)]
    held = Events(provider, np.repeat(mine, EVENTS_PER_AUTHORISATION))
    auth_key = provider.keys(held.auth)
    _, end = provider.window(held.auth)
    usable = (held.started < end) & ~held.is_lost & ~held.is_data & ~held.is_short & ~_is_hub(planet.draw, held.key)
    who, other = subject(planet, force, auth_key), _other(planet, force, auth_key, held.key)
    return who[usable], other[usable], held.started[usable] // world.DAY


def subject(planet: world.World, force: world.Force, auth_key: draws.Keys) -> draws.Ints:
    """The person each of a force's authorisations is about: half of them in a planted group, the others any suspect."""
    draw = planet.draw
    group = draw.below("auth/group", auth_key, force.n_groups)
    offender = force.member("offenders", group, "auth/offender", auth_key)
    associate = force.member("associates", group, "auth/associate", auth_key)
    anyone = force.start(world.SUSPECT) + draw.early("auth/suspect", auth_key, force.n_class(world.SUSPECT))
    in_group = np.where(draw.chance("auth/of-associate", auth_key, 0.5), associate, offender)
    return np.where(draw.chance("auth/planted", auth_key, 0.5), in_group, anyone)


def hubs() -> Columns:
    """Innocent telephones with many contacts."""
    index, what = np.array(people.HUB_NUMBERS), people.HUBS
    return {
        "number": people.e164(index),
        "what": pa.array([what[k % len(what)] for k in range(len(index))]),
    }
