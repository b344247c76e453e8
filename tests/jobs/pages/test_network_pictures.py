"""Pictures: every word escaped, two hundred labels that do not lie on each other, the same each time."""

from __future__ import annotations

import itertools
import random
import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

from jobs.pages import network_svg

HOSTILE = '<script>alert("x")</script>&\'"><img src=x onerror=1>'
AT = datetime(2026, 3, 1)


def path(*labels: str, **more: object) -> dict[str, object]:
    ids = [f"e{label}" for label in labels]
    steps = [
        {"near_id": a, "far_id": b, "kinds": ["NAMED_TOGETHER"], "strength": 0.5, "first_at": AT, "n": 2,
         "last_at": AT + timedelta(days=9), "evidence_ids": []}
        for a, b in itertools.pairwise(ids)
    ]  # fmt: skip
    return {"entity_ids": ids, "labels": list(labels), "kinds": ["PERSON"] * len(ids), "links": steps, **more}


def well_formed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{html}</div>".replace("&ndash;", "-"))


def test_paths_and_timeline_escape_whatever_a_label_says():
    found = [path("child", HOSTILE, "seed"), path("child", "friend", "cousin", "seed")]
    for html in (network_svg.paths(found), network_svg.timeline(found, AT + timedelta(days=30))):
        elements = list(well_formed(html).iter())
        assert {e.tag for e in elements} <= {*"div svg g title circle path text rect line span defs clipPath".split()}
        assert not {name for e in elements for name in e.attrib if name in ("href", "src") or name.startswith("on")}
        assert "&lt;script&gt;" in html
    assert network_svg.paths([]).startswith("<p")
    assert network_svg.timeline([], AT) == ""


def test_a_neighbourhood_of_two_hundred_is_legible():
    draw = random.Random(1)
    nodes = [{"entity_id": "n0", "label": HOSTILE, "kind": "PERSON", "distance": 0, "is_seed": False}]
    links = []
    for k in range(1, 200):
        distance = 1 if k < 60 else 2
        kind = draw.choice(list(network_svg.COLOURS))
        nodes.append(
            {"entity_id": f"n{k}", "label": f"Somebody with a rather long name {k}", "kind": kind, "distance": distance,
             "is_seed": k % 50 == 0}
        )  # fmt: skip
        near = "n0" if distance == 1 else f"n{draw.randrange(1, 60)}"
        links.append({"near_id": near, "far_id": f"n{k}", "kinds": ["CALLED"], "strength": draw.random()})
    html = network_svg.neighbourhood("n0", nodes, links)
    well_formed(html)
    assert html == network_svg.neighbourhood("n0", nodes, links)
    assert "<script" not in html
    at = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([0-9.]+)" cy="([0-9.]+)" r="5.5"', html)]
    assert len(at) == 200
    # A label is about 6.2 wide a letter and 11 high: none reaches into the next column or line.
    assert network_svg.MOST_LETTERS * 6.2 + 20 < network_svg.COLUMN
    for (x1, y1), (x2, y2) in itertools.combinations(at, 2):
        assert x1 != x2 or abs(y1 - y2) >= 14
    assert max(y for _, y in at) < 1200
