"""A second maker of worlds for the evaluation of risk, with other assumptions than the first, and no line of its code.

Nothing is tuned on these worlds. What happens in them is drawn from publications, for the pattern alone:

- Nobody is in a group of a fixed size. Children know each other by place and by chance (small worlds, Watts and
  Strogatz, Nature 393, 1998), adults by preferential attachment (Barabasi and Albert, Science 286, 1999).
- Going missing is concentrated: few children make most of the episodes, and those in children's homes are among them
  (National Crime Agency, missing persons data reports); most who are found are found at home, at a relative's or in a
  public place, where many are found.
- Harm is of three kinds (Centre of expertise on child sexual abuse, The scale and nature of child sexual abuse): by
  family or people of the household, by people met through other children, and online, of which no record tells.
- It spreads from known victims to friends after a lag that is lognormal, and victims are harmed again (Finkelhor,
  Ormrod and Turner, Child Abuse and Neglect 31, 2007). Half of the suspects act alone.
- What is recorded hangs on attention: each tie is recorded with a probability of its own, harm or not, so that friends
  of victims are named with them who come to no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import SparkSession

from jobs.evaluation import risk_worlds
from jobs.evaluation.risk_worlds import NIGHT

FORCES = ("36", "37", "47")
SPAN = 900  # days of history
HOMES, PUBLIC, HUBS = 8, 12, 6  # children's homes, public places, telephones of services; in each force
_GRADES = ["1A", "1B", "2A", "2B", "2C", "2D", "3D", "2E"]
_GRADED = [0.2, 0.1, 0.2, 0.15, 0.15, 0.12, 0.06, 0.02]
Ints = npt.NDArray[np.int64]


def make(spark: SparkSession, seed: int, n_reports: int) -> risk_worlds.World:
    """A world in which about `n_reports` reports are written. Spark is not needed: the first maker's gate is."""
    region = _Region(np.random.default_rng([seed, 3]))
    for force in FORCES:
        _force(region, force, n_reports // len(FORCES))
    return region.world()


@dataclass(eq=False)
class _Region:
    """What has been made so far of one world. Days are counted from NIGHT, backwards negative."""

    rng: np.random.Generator
    people: list[dict[str, object]] = field(default_factory=list)
    reports: list[dict[str, object]] = field(default_factory=list)
    named: list[tuple[str, str, str]] = field(default_factory=list)
    episodes: list[dict[str, object]] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    harmed: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    decoys: set[str] = field(default_factory=set)
    suspected: dict[str, float] = field(default_factory=dict)  # day of the first report under a tag

    def person(self, force: str, age: float, **more: object) -> str:
        who = f"{force}:S{len(self.people):06d}"
        number = f"+447700{len(self.people):06d}" if self.rng.random() < 0.7 else None
        born = _day(-age * 365.25).date() if self.rng.random() < 0.93 else None
        house = f"{self.rng.integers(1, 400)} THE STREET"
        row = {"person_id": who, "force": force, "forename": "A", "surname": who[3:], "born_on": born, "phone": number,
               "address": house, "postcode": _postcode(self.rng), "vehicle": None, "person": who}  # fmt: skip
        self.people.append({**row, **more})
        return who

    def report(self, force: str, day: float, roles: list[tuple[str, str]], *, is_csae: bool = False) -> None:
        report_id = f"{force}:R{len(self.reports):07d}"
        is_tagged = is_csae and self.rng.random() < 0.7
        grades = ",".join(self.rng.choice(_GRADES, 1 + int(self.rng.random() < 0.3), p=_GRADED))
        self.reports.append({"report_id": report_id, "created_at": _day(day), "intelligence_on": _day(day).date(),
                             "grades": grades, "is_csae": is_tagged})  # fmt: skip
        self.named += [(report_id, who, role) for who, role in dict(roles).items()]
        for who, role in roles if is_tagged else ():
            if role == "SUSPECT":
                self.suspected[who] = min(day, self.suspected.get(who, np.inf))

    def missing(self, child: str, day: float, risk: str, found: str | None) -> None:
        hours = float(self.rng.lognormal(2.5, 1.0))
        self.episodes.append({
            "episode_id": f"{child[:3]}E{len(self.episodes):06d}", "person_id": child, "force": child[:2],
            "reported_at": _day(day), "last_seen_at": _day(day - 0.1), "found_at": _day(day + hours / 24),
            "risk": risk, "found_postcode": found,
        })  # fmt: skip

    def call(self, one: object, other: object, day: float) -> None:
        if one and other:
            self.events.append({"event_id": f"v{len(self.events):07d}", "a_number": one, "b_number": other,
                                "started_at": _day(day)})  # fmt: skip

    def harm(self, child: str, day: float, complete: float | None) -> None:
        """The first harm of a child counts."""
        if child not in self.harmed or day < self.harmed[child][0]:
            self.harmed[child] = (day, complete)

    def world(self) -> risk_worlds.World:
        def table(rows: Sequence[Any], schema: str) -> pd.DataFrame:
            return pd.DataFrame(rows, columns=[part.split()[0] for part in schema.split(", ")])

        harmed = [(who, _day(day).date(), None if seen is None else _day(seen).date())
                  for who, (day, seen) in self.harmed.items()]  # fmt: skip
        return risk_worlds.World(
            people=table(self.people, risk_worlds.PEOPLE),
            reports=table(self.reports, risk_worlds.REPORTS),
            named=table(self.named, risk_worlds.NAMED),
            episodes=table(self.episodes, risk_worlds.EPISODES),
            events=table(self.events, risk_worlds.EVENTS),
            harmed=pd.DataFrame(harmed, columns=["person", "harm_on", "complete_on"]),
            decoys=frozenset(self.decoys - set(self.harmed)),
        )


def _day(day: float) -> pd.Timestamp:
    return (pd.Timestamp(NIGHT) + timedelta(days=float(day))).floor("s")


def _postcode(rng: np.random.Generator) -> str:
    return f"ZX{rng.integers(1, 30)} {rng.integers(1, 10)}{''.join(rng.choice(list('CIKMOV'), 2))}"


@dataclass(eq=False)
class _Town:
    """One force's people, by their places in lists."""

    force: str
    children: list[str]
    friends: list[list[int]]
    adults: list[str]
    public: list[str]
    hubs: list[str]
    phones: dict[str, object]
    homes: dict[str, str]  # postcode of a person


def _force(region: _Region, force: str, n_reports: int) -> None:
    rng = region.rng
    town = _people(region, force, max(120, n_reports // 10), max(200, n_reports // 4))
    weight = _attention(rng, len(town.adults))
    suspects = [town.adults[k] for k in rng.choice(len(town.adults), max(8, n_reports // 120), replace=False, p=weight)]
    circles = {s: [int(k) for k in rng.choice(len(town.adults), int(rng.geometric(0.3)), p=weight)] for s in suspects}
    for suspect in suspects:
        _offending(region, town, suspect, circles[suspect], is_alone=bool(rng.random() < 0.5))
    _household(region, town)
    _everyday(region, town, weight, n_reports)
    _episodes(region, town)
    _online(region, town)


def _people(region: _Region, force: str, n_children: int, n_adults: int) -> _Town:
    rng = region.rng
    homes = [{"address": f"HOME {k} THE GREEN", "postcode": _postcode(rng), "phone": f"+441632{force}{k:04d}"}
             for k in range(HOMES)]  # fmt: skip
    children: list[str] = []
    for _ in range(n_children):
        where = homes[int(rng.integers(HOMES))] if rng.random() < 0.12 else {}
        children.append(region.person(force, float(rng.triangular(10, 15.5, 17.9)), **where))
        if where:
            region.decoys.add(children[-1])  # in care, where everybody calls; who is harmed all the same is none
    adults = [region.person(force, float(18 + rng.gamma(2.5, 8))) for _ in range(n_adults)]
    friends: list[list[int]] = [[] for _ in children]
    for k in range(n_children):  # a ring of six, one friendship in four anywhere
        for step in (1, 2, 3):
            other = int(rng.integers(n_children)) if rng.random() < 0.25 else (k + step) % n_children
            if other != k:
                friends[k].append(other)
                friends[other].append(k)
    mine = {str(row["person_id"]): row for row in region.people if row["force"] == force}
    return _Town(
        force, children, friends, adults, [_postcode(rng) for _ in range(PUBLIC)],
        [f"+441632{force}9{k:03d}" for k in range(HUBS)], {who: row["phone"] for who, row in mine.items()},
        {who: str(row["postcode"]) for who, row in mine.items()},
    )  # fmt: skip


def _attention(rng: np.random.Generator, n: int) -> npt.NDArray[np.float64]:
    """How often people are written of: a few nearly always."""
    weight = rng.pareto(1.3, n) + 0.2
    return np.asarray(weight / weight.sum())


def _offending(region: _Region, town: _Town, suspect: str, circle: list[int], *, is_alone: bool) -> None:
    """A suspect, known victims, and how it spreads from them to friends; what of it is recorded."""
    rng = region.rng
    for _ in range(int(rng.geometric(0.55))):
        day = -float(rng.uniform(20, SPAN))
        victim = int(rng.integers(len(town.children)))
        named = [(town.children[victim], "VICTIM")] if rng.random() < 0.8 else []
        region.report(town.force, day, [(suspect, "SUSPECT"), *named], is_csae=True)
        known = region.suspected.get(suspect)
        if named and rng.random() < 0.15:  # again
            seen = None if known is None else max(day, known)
            region.harm(town.children[victim], max(day, seen or day) + 1 + float(rng.lognormal(4.2, 0.9)), seen)
        if is_alone:
            continue
        others = [town.adults[k] for k in circle]
        for friend in set(town.friends[victim]):
            _spread(region, town, suspect, others, (victim, friend), day)


def _spread(
    region: _Region, town: _Town, suspect: str, others: list[str], children: tuple[int, int], day: float
) -> None:
    """From a victim to a friend. Records of the tie may be there whether or not harm follows."""
    rng = region.rng
    victim, friend = (town.children[k] for k in children)
    is_drawn_in = rng.random() < 0.22
    at = day + float(rng.lognormal(3.2, 0.9))
    seen: list[float] = []
    if rng.random() < (0.45 if is_drawn_in else 0.12):
        seen.append(at)
        region.report(town.force, at, [(victim, "OTHER"), (friend, "VICTIM")])
    if rng.random() < (0.35 if is_drawn_in else 0.05):
        place = town.homes[suspect] if rng.random() < 0.5 else _postcode(rng)
        for child, when in ((victim, day + rng.uniform(1, 20)), (friend, at)):
            region.missing(child, float(when), str(rng.choice(["HIGH", "MEDIUM", "LOW"])), place)
        seen.append(at)
    if others and rng.random() < (0.35 if is_drawn_in else 0.04):
        between = str(rng.choice(others))
        for _ in range(int(rng.geometric(0.2))):
            region.call(town.phones[between], town.phones[friend], at + float(rng.exponential(10)))
            region.call(town.phones[between], town.phones[suspect], day + float(rng.exponential(10)))
        if town.phones[between] and town.phones[friend] and town.phones[suspect]:
            seen.append(at)
    if is_drawn_in:
        known = region.suspected.get(suspect)
        complete = max(min(seen), known) if seen and known is not None else None
        region.harm(friend, max(at, complete or at) + 3 + float(rng.lognormal(3.6, 0.8)), complete)


def _household(region: _Region, town: _Town) -> None:
    """Harm by somebody of the household: the address is shared, and one time in four a report was there before."""
    rng = region.rng
    for child in rng.choice(town.children, len(town.children) // 25, replace=False):
        row = next(r for r in region.people if r["person_id"] == child)
        adult = region.person(town.force, 40, address=row["address"], postcode=row["postcode"])
        town.phones[adult], town.homes[adult] = None, str(row["postcode"])
        day = -float(rng.uniform(0, 500))
        if rng.random() < 0.25:
            region.report(town.force, day - 30, [(adult, "SUSPECT")], is_csae=True)
        region.harm(str(child), day + float(rng.exponential(90)), region.suspected.get(adult))


def _online(region: _Region, town: _Town) -> None:
    """Harm by strangers online: no record leads there."""
    for child in region.rng.choice(town.children, len(town.children) // 30, replace=False):
        region.harm(str(child), float(region.rng.uniform(-300, 120)), None)


def _everyday(region: _Region, town: _Town, weight: npt.NDArray[np.float64], n_reports: int) -> None:
    """Reports of everything else, and calls of everybody whose data is held, with services that everybody calls."""
    rng = region.rng
    for _ in range(n_reports):
        day = -float(rng.uniform(0, SPAN))
        adults = [town.adults[k] for k in rng.choice(len(town.adults), 1 + int(rng.random() < 0.4), p=weight)]
        roles = [(who, str(rng.choice(["SUSPECT", "OTHER", "WITNESS"]))) for who in adults]
        if rng.random() < 0.15:
            child = int(rng.integers(len(town.children)))
            roles.append((town.children[child], "VICTIM"))
            if rng.random() < 0.3:
                roles.append((town.children[int(rng.choice(town.friends[child]))], "OTHER"))
        region.report(town.force, day, roles)
    held = rng.choice(len(town.adults), max(6, len(town.adults) // 25), p=weight)
    for k in held:
        circle = [town.phones[town.adults[j]] for j in rng.choice(len(town.adults), 8)]
        circle += [town.phones[str(rng.choice(town.children))], str(rng.choice(town.hubs))]
        for _ in range(int(rng.integers(20, 60))):
            other = circle[int(min(rng.zipf(1.7), len(circle))) - 1]
            region.call(town.phones[town.adults[int(k)]], other, -float(rng.uniform(1, 330)))
    for hub in town.hubs:
        for who in rng.choice([*town.children, *town.adults], 60):
            region.call(hub, town.phones[str(who)], -float(rng.uniform(1, 330)))


def _episodes(region: _Region, town: _Town) -> None:
    """A few children make most of the episodes; two in three are found at home, others at a friend's or in public."""
    rng = region.rng
    in_care = {c for c in town.children if c in region.decoys}
    for k, child in enumerate(town.children):
        mean = float(rng.gamma(0.5, 5.0)) if child in in_care else float(rng.gamma(0.35, 2.4))
        for _ in range(int(rng.poisson(mean))):
            drawn = rng.random()
            found = town.homes[child] if drawn < 0.45 else None
            if drawn > 0.85:
                found = str(rng.choice(town.public))
            elif drawn > 0.7:
                found = town.homes[town.children[int(rng.choice(town.friends[k]))]]
            risk = str(
                rng.choice(["HIGH", "MEDIUM", "LOW"], p=[0.25, 0.5, 0.25] if child in in_care else [0.1, 0.55, 0.35])
            )
            region.missing(child, -float(rng.uniform(0, 400)), risk, found)
