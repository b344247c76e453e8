"""To which force a pack goes: by postcode, through a table that the operator gives.

A postcode that the table does not have, or has for two forces, goes to the national queue: nothing is guessed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from schemas import codes

COLUMNS = ("postcode", "force")
# Area, district, sector or a whole postcode: NR, NR12, "NR12 8", "NR12 8AA".
_PLACE = re.compile(r"[A-Z]{1,2}(?:[0-9][A-Z0-9]?(?: [0-9](?:[A-Z]{2})?)?)?")
_AREA = re.compile(r"[A-Z]{1,2}")
Table = Mapping[str, frozenset[str]]


def load(path: Path) -> Table:
    """The table of a CSV file with the columns postcode and force, in UTF-8.

    A line per area, district, sector or postcode and force; a place on two lines with two forces is on a border. What
    is more exact counts before what is less.

    Raises:
        ValueError: the file is not such a table; says where, and what is there instead.
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if reader.fieldnames is None or not set(COLUMNS) <= set(reader.fieldnames):
            raise ValueError(f"{path.name}: needs the columns {', '.join(COLUMNS)}")
        made: dict[str, frozenset[str]] = {}
        for row in reader:
            place = " ".join((row["postcode"] or "").upper().split())
            force = (row["force"] or "").strip()
            if not _PLACE.fullmatch(place):
                raise ValueError(f"{path.name} line {reader.line_num}: no area, district, sector or postcode")
            if not re.fullmatch(codes.FORCE_PATTERN, force) or force == codes.NATIONAL:
                raise ValueError(f"{path.name} line {reader.line_num}: no force code")
            made[place] = made.get(place, frozenset()) | {force}
    return made


def route(postcodes: Iterable[str], table: Table) -> str:
    """The one force of postcodes, else `codes.NATIONAL`: none, unknown ones, on a border, or of several forces.

    Args:
        postcodes: whole ones with one space.
    """
    found: set[str] = set()
    for postcode in postcodes:
        forces = next((table[place] for place in _levels(postcode) if place in table), frozenset())
        if len(forces) != 1:
            return codes.NATIONAL
        found |= forces
    return found.pop() if len(found) == 1 else codes.NATIONAL


def _levels(postcode: str) -> Iterable[str]:
    out, _, inward = postcode.partition(" ")
    area = _AREA.match(out)
    yield from (postcode, f"{out} {inward[:1]}", out)
    if area:
        yield area[0]
