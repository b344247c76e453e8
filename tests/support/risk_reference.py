"""The risk of the network in plain Python: every simple path walked one by one. What Spark is held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    weight: float

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

    def damping(self, degree: int) -> float:
        return 1.0 if degree <= self.free_degree else (self.free_degree / degree) ** self.power

    def paths(self, child: str) -> list[Path]:
        near = self.joined()
        return [path for path in self._walk(near, (child,), ()) if path.weight >= self.floor]

    def _walk(
        self, near: Mapping[str, Mapping[str, Link]], entities: tuple[str, ...], links: tuple[Link, ...]
    ) -> Iterator[Path]:
        here = entities[-1]
        if links and here in self.seeds and _in_time(links):
            weight = self.seeds[here] * (self.damping(len(near[here])) if here in self.places else 1.0)
            for link in links:
                weight *= link.strength
            for between in entities[1:-1]:
                weight *= self.damping(len(near[between]))
            yield Path(entities, weight)
        if len(links) < self.max_hops:
            for far, link in near.get(here, {}).items():
                if far not in entities:
                    yield from self._walk(near, (*entities, far), (*links, link))

    def indirect(self, child: str) -> float:
        return either(path.weight for path in self.paths(child) if path.hops >= 2)

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


def either(weights: Iterable[float]) -> float:
    left = 1.0
    for weight in weights:
        left *= 1 - weight
    return 1 - left
