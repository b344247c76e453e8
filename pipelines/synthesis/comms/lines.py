"""County lines, planted: a line's phone and its successor, the second phone of who holds it, swaps, stays, and a child.

A line's phone goes every few days from a city to a town, stays a night or two, and texts its customers in bursts
there; some answer. After four weeks it is dropped: a new number in a new handset takes over three customers in four.
Whoever holds it carries a phone of their own. Elsewhere one handset takes three SIMs in turn, one SIM goes through four
handsets, and suspects who are on record keep in touch with one number that is not. A child goes missing when the line
comes. `bystanders` are the innocent who look alike. Nothing here reads what a pipeline made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.synthesis.comms import cells, trails
from pipelines.synthesis.comms.trails import DAY, HOUR, Phone, Places, Trail
from pipelines.synthesis.core import draws, world
from pipelines.synthesis.reports import people

N_DAYS = 42  # of a line's window
PHONES_A_LINE = 33  # reserved mobiles that one line and its bystanders use


@dataclass(frozen=True)
class Lead:
    """One planted truth, as a detector should find it. Numbers are national; `b` and the place where they apply."""

    detector: str
    a: str
    b: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """One planted line of a world, numbered from 0: everything follows from the world and the number."""

    planet: world.World
    n: int

    @property
    def force(self) -> world.Force:
        return self.planet.forces[self.n % len(self.planet.forces)]

    @property
    def name(self) -> str:
        return f"line/{self.n}"

    def dice(self, what: str) -> trails.Rng:
        return trails.rng(self.planet.seed, f"{self.name}/{what}")

    def mobile(self, place: int) -> str:
        return trails.mobile(self.n * PHONES_A_LINE + place)

    @property
    def first(self) -> int:
        """First day of the window, in the half year before the first night: some windows span a clock change."""
        return self.planet.first_day - N_DAYS - 3 - int(self.dice("window").integers(0, 150))

    @property
    def last(self) -> int:
        return self.first + N_DAYS

    @property
    def dropped(self) -> int:
        """Day on which the line's phone is dropped."""
        return self.first + 26 + int(self.dice("dropped").integers(0, 5))

    @property
    def town(self) -> int:
        own = cells.areas_of(self.force.code)
        return int(self.dice("town").choice(own))

    @property
    def city(self) -> int:
        return int(self.dice("city").choice(cells.cities()))

    def cell(self, area: int, what: str) -> int:
        """A cell of a place."""
        return area * cells.PER_AREA + int(self.dice(f"cell/{what}").integers(0, cells.PER_AREA))

    @property
    def visits(self) -> draws.Ints:
        """Stays of the line in the town: rows of (start, end, cell), every four to six days, 28 to 50 hours."""
        dice, house = self.dice("visits"), self.cell(self.town, "house")
        stays, day = [], self.first + 1
        while day < self.last - 2:
            start = day * DAY + 10 * HOUR + int(dice.integers(0, 4 * HOUR))
            stays.append((start, start + int(dice.integers(28 * HOUR, 50 * HOUR)), house))
            day += int(dice.integers(4, 7))
        return np.array(stays, dtype=np.int64)

    def listed(self, what: str, n: int) -> list[str]:
        """National numbers of ordinary people whom the force knows."""
        force, dice = self.force, self.dice(f"listed/{what}")
        index = force.start(world.OTHER) + dice.integers(0, int(force.known(world.OTHER, 0)), 3 * n)
        numbers = people.resolve(self.planet, force, np.asarray(index)).number
        return [str(v) for v in people.phones(numbers[numbers >= 0][:n]).to_pylist()]

    def circle(self, what: str, n: int = 14) -> list[str]:
        """A contact list: people whom the force knows and people whom it does not; the town's shops come last."""
        unknown = self.dice(f"circle/{what}").choice(trails.public()[200:], n - n // 3, replace=False)
        mixed = [*self.listed(what, n // 3), *map(str, unknown)]
        self.dice(f"order/{what}").shuffle(mixed)
        return [*mixed, *map(str, self.shops)]

    @property
    def shops(self) -> np.ndarray:
        """Numbers that half the town calls."""
        return trails.public()[(self.n * 12) % 180 : (self.n * 12) % 180 + 6]

    @property
    def suspects(self) -> list[str]:
        """National numbers of a planted group's offenders, as far as the force has them: at most three."""
        force = self.force
        group = (self.n // len(self.planet.forces)) % force.n_groups
        index = force.first_of("offenders", np.full(3, group)) + np.arange(3)
        numbers = people.resolve(self.planet, force, index).number
        return list(dict.fromkeys(str(v) for v in people.phones(numbers[numbers >= 0]).to_pylist()))

    @property
    def child(self) -> int:
        """Index of a child of the force in no planted group. The next one is as often missing, but at random."""
        planted = world.PLANTED_CHILDREN * self.force.n_groups
        free = self.force.n_class(world.CHILD) - planted
        return planted + (5 * (self.n // len(self.planet.forces))) % max(1, min(free - 1, 60))


def trails_of(line: Line) -> Iterator[Trail]:
    """Every event of the line's guilty phones."""
    yield from _dealing(line)
    yield from _swaps(line)
    yield from _suspects(line)


def _dealing(line: Line) -> Iterator[Trail]:
    dice, visits = line.dice("deals"), line.visits
    places = Places(line.cell(line.city, "base")).with_visits(visits)
    customers = np.array([*line.listed("customers", 9), *dice.choice(trails.public()[200:], 27, replace=False)], object)
    kept = dice.random(len(customers)) < 0.75
    fresh = dice.choice(trails.public()[200:], 9, replace=False)
    near = line.circle("supply", 5)[:5]
    old = Phone(line.mobile(0), f"{line.name}/old", places, near, line.first, line.dropped, 1.5)
    new = Phone(line.mobile(1), f"{line.name}/new", places, near, line.dropped + 1, line.last, 1.5)
    yield trails.everyday(old, dice)
    yield trails.everyday(new, dice)
    for start, end, _ in visits:
        for at in np.arange(start + HOUR, end - HOUR, 5 * HOUR):
            hour = at % DAY // HOUR
            if not 8 <= hour <= 22:
                continue
            phone, all_of_them = (
                (old, customers) if at < line.dropped * DAY else (new, np.append(customers[kept], fresh))
            )
            to = all_of_them[dice.random(len(all_of_them)) < 0.65]
            dice.shuffle(to)
            at = int(at + dice.integers(-HOUR // 2, HOUR // 2))
            yield trails.texts(phone, to, at, 8, dice)
            back = to[dice.random(len(to)) < 0.35]
            answered = at + 300 + dice.integers(0, 2700, len(back))
            yield trails.calls(phone, back, np.sort(answered), 0.05, 0.4, dice)
    own = Phone(line.mobile(2), f"{line.name}/own", places, line.circle("own"), line.first, line.last, 5)
    yield trails.everyday(own, dice)


def _swaps(line: Line) -> Iterator[Trail]:
    """One handset that takes three SIMs in turn; one SIM that goes through four handsets."""
    home = Places(line.cell(line.town, "swaps"))
    circle = line.circle("swaps", 12)
    edges = line.first + np.array([0, 9, 17, 24, 33, N_DAYS])
    for turn, sim in enumerate((0, 1, 0, 2, 1)):
        dice = line.dice(f"sims/{turn}")
        some = [c for c in circle if dice.random() < 0.8]
        name = f"{line.name}/sims/{sim}"
        yield trails.everyday(
            Phone(line.mobile(3 + sim), name, home, some, int(edges[turn]), int(edges[turn + 1]), 4,
                  handset=f"{line.name}/handset"), dice,
        )  # fmt: skip
    circle = line.circle("handsets", 10)
    for turn in range(4):
        dice = line.dice(f"handsets/{turn}")
        first = line.first + turn * N_DAYS // 4
        yield trails.everyday(
            Phone(line.mobile(6), f"{line.name}/sim", home, circle, first, first + N_DAYS // 4, 3,
                  handset=f"{line.name}/handset/{turn}"), dice,
        )  # fmt: skip


def _suspects(line: Line) -> Iterator[Trail]:
    """Suspects on record, each with a life of their own, and one number that they share."""
    if len(line.suspects) < 2:
        return
    for k, number in enumerate(line.suspects):
        dice = line.dice(f"suspect/{k}")
        home = Places(line.cell(line.town, f"suspect/{k}"))
        circle = line.circle(f"suspect/{k}", 14)
        circle.insert(1 + int(dice.integers(0, 4)), line.mobile(7))
        yield trails.everyday(Phone(number, f"{line.name}/suspect/{k}", home, circle, line.first, line.last, 2.5), dice)


def leads(line: Line) -> list[Lead]:
    """What is there to be found. A swap is told by any two of its numbers, or by the number alone."""
    old, new, own = (line.mobile(k) for k in range(3))
    at = cells.beam(line.cell(line.town, "house"), 700)
    planted_leads = [
        Lead("deal_line", old), Lead("deal_line", new), Lead("successor", old, new),
        Lead("two_phones", old, own), Lead("two_phones", new, own),
        *(Lead("night_place", number, None, *at) for number in (old, new, own)),
        Lead("swap", line.mobile(3), line.mobile(4)), Lead("swap", line.mobile(3), line.mobile(5)),
        Lead("swap", line.mobile(4), line.mobile(5)), Lead("swap", line.mobile(6)),
        Lead("successor", line.mobile(3), line.mobile(5)),
    ]  # fmt: skip
    if len(line.suspects) >= 2:
        planted_leads.append(Lead("common_contact", line.mobile(7)))
    child = f"{line.force.code}:{people.refs(line.force, np.array([line.child]))[0].as_py()}"
    planted_leads += [Lead("missing_overlap", child, old), Lead("missing_overlap", child, new)]
    return planted_leads
