"""The feeds `investigations` and `missing_episodes`, and the planted decoys among the missing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar, names, world
from pipelines.synthesis.reports import people
from schemas import codes

Columns = dict[str, pa.Array]

P_INVESTIGATED = 0.6  # of people are a subject of an investigation: about 60 % of reports then have one in an open one
P_OPEN = 0.85
P_AT_HOUSE = 0.25  # of the episodes of a group's children end at the house of its first offender
P_NOT_SAID = 0.3  # of the episodes' ends: nobody wrote down where
_NONE = pa.scalar(None, pa.string())


def _days(values: draws.Ints, mask: draws.Bools | None = None) -> pa.Array:
    return pa.array(values.astype(np.int32), mask=mask).cast(pa.date32())


def investigations(planet: world.World, force: world.Force, index: draws.Ints, night: int) -> Columns:
    """Subjects of investigations among these people: one row for each who is one."""
    draw = planet.draw
    key = force.keys(index)
    index = index[draw.chance("investigated", key, P_INVESTIGATED)]
    key, n = force.keys(index), len(index)
    n_cases = max(5, force.n_people // 5)
    case = draw.below("investigation/which", key, n_cases)
    case_key = force.keys(case)
    kind = people.resolve(planet, force, index).kind
    is_open = draw.chance("investigation/open", case_key, P_OPEN)
    opened = planet.first_day - 20 - draw.below("investigation/opened", case_key, 700)
    closed = np.minimum(opened + 15 + draw.below("investigation/closed", case_key, 300), planet.first_day + night - 1)
    operation = grammar.concat(["Operation ", draw.pick("investigation/operation", case_key, names.OPERATIONS)], n)
    role = np.where(kind == world.SUSPECT, "SUSPECT", "VICTIM")
    role = np.where((kind == world.OTHER) & draw.chance("investigation/witness", key, 0.25), "WITNESS", role)
    return {
        "investigation_ref": grammar.concat(
            [f"I{force.code}-", pc.utf8_lpad(pa.array(case).cast(pa.string()), 7, "0")], n
        ),
        "person_ref": people.refs(force, index),
        "operation": pc.if_else(pa.array(draw.chance("investigation/named", case_key, 0.4)), operation, _NONE),
        "role": pa.array(role.tolist(), pa.string()),
        "status": pc.if_else(pa.array(is_open), "OPEN", "CLOSED"),
        "opened_on": _days(opened),
        "closed_on": _days(closed, mask=is_open),
    }


def n_episodes(force: world.Force) -> int:
    """Missing episodes of the whole world's time."""
    return max(20, int(0.12 * force.n_reports))


def episodes(planet: world.World, force: world.Force, night: int) -> draws.Ints:
    """Indices of episodes sent in a night: those reported since the last one, and those whose end became known."""
    index = np.arange(n_episodes(force))
    reported, found = _reported(planet, force, index), _found(planet, force, index)
    end = (planet.first_day + night) * world.DAY
    if night == 0:
        return index[reported < end]
    start = end - world.DAY
    is_new = (reported >= start) & (reported < end)
    is_ended = (reported < start) & (found >= start) & (found < end)
    return index[is_new | is_ended]


def _reported(planet: world.World, force: world.Force, index: draws.Ints) -> draws.Ints:
    """Seconds since 1970, UTC. A share of the episodes falls in the world's later nights, as of its reports."""
    draw, key = planet.draw, force.keys(index)
    n_later = force.n_nights - 1
    is_later = draw.chance("episode/later", key, min(0.3, 0.02 * n_later)) & (n_later > 0)
    ago = 1 + draw.below("episode/ago", key, 400)
    ahead = draw.below("episode/ahead", key, max(1, n_later))
    day = planet.first_day + np.where(is_later, ahead, -ago)
    return day * world.DAY + 60 * draw.below("episode/minute", key, 1440)


def _found(planet: world.World, force: world.Force, index: draws.Ints) -> draws.Ints:
    hours = -18 * np.log1p(-planet.draw.uniform("episode/length", force.keys(index)))
    return _reported(planet, force, index) + 3600 + (hours * 3600).astype(np.int64)


def _child(planet: world.World, force: world.Force, index: draws.Ints) -> draws.Ints:
    """Who is missing: often a child of a planted group, of its edge or a decoy, otherwise any."""
    draw, key = planet.draw, force.keys(index)
    planted = draw.below("episode/planted", key, world.PLANTED_CHILDREN * force.n_groups)
    anyone = draw.early("episode/child", key, int(force.known(world.CHILD, 0)), 1.6)
    return np.where(draw.chance("episode/is-planted", key, 0.3), planted, anyone)


def children_missing(planet: world.World, force: world.Force) -> draws.Ints:
    """Index of the child of every episode of the whole world's time."""
    return _child(planet, force, np.arange(n_episodes(force)))


def found_at_house(
    planet: world.World, force: world.Force, index: draws.Ints
) -> tuple[draws.Ints, draws.Ints, draws.Bools]:
    """Of episodes the child, the day when it was found, and whether that was recorded as at its group's house."""
    child = _child(planet, force, index)
    is_there, _ = _at_house(planet, force, index, child)
    is_recorded = ~planet.draw.chance("found/none", force.keys(index), P_NOT_SAID)
    return child, _found(planet, force, index) // world.DAY, np.asarray(is_there) & is_recorded


def _at_house(
    planet: world.World, force: world.Force, index: draws.Ints, child: draws.Ints
) -> tuple[pa.Array, pa.Array]:
    """Whether the child was found at the house of the group that it belongs to or stands at the edge of, and the
    postcode of that house."""
    group = np.full(len(child), -1)
    for part in ("children", "edge"):
        _, first, size = world.PARTS[part]
        at = child - first * force.n_groups
        group = np.where((at >= 0) & (at < size * force.n_groups), at // size, group)
    is_there = (group >= 0) & planet.draw.chance("found/house", force.keys(index), P_AT_HOUSE)
    offender = force.first_of("offenders", np.maximum(group, 0))
    return pa.array(is_there), people.resolve(planet, force, offender).postcode


def missing(planet: world.World, force: world.Force, index: draws.Ints, night: int) -> Columns:
    """Missing episodes as known at the start of a night."""
    draw, key, n = planet.draw, force.keys(index), len(index)
    child = _child(planet, force, index)
    is_planted = child < world.PLANTED_CHILDREN * force.n_groups
    who = people.resolve(planet, force, child)
    is_known = (child < world.PARTS["children"][2] * force.n_groups) | (who.home >= 0)  # to those who flag and assess
    reported, found = _reported(planet, force, index), _found(planet, force, index)
    unseen = reported - 60 * (20 + draw.below("episode/unseen", key, 600))
    still = found >= (planet.first_day + night) * world.DAY
    is_at_house, house = _at_house(planet, force, index, child)
    where = pc.if_else(is_at_house, house, who.postcode)
    child_key = force.keys(child)
    drawn = draw.choice("care", child_key, (0.55, 0.12, 0.18, 0.1, 0.05))
    care = pa.array(codes.CARE_STATUSES).take(
        pa.array(np.where(who.home >= 0, codes.CARE_STATUSES.index("CHILDRENS_HOME"), drawn))
    )
    shares = np.where(is_planted[:, None], (0.04, 0.16, 0.5, 0.3), (0.08, 0.22, 0.52, 0.18))
    risk = pa.array(codes.MISSING_RISKS).take(pa.array(draw.choice("risk", key, shares)))
    offered = ~still & draw.chance("interview/offered", key, 0.8)
    return {
        "episode_ref": grammar.concat([f"M{force.code}/", pc.utf8_lpad(pa.array(index).cast(pa.string()), 6, "0")], n),
        "person_ref": people.refs(force, child),
        "reported_at": pa.array(reported).cast(pa.timestamp("s")),
        "last_seen_at": pa.array(unseen, mask=draw.chance("episode/no-sight", key, 0.1)).cast(pa.timestamp("s")),
        "found_at": pa.array(found, mask=still).cast(pa.timestamp("s")),
        "risk": risk,
        "care_status": pc.if_else(pa.array(draw.chance("care/none", key, 0.08)), _NONE, care),
        "is_cse_flagged": pa.array(draw.chance("flag/cse", child_key, np.where(is_known, 0.4, 0.05))),
        "is_cce_flagged": pa.array(draw.chance("flag/cce", child_key, 0.12)),
        "found_postcode": pc.if_else(pa.array(still | draw.chance("found/none", key, P_NOT_SAID)), _NONE, where),
        "is_interview_offered": pa.array(offered),
        "is_interview_held": pa.array(offered & draw.chance("interview/held", key, 0.5)),
    }


def decoys(planet: world.World, force: world.Force) -> Columns:
    """Planted decoys: children in care, as often missing and as high in police risk as the groups' children. Their
    home's telephone is known to offenders and to everybody else. No harm comes to them through it."""
    _, first, size = world.PARTS["decoys"]
    child = first * force.n_groups + np.arange(size * force.n_groups)
    home = people.resolve(planet, force, child).home
    return {"child_id": people.ids(force, child), "home_number": people.e164(home)}
