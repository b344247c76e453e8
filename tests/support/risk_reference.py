"""The risk of the network in plain Python: every simple path walked one by one. What Spark is compared with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Link:
    """An undirected link; several between one pair are joined as the pipeline joins edges. Times in any unit."""

    one: str
    other: str
    strength: float
    first: float = 0
    last: float = 100


@dataclass(frozen=True)
class Path:
    entities: tuple[str, ...]  # from the child to the seed
    steps: tuple[float, ...]  # link x damping of whom it leads to; the last: link x risk of the seed

    @property
    def weight(self) -> float:
        return math.prod(self.steps)

    @property
    def hops(self) -> int:
        return len(self.entities) - 1


@dataclass(frozen=True)
class Graph:
    links: tuple[Link, ...]
    seeds: Mapping[str, float]
    free_degree: int = 10
    power: float = 1.0
    floor: float = 0.001
    max_hops: int = 3
    places: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()  # damped by `person_power`
    person_power: float = 1.0

    def joined(self) -> dict[str, dict[str, Link]]:
        """Neighbours of each entity, parallel links joined."""
        found: dict[str, dict[str, Link]] = {}
        for link in self.links:
            for near, far in ((link.one, link.other), (link.other, link.one)):
                mine = replace(link, one=near, other=far)
                there = found.setdefault(near, {}).get(far)
                if there is not None:
                    mine = Link(
                        near, far, 1 - (1 - there.strength) * (1 - link.strength),
                        min(there.first, link.first), max(there.last, link.last),
                    )  # fmt: skip
                found[near][far] = mine
        return found

    def damping(self, entity: str, degree: int) -> float:
        power = self.person_power if entity in self.people else self.power
        return 1.0 if degree <= self.free_degree else (self.free_degree / degree) ** power

    def paths(self, child: str) -> list[Path]:
        near = self.joined()
        return [path for path in self._walk(near, (child,), ()) if path.weight >= self.floor]

    def _walk(
        self, near: Mapping[str, Mapping[str, Link]], entities: tuple[str, ...], links: tuple[Link, ...]
    ) -> Iterator[Path]:
        here = entities[-1]
        if links and here in self.seeds and _in_time(links):
            risk = self.seeds[here] * (self.damping(here, len(near[here])) if here in self.places else 1.0)
            carried = (*(self.damping(between, len(near[between])) for between in entities[1:-1]), risk)
            yield Path(entities, tuple(link.strength * more for link, more in zip(links, carried, strict=True)))
        if len(links) < self.max_hops:
            for far, link in near.get(here, {}).items():
                if far not in entities:
                    yield from self._walk(near, (*entities, far), (*links, link))

    def indirect(self, child: str) -> float:
        return together([path for path in self.paths(child) if path.hops >= 2])

    def direct(self, child: str) -> float:
        return either(path.weight for path in self.paths(child) if path.hops == 1)


def _in_time(links: tuple[Link, ...]) -> bool:
    """From the seed (the last link) to the child (the first): can each step be at a time not before the last?"""
    now = float("-inf")
    for link in reversed(links):
        now = max(now, link.first)
        if now > link.last:
            return False
    return True


def together(paths: Sequence[Path], so_far: int = 0) -> float:
    """Paths that have `so_far` steps in common, put together: what goes on over one step counts that step once."""
    on: dict[str, list[Path]] = {}
    weights = []
    for path in paths:
        if path.hops == so_far + 1:
            weights.append(path.steps[so_far])
        else:
            on.setdefault(path.entities[so_far + 1], []).append(path)
    return either([*weights, *(some[0].steps[so_far] * together(some, so_far + 1) for some in on.values())])


def either(weights: Iterable[float]) -> float:
    left = 1.0
    for weight in weights:
        left *= 1 - weight
    return 1 - left
