"""A test network (PLMN 001): invented cells around the forces' towns. No real site is used.

Each town of a force has seven cells of each provider: two sites of three sectors, and one that points all ways. One
cell a force and provider moves during the year. Ids are `001-<network>-<area>-<cell>`; the area says the force.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from pipelines.synthesis.core import draws, senders, world

Columns = dict[str, pa.Array]

N_TOWNS, PER_TOWN = 8, 7
PER_FORCE = N_TOWNS * PER_TOWN
BUILT = 1200  # days before the first night
MOVED = 200  # days before the first night, when one cell a force moves
_SITE_SPREAD = 0.03  # degrees of latitude around a town's middle
_MOVE = 0.05  # degrees of latitude that the cell moves by
# Middles of towns, to two decimals (about a kilometre), in the order of names.TOWNS.
_TOWNS = {
    "36": ((52.63, 1.30), (52.75, 0.40), (52.61, 1.73), (52.41, 0.75),
           (52.68, 0.94), (52.93, 1.30), (52.65, 0.69), (52.38, 1.11)),
    "37": ((52.06, 1.16), (52.48, 1.75), (52.25, 0.71), (51.96, 1.35),
           (52.04, 0.73), (52.08, 0.44), (52.19, 1.00), (52.24, 0.41)),
    "47": ((50.82, -0.14), (50.83, -0.18), (51.11, -0.19), (50.81, -0.37),
           (50.77, 0.28), (50.86, 0.58), (50.78, -0.68), (50.87, 0.01)),
    "45": ((51.24, -0.57), (51.32, -0.56), (51.24, -0.17), (51.33, -0.27),
           (51.43, -0.51), (51.34, -0.74), (51.21, -0.80), (51.23, -0.33)),
    "22": ((52.19, -2.22), (52.68, -2.45), (52.71, -2.75), (52.06, -2.72),
           (52.31, -1.94), (52.39, -2.25), (52.11, -2.33), (52.37, -2.72)),
}  # fmt: skip
_LOW, _HIGH = (51.3, -2.6), (54.6, 0.1)  # where the towns of other forces are put: invented


def middles(planet: world.World) -> tuple[draws.Floats, draws.Floats]:
    """Latitude and longitude of the towns' middles, each of shape (forces, N_TOWNS), in degrees (WGS 84)."""
    middle_persons = []
    for force in planet.forces:
        at = np.arange(N_TOWNS) + 1000 * int(force.code, 36)
        lat = _LOW[0] + (_HIGH[0] - _LOW[0]) * planet.draw.uniform("town/lat", at[:1])
        lon = _LOW[1] + (_HIGH[1] - _LOW[1]) * planet.draw.uniform("town/lon", at[:1])
        near = np.column_stack([lat, lon]) + np.column_stack(
            [0.4 * planet.draw.uniform(f"town/d{axis}", at) - 0.2 for axis in ("lat", "lon")]
        )
        middle_persons.append(np.array(_TOWNS.get(force.code, near)))
    both = np.stack(middle_persons)
    return both[:, :, 0], both[:, :, 1]


@dataclass(frozen=True, eq=False)
class Network:
    """One provider's cells. A cell is a place in [0, PER_FORCE) of a force's ordinal; place // PER_TOWN is the town."""

    planet: world.World
    sender: str

    @property
    def code(self) -> int:
        return senders.PROVIDERS.index(self.sender) + 1

    def ids(self, ordinal: draws.Ints, place: draws.Ints) -> pa.Array:
        """Cell ids; `ordinal` and `place` have shape (n,)."""
        return self._names.take(pa.array(ordinal * PER_FORCE + place))

    @cached_property
    def _names(self) -> pa.Array:
        return pa.array(
            [
                f"001-{self.code:02d}-{1000 + int(force.code)}-{town * 10 + k + 1:03d}"
                for force in self.planet.forces
                for town in range(N_TOWNS)
                for k in range(PER_TOWN)
            ]
        )

    def positions(self) -> tuple[draws.Floats, draws.Floats]:
        """Latitude and longitude of each cell before any move, of shape (forces * PER_FORCE,)."""
        lat, lon = (np.repeat(axis.ravel(), PER_TOWN) for axis in middles(self.planet))
        at = np.arange(len(lat))
        site = at // PER_TOWN * 3 + np.minimum(at % PER_TOWN // 3, 2)
        draw = self.planet.draw
        dlat = _SITE_SPREAD * (2 * draw.uniform(f"site/lat/{self.sender}", site) - 1)
        dlon = _SITE_SPREAD * (2 * draw.uniform(f"site/lon/{self.sender}", site) - 1) * 1.6  # degrees are shorter here
        return np.round(lat + dlat, 5), np.round(lon + dlon, 5)

    def azimuths(self, place: draws.Ints) -> pa.Array:
        """Where cells point, in degrees from north; NULL for those that point all ways."""
        degrees = (place % PER_TOWN % 3 * 120.0 + 10 * (place // PER_TOWN)) % 360
        return pa.array(degrees, mask=place % PER_TOWN == PER_TOWN - 1)

    def rows(self) -> Columns:
        """Cells as the feed comms_cells has them, in our names."""
        lat, lon = self.positions()
        place = np.arange(len(lat)) % PER_FORCE
        day = self.planet.first_day
        moves = np.flatnonzero(place == PER_TOWN - 1)
        order = np.concatenate([np.arange(len(lat)), moves])
        is_new = np.arange(len(order)) >= len(lat)
        is_old = np.isin(order, moves) & ~is_new
        ends = pa.array(np.full(len(order), day - MOVED - 1, np.int32), mask=~is_old)
        return {
            "cell": self._names.take(pa.array(order)),
            "latitude": pa.array(np.round(lat[order] + _MOVE * is_new, 5)),
            "longitude": pa.array(lon[order]),
            "azimuth": self.azimuths(place[order]),
            "from_on": pa.array(np.where(is_new, day - MOVED, day - BUILT).astype(np.int32)).cast(pa.date32()),
            "to_on": ends.cast(pa.date32()),
        }


def whereabouts(planet: world.World, subject: draws.Ints, key: draws.Keys, second: draws.Ints) -> draws.Ints:
    """Places of cells, of shape (n,): a telephone is mostly at home by night, at home or at work by day.

    Args:
        subject: number index of each event's telephone, which has one home and one place of work.
        key: key of each event.
        second: when, as second of the day (UTC).
    """
    draw = planet.draw
    is_night = (second < 7 * 3600) | (second >= 22 * 3600)
    u = draw.uniform("event/where", key)
    home, work = draw.below("cell/home", subject, PER_FORCE), draw.below("cell/work", subject, PER_FORCE)
    is_home = u < np.where(is_night, 0.85, 0.4)
    is_work = u < np.where(is_night, 0.88, 0.8)
    return np.where(is_home, home, np.where(is_work, work, draw.below("event/cell", key, PER_FORCE)))


def beside(planet: world.World, place: draws.Ints, key: draws.Keys) -> draws.Ints:
    """Another cell of the same town, for an event that moves."""
    return place // PER_TOWN * PER_TOWN + planet.draw.below("event/cell2", key, PER_TOWN)
