"""Lines and bystanders as providers and forces would send them: authorisations, events, missing episodes; the truth.

Each telephone is under an authorisation of its own, all of a line in one night. A few events lie outside the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.comms import bystanders, cells, comms, lines, trails
from pipelines.synthesis.comms.lines import Line
from pipelines.synthesis.comms.trails import DAY, HOUR, Trail
from pipelines.synthesis.core import world
from pipelines.synthesis.reports import people
from schemas import codes

Columns = dict[str, pa.Array]

REPORTS_A_LINE = 1500
MOST = trails.N_MOBILES // lines.PHONES_A_LINE


def n_lines(planet: world.World) -> int:
    return min(MOST, planet.n_reports // REPORTS_A_LINE)


def arriving(planet: world.World, night: int) -> list[Line]:
    """Lines whose data arrives in a night."""
    return [Line(planet, n) for n in range(n_lines(planet)) if n % planet.n_nights == night]


@lru_cache(maxsize=24)
def _trails(planet: world.World, n: int, has_line: bool) -> tuple[Trail, ...]:
    line = Line(planet, n)
    guilty: Iterator[Trail] = lines.trails_of(line) if has_line else iter(())
    return (*guilty, *bystanders.trails_of(line))


def trails_by_number(line: Line, *, has_line: bool = True) -> dict[str, list[Trail]]:
    """Trails of the line and its bystanders by national number, in a fixed order."""
    trails: dict[str, list[Trail]] = {}
    for trail in _trails(line.planet, line.n, has_line):
        trails.setdefault(trail.phone.number, []).append(trail)
    return trails


def _sender(line: Line, place: int) -> str:
    providers = line.planet.providers
    return providers[place % len(providers)]


def _urn(line: Line, place: int) -> str:
    return f"CD/{_sender(line, place)[-5:].upper()}/L{line.n:02d}{place:03d}"


def authorisations(line: Line, sender: str, *, has_line: bool = True) -> Columns:
    """One row a telephone of this provider, in our names. No rows where it has none."""
    numbers = list(trails_by_number(line, has_line=has_line))
    mine = [k for k in range(len(numbers)) if _sender(line, k) == sender]
    n = len(mine)
    hidden = bystanders.protected(line)
    return {
        "auth_urn": pa.array([_urn(line, k) for k in mine], pa.string()),
        "section": pa.array(["s.60A"] * n, pa.string()),
        "purpose": pa.array([codes.COMMS_PURPOSES[0]] * n, pa.string()),
        "kind": pa.array(["EVENTS"] * n, pa.string()),
        "granted_at": pa.array([line.first * DAY] * n, pa.int64()).cast(pa.timestamp("s")),
        "expires_at": pa.array([line.last * DAY] * n, pa.int64()).cast(pa.timestamp("s")),
        "authoriser": pa.array(["OCDA Alder"] * n, pa.string()),
        "is_protected_profession": pa.array([numbers[k] == hidden for k in mine], pa.bool_()),
        "is_journalist_source": pa.array([False] * n, pa.bool_()),
        "approved_at": pa.array([None] * n, pa.timestamp("s")),
    }


def events(line: Line, sender: str | None = None, *, has_line: bool = True) -> Columns:
    """Events in our names, of one provider as it writes numbers, or of all (E.164). Excess ones come last."""
    parts: list[Columns] = []
    for k, (number, own) in enumerate(trails_by_number(line, has_line=has_line).items()):
        if sender in (None, _sender(line, k)):
            prefix = comms.NUMBER_PREFIX[sender] if sender else "+44"
            parts += [_columns(trail, number, _urn(line, k), prefix) for trail in own]
    if not parts:
        return {}
    joined = {name: pa.concat_arrays([part[name] for part in parts]) for name in parts[0]}
    late = np.arange(0, len(joined["auth_urn"]), 97)  # one in a hundred was sent for the days after, too
    excess = {name: column.take(pa.array(late)) for name, column in joined.items()}
    after = line.last * DAY + 1 + (late * 173) % (2 * DAY - 1)
    excess["started_at"] = pa.array(after).cast(pa.timestamp("s"))
    return {name: pa.concat_arrays([joined[name], excess[name]]) for name in joined}


def _columns(trail: Trail, number: str, urn: str, prefix: str) -> Columns:
    n = len(trail.started)
    subject = pa.array([number] * n, pa.string())
    other = pa.array(list(trail.other), pa.string())
    subject, other = (pc.replace_substring_regex(a, "^0", prefix) for a in (subject, other))
    outgoing = pa.array(trail.is_outgoing)
    is_data = pa.array(trail.kind == trails.DATA)
    names = cells.ids()
    direction = pc.if_else(outgoing, "OUTGOING", "INCOMING")
    return {
        "auth_urn": pa.array([urn] * n, pa.string()),
        "a_number": pc.if_else(outgoing, subject, other),
        "b_number": pc.if_else(outgoing, other, subject),
        "imei": pa.array([trail.phone.imei] * n, pa.string()),
        "imsi": pa.array([trail.phone.imsi] * n, pa.string()),
        "type": pa.array(codes.COMMS_TYPES).take(pa.array(trail.kind)),
        "started_at": pa.array(trail.started).cast(pa.timestamp("s")),
        "duration_s": pa.array(trail.seconds),
        "first_cell": names.take(pa.array(trail.cell)),
        "last_cell": names.take(pa.array(trail.last_cell)),
        "direction": pc.if_else(is_data, pa.scalar(None, pa.string()), direction),
    }


def _absences(line: Line, *, has_line: bool = True) -> list[tuple[int, int, int]]:
    """Missing episodes as (child's index, reported, found): the line's child five times in six when the line is in
    town, and the next child as often, at random."""
    dice = line.dice("missing")
    absences = []
    for start, end, _ in line.visits[:-1] if has_line else ():
        if dice.random() < 0.85:
            begun = int(start + dice.integers(-HOUR, 5 * HOUR))
            absences.append((line.child, begun, int(end + dice.integers(-10 * HOUR, 3 * HOUR))))
    stray = int(dice.integers(line.first, line.last)) * DAY + 15 * HOUR
    absences.append((line.child, stray, stray + 9 * HOUR))
    for _ in range(7):
        begun = int(dice.integers(line.first, line.last)) * DAY + int(dice.integers(12, 23)) * HOUR
        absences.append((line.child + 1, begun, begun + int(dice.integers(5, 30)) * HOUR))
    return absences


def missing(planet: world.World, force: world.Force, night: int, *, has_line: bool = True) -> Columns:
    """Missing episodes that go with the lines of a night, of one force, in our names; empty where there are none."""
    mine = [line for line in arriving(planet, night) if line.force is force]
    rows = [(line, k, *row) for line in mine for k, row in enumerate(_absences(line, has_line=has_line))]
    if not rows:
        return {}
    n = len(rows)
    reported = np.array([row[3] for row in rows])
    dice = trails.rng(planet.seed, f"absences/{force.code}/{night}")
    child = np.array([row[2] for row in rows])
    return {
        "episode_ref": pa.array([f"M{force.code}/9{row[0].n:02d}{row[1]:03d}" for row in rows]),
        "person_ref": people.refs(force, child),
        "reported_at": pa.array(reported).cast(pa.timestamp("s")),
        "last_seen_at": pa.array(reported - dice.integers(1200, 7200, n)).cast(pa.timestamp("s")),
        "found_at": pa.array(np.array([row[4] for row in rows])).cast(pa.timestamp("s")),
        "risk": pa.array(["MEDIUM"] * n),
        "care_status": pa.array(["CHILDRENS_HOME"] * n),
        "is_cse_flagged": pa.array([False] * n),
        "is_cce_flagged": pa.array(dice.random(n) < 0.3),
        "found_postcode": pa.array([None] * n, pa.string()),
        "is_interview_offered": pa.array([True] * n),
        "is_interview_held": pa.array(dice.random(n) < 0.4),
    }


def e164(number: str | None) -> str | None:
    return f"+44{number[1:]}" if number and number.startswith("0") else number


def truth(truth_lines: Sequence[Line], *, has_line: bool = True) -> tuple[Columns, Columns]:
    """What is to be found (truth/comms_leads) and who the innocent are (truth/comms_bystanders), numbers in E.164."""
    planted = [
        (line.n, lead)
        for line in truth_lines
        for lead in (*(lines.leads(line) if has_line else ()), *bystanders.leads(line))
    ]
    innocent = [(line.n, number, what) for line in truth_lines for number, what in bystanders.whose(line).items()]
    leads = {
        "line": pa.array([n for n, _ in planted], pa.int64()),
        "detector": pa.array([lead.detector for _, lead in planted], pa.string()),
        "a": pa.array([e164(lead.a) for _, lead in planted], pa.string()),
        "b": pa.array([e164(lead.b) for _, lead in planted], pa.string()),
        "latitude": pa.array([lead.latitude for _, lead in planted], pa.float64()),
        "longitude": pa.array([lead.longitude for _, lead in planted], pa.float64()),
    }
    bystander = {
        "line": pa.array([n for n, _, _ in innocent], pa.int64()),
        "number": pa.array([e164(number) for _, number, _ in innocent], pa.string()),
        "what": pa.array([what for _, _, what in innocent], pa.string()),
    }
    return leads, bystander
