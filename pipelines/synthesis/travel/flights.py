"""Flights of the world: lines that fly daily between British and foreign airports, as three senders list them.

Airports are real codes with their zones, so that clocks behave; carriers, flight numbers and times are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.synthesis.core import draws, grammar, world

Columns = dict[str, pa.Array]

HISTORY, AHEAD = 60, 14  # days before the first night, and days that a schedule looks ahead
# Code, city, country, latitude, longitude, zone.
UK = (
    ("NWI", "Norwich", 52.68, 1.28), ("STN", "London Stansted", 51.89, 0.24), ("LGW", "London Gatwick", 51.15, -0.19),
    ("BHX", "Birmingham", 52.45, -1.75), ("MAN", "Manchester", 53.35, -2.27), ("EDI", "Edinburgh", 55.95, -3.37),
    ("BRS", "Bristol", 51.38, -2.72), ("LTN", "London Luton", 51.87, -0.37),
)  # fmt: skip
ABROAD = (
    ("AGP", "Malaga", "Spain", 36.67, -4.50, "Europe/Madrid"),
    ("AMS", "Amsterdam", "Netherlands", 52.31, 4.76, "Europe/Amsterdam"),
    ("DUB", "Dublin", "Ireland", 53.42, -6.27, "Europe/Dublin"),
    ("OTP", "Bucharest", "Romania", 44.57, 26.10, "Europe/Bucharest"),
    ("WAW", "Warsaw", "Poland", 52.17, 20.97, "Europe/Warsaw"),
    ("IST", "Istanbul", "Turkey", 41.26, 28.74, "Europe/Istanbul"),
    ("ATH", "Athens", "Greece", 37.94, 23.94, "Europe/Athens"),
    ("DXB", "Dubai", "United Arab Emirates", 25.25, 55.36, "Asia/Dubai"),
    ("ISB", "Islamabad", "Pakistan", 33.55, 72.83, "Asia/Karachi"),
    ("LOS", "Lagos", "Nigeria", 6.58, 3.32, "Africa/Lagos"),
    ("BKK", "Bangkok", "Thailand", 13.69, 100.75, "Asia/Bangkok"),
    ("JFK", "New York", "United States", 40.64, -73.78, "America/New_York"),
)
_CODES = pa.array([row[0] for row in UK] + [row[0] for row in ABROAD])
_ZONES = ["Europe/London"] * len(UK) + [row[5] for row in ABROAD]
_DEGREES = np.array([row[2:4] for row in UK] + [row[3:5] for row in ABROAD])
CARRIERS = ("Q9", "Z3", "B7")  # B7 is Bluewing, which keeps its own lists


def airports() -> Columns:
    """Reference data: every airport of the world's lines."""
    rows = [(c, city, "United Kingdom", lat, lon, "Europe/London") for c, city, lat, lon in UK] + list(ABROAD)
    code, city, country, latitude, longitude, zone = zip(*rows, strict=True)
    return {
        "airport": pa.array(code),
        "name": pa.array([f"{name} Airport" for name in city]),
        "city": pa.array(city),
        "country": pa.array(country),
        "latitude": pa.array([f"{value:.2f}" for value in latitude]),
        "longitude": pa.array([f"{value:.2f}" for value in longitude]),
        "time_zone": pa.array(zone),
    }


@dataclass(frozen=True, eq=False)
class Flights:
    """Flights by index: day since the start of the history times the number of lines, plus the line."""

    planet: world.World

    @property
    def n_lines(self) -> int:
        """Even: each line out has one back."""
        return 2 * max(3, self.planet.n_reports // 750)

    @property
    def n_days(self) -> int:
        return HISTORY + self.planet.n_nights + AHEAD

    def of_days(self, first: int, last: int) -> draws.Ints:
        """Flights that leave on days `first` to `last`, both included; day HISTORY is that of the first night."""
        return np.arange(max(0, first) * self.n_lines, min(self.n_days, last + 1) * self.n_lines)

    def line(self, flight: draws.Ints) -> draws.Ints:
        return flight % self.n_lines

    def day(self, flight: draws.Ints) -> draws.Ints:
        return flight // self.n_lines

    def is_inbound(self, flight: draws.Ints) -> draws.Bools:
        return self.line(flight) % 2 == 1

    def is_bluewing(self, flight: draws.Ints) -> draws.Bools:
        return (self.line(flight) // 2) % len(CARRIERS) == 2

    def numbers(self, flight: draws.Ints) -> pa.Array:
        """Flight numbers, a few with the leading zeros that some lists keep."""
        line = self.line(flight)
        carrier = pa.array(CARRIERS).take(pa.array((line // 2) % len(CARRIERS)))
        return grammar.concat([carrier, pa.array(101 + line).cast(pa.string())], len(flight))

    def ends(self, flight: draws.Ints) -> tuple[draws.Ints, draws.Ints]:
        """Airports of departure and arrival, as places in the list of codes."""
        pair = self.line(flight) // 2
        home, away = pair % len(UK), len(UK) + (pair * 5) % len(ABROAD)
        inbound = self.is_inbound(flight)
        return np.where(inbound, away, home), np.where(inbound, home, away)

    def codes(self, flight: draws.Ints) -> tuple[pa.Array, pa.Array]:
        origin, to = self.ends(flight)
        return _CODES.take(pa.array(origin)), _CODES.take(pa.array(to))

    @cached_property
    def _minutes(self) -> draws.Ints:
        """Minute of the day at which a line leaves, by the clock there: every fourth late in the evening."""
        line = np.arange(self.n_lines)
        day = 300 + 5 * self.planet.draw.below("line/minute", line, 190)
        return np.where(line % 4 == 3, 1290 + 5 * self.planet.draw.below("line/late", line, 28), day)

    def departs(self, flight: draws.Ints) -> tuple[draws.Ints, draws.Ints]:
        """Departure in seconds since 1970, UTC; and the date there, in days since 1970."""
        day = self.planet.first_day - HISTORY + self.day(flight)
        wall = day * world.DAY + 60 * self._minutes[self.line(flight)]
        return _utc(wall, self.ends(flight)[0]), day

    def arrives(self, flight: draws.Ints) -> draws.Ints:
        """Arrival in seconds since 1970, UTC: along the great circle at 800 km/h, and 40 minutes for the rest."""
        here, there = (np.radians(_DEGREES[end]) for end in self.ends(flight))
        haversine = np.sin((there - here)[:, 0] / 2) ** 2
        haversine += np.cos(here[:, 0]) * np.cos(there[:, 0]) * np.sin((there - here)[:, 1] / 2) ** 2
        minutes = 40 + 5 * np.round(2 * 6371 * np.arcsin(np.sqrt(haversine)) / 800 * 60 / 5)
        return self.departs(flight)[0] + 60 * minutes.astype(np.int64)

    def status(self, flight: draws.Ints, night: int) -> pa.Array:
        """As known at the start of a night; one in eighty is cancelled."""
        now = (self.planet.first_day + night) * world.DAY
        left, landed = self.departs(flight)[0] < now, self.arrives(flight) < now
        state = np.where(landed, "LANDED", np.where(left, "DEPARTED", "SCHEDULED"))
        off = self.planet.draw.chance("flight/off", flight, 1 / 80)
        return pa.array(np.where(off, "CANCELLED", state).tolist())

    def schedule(self, flight: draws.Ints, night: int) -> Columns:
        """A schedule: one date, and clock times by the clock of each end."""
        origin, to = self.codes(flight)
        ends = self.ends(flight)
        return {
            "flight_no": self.numbers(flight),
            "from_airport": origin,
            "to_airport": to,
            "service_on": pa.array(self.departs(flight)[1].astype(np.int32)).cast(pa.date32()),
            "departs_time": _clock(self.departs(flight)[0], ends[0]),
            "arrives_time": _clock(self.arrives(flight), ends[1]),
            "status": self.status(flight, night),
        }

    def board(self, flight: draws.Ints, night: int) -> Columns:
        """British airports' own lists: the time of their end only."""
        origin, to = self.codes(flight)
        inbound = pa.array(self.is_inbound(flight))
        home, other = (pa.compute.if_else(inbound, a, b) for a, b in ((to, origin), (origin, to)))
        at = np.where(self.is_inbound(flight), self.arrives(flight), self.departs(flight)[0])
        return {
            "side": pa.compute.if_else(inbound, "ARRIVAL", "DEPARTURE"),
            "home_airport": home,
            "flight_no": self.numbers(flight),
            "other_airport": other,
            "listed_at": pa.array(at).cast(pa.timestamp("s")),
            "status": self.status(flight, night),
        }

    def own(self, flight: draws.Ints, night: int) -> Columns:
        """A carrier's own list: instants in UTC."""
        origin, to = self.codes(flight)
        return {
            "flight_no": self.numbers(flight),
            "from_airport": origin,
            "to_airport": to,
            "departs_at": pa.array(self.departs(flight)[0]).cast(pa.timestamp("s")),
            "arrives_at": pa.array(self.arrives(flight)).cast(pa.timestamp("s")),
            "status": self.status(flight, night),
        }

    def routes(self) -> Columns:
        flight = np.arange(self.n_lines)
        origin, to = self.codes(flight)
        carrier = pa.array(CARRIERS).take(pa.array((flight // 2) % len(CARRIERS)))
        return {"carrier": carrier, "from_airport": origin, "to_airport": to}


def _utc(wall: draws.Ints, airport: draws.Ints) -> draws.Ints:
    """Clock times at airports (seconds as if UTC) in UTC; of an hour that comes twice the first, a lost one later."""
    utc = np.empty(len(wall), dtype=np.int64)
    for place in np.unique(airport):
        at = airport == place
        local = pd.DatetimeIndex(wall[at].astype("datetime64[s]")).tz_localize(
            _ZONES[place], ambiguous=np.ones(int(at.sum()), dtype=bool), nonexistent=pd.Timedelta(hours=1)
        )
        utc[at] = local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return utc


def _clock(utc: draws.Ints, airport: draws.Ints) -> pa.Array:
    """Clock times "HH:MM" at airports."""
    text = np.empty(len(utc), dtype=object)
    for place in np.unique(airport):
        at = airport == place
        local = pd.DatetimeIndex(utc[at].astype("datetime64[s]")).tz_localize("UTC").tz_convert(_ZONES[place])
        text[at] = local.strftime("%H:%M")
    return pa.array(text.tolist(), pa.string())
