"""The innocent who look like a line: shops with many contacts, and people who share a home, a road or a phone.

For each planted line there is a taxi firm, a pizza shop, a call centre, a children's home and a delivery driver; a
couple, two colleagues who commute together, a sister who gets her first phone when her brother changes his, a new
phone, a kept number in a new SIM, a phone sold on, a holiday, a solicitor whose data is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipelines.synthesis.comms import cells, trails
from pipelines.synthesis.comms.lines import N_DAYS, Lead, Line
from pipelines.synthesis.comms.trails import DAY, HOUR, Phone, Places, Trail

FIRST = 10  # of a line's reserved mobiles, those from here on are bystanders'


def trails_of(line: Line) -> Iterator[Trail]:
    yield from _taxi(line)
    yield from _pizza(line)
    yield from _call_centre(line)
    yield from _home(line)
    yield from _driver(line)
    yield from _couple(line)
    yield from _colleagues(line)
    yield from _siblings(line)
    yield from _changes(line)
    yield from _holiday(line)
    yield from _solicitor(line)


def leads(line: Line) -> list[Lead]:
    """What is true of the innocent too: the brother's new number is the old one's successor, lawfully."""
    return [Lead("successor", line.mobile(FIRST + 5), line.mobile(FIRST + 6))]


def protected(line: Line) -> str:
    """National number of the solicitor, held under an authorisation of a protected profession."""
    return line.mobile(FIRST + 13)


def whose(line: Line) -> dict[str, str]:
    """National number to what it is."""
    what = {
        0: "delivery driver", 1: "couple", 2: "couple", 3: "colleague", 4: "colleague", 5: "brother's old number",
        6: "brother's new number", 7: "sister", 8: "new handset", 9: "new SIM, number kept", 10: "sold phone, before",
        11: "sold phone, after", 12: "holiday", 13: "solicitor, protected profession",
    }  # fmt: skip
    shops = dict(zip(("taxi firm", "pizza shop", "call centre", "children's home"), line.shops, strict=False))
    return {
        **{str(number): name for name, number in shops.items()},
        **{line.mobile(FIRST + k): name for k, name in what.items()},
    }


def _times(line: Line, dice: trails.Rng, n: int, hours: tuple[int, int]) -> np.ndarray:
    day = dice.integers(line.first, line.last, n)
    return np.sort(day * DAY + dice.integers(hours[0] * HOUR, hours[1] * HOUR, n))


def _fixed(line: Line, what: str, place: int) -> Phone:
    home = Places(line.cell(line.town, what))
    return Phone(str(line.shops[place]), f"{line.name}/{what}", home, [], line.first, line.last)


def _callers(line: Line, what: str, n: int, known: int) -> np.ndarray:
    unknown = line.dice(f"{what}/callers").choice(trails.public()[200:], n, replace=False)
    return np.array([*line.listed(what, known), *unknown], dtype=object)


def _taxi(line: Line) -> Iterator[Trail]:
    """Short calls in at all hours; a text to the caller when the car is there, now and then twenty in one busy hour."""
    dice, firm = line.dice("taxi"), _fixed(line, "taxi", 0)
    callers = _callers(line, "taxi", 150, 40)
    at = _times(line, dice, 8 * N_DAYS, (6, 24))
    whom = dice.choice(callers, len(at))
    yield trails.calls(firm, whom, at, 0.1, 0, dice)
    told = dice.random(len(at)) < 0.5
    yield trails.calls(firm, whom[told], at[told] + 600 + dice.integers(0, 300, told.sum()), 1, 1, dice)
    for week in range(0, N_DAYS, 7):  # Saturday night
        night = (line.first + week) * DAY + 22 * HOUR
        busy = dice.choice(callers, 24, replace=False)
        yield trails.calls(firm, busy, np.sort(night + dice.integers(0, HOUR, 24)), 1, 0.9, dice)


def _pizza(line: Line) -> Iterator[Trail]:
    """Orders in the evening, and an offer to the regulars each week: a burst of texts that few answer by phone."""
    dice, shop = line.dice("pizza"), _fixed(line, "pizza", 1)
    callers = _callers(line, "pizza", 60, 15)
    at = _times(line, dice, 6 * N_DAYS, (16, 23))
    yield trails.calls(shop, dice.choice(callers, len(at)), at, 0.15, 0.1, dice)
    for week in range(2, N_DAYS, 7):
        regulars = callers[:45][dice.random(45) < 0.9]
        offered = (line.first + week) * DAY + 16 * HOUR + int(dice.integers(0, HOUR))
        yield trails.texts(shop, regulars, offered, 2, dice)
        some = regulars[dice.random(len(regulars)) < 0.06]
        yield trails.calls(shop, some, np.sort(offered + dice.integers(600, 3 * HOUR, len(some))), 0, 0, dice)


def _call_centre(line: Line) -> Iterator[Trail]:
    """Call after call to numbers never called before, and reminders by text in the afternoon."""
    dice, centre = line.dice("centre"), _fixed(line, "centre", 2)
    at = _times(line, dice, 8 * N_DAYS, (9, 19))
    yield trails.calls(centre, dice.choice(trails.public()[200:], len(at)), at, 1, 0.05, dice)
    for day in range(1, N_DAYS, 5):
        to = dice.choice(trails.public()[200:], 30, replace=False)
        yield trails.texts(centre, to, (line.first + day) * DAY + 15 * HOUR, 4, dice)


def _home(line: Line) -> Iterator[Trail]:
    """A children's home: calls with families and services, and the rota to the same dozen of staff."""
    dice, home = line.dice("home"), _fixed(line, "home", 3)
    known = _callers(line, "home", 12, 14)
    at = _times(line, dice, 5 * N_DAYS, (7, 23))
    yield trails.calls(home, dice.choice(known, len(at)), at, 0.5, 0.2, dice)
    staff = known[-12:]
    for day in range(0, N_DAYS, 2):
        rota = (line.first + day) * DAY + 9 * HOUR + int(dice.integers(0, HOUR))
        yield trails.texts(home, staff, rota, 20, dice)
        some = staff[dice.random(len(staff)) < 0.2]
        yield trails.calls(home, some, np.sort(rota + dice.integers(600, 2 * HOUR, len(some))), 0, 0.5, dice)


def _driver(line: Line) -> Iterator[Trail]:
    """A delivery driver: between towns all day, a text to each customer, home every night."""
    dice = line.dice("driver")
    towns = cells.areas_of(line.force.code)
    stays = []
    for day in range(line.first, line.last):
        if (day + 3) % 7 < 6:
            for leg, town in enumerate(dice.choice(towns, 3, replace=False)):
                start = day * DAY + (8 + 3 * leg) * HOUR
                stays.append((start, start + 3 * HOUR - 600, int(town) * cells.PER_AREA))
    places = Places(line.cell(line.town, "driver"), np.array(stays, dtype=np.int64))
    phone = Phone(line.mobile(FIRST), f"{line.name}/driver", places, line.circle("driver"), line.first, line.last, 3)
    yield trails.everyday(phone, dice)
    for start, _, _ in stays:
        to = dice.choice(trails.public()[200:], 4, replace=False)
        yield trails.calls(phone, to, np.sort(start + dice.integers(0, 2 * HOUR, 4)), 1, 0.8, dice)


def _person(line: Line, place: int, what: str, home: int, work: int, circle: list[str], **more: float) -> Phone:
    dice = line.dice(f"{what}/{place}/work")
    places = trails.working(home, work, line.first, N_DAYS, dice)
    name = f"{line.name}/{what}/{place}"
    return Phone(line.mobile(FIRST + place), name, places, circle, line.first, line.last, more.get("per_day", 4.0))


def _couple(line: Line) -> Iterator[Trail]:
    """One home, two places of work, a family in common; they call each other."""
    home, family = line.cell(line.town, "couple"), line.circle("family", 6)[:6]
    for place, other in ((1, 2), (2, 1)):
        work = line.cell(line.town, f"couple/{place}")
        if place == 2:  # one works out of town
            towns = cells.areas_of(line.force.code)
            work = line.cell(int(towns[(line.n + 3) % len(towns)]), "couple/away")
        circle = [line.mobile(FIRST + other), *family, *line.circle(f"couple/{place}", 9)]
        yield trails.everyday(_person(line, place, "couple", home, work, circle), line.dice(f"couple/{place}/use"))


def _colleagues(line: Line) -> Iterator[Trail]:
    """Two homes in one town, one place of work in another, and the road between them together."""
    towns = cells.areas_of(line.force.code)
    work = line.cell(int(towns[(line.n + 5) % len(towns)]), "colleagues")
    for place, other in ((3, 4), (4, 3)):
        circle = line.circle(f"colleague/{place}", 12)
        circle.insert(5, line.mobile(FIRST + other))
        home = line.town * cells.PER_AREA + (0 if place == 3 else 6)  # masts apart, so that nights tell them apart
        yield trails.everyday(
            _person(line, place, "colleague", home, work, circle), line.dice(f"colleague/{place}/use")
        )


def _siblings(line: Line) -> Iterator[Trail]:
    """A brother's contract ends and he is given another number, which he tells to everybody; his sister gets her first
    phone the same week. Only his two numbers are one person's. She knows a third of those whom he knows."""
    change = line.first + 20
    his, home = line.circle("brother", 12), line.cell(line.town, "siblings")
    hers = [*his[:4], *line.circle("sister", 8)]
    places = Places(home)
    for place, circle, first, last in (
        (5, his, line.first, change), (6, his, change, line.last), (7, hers, change + 1, line.last),
    ):  # fmt: skip
        name = f"{line.name}/sibling/{place}"
        yield trails.everyday(
            Phone(line.mobile(FIRST + place), name, places, circle, first, last, 4), line.dice(f"sibling/{place}")
        )


def _changes(line: Line) -> Iterator[Trail]:
    """A new handset, a number taken along to another network, a phone sold to a stranger: each once."""
    middle = line.first + N_DAYS // 2
    for half, (first, last) in enumerate(((line.first, middle), (middle, line.last))):
        dice = line.dice(f"changes/{half}")
        home = Places(line.cell(line.town, "upgrade"))
        circle = line.circle("upgrade", 10)
        yield trails.everyday(
            Phone(line.mobile(FIRST + 8), f"{line.name}/upgrade", home, circle, first, last, 3,
                  handset=f"{line.name}/upgrade/{half}"), dice,
        )  # fmt: skip
        yield trails.everyday(
            Phone(line.mobile(FIRST + 9), f"{line.name}/port", Places(line.cell(line.town, "port")),
                  line.circle("port", 10), first, last, 3, sim=f"{line.name}/port/{half}"), dice,
        )  # fmt: skip
        home = Places(line.cell(line.town, f"sold/{half}"))
        yield trails.everyday(
            Phone(line.mobile(FIRST + 10 + half), f"{line.name}/sold/{half}", home, line.circle(f"sold/{half}", 10),
                  first, last, 3, handset=f"{line.name}/sold"), dice,
        )  # fmt: skip


def _holiday(line: Line) -> Iterator[Trail]:
    """A week by the sea, once."""
    start = (line.first + 14) * DAY + 12 * HOUR
    away = np.array([(start, start + 6 * DAY, 4 * cells.PER_AREA)], dtype=np.int64)
    places = trails.working(
        line.cell(line.town, "holiday"), line.cell(line.town, "office"), line.first, N_DAYS, line.dice("holiday")
    ).with_visits(away)
    name, circle = f"{line.name}/holiday", line.circle("holiday")
    yield trails.everyday(
        Phone(line.mobile(FIRST + 12), name, places, circle, line.first, line.last, 5), line.dice("holiday/use")
    )


def _solicitor(line: Line) -> Iterator[Trail]:
    """Speaks with several suspects: hidden, and no reason to look at anybody."""
    office = Places(line.cell(line.town, "solicitor"))
    phone = Phone(protected(line), f"{line.name}/solicitor", office, line.suspects * 3, line.first, line.last, 2)
    if phone.circle:
        yield trails.everyday(phone, line.dice("solicitor"))
