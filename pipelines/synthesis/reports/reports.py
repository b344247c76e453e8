"""The feeds `reports` and `report_links`, in our names and national codes, and what is true of each report.

Flaws are drawn by report: a few lack a required value, are graded or handled wrongly, or carry a marking that the
system refuses. `truth` says which.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.synthesis.core import draws, grammar, names, world
from pipelines.synthesis.reports import people, subjects, texts
from schemas import codes

Columns = dict[str, pa.Array]

# Flaw, share of reports. The key is the reason for which a reader should refuse the row.
_FLAWS = (
    ("MISSING_REQUIRED", 0.002), ("BAD_GRADING", 0.0015), ("BAD_HANDLING", 0.001), ("BAD_DATE", 0.0005),
    ("MARKING_REFUSED", 0.0007), ("MARKING_LEGACY", 0.001),
)  # fmt: skip
_NONE = pa.scalar(None, pa.string())
_URN = {"36": "INT/{y}/{i:7}", "37": "37-{i:8}-{y}", "47": "SX{y}-{i:7}", "45": "45SY/{i:8}", "22": "22WM/I/{i:8}"}


def flaw(latent: subjects.Latent) -> draws.Ints:
    """Index into the flaws, or -1."""
    shares = [share for _, share in _FLAWS]
    drawn = latent.planet.draw.choice("flaw", latent.key, [*shares, 1 - sum(shares)])
    return np.where(drawn == len(_FLAWS), -1, drawn)


def urns(latent: subjects.Latent) -> pa.Array:
    """URNs in the force's own style, with the year of creation."""
    pattern = _URN.get(latent.force.code, latent.force.code + "/I/{i:8}/{y}")
    year = pc.strftime(pa.array(latent.created).cast(pa.timestamp("s")), format="%y")
    width = int(pattern.partition("{i:")[2][0])
    number = pc.utf8_lpad(pa.array(latent.index + 1).cast(pa.string()), width, "0")
    values = {"y": year, f"i:{width}": number}
    parts: list[pa.Array | str] = []
    for piece in pattern.replace("{", "\0{").replace("}", "}\0").split("\0"):
        parts.append(values[piece[1:-1]] if piece.startswith("{") else piece)
    return grammar.concat(parts, len(latent.index))


def _grades(latent: subjects.Latent, name: str) -> tuple[pa.Array, pa.Array]:
    draw, key = latent.planet.draw, latent.key
    source = pa.array(["1", "2", "3"]).take(pa.array(draw.choice(f"{name}/source", key, (0.45, 0.47, 0.08))))
    intelligence = pa.array(list("ABCDE")).take(
        pa.array(draw.choice(f"{name}/intelligence", key, (0.3, 0.2, 0.26, 0.22, 0.02)))
    )
    return source, intelligence


def _where(mask: draws.Bools, value: str | None, values: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(mask), pa.scalar(value, pa.string()), values)


def _items(latent: subjects.Latent, words: texts.Words, is_flawed: draws.Bools) -> Columns:
    item_columns: Columns = {}
    legacy = _is_legacy(latent)
    for k, text in enumerate(words.items, start=1):
        source, intelligence = _grades(latent, f"item{k}")
        # 5x5x5 swaps letter and number: source by letter, intelligence by number.
        source, intelligence = (
            pc.if_else(pa.array(legacy), pc.replace_substring_regex(source, "^.", "B"), source),
            pc.if_else(pa.array(legacy), pc.replace_substring_regex(intelligence, "^.", "3"), intelligence),
        )
        source = _where(is_flawed & (k == 1), "7", source)
        absent = pc.is_null(text)
        item_columns[f"item{k}_text"] = text
        item_columns[f"item{k}_source"] = pc.if_else(absent, _NONE, source)
        item_columns[f"item{k}_intelligence"] = pc.if_else(absent, _NONE, intelligence)
    return item_columns


def _is_legacy(latent: subjects.Latent) -> draws.Bools:
    """Graded 5x5x5: a few old reports of forces whose layout says which scheme was used."""
    says = "scheme" in latent.force.layout.feeds["reports"].columns
    return latent.planet.draw.chance("legacy", latent.key, 0.004 if says else 0.0)


def _handling(latent: subjects.Latent, is_flawed: draws.Bools) -> Columns:
    draw, key = latent.planet.draw, latent.key
    is_conditional = draw.chance("handling/c", key, 0.14)
    has_codes = is_conditional ^ is_flawed  # flawed: C without codes, or P with them
    action = pa.array(list(codes.ACTION_CODES)).take(pa.array(draw.choice("handling/action", key, (0.4, 0.35, 0.25))))
    sanitise = pa.array(list(codes.SANITISATION_CODES)).take(
        pa.array(draw.choice("handling/sanitise", key, (0.4, 0.6)))
    )
    notes = pa.array(
        [
            "Consult the originator before any use.",
            "Not for use in interview.",
            "Briefing only, do not disclose to partners.",
            None,
        ]
    )
    return {
        "handling_code": pc.if_else(pa.array(is_conditional), "C", "P"),
        "action_code": pc.if_else(pa.array(has_codes), action, _NONE),
        "sanitisation_code": pc.if_else(pa.array(has_codes), sanitise, _NONE),
        "handling_conditions": pc.if_else(pa.array(is_conditional), draw.pick("handling/notes", key, notes), _NONE),
    }


def _marking(latent: subjects.Latent, flaws: draws.Ints) -> pa.Array:
    draw, key = latent.planet.draw, latent.key
    marking = pc.if_else(pa.array(draw.chance("marking", key, 0.65)), "OFFICIAL-SENSITIVE", "OFFICIAL")
    refused = draw.pick("marking/refused", key, pa.array(codes.REFUSED_MARKINGS))
    legacy = draw.pick("marking/legacy", key, pa.array(codes.LEGACY_MARKINGS))
    marking = pc.if_else(pa.array(flaws == _at("MARKING_REFUSED")), refused, marking)
    return pc.if_else(pa.array(flaws == _at("MARKING_LEGACY")), legacy, marking)


def _at(reason: str) -> int:
    return [name for name, _ in _FLAWS].index(reason)


def _originators(latent: subjects.Latent) -> pa.Array:
    draw = latent.planet.draw
    which = draw.early("writer/which", latent.key, max(30, latent.force.n_reports // 40))
    writer = draw.hash("writer", latent.force.keys(which))
    number = pa.array(1000 + draw.below("writer/number", writer, 8000)).cast(pa.string())
    rank, surname = draw.pick("writer/rank", writer, names.RANKS), draw.pick("writer/name", writer, names.SURNAMES)
    full = grammar.concat([rank, " ", number, " ", surname], len(writer))
    return _where(draw.chance("writer/none", latent.key, 0.03), None, full)


def rows(latent: subjects.Latent, correction: int | None = None) -> Columns:
    """Report rows, one an index. `correction`: the night in which these are sent again, corrected."""
    words = texts.Words(latent, correction)
    draw, key = latent.planet.draw, latent.key
    flaws = flaw(latent) if correction is None else np.full(len(key), -1)
    incomplete = flaws == _at("MISSING_REQUIRED")
    which = draw.below("flaw/which", key, 3)
    spoken = pa.array(latent.spoken_of.astype(np.int32)).cast(pa.date32())
    far = pa.array(np.full(len(key), -719_162 + 100, dtype=np.int32)).cast(pa.date32())  # in the year 1
    source, intelligence = _grades(latent, "provenance")
    provenance = _where(draw.chance("provenance/none", key, 0.06), None, words.provenance)
    graded = pc.is_valid(provenance)
    return {
        "urn": _where(incomplete & (which == 0), None, urns(latent)),
        "scheme": pc.if_else(pa.array(_is_legacy(latent)), "5x5x5", "3x5x2"),
        "marking": _where(incomplete & (which == 1), None, _marking(latent, flaws)),
        "originator": _originators(latent),
        "intelligence_on": pc.if_else(
            pa.array(incomplete & (which == 2)),
            pa.scalar(None, pa.date32()),
            pc.if_else(pa.array(flaws == _at("BAD_DATE")), far, spoken),
        ),
        "created_at": pa.array(latent.created).cast(pa.timestamp("s")),
        "title": _where(draw.chance("title/none", key, 0.02), None, words.titles),
        **_items(latent, words, flaws == _at("BAD_GRADING")),
        "provenance_text": provenance,
        "provenance_source": pc.if_else(graded, source, _NONE),
        "provenance_intelligence": pc.if_else(graded, intelligence, _NONE),
        **_handling(latent, flaws == _at("BAD_HANDLING")),
        "is_immunity_claimed": pa.array(draw.chance("immunity", key, 0.03)),
        "tags": _tags(latent, subjects.recorded_tags(latent, correction)),
    }


def _tags(latent: subjects.Latent, recorded: draws.Bools) -> pa.ListArray:
    """National tags as lists, with now and then a local one that no national tag covers (marked by a leading !)."""
    if latent.force.layout.feeds["reports"].takes_unmapped_tags:
        local = latent.planet.draw.chance("tags/local", latent.key, 0.01)
    else:
        local = np.zeros(len(recorded), dtype=bool)
    both = np.column_stack([recorded, local])
    _, column = np.nonzero(both)
    offsets = np.concatenate([[0], np.cumsum(both.sum(axis=1))]).astype(np.int32)
    words = pa.array([*codes.TAGS, "!" + names.LOCAL_TAGS[0].as_py()]).take(pa.array(column))
    return pa.ListArray.from_arrays(pa.array(offsets), words)


def links(latent: subjects.Latent) -> Columns:
    """Link rows of these reports, by role: one to three a report."""
    urn, linked = urns(latent), latent.linked
    victim = np.where(latent.is_about_child, latent.child, latent.adult)
    parts = (
        ("victim", victim, "VICTIM"), ("suspect", latent.suspect, "SUSPECT"), ("second", latent.second, "SUSPECT"),
        ("witness", latent.bystander, "WITNESS"), ("friend", latent.friend, "OTHER"),
    )  # fmt: skip
    link_parts: list[Columns] = []
    for name, index, role in parts:
        at = np.flatnonzero(linked[name])
        link_parts.append(
            {
                "urn": urn.take(pa.array(at)),
                "person_ref": people.refs(latent.force, index[at]),
                "role": pa.array([role] * len(at), pa.string()),
            }
        )
    return {name: pa.concat_arrays([part[name] for part in link_parts]) for name in ("urn", "person_ref", "role")}


def truth(latent: subjects.Latent, night: int, correction: int | None = None) -> Columns:
    """What is true of each report sent in a night, one row per version."""
    n, planet = len(latent.index), latent.planet
    urn = urns(latent)
    original = subjects.Latent(planet, latent.force, latent.origin)
    tags = subjects.recorded_tags(latent, correction)
    has_tag = tags[:, : len(codes.CSAE_TAGS)].any(axis=1)
    hidden = latent.is_csae & ~has_tag
    kinds, reasons = pa.array(codes.CSAE_TAGS), pa.array(subjects.HIDDEN_BY)
    flaws = flaw(latent) if correction is None else np.full(n, -1)
    day = pa.array(np.full(n, planet.first_day + night, dtype=np.int32)).cast(pa.date32())
    first = pa.array((planet.first_day + latent.night).astype(np.int32)).cast(pa.date32())
    return {
        "report_id": grammar.concat([f"{latent.force.code}:", urn], n),
        "force": pa.array([latent.force.code] * n),
        "urn": urn,
        "night": day,
        "is_csae": pa.array(latent.is_csae),
        "kind": kinds.take(pa.array(latent.kind, mask=latent.kind < 0)),
        "subject": pa.array(subjects.SUBJECTS).take(pa.array(latent.subject)),
        "phrasing": pc.if_else(
            pa.array(latent.is_csae), pa.array(["explicit", "soft", "vague"]).take(pa.array(latent.mode)), _NONE
        ),
        "is_tag_recorded": pa.array(has_tag),
        "hidden_by": reasons.take(pa.array(latent.hidden_by, mask=~hidden | (latent.hidden_by < 0))),
        "duplicate_of": pc.if_else(
            pa.array(latent.is_duplicate), grammar.concat([f"{latent.force.code}:", urns(original)], n), _NONE
        ),
        "corrects_night": first if correction is not None else pa.nulls(n, pa.date32()),
        "is_late": pa.array(latent.is_late & (correction is None)),
        "flaw": pa.array([name for name, _ in _FLAWS]).take(pa.array(flaws, mask=flaws < 0)),
        "group": pa.array(latent.group, mask=latent.group < 0),
    }


def corrected(force: world.Force, night: int) -> draws.Ints:
    """Indices of earlier reports that are sent again, corrected, in a later night."""
    if night == 0:
        return np.empty(0, np.int64)
    earlier = int(force.bounds[night])
    n = max(1, int(force.bounds[night + 1] - earlier) // 40)
    return np.unique(force.draw.below(f"correct/{force.code}/{night}", np.arange(n), earlier))
