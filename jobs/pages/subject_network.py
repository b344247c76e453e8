"""The page of a subject: an entity, what surrounds it, ways from it to another, merges and splits.

Every step reads a page's worth of rows by id, and is logged before anything is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import functions as F

from jobs.pages import html as pages_html
from jobs.pages import markup, network_svg, notebook
from jobs.runtime.known import Known
from schemas import codes, gold, network, risk

Row = Mapping[str, Any]

MOST_NODES = 200  # more is no picture
MOST_LINKS = 4000
HUB = 60  # entities with more links are shown and not followed
MAX_DEPTH = 3


@dataclass
class Subject:
    """One entity of one night, with what surrounds it."""

    session: notebook.NotebookSession
    night: date
    who: str
    entity: dict[str, Any]
    depth: int
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    is_cut: bool = False

    @property
    def entity_id(self) -> str:
        return str(self.entity["entity_id"])

    @property
    def known(self) -> Known:
        """The lakehouse as of the subject's night."""
        return self.session.ctx.known(self.night)

    @property
    def marking(self) -> str:
        marks = [node["marking"] for node in self.nodes.values()] or [self.entity["marking"]]
        return max(marks, key=codes.MARKINGS.index)


def open_subject(
    session: notebook.NotebookSession, wanted: str, *, night: str = "", who: str = "", depth: int = 1
) -> Subject | None:
    """The entity whose id, record id or label is `wanted`; empty: the first of the newest queue `children`.

    Raises:
        LookupError: no night has run, or no entity is meant by `wanted`.
        ValueError: `night` is no date, or the depth is not 1 to 3.
    """
    if not 1 <= depth <= MAX_DEPTH:
        raise ValueError(f"the depth is 1 to {MAX_DEPTH}")
    viewer = session.user(who)
    newest = session.ctx.known().newest(network.ENTITIES)
    if newest is None:
        raise LookupError("no network is there yet: run a night first")
    day = date.fromisoformat(night) if night else newest
    wanted = wanted or _first(session, day, viewer)
    if not wanted:
        return None
    of_night = session.ctx.known(day).tonight(network.ENTITIES)
    meant = (
        (F.col("entity_id") == F.lit(wanted)) | F.array_contains("record_ids", F.lit(wanted))
        | (F.upper("label") == F.lit(wanted.upper()))
    )  # fmt: skip
    entity_rows = session.read_logged(
        of_night.where(meant).orderBy("entity_id"), f"gold.entities {wanted}", viewer, limit=2
    )
    if not entity_rows:
        raise LookupError(f"the network of {day} has no entity {wanted!r}")
    subject = Subject(session, day, viewer, entity_rows[0], depth)
    _surround(subject)
    return subject


def _first(session: notebook.NotebookSession, day: date, who: str) -> str:
    rows = session.ctx.known(day).tonight(gold.QUEUE_ITEMS).where(F.col("queue") == "children")
    top = rows.orderBy(F.col("score").desc(), "item_id").select("subject_id")
    first = session.read_logged(top, "gold.queue_items queue=children, its first", who, limit=1)
    return str(first[0]["subject_id"]) if first else ""


def _surround(subject: Subject) -> None:
    """Step by step outwards: strongest links first, hubs shown and not followed, at most a picture's worth."""
    distance = {subject.entity_id: 0}
    edge_ids: set[str] = set()
    edge = [subject.entity_id]
    for step in range(1, subject.depth + 1):
        rows = _edges_at(subject, edge)
        degree: dict[str, int] = {}
        for row in rows:
            for end in (row["from_id"], row["to_id"]):
                degree[end] = degree.get(end, 0) + 1
        new: list[str] = []
        for row in sorted(rows, key=lambda r: (-r["strength"], r["edge_id"])):
            ends = (row["from_id"], row["to_id"])
            if any(degree[end] > HUB and distance.get(end, 0) > 0 for end in ends if end in edge):
                continue
            for end in ends:
                if end not in distance:
                    if len(distance) >= MOST_NODES:
                        subject.is_cut = True
                        break
                    distance[end] = step
                    new.append(end)
            if row["edge_id"] not in edge_ids and all(end in distance for end in ends):
                edge_ids.add(row["edge_id"])
                subject.links.append(_link(row))
        edge = new
        if not edge:
            break
    known = _entities(subject, list(distance))
    seeds = _seeds(subject, list(distance))
    for row in known:
        name = row["entity_id"]
        label = row["label"] or name
        subject.nodes[name] = {**row, "label": label, "distance": distance[name], "is_seed": name in seeds}
    subject.links = [k for k in subject.links if k["near_id"] in subject.nodes and k["far_id"] in subject.nodes]


def _link(row: Row) -> dict[str, Any]:
    return {
        "near_id": row["from_id"], "far_id": row["to_id"], "kinds": [row["kind"]], "strength": row["strength"],
        "first_at": row["first_at"], "last_at": row["last_at"], "n": row["n"],
    }  # fmt: skip


def _edges_at(subject: Subject, ids: Sequence[str]) -> list[dict[str, Any]]:
    edges = subject.known.tonight(network.EDGES)
    wanted = list(ids)
    near = edges.where(F.col("from_id").isin(wanted) | F.col("to_id").isin(wanted))
    near = near.select("edge_id", "from_id", "to_id", "kind", "strength", "first_at", "last_at", "n")
    order = near.orderBy(F.col("strength").desc(), "edge_id")
    rows = subject.session.read_logged(
        order, f"gold.edges of {len(wanted)} entities", subject.who, limit=MOST_LINKS, asked=wanted
    )
    subject.is_cut |= len(rows) == MOST_LINKS
    return rows


def _entities(subject: Subject, ids: Sequence[str]) -> list[dict[str, Any]]:
    rows = subject.known.tonight(network.ENTITIES).where(F.col("entity_id").isin(list(ids)))
    columns = ("entity_id", "kind", "label", "forces", "n_records", "is_child", "marking")
    return subject.session.read_logged(rows.select(*columns), f"gold.entities {len(ids)} by id", subject.who, asked=ids)


def _seeds(subject: Subject, ids: Sequence[str]) -> set[str]:
    rows = subject.known.tonight(risk.RISK_SEEDS).where(F.col("entity_id").isin(list(ids)))
    named = f"gold.risk_seeds {len(ids)} by id"
    seeds = subject.session.read_logged(rows.select("entity_id"), named, subject.who, asked=ids)
    return {str(row["entity_id"]) for row in seeds}


def header(subject: Subject | None) -> markup.Html:
    if subject is None:
        return pages_html.block(pages_html.notice("The queue of children is empty: name an entity in the widget."))
    entity = subject.entity
    return pages_html.block(
        pages_html.title(entity["label"] or entity["entity_id"]),
        pages_html.facts(
            [
                ("entity", entity["entity_id"]),
                ("kind", entity["kind"].lower()),
                ("born", entity["born_on"]),
                ("a child on the night", "yes" if entity["is_child"] else "no, or not known"),
                ("forces", ", ".join(pages_html.force_name(force) for force in entity["forces"])),
                ("records", ", ".join(entity["record_ids"])),
                ("as known on", subject.night),
            ]
        ),
    )


def picture(subject: Subject | None) -> markup.Html:
    """The neighbourhood as a picture, and a list of its strongest ties."""
    if subject is None:
        return markup.join()
    note = (
        pages_html.notice(f"More than {MOST_NODES} entities: the strongest ties are shown.", "warn")
        if subject.is_cut
        else ""
    )
    drawn = network_svg.neighbourhood(subject.entity_id, list(subject.nodes.values()), subject.links)
    return pages_html.block(note, drawn)


def between(subject: Subject | None, other: str) -> markup.Html:
    """Ways from the subject to another entity of the picture, in the order of time."""
    if subject is None or not other:
        return pages_html.block(
            pages_html.notice("Name a second entity in the widget to see the ways between the two.")
        )
    target = next(
        (n for n, row in subject.nodes.items() if other == n or other.upper() == str(row["label"]).upper()), None
    )
    if target is None:
        return pages_html.block(pages_html.notice(f"{other} is not within {subject.depth} steps: try a greater depth."))
    rows = []
    for path in sorted(_ways(subject, target), key=lambda links: [k["last_at"] for k in links])[:50]:
        names, here = [subject.entity["label"] or subject.entity_id], subject.entity_id
        for link in path:
            here = link["far_id"] if link["near_id"] == here else link["near_id"]
            names.append(f"{network_svg.words(link['kinds'])} – {subject.nodes[here]['label']}")
        weight = 1.0
        for link in path:
            weight *= link["strength"]
        times = "; ".join(f"{k['first_at']:%d %b %Y} to {k['last_at']:%d %b %Y}" for k in path)
        rows.append((" – ".join(names), times, f"{weight:.3f}"))
    if not rows:
        return pages_html.block(pages_html.notice("No way between the two within the picture."))
    return pages_html.block(pages_html.table(("Way", "First to last seen, step by step", "Strength"), rows))


def _ways(subject: Subject, target: str) -> Iterator[list[dict[str, Any]]]:
    """Simple ways of at most three steps, hubs not passed through."""
    near: dict[str, list[dict[str, Any]]] = {}
    for link in subject.links:
        near.setdefault(link["near_id"], []).append(link)
        near.setdefault(link["far_id"], []).append(link)

    def walk(here: str, seen: tuple[str, ...], links: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        if here == target:
            yield links
            return
        if len(links) == MAX_DEPTH or (links and len(near.get(here, ())) > HUB):
            return
        for link in near.get(here, ()):
            far = link["far_id"] if link["near_id"] == here else link["near_id"]
            if far not in seen:
                yield from walk(far, (*seen, far), [*links, link])

    yield from walk(subject.entity_id, (subject.entity_id,), [])


def events(subject: Subject | None) -> markup.Html:
    """Merges, splits and undos that this entity came from, with the weights behind them."""
    if subject is None:
        return markup.join()
    mine = F.array_contains("entities_before", F.lit(subject.entity_id)) | F.array_contains(
        "entities_after", F.lit(subject.entity_id)
    )
    table = subject.known.until(network.ENTITY_EVENTS).where(mine)
    rows = subject.session.read_logged(
        table.orderBy("night", "event_id"), f"gold.entity_events {subject.entity_id}", subject.who
    )
    if not rows:
        return pages_html.block(pages_html.notice("Its records were never merged or split."))
    shown = [
        (r["night"], network.ENTITY_EVENT_KINDS.get(r["kind"], r["kind"]), r["left_record"], r["right_record"],
         "" if r["match_weight"] is None else f"{r['match_weight']:+.1f}", _waterfall(r["waterfall"]), r["reason"])
        for r in rows
    ]  # fmt: skip
    heads = ("Night", "What", "Record", "And record", "Match weight", "Where it comes from", "Why")
    return pages_html.block(pages_html.table(heads, shown))


def _waterfall(text: str | None) -> str:
    """The match weights of a merge, each by its comparison, strongest first."""
    if not text:
        return ""
    try:
        parts = json.loads(text)
    except ValueError:
        return ""
    rows = parts if isinstance(parts, list) else [{"comparison": k, "match_weight": v} for k, v in parts.items()]
    told = []
    for row in rows:
        if isinstance(row, dict):
            weight = next((v for k, v in row.items() if "weight" in k and isinstance(v, int | float)), None)
            name = next((v for k, v in row.items() if k in ("comparison", "column", "name", "level")), "")
            told.append(f"{name} {weight:+.1f}" if weight is not None else str(name))
    return ", ".join(told)
