"""Who comes to harm in the world, and by which way it could have been seen coming: `truth/ties`.

Nothing here is drawn beside the data. The ways are read from the same draws as the reports, calls and episodes that
senders deliver: a child at the edge of a group is named with a known child whom a recorded report names with an
offender; or is in contact with an associate who is in contact with an offender; or is found at an offender's house.
Harm comes after the last record that a way needs. `NO_TRACE` of those harmed have no way at all, as in the field, and
known victims are harmed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.comms import comms
from pipelines.synthesis.core import draws, world
from pipelines.synthesis.reports import cases, people, reports, subjects

Columns = dict[str, pa.Array]

P_HARMED = 0.6  # of children at the edge to whom a way leads
P_AGAIN = 0.25  # of known victims
NO_TRACE = 0.3  # of those harmed: nothing in the records leads to them
LEAST_DAYS, MEAN_DAYS = 14, 75  # from the last record of a way to the harm: at least, and on average beyond that
KINDS = ("reports", "calls", "place", "known", "none")
_REPORTS, _CALLS, _PLACE, _KNOWN, _NONE = range(len(KINDS))
_CHUNK = 50_000  # reports looked at in one step
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways to children, one row each, every array of shape (n,). People by their index within the force; -1: nobody."""

    child: draws.Ints
    via: draws.Ints
    offender: draws.Ints
    began: draws.Ints  # day of the first record of the way's own last step, since 1970
    complete: draws.Ints  # day from which all records of the way are there
    kind: draws.Ints

    def take(self, at: draws.AnyInts | draws.Bools) -> Ways:
        return Ways(*(getattr(self, name)[at] for name in self.__dataclass_fields__))


def joined(parts: list[Ways]) -> Ways:
    return Ways(*(np.concatenate([getattr(p, name) for p in parts]) for name in Ways.__dataclass_fields__))


def first_of_each(ways: Ways) -> Ways:
    """Of each child the way that was complete first."""
    order = np.lexsort((ways.kind, ways.via, ways.offender, ways.complete, ways.child))
    _, first = np.unique(ways.child[order], return_index=True)
    return ways.take(order[first])


@dataclass(frozen=True, eq=False)
class Recorded:
    """What the records of one force hold of its planted groups."""

    planet: world.World
    force: world.Force

    @cached_property
    def named(self) -> tuple[draws.Ints, draws.Ints]:
        """Reports that a reader takes in. Welfare reports of groups that name two children: child at the edge, known
        child, day. CSAE reports under their tag: child, suspect, day; -1 for who is not named. Each of shape (3, n)."""
        welfare: list[draws.Ints] = []
        csae: list[draws.Ints] = []
        for start in range(0, self.force.n_reports, _CHUNK):
            every = subjects.Latent(
                self.planet, self.force, np.arange(start, min(start + _CHUNK, self.force.n_reports))
            )
            mine = every.index[every.is_csae | ((every.subject == subjects.WELFARE) & (every.group >= 0))]
            latent = subjects.Latent(self.planet, self.force, mine)
            linked, is_whole = latent.linked, reports.flaw(latent) < 0
            at = is_whole & (latent.subject == subjects.WELFARE) & linked["victim"] & linked["friend"]
            welfare.append(np.stack([latent.child[at], latent.friend[at], latent.created[at] // world.DAY]))
            at = is_whole & latent.is_tag_recorded
            victim, suspect = (
                np.where(linked["victim"], latent.child, -1),
                np.where(linked["suspect"], latent.suspect, -1),
            )
            csae.append(np.stack([victim[at], suspect[at], latent.created[at] // world.DAY]))
        return np.concatenate(welfare, axis=1), np.concatenate(csae, axis=1)

    @cached_property
    def known_from(self) -> draws.Ints:
        """Day of the first recorded CSAE report that suspects each person, by index; NEVER where there is none."""
        days = np.full(self.force.n_people, NEVER)
        _, suspect, day = self.named[1]
        np.minimum.at(days, suspect[suspect >= 0], day[suspect >= 0])
        return days

    def by_reports(self) -> Ways:
        (child, friend, day), (victim, suspect, known) = self.named
        victim = np.where(suspect >= 0, victim, -1)
        pairs = _meeting(friend, victim)
        in_time = known[pairs[1]] <= day[pairs[0]]
        ours, theirs = pairs[0][in_time], pairs[1][in_time]
        return self._of_edge(
            child[ours], friend[ours], suspect[theirs], day[ours], np.maximum(day[ours], known[theirs]), _REPORTS
        )

    def by_calls(self) -> Ways:
        subject, other, day = self._contacts()
        force = self.force
        is_associate = _is_of(force, "associates", subject)
        to_child = is_associate & _is_of(force, "edge", other)
        # Either side may be the one whose data is held: an associate's contact with an offender, or the other way.
        to_offender = is_associate & _is_of(force, "offenders", other)
        of_offender = _is_of(force, "offenders", subject) & _is_of(force, "associates", other)
        associate = np.concatenate([subject[to_offender], other[of_offender]])
        offender = np.concatenate([other[to_offender], subject[of_offender]])
        known = np.concatenate([day[to_offender], day[of_offender]])
        pairs = _meeting(subject[to_child], associate)
        child, began, last = other[to_child][pairs[0]], day[to_child][pairs[0]], known[pairs[1]]
        in_time = last <= began
        who = offender[pairs[1]][in_time]
        complete = np.maximum(began[in_time], self.known_from[who])
        return self._of_edge(child[in_time], associate[pairs[1]][in_time], who, began[in_time], complete, _CALLS)

    def by_place(self) -> Ways:
        index = np.arange(cases.n_episodes(self.force))
        child, day, is_there = cases.found_at_house(self.planet, self.force, index)
        offender = self.force.first_of("offenders", np.maximum(_group(self.force, child), 0))
        is_recorded = self._has("postcode", offender)
        at = is_there & is_recorded & (child >= 0)
        complete = np.maximum(day, self.known_from[offender])
        nobody = np.full(int(at.sum()), -1)
        return self._of_edge(child[at], nobody, offender[at], day[at], complete[at], _PLACE)

    def known_victims(self) -> Ways:
        """Children of the groups, each with the first recorded report that names it with a suspect."""
        victim, suspect, day = self.named[1]
        at = _is_of(self.force, "children", victim)
        kind, nobody = np.full(int(at.sum()), _KNOWN), np.full(int(at.sum()), -1)
        return Ways(victim[at], nobody, suspect[at], day[at], day[at], kind)

    def _contacts(self) -> tuple[draws.Ints, draws.Ints, draws.Ints]:
        """Calls between people who are known by their numbers: subject, other party, day. As far as authorised."""
        none = np.empty(0, np.int64)  # where no provider delivers
        parts = [(none, none, none)]
        parts += [comms.contacts(self.planet, self.force, sender) for sender in self.planet.providers]
        subject, other, day = (np.concatenate(column) for column in zip(*parts, strict=True))
        is_known = self._has("phone", subject) & self._has("phone", other)
        return subject[is_known], other[is_known], day[is_known]

    def _has(self, column: str, index: draws.Ints) -> draws.Bools:
        """Whether the nominal record of each person gives a value."""
        some, back = np.unique(index, return_inverse=True)
        records = people.records(self.planet, self.force, some, 0, False)
        return pc.is_valid(records[column]).to_numpy(zero_copy_only=False)[back]

    def _of_edge(
        self, child: draws.Ints, via: draws.Ints, offender: draws.Ints, began: draws.Ints, complete: draws.Ints,
        kind: int,
    ) -> Ways:  # fmt: skip
        """Those of the ways that are complete and lead to a child at a group's edge."""
        ways = Ways(child, via, offender, began, complete, np.full(len(child), kind))
        return ways.take(_is_of(self.force, "edge", child) & (complete != NEVER))


def _is_of(force: world.Force, part: str, index: draws.Ints) -> draws.Bools:
    """Whether people are of a part of planted groups."""
    kind, first, size = world.PARTS[part]
    at = index - force.start(kind) - first * force.n_groups
    return (at >= 0) & (at < size * force.n_groups)


def _group(force: world.Force, child: draws.Ints) -> draws.Ints:
    """Group of children at the edge; what it says of others means nothing."""
    _, first, size = world.PARTS["edge"]
    return np.clip((child - first * force.n_groups) // size, 0, force.n_groups - 1)


def _meeting(left: draws.Ints, right: draws.Ints) -> tuple[draws.Ints, draws.Ints]:
    """Places of all pairs of equal values."""
    order = np.argsort(right, kind="stable")
    start, end = (np.searchsorted(right[order], left, side) for side in ("left", "right"))
    n = end - start
    ours = np.repeat(np.arange(len(left)), n)
    within = np.arange(len(ours)) - np.repeat(np.cumsum(n) - n, n)
    return ours, order[np.repeat(start, n) + within]


def ties(planet: world.World, force: world.Force) -> Columns:
    """Planted ties of one force, a row a child: by which way, and when harm comes.

    Returns:
        child_id, via_id (NULL where the way needs nobody), offender_id (NULL where there is no way), kind (of KINDS),
        began_on (the last step's record), complete_on (all records are there; NULL where there is no way), harm_on
        (whether or not the world's nights reach it; NULL where none comes), group (-1 where none).
    """
    recorded = Recorded(planet, force)
    ways = first_of_each(joined([recorded.by_reports(), recorded.by_calls(), recorded.by_place()]))
    ways = joined([ways, first_of_each(recorded.known_victims())])
    key, draw = force.keys(ways.child), planet.draw
    is_harmed = draw.chance("tie/harmed", key, np.where(ways.kind == _KNOWN, P_AGAIN, P_HARMED))
    lag = (-MEAN_DAYS * np.log1p(-draw.uniform("tie/lag", key))).astype(np.int64)
    harm = np.where(is_harmed, ways.complete + LEAST_DAYS + lag, -1)
    unseen = _unseen(planet, force, ways.child, round(int(is_harmed.sum()) * NO_TRACE / (1 - NO_TRACE)))
    days = np.sort(harm[is_harmed])
    theirs = days[draw.below("tie/unseen", force.keys(unseen), len(days))] if len(days) else unseen
    nobody = np.full(len(unseen), -1)
    ways = joined([ways, Ways(unseen, nobody, nobody, nobody, nobody, np.full(len(unseen), _NONE))])
    return _columns(force, ways, np.concatenate([harm, theirs]))


def _unseen(planet: world.World, force: world.Force, seen: draws.Ints, n: int) -> draws.Ints:
    """Children who are reported missing, no way leads to and no decoys are; `n` of them, by a draw."""
    missing = np.unique(cases.children_missing(planet, force))
    able = missing[~np.isin(missing, seen) & ~_is_of(force, "decoys", missing) & ~_is_of(force, "children", missing)]
    return np.sort(able[np.argsort(planet.draw.hash("tie/none", force.keys(able)), kind="stable")[:n]])


def _columns(force: world.Force, ways: Ways, harm: draws.Ints) -> Columns:
    def days(values: draws.Ints) -> pa.Array:
        return pa.array(values.astype(np.int32), mask=values < 0).cast(pa.date32())

    def ids(index: draws.Ints) -> pa.Array:
        return pc.if_else(pa.array(index >= 0), people.ids(force, np.maximum(index, 0)), pa.scalar(None, pa.string()))

    child = ways.child
    group = np.where(_is_of(force, "edge", child), _group(force, child), -1)
    group = np.where(_is_of(force, "children", child), child // world.PARTS["children"][2], group)
    return {
        "child_id": ids(child),
        "via_id": ids(ways.via),
        "offender_id": ids(ways.offender),
        "kind": pa.array(KINDS).take(pa.array(ways.kind)),
        "began_on": days(ways.began),
        "complete_on": days(ways.complete),
        "harm_on": days(harm),
        "group": pa.array(group),
    }
