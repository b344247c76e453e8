"""Pictures of the network: entities and their ties as SVG inside the page, and when the ties held as a chart.

Entities stand in columns by their distance from the one in question, nearest first, so that a path is read from left to
right and two hundred labels do not lie on each other. That layout is made here and drawn by a template: a chart library
places no labels of nodes, and would need more marks for the same curves. The chart of times is matplotlib's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jobs.pages import charts, markup
from jobs.pages import html as pages_html

Row = Mapping[str, Any]

COLOURS = {
    "PERSON": "#0d5b6b", "PHONE": "#7a4b9d", "VEHICLE": "#8a5a00", "ADDRESS": "#2e7d43", "HANDLE": "#b3261e",
    "ACCOUNT": "#566472",
}  # fmt: skip
INK, LINE = "#17212b", "#8fa1ae"
COLUMN, STEP, TOP, SIDE = 270, 21, 34, 20
MOST_IN_COLUMN = 48  # then a second column next to it: still on one screen's height
MOST_LETTERS = 30
SEED = "#c0392b"


def short(label: str, most: int = MOST_LETTERS) -> str:
    return label if len(label) <= most else label[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def words(kinds: Sequence[str]) -> str:
    return ", ".join(kind.replace("_", " ").lower() for kind in kinds)


def legend() -> markup.Html:
    """Meaning of the colours, as a line under a picture."""
    return markup.fill("pictures", "kinds", colours=[(kind.lower(), c) for kind, c in COLOURS.items()], seed=SEED)


def paths(risk_paths: Sequence[Row]) -> markup.Html:
    """Paths of one subject, from the child on the left to the seeds on the right. They are structs of risk.PATH."""
    if not risk_paths:
        return pages_html.remark("No path is above the floor.")
    place: dict[str, tuple[int, int]] = {}
    about: dict[str, tuple[str, str]] = {}
    used: dict[int, int] = {}
    for path in risk_paths:
        for at, entity in enumerate(path["entity_ids"]):
            about[entity] = (path["labels"][at], path["kinds"][at])
            if entity not in place:
                place[entity] = (at, used.get(at, 0))
                used[at] = used.get(at, 0) + 1
    gap = 64
    where = {name: (SIDE + 12 + column * COLUMN, TOP + 20 + row * gap) for name, (column, row) in place.items()}
    width = SIDE * 2 + (max(used) + 1) * COLUMN
    height = TOP + max(used.values()) * gap + 26
    links, drawn = [], set()
    for path in risk_paths:
        for link in path["links"]:
            pair = tuple(sorted((link["near_id"], link["far_id"])))
            if pair in drawn or link["near_id"] not in where or link["far_id"] not in where:
                continue
            drawn.add(pair)
            text = f"{words(link['kinds'])} {link['strength']:.2f}"
            links.append(_link(where[link["near_id"]], where[link["far_id"]], 1 + 4 * link["strength"], label=text))
    seeds = {path["entity_ids"][-1] for path in risk_paths}
    nodes = [_node(where[name], *about[name], is_seed=name in seeds) for name in place]
    heads = ["child", *(f"{n} step{'s' if n > 1 else ''} away" for n in range(1, max(used) + 1))]
    return _drawn(width, height, "paths from the child to known CSAE risk", heads, links, nodes)


def neighbourhood(centre: str, nodes: Sequence[Row], links: Sequence[Row]) -> markup.Html:
    """Surroundings of an entity, legible with 200 nodes: labels keep to lines of their own.

    Args:
        nodes: entity_id, label, kind, distance and is_seed of each.
        links: near_id, far_id, kinds and strength of each.
    """
    columns = _columns(nodes, links)
    at = {
        node["entity_id"]: (SIDE + 8 + x * COLUMN, TOP + 14 + y * STEP)
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }
    width = SIDE * 2 + len(columns) * COLUMN
    height = TOP + max((len(column) for column in columns), default=1) * STEP + 16
    drawn = [
        _link(at[link["near_id"]], at[link["far_id"]], 0.6 + 2 * link["strength"], title=words(link["kinds"]))
        for link in links
        if link["near_id"] in at and link["far_id"] in at
    ]
    dots = [
        _node(at[node["entity_id"]], node["label"], node["kind"], is_seed=node["is_seed"],
              is_centre=node["entity_id"] == centre)
        for node in nodes
    ]  # fmt: skip
    heads, before = [], -1
    for column in columns:
        distance = int(column[0]["distance"])
        steps = "here" if distance == 0 else f"{distance} step{'s' if distance > 1 else ''} away"
        heads.append(steps if distance != before else "")
        before = distance
    return _drawn(width, height, "neighbourhood of the entity", heads, drawn, dots)


def _columns(nodes: Sequence[Row], links: Sequence[Row]) -> list[list[Row]]:
    """Nodes by distance, each near those it hangs on: by the mean place of its neighbours one column before."""
    near: dict[str, list[str]] = {}
    for link in links:
        near.setdefault(link["near_id"], []).append(link["far_id"])
        near.setdefault(link["far_id"], []).append(link["near_id"])
    place: dict[str, float] = {}
    columns: list[list[Row]] = []
    for distance in sorted({int(node["distance"]) for node in nodes}):
        ordered = sorted((n for n in nodes if int(n["distance"]) == distance), key=lambda n: _order(n, near, place))
        place.clear()
        place.update({n["entity_id"]: k / max(1, len(ordered)) for k, n in enumerate(ordered)})
        n_columns = -(-len(ordered) // MOST_IN_COLUMN)
        tall = -(-len(ordered) // max(1, n_columns))
        columns += [ordered[k : k + tall] for k in range(0, len(ordered), tall)]
    return columns


def _order(node: Row, near: Mapping[str, Sequence[str]], place: Mapping[str, float]) -> tuple[float, str, str]:
    known = [place[other] for other in near.get(node["entity_id"], ()) if other in place]
    return (sum(known) / len(known) if known else 1.0, node["kind"], node["label"])


@charts.styled
def timeline(risk_paths: Sequence[Row], night: datetime) -> markup.Html:
    """Times at which each link of the paths held: one line per link, from first to last seen."""
    ties: dict[tuple[str, ...], tuple[str, str, Row]] = {}
    for path in risk_paths:
        names = dict(zip(path["entity_ids"], path["labels"], strict=True))
        for link in path["links"]:
            pair = tuple(sorted((link["near_id"], link["far_id"])))
            ties.setdefault(pair, (names[link["near_id"]], names[link["far_id"]], link))
    if not ties:
        return markup.join()
    known = [link["first_at"] for _, _, link in ties.values() if link["first_at"].year > 1900]
    start = min([*known, *(link["last_at"] for _, _, link in ties.values())])
    figure, axes = charts.axes(1040, 40 + 34 * len(ties))
    for n, (_, _, link) in enumerate(ties.values()):
        begin, end = max(start, link["first_at"]), min(night, link["last_at"])
        strength = 0.35 + 0.6 * link["strength"]
        axes.plot((begin, end), (n, n), color=charts.ACCENT, alpha=strength, linewidth=7, solid_capstyle="round")
        if link["first_at"].year <= 1900:
            axes.annotate("may be older", (begin, n), (4, 7), textcoords="offset points")
    axes.set_yticks(range(len(ties)), [_tie(near, far, link) for near, far, link in ties.values()])
    axes.set(ylim=(len(ties) - 0.4, -0.7))
    axes.grid(visible=False, axis="y")
    charts.days(axes, (start.date(), night.date()))
    return charts.svg(figure, "when each link held")


def _tie(near: str, far: str, link: Row) -> str:
    """A tie as the axis names it, on two lines: its ends, and what it is."""
    ends = f"{charts.label(near, 18)} \N{EN DASH} {charts.label(far, 18)}"
    return f"{ends}\n{charts.label(words(link['kinds']))}, {link['n']} record{'s' if link['n'] != 1 else ''}"


def _node(
    at: tuple[float, float], label: str, kind: str, *, is_seed: bool = False, is_centre: bool = False
) -> dict[str, Any]:
    x, y = at
    shown = short(label)
    return {
        "x": x,
        "y": y,
        "label": shown,
        "title": f"{label} ({kind.lower()})",
        "ground": _ground(x + 10, y + 4, len(shown)),
        "colour": COLOURS.get(kind, INK),
        "is_seed": is_seed,
        "is_centre": is_centre,
    }


def _link(
    one: tuple[float, float], other: tuple[float, float], width: float, *, label: str = "", title: str = ""
) -> dict[str, Any]:
    """A curve between two places, with a label in its middle or a title to be pointed at."""
    (x1, y1), (x2, y2) = sorted((one, other))
    bend = max(30.0, abs(x2 - x1) / 2)
    if x1 == x2:  # in one column: an arc on the left
        path = f"M{x1} {y1} C{x1 - 18} {y1},{x1 - 18} {y2},{x2} {y2}"
    else:
        path = f"M{x1} {y1} C{x1 + bend:.0f} {y1},{x2 - bend:.0f} {y2},{x2} {y2}"
    x, y, shown = (x1 + x2) / 2 + 40, (y1 + y2) / 2 - 6, short(label, 34)
    ground = _ground(x - 3.1 * len(shown) - 2, y, len(shown))
    return {"path": path, "width": width, "title": title, "label": shown, "x": x, "y": y, "ground": ground}


def _ground(x: float, y: float, n_letters: int) -> dict[str, float]:
    """Place of the pale ground under a label."""
    return {"x": x, "y": y - 10, "width": 6.3 * n_letters + 6}


def _drawn(
    width: float, height: float, name: str, heads: Sequence[str], links: Sequence[Row], nodes: Sequence[Row]
) -> markup.Html:
    """The picture, columns from left to right under their headings, and its key."""
    placed = [{"x": SIDE + n * COLUMN, "text": head} for n, head in enumerate(heads)]
    picture = markup.fill(
        "pictures", "columns", width=width, height=height, name=name, heads=placed, links=links, nodes=nodes,
        ink=INK, line=LINE, seed=SEED,
    )  # fmt: skip
    return markup.join(picture, legend())
