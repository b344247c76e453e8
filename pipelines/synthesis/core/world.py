"""Sizes and calendar of a world: which force writes how many reports in which night, and how many people it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from pipelines.synthesis.core import draws, senders
from schemas.errors import InvalidInputError

DAY = 86_400  # seconds
FIRST_SHARE = 0.7  # of all reports arrive in the first night's bulk drop, where there are several nights
HISTORY_DAYS = 1095  # the bulk drop goes back three years
EARLY_PEOPLE = 0.85  # of a force's people are known in the first night

# Relative size of a force's world by the format it writes: workbooks are slow to read anywhere, so that force is small.
_WEIGHTS = {"csv,": 1.0, "csv|": 0.8, "jsonl": 1.3, "xlsx": 0.5, "parquet": 0.9}

CHILD, SUSPECT, OTHER = 0, 1, 2  # classes of people, in the order in which a force numbers them
# Members of a planted group: class, how many of the class stand before them a group, how many there are a group. The
# decoys belong to none: children in care who go missing as often, whose home's telephone knows everybody.
PARTS = {
    "children": (CHILD, 0, 4), "edge": (CHILD, 4, 3), "decoys": (CHILD, 7, 2),
    "offenders": (SUSPECT, 0, 3), "associates": (OTHER, 0, 2),
}  # fmt: skip
PLANTED_CHILDREN = sum(size for kind, _, size in PARTS.values() if kind == CHILD)  # a group


@dataclass(frozen=True, eq=False)
class Force:
    """One force's part of the world. Indices of reports and people run from 0 within the force."""

    code: str
    ordinal: int  # place in the world's list of forces
    layout: senders.Layout
    bounds: draws.Ints  # (n_nights + 1,): reports [bounds[k], bounds[k+1]) arrive in night k
    is_under_recording: bool  # records the CSAE tag less often than others
    draw: draws.Draws

    @property
    def n_reports(self) -> int:
        return int(self.bounds[-1])

    @property
    def n_nights(self) -> int:
        return len(self.bounds) - 1

    @property
    def n_groups(self) -> int:
        """Planted groups of offenders and children."""
        return max(2, self.n_reports // 300)

    def n_class(self, kind: int) -> int:
        """People of a class, aliases left out. Group members come first in each class."""
        share, least = ((0.22, PLANTED_CHILDREN), (0.25, 6), (0.20, 6))[kind]
        return max(least * self.n_groups, int(share * self.n_reports))

    def start(self, kind: int) -> int:
        """Index of the first person of a class."""
        return sum(self.n_class(k) for k in range(kind))

    @property
    def n_base(self) -> int:
        return self.start(3)

    def n_alias(self, kind: int) -> int:
        """Second records of people: the same person under another reference, here or in another force."""
        return max(1, self.n_class(kind) * 6 // 100)

    def alias_start(self, kind: int) -> int:
        return self.n_base + sum(self.n_alias(k) for k in range(kind))

    @property
    def n_people(self) -> int:
        return self.alias_start(3)

    def known(self, kind: int, night: int | draws.Ints) -> draws.Ints:
        """How many of a class the force knows by a night (group members are always among them)."""
        part = np.asarray(night, dtype=np.float64) / max(1, self.n_nights - 1)
        share = EARLY_PEOPLE + (1 - EARLY_PEOPLE) * part if self.n_nights > 1 else np.ones_like(part)
        least = PLANTED_CHILDREN * self.n_groups if kind == CHILD else 1
        return np.maximum((share * self.n_class(kind)).astype(np.int64), least)

    def member(self, part: str, group: draws.Ints, name: str, keys: draws.AnyInts) -> draws.Ints:
        """Index of a drawn member of planted groups; `part` is one of PARTS."""
        return self.first_of(part, group) + self.draw.below(name, keys, PARTS[part][2])

    def first_of(self, part: str, group: draws.Ints) -> draws.Ints:
        """Index of the first member of planted groups; the others of the part follow it."""
        kind, first, size = PARTS[part]
        return self.start(kind) + first * self.n_groups + group * size

    def keys(self, index: draws.Ints) -> draws.Keys:
        """Keys of this force's indices, unlike those of any other force."""
        return (np.uint64(int(self.code, 36)) << np.uint64(40)) | index.astype(np.uint64)

    def night_of(self, report: draws.Ints) -> draws.Ints:
        return np.searchsorted(self.bounds, report, side="right") - 1


@dataclass(frozen=True, eq=False)
class World:
    seed: int
    first_night: date
    n_nights: int
    forces: tuple[Force, ...]
    layouts: dict[str, senders.Layout]
    providers: tuple[str, ...] = senders.DEFAULT_PROVIDERS

    @property
    def draw(self) -> draws.Draws:
        return draws.Draws(self.seed)

    @property
    def first_day(self) -> int:
        """First night as days since 1970-01-01."""
        return (self.first_night - date(1970, 1, 1)).days

    @property
    def n_reports(self) -> int:
        return sum(f.n_reports for f in self.forces)


def _shares(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers near the weights that add up to `total`."""
    edges = np.round(np.cumsum(weights) / sum(weights) * total).astype(int)
    return [int(n) for n in np.diff(edges, prepend=0)]


def _bounds(n: int, n_nights: int) -> draws.Ints:
    if n_nights == 1:
        return np.array([0, n])
    first = int(n * FIRST_SHARE)
    rest = np.round(np.linspace(first, n, n_nights)).astype(np.int64)
    return np.concatenate([[0], rest])


def make(
    seed: int,
    first_night: date,
    n_nights: int,
    n_reports: int,
    forces: Sequence[str],
    providers: Sequence[str] = senders.DEFAULT_PROVIDERS,
) -> World:
    """The world's plan. Raises InvalidInputError for unknown or repeated forces or providers and impossible sizes."""
    if not set(providers) <= set(senders.PROVIDERS) or len(set(providers)) != len(providers):
        raise InvalidInputError(f"providers: of {', '.join(senders.PROVIDERS)}, each once")
    if len(set(forces)) != len(forces) or not forces:
        raise InvalidInputError("forces: at least one, each once")
    if n_nights < 1 or n_reports < 20 * len(forces):
        raise InvalidInputError("n_nights: at least 1; n_reports: at least 20 a force")
    draw = draws.Draws(seed)
    layouts = senders.of(forces)
    own = [layouts[senders.sender(code)] for code in forces]
    weights = [_WEIGHTS[_format(layout)] for layout in own]
    sizes = _shares(n_reports, weights)
    ranks = np.argsort(draw.uniform("under-recording", np.array([int(c, 36) for c in forces], dtype=np.uint64)))
    under = {int(k) for k in ranks[: max(1, round(0.3 * len(forces)))]}
    plans = tuple(
        Force(code, k, layout, _bounds(size, n_nights), k in under, draw)
        for k, (code, layout, size) in enumerate(zip(forces, own, sizes, strict=True))
    )
    return World(seed, first_night, n_nights, plans, layouts, tuple(providers))


def _format(layout: senders.Layout) -> str:
    feed = layout.feeds["reports"]
    return feed.format + (feed.delimiter if feed.format == "csv" else "")
