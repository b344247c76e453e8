"""The British National Grid: eastings and northings in metres, and references by letters, as degrees of WGS 84.

Transverse Mercator and the seven parameters between OSGB36 and WGS 84 as the Ordnance Survey publishes them ("A guide
to coordinate systems in Great Britain", annexes A to C). They are within about 5 m of OSTN15, which a mast or a
postcode needs no better. All are expressions of Spark: no row leaves it.
"""

from __future__ import annotations

import math
import string

from pyspark.sql import Column
from pyspark.sql import functions as F

WIDTH, HEIGHT = 700_000, 1_300_000  # metres that the grid covers
_A, _B, _SCALE = 6_377_563.396, 6_356_256.909, 0.9996012717  # Airy 1830, and the scale on the middle meridian
_LATITUDE, _LONGITUDE, _EAST, _NORTH = math.radians(49), math.radians(-2), 400_000, -100_000  # true and false origin
_N = (_A - _B) / (_A + _B)
_E2 = 1 - (_B / _A) ** 2
_RADIUS = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_WGS84_A, _WGS84_B = 6_378_137.0, 6_356_752.314245
_SHIFT = (446.448, -125.157, 542.060)  # metres, from OSGB36 to WGS 84
_PARTS = -20.4894e-6
_TURN = tuple(math.radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))
# Squares of 500 km and of 100 km in them, named A to Z without I, from the north-west.
_LETTERS = string.ascii_uppercase.replace("I", "")
_REFERENCE = r"^([HJNOST])([A-HJ-Z])((?:\d\d){2,5})$"


def degrees(easting: Column, northing: Column) -> Column:
    """Latitude and longitude (struct of both, WGS 84, degrees) of metres on the grid; NULL for what is not on it."""
    place = F.transform(F.transform(_projected(easting, northing), _cartesian), _wgs84)[0]
    return F.when(place["latitude"].isNotNull() & place["longitude"].isNotNull(), place)


def on_airy(easting: Column, northing: Column) -> Column:
    """The same in radians on Airy 1830, the ellipsoid of maps: up to 120 m from WGS 84."""
    return _projected(easting, northing)[0]


def _projected(easting: Column, northing: Column) -> Column:
    """An array of the place on Airy 1830: each step binds what it is given, else expressions would hold it many times
    over."""
    east, north = (F.when(each.between(0, most), each) for each, most in ((easting, WIDTH), (northing, HEIGHT)))
    arc = F.lit(_meridian(_LATITUDE)) + (north - _NORTH) / _SCALE
    start = F.array(F.struct((arc / _RADIUS).alias("mu"), (east - _EAST).alias("east")))
    return F.transform(F.transform(start, _foot), _airy)


def of_reference(text: Column) -> tuple[Column, Column]:
    """Easting and northing, in metres, of the middle of the square that a reference names ("TG 514 131").

    NULL for what is no reference of four to ten digits.
    """
    packed = F.regexp_replace(F.upper(text), r"\s", "")
    first, second, digits = (F.regexp_extract(packed, _REFERENCE, n) for n in (1, 2, 3))
    outer, inner = F.instr(F.lit(_LETTERS), first) - 1, F.instr(F.lit(_LETTERS), second) - 1  # type: ignore[arg-type]
    half = (F.length(digits) / 2).cast("int")
    size = F.pow(F.lit(10.0), 5 - half)
    east = (outer % 5 - 2) * 500_000 + inner % 5 * 100_000 + F.substring(digits, F.lit(1), half).cast("int") * size
    north = (3 - F.floor(outer / 5)) * 500_000 + (4 - F.floor(inner / 5)) * 100_000
    north = north + F.substring(digits, half + 1, half).cast("int") * size
    middle = size / 2
    return tuple(F.when(packed.rlike(_REFERENCE), each + middle) for each in (east, north))  # type: ignore[return-value]


def metres(text: Column) -> Column:
    """Metres as written, also with a comma between thousands ("651,410"); NULL for what is no number."""
    return F.regexp_replace(text, r"^(\d{1,3}),(\d{3})$", "$1$2").try_cast("double")


def _foot(at: Column) -> Column:
    """Latitude (radians) at which the meridian is as long as to the place."""
    mu, n = at["mu"], _N
    foot = (
        mu
        + (3 * n / 2 - 27 * n**3 / 32) * F.sin(2 * mu)
        + (21 * n**2 / 16 - 55 * n**4 / 32) * F.sin(4 * mu)
        + (151 * n**3 / 96) * F.sin(6 * mu)
        + (1097 * n**4 / 512) * F.sin(8 * mu)
    )
    return F.struct(foot.alias("foot"), at["east"].alias("east"))


def _airy(at: Column) -> Column:
    """Latitude and longitude (radians, on Airy 1830)."""
    foot = at["foot"]
    w = 1 - _E2 * F.pow(F.sin(foot), 2)
    nu, rho = _A * _SCALE / F.sqrt(w), _A * _SCALE * (1 - _E2) / F.pow(w, 1.5)
    tan, d = F.tan(foot), at["east"] / nu
    t, ratio = tan * tan, nu / rho
    fourth = (5 + 3 * t + (ratio - 1) - 9 * t * (ratio - 1)) / 24
    sixth = (61 + 90 * t + 45 * t * t) / 720
    latitude = foot - tan * ratio * (F.pow(d, 2) / 2 - fourth * F.pow(d, 4) + sixth * F.pow(d, 6))
    fifth = (5 + 28 * t + 24 * t * t) / 120
    seventh = (61 + 662 * t + 1320 * t * t + 720 * t * t * t) / 5040
    turned = d - (ratio + 2 * t) / 6 * F.pow(d, 3) + fifth * F.pow(d, 5) - seventh * F.pow(d, 7)
    return F.struct(latitude.alias("latitude"), (F.lit(_LONGITUDE) + turned / F.cos(foot)).alias("longitude"))


def _meridian(latitude: float) -> float:
    """Metres along the meridian from the equator, of Airy 1830."""
    n = _N
    return _RADIUS * (
        latitude
        - (3 * n / 2 - 9 * n**3 / 16) * math.sin(2 * latitude)
        + (15 * n**2 / 16 - 15 * n**4 / 32) * math.sin(4 * latitude)
        - (35 * n**3 / 48) * math.sin(6 * latitude)
        + (315 * n**4 / 512) * math.sin(8 * latitude)
    )


def _cartesian(at: Column) -> Column:
    """Metres from the earth's middle, in the frame of WGS 84, of a place at the height of Airy's ellipsoid."""
    latitude, longitude = at["latitude"], at["longitude"]
    nu = _A / F.sqrt(1 - _E2 * F.pow(F.sin(latitude), 2))
    x, y = nu * F.cos(latitude) * F.cos(longitude), nu * F.cos(latitude) * F.sin(longitude)
    z = nu * (1 - _E2) * F.sin(latitude)
    (dx, dy, dz), (rx, ry, rz), s = _SHIFT, _TURN, 1 + _PARTS
    moved = (dx + s * x - rz * y + ry * z, dy + rz * x + s * y - rx * z, dz - ry * x + rx * y + s * z)
    return F.struct(*(each.alias(name) for each, name in zip(moved, "xyz", strict=True)))


def _wgs84(at: Column) -> Column:
    """Latitude and longitude in degrees (Bowring's formula, once: exact to a millimetre on the ground)."""
    x, y, z = (at[name] for name in "xyz")
    across = F.sqrt(x * x + y * y)
    e2 = 1 - (_WGS84_B / _WGS84_A) ** 2
    theta = F.atan2(z * _WGS84_A, across * _WGS84_B)
    up = z + e2 / (1 - e2) * _WGS84_B * F.pow(F.sin(theta), 3)
    out = across - e2 * _WGS84_A * F.pow(F.cos(theta), 3)
    return F.struct(F.degrees(F.atan2(up, out)).alias("latitude"), F.degrees(F.atan2(y, x)).alias("longitude"))
