"""Pictures of the network as SVG inside the page: no script, nothing loaded, every word through `sinks.html`.

Entities stand in columns by their distance from the one in question, nearest first, so that a path is read from left to
right and two hundred labels do not lie on each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from jobs.output import escaping

Row = Mapping[str, Any]

COLOURS = {
    "PERSON": "#0d5b6b", "PHONE": "#7a4b9d", "VEHICLE": "#8a5a00", "ADDRESS": "#2e7d43", "HANDLE": "#b3261e",
    "ACCOUNT": "#566472",
}  # fmt: skip
INK, LINE = "#17212b", "#8fa1ae"
COLUMN, STEP, TOP, SIDE = 270, 21, 34, 20
MOST_IN_COLUMN = 48  # then a second column beside it: still on one screen's height
MOST_LETTERS = 30
SEED = "#c0392b"


def short(label: str, most: int = MOST_LETTERS) -> str:
    return label if len(label) <= most else label[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def words(kinds: Sequence[str]) -> str:
    return ", ".join(kind.replace("_", " ").lower() for kind in kinds)


def legend() -> str:
    """What the colours mean, as a line under a picture."""
    dots = "".join(
        f'<span><svg width="12" height="12"><circle cx="6" cy="6" r="5" fill="{colour}"/></svg> {kind.lower()}</span>'
        for kind, colour in COLOURS.items()
    )
    ring = (
        f'<svg width="14" height="14"><circle cx="7" cy="7" r="5" fill="none" stroke="{SEED}" stroke-width="2"/></svg>'
    )
    return f'<div class="legend">{dots}<span>{ring} tied to a CSAE report</span></div>'


def paths(found: Sequence[Row]) -> str:
    """Paths of one subject, from the child on the left to the seeds on the right; `found` are structs of risk.PATH."""
    if not found:
        return '<p class="soft">No path is above the floor.</p>'
    place: dict[str, tuple[int, int]] = {}
    about: dict[str, tuple[str, str]] = {}
    used: dict[int, int] = {}
    for path in found:
        for at, entity in enumerate(path["entity_ids"]):
            about[entity] = (path["labels"][at], path["kinds"][at])
            if entity not in place:
                place[entity] = (at, used.get(at, 0))
                used[at] = used.get(at, 0) + 1
    gap = 64
    where = {name: (SIDE + 12 + column * COLUMN, TOP + 20 + row * gap) for name, (column, row) in place.items()}
    width = SIDE * 2 + (max(used) + 1) * COLUMN
    height = TOP + max(used.values()) * gap + 26
    parts, drawn = [], set()
    for path in found:
        for link in path["links"]:
            pair = tuple(sorted((link["near_id"], link["far_id"])))
            if pair in drawn or link["near_id"] not in where or link["far_id"] not in where:
                continue
            drawn.add(pair)
            text = f"{words(link['kinds'])} {link['strength']:.2f}"
            parts.append(_link(where[link["near_id"]], where[link["far_id"]], 1 + 4 * link["strength"], text))
    seeds = {path["entity_ids"][-1] for path in found}
    parts += [_node(where[name], *about[name], is_seed=name in seeds) for name in place]
    heads = ["child", *(f"{n} step{'s' if n > 1 else ''} away" for n in range(1, max(used) + 1))]
    return _svg(width, height, [*_heads(heads), *parts], "paths from the child to known CSAE risk") + legend()


def neighbourhood(centre: str, nodes: Sequence[Row], links: Sequence[Row]) -> str:
    """What surrounds an entity. `nodes` have entity_id, label, kind, distance, is_seed; `links` near_id, far_id, kinds,
    strength. Legible with 200 nodes: labels keep to lines of their own."""
    columns = _columns(nodes, links)
    at = {
        node["entity_id"]: (SIDE + 8 + x * COLUMN, TOP + 14 + y * STEP)
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }
    width = SIDE * 2 + len(columns) * COLUMN
    height = TOP + max((len(column) for column in columns), default=1) * STEP + 16
    parts = [
        _link(at[link["near_id"]], at[link["far_id"]], 0.6 + 2 * link["strength"], "", title=words(link["kinds"]))
        for link in links
        if link["near_id"] in at and link["far_id"] in at
    ]
    for node in nodes:
        parts.append(
            _node(at[node["entity_id"]], node["label"], node["kind"], is_seed=node["is_seed"],
                  is_centre=node["entity_id"] == centre)
        )  # fmt: skip
    heads, before = [], -1
    for column in columns:
        distance = int(column[0]["distance"])
        steps = "here" if distance == 0 else f"{distance} step{'s' if distance > 1 else ''} away"
        heads.append(steps if distance != before else "")
        before = distance
    return _svg(width, height, [*_heads(heads), *parts], "neighbourhood of the entity") + legend()


def _columns(nodes: Sequence[Row], links: Sequence[Row]) -> list[list[Row]]:
    """Nodes by distance, each beside those it hangs on: by the mean place of its neighbours one column before."""
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


def timeline(found: Sequence[Row], night: datetime) -> str:
    """When each link of the paths held: one line a link, from first to last seen."""
    rows, seen = [], set()
    for path in found:
        names = dict(zip(path["entity_ids"], path["labels"], strict=True))
        for link in path["links"]:
            pair = tuple(sorted((link["near_id"], link["far_id"])))
            if pair not in seen:
                seen.add(pair)
                rows.append((names[link["near_id"]], names[link["far_id"]], link))
    if not rows:
        return ""
    known = [link["first_at"] for _, _, link in rows if link["first_at"].year > 1900]
    start = min([*known, *(link["last_at"] for _, _, link in rows)])
    span = max((night - start).total_seconds(), 86_400.0)
    left, width, step = 330, 1040, 30
    height = 20 + step * len(rows) + 26

    def x(moment: datetime) -> float:
        return left + (width - left - 60) * min(1.0, max(0.0, (moment - start).total_seconds() / span))

    parts = []
    for n in range(5):
        moment = start + (night - start) * n / 4
        parts.append(f'<line x1="{x(moment):.0f}" x2="{x(moment):.0f}" y1="12" y2="{height - 24}" stroke="#e6ebef"/>')
        label = moment.strftime("%d %b %Y")
        parts.append(f'<text x="{x(moment):.0f}" y="{height - 8}" text-anchor="middle">{label}</text>')
    for n, (near, far, link) in enumerate(rows):
        y = 20 + step * n + step / 2
        begin, end = x(link["first_at"]), x(link["last_at"])
        name = escaping.html(f"{short(near, 18)} \N{EN DASH} {short(far, 18)}")
        what = escaping.html(f"{words(link['kinds'])}, {link['n']} record{'s' if link['n'] != 1 else ''}")
        parts.append(f'<text x="{left - 12}" y="{y - 2:.0f}" text-anchor="end" fill="{INK}">{name}</text>')
        parts.append(f'<text x="{left - 12}" y="{y + 11:.0f}" text-anchor="end">{what}</text>')
        parts.append(
            f'<rect x="{begin:.1f}" y="{y - 5:.1f}" width="{max(3.0, end - begin):.1f}" height="10" rx="3" '
            f'fill="#0d5b6b" opacity="{0.35 + 0.6 * link["strength"]:.2f}"/>'
        )
        if link["first_at"].year <= 1900:
            parts.append(f'<text x="{begin + 4:.0f}" y="{y - 7:.0f}">may be older</text>')
    return _svg(width, height, parts, "when each link held")


def _heads(heads: Sequence[str]) -> list[str]:
    return [
        f'<text x="{SIDE + n * COLUMN}" y="18" font-weight="600">{escaping.html(head)}</text>'
        for n, head in enumerate(heads)
    ]


def _node(at: tuple[float, float], label: str, kind: str, *, is_seed: bool = False, is_centre: bool = False) -> str:
    x, y = at
    colour = COLOURS.get(kind, INK)
    ring = f'<circle cx="{x}" cy="{y}" r="8.5" fill="none" stroke="{SEED}" stroke-width="2"/>' if is_seed else ""
    weight = ' font-weight="700"' if is_centre else ""
    text, whole = escaping.html(short(label)), escaping.html(f"{label} ({kind.lower()})")
    back = _back(x + 10, y + 4, len(short(label)))
    return (
        f'<g><title>{whole}</title>{back}<circle cx="{x}" cy="{y}" r="5.5" fill="{colour}"/>{ring}'
        f'<text x="{x + 12}" y="{y + 4}" style="fill:{INK}"{weight}>'
        f"{text}</text></g>"
    )


def _link(one: tuple[float, float], other: tuple[float, float], width: float, text: str, *, title: str = "") -> str:
    (x1, y1), (x2, y2) = sorted((one, other))
    bend = max(30.0, abs(x2 - x1) / 2)
    if x1 == x2:  # in one column: an arc on the left
        path = f"M{x1} {y1} C{x1 - 18} {y1},{x1 - 18} {y2},{x2} {y2}"
    else:
        path = f"M{x1} {y1} C{x1 + bend:.0f} {y1},{x2 - bend:.0f} {y2},{x2} {y2}"
    told = f"<title>{escaping.html(title)}</title>" if title else ""
    line = f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="{width:.1f}" opacity=".55">{told}</path>'
    if not text:
        return line
    middle, height = (x1 + x2) / 2 + 40, (y1 + y2) / 2 - 6
    told = short(text, 34)
    back = _back(middle - 3.1 * len(told) - 2, height, len(told))
    return f'{line}{back}<text x="{middle:.0f}" y="{height:.0f}" text-anchor="middle">{escaping.html(told)}</text>'


def _back(x: float, y: float, n_letters: int) -> str:
    """A pale ground under a label, so that no line runs through its letters."""
    return (
        f'<rect x="{x:.0f}" y="{y - 10:.0f}" width="{6.3 * n_letters + 6:.0f}" height="13" rx="2" fill="#fff" '
        f'opacity=".88"/>'
    )


def _svg(width: float, height: float, parts: Sequence[str], label: str) -> str:
    return (
        f'<div style="overflow-x:auto"><svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{escaping.html(label)}">{"".join(parts)}</svg></div>'
    )
