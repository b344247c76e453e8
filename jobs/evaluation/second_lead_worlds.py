"""A second maker of worlds for the evaluation of leads, with other assumptions than the first, and no line of its code.

Nothing is tuned or calibrated on these worlds. What people do with telephones is drawn from publications:

- Masts stand seven kilometres apart, and a phone is served by the next one in one sighting of four: rural Britain.
- Use is in bursts of heavy-tailed length (Karsai, Kaski, Barabasi and Kertesz, Scientific Reports 2, 2012) and differs
  from person to person by a lognormal; every third phone is seen by day only. Times are to the minute.
- A few contacts have most of the calls (Zipf; Saramaki et al., PNAS 111, 2014), and contacts are lost as people move
  on: a share that differs from person to person is kept. Popular numbers are called by many.
- People are mostly at few places and return to them by rank (Gonzalez, Hidalgo and Barabasi, Nature 453, 2008).
- Authorisations are running: the data ends with the night and no silence is longer than that. Dropped phones are
  looked at again, and friends change numbers in one week.
- A line is held for two or three weeks a number, deals in two towns and texts in bulk; its child goes along three times
  in five (National Crime Agency, County Lines Drug Supply, Vulnerability and Harm 2018, for the pattern alone).
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import SparkSession

from jobs.evaluation import lead_worlds
from pipelines.comms import access, leads
from schemas import silver

N_DAYS = 60
SIDE, SPACING_KM = 26, 7.0
KM = 111.32
URN = "CD/SECOND/1"
POPULAR, PUBLIC = 40, 3000  # numbers of services, and of anybody
START = dt.datetime.combine(lead_worlds.NIGHT, dt.time()) - dt.timedelta(days=N_DAYS)
Ints = npt.NDArray[np.int64]


def make(spark: SparkSession, seed: int, n_lines: int, *, has_lines: bool = True) -> lead_worlds.World:
    """A world of one night; without lines, every second one (of odd seed) has some that no child goes with."""
    town = drawn(seed, n_lines, has_lines=has_lines)
    held = lead_worlds.events_of(spark, pd.concat(town.events, ignore_index=True))
    window = pd.DataFrame(
        {
            "auth_urn": [URN],
            "section": "s.60A",
            "purpose": "CRIME",
            "kind": "EVENTS",
            "granted_at": [pd.Timestamp(START)],
            "expires_at": [pd.Timestamp(START) + pd.Timedelta(days=2 * N_DAYS)],
            "authoriser": "OCDA",
            "is_protected_profession": False,
            "is_journalist_source": False,
            "approved_at": pd.NaT,
        }
    )
    granted = lead_worlds.silver_of(spark, silver.COMMS_AUTHORISATIONS, window)
    known = leads.Known(
        events=access.usable(held, granted, lead_worlds.NIGHT),
        hidden=access.hidden_numbers(held, granted, lead_worlds.NIGHT),
        cells=spark.createDataFrame(
            [(lead_worlds.OPERATOR, f"m{k}", float(y), float(x), None, dt.date(2020, 1, 1), None)
             for k, (y, x) in enumerate(town.masts)],
            "operator string, cell string, latitude double, longitude double, azimuth double, from_on date, to_on date",
        ),
        authorisations=granted,
        people=spark.createDataFrame(town.people, "person_id string, phone string"),
        suspects=spark.createDataFrame([(who,) for who in town.suspects], "person_id string"),
        episodes=spark.createDataFrame(
            town.episodes,
            "person_id string, episode_id string, reported_at timestamp, last_seen_at timestamp, found_at timestamp",
        ),
    )  # fmt: skip
    columns = ["line", "detector", "a", "b", "latitude", "longitude"]
    return lead_worlds.World(known, pd.DataFrame(town.truth, columns=columns))


def drawn(seed: int, n_lines: int, *, has_lines: bool = True) -> Town:
    """The events, people, episodes and truth of a world, before Spark."""
    town = Town(np.random.default_rng([seed, 2]))
    for n in range(n_lines):
        _innocent(town)
        if has_lines or seed % 2 == 1:
            _line(town, n, is_tied=has_lines)
    return town


@dataclass(eq=False)
class _Life:
    """Where somebody is: a mast for each of the 24 hours of each day."""

    home: int
    masts: Ints  # of shape (N_DAYS, 24)


@dataclass(eq=False)
class Town:
    """What has been made so far of one world."""

    rng: np.random.Generator
    events: list[pd.DataFrame] = field(default_factory=list)
    truth: list[tuple[object, ...]] = field(default_factory=list)
    people: list[tuple[str, str]] = field(default_factory=lambda: [("36:P0", "+441632960999")])
    suspects: list[str] = field(default_factory=lambda: ["36:P0"])
    episodes: list[tuple[object, ...]] = field(default_factory=list)
    n_numbers: int = 0

    def __post_init__(self) -> None:
        at = np.array([(y, x) for y in range(SIDE) for x in range(SIDE)]) * SPACING_KM
        at = at + self.rng.normal(0, 0.6, at.shape)
        self.masts = np.column_stack([51.5 + at[:, 0] / KM, -1.0 + at[:, 1] / (KM * 0.61)])
        self.public = np.array([f"+44163{n:07d}" for n in range(PUBLIC)], dtype=object)

    def number(self) -> str:
        self.n_numbers += 1
        return f"+447700{self.n_numbers:06d}"

    def near(self, mast: int, km: float) -> int:
        """A mast about as far as `km` from another, by a heavy-tailed draw."""
        reach = min(km * (0.4 + self.rng.pareto(1.75)), 5 * km) / SPACING_KM
        angle = self.rng.uniform(0, 2 * np.pi)
        y, x = divmod(mast, SIDE)
        y, x = (int(np.clip(round(v), 0, SIDE - 1)) for v in (y + reach * np.sin(angle), x + reach * np.cos(angle)))
        return y * SIDE + x

    def life(self, home: int | None = None, work: int | None = None) -> _Life:
        """At home by night; by day at work, or at one of eight places by rank, for hours on end."""
        rng = self.rng
        base = int(rng.integers(SIDE * SIDE)) if home is None else home
        office = self.near(base, 9) if work is None else work
        places = np.array([base, *(self.near(base, 8) for _ in range(8))])
        weight = 1 / (1 + np.arange(9))
        masts = np.full((N_DAYS, 24), base)
        for day in range(N_DAYS):
            if day % 7 < 5 and rng.random() < 0.85:
                masts[day, 9:17] = office
            for start, end in ((17, 20), (20, 23)) if day % 7 < 5 else ((10, 13), (13, 17), (17, 23)):
                masts[day, start:end] = rng.choice(places, p=weight / weight.sum())
        return _Life(base, masts)

    def circle(self, n: int | None = None) -> npt.NDArray[np.object_]:
        """Contacts, the closest first; one in seven is a popular number."""
        size = n or int(np.clip(self.rng.lognormal(2.6, 0.4), 6, 40))
        own = self.rng.choice(self.public[POPULAR:], size, replace=False)
        popular = self.rng.zipf(1.6, size) - 1
        is_popular = (self.rng.random(size) < 1 / 7) & (popular < POPULAR)
        own[is_popular] = self.public[popular[is_popular]]
        return own

    def use(
        self, number: str, life: _Life, circle: npt.NDArray[np.object_], first: float = 0, last: float = N_DAYS,
        *, handset: str = "", is_by_day: bool | None = None, rate: float | None = None,
    ) -> None:  # fmt: skip
        """Events of one phone in bursts, from day `first` to day `last`."""
        rng = self.rng
        per_day = rate or float(np.clip(rng.lognormal(1.0, 0.5), 1.2, 12))
        by_day = rng.random() < 1 / 3 if is_by_day is None else is_by_day
        n = int(rng.poisson(per_day * (last - first) / 1.8))
        begun = first * 1440 + rng.random(n) * (last - first) * 1440
        hour = rng.choice(np.arange(8, 20) if by_day else np.r_[np.arange(7, 24), 0, 7, 12, 18, 19, 20, 21], n)
        begun = begun // 1440 * 1440 + hour * 60 + rng.integers(0, 60, n)
        length = np.minimum(rng.zipf(2.2, n), 12)
        pauses = [np.zeros(0, dtype=np.int64), *(np.cumsum(rng.integers(0, 9, m)) for m in length)]
        minute = np.repeat(begun, length) + np.concatenate(pauses)
        minute = np.sort(minute[(minute >= first * 1440) & (minute < last * 1440)]).astype(np.int64)
        weight = (1 + np.arange(len(circle))) ** -0.9
        self.add(number, life, rng.choice(circle, len(minute), p=weight / weight.sum()), minute, handset)

    def add(
        self, number: str, life: _Life, other: npt.NDArray[np.object_], minute: Ints, handset: str = "",
        *, is_text: bool = False, is_outgoing: bool | None = None,
    ) -> None:  # fmt: skip
        """Events at given minutes since the world's start."""
        rng, n = self.rng, len(minute)
        day = np.clip(minute // 1440, 0, N_DAYS - 1)
        mast = life.masts[day, minute % 1440 // 60]
        moved = np.clip(mast + rng.choice([1, -1, SIDE, -SIDE], n), 0, SIDE * SIDE - 1)
        mast = np.where(rng.random(n) < 0.25, moved, mast)
        kind = np.where(rng.random(n) < 0.5, "SMS", "VOICE") if not is_text else np.full(n, "SMS")
        out = rng.random(n) < 0.5 if is_outgoing is None else np.full(n, is_outgoing)
        code = (handset or number)[-9:]
        self.events.append(pd.DataFrame({
            "auth_urn": URN, "a_number": np.where(out, number, other), "b_number": np.where(out, other, number),
            "imei": "00440" + code + "0", "imsi": None, "type": kind,
            "started_at": pd.Timestamp(START) + pd.to_timedelta(minute, unit="min"),
            "duration_s": np.where(kind == "SMS", 0, 60 * rng.integers(0, 9, n)), "first_cell": [f"m{m}" for m in mast],
            "last_cell": None, "direction": np.where(out, "OUTGOING", "INCOMING"),
        }))  # fmt: skip

    def found(self, detector: str, a: str, b: str | None = None, at: int | None = None) -> None:
        place = (None, None) if at is None else tuple(float(v) for v in self.masts[at])
        self.truth.append((0, detector, a, b, *place))


def _stay(town: Town, life: _Life, mast: int, first: float, hours: int) -> None:
    """Somebody is at a place for some hours from a day (with its fraction) on."""
    flat = life.masts.reshape(-1)
    flat[int(first * 24) : int(first * 24) + hours] = mast


def _far(town: Town, mast: int) -> int:
    """A mast at 35 km or more."""
    while True:
        other = int(town.rng.integers(SIDE * SIDE))
        if np.hypot(*(np.array(divmod(other, SIDE)) - divmod(mast, SIDE))) * SPACING_KM >= 38:
            return other


def _changed(town: Town, old: str, new: str, circle: npt.NDArray[np.object_], life: _Life) -> None:
    """A number is dropped for another: contacts are kept by a share of one's own, and the old phone looked at again."""
    rng = town.rng
    day = float(rng.uniform(22, 40))
    kept = circle[rng.random(len(circle)) < rng.beta(7, 3)]
    handset = new if rng.random() < 0.6 else old
    town.use(old, life, circle, 0, day, rate=3.5)
    town.use(new, life, np.r_[kept, town.circle(4)], day + rng.exponential(1.5), N_DAYS, handset=handset, rate=3.5)
    if rng.random() < 0.6:
        stray = np.sort(rng.uniform(day + 1, N_DAYS - 1, int(rng.integers(1, 4)))) * 1440
        town.add(old, life, rng.choice(circle, len(stray)), stray.astype(np.int64))
    town.found("successor", old, new)
    if handset == old:  # one handset with two SIMs, and the user stayed
        town.found("swap", min(old, new), max(old, new))


def _innocent(town: Town) -> None:
    """People: who change numbers, carry two phones, sleep at two places, share a home, an office or a phone number."""
    rng = town.rng
    for _ in range(6):
        town.use(town.number(), town.life(), town.circle())
    # Two friends change numbers in one week, each in the other's list; a third changes alone.
    a, b, a2, b2 = (town.number() for _ in range(4))
    theirs = town.circle(12)
    _changed(town, a, a2, np.r_[[b], theirs], town.life())
    _changed(town, b, b2, np.r_[[a], theirs[:3], town.circle(9)], town.life())
    _changed(town, town.number(), town.number(), town.circle(12), town.life())
    # A sister's first phone; a phone dropped for good; one that is off for two weeks.
    town.use(town.number(), town.life(), np.r_[theirs[:4], town.circle(9)], 30, N_DAYS)
    town.use(town.number(), town.life(), town.circle(), 0, float(rng.uniform(25, 40)))
    away, life = town.number(), town.life()
    town.use(away, life, theirs, 0, 24)
    town.use(away, life, theirs, 38, N_DAYS)
    # One person's two phones, of which one is left behind one time in ten.
    for _ in range(2):
        life = town.life()
        first, second = town.number(), town.number()
        left = _Life(life.home, np.where(rng.random((N_DAYS, 24)) < 0.1, life.home, life.masts))
        town.use(first, life, town.circle())
        town.use(second, left, town.circle())
        town.found("two_phones", min(first, second), max(first, second))
    # A couple, one in four evenings together; two who share an office.
    one, other = town.life(), None
    other = town.life(home=one.home)
    together = rng.random(N_DAYS) < 0.25
    other.masts[together, 17:] = one.masts[together, 17:]
    x, y = town.number(), town.number()
    town.use(x, one, np.r_[[y], town.circle()])
    town.use(y, other, np.r_[[x], town.circle()])
    office = int(rng.integers(SIDE * SIDE))
    x, y = town.number(), town.number()
    town.use(x, town.life(town.near(office, 9), office), np.r_[town.circle(3), [y], town.circle()])
    town.use(y, town.life(town.near(office, 9), office), np.r_[town.circle(3), [x], town.circle()])
    _places(town)
    _handsets(town)
    _club(town)


def _places(town: Town) -> None:
    """A partner in another town at most weekends; a week's holiday; a lorry with a town a night."""
    rng = town.rng
    for kind in ("partner", "partner", "holiday", "lorry"):
        life, number = town.life(), town.number()
        if kind == "partner":
            place = _far(town, life.home)
            for day in range(4, N_DAYS - 3, 7):
                if rng.random() < 0.75:
                    _stay(town, life, place, day + 0.75, int(rng.integers(36, 50)))
            town.found("night_place", number, None, place)
        elif kind == "holiday":
            _stay(town, life, _far(town, life.home), 21.5, 7 * 24)
        else:
            for day in range(0, N_DAYS - 5, 7):
                for night in range(4):
                    _stay(town, life, _far(town, life.home), day + night + 0.4, 24)
        town.use(number, life, town.circle())


def _handsets(town: Town) -> None:
    """One handset with two SIMs in turn, one number in five handsets; a new handset once; suspects' common number."""
    rng = town.rng
    circle, life, sims, handset = town.circle(12), town.life(), (town.number(), town.number()), town.number()
    edges = np.linspace(0, N_DAYS, 7)
    for turn in range(6):
        some = circle[rng.random(12) < 0.75]
        town.use(sims[turn % 2], life, some, edges[turn], edges[turn + 1], handset=handset, rate=3.0)
    town.found("swap", min(sims), max(sims))
    evader, upgrade, theirs = town.number(), town.number(), town.life()  # another's: who carries all is of two phones
    for turn in range(5):
        town.use(evader, theirs, circle, 12 * turn, 12 * turn + 12, handset=town.number(), rate=3.0)
    town.found("swap", evader)
    for turn in range(2):
        town.use(upgrade, town.life(), circle[turn:], 30 * turn, 30 * turn + 30, handset=town.number(), rate=3.0)
    shared = town.number()
    for _ in range(3):
        own = town.number()
        who = f"36:S{own[-6:]}"
        town.people.append((who, own))
        town.suspects.append(who)
        mine = np.insert(town.circle(14), int(rng.integers(2, 7)), shared)
        town.use(own, town.life(), mine)
    town.found("common_contact", shared)


def _club(town: Town) -> None:
    """A secretary of a sports club that plays away: a text to all on Fridays, from two towns, answered by a few."""
    rng = town.rng
    life, number, members = town.life(), town.number(), town.circle(24)
    for day in range(4, N_DAYS, 7):
        if rng.random() < 0.5:
            _stay(town, life, _far(town, life.home), day + 0.7, 6)
        told = day * 1440 + 18 * 60 + np.sort(rng.integers(0, 6, len(members)))
        town.add(number, life, members, told, is_text=True, is_outgoing=True)
        back = members[rng.random(len(members)) < 0.12]
        town.add(number, life, back, told[0] + np.sort(rng.integers(5, 600, len(back))), is_outgoing=False)
    town.use(number, life, town.circle())


def _line(town: Town, n: int, *, is_tied: bool) -> None:
    """A line of three numbers, with who holds it, and children who go missing: with it, or at random."""
    rng = town.rng
    life = town.life()
    towns = [_far(town, life.home) for _ in range(2)]
    arrivals: list[tuple[float, int]] = []
    day = float(rng.uniform(1, 4))
    while day < N_DAYS - 3:
        hours, place = int(rng.integers(30, 70)), towns[int(rng.random() < 0.3)]
        day = int(day) + float(rng.uniform(0.35, 0.7))
        _stay(town, life, place, day, hours)
        arrivals.append((day, place))
        day += hours / 24 + float(rng.lognormal(0.9, 0.4))
    numbers, ends = (
        [town.number() for _ in range(3)],
        [0.0, 20.0 + rng.normal(0, 2), 40.0 + rng.normal(0, 2), float(N_DAYS)],
    )
    customers = town.circle(40)
    for number, first, last in zip(numbers, ends[:-1], ends[1:], strict=True):
        town.use(number, life, customers[:30], first, last, rate=2.5, is_by_day=False)
        at = first
        while (at := at + float(rng.gamma(2, 0.45))) < last - 0.1:
            minute = int(int(at) * 1440 + rng.integers(9, 22) * 60)
            to = customers[rng.random(len(customers)) < 0.5]
            if not first * 1440 <= minute < last * 1440:
                continue
            sent = minute + np.sort(rng.integers(0, 4, len(to)))
            town.add(number, life, to, sent, is_text=True, is_outgoing=True)
            back = to[rng.random(len(to)) < 0.28]
            town.add(number, life, back, minute + np.sort(rng.integers(3, 50, len(back))), is_outgoing=False)
        town.found("deal_line", number)
        customers = np.r_[customers[rng.random(len(customers)) < rng.beta(8, 3)], town.circle(8)]
    own = town.number()
    town.use(own, life, town.circle(), rate=4.0, is_by_day=False)
    for old, new in itertools.pairwise(numbers):
        town.found("successor", old, new)
    for number in numbers:
        town.found("two_phones", min(number, own), max(number, own))
        town.found("night_place", number, None, towns[0])
    town.found("night_place", own, None, towns[0])
    _children(town, n, arrivals, towns[0], numbers, is_tied=is_tied)


def _children(
    town: Town, n: int, arrivals: list[tuple[float, int]], place: int, numbers: list[str], *, is_tied: bool
) -> None:
    """One who goes with the line three times in five and otherwise now and then, and two who go at random."""
    rng = town.rng
    goes = [day for day, where in arrivals if where == place and is_tied and rng.random() < 0.6]
    begun = {0: [*(day + rng.uniform(-0.1, 0.3) for day in goes), *rng.uniform(0, N_DAYS, 2)]}
    begun |= {k: list(rng.uniform(0, N_DAYS, int(rng.integers(5, 9)))) for k in (1, 2)}
    for child, days in begun.items():
        for k, day in enumerate(days):
            at = START + dt.timedelta(days=float(day))
            found = at + dt.timedelta(hours=float(rng.uniform(4, 40)))
            town.episodes.append((f"36:C{n}{child}", f"E{n}{child}{k:03d}", at + dt.timedelta(hours=1), at, found))
    if is_tied:
        for number in numbers:
            town.found("missing_overlap", f"36:C{n}0", number)
