"""Cells of the world's test network: where each stands, which way it points and how far it reaches.

Fifty places of eight cells each: forty towns of the five forces that ship with a layout, and ten places in cities that
lines come from. A place has two masts of three sectors and two that radiate all round. Town centres are rounded to 0.01
degrees (about 1 km), the masts are invented. Cell ids name the test network 001-01, the place and the cell.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from pipelines.synthesis.core import draws

Columns = dict[str, pa.Array]

FIRST_AREA = 1001
PER_AREA = 8
# By force code, in the order of names.TOWNS; then the cities.
CENTRES: dict[str, tuple[tuple[str, float, float], ...]] = {
    "36": (
        ("Norwich", 52.63, 1.30), ("King's Lynn", 52.75, 0.40), ("Great Yarmouth", 52.61, 1.73),
        ("Thetford", 52.41, 0.75), ("Dereham", 52.68, 0.94), ("Cromer", 52.93, 1.30), ("Swaffham", 52.65, 0.69),
        ("Diss", 52.38, 1.11),
    ),
    "37": (
        ("Ipswich", 52.06, 1.16), ("Lowestoft", 52.48, 1.75), ("Bury St Edmunds", 52.25, 0.71),
        ("Felixstowe", 51.96, 1.35), ("Sudbury", 52.04, 0.73), ("Haverhill", 52.08, 0.44), ("Stowmarket", 52.19, 1.00),
        ("Newmarket", 52.25, 0.41),
    ),
    "47": (
        ("Brighton", 50.83, -0.14), ("Hove", 50.83, -0.17), ("Crawley", 51.11, -0.19), ("Worthing", 50.82, -0.37),
        ("Eastbourne", 50.77, 0.28), ("Hastings", 50.86, 0.58), ("Bognor Regis", 50.78, -0.68), ("Lewes", 50.87, 0.01),
    ),
    "45": (
        ("Guildford", 51.24, -0.57), ("Woking", 51.32, -0.56), ("Redhill", 51.24, -0.17), ("Epsom", 51.33, -0.27),
        ("Staines", 51.43, -0.51), ("Camberley", 51.34, -0.74), ("Farnham", 51.21, -0.80), ("Dorking", 51.23, -0.33),
    ),
    "22": (
        ("Worcester", 52.19, -2.22), ("Telford", 52.68, -2.45), ("Shrewsbury", 52.71, -2.75),
        ("Hereford", 52.06, -2.71), ("Redditch", 52.31, -1.95), ("Kidderminster", 52.39, -2.25),
        ("Malvern", 52.11, -2.33), ("Ludlow", 52.37, -2.72),
    ),
    "cities": (
        ("Hackney", 51.55, -0.06), ("Tottenham", 51.60, -0.07), ("Camberwell", 51.47, -0.09), ("Brixton", 51.46, -0.11),
        ("Croydon", 51.37, -0.10), ("Romford", 51.58, 0.18), ("Harlesden", 51.54, -0.25), ("Liverpool", 53.41, -2.98),
        ("Birmingham", 52.48, -1.90), ("Manchester", 53.48, -2.24),
    ),
}  # fmt: skip
_ALL = tuple(town for towns in CENTRES.values() for town in towns)
N_AREAS = len(_ALL)

# Eight cells of a place: metres east and north of its centre, azimuth in degrees (-1: all round), reach in metres.
_SITES = (
    (0, 0, 0, 1500), (0, 0, 120, 1500), (0, 0, 240, 1500),
    (1700, 900, 60, 2000), (1700, 900, 180, 2000), (1700, 900, 300, 2000),
    (-2100, 700, -1, 2500), (-300, -2400, -1, 2500),
)  # fmt: skip
_METRES = 111_320.0  # a degree of latitude


def ids() -> pa.Array:
    """Every cell id, place by place."""
    return pa.array([f"001-01-{FIRST_AREA + k}-{cell}" for k in range(N_AREAS) for cell in range(1, PER_AREA + 1)])


def areas_of(force: str) -> draws.Ints:
    """Places of a force, as indices below `N_AREAS`: its own where it has some, else every town of the table."""
    groups = list(CENTRES)
    n_towns = N_AREAS - len(CENTRES["cities"])
    if force not in CENTRES:
        return np.arange(n_towns)
    first = sum(len(CENTRES[g]) for g in groups[: groups.index(force)])
    return np.arange(first, first + len(CENTRES[force]))


def cities() -> draws.Ints:
    """Places in cities, as indices below `N_AREAS`."""
    return np.arange(N_AREAS - len(CENTRES["cities"]), N_AREAS)


def town(area: int) -> str:
    return _ALL[area][0]


@lru_cache(maxsize=1)
def _table() -> tuple[draws.Floats, draws.Floats, draws.Ints, draws.Ints]:
    centre = np.array([(latitude, longitude) for _, latitude, longitude in _ALL])
    site = np.array(_SITES)
    latitude = centre[:, :1] + site[:, 1] / _METRES
    longitude = centre[:, 1:] + site[:, 0] / (_METRES * np.cos(np.radians(centre[:, :1])))
    n = len(centre)
    return latitude.ravel(), longitude.ravel(), np.tile(site[:, 2], n), np.tile(site[:, 3], n)


def rows(first_day: int) -> Columns:
    """Cells as the feed comms_cells has them, in our names; they stand since long before the world's first day."""
    table = positions()
    n = len(table["cell_id"])
    return {
        "cell": table["cell_id"],
        "latitude": table["latitude"],
        "longitude": table["longitude"],
        "azimuth": table["azimuth"].cast(pa.float64()),
        "from_on": pa.array(np.full(n, first_day - 1200, np.int32)).cast(pa.date32()),
        "to_on": pa.array([None] * n, pa.date32()),
    }


def beam(cell: int, metres: float) -> tuple[float, float]:
    """Latitude and longitude of the point that lies `metres` from a cell's mast, where it points (all round: north)."""
    latitude, longitude, azimuth, _ = (float(column[cell]) for column in _table())
    angle = np.radians(max(azimuth, 0.0))
    east, north = metres * np.sin(angle), metres * np.cos(angle)
    return latitude + north / _METRES, longitude + east / (_METRES * np.cos(np.radians(latitude)))


def positions() -> Columns:
    """cell_id, latitude, longitude (WGS 84, degrees), azimuth (degrees; NULL: all round), range_m (reach, metres)."""
    latitude, longitude, azimuth, reach = _table()
    return {
        "cell_id": ids(),
        "latitude": pa.array(np.round(latitude, 5)),
        "longitude": pa.array(np.round(longitude, 5)),
        "azimuth": pa.array(azimuth, mask=azimuth < 0),
        "range_m": pa.array(reach),
    }
