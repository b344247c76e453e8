"""What a telephone leaves behind: where its carrier is, whom it is used with, and the events that follow from both.

A `Phone` is one number in one handset; its carrier's `Places` say where it is at any second. `everyday` is ordinary
use, `texts` one text each to a list of numbers, `calls` calls at given times. All draws are from a generator seeded by
the world and the phone's name, so a phone's trail does not depend on any other's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from pipelines.synthesis.comms import cells
from pipelines.synthesis.core import draws

DAY, HOUR = 86_400, 3_600
VOICE, SMS, MMS, DATA = range(4)  # as in codes.COMMS_TYPES
FIRST_MOBILE, N_MOBILES = 600, 400  # 07700 900600 to 900999: no person of the world has one
_WAKING = np.array([1, 0, 0, 0, 0, 0, 1, 3, 4, 4, 4, 4, 5, 4, 4, 5, 6, 7, 7, 7, 6, 5, 4, 2], dtype=float)
# Further ranges that Ofcom keeps for drama: London, no area, Cardiff, Northern Ireland, UK-wide.
_PUBLIC = (("02079460", 3), ("01632960", 3), ("02920180", 3), ("02896496", 3), ("03069990", 3))

Rng = np.random.Generator


def rng(seed: int, name: str) -> Rng:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "little"))


@lru_cache(maxsize=1)
def public() -> np.ndarray:
    """5,000 national numbers of the public: customers, shops, offices. No record of a person has one."""
    return np.array([f"{stem}{n:0{width}d}" for stem, width in _PUBLIC for n in range(10**width)], dtype=object)


def mobile(n: int) -> str:
    """The nth of the mobiles kept for planted parties, national."""
    return f"07700900{FIRST_MOBILE + n % N_MOBILES:03d}"


@dataclass(frozen=True, eq=False)
class Places:
    """Where somebody is: at the cell `home`, but for `stays` elsewhere, rows of (start, end, cell) in time's order."""

    home: int
    stays: draws.Ints = field(default_factory=lambda: np.empty((0, 3), dtype=np.int64))

    def at(self, seconds: draws.Ints) -> draws.Ints:
        """Cell of each instant (seconds since 1970, UTC)."""
        if not len(self.stays):
            return np.full(len(seconds), self.home)
        place = np.searchsorted(self.stays[:, 0], seconds, "right") - 1
        stay = self.stays[np.maximum(place, 0)]
        return np.where((place >= 0) & (seconds < stay[:, 1]), stay[:, 2], self.home)

    def with_visits(self, visits: draws.Ints) -> Places:
        """The same, away on `visits`: stays that a visit touches are dropped."""
        kept = [s for s in self.stays if not ((s[0] < visits[:, 1]) & (s[1] > visits[:, 0])).any()]
        both = np.array([*kept, *visits], dtype=np.int64).reshape(-1, 3)
        return Places(self.home, both[np.argsort(both[:, 0])])


def working(home: int, work: int, first_day: int, n_days: int, dice: Rng) -> Places:
    """At home, and on weekdays from about half past eight to about half past five at `work`."""
    days = np.array([d for d in range(first_day, first_day + n_days) if (d + 3) % 7 < 5], dtype=np.int64)
    start = days * DAY + 8 * HOUR + dice.integers(0, HOUR, len(days))
    end = days * DAY + 17 * HOUR + dice.integers(0, HOUR, len(days))
    return Places(home, np.column_stack([start, end, np.full(len(days), work)]))


@dataclass(frozen=True, eq=False)
class Phone:
    """A number in a handset, in use on the days `first` to `last`; `circle` are its contacts, the closest first."""

    number: str
    name: str  # of its draws, and of its equipment codes
    places: Places
    circle: Sequence[str]
    first: int  # days since 1970-01-01
    last: int
    per_day: float = 3.0
    handset: str = ""  # name of the handset, where another phone's is used
    sim: str = ""

    @property
    def imei(self) -> str:
        return "00440000" + _digits(self.handset or self.name, 6) + "0"

    @property
    def imsi(self) -> str:
        return "00101" + _digits(self.sim or self.name, 10)


def _digits(name: str, width: int) -> str:
    return str(int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) % 10**width).zfill(width)


@dataclass(frozen=True, eq=False)
class Trail:
    """Events of one phone, arrays of shape (n,)."""

    phone: Phone
    other: np.ndarray  # national numbers; None for data
    started: draws.Ints  # seconds since 1970, UTC
    kind: draws.Ints  # VOICE, SMS, MMS or DATA
    is_outgoing: draws.Bools
    seconds: draws.Ints
    cell: draws.Ints
    last_cell: draws.Ints


def _trail(
    phone: Phone, other: np.ndarray, started: draws.Ints, kind: draws.Ints, is_outgoing: draws.Bools, dice: Rng
) -> Trail:
    n = len(started)
    seconds = np.where(kind == VOICE, dice.exponential(80, n).astype(np.int64), 0)
    seconds = np.where(kind == DATA, 30 + dice.integers(0, 900, n), seconds)
    cell = _served(phone.places.at(started), dice)
    return Trail(
        phone, other, started, kind, is_outgoing, seconds, cell, _served(phone.places.at(started + seconds), dice)
    )


def _served(cell: draws.Ints, dice: Rng) -> draws.Ints:
    """The cell that serves a phone: three times in ten another sector of the same mast."""
    place = cell % cells.PER_AREA
    sector = place // 3 * 3 + (place + dice.integers(1, 3, len(cell))) % 3
    moves = (dice.random(len(cell)) < 0.3) & (place < 6)
    return np.where(moves, cell - place + sector, cell)


def everyday(phone: Phone, dice: Rng) -> Trail:
    """Calls, texts and data as people use a phone: near contacts more often, awake hours for what is not data."""
    n = int(dice.poisson(phone.per_day * (phone.last - phone.first)))
    kind = dice.choice([VOICE, SMS, DATA], n, p=[0.3, 0.25, 0.45])
    hour = np.where(kind == DATA, dice.integers(0, 24, n), dice.choice(24, n, p=_WAKING / _WAKING.sum()))
    day = dice.integers(phone.first, max(phone.first + 1, phone.last), n)
    started = np.sort(day * DAY + hour * HOUR + dice.integers(0, HOUR, n))
    weight = 1 / np.sqrt(1 + np.arange(len(phone.circle)))
    whom = dice.choice(len(phone.circle), n, p=weight / weight.sum())
    other = np.array(phone.circle, dtype=object)[whom]
    other[kind == DATA] = None
    return _trail(phone, other, started, kind, (dice.random(n) < 0.55) | (kind == DATA), dice)


def texts(phone: Phone, to: np.ndarray, at: int, gap: float, dice: Rng) -> Trail:
    """One text to each of `to` from second `at` on, about `gap` seconds apart."""
    started = at + np.cumsum(dice.exponential(gap, len(to)).astype(np.int64) + 1)
    return _trail(phone, to, started, np.full(len(to), SMS), np.ones(len(to), dtype=bool), dice)


def calls(phone: Phone, other: np.ndarray, started: draws.Ints, p_out: float, p_text: float, dice: Rng) -> Trail:
    """Calls (or with probability `p_text` texts) with `other` at the given seconds; outgoing with `p_out`."""
    kind = np.where(dice.random(len(other)) < p_text, SMS, VOICE)
    return _trail(phone, other, started, kind, dice.random(len(other)) < p_out, dice)
